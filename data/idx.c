#include "data/idx.h"

#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "data/packed.h"

/* What an engineer with a microcontroller may mean; a header beyond it is a damaged one. */
enum {
    COUNT_MAX = 50 * 1000 * 1000,
    SIDE_MAX = 512,
    CHANNELS_MAX = 4,
    DIMS_MAX = 4,
    HEADER_BYTES_MAX = 4 + 4 * DIMS_MAX,
};
#define VALUE_BYTES_MAX ((size_t)4 << 30)

enum { MAGIC_LABELS = 0x0801, MAGIC_IMAGES = 0x0803, MAGIC_IMAGES_WITH_CHANNELS = 0x0804 };

/* Blocks grow towards the size the header claims, so that a false claim costs little. */
enum { FIRST_BLOCK_BYTES = 16 * 1024 * 1024 };

static uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_be32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static tnas_status read_exactly(tnas_packed *file, const char *path, size_t at, void *out,
                                size_t byte_count, const char *what)
{
    size_t got;
    TNAS_TRY(tnas_packed_read(file, out, byte_count, &got));
    if (got < byte_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: ends after %zu bytes: %s needs %zu", path, at + got,
                         what, at + byte_count);
    return TNAS_OK;
}

static tnas_status check_magic(const char *path, tnas_idx_kind kind, uint32_t magic)
{
    if (kind == TNAS_IDX_LABELS && magic != MAGIC_LABELS)
        return tnas_fail(TNAS_ERR_INPUT, "%s: magic 0x%08x at byte 0: label files have 0x00000801",
                         path, magic);
    if (kind == TNAS_IDX_IMAGES && magic != MAGIC_IMAGES && magic != MAGIC_IMAGES_WITH_CHANNELS)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: magic 0x%08x at byte 0: image files have 0x00000803, with "
                         "channels 0x00000804",
                         path, magic);
    return TNAS_OK;
}

/* sizes[dims] in file order: count, h, w, c. */
static tnas_status check_sizes(const char *path, const uint32_t *sizes, int dims)
{
    static const struct {
        const char *name;
        uint32_t max;
    } axes[DIMS_MAX] = {{"count", COUNT_MAX},
                        {"height", SIDE_MAX},
                        {"width", SIDE_MAX},
                        {"channels", CHANNELS_MAX}};
    size_t bytes = 1;
    for (int i = 0; i < dims; i++) {
        if (sizes[i] < 1 || sizes[i] > axes[i].max)
            return tnas_fail(TNAS_ERR_INPUT, "%s: %s %u at byte %d: must be 1 to %u", path,
                             axes[i].name, sizes[i], 4 + 4 * i, axes[i].max);
        if (!tnas_size_mul(bytes, sizes[i], &bytes) || bytes > VALUE_BYTES_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "%s: %u images take more than %zu GiB: too many", path,
                             sizes[0], VALUE_BYTES_MAX >> 30);
    }
    return TNAS_OK;
}

static tnas_status read_header(tnas_packed *file, const char *path, tnas_idx_kind kind,
                               tnas_idx_shape *shape, size_t *header_bytes)
{
    uint8_t bytes[HEADER_BYTES_MAX];
    TNAS_TRY(read_exactly(file, path, 0, bytes, 4, "the magic"));
    TNAS_TRY(check_magic(path, kind, read_be32(bytes)));
    const int dims = bytes[3];
    TNAS_TRY(read_exactly(file, path, 4, bytes + 4, (size_t)(4 * dims), "the header"));
    uint32_t sizes[DIMS_MAX] = {1, 1, 1, 1};
    for (int i = 0; i < dims; i++)
        sizes[i] = read_be32(bytes + 4 + 4 * i);
    TNAS_TRY(check_sizes(path, sizes, dims));
    *shape = (tnas_idx_shape){(int)sizes[0], (int)sizes[1], (int)sizes[2], (int)sizes[3]};
    *header_bytes = (size_t)(4 + 4 * dims);
    return TNAS_OK;
}

static size_t value_bytes(const tnas_idx_shape *shape)
{
    /* check_sizes bounds the product. */
    return (size_t)shape->count * (size_t)(shape->h * shape->w * shape->c);
}

tnas_status tnas_idx_read_shape(const char *path, tnas_idx_kind kind, tnas_idx_shape *out)
{
    *out = (tnas_idx_shape){0};
    tnas_packed *file;
    TNAS_TRY(tnas_packed_open(path, &file));
    size_t header_bytes;
    const tnas_status status = read_header(file, path, kind, out, &header_bytes);
    tnas_packed_close(file);
    return status;
}

