#include "data/npy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/source.h"

enum { HEADER_BYTES_MAX = 4096, MAGIC_BYTES = 6 };
#define ITEM_BYTES_MAX ((size_t)64 * 1024 * 1024)

bool tnas_npy_recognises(const uint8_t *head, size_t head_bytes)
{
    return head_bytes >= MAGIC_BYTES && memcmp(head, "\x93NUMPY", MAGIC_BYTES) == 0;
}

/* ---- the text ---- */

/* The text behind 'key': ; NULL when there is no such key. */
static const char *find_key(const char *text, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s'", key);
    const char *at = strstr(text, quoted);
    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    return at + 1 + strspn(at + 1, " ");
}

static tnas_status parse_type(const char *name, const char *text, tnas_npy_header *out)
{
    const char *const at = find_key(text, "descr");
    char order = 0, kind = 0, quote = 0;
    int bytes = 0;
    if (at == NULL || sscanf(at, "'%c%c%2d%c", &order, &kind, &bytes, &quote) != 4 ||
        quote != '\'' || strchr("<>|=", order) == NULL || strchr("uifb", kind) == NULL ||
        (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) || (kind == 'f' && bytes < 4) ||
        (kind == 'b' && bytes != 1))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: descr %.24s: values must be whole numbers of 1 to 8 bytes or floats "
                         "of 4 or 8",
                         name, at != NULL ? at : "is missing");
    out->is_big_endian = order == '>';
    out->kind = kind;
    out->value_bytes = bytes;
    return TNAS_OK;
}

static tnas_status parse_shape(const char *name, const char *text, tnas_npy_header *out)
{
    const char *at = find_key(text, "shape");
    const char *const start = at;
    if (at == NULL || *at != '(')
        return tnas_fail(TNAS_ERR_INPUT, "%s: shape is missing in its header", name);
    for (int i = 0; i < TNAS_NPY_DIMS_MAX; i++)
        out->dims[i] = 1;
    for (at++; *at != ')';) {
        char *end;
        const long dim = strtol(at, &end, 10);
        if (end == at || dim < 1 || dim > INT_MAX || out->dim_count == TNAS_NPY_DIMS_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "%s: shape %.40s: must be 1 to %d sizes, each 1 to %d",
                             name, start, TNAS_NPY_DIMS_MAX, INT_MAX);
        out->dims[out->dim_count++] = (int)dim;
        at = end + strspn(end, " ,");
    }
    if (out->dim_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: shape (): a single value is no list of samples",
                         name);
    return TNAS_OK;
}

static tnas_status parse_text(const char *name, const char *text, tnas_npy_header *out)
{
    TNAS_TRY(parse_type(name, text, out));
    TNAS_TRY(parse_shape(name, text, out));
    const char *const order = find_key(text, "fortran_order");
    if (order == NULL || (strncmp(order, "False", 5) != 0 && out->dim_count > 1))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: fortran_order %.8s: must be False, the last axis the fastest "
                         "(numpy.ascontiguousarray)",
                         name, order != NULL ? order : "is missing");
    size_t bytes = (size_t)out->value_bytes;
    for (int i = 1; i < TNAS_NPY_DIMS_MAX; i++)
        if (!tnas_size_mul(bytes, (size_t)out->dims[i], &bytes) || bytes > ITEM_BYTES_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "%s: a sample takes more than %zu MiB", name,
                             ITEM_BYTES_MAX >> 20);
    return TNAS_OK;
}

/* ---- the file ---- */

static tnas_status read_exactly(tnas_packed *file, size_t at, void *out, size_t byte_count)
{
    size_t got;
    TNAS_TRY(tnas_packed_read(file, out, byte_count, &got));
    if (got < byte_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: ends after %zu bytes, inside its header",
                         tnas_packed_name(file), at + got);
    return TNAS_OK;
}

tnas_status tnas_npy_read_header(tnas_packed *file, tnas_npy_header *out)
{
    const char *const name = tnas_packed_name(file);
    uint8_t start[12];
    char text[HEADER_BYTES_MAX + 1];
    *out = (tnas_npy_header){0};
    TNAS_TRY(read_exactly(file, 0, start, 8));
    if (!tnas_npy_recognises(start, 8) || start[6] < 1 || start[6] > 3)
        return tnas_fail(TNAS_ERR_INPUT, "%s: begins with 0x%02x, version %d: no .npy file", name,
                         start[0], start[6]);
    const size_t length_bytes = start[6] == 1 ? 2 : 4;
    TNAS_TRY(read_exactly(file, 8, start + 8, length_bytes));
    size_t text_bytes = 0;
    for (size_t i = length_bytes; i-- > 0;)
        text_bytes = text_bytes << 8 | start[8 + i];
    if (text_bytes > HEADER_BYTES_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: a header of %zu bytes: at most %d", name, text_bytes,
                         HEADER_BYTES_MAX);
    TNAS_TRY(read_exactly(file, 8 + length_bytes, text, text_bytes));
    text[text_bytes] = '\0';
    out->header_bytes = 8 + length_bytes + text_bytes;
    return parse_text(name, text, out);
}

size_t tnas_npy_item_values(const tnas_npy_header *header)
{
    return (size_t)header->dims[1] * (size_t)header->dims[2] * (size_t)header->dims[3];
}

/* A whole number of n bytes; the sign is the top bit's when there is one. */
static double whole_value(uint64_t bits, int value_bytes, bool has_sign)
{
    const int shift = 64 - 8 * value_bytes;
    return has_sign ? (double)((int64_t)(bits << shift) >> shift) : (double)bits;
}

double tnas_npy_value(const tnas_npy_header *header, const uint8_t *values, size_t i)
{
    const int bytes = header->value_bytes;
    const uint8_t *const at = values + i * (size_t)bytes;
    uint64_t bits = 0;
    for (int b = 0; b < bytes; b++)
        bits |= (uint64_t)at[b] << 8 * (header->is_big_endian ? bytes - 1 - b : b);
    if (header->kind != 'f')
        return whole_value(bits, bytes, header->kind == 'i');
    if (bytes == 8) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const uint32_t half = (uint32_t)bits;
    float value;
    memcpy(&value, &half, sizeof value);
    return value;
}

tnas_status tnas_npy_next(tnas_packed *file, const tnas_npy_header *header, int item, uint8_t *out)
{
    const size_t bytes = tnas_npy_item_values(header) * (size_t)header->value_bytes;
    size_t got;
    TNAS_TRY(tnas_packed_read(file, out, bytes, &got));
    if (got == bytes)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: ends after %zu bytes: its header promises %d entries of %zu bytes",
                     tnas_packed_name(file), header->header_bytes + (size_t)item * bytes + got,
                     header->dims[0], bytes);
}

tnas_status tnas_npy_end(tnas_packed *file)
{
    uint8_t byte;
    size_t got;
    TNAS_TRY(tnas_packed_read(file, &byte, 1, &got));
    if (got > 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: goes on where its header says it ends",
                         tnas_packed_name(file));
    return TNAS_OK;
}
