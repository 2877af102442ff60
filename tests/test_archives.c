/* The files of folders and archives: what is listed, how it is read, what is refused. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "data/files.h"
#include "tests/idx_fixture.h"
#include "tests/picture_writer.h"

/* An entry of an archive: a file with this content, or a link. */
typedef struct made_entry {
    const char *path, *content, *link;
    int type; /* AE_IFREG when 0 */
} made_entry;

typedef enum made_format { TAR, ZIP, SEVEN } made_format;

static void make_archive(const char *path, made_format format, const made_entry *entries, int count)
{
    struct archive *archive = archive_write_new();
    if (format == TAR)
        archive_write_set_format_pax_restricted(archive);
    else if (format == ZIP)
        archive_write_set_format_zip(archive);
    else
        archive_write_set_format_7zip(archive);
    ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (int i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        const size_t length = entries[i].content != NULL ? strlen(entries[i].content) : 0;
        archive_entry_set_pathname(entry, entries[i].path);
        archive_entry_set_filetype(entry,
                                   entries[i].type != 0 ? (unsigned)entries[i].type : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)length);
        if (entries[i].link != NULL && entries[i].type == AE_IFLNK)
            archive_entry_set_symlink(entry, entries[i].link);
        else if (entries[i].link != NULL)
            archive_entry_set_hardlink(entry, entries[i].link);
        ck_assert_int_ge(archive_write_header(archive, entry), ARCHIVE_WARN);
        if (length > 0)
            archive_write_data(archive, entries[i].content, length);
        archive_entry_free(entry);
    }
    archive_write_close(archive);
    archive_write_free(archive);
}

