#include "data/idx.h"

#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "data/source.h"

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

static uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_be32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static tnas_status read_exactly(tnas_packed *file, size_t at, void *out, size_t byte_count,
                                const char *what)
{
    const char *const path = tnas_packed_name(file);
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

static size_t image_bytes(const tnas_idx_shape *shape)
{
    return (size_t)(shape->h * shape->w * shape->c);
}

static size_t value_bytes(const tnas_idx_shape *shape)
{
    return (size_t)shape->count * image_bytes(shape); /* check_sizes bounds the product */
}

bool tnas_idx_recognises(const uint8_t *head, size_t head_bytes)
{
    const uint32_t magic = head_bytes >= 4 ? read_be32(head) : 0;
    return magic == MAGIC_LABELS || magic == MAGIC_IMAGES || magic == MAGIC_IMAGES_WITH_CHANNELS;
}

tnas_status tnas_idx_start(tnas_packed *file, tnas_idx_kind kind, tnas_idx_reader *out)
{
    const char *const path = tnas_packed_name(file);
    uint8_t bytes[HEADER_BYTES_MAX];
    *out = (tnas_idx_reader){.file = file};
    TNAS_TRY(read_exactly(file, 0, bytes, 4, "the magic"));
    TNAS_TRY(check_magic(path, kind, read_be32(bytes)));
    const int dims = bytes[3];
    TNAS_TRY(read_exactly(file, 4, bytes + 4, (size_t)(4 * dims), "the header"));
    uint32_t sizes[DIMS_MAX] = {1, 1, 1, 1};
    for (int i = 0; i < dims; i++)
        sizes[i] = read_be32(bytes + 4 + 4 * i);
    TNAS_TRY(check_sizes(path, sizes, dims));
    out->shape = (tnas_idx_shape){(int)sizes[0], (int)sizes[1], (int)sizes[2], (int)sizes[3]};
    out->header_bytes = (size_t)(4 + 4 * dims);
    return TNAS_OK;
}

static tnas_status fail_short(const tnas_idx_reader *reader)
{
    const tnas_idx_shape *const shape = &reader->shape;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: ends after %zu bytes: its header promises %d values of %dx%dx%d, "
                     "%zu bytes",
                     tnas_packed_name(reader->file), reader->header_bytes + reader->used_bytes,
                     shape->count, shape->h, shape->w, shape->c,
                     reader->header_bytes + value_bytes(shape));
}

tnas_status tnas_idx_next(tnas_idx_reader *reader, uint8_t *out)
{
    const size_t wanted = image_bytes(&reader->shape);
    size_t got;
    TNAS_TRY(tnas_packed_read(reader->file, out, wanted, &got));
    reader->used_bytes += got;
    return got < wanted ? fail_short(reader) : TNAS_OK;
}

tnas_status tnas_idx_end(tnas_idx_reader *reader)
{
    uint8_t byte;
    size_t got;
    TNAS_TRY(tnas_packed_read(reader->file, &byte, 1, &got));
    if (got == 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "%s: goes on after byte %zu, where its header says it ends",
                     tnas_packed_name(reader->file),
                     reader->header_bytes + value_bytes(&reader->shape));
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
