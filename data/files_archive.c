/* An archive, unpacked into one nameless file: entry after entry, as they come. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "data/files_internal.h"

enum { BLOCK_BYTES = 256 * 1024 };

typedef struct unpacking {
    tnas_files *files;
    struct archive *archive;
    uint64_t packed_bytes;
    uint8_t *block; /* [BLOCK_BYTES] */
} unpacking;

static tnas_status fail_archive(const unpacking *u)
{
    const char *reason = archive_error_string(u->archive);
    return tnas_fail(TNAS_ERR_INPUT, "%s: cannot be unpacked: %s", u->files->location,
                     reason != NULL ? reason : "no reason given");
}

/* Formats that people put data sets into, and not "raw", which accepts everything. */
static bool accept_formats(struct archive *archive)
{
    return archive_read_support_filter_gzip(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_bzip2(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_xz(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_zstd(archive) >= ARCHIVE_WARN &&
           archive_read_support_format_tar(archive) == ARCHIVE_OK &&
           archive_read_support_format_zip(archive) == ARCHIVE_OK &&
           archive_read_support_format_7zip(archive) == ARCHIVE_OK;
}

/* Paths are only names here, but one that leads elsewhere is not one of a data set. */
static tnas_status check_path(const unpacking *u, const char *path)
{
    if (path == NULL || path[0] == '\0')
        return tnas_fail(TNAS_ERR_INPUT, "%s: an entry has no name", u->files->location);
    if (strlen(path) >= TNAS_PATH_BYTES / 2)
        return tnas_fail(TNAS_ERR_INPUT, "%s: entry %.60s...: the name is too long",
                         u->files->location, path);
    if (path[0] == '/')
        return tnas_fail(TNAS_ERR_INPUT, "%s: entry %s: must not be absolute", u->files->location,
                         path);
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return tnas_fail(TNAS_ERR_INPUT, "%s: entry %s: must not have \"..\"",
                             u->files->location, path);
    }
    return TNAS_OK;
}

static tnas_status keep_entry(unpacking *u, const char *path)
{
    const uint64_t at = u->files->store.used_bytes;
    la_ssize_t got;
    while ((got = archive_read_data(u->archive, u->block, BLOCK_BYTES)) > 0)
        TNAS_TRY(tnas_files_store_add(u->files, u->files->location, u->packed_bytes, 0, u->block,
                                      (size_t)got));
    if (got < 0)
        return fail_archive(u);
    return tnas_files_add_stored(u->files, path, at);
}

/* "./a//b/" becomes "a/b". */
static void tidy(const char *path, char out[TNAS_PATH_BYTES])
{
    size_t used = 0;
    for (const char *p = path; *p != '\0';) {
        const size_t part = strcspn(p, "/");
        if (part > 0 && !(part == 1 && *p == '.')) {
            if (used > 0)
                out[used++] = '/';
            memcpy(out + used, p, part);
            used += part;
        }
        p += part;
        p += *p == '/';
    }
    out[used] = '\0';
}

static tnas_status take_entry(unpacking *u, struct archive_entry *entry)
{
    const char *const written = archive_entry_pathname(entry);
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(check_path(u, written));
    tidy(written, path);
    if (path[0] == '\0' || tnas_files_is_hidden(path))
        return TNAS_OK;
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return tnas_files_add_folder(u->files, path);
    if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL)
        return keep_entry(u, path);
    return tnas_fail(TNAS_ERR_INPUT, "%s: entry %s: is a link or a device, not a file",
                     u->files->location, path);
}

static tnas_status take_entries(unpacking *u, struct archive_entry *entry)
{
    int result = ARCHIVE_OK;
    for (; result >= ARCHIVE_WARN && result != ARCHIVE_EOF;
         result = archive_read_next_header(u->archive, &entry))
        TNAS_TRY(take_entry(u, entry));
    return result == ARCHIVE_EOF ? TNAS_OK : fail_archive(u);
}

/* The length of the folder that all paths lie below, slash included. */
static size_t common_folder(const tnas_files_list *list)
{
    const char *const first = list->entries[0].path;
    const size_t length = strcspn(first, "/") + 1;
    if (first[length - 1] != '/')
        return 0;
    for (int i = 1; i < list->count; i++)
        if (strncmp(list->entries[i].path, first, length) != 0)
            return 0;
    return length;
}

static bool is_split_folder(const char *path)
{
    static const char *const names[] = {"train/", "val/", "valid/", "validation/", "test/"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(path, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Archives mostly have one folder around everything. */
static void drop_common_folder(tnas_files *files)
{
    if (files->files.count == 0 || is_split_folder(files->files.entries[0].path))
        return;
    const size_t length = common_folder(&files->files);
    for (int i = 0; i < files->files.count; i++)
        files->files.entries[i].path += length;
    int kept = 0;
    for (int i = 0; length > 0 && i < files->folders.count; i++) {
        const char *const path = files->folders.entries[i].path;
        if (strlen(path) > length)
            files->folders.entries[kept++].path = path + length;
    }
    files->folders.count = length > 0 ? kept : files->folders.count;
}

/* Folders that an archive holds without saying so. */
static tnas_status add_implied_folders(tnas_files *files)
{
    char last[TNAS_PATH_BYTES] = "";
    for (int i = 0; i < files->files.count; i++) {
        char path[TNAS_PATH_BYTES];
        snprintf(path, sizeof path, "%s", files->files.entries[i].path);
        char *const slash = strrchr(path, '/');
        if (slash == NULL)
            continue;
        *slash = '\0';
        if (strcmp(path, last) == 0)
            continue;
        bool known = false;
        for (int k = 0; k < files->folders.count && !known; k++)
            known = strcmp(files->folders.entries[k].path, path) == 0;
        if (!known)
            TNAS_TRY(tnas_files_add_folder(files, path));
        memcpy(last, path, sizeof last);
    }
    return TNAS_OK;
}

static tnas_status unpack(unpacking *u, struct archive_entry *entry)
{
    struct stat info;
    if (stat(u->files->location, &info) != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", u->files->location, strerror(errno));
    u->packed_bytes = (uint64_t)info.st_size;
    u->block = tnas_alloc_zero(BLOCK_BYTES, 1);
    if (u->block == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "unpacking of %s", u->files->location);
    TNAS_TRY(take_entries(u, entry));
    drop_common_folder(u->files);
    return add_implied_folders(u->files);
}

tnas_status tnas_files_open_archive(tnas_files *files, bool *is_archive)
{
    *is_archive = false;
    unpacking u = {.files = files, .archive = archive_read_new()};
    if (u.archive == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", files->location);
    struct archive_entry *entry;
    /* What no format recognises is a file of its own, and whoever opens it says what it is. */
    if (accept_formats(u.archive) &&
        archive_read_open_filename(u.archive, files->location, BLOCK_BYTES) == ARCHIVE_OK) {
        const int result = archive_read_next_header(u.archive, &entry);
        *is_archive = result == ARCHIVE_OK || result == ARCHIVE_WARN;
    }
    const tnas_status status = *is_archive ? unpack(&u, entry) : TNAS_OK;
    tnas_free(u.block);
    archive_read_free(u.archive);
    return status;
}
