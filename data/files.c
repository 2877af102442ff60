#include "data/files.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "data/files_internal.h"

enum { DEPTH_MAX = 16 };

static const char *last_part(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool tnas_files_is_hidden(const char *path)
{
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (*part == '.' || strncmp(part, "__MACOSX/", 9) == 0)
            return true;
    }
    return false;
}

static tnas_status add(tnas_files *files, tnas_files_list *list, const char *path, uint64_t at,
                       uint64_t byte_count, bool is_stored)
{
    if (tnas_files_is_hidden(path))
        return TNAS_OK;
    if (list->count == TNAS_FILES_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: has more than %d files", files->location,
                         TNAS_FILES_MAX);
    if (list->count == list->capacity) {
        const int capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        tnas_files_entry *bigger =
            tnas_alloc_grow(list->entries, (size_t)list->count, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "files of %s", files->location);
        list->entries = bigger;
        list->capacity = capacity;
    }
    const char *const copy = tnas_arena_strdup(&files->arena, path);
    if (copy == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "files of %s", files->location);
    list->entries[list->count++] = (tnas_files_entry){
        .path = copy, .at = at, .byte_count = byte_count, .is_stored = is_stored};
    return TNAS_OK;
}

tnas_status tnas_files_add_folder(tnas_files *files, const char *path)
{
    return add(files, &files->folders, path, 0, 0, false);
}

tnas_status tnas_files_add_stored(tnas_files *files, const char *path, uint64_t at)
{
    return add(files, &files->files, path, at, files->store.used_bytes - at, true);
}

/* ---- folders ---- */

static tnas_status add_entry(tnas_files *files, const char *path)
{
    char full[TNAS_PATH_BYTES];
    struct stat info;
    TNAS_TRY(tnas_path_join(full, files->location, path));
    if (stat(full, &info) != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", full, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return tnas_files_add_folder(files, path);
    return S_ISREG(info.st_mode) ? add(files, &files->files, path, 0, (uint64_t)info.st_size, false)
                                 : TNAS_OK;
}

/* One folder; the folders in it are appended to the list and come later. */
static tnas_status list_folder(tnas_files *files, const char *path)
{
    char full[TNAS_PATH_BYTES];
    int depth = 0;
    for (const char *p = path; *p != '\0'; p++)
        depth += *p == '/';
    TNAS_TRY(tnas_path_join(full, files->location, path));
    if (depth >= DEPTH_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: more than %d folders deep: a link to itself?", full,
                         DEPTH_MAX);
    DIR *const dir = opendir(full);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read folder %s: %s", full, strerror(errno));
    tnas_status status = TNAS_OK;
    const struct dirent *entry;
    while (status == TNAS_OK && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char inner[TNAS_PATH_BYTES];
        const int length = snprintf(inner, sizeof inner, "%s%s%s", path, path[0] != '\0' ? "/" : "",
                                    entry->d_name);
        status = length < TNAS_PATH_BYTES
                     ? add_entry(files, inner)
                     : tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", inner);
    }
    closedir(dir);
    return status;
}

static tnas_status list_folders(tnas_files *files)
{
    TNAS_TRY(list_folder(files, ""));
    for (int i = 0; i < files->folders.count; i++)
        TNAS_TRY(list_folder(files, files->folders.entries[i].path));
    return TNAS_OK;
}

/* ---- opening ---- */

static void keep_included(tnas_files_list *list, const char *glob)
{
    const bool whole = strchr(glob, '/') != NULL;
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        const char *const path = list->entries[i].path;
        if (fnmatch(glob, whole ? path : last_part(path), 0) == 0)
            list->entries[kept++] = list->entries[i];
    }
    list->count = kept;
}

static int by_path(const void *a, const void *b)
{
    const tnas_files_entry *const left = a, *const right = b;
    return strcmp(left->path, right->path);
}

static void sort(tnas_files_list *list)
{
    if (list->count > 0)
        qsort(list->entries, (size_t)list->count, sizeof *list->entries, by_path);
}

