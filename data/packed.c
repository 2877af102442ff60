#include "data/packed.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct tnas_packed {
    struct archive *archive;
    char *name;
    tnas_file_range range;
    uint64_t used_bytes; /* of the range, by the archive */
    uint8_t *block;      /* [BLOCK_BYTES], what the archive looks at */
    bool ended;
};

const char *tnas_packed_name(const tnas_packed *packed)
{
    return packed->name;
}

bool tnas_packed_recognises(const uint8_t *head, size_t head_bytes)
{
    static const struct {
        const char *bytes;
        size_t count;
    } magics[] = {{"\x1f\x8b", 2},
                  {"BZh", 3},
                  {"\xfd"
                   "7zXZ",
                   5},
                  {"\x28\xb5\x2f\xfd", 4}};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (head_bytes >= magics[i].count && memcmp(head, magics[i].bytes, magics[i].count) == 0)
            return true;
    return false;
}

static tnas_status fail_unpacking(const tnas_packed *packed)
{
    const char *reason = archive_error_string(packed->archive);
    return tnas_fail(TNAS_ERR_INPUT, "%s: cannot be unpacked: %s", packed->name,
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

static la_ssize_t give_block(struct archive *archive, void *context, const void **block)
{
    tnas_packed *const packed = context;
    const uint64_t rest = packed->range.byte_count - packed->used_bytes;
    const size_t wanted = rest < BLOCK_BYTES ? (size_t)rest : BLOCK_BYTES;
    ssize_t got;
    do {
        got = pread(packed->range.file, packed->block, wanted,
                    (off_t)(packed->range.at + packed->used_bytes));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        archive_set_error(archive, errno, "%s", strerror(errno));
        return -1;
    }
    packed->used_bytes += (uint64_t)got;
    *block = packed->block;
    return got;
}

static tnas_status start(tnas_packed *packed, const tnas_file_range *range)
{
    packed->name = tnas_strdup(range->name);
    packed->block = tnas_alloc_zero(BLOCK_BYTES, 1);
    packed->archive = archive_read_new();
    if (packed->name == NULL || packed->block == NULL || packed->archive == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", range->name);
    if (!accept_filters(packed->archive) ||
        archive_read_open(packed->archive, packed, NULL, give_block, NULL) != ARCHIVE_OK)
        return fail_unpacking(packed);
    struct archive_entry *entry;
    const int result = archive_read_next_header(packed->archive, &entry);
    packed->ended = result == ARCHIVE_EOF; /* an empty file has not even the one raw entry */
    return result >= ARCHIVE_WARN ? TNAS_OK : fail_unpacking(packed);
}

tnas_status tnas_packed_open(const tnas_file_range *range, tnas_packed **out)
{
    *out = NULL;
    tnas_packed *packed = tnas_alloc_zero(1, sizeof *packed);
    if (packed == NULL) {
        if (range->owns_file)
            close(range->file);
        return tnas_fail(TNAS_ERR_NOMEM, "reader of %s", range->name);
    }
    packed->range = *range;
    const tnas_status status = start(packed, range);
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
    if (packed->range.owns_file)
        close(packed->range.file);
    tnas_free(packed->block);
    tnas_free(packed->name);
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
        *got += (size_t)now;
    }
    return TNAS_OK;
}
