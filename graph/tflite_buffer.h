/* A flatbuffer: bytes from anybody, read where they lie.
 *
 * A table is a record whose fields may be absent; its vtable says where each one lies. A vector
 * is a 32-bit count and the items. Every position, length and vtable is checked against the
 * buffer before it is followed, nothing needs to be aligned, and the reader neither recurses
 * nor allocates: how deep it goes is up to the caller. Failures name the byte offset.
 * https://flatbuffers.dev/internals, the binary format. */
#ifndef TNAS_GRAPH_TFLITE_BUFFER_H
#define TNAS_GRAPH_TFLITE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

typedef struct tnas_flat {
    const char *name; /* for messages */
    const uint8_t *bytes;
    size_t byte_count; /* below 2^31 */
} tnas_flat;

/* Borrowed, as everything here. flat is NULL where a table is absent. */
typedef struct tnas_flat_table {
    const tnas_flat *flat;
    size_t at, byte_count;
    size_t vtable_at, vtable_bytes;
} tnas_flat_table;

/* items is NULL and count 0 where a vector is absent. */
typedef struct tnas_flat_vector {
    const uint8_t *items;
    size_t count;
} tnas_flat_vector;

typedef enum tnas_flat_type {
    TNAS_FLAT_I8,
    TNAS_FLAT_U8,
    TNAS_FLAT_I32,
    TNAS_FLAT_U32,
} tnas_flat_type;

/* The root table of a buffer with this file identifier, 4 characters. */
tnas_status tnas_flat_root(const tnas_flat *flat, const char *identifier, tnas_flat_table *out);

/* Fields by their number. Of an absent table every field is absent. */
tnas_status tnas_flat_int(const tnas_flat_table *table, int field, tnas_flat_type type,
                          int64_t absent, int64_t *out);
tnas_status tnas_flat_float(const tnas_flat_table *table, int field, float absent, float *out);
tnas_status tnas_flat_child(const tnas_flat_table *table, int field, tnas_flat_table *out);
tnas_status tnas_flat_items(const tnas_flat_table *table, int field, size_t item_bytes,
                            tnas_flat_vector *out);

/* Table `index` of a vector of tables (item_bytes 4). */
tnas_status tnas_flat_item(const tnas_flat *flat, const tnas_flat_vector *tables, size_t index,
                           tnas_flat_table *out);

/* Little-endian numbers anywhere; what the items of a vector are made of. */
int32_t tnas_flat_get_i32(const uint8_t *at);
int64_t tnas_flat_get_i64(const uint8_t *at);
float tnas_flat_get_f32(const uint8_t *at);

#endif