static void archive_path(char out[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    fresh_folder(folder);
    ck_ok(tnas_path_join(out, folder, "set"));
}

static void check_content(tnas_files *files, const char *path, const char *content)
{
    const int file = tnas_files_find(files, path);
    uint8_t *bytes;
    size_t byte_count;
    ck_assert_msg(file >= 0, "%s is not there", path);
    ck_ok(tnas_files_read(files, file, 4096, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, strlen(content));
    ck_assert_mem_eq(bytes, content, byte_count);
    tnas_free(bytes);
}

START_TEST(entries_are_files_in_the_order_of_their_paths)
{
    static const made_entry entries[] = {
        {"./b//2.txt", "two", NULL, 0},     {"a/10.txt", "ten", NULL, 0},
        {"a/1.txt", "", NULL, 0},           {"a/.hidden", "x", NULL, 0},
        {"__MACOSX/a/1.txt", "x", NULL, 0}, {"empty", NULL, NULL, AE_IFDIR}};
    char path[TNAS_PATH_BYTES];
    tnas_files *files;
    archive_path(path);
    make_archive(path, (made_format)_i, entries, 6);
    ck_ok(tnas_files_open(path, "", &files));
    ck_assert_int_eq(tnas_files_count(files), 3);
    ck_assert_str_eq(tnas_files_path(files, 0), "a/1.txt");
    ck_assert_str_eq(tnas_files_path(files, 1), "a/10.txt");
    ck_assert_str_eq(tnas_files_path(files, 2), "b/2.txt");
    check_content(files, "a/1.txt", "");
    check_content(files, "a/10.txt", "ten");
    check_content(files, "b/2.txt", "two");
    ck_assert_int_eq(tnas_files_folder_count(files), 3);
    ck_assert_str_eq(tnas_files_folder(files, 2), "empty");
    tnas_files_close(files);
}
END_TEST

START_TEST(a_folder_around_everything_is_dropped_unless_it_is_a_split)
{
    static const made_entry wrapped[] = {{"set-1.0/a/1", "x", NULL, 0},
                                         {"set-1.0/b/2", "y", NULL, 0}};
    static const made_entry split[] = {{"train/a/1", "x", NULL, 0}, {"train/b/2", "y", NULL, 0}};
    char path[TNAS_PATH_BYTES];
    tnas_files *files;
    archive_path(path);
    make_archive(path, TAR, wrapped, 2);
    ck_ok(tnas_files_open(path, "", &files));
    ck_assert_str_eq(tnas_files_path(files, 1), "b/2");
    tnas_files_close(files);
    make_archive(path, TAR, split, 2);
    ck_ok(tnas_files_open(path, "", &files));
    ck_assert_str_eq(tnas_files_path(files, 1), "train/b/2");
    tnas_files_close(files);
}
END_TEST

/* ---- hostile ---- */

typedef struct hostile_entry {
    made_entry entry;
    const char *part;
} hostile_entry;

static const hostile_entry hostile_entries[] = {
    {{"../../escaped", "x", NULL, 0}, "entry ../../escaped: must not have \"..\""},
    {{"a/../../escaped", "x", NULL, 0}, "must not have \"..\""},
    {{"a/..", "x", NULL, 0}, "entry a/..: must not have \"..\""},
    {{"/tmp/escaped", "x", NULL, 0}, "entry /tmp/escaped: must not be absolute"},
    {{"a/link", NULL, "/etc/passwd", AE_IFLNK}, "entry a/link: is a link or a device"},
    {{"a/hard", NULL, "a/0", AE_IFREG}, "entry a/hard: is a link or a device"},
    {{"a/pipe", NULL, NULL, AE_IFIFO}, "entry a/pipe: is a link or a device"},
};
enum { HOSTILE_COUNT = sizeof hostile_entries / sizeof hostile_entries[0] };

START_TEST(a_hostile_entry_is_refused_by_name)
{
    const made_entry entries[] = {{"a/0", "good", NULL, 0}, hostile_entries[_i].entry};
    char path[TNAS_PATH_BYTES];
    tnas_files *files;
    archive_path(path);
    make_archive(path, TAR, entries, 2);
    ck_fails(TNAS_ERR_INPUT, hostile_entries[_i].part, tnas_files_open(path, "", &files));
    ck_assert_ptr_null(files);
}
END_TEST

START_TEST(an_archive_cut_anywhere_is_loaded_or_refused)
{
    static const made_entry entries[] = {{"a/1", "one", NULL, 0}, {"b/2", "two", NULL, 0}};
    char path[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    archive_path(path);
    make_archive(path, (made_format)_i, entries, 2);
    ck_ok(tnas_file_read(path, 1 << 20, &bytes, &byte_count));
    for (size_t length = 0; length < byte_count; length += length < 600 ? 1 : 97) {
        tnas_files *files;
        ck_ok(tnas_file_write(path, bytes, length));
        const tnas_status status = tnas_files_open(path, "", &files);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_INPUT, "cut at %zu: %s", length,
                      tnas_error_text());
        tnas_files_close(files);
    }
    tnas_free(bytes);
}
END_TEST

START_TEST(a_changed_byte_of_an_archive_is_harmless)
{
    static const made_entry entries[] = {{"a/1", "one", NULL, 0}, {"b/2", "two", NULL, 0}};
    char path[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 5);
    archive_path(path);
    make_archive(path, (made_format)_i, entries, 2);
    ck_ok(tnas_file_read(path, 1 << 20, &bytes, &byte_count));
    for (int i = 0; i < 200; i++) {
        const size_t at = tnas_rng_below(&rng, (uint32_t)byte_count);
        const uint8_t kept = bytes[at];
        tnas_files *files;
        bytes[at] = (uint8_t)tnas_rng_below(&rng, 256);
        ck_ok(tnas_file_write(path, bytes, byte_count));
        const tnas_status status = tnas_files_open(path, "", &files);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_INPUT, "change %d: %s", i,
                      tnas_error_text());
        tnas_files_close(files);
        bytes[at] = kept;
    }
    tnas_free(bytes);
}
END_TEST

/* Zeros shrink a thousandfold: 1.2 GiB of them from 1.2 MB. */
START_TEST(a_bomb_is_refused_before_it_fills_the_disk)
{
    char folder[TNAS_PATH_BYTES], command[2 * TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    snprintf(command, sizeof command,
             "{ printf '\\000\\000\\010\\003\\000\\050\\000\\000\\000\\000\\000\\040\\000\\000\\000"
             "\\040'; head -c 1200000000 /dev/zero; } | gzip -1 > %s/train-images-idx3-ubyte.gz",
             folder);
    ck_assert_int_eq(system(command), 0);
    write_bytes(folder, "train-labels-idx1-ubyte", "\0\0\x08\x01\0\x28\0\0", 8);
    ck_fails(TNAS_ERR_INPUT, "ubyte.gz: more than 200 times its size when unpacked",
             load_share(folder, 0, &dataset));
}
END_TEST

/* ---- folders ---- */

START_TEST(a_folder_that_links_to_itself_ends)
{
    char folder[TNAS_PATH_BYTES], link[TNAS_PATH_BYTES];
    tnas_files *files;
    fresh_folder(folder);
    write_bytes(folder, "a/1", "x", 1);
    ck_ok(tnas_path_join(link, folder, "a/loop"));
    ck_assert_int_eq(symlink("..", link), 0);
    ck_fails(TNAS_ERR_INPUT, "more than 16 folders deep: a link to itself?",
             tnas_files_open(folder, "", &files));
}
END_TEST

START_TEST(include_matches_names_or_paths)
{
    static const struct {
        const char *glob;
        int count;
    } rows[] = {{"*_sp.csv", 2}, {"a/*", 2}, {"*", 4}, {"x*", 0}, {"?_sp.csv", 2}};
    char folder[TNAS_PATH_BYTES];
    tnas_files *files;
    fresh_folder(folder);
    write_bytes(folder, "a/1_sp.csv", "x", 1);
    write_bytes(folder, "a/1_sw.csv", "x", 1);
    write_bytes(folder, "b/2_sp.csv", "x", 1);
    write_bytes(folder, "b/2_sw.csv", "x", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_ok(tnas_files_open(folder, rows[i].glob, &files));
        ck_assert_int_eq(tnas_files_count(files), rows[i].count);
        tnas_files_close(files);
    }
}
END_TEST

START_TEST(the_twin_of_an_unpacked_file_is_known)
{
    char folder[TNAS_PATH_BYTES];
    tnas_files *files;
    fresh_folder(folder);
    write_bytes(folder, "x.bin", "x", 1);
    write_bytes(folder, "x.bin.gz", "x", 1);
    write_bytes(folder, "y.bin.gz", "x", 1);
    ck_ok(tnas_files_open(folder, "", &files));
    ck_assert(!tnas_files_is_twin(files, 0));
    ck_assert(tnas_files_is_twin(files, 1));
    ck_assert(!tnas_files_is_twin(files, 2));
    tnas_files_close(files);
}
END_TEST

START_TEST(nothing_is_left_on_disk)
{
    static const made_entry entries[] = {{"a/1", "one", NULL, 0}, {"b/2", "two", NULL, 0}};
    char path[TNAS_PATH_BYTES], temporary[TNAS_PATH_BYTES], command[TNAS_PATH_BYTES + 64];
    tnas_files *files;
    archive_path(path);
    fresh_folder(temporary);
    make_archive(path, TAR, entries, 2);
    setenv("TMPDIR", temporary, 1);
    ck_ok(tnas_files_open(path, "", &files));
    snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", temporary);
    ck_assert_int_eq(system(command), 0);
    tnas_files_close(files);
    setenv("TMPDIR", "/nowhere", 1);
    ck_fails(TNAS_ERR_IO, "cannot make a temporary file in /nowhere",
             tnas_files_open(path, "", &files));
    unsetenv("TMPDIR");
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    static const made_entry entries[] = {{"a/1", "one", NULL, 0}, {"b/2", "two", NULL, 0}};
    char path[TNAS_PATH_BYTES];
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    archive_path(path);
    make_archive(path, TAR, entries, 2);
    for (; status != TNAS_OK && n < 100; n++) {
        tnas_files *files;
        tnas_alloc_fail_after(n);
        status = tnas_files_open(path, "", &files);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "allocation %ld: %s", n,
                      tnas_error_text());
        tnas_files_close(files);
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archives");
    TCase *good = tcase_create("good");
    tcase_add_loop_test(good, entries_are_files_in_the_order_of_their_paths, 0, 3);
    tcase_add_test(good, a_folder_around_everything_is_dropped_unless_it_is_a_split);
    tcase_add_test(good, include_matches_names_or_paths);
    tcase_add_test(good, the_twin_of_an_unpacked_file_is_known);
    tcase_add_test(good, nothing_is_left_on_disk);
    suite_add_tcase(suite, good);

    TCase *hostile = tcase_create("hostile");
    tcase_add_loop_test(hostile, a_hostile_entry_is_refused_by_name, 0, HOSTILE_COUNT);
    tcase_add_loop_test(hostile, an_archive_cut_anywhere_is_loaded_or_refused, 0, 3);
    tcase_add_loop_test(hostile, a_changed_byte_of_an_archive_is_harmless, 0, 3);
    tcase_add_test(hostile, a_bomb_is_refused_before_it_fills_the_disk);
    tcase_add_test(hostile, a_folder_that_links_to_itself_ends);
    tcase_add_test(hostile, every_failed_allocation_is_reported);
    tcase_set_timeout(hostile, 120);
    suite_add_tcase(suite, hostile);
    return run_suite(suite);
}
