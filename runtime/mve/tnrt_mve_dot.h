/* SPDX-License-Identifier: 0BSD */
/* Dot products of one run of inputs with every filter, four filters at a time: five loads of 16
 * bytes feed 64 multiply-accumulates. */
#ifndef TNRT_MVE_DOT_H
#define TNRT_MVE_DOT_H

#include "../tnrt_dot.h"
#include "tnrt_mve_requant.h"

static inline tnrt_words tnrt_mve_dot4(const int8_t *in, const tnrt_rows4 *rows, int32_t count)
{
    const int8_t *row0 = rows->row[0], *row1 = rows->row[1];
    const int8_t *row2 = rows->row[2], *row3 = rows->row[3];
    int32_t acc0 = 0, acc1 = 0, acc2 = 0, acc3 = 0;
    for (int32_t blocks = count >> 4; blocks > 0; blocks--) {
        const tnrt_bytes x = tnrt_mve_bytes(in);
        acc0 = tnrt_mve_dot(acc0, x, tnrt_mve_bytes(row0));
        acc1 = tnrt_mve_dot(acc1, x, tnrt_mve_bytes(row1));
        acc2 = tnrt_mve_dot(acc2, x, tnrt_mve_bytes(row2));
        acc3 = tnrt_mve_dot(acc3, x, tnrt_mve_bytes(row3));
        in += 16;
        row0 += 16;
        row1 += 16;
        row2 += 16;
        row3 += 16;
    }
    if ((count & 15) != 0) {
        const int32_t rest = count & 15;
        const tnrt_bytes x = tnrt_mve_first_bytes(in, rest);
        acc0 = tnrt_mve_dot(acc0, x, tnrt_mve_first_bytes(row0, rest));
        acc1 = tnrt_mve_dot(acc1, x, tnrt_mve_first_bytes(row1, rest));
        acc2 = tnrt_mve_dot(acc2, x, tnrt_mve_first_bytes(row2, rest));
        acc3 = tnrt_mve_dot(acc3, x, tnrt_mve_first_bytes(row3, rest));
    }
    return tnrt_mve_words_of(acc0, acc1, acc2, acc3);
}

/* All outputs of filters of `count` weights, which lie one behind the other. */
static inline void tnrt_mve_outputs(const tnrt_layer *layer, const int8_t *in, int32_t count,
                                    int8_t *out)
{
    for (int32_t o = 0; o < layer->out_c; o += 4) {
        const tnrt_rows4 rows = tnrt_rows4_at(layer->weights + o * count, count, layer->out_c - o);
        tnrt_mve_requantize(layer, o, tnrt_mve_dot4(in, &rows, count), out);
    }
}

#endif
