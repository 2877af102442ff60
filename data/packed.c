#include "data/packed.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct tnas_packed {
    struct archive *archive;
    char *path; /* for messages */
    int file;   /* ours: libarchive's own messages on opening say less than errno */
    size_t read_bytes;
    bool ended;
};

static tnas_status fail_unpacking(const tnas_packed *packed)
{
    const char *reason = archive_error_string(packed->archive);
    return tnas_fail(TNAS_ERR_INPUT, "%s: cannot be unpacked: %s", packed->path,
                     reason != NULL ? reason : "no reason given");
}

/* The named filters only: "all" would also start external programs for rare ones. */
static bool accept_filters(struct archive *archive)
{
    /* ARCHIVE_WARN means that the build of libarchive needs a program for a filter. */
    return archive_read_support_filter_gzip(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_bzip2(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_xz(archive) >= ARCHIVE_WARN &&
           archive_read_support_filter_zstd(archive) >= ARCHIVE_WARN &&
           archive_read_support_format_raw(archive) == ARCHIVE_OK &&
           archive_read_support_format_empty(archive) == ARCHIVE_OK;
}

static tnas_status start(tnas_packed *packed, const char *path)
{
    packed->path = tnas_strdup(path);
    packed->archive = archive_read_new();
    if (packed->path == NULL || packed->archive == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", path);
    packed->file = open(path, O_RDONLY | O_CLOEXEC);
    if (packed->file < 0)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    if (!accept_filters(packed->archive) ||
        archive_read_open_fd(packed->archive, packed->file, BLOCK_BYTES) != ARCHIVE_OK)
        return fail_unpacking(packed);
    struct archive_entry *entry;
    const int result = archive_read_next_header(packed->archive, &entry);
    packed->ended = result == ARCHIVE_EOF; /* an empty file has not even the one raw entry */
    return result >= ARCHIVE_WARN ? TNAS_OK : fail_unpacking(packed);
}

tnas_status tnas_packed_open(const char *path, tnas_packed **out)
{
    *out = NULL;
    tnas_packed *packed = tnas_alloc_zero(1, sizeof *packed);
    if (packed == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", path);
    packed->file = -1;
    const tnas_status status = start(packed, path);
    if (status != TNAS_OK) {
        tnas_packed_close(packed);
        return status;
    }
    *out = packed;
    return TNAS_OK;
}

void tnas_packed_close(tnas_packed *packed)
{
    if (packed == NULL)
        return;
    if (packed->archive != NULL)
        archive_read_free(packed->archive);
    if (packed->file >= 0)
        close(packed->file);
    tnas_free(packed->path);
    tnas_free(packed);
}

tnas_status tnas_packed_read(tnas_packed *packed, void *out, size_t byte_count, size_t *got)
{
    *got = 0;
    while (*got < byte_count && !packed->ended) {
        const la_ssize_t now =
            archive_read_data(packed->archive, (char *)out + *got, byte_count - *got);
        if (now < 0)
            return fail_unpacking(packed);
        packed->ended = now == 0;
        packed->read_bytes += (size_t)now;
        *got += (size_t)now;
    }
    return TNAS_OK;
}

static tnas_status unpack_and_count(tnas_packed *packed, size_t max_bytes, size_t *rest)
{
    uint8_t *block = tnas_alloc_zero(BLOCK_BYTES, 1);
    if (block == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "block of %s", packed->path);
    tnas_status status = TNAS_OK;
    while (status == TNAS_OK && *rest < max_bytes && !packed->ended) {
        const size_t wanted = max_bytes - *rest < BLOCK_BYTES ? max_bytes - *rest : BLOCK_BYTES;
        size_t got;
        status = tnas_packed_read(packed, block, wanted, &got);
        *rest += got;
    }
    tnas_free(block);
    return status;
}

tnas_status tnas_packed_count_rest(tnas_packed *packed, size_t max_bytes, size_t *rest)
{
    *rest = 0;
    if (packed->ended)
        return TNAS_OK;
    if (archive_filter_code(packed->archive, 0) != ARCHIVE_FILTER_NONE)
        return unpack_and_count(packed, max_bytes, rest);
    struct stat info;
    if (fstat(packed->file, &info) != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", packed->path, strerror(errno));
    const size_t file_bytes = (size_t)info.st_size;
    *rest = file_bytes > packed->read_bytes ? file_bytes - packed->read_bytes : 0;
    *rest = *rest < max_bytes ? *rest : max_bytes;
    return TNAS_OK;
}
