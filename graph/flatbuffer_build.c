/* Growing downwards: an object of n bytes goes right before what is there, after as many zeros
 * as make its start a multiple of its alignment, counted from the end. The finished buffer's size
 * is a multiple of every alignment in it, so the same holds from its start. */
#include "graph/flatbuffer_build.h"

#include <assert.h>
#include <string.h>

#include "common/alloc.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vectors are copied as they are");

enum { REF_BYTES = 4, CAPACITY_FIRST = 4096, VTABLE_HEAD = 2 };

void tnas_flat_builder_init(tnas_flat_builder *builder)
{
    *builder = (tnas_flat_builder){.align_bytes = REF_BYTES};
}

void tnas_flat_builder_deinit(tnas_flat_builder *builder)
{
    tnas_free(builder->bytes);
    tnas_flat_builder_init(builder);
}

static bool make_room(tnas_flat_builder *builder, size_t byte_count)
{
    if (builder->failed || byte_count > INT32_MAX - builder->byte_count)
        return false;
    const size_t wanted = builder->byte_count + byte_count;
    if (wanted <= builder->capacity)
        return true;
    size_t capacity = builder->capacity == 0 ? CAPACITY_FIRST : builder->capacity;
    while (capacity < wanted)
        capacity *= 2;
    uint8_t *const bytes = tnas_alloc_zero(capacity, 1);
    if (bytes == NULL)
        return false;
    if (builder->byte_count > 0)
        memcpy(bytes + capacity - builder->byte_count,
               builder->bytes + builder->capacity - builder->byte_count, builder->byte_count);
    tnas_free(builder->bytes);
    builder->bytes = bytes;
    builder->capacity = capacity;
    return true;
}

/* Room for an object at the start of the buffer; NULL when there is none. */
static uint8_t *prepend(tnas_flat_builder *builder, size_t byte_count, size_t align_bytes)
{
    const size_t zeros =
        (align_bytes - (builder->byte_count + byte_count) % align_bytes) % align_bytes;
    if (!make_room(builder, byte_count + zeros)) {
        builder->failed = true;
        return NULL;
    }
    if (align_bytes > builder->align_bytes)
        builder->align_bytes = align_bytes;
    builder->byte_count += byte_count + zeros;
    return builder->bytes + builder->capacity - builder->byte_count;
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value);
    put_u16(at + 2, value >> 16);
}

/* ---- Vectors ---- */

/* Room for a vector's items, their count written before them. */
static uint8_t *prepend_vector(tnas_flat_builder *builder, size_t count, size_t item_bytes,
                               size_t align_bytes)
{
    size_t byte_count;
    if (count > INT32_MAX || !tnas_size_mul(count, item_bytes, &byte_count) ||
        byte_count > INT32_MAX) {
        builder->failed = true;
        return NULL;
    }
    if (prepend(builder, byte_count, align_bytes < REF_BYTES ? REF_BYTES : align_bytes) == NULL)
        return NULL;
    uint8_t *const head = prepend(builder, REF_BYTES, REF_BYTES);
    if (head == NULL)
        return NULL;
    put_u32(head, (uint32_t)count);
    return head + REF_BYTES;
}

static tnas_flat_ref newest(const tnas_flat_builder *builder)
{
    return builder->failed ? 0 : (tnas_flat_ref)builder->byte_count;
}

tnas_flat_ref tnas_flat_add_vector(tnas_flat_builder *builder, const void *items, size_t count,
                                   size_t item_bytes, size_t align_bytes)
{
    uint8_t *const at = prepend_vector(builder, count, item_bytes, align_bytes);
    if (at != NULL && count > 0)
        memcpy(at, items, count * item_bytes);
    return newest(builder);
}

/* A vector of characters that a 0 follows, which is not counted. */
tnas_flat_ref tnas_flat_add_text(tnas_flat_builder *builder, const char *text)
{
    const size_t length = strlen(text);
    if (prepend(builder, length + 1, REF_BYTES) == NULL)
        return 0;
    uint8_t *const head = prepend(builder, REF_BYTES, REF_BYTES);
    if (head == NULL)
        return 0;
    put_u32(head, (uint32_t)length);
    memcpy(head + REF_BYTES, text, length + 1);
    return newest(builder);
}

tnas_flat_ref tnas_flat_add_refs(tnas_flat_builder *builder, const tnas_flat_ref *refs,
                                 size_t count)
{
    uint8_t *const at = prepend_vector(builder, count, REF_BYTES, REF_BYTES);
    if (at == NULL)
        return 0;
    const size_t first = builder->byte_count - REF_BYTES; /* from the end */
    for (size_t i = 0; i < count; i++)
        put_u32(at + REF_BYTES * i, (uint32_t)(first - REF_BYTES * i) - refs[i]);
    return newest(builder);
}

/* ---- Tables ---- */

tnas_flat_field tnas_flat_field_u8(int value)
{
    return (tnas_flat_field){.byte_count = 1, .bits = (uint8_t)value};
}

