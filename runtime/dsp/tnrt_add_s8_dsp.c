/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors. params: whether it is fast; then, fast, the inputs' factors, a constant for
 * the sum and one for the output; slow, those of tnrt_add_s8.
 *
 * Fast: sum = q1 f1 + q2 f2 + constant, with 21 bits behind the point: q lies in the upper byte of
 * a word, so that each product is one SMMLA. The output is that plus its constant, / 2^21, rounded
 * down and saturated. Ties go away from zero: 1 is taken from a negative sum. TensorFlow Lite
 * rounds three times on its way, at about the 20th bit; the packer (quant/pack_dsp_add.c) compares
 * all 65,536 pairs of inputs and calls fast what agrees on every one.
 *
 * An element is read before its place is written, so the output may lie where either input lies. */
#include "../tnrt_requant.h"
#include "tnrt_dsp_kernels.h"
#include "tnrt_simd32.h"

typedef struct factors {
    int32_t first, second, constant, out_constant;
} factors;

/* Inputs in the upper bytes. */
static inline int8_t add_fast(uint32_t x, uint32_t y, const factors *f)
{
    const int32_t part = tnrt_smmla((int32_t)x, f->first, f->constant);
    const int32_t sum = tnrt_smmla((int32_t)y, f->second, part);
    return (int8_t)tnrt_ssat8_asr21(sum + f->out_constant + (sum >> 31));
}

static inline void add_run_fast(const int8_t *in, const int8_t *in2, int8_t *out, int32_t count,
                                factors f)
{
    uint32_t upper = 0xff000000u;
    TNRT_FORGET(upper); /* in a register: one AND with a shifted operand is cheaper than two */
    for (; count >= 4; count -= 4, in += 4, in2 += 4, out += 4) {
        const uint32_t x = tnrt_load32(in), y = tnrt_load32(in2);
        out[0] = add_fast(x << 24, y << 24, &f);
        out[1] = add_fast(x << 16 & upper, y << 16 & upper, &f);
        out[2] = add_fast(x << 8 & upper, y << 8 & upper, &f);
        out[3] = add_fast(x & upper, y & upper, &f);
    }
    for (; count > 0; count--)
        *out++ = add_fast((uint32_t)*in++ << 24, (uint32_t)*in2++ << 24, &f);
}

/* factor: multiplier, and its shift three words behind. */
static TNRT_NOINLINE int32_t rescale(int32_t x, const int32_t *factor)
{
    return tnrt_rescale(x, factor[0], factor[3]);
}

static inline void add_run_slow(const tnrt_layer *layer, const int8_t *in, const int8_t *in2,
                                int8_t *out, int32_t count)
{
    const int32_t *const multipliers = layer->params + 1; /* [3], their shifts behind them */
    for (int32_t i = 0; i < count; i++) {
        const int32_t x = (in[i] - layer->in_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
        const int32_t y = (in2[i] - layer->in2_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
        const int32_t sum = rescale(x, multipliers) + rescale(y, multipliers + 1);
        out[i] = tnrt_activate(layer, rescale(sum, multipliers + 2) + layer->out_zero);
    }
}

void tnrt_add_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t row_count = call->out_w * layer->out_c;
    const factors f = {layer->params[1], layer->params[2], layer->params[3], layer->params[4]};
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *const in = call->in + y * call->in_row_stride;
        const int8_t *const in2 = call->in2 + y * call->in2_row_stride;
        int8_t *const out = call->out + y * call->out_row_stride;
        if (layer->params[0] != 0)
            add_run_fast(in, in2, out, row_count, f);
        else
            add_run_slow(layer, in, in2, out, row_count);
    }
}
