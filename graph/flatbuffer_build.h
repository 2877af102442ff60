/* Builds a flatbuffer: the writing side of graph/tflite_buffer.h.
 *
 * A reference in a flatbuffer points forwards, so the buffer grows from its end to its start:
 * first what is referred to, then who refers to it, the root last. The same calls give the same
 * bytes. A failed allocation is remembered and reported once, by tnas_flat_finish; until then
 * every call may be made. https://flatbuffers.dev/internals, the binary format. */
#ifndef TNAS_GRAPH_FLATBUFFER_BUILD_H
#define TNAS_GRAPH_FLATBUFFER_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* An object that has been added: where it starts, in bytes from the buffer's end. 0: none. */
typedef uint32_t tnas_flat_ref;

enum { TNAS_FLAT_FIELDS_MAX = 16, TNAS_FLAT_VTABLES_MAX = 32 };

typedef struct tnas_flat_builder {
    uint8_t *bytes; /* [capacity]; the last byte_count of them are the buffer so far */
    size_t capacity, byte_count;
    size_t align_bytes; /* of the most demanding object */
    tnas_flat_ref vtables[TNAS_FLAT_VTABLES_MAX];
    int vtable_count; /* tables with the same fields share one */
    bool failed;
} tnas_flat_builder;

void tnas_flat_builder_init(tnas_flat_builder *builder);
void tnas_flat_builder_deinit(tnas_flat_builder *builder);

/* `count` numbers of item_bytes, copied as they lie in memory (the hosts are little-endian). The
 * first one gets this alignment in the finished buffer; a power of two. */
tnas_flat_ref tnas_flat_add_vector(tnas_flat_builder *builder, const void *items, size_t count,
                                   size_t item_bytes, size_t align_bytes);
tnas_flat_ref tnas_flat_add_text(tnas_flat_builder *builder, const char *text);
tnas_flat_ref tnas_flat_add_refs(tnas_flat_builder *builder, const tnas_flat_ref *refs,
                                 size_t count);

/* A field's value; a zero-initialised one is an absent field. */
typedef struct tnas_flat_field {
    uint8_t byte_count; /* 0, 1 or 4 */
    bool is_ref;
    uint32_t bits;
} tnas_flat_field;

tnas_flat_field tnas_flat_field_u8(int value); /* and int8, bool, enums */
tnas_flat_field tnas_flat_field_i32(int64_t value);
tnas_flat_field tnas_flat_field_f32(float value);
tnas_flat_field tnas_flat_field_ref(tnas_flat_ref ref); /* none: an absent field */

/* fields[i] is field i of the schema; at most TNAS_FLAT_FIELDS_MAX. */
tnas_flat_ref tnas_flat_add_table(tnas_flat_builder *builder, const tnas_flat_field *fields,
                                  int field_count);

/* The finished buffer with this root and file identifier, 4 characters. The builder is empty
 * afterwards; release *out with tnas_free. Fails when memory was short or the buffer exceeds
 * 2^31 - 1 bytes. */
tnas_status tnas_flat_finish(tnas_flat_builder *builder, tnas_flat_ref root, const char *identifier,
                             uint8_t **out, size_t *byte_count);

#endif
