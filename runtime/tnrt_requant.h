/* SPDX-License-Identifier: 0BSD */
/* From 32-bit accumulators to int8 outputs, to the bit as TensorFlow Lite's reference kernels
 * and gemmlowp do it: real factors are multiplier * 2^(shift - 31), applied by a multiplication
 * that rounds and a shift that rounds again.
 *
 * Right shifts of negative numbers are arithmetic: C leaves that to the compiler, and every
 * compiler for these machines does so. */
#ifndef TNRT_REQUANT_H
#define TNRT_REQUANT_H

#include "tnrt.h"

/* SaturatingRoundingDoublingHighMul: 2 * a * b / 2^32, ties towards plus infinity. gemmlowp
 * writes it as a division that truncates, with a nudge of the product's sign; adding half and
 * shifting gives the same integer for every product. The one result that does not fit,
 * INT32_MIN * INT32_MIN, saturates. */
static inline int32_t tnrt_doubling_high_mul(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* RoundingDivideByPOT: x / 2^exponent, ties away from zero. exponent 1..31, x neither INT32_MIN
 * nor INT32_MAX, which no result of tnrt_doubling_high_mul by a multiplier >= 0 is. */
static inline int32_t tnrt_rounding_shift_right(int32_t x, int32_t exponent)
{
    const int32_t tie_down = x < 0 ? 1 : 0;
    return (((x - tie_down) >> (exponent - 1)) + 1) >> 1;
}

/* MultiplyByQuantizedMultiplier, the variant that rounds twice. A positive shift multiplies
 * first; bits lost there are lost in TensorFlow Lite too. */
static inline int32_t tnrt_rescale(int32_t x, int32_t multiplier, int32_t shift)
{
    if (shift >= 0)
        return tnrt_doubling_high_mul((int32_t)((uint32_t)x << shift), multiplier);
    return tnrt_rounding_shift_right(tnrt_doubling_high_mul(x, multiplier), -shift);
}

/* The fused activation: a clamp, in quantised output values. */
static inline int8_t tnrt_activate(const tnrt_layer *layer, int32_t q)
{
    const int32_t above = q < layer->act_min ? layer->act_min : q;
    return (int8_t)(above > layer->act_max ? layer->act_max : above);
}

/* The params of a plain convolution, depthwise convolution or fully connected layer: int32
 * bias[out_c], the input's zero point folded in (bias - zp * sum(w)), int32 multiplier[out_c],
 * int8 shift[out_c] in the words behind, padded to a multiple of 4. Positive shifts left. */
static inline const int32_t *tnrt_biases(const tnrt_layer *layer)
{
    return layer->params;
}

/* Accumulator of output channel `channel` to the channel's int8 value. */
static inline int8_t tnrt_requantize(const tnrt_layer *layer, int32_t channel, int32_t acc)
{
    const int32_t *multipliers = layer->params + layer->out_c;
    const int8_t *shifts = (const int8_t *)(multipliers + layer->out_c);
    const int32_t scaled = tnrt_rescale(acc, multipliers[channel], shifts[channel]);
    return tnrt_activate(layer, scaled + layer->out_zero);
}

#endif
