/* Files and folders: whole, synced, renamed, or not at all. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "common/paths.h"
#include "tests/testing.h"

static char folder[TNAS_PATH_BYTES]; /* of the test case */

static void make_folder(void)
{
    temporary_folder(folder);
}

static const char *in_folder(const char *name)
{
    static char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    return path;
}

static const char *write_text(const char *name, const char *text)
{
    ck_ok(tnas_file_write(in_folder(name), text, strlen(text)));
    return in_folder(name);
}

static int entry_count(const char *path)
{
    DIR *const dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    int count = -2; /* . and .. */
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

START_TEST(a_written_file_reads_back)
{
    static uint8_t content[200000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7);
    /* Around the reader's first block of 64 KiB. */
    static const size_t counts[] = {0, 1, 65534, 65535, 65536, 131071, 200000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ck_ok(tnas_file_write(in_folder("file"), content, counts[i]));
        uint8_t *bytes;
        size_t byte_count;
        ck_ok(tnas_file_read(in_folder("file"), counts[i], &bytes, &byte_count));
        ck_assert_uint_eq(byte_count, counts[i]);
        ck_assert_mem_eq(bytes, content, byte_count);
        ck_assert_uint_eq(bytes[byte_count], 0);
        tnas_free(bytes);
        if (counts[i] > 0)
            ck_fails(TNAS_ERR_INPUT, "is larger than",
                     tnas_file_read(in_folder("file"), counts[i] - 1, &bytes, &byte_count));
        ck_assert(counts[i] == 0 || bytes == NULL);
    }
    ck_assert_int_eq(entry_count(folder), 1);
    unlink(in_folder("file"));
}
END_TEST

/* Stands in for the C library's: notes what is synced, and in which order with the names. */
static int synced_files, synced_folders, folder_sync_errno;
static bool was_named_before_folder_sync;
static char named_path[TNAS_PATH_BYTES];

int fsync(int file)
{
    struct stat info;
    ck_assert_int_eq(fstat(file, &info), 0);
    if (!S_ISDIR(info.st_mode)) {
        synced_files++;
        return (int)syscall(SYS_fsync, file);
    }
    synced_folders++;
    was_named_before_folder_sync = access(named_path, F_OK) == 0;
    errno = folder_sync_errno;
    return folder_sync_errno == 0 ? 0 : -1;
}

START_TEST(a_new_name_is_synced_with_its_folder)
{
    snprintf(named_path, sizeof named_path, "%s", in_folder("synced"));
    synced_files = synced_folders = 0;
    ck_ok(tnas_file_write(in_folder("synced"), "x", 1));
    ck_assert_int_eq(synced_files, 1);
    ck_assert_int_eq(synced_folders, 1);
    ck_assert(was_named_before_folder_sync);
    folder_sync_errno = EINVAL; /* what file systems say that cannot */
    ck_ok(tnas_file_write(in_folder("synced"), "y", 1));
    folder_sync_errno = EIO;
    ck_fails(TNAS_ERR_IO, "cannot sync folder", tnas_file_write(in_folder("synced"), "z", 1));
    folder_sync_errno = 0;
    synced_folders = 0;
    ck_ok(tnas_dir_create(in_folder("synced-a/b/c")));
    ck_assert_int_eq(synced_folders, 3);
    ck_ok(tnas_dir_create(in_folder("synced-a/b/c")));
    ck_assert_int_eq(synced_folders, 3);
    rmdir(in_folder("synced-a/b/c"));
    rmdir(in_folder("synced-a/b"));
    rmdir(in_folder("synced-a"));
    unlink(in_folder("synced"));
}
END_TEST

START_TEST(a_file_of_parts_is_their_sequence)
{
    const tnas_file_part parts[] = {{"tiny", 4}, {"", 0}, {"na", 2}, {"s", 1}};
    ck_ok(tnas_file_write_parts(in_folder("parts"), parts, 4));
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(in_folder("parts"), 100, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, 7);
    ck_assert_str_eq((const char *)bytes, "tinynas");
    tnas_free(bytes);
    unlink(in_folder("parts"));
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    uint8_t *bytes;
    size_t byte_count;
    ck_fails(TNAS_ERR_IO, "nowhere", tnas_file_read(in_folder("nowhere"), 10, &bytes, &byte_count));
    ck_fails(TNAS_ERR_IO, "it is a folder", tnas_file_read(folder, 10, &bytes, &byte_count));
    ck_assert_ptr_null(bytes);
}
END_TEST

START_TEST(a_write_into_a_missing_folder_fails)
{
    ck_fails(TNAS_ERR_IO, "missing/file: No such file",
             tnas_file_write(in_folder("missing/file"), "x", 1));
    ck_assert_int_eq(entry_count(folder), 0);
}
END_TEST

START_TEST(a_write_that_cannot_be_renamed_leaves_nothing)
{
    ck_ok(tnas_dir_create(in_folder("in-the-way")));
    ck_fails(TNAS_ERR_IO, "in-the-way", tnas_file_write(in_folder("in-the-way"), "x", 1));
    ck_assert_int_eq(entry_count(folder), 1);
    ck_assert(tnas_dir_exists(in_folder("in-the-way")));
    rmdir(in_folder("in-the-way"));
}
END_TEST

START_TEST(a_pipe_or_device_is_not_replaced_by_a_file)
{
    const int before = entry_count(folder);
    const char *const path = in_folder("pipe");
    struct stat info;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_fails(TNAS_ERR_IO, "not a regular file", tnas_file_write(path, "x", 1));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISFIFO(info.st_mode));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(entry_count(folder), before);
}
END_TEST

