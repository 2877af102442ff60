#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"

tnas_status tnas_path_join(char out[TNAS_PATH_BYTES], const char *folder, const char *name)
{
    const int length = snprintf(out, TNAS_PATH_BYTES, "%s/%s", folder, name);
    if (length < 0 || length >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_IO, "path %.60s.../%.60s is longer than %d bytes", folder, name,
                         TNAS_PATH_BYTES - 1);
    return TNAS_OK;
}

bool tnas_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool tnas_dir_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static tnas_status read_all(FILE *file, const char *path, size_t max_bytes, uint8_t **out,
                            size_t *byte_count)
{
    size_t capacity = 64 * 1024, used = 0;
    uint8_t *bytes = tnas_alloc_zero(capacity, 1);
    while (bytes != NULL) {
        used += fread(bytes + used, 1, capacity - 1 - used, file);
        if (used < capacity - 1)
            break;
        uint8_t *bigger = tnas_alloc_grow(bytes, capacity, capacity * 2, 1);
        if (bigger == NULL)
            tnas_free(bytes);
        bytes = bigger;
        capacity *= 2;
    }
    if (bytes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "content of %s", path);
    if (ferror(file) || used > max_bytes) {
        tnas_free(bytes);
        return ferror(file)
                   ? tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", path, strerror(errno))
                   : tnas_fail(TNAS_ERR_INPUT, "%s is larger than %zu bytes", path, max_bytes);
    }
    bytes[used] = 0;
    *out = bytes;
    *byte_count = used;
    return TNAS_OK;
}

tnas_status tnas_file_read(const char *path, size_t max_bytes, uint8_t **out, size_t *byte_count)
{
    *out = NULL;
    *byte_count = 0;
    if (tnas_dir_exists(path))
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: it is a folder", path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    const tnas_status status = read_all(file, path, max_bytes, out, byte_count);
    fclose(file);
    return status;
}

/* A new name is safe from a power cut once its folder is synced. Some file systems cannot
 * (EINVAL), and a folder that may not be read cannot be opened for it: both stay unsynced. */
static tnas_status sync_folder_of(const char *path)
{
    char folder[TNAS_PATH_BYTES];
    const char *const slash = strrchr(path, '/');
    const int length = slash == NULL || slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", length, slash == NULL ? "." : path);
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return errno == EACCES
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_IO, "cannot open folder %s: %s", folder, strerror(errno));
    const int reason = fsync(file) == 0 || errno == EINVAL ? 0 : errno;
    close(file);
    if (reason != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot sync folder %s: %s", folder, strerror(reason));
    return TNAS_OK;
}

tnas_status tnas_file_write(const char *path, const void *bytes, size_t byte_count)
{
    const tnas_file_part whole = {bytes, byte_count};
    return tnas_file_write_parts(path, &whole, 1);
}

/* A rename replaces whatever bears the name: root's `--out /dev/null` would take it from everyone.
 */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

tnas_status tnas_file_write_parts(const char *path, const tnas_file_part *parts, int part_count)
{
    if (is_special(path))
        return tnas_fail(TNAS_ERR_IO, "cannot write %s: it is not a regular file", path);
    char temporary[TNAS_PATH_BYTES];
    const int length = snprintf(temporary, sizeof temporary, "%s.tmp%ld", path, (long)getpid());
    if (length < 0 || length >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", path);
    FILE *file = fopen(temporary, "wb");
    if (file == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    bool ok = true;
    for (int i = 0; i < part_count && ok; i++)
        ok = fwrite(parts[i].bytes, 1, parts[i].byte_count, file) == parts[i].byte_count;
    ok = fflush(file) == 0 && ok;
    ok = fsync(fileno(file)) == 0 && ok;
    ok = fclose(file) == 0 && ok;
    if (!ok || rename(temporary, path) != 0) {
        const int reason = errno;
        unlink(temporary);
        return tnas_fail(TNAS_ERR_IO, "cannot write %s: %s", path, strerror(reason));
    }
    return sync_folder_of(path);
}

tnas_status tnas_dir_create(const char *path)
{
    char part[TNAS_PATH_BYTES];
    const size_t length = strlen(path);
    if (length >= sizeof part)
        return tnas_fail(TNAS_ERR_IO, "path %.60s... is too long", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) == 0)
            TNAS_TRY(sync_folder_of(part));
        else if (errno != EEXIST)
            return tnas_fail(TNAS_ERR_IO, "cannot create folder %s: %s", part, strerror(errno));
    }
    if (!tnas_dir_exists(path))
        return tnas_fail(TNAS_ERR_IO, "cannot create folder %s: a file is in the way", path);
    return TNAS_OK;
}
