/* SPDX-License-Identifier: 0BSD */
/* Dot products of one input run with four rows of weights: five loads feed four
 * multiply-accumulates. Where fewer than four rows are left, the last one stands in for the
 * missing ones; its extra results are not stored. */
#ifndef TNRT_DOT_H
#define TNRT_DOT_H

#include <stdint.h>

typedef struct tnrt_rows4 {
    const int8_t *row[4];
    int32_t count; /* rows that count */
} tnrt_rows4;

static inline tnrt_rows4 tnrt_rows4_at(const int8_t *first, int32_t row_bytes, int32_t rows_left)
{
    tnrt_rows4 rows;
    rows.count = rows_left < 4 ? rows_left : 4;
    for (int32_t i = 0; i < 4; i++)
        rows.row[i] = first + (i < rows.count ? i : rows.count - 1) * row_bytes;
    return rows;
}

/* acc[i] += in[0 .. count - 1] . rows[i][at .. at + count - 1] */
static inline void tnrt_dot4(int32_t acc[4], const int8_t *in, const tnrt_rows4 *rows, int32_t at,
                             int32_t count)
{
    const int8_t *row0 = rows->row[0] + at;
    const int8_t *row1 = rows->row[1] + at;
    const int8_t *row2 = rows->row[2] + at;
    const int8_t *row3 = rows->row[3] + at;
    int32_t acc0 = acc[0], acc1 = acc[1], acc2 = acc[2], acc3 = acc[3];
    for (int32_t i = 0; i < count; i++) {
        acc0 += in[i] * row0[i];
        acc1 += in[i] * row1[i];
        acc2 += in[i] * row2[i];
        acc3 += in[i] * row3[i];
    }
    acc[0] = acc0;
    acc[1] = acc1;
    acc[2] = acc2;
    acc[3] = acc3;
}

#endif
