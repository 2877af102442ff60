/* SPDX-License-Identifier: 0BSD */
/* Dot products of one run of inputs with every filter, four filters at a time: five loads of 16
 * bytes feed 64 multiply-accumulates. */
#ifndef TNRT_MVE_DOT_H
#define TNRT_MVE_DOT_H

#include "tnrt_mve_requant.h"

/* Four filters of `count` weights; where only `left` are left, the last stands in for the others.
 */
static TNRT_MVE_APART tnrt_words tnrt_mve_filters4(const int8_t *in, const int8_t *filters,
                                                   int32_t count, int32_t left)
{
    const int8_t *row1 = filters + count, *row2 = row1 + count, *row3 = row2 + count;
    if (left < 4) {
        row1 = left > 1 ? row1 : filters;
        row2 = left > 2 ? row2 : row1;
        row3 = row2;
    }
    return tnrt_mve_dot4(in, filters, row1, row2, row3, count);
}

/* All outputs of filters of `count` weights, which lie one behind the other. */
static inline void tnrt_mve_outputs(const tnrt_layer *layer, const int8_t *in, int32_t count,
                                    int8_t *out)
{
    const tnrt_mve_range range = tnrt_mve_range_of(layer);
    const int8_t *weights = layer->weights;
    tnrt_mve_channels at = tnrt_mve_channels_of(layer, 0);
    for (int32_t left = layer->out_c; left > 0; left -= 4) {
        tnrt_mve_requantize(range, at, tnrt_mve_filters4(in, weights, count, left), left, out);
        weights += 4 * count;
        at.bias += 4;
        at.multiplier += 4;
        at.shift += 4;
        out += 4;
    }
}

#endif
