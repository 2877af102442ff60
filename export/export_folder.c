#include "export/export_folder_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"

#define MANIFEST       "manifest.txt"
#define MANIFEST_TITLE "tinynas export 1\n"

/* What follows the wanted name: process and attempt; and of the folder being replaced. */
#define TEMPORARY ".tmp%ld-%d"
#define ASIDE     ".old"

enum { MANIFEST_BYTES_MAX = 1 << 16, TEMPORARY_NAMES_MAX = 100 };

static void remove_tree(const char *path)
{
    char copy[TNAS_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", path);
    char *const roots[] = {copy, NULL};
    FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return;
    for (const FTSENT *entry; (entry = fts_read(walk)) != NULL;)
        if (entry->fts_info != FTS_D)
            remove(entry->fts_accpath);
    fts_close(walk);
}

/* Is `relative` one of the manifest's lines? */
static bool is_listed(const char *manifest, const char *relative)
{
    const size_t length = strlen(relative);
    for (const char *line = manifest; line != NULL && *line != '\0';) {
        if (strncmp(line, relative, length) == 0 && line[length] == '\n')
            return true;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return false;
}

/* Every file below `path` must be in the manifest (NULL: none is), but for what `make` puts
 * into build/. */
static tnas_status check_files(const char *path, const char *manifest)
{
    char copy[TNAS_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", path);
    char *const roots[] = {copy, NULL};
    FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s: %s", path, strerror(errno));
    tnas_status status = TNAS_OK;
    for (FTSENT *entry; status == TNAS_OK && (entry = fts_read(walk)) != NULL;) {
        const char *relative = entry->fts_path + strlen(path);
        relative += *relative == '/' ? 1 : 0;
        if (entry->fts_info == FTS_D && manifest != NULL && strcmp(relative, "build") == 0)
            fts_set(walk, entry, FTS_SKIP);
        const bool is_folder = entry->fts_info == FTS_D || entry->fts_info == FTS_DP;
        if (is_folder || strcmp(relative, MANIFEST) == 0)
            continue;
        if (manifest == NULL || !is_listed(manifest, relative))
            status = tnas_fail(TNAS_ERR_IO,
                               "folder %s holds %s, which no earlier export wrote; name another "
                               "folder or move that file away",
                               path, relative);
    }
    fts_close(walk);
    return status;
}

static tnas_status check_replaceable(const char *path)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_IO, "cannot write folder %s: %s", path, strerror(errno));
    if (S_ISLNK(info.st_mode))
        return tnas_fail(TNAS_ERR_IO,
                         "cannot write folder %s: it is a symbolic link; name the folder itself",
                         path);
    if (!S_ISDIR(info.st_mode))
        return tnas_fail(TNAS_ERR_IO, "cannot write folder %s: a file is in the way", path);
    char manifest_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(manifest_path, path, MANIFEST));
    if (!tnas_file_exists(manifest_path))
        return check_files(path, NULL);
    uint8_t *manifest = NULL;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(manifest_path, MANIFEST_BYTES_MAX, &manifest, &byte_count));
    const bool ours = strncmp((char *)manifest, MANIFEST_TITLE, strlen(MANIFEST_TITLE)) == 0;
    const tnas_status status =
        ours ? check_files(path, (char *)manifest)
             : tnas_fail(TNAS_ERR_IO, "folder %s holds a %s that no earlier export wrote", path,
                         MANIFEST);
    tnas_free(manifest);
    return status;
}

static tnas_status create_parent(const char *path)
{
    char parent[TNAS_PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", path);
    char *const slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent)
        return TNAS_OK;
    *slash = '\0';
    return tnas_dir_create(parent);
}

static tnas_status create_temporary(tnas_export_folder *folder)
{
    for (int attempt = 0; attempt < TEMPORARY_NAMES_MAX; attempt++) {
        char name[TNAS_PATH_BYTES];
        const int length =
            snprintf(name, sizeof name, "%s" TEMPORARY, folder->wanted, (long)getpid(), attempt);
        if (length < 0 || length >= (int)sizeof name)
            return tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", folder->wanted);
        if (mkdir(name, 0777) == 0) {
            memcpy(folder->temporary, name, (size_t)length + 1);
            return TNAS_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return tnas_fail(TNAS_ERR_IO, "cannot write folder %s: %s", folder->wanted, strerror(errno));
}

tnas_status tnas_export_folder_begin(tnas_export_folder *folder, const char *path)
{
    folder->temporary[0] = '\0';
    tnas_text_init(&folder->manifest);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length >= sizeof folder->wanted)
        return tnas_fail(TNAS_ERR_IO, "folder \"%.60s\": the path is %s", path,
                         length == 0 ? "empty" : "too long");
    memcpy(folder->wanted, path, length);
    folder->wanted[length] = '\0';
    TNAS_TRY(check_replaceable(folder->wanted));
    TNAS_TRY(create_parent(folder->wanted));
    tnas_text_add(&folder->manifest, MANIFEST_TITLE);
    return create_temporary(folder);
}

tnas_status tnas_export_folder_add(tnas_export_folder *folder, const char *relative,
                                   const void *bytes, size_t byte_count)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder->temporary, relative));
    TNAS_TRY(create_parent(path));
    tnas_text_add(&folder->manifest, "%s\n", relative);
    return tnas_file_write(path, bytes, byte_count);
}

