/* Reading the files of a data set. A packed one is unpacked once, when it is first wanted whole,
 * and read from the store after that: formats go over a file several times. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "data/files_internal.h"
#include "data/temporary.h"

enum { BLOCK_BYTES = 256 * 1024 };

/* More is not a data set but a bomb: this much, and this many times the packed bytes. */
#define FREE_BYTES ((uint64_t)1 << 30)
enum { RATIO_MAX = 200 };

/* ---- the store ---- */

tnas_status tnas_files_store_add(tnas_files *files, const char *name, uint64_t packed_bytes,
                                 uint64_t start, const void *bytes, size_t byte_count)
{
    tnas_files_store *const store = &files->store;
    if (store->file < 0)
        TNAS_TRY(tnas_temporary_open(name, &store->file));
    const uint64_t unpacked_bytes = store->used_bytes + byte_count - start;
    if (unpacked_bytes > FREE_BYTES && unpacked_bytes / RATIO_MAX > packed_bytes)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: more than %d times its size when unpacked: not a data set", name,
                         RATIO_MAX);
    for (size_t kept = 0; kept < byte_count;) {
        const ssize_t now = pwrite(store->file, (const char *)bytes + kept, byte_count - kept,
                                   (off_t)(store->used_bytes + kept));
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return tnas_fail(TNAS_ERR_IO, "cannot unpack %s into a temporary file: %s", name,
                             strerror(errno));
        kept += (size_t)now;
    }
    store->used_bytes += byte_count;
    return TNAS_OK;
}

/* ---- bytes as they are stored ---- */

/* The bytes of a file; name is the storage of range->name. */
static tnas_status open_range(const tnas_files *files, int file, char name[TNAS_PATH_BYTES],
                              tnas_file_range *range)
{
    const tnas_files_entry *const entry = &files->files.entries[file];
    tnas_files_name(files, file, name);
    *range = (tnas_file_range){files->store.file, false, entry->at, entry->byte_count, name};
    if (entry->is_stored)
        return TNAS_OK;
    struct stat info;
    range->file = open(name, O_RDONLY | O_CLOEXEC);
    if (range->file < 0)
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", name, strerror(errno));
    range->owns_file = true;
    if (fstat(range->file, &info) != 0) {
        close(range->file);
        return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", name, strerror(errno));
    }
    range->byte_count = (uint64_t)info.st_size;
    return TNAS_OK;
}

/* The first bytes of a range, as they are stored. */
static tnas_status read_range(const tnas_file_range *range, void *out, size_t byte_count,
                              size_t *got)
{
    const size_t there = range->byte_count < byte_count ? (size_t)range->byte_count : byte_count;
    *got = 0;
    while (*got < there) {
        const ssize_t now =
            pread(range->file, (char *)out + *got, there - *got, (off_t)(range->at + *got));
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return tnas_fail(TNAS_ERR_IO, "cannot read %s: %s", range->name, strerror(errno));
        if (now == 0)
            break;
        *got += (size_t)now;
    }
    return TNAS_OK;
}

tnas_status tnas_files_read(const tnas_files *files, int file, size_t max_bytes, uint8_t **out,
                            size_t *byte_count)
{
    char name[TNAS_PATH_BYTES];
    tnas_file_range range;
    *out = NULL;
    *byte_count = 0;
    TNAS_TRY(open_range(files, file, name, &range));
    tnas_status status = TNAS_OK;
    uint8_t *bytes = NULL;
    if (range.byte_count > max_bytes)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: has %llu bytes: at most %zu are read", name,
                           (unsigned long long)range.byte_count, max_bytes);
    else if ((bytes = tnas_alloc_zero((size_t)range.byte_count + 1, 1)) == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "content of %s", name);
    if (status == TNAS_OK)
        status = read_range(&range, bytes, (size_t)range.byte_count, byte_count);
    if (range.owns_file)
        close(range.file);
    if (status != TNAS_OK) {
        tnas_free(bytes);
        return status;
    }
    *out = bytes;
    return TNAS_OK;
}

/* ---- unpacked ---- */

static tnas_status store_unpacked(tnas_files *files, uint64_t packed_bytes, tnas_packed *packed)
{
    const uint64_t start = files->store.used_bytes;
    uint8_t *block = tnas_alloc_zero(BLOCK_BYTES, 1);
    if (block == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "unpacking of %s", tnas_packed_name(packed));
    tnas_status status;
    size_t got;
    do {
        status = tnas_packed_read(packed, block, BLOCK_BYTES, &got);
        if (status == TNAS_OK)
            status = tnas_files_store_add(files, tnas_packed_name(packed), packed_bytes, start,
                                          block, got);
    } while (status == TNAS_OK && got == BLOCK_BYTES);
    tnas_free(block);
    return status;
}

/* From now on the file is what it was packed from. */
static tnas_status unpack_once(tnas_files *files, int file, const tnas_file_range *range)
{
    tnas_files_entry *const entry = &files->files.entries[file];
    const uint64_t start = files->store.used_bytes;
    tnas_packed *packed;
    TNAS_TRY(tnas_packed_open(range, &packed));
    const tnas_status status = store_unpacked(files, range->byte_count, packed);
    tnas_packed_close(packed);
    TNAS_TRY(status);
    entry->is_stored = entry->is_unpacked = true;
    entry->at = start;
    entry->byte_count = files->store.used_bytes - start;
    return TNAS_OK;
}

static tnas_status is_range_packed(const tnas_file_range *range, bool *out)
{
    uint8_t head[8];
    size_t got;
    *out = false;
    TNAS_TRY(read_range(range, head, sizeof head, &got));
    *out = tnas_packed_recognises(head, got);
    return TNAS_OK;
}

tnas_status tnas_files_unpack(tnas_files *files, int file, tnas_packed **out)
{
    char name[TNAS_PATH_BYTES];
    tnas_file_range range;
    bool is_packed = false;
    *out = NULL;
    TNAS_TRY(open_range(files, file, name, &range));
    if (!files->files.entries[file].is_unpacked) {
        const tnas_status status = is_range_packed(&range, &is_packed);
        if (status != TNAS_OK && range.owns_file)
            close(range.file);
        TNAS_TRY(status);
    }
    if (is_packed) {
        TNAS_TRY(unpack_once(files, file, &range)); /* closes the range's file */
        TNAS_TRY(open_range(files, file, name, &range));
    }
    return tnas_packed_open(&range, out);
}

/* Most files are not packed, and there may be very many: those are just read. */
tnas_status tnas_files_head(const tnas_files *files, int file, void *out, size_t byte_count,
                            size_t *got)
{
    char name[TNAS_PATH_BYTES];
    tnas_file_range range;
    *got = 0;
    TNAS_TRY(open_range(files, file, name, &range));
    tnas_status status = read_range(&range, out, byte_count, got);
    if (status != TNAS_OK || files->files.entries[file].is_unpacked ||
        !tnas_packed_recognises(out, *got)) {
        if (range.owns_file)
            close(range.file);
        return status;
    }
    tnas_packed *packed;
    TNAS_TRY(tnas_packed_open(&range, &packed));
    status = tnas_packed_read(packed, out, byte_count, got);
    tnas_packed_close(packed);
    return status;
}
