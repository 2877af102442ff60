/* SPDX-License-Identifier: 0BSD */
/* Dot products of one run of inputs with every filter, four filters at a time: five loads of 16
 * bytes feed 64 multiply-accumulates. */
#ifndef TNRT_MVE_DOT_H
#define TNRT_MVE_DOT_H

#include "tnrt_mve_requant.h"

/* Four filters of `count` weights; where only `left` are left, the last stands in for the others.
 */
static inline tnrt_words tnrt_mve_dot4(const int8_t *in, const int8_t *row0, int32_t count,
                                       int32_t left)
{
    const int8_t *row1 = row0 + (left > 1 ? count : 0);
    const int8_t *row2 = row1 + (left > 2 ? count : 0);
    const int8_t *row3 = row2 + (left > 3 ? count : 0);
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
    const tnrt_mve_range range = tnrt_mve_range_of(layer);
    const int8_t *weights = layer->weights;
    tnrt_mve_channels at = tnrt_mve_channels_of(layer, 0);
    for (int32_t left = layer->out_c; left > 0; left -= 4) {
        tnrt_mve_requantize(range, at, tnrt_mve_dot4(in, weights, count, left), left, out);
        weights += 4 * count;
        at.bias += 4;
        at.multiplier += 4;
        at.shift += 4;
        out += 4;
    }
}

#endif
