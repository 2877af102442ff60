/* SPDX-License-Identifier: 0BSD */
/* ../tnrt_requant.h in vectors of four: the same integers, from the same params. What a layer has
 * once is read once, into values: stores of bytes could change anything behind a pointer. */
#ifndef TNRT_MVE_REQUANT_H
#define TNRT_MVE_REQUANT_H

#include "../tnrt_requant.h"
#include "tnrt_mve_vector.h"

/* The output's zero point and clamp. */
typedef struct tnrt_mve_range {
    int32_t zero, min, max;
} tnrt_mve_range;

static inline tnrt_mve_range tnrt_mve_range_of(const tnrt_layer *layer)
{
    tnrt_mve_range range;
    range.zero = layer->out_zero;
    range.min = layer->act_min;
    range.max = layer->act_max;
    return range;
}

static inline tnrt_words tnrt_mve_activate(tnrt_mve_range range, tnrt_words scaled)
{
    const tnrt_words q = tnrt_mve_add_to_all(scaled, range.zero);
    return tnrt_mve_min(tnrt_mve_max(q, tnrt_mve_splat(range.min)), tnrt_mve_splat(range.max));
}

/* -1 where a right shift must round downwards on a tie, which goes away from zero: negative numbers
 * that are shifted at all. The instruction sends ties upwards. right is minus the bits. */
static inline tnrt_words tnrt_mve_tie_down(tnrt_words x, tnrt_words right)
{
    return tnrt_mve_sign(tnrt_mve_and(x, right));
}

/* A multiplication and its shift, split: left before it, right, minus the bits, behind it. */
typedef struct tnrt_mve_factor {
    tnrt_words multiplier, left, right;
} tnrt_mve_factor;

static inline tnrt_mve_factor tnrt_mve_factor_of(tnrt_words multiplier, tnrt_words shift)
{
    const tnrt_words zero = tnrt_mve_splat(0);
    tnrt_mve_factor f;
    f.multiplier = multiplier;
    f.left = tnrt_mve_max(shift, zero);
    f.right = tnrt_mve_min(shift, zero);
    return f;
}

/* tnrt_rescale. */
static inline tnrt_words tnrt_mve_rescale(tnrt_words x, const tnrt_mve_factor *f)
{
    const tnrt_words v = tnrt_mve_doubling_high_mul(tnrt_mve_shift_left(x, f->left), f->multiplier);
    return tnrt_mve_rounding_shift(tnrt_mve_add(v, tnrt_mve_tie_down(v, f->right)), f->right);
}

/* ---- Filters ---- */

/* The params of a group of channels: bias, multiplier and shift lie apart. */
typedef struct tnrt_mve_channels {
    const int32_t *bias, *multiplier;
    const int8_t *shift;
} tnrt_mve_channels;

static inline tnrt_mve_channels tnrt_mve_channels_of(const tnrt_layer *layer, int32_t channel)
{
    tnrt_mve_channels at;
    at.bias = layer->params + channel;
    at.multiplier = layer->params + layer->out_c + channel;
    at.shift = (const int8_t *)(layer->params + 2 * layer->out_c) + channel;
    return at;
}

/* Sums without bias of four channels, or of `left`, to their outputs. */
static inline void tnrt_mve_requantize(tnrt_mve_range range, tnrt_mve_channels at, tnrt_words sums,
                                       int32_t left, int8_t *out)
{
    if (left >= 4) {
        const tnrt_mve_factor f =
            tnrt_mve_factor_of(tnrt_mve_words(at.multiplier), tnrt_mve_widen(at.shift));
        const tnrt_words acc = tnrt_mve_add(sums, tnrt_mve_words(at.bias));
        tnrt_mve_store_low(out, tnrt_mve_activate(range, tnrt_mve_rescale(acc, &f)));
    } else {
        const tnrt_mve_factor f = tnrt_mve_factor_of(tnrt_mve_first_words(at.multiplier, left),
                                                     tnrt_mve_first_widen(at.shift, left));
        const tnrt_words acc = tnrt_mve_add(sums, tnrt_mve_first_words(at.bias, left));
        tnrt_mve_store_first_low(out, tnrt_mve_activate(range, tnrt_mve_rescale(acc, &f)), left);
    }
}

#endif