tnas_flat_field tnas_flat_field_i32(int64_t value)
{
    return (tnas_flat_field){.byte_count = 4, .bits = (uint32_t)value};
}

tnas_flat_field tnas_flat_field_f32(float value)
{
    tnas_flat_field field = {.byte_count = 4};
    memcpy(&field.bits, &value, sizeof value);
    return field;
}

tnas_flat_field tnas_flat_field_ref(tnas_flat_ref ref)
{
    return (tnas_flat_field){.byte_count = ref != 0 ? REF_BYTES : 0, .is_ref = true, .bits = ref};
}

/* Where the fields of a table lie, from its start: first the distance to its vtable, then the
 * wide fields, then the bytes. 0: absent. */
typedef struct layout {
    uint16_t at[TNAS_FLAT_FIELDS_MAX];
    int field_count; /* up to the last one that is there */
    size_t table_bytes;
} layout;

static layout lay_out(const tnas_flat_field *fields, int field_count)
{
    layout l = {.table_bytes = REF_BYTES};
    for (int width = REF_BYTES; width >= 1; width -= REF_BYTES - 1)
        for (int i = 0; i < field_count; i++) {
            if (fields[i].byte_count != width)
                continue;
            l.at[i] = (uint16_t)l.table_bytes;
            l.table_bytes += (size_t)width;
            if (i >= l.field_count)
                l.field_count = i + 1;
        }
    return l;
}

/* The vtable of this layout: sizes of itself and of the table, then where each field lies. */
static size_t write_vtable(const layout *l, uint8_t *out)
{
    const size_t byte_count = 2 * (size_t)(VTABLE_HEAD + l->field_count);
    put_u16(out, byte_count);
    put_u16(out + 2, l->table_bytes);
    for (int i = 0; i < l->field_count; i++)
        put_u16(out + 2 * (VTABLE_HEAD + i), l->at[i]);
    return byte_count;
}

static tnas_flat_ref find_or_add_vtable(tnas_flat_builder *builder, const layout *l)
{
    uint8_t vtable[2 * (VTABLE_HEAD + TNAS_FLAT_FIELDS_MAX)];
    const size_t byte_count = write_vtable(l, vtable);
    for (int i = 0; i < builder->vtable_count; i++) {
        const uint8_t *const there = builder->bytes + builder->capacity - builder->vtables[i];
        if (memcmp(there, vtable, 2) == 0 && memcmp(there, vtable, byte_count) == 0)
            return builder->vtables[i];
    }
    uint8_t *const at = prepend(builder, byte_count, 2);
    if (at == NULL)
        return 0;
    memcpy(at, vtable, byte_count);
    if (builder->vtable_count < TNAS_FLAT_VTABLES_MAX)
        builder->vtables[builder->vtable_count++] = (tnas_flat_ref)builder->byte_count;
    return newest(builder);
}

tnas_flat_ref tnas_flat_add_table(tnas_flat_builder *builder, const tnas_flat_field *fields,
                                  int field_count)
{
    assert(field_count <= TNAS_FLAT_FIELDS_MAX);
    const layout l = lay_out(fields, field_count);
    const tnas_flat_ref vtable = find_or_add_vtable(builder, &l);
    uint8_t *const at = prepend(builder, l.table_bytes, REF_BYTES);
    if (vtable == 0 || at == NULL)
        return 0;
    const tnas_flat_ref table = newest(builder);
    put_u32(at, vtable - table); /* modulo 2^32: the vtable usually lies behind */
    for (int i = 0; i < l.field_count; i++) {
        const tnas_flat_field *const field = &fields[i];
        if (field->byte_count == 1)
            at[l.at[i]] = (uint8_t)field->bits;
        else if (field->byte_count == REF_BYTES)
            put_u32(at + l.at[i], field->is_ref ? table - l.at[i] - field->bits : field->bits);
    }
    return table;
}

/* ---- The buffer ---- */

tnas_status tnas_flat_finish(tnas_flat_builder *builder, tnas_flat_ref root, const char *identifier,
                             uint8_t **out, size_t *byte_count)
{
    *out = NULL;
    *byte_count = 0;
    const size_t head_bytes = REF_BYTES + 4;
    uint8_t *const head = prepend(builder, head_bytes, builder->align_bytes);
    uint8_t *const whole = head == NULL ? NULL : tnas_alloc_zero(builder->byte_count, 1);
    if (whole == NULL) {
        tnas_flat_builder_deinit(builder);
        return tnas_fail(TNAS_ERR_NOMEM, "a flatbuffer: memory is short, or 2^31 bytes exceeded");
    }
    put_u32(head, (uint32_t)builder->byte_count - root);
    memcpy(head + REF_BYTES, identifier, 4);
    memcpy(whole, head, builder->byte_count);
    *out = whole;
    *byte_count = builder->byte_count;
    tnas_flat_builder_deinit(builder);
    return TNAS_OK;
}
