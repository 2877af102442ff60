/* SPDX-License-Identifier: 0BSD */
/* ../tnrt_requant.h in vectors of four: the same integers, from the same params. */
#ifndef TNRT_MVE_REQUANT_H
#define TNRT_MVE_REQUANT_H

#include "../tnrt_requant.h"
#include "tnrt_mve_vector.h"

/* tnrt_rescale: shifts left before the multiplication where positive, right behind it where
 * negative. The rounding shift sends ties upwards; one less takes those of negative numbers, which
 * go away from zero, to the right side, and where nothing is shifted nothing is taken. */
static inline tnrt_words tnrt_mve_rescale(tnrt_words x, tnrt_words multiplier, tnrt_words shift)
{
    const tnrt_words zero = tnrt_mve_splat(0);
    const tnrt_words left = tnrt_mve_max(shift, zero), right = tnrt_mve_min(shift, zero);
    const tnrt_words v = tnrt_mve_doubling_high_mul(tnrt_mve_shift_left(x, left), multiplier);
    const tnrt_words one_less = tnrt_mve_sign(tnrt_mve_and(v, right));
    return tnrt_mve_rounding_shift(tnrt_mve_add(v, one_less), right);
}

/* The layer's zero point and clamp. */
static inline tnrt_words tnrt_mve_activate(const tnrt_layer *layer, tnrt_words q)
{
    const tnrt_words above = tnrt_mve_max(q, tnrt_mve_splat(layer->act_min));
    return tnrt_mve_min(above, tnrt_mve_splat(layer->act_max));
}

static inline tnrt_words tnrt_mve_finish(const tnrt_layer *layer, tnrt_words acc,
                                         tnrt_words multiplier, tnrt_words shift)
{
    const tnrt_words scaled = tnrt_mve_rescale(acc, multiplier, shift);
    return tnrt_mve_activate(layer, tnrt_mve_add(scaled, tnrt_mve_splat(layer->out_zero)));
}

/* Sums without bias of the channels from `channel` on, at most four, to their outputs. */
static inline void tnrt_mve_requantize(const tnrt_layer *layer, int32_t channel, tnrt_words sums,
                                       int8_t *out)
{
    const int32_t left = layer->out_c - channel;
    const int32_t *biases = layer->params + channel;
    const int32_t *multipliers = biases + layer->out_c;
    const int8_t *shifts = (const int8_t *)(layer->params + 2 * layer->out_c) + channel;
    if (left >= 4) {
        const tnrt_words acc = tnrt_mve_add(sums, tnrt_mve_words(biases));
        tnrt_mve_store_low(out + channel, tnrt_mve_finish(layer, acc, tnrt_mve_words(multipliers),
                                                          tnrt_mve_widen(shifts)));
    } else {
        const tnrt_words acc = tnrt_mve_add(sums, tnrt_mve_first_words(biases, left));
        const tnrt_words q = tnrt_mve_finish(layer, acc, tnrt_mve_first_words(multipliers, left),
                                             tnrt_mve_first_widen(shifts, left));
        tnrt_mve_store_first_low(out + channel, q, left);
    }
}

#endif