/* The two folders change names in one step, so that whoever looks, or is killed, in between
 * finds a whole export. False where the system or the file system cannot. */
static bool exchange(const char *a, const char *b)
{
#ifdef RENAME_EXCHANGE
    return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
#else
    (void)a, (void)b;
    return false;
#endif
}

/* Without an exchange, the earlier folder steps aside, and comes back should the new one not
 * get its place. */
static tnas_status take_place_in_two_steps(const tnas_export_folder *folder)
{
    char aside[TNAS_PATH_BYTES + 8];
    snprintf(aside, sizeof aside, "%s" ASIDE, folder->temporary);
    if (rename(folder->wanted, aside) != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot replace folder %s: %s", folder->wanted,
                         strerror(errno));
    if (rename(folder->temporary, folder->wanted) != 0) {
        const int reason = errno;
        const bool restored = rename(aside, folder->wanted) == 0;
        return tnas_fail(TNAS_ERR_IO, "cannot replace folder %s: %s%s%s", folder->wanted,
                         strerror(reason), restored ? "" : "; the earlier one is now ",
                         restored ? "" : aside);
    }
    remove_tree(aside);
    return TNAS_OK;
}

/* A folder with content cannot be renamed over. */
static tnas_status take_place(const tnas_export_folder *folder)
{
    if (rename(folder->temporary, folder->wanted) == 0)
        return TNAS_OK;
    if (!exchange(folder->temporary, folder->wanted))
        return take_place_in_two_steps(folder);
    remove_tree(folder->temporary); /* the earlier one by now */
    return TNAS_OK;
}

/* Is `name` what create_temporary or take_place_in_two_steps called a folder beside `wanted`,
 * in a process that has ended? */
static bool is_left_behind(const char *name, const char *wanted)
{
    const size_t length = strlen(wanted);
    long process;
    int attempt;
    if (strncmp(name, wanted, length) != 0 ||
        sscanf(name + length, TEMPORARY, &process, &attempt) != 2 || process <= 0)
        return false;
    char ending[64];
    const int ending_length = snprintf(ending, sizeof ending, TEMPORARY, process, attempt);
    const char *const rest = name + length + ending_length;
    if (strncmp(name + length, ending, (size_t)ending_length) != 0 ||
        (*rest != '\0' && strcmp(rest, ASIDE) != 0))
        return false;
    return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* Only once the new export has its place: until then one of them may be the earlier export,
 * put aside by a process that was killed. */
static void remove_left_behind(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const wanted = slash != NULL ? slash + 1 : path;
    char parent[TNAS_PATH_BYTES], left[TNAS_PATH_BYTES];
    snprintf(parent, sizeof parent, "%.*s", (int)(wanted - path), path);
    DIR *const dir = opendir(parent[0] != '\0' ? parent : ".");
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!is_left_behind(entry->d_name, wanted))
            continue;
        const int length = snprintf(left, sizeof left, "%s%s", parent, entry->d_name);
        struct stat info;
        if (length < (int)sizeof left && lstat(left, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(left);
    }
    if (dir != NULL)
        closedir(dir);
}

tnas_status tnas_export_folder_commit(tnas_export_folder *folder)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder->temporary, MANIFEST));
    if (folder->manifest.failed)
        return tnas_fail(TNAS_ERR_NOMEM, "manifest of %s", folder->wanted);
    TNAS_TRY(tnas_file_write(path, folder->manifest.chars, folder->manifest.length));
    TNAS_TRY(take_place(folder));
    folder->temporary[0] = '\0';
    remove_left_behind(folder->wanted);
    return TNAS_OK;
}

void tnas_export_folder_deinit(tnas_export_folder *folder)
{
    if (folder->temporary[0] != '\0')
        remove_tree(folder->temporary);
    folder->temporary[0] = '\0';
    tnas_text_deinit(&folder->manifest);
}