static tnas_status fail_short(const char *path, size_t header_bytes, const tnas_idx_shape *shape,
                              size_t used)
{
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: ends after %zu bytes: its header promises %d values of %dx%dx%d, "
                     "%zu bytes",
                     path, header_bytes + used, shape->count, shape->h, shape->w, shape->c,
                     header_bytes + value_bytes(shape));
}

static tnas_status fail_long(const char *path, size_t header_bytes, const tnas_idx_shape *shape)
{
    return tnas_fail(TNAS_ERR_INPUT, "%s: goes on after byte %zu, where its header says it ends",
                     path, header_bytes + value_bytes(shape));
}

tnas_status tnas_idx_check_size(const char *path, tnas_idx_kind kind)
{
    tnas_packed *file;
    TNAS_TRY(tnas_packed_open(path, &file));
    tnas_idx_shape shape;
    size_t header_bytes, rest = 0;
    tnas_status status = read_header(file, path, kind, &shape, &header_bytes);
    if (status == TNAS_OK)
        status = tnas_packed_count_rest(file, value_bytes(&shape) + 1, &rest);
    if (status == TNAS_OK && rest < value_bytes(&shape))
        status = fail_short(path, header_bytes, &shape, rest);
    if (status == TNAS_OK && rest > value_bytes(&shape))
        status = fail_long(path, header_bytes, &shape);
    tnas_packed_close(file);
    return status;
}

/* *values takes byte_count bytes; on failure it holds what there is, for the caller to free. */
static tnas_status read_values(tnas_packed *file, const char *path, size_t header_bytes,
                               const tnas_idx_shape *shape, uint8_t **values)
{
    const size_t expected = value_bytes(shape);
    size_t used = 0;
    while (used < expected) {
        const size_t doubled = used == 0 ? FIRST_BLOCK_BYTES : used * 2;
        const size_t capacity = doubled < expected ? doubled : expected;
        uint8_t *bigger = tnas_alloc_grow(*values, used, capacity, 1);
        if (bigger == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "%zu bytes of %s", expected, path);
        *values = bigger;
        size_t got;
        TNAS_TRY(tnas_packed_read(file, *values + used, capacity - used, &got));
        used += got;
        if (used < capacity)
            return fail_short(path, header_bytes, shape, used);
    }
    return TNAS_OK;
}

static tnas_status check_end(tnas_packed *file, const char *path, size_t header_bytes,
                             const tnas_idx_shape *shape)
{
    uint8_t byte;
    size_t got;
    TNAS_TRY(tnas_packed_read(file, &byte, 1, &got));
    return got > 0 ? fail_long(path, header_bytes, shape) : TNAS_OK;
}

tnas_status tnas_idx_load(const char *path, tnas_idx_kind kind, tnas_idx_shape *shape,
                          uint8_t **values)
{
    *shape = (tnas_idx_shape){0};
    *values = NULL;
    tnas_packed *file;
    TNAS_TRY(tnas_packed_open(path, &file));
    size_t header_bytes;
    tnas_status status = read_header(file, path, kind, shape, &header_bytes);
    if (status == TNAS_OK)
        status = read_values(file, path, header_bytes, shape, values);
    if (status == TNAS_OK)
        status = check_end(file, path, header_bytes, shape);
    tnas_packed_close(file);
    if (status != TNAS_OK) {
        tnas_free(*values);
        *values = NULL;
    }
    return status;
}

tnas_status tnas_idx_save(const char *path, tnas_idx_kind kind, const tnas_idx_shape *shape,
                          const uint8_t *values)
{
    const uint32_t sizes[DIMS_MAX] = {(uint32_t)shape->count, (uint32_t)shape->h,
                                      (uint32_t)shape->w, (uint32_t)shape->c};
    const uint32_t magic = kind == TNAS_IDX_LABELS ? MAGIC_LABELS
                           : shape->c == 1         ? MAGIC_IMAGES
                                                   : MAGIC_IMAGES_WITH_CHANNELS;
    const int dims = (int)(magic & 0xff);
    const size_t header_bytes = (size_t)(4 + 4 * dims), bytes = value_bytes(shape);
    uint8_t *content = tnas_alloc_zero(header_bytes + bytes, 1);
    if (content == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "content of %s", path);
    write_be32(content, magic);
    for (int i = 0; i < dims; i++)
        write_be32(content + 4 + 4 * i, sizes[i]);
    memcpy(content + header_bytes, values, bytes);
    const tnas_status status = tnas_file_write(path, content, header_bytes + bytes);
    tnas_free(content);
    return status;
}
