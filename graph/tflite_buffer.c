#include "graph/tflite_buffer.h"

#include <string.h>

enum { OFFSET_BYTES = 4, VOFFSET_BYTES = 2, VTABLE_HEADER_BYTES = 4 };

static uint32_t get_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static size_t get_u16(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8;
}

int32_t tnas_flat_get_i32(const uint8_t *at)
{
    return (int32_t)get_u32(at);
}

int64_t tnas_flat_get_i64(const uint8_t *at)
{
    return (int64_t)(get_u32(at) | (uint64_t)get_u32(at + 4) << 32);
}

float tnas_flat_get_f32(const uint8_t *at)
{
    const uint32_t bits = get_u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static tnas_status fail_at(const tnas_flat *flat, size_t at, const char *what)
{
    return tnas_fail(TNAS_ERR_INPUT, "%s: byte %zu: %s outside the file's %zu bytes", flat->name,
                     at, what, flat->byte_count);
}

static bool holds(const tnas_flat *flat, size_t at, size_t byte_count)
{
    return at <= flat->byte_count && byte_count <= flat->byte_count - at;
}

static tnas_status open_table(const tnas_flat *flat, size_t at, tnas_flat_table *out)
{
    *out = (tnas_flat_table){NULL, 0, 0, 0, 0};
    if (!holds(flat, at, OFFSET_BYTES))
        return fail_at(flat, at, "a table");
    const int64_t vtable_at = (int64_t)at - tnas_flat_get_i32(flat->bytes + at);
    if (vtable_at < 0 || !holds(flat, (size_t)vtable_at, VTABLE_HEADER_BYTES))
        return fail_at(flat, at, "the table's vtable is");
    const uint8_t *const vtable = flat->bytes + vtable_at;
    const tnas_flat_table table = {
        .flat = flat,
        .at = at,
        .byte_count = get_u16(vtable + VOFFSET_BYTES),
        .vtable_at = (size_t)vtable_at,
        .vtable_bytes = get_u16(vtable),
    };
    if (table.vtable_bytes < VTABLE_HEADER_BYTES ||
        !holds(flat, table.vtable_at, table.vtable_bytes))
        return fail_at(flat, table.vtable_at, "a vtable that is too short or");
    if (table.byte_count < OFFSET_BYTES || !holds(flat, at, table.byte_count))
        return fail_at(flat, at, "a table that is too short or");
    *out = table;
    return TNAS_OK;
}

tnas_status tnas_flat_root(const tnas_flat *flat, const char *identifier, tnas_flat_table *out)
{
    *out = (tnas_flat_table){NULL, 0, 0, 0, 0};
    if (flat->byte_count > INT32_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %zu bytes: must be below 2 GiB", flat->name,
                         flat->byte_count);
    if (flat->byte_count < 2 * OFFSET_BYTES ||
        memcmp(flat->bytes + OFFSET_BYTES, identifier, OFFSET_BYTES) != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: lacks the identifier %.4s at byte 4", flat->name,
                         identifier);
    return open_table(flat, get_u32(flat->bytes), out);
}

/* Where the field lies, NULL when it is absent. */
static tnas_status find_field(const tnas_flat_table *table, int field, size_t byte_count,
                              const uint8_t **out)
{
    *out = NULL;
    const size_t slot = VTABLE_HEADER_BYTES + (size_t)field * VOFFSET_BYTES;
    if (table->flat == NULL || slot + VOFFSET_BYTES > table->vtable_bytes)
        return TNAS_OK;
    const size_t offset = get_u16(table->flat->bytes + table->vtable_at + slot);
    if (offset == 0)
        return TNAS_OK;
    if (offset < OFFSET_BYTES || offset > table->byte_count ||
        byte_count > table->byte_count - offset)
        return tnas_fail(TNAS_ERR_INPUT, "%s: byte %zu: field %d at %zu lies outside its table",
                         table->flat->name, table->at, field, offset);
    *out = table->flat->bytes + table->at + offset;
    return TNAS_OK;
}

tnas_status tnas_flat_int(const tnas_flat_table *table, int field, tnas_flat_type type,
                          int64_t absent, int64_t *out)
{
    const bool is_byte = type == TNAS_FLAT_I8 || type == TNAS_FLAT_U8;
    *out = absent;
    const uint8_t *at;
    TNAS_TRY(find_field(table, field, is_byte ? 1 : 4, &at));
    if (at == NULL)
        return TNAS_OK;
    switch (type) {
    case TNAS_FLAT_I8:
        *out = (int8_t)*at;
        break;
    case TNAS_FLAT_U8:
        *out = *at;
        break;
    case TNAS_FLAT_I32:
        *out = tnas_flat_get_i32(at);
        break;
    case TNAS_FLAT_U32:
        *out = get_u32(at);
        break;
    }
    return TNAS_OK;
}

tnas_status tnas_flat_float(const tnas_flat_table *table, int field, float absent, float *out)
{
    const uint8_t *at;
    *out = absent;
    TNAS_TRY(find_field(table, field, sizeof *out, &at));
    if (at != NULL)
        *out = tnas_flat_get_f32(at);
    return TNAS_OK;
}

/* The position that the offset at `at` points to. */
static size_t follow(const tnas_flat *flat, const uint8_t *at)
{
    return (size_t)(at - flat->bytes) + get_u32(at);
}

tnas_status tnas_flat_child(const tnas_flat_table *table, int field, tnas_flat_table *out)
{
    *out = (tnas_flat_table){NULL, 0, 0, 0, 0};
    const uint8_t *at;
    TNAS_TRY(find_field(table, field, OFFSET_BYTES, &at));
    return at == NULL ? TNAS_OK : open_table(table->flat, follow(table->flat, at), out);
}

tnas_status tnas_flat_items(const tnas_flat_table *table, int field, size_t item_bytes,
                            tnas_flat_vector *out)
{
    *out = (tnas_flat_vector){NULL, 0};
    const uint8_t *at;
    TNAS_TRY(find_field(table, field, OFFSET_BYTES, &at));
    if (at == NULL)
        return TNAS_OK;
    const tnas_flat *const flat = table->flat;
    const size_t start = follow(flat, at);
    if (!holds(flat, start, OFFSET_BYTES))
        return fail_at(flat, start, "a vector");
    const size_t count = get_u32(flat->bytes + start);
    if (count > (flat->byte_count - start - OFFSET_BYTES) / item_bytes)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: byte %zu: a vector of %zu items of %zu bytes ends outside the "
                         "file's %zu bytes",
                         flat->name, start, count, item_bytes, flat->byte_count);
    *out = (tnas_flat_vector){flat->bytes + start + OFFSET_BYTES, count};
    return TNAS_OK;
}

tnas_status tnas_flat_item(const tnas_flat *flat, const tnas_flat_vector *tables, size_t index,
                           tnas_flat_table *out)
{
    return open_table(flat, follow(flat, tables->items + index * OFFSET_BYTES), out);
}
