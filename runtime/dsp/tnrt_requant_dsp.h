/* SPDX-License-Identifier: 0BSD */
/* From accumulators to int8 outputs with the DSP extension: the bytes of tnrt_requant.h in five
 * instructions.
 *
 * params of a kernel with filters: one word that says whether the layer is fast, then a record for
 * each output channel. The packer (quant/pack_dsp.h) calls a layer fast when, for every channel,
 *   |accumulator| < 2^30 for all inputs, so that its double fits 32 bits and one SMMULR is the
 *     doubling high multiply,
 *   the factor is below 1/2, so that there is a right shift, and the shift is at most 23, so that
 *     the output's zero point can be added in front of it,
 * and the activation is the whole range of int8. Everything else is slow, and exact. */
#ifndef TNRT_REQUANT_DSP_H
#define TNRT_REQUANT_DSP_H

#include "../tnrt_requant.h"
#include "tnrt_simd32.h"

typedef struct tnrt_channel_dsp {
    int32_t bias;       /* the input's zero point folded in. Fast: twice that */
    int32_t multiplier; /* in [2^30, 2^31), or 0 */
    int32_t shift;      /* slow: as in tnrt_rescale. Fast: the right shift - 1, 0..22 */
} tnrt_channel_dsp;

#define TNRT_SHIFT_MAX_DSP 22

/* int32 words of params. */
#define TNRT_PARAM_WORDS_DSP(channels) (1 + 3 * (channels))

static inline int tnrt_is_fast_dsp(const tnrt_layer *layer)
{
    return layer->params[0] != 0;
}

static inline const tnrt_channel_dsp *tnrt_channels_dsp(const tnrt_layer *layer)
{
    return (const tnrt_channel_dsp *)(layer->params + 1);
}

/* What is added in front of the shift, of a fast channel: half a unit of the output, and the
 * output's zero point. out_bias = tnrt_out_bias_dsp(layer) is the same for all channels. */
static inline int32_t tnrt_out_bias_dsp(const tnrt_layer *layer)
{
    return 2 * layer->out_zero + 1;
}
static inline int32_t tnrt_rounding_dsp(int32_t out_bias, int32_t shift)
{
    return out_bias * ((int32_t)1 << shift);
}

/* Fast. Ties of the shift go away from zero, that is, 1 is taken from negative numbers before
 * half is added: the accumulator's sign tells, because a negative one whose product rounds to 0
 * ends as 0 with and without it. */
static inline int8_t tnrt_requantize_dsp(int32_t twice_acc, int32_t multiplier, int32_t rounding,
                                         int32_t shift)
{
    const int32_t nudge = rounding + (twice_acc >> 31);
    return (int8_t)tnrt_ssat8_asr1(tnrt_smmlar(twice_acc, multiplier, nudge) >> shift);
}

/* A channel's record as a slow layer has it, whatever the layer. */
static inline tnrt_channel_dsp tnrt_plain_channel_dsp(const tnrt_layer *layer, int32_t o)
{
    tnrt_channel_dsp channel = tnrt_channels_dsp(layer)[o];
    if (tnrt_is_fast_dsp(layer)) {
        channel.bias >>= 1;
        channel.shift = -1 - channel.shift;
    }
    return channel;
}

/* Slow; acc holds the bias. */
static inline int8_t tnrt_requantize_slow_dsp(const tnrt_layer *layer,
                                              const tnrt_channel_dsp *channel, int32_t acc)
{
    const int32_t shift = channel->shift;
    const int32_t x = shift > 0 ? (int32_t)((uint32_t)acc << shift) : acc;
    /* No saturation: the multiplier is not negative. */
    int32_t scaled = (int32_t)(((int64_t)x * channel->multiplier + ((int64_t)1 << 30)) >> 31);
    if (shift < 0)
        scaled = tnrt_rounding_shift_right(scaled, -shift);
    return tnrt_activate(layer, scaled + layer->out_zero);
}

#endif