static tnas_status open_file(tnas_files *files, const struct stat *info)
{
    bool is_archive;
    TNAS_TRY(tnas_files_open_archive(files, &is_archive));
    if (is_archive)
        return TNAS_OK;
    files->is_one = true;
    return add(files, &files->files, last_part(files->location), 0, (uint64_t)info->st_size, false);
}

static tnas_status list_all(tnas_files *files, const char *location)
{
    struct stat info;
    const int length = snprintf(files->location, sizeof files->location, "%s", location);
    if (length >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", location);
    if (stat(location, &info) != 0)
        return tnas_fail(TNAS_ERR_IO, "data set %s: there is no such file or folder", location);
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))
        return tnas_fail(TNAS_ERR_INPUT, "%s: is neither a file nor a folder", location);
    return S_ISDIR(info.st_mode) ? list_folders(files) : open_file(files, &info);
}

tnas_status tnas_files_open(const char *location, const char *include, tnas_files **out)
{
    *out = NULL;
    tnas_files *files = tnas_alloc_zero(1, sizeof *files);
    if (files == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "files of %s", location);
    files->store.file = -1;
    tnas_arena_init(&files->arena);
    const tnas_status status = list_all(files, location);
    if (status != TNAS_OK) {
        tnas_files_close(files);
        return status;
    }
    if (include[0] != '\0' && !files->is_one)
        keep_included(&files->files, include);
    sort(&files->files);
    sort(&files->folders);
    *out = files;
    return TNAS_OK;
}

void tnas_files_close(tnas_files *files)
{
    if (files == NULL)
        return;
    if (files->store.file >= 0)
        close(files->store.file);
    tnas_free(files->files.entries);
    tnas_free(files->folders.entries);
    tnas_arena_deinit(&files->arena);
    tnas_free(files);
}

/* ---- answers ---- */

int tnas_files_count(const tnas_files *files)
{
    return files->files.count;
}

const char *tnas_files_path(const tnas_files *files, int file)
{
    return files->files.entries[file].path;
}

const char *tnas_files_last(const tnas_files *files, int file)
{
    return last_part(files->files.entries[file].path);
}

uint64_t tnas_files_bytes(const tnas_files *files, int file)
{
    return files->files.entries[file].byte_count;
}

int tnas_files_find(const tnas_files *files, const char *path)
{
    const tnas_files_entry key = {.path = path};
    const tnas_files_entry *found = NULL;
    if (files->files.count > 0)
        found =
            bsearch(&key, files->files.entries, (size_t)files->files.count, sizeof key, by_path);
    return found != NULL ? (int)(found - files->files.entries) : -1;
}

bool tnas_files_is_twin(const tnas_files *files, int file)
{
    static const char *const suffixes[] = {".gz", ".xz", ".zst", ".bz2"};
    const char *const path = tnas_files_path(files, file);
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const size_t suffix = strlen(suffixes[i]);
        char plain[TNAS_PATH_BYTES];
        if (length <= suffix || strcmp(path + length - suffix, suffixes[i]) != 0)
            continue;
        snprintf(plain, sizeof plain, "%.*s", (int)(length - suffix), path);
        return tnas_files_find(files, plain) >= 0;
    }
    return false;
}

const char *tnas_files_location(const tnas_files *files)
{
    return files->location;
}

void tnas_files_name(const tnas_files *files, int file, char out[TNAS_PATH_BYTES])
{
    size_t length = strlen(files->location);
    while (length > 1 && files->location[length - 1] == '/')
        length--;
    if (files->is_one)
        snprintf(out, TNAS_PATH_BYTES, "%s", files->location);
    else
        snprintf(out, TNAS_PATH_BYTES, "%.*s/%.2000s", length < 2000 ? (int)length : 2000,
                 files->location, files->files.entries[file].path);
}

int tnas_files_folder_count(const tnas_files *files)
{
    return files->folders.count;
}

const char *tnas_files_folder(const tnas_files *files, int folder)
{
    return files->folders.entries[folder].path;
}