START_TEST(a_write_that_breaks_off_keeps_the_old_file)
{
    static uint8_t content[100000];
    write_text("kept", "old");
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 5000, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    const tnas_status status = tnas_file_write(in_folder("kept"), content, sizeof content);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    ck_fails(TNAS_ERR_IO, "cannot write", status);
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(in_folder("kept"), 10, &bytes, &byte_count));
    ck_assert_str_eq((const char *)bytes, "old");
    tnas_free(bytes);
    ck_assert_int_eq(entry_count(folder), 1);
    unlink(in_folder("kept"));
}
END_TEST

START_TEST(a_write_into_an_unwritable_folder_fails)
{
    if (geteuid() == 0) {
        printf("SKIP: root may write anywhere\n");
        return;
    }
    ck_ok(tnas_dir_create(in_folder("closed")));
    ck_assert_int_eq(chmod(in_folder("closed"), 0500), 0);
    ck_fails(TNAS_ERR_IO, "Permission denied", tnas_file_write(in_folder("closed/file"), "x", 1));
    ck_assert_int_eq(entry_count(in_folder("closed")), 0);
    rmdir(in_folder("closed"));
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    ck_ok(tnas_dir_create(in_folder("a/b/c")));
    ck_ok(tnas_dir_create(in_folder("a/b/c/")));
    ck_assert(tnas_dir_exists(in_folder("a/b/c")));
    write_text("a/file", "x");
    ck_assert(tnas_file_exists(in_folder("a/file")) && !tnas_dir_exists(in_folder("a/file")));
    ck_fails(TNAS_ERR_IO, "a/file", tnas_dir_create(in_folder("a/file")));
    ck_fails(TNAS_ERR_IO, "a/file", tnas_dir_create(in_folder("a/file/deeper")));
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_refused)
{
    static char name[TNAS_PATH_BYTES + 1], out[TNAS_PATH_BYTES];
    memset(name, 'n', TNAS_PATH_BYTES);
    ck_fails(TNAS_ERR_IO, "longer than 4095 bytes", tnas_path_join(out, "folder", name));
    ck_ok(tnas_path_join(out, "folder", "name"));
    ck_assert_str_eq(out, "folder/name");
}
END_TEST

START_TEST(configurations_are_found_by_name_and_by_path)
{
    ck_ok(tnas_dir_create(in_folder("configs/mcus")));
    write_text("configs/mcus/second.json", "{}");
    write_text("configs/mcus/first.json", "{}");
    write_text("configs/mcus/notes.txt", "");
    ck_assert_int_eq(setenv("TINYNAS_HOME", folder, 1), 0);
    char found[TNAS_PATH_BYTES];
    ck_ok(tnas_config_find("mcus", "first", found));
    ck_assert_str_eq(found, in_folder("configs/mcus/first.json"));
    ck_ok(tnas_config_find("mcus", in_folder("configs/mcus/notes.txt"), found));
    ck_assert_str_eq(found, in_folder("configs/mcus/notes.txt"));
    ck_fails(TNAS_ERR_USAGE, "unknown mcu \"third\": neither a file nor one of first, second",
             tnas_config_find("mcus", "third", found));
    unsetenv("TINYNAS_HOME");
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *const tcase = tcase_create(name);
    tcase_add_unchecked_fixture(tcase, make_folder, NULL);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *const suite = suite_create("files");
    TCase *const files = add_case(suite, "files");
    tcase_add_test(files, a_written_file_reads_back);
    tcase_add_test(files, a_new_name_is_synced_with_its_folder);
    tcase_add_test(files, a_file_of_parts_is_their_sequence);
    tcase_add_test(files, what_cannot_be_read_is_named);
    tcase_add_test(files, a_write_into_a_missing_folder_fails);
    tcase_add_test(files, a_write_that_cannot_be_renamed_leaves_nothing);
    tcase_add_test(files, a_pipe_or_device_is_not_replaced_by_a_file);
    tcase_add_test(files, a_write_that_breaks_off_keeps_the_old_file);
    tcase_add_test(files, a_write_into_an_unwritable_folder_fails);
    TCase *const places = add_case(suite, "places");
    tcase_add_test(places, folders_are_made_with_their_parents);
    tcase_add_test(places, a_path_that_does_not_fit_is_refused);
    tcase_add_test(places, configurations_are_found_by_name_and_by_path);
    return run_suite(suite);
}
