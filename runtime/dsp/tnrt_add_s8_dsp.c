/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors. params: the mode; then for the fast ones the inputs' factors, a constant for
 * the sum and one for the output, for the slow one those of tnrt_add_s8.
 *
 * Fast: sum = q1 f1 + q2 f2 + constant, with 21 bits behind the point: q lies in the upper byte of
 * a word, so that each product is one SMMLA. The output is sum / 2^21, rounded down and saturated.
 * With ties, which go away from zero, the sum is that of the real values, and 1 is taken from it
 * where it is negative before the output's constant is added. TensorFlow Lite rounds three times on
 * its way, at about the 20th bit; the packer (quant/pack_dsp_add.c) compares all 65,536 pairs of
 * inputs and takes a fast mode where every one of them agrees.
 *
 * An element is read before its place is written, so the output may lie where either input lies. */
#include "../tnrt_requant.h"
#include "tnrt_dsp_kernels.h"
#include "tnrt_simd32.h"

typedef struct factors {
    int32_t first, second, constant, out_constant;
} factors;

/* Inputs in the upper bytes. */
static TNRT_INLINE int8_t add_fast(const int ties, uint32_t x, uint32_t y, const factors *f)
{
    const int32_t part = tnrt_smmla((int32_t)x, f->first, f->constant);
    int32_t sum = tnrt_smmla((int32_t)y, f->second, part);
    if (ties)
        sum = sum + f->out_constant + (sum >> 31);
    return (int8_t)tnrt_ssat8_asr21(sum);
}

static TNRT_INLINE void add_run_fast(const int ties, const int8_t *in, const int8_t *in2,
                                     int8_t *out, int32_t count, factors f)
{
    uint32_t upper = 0xff000000u;
    TNRT_FORGET(upper); /* in a register: one AND with a shifted operand is cheaper than two */
    for (const int8_t *const end = in + (count & ~3); in < end; in += 4, in2 += 4, out += 4) {
        const uint32_t x = tnrt_load32(in), y = tnrt_load32(in2);
        out[0] = add_fast(ties, x << 24, y << 24, &f);
        out[1] = add_fast(ties, x << 16 & upper, y << 16 & upper, &f);
        out[2] = add_fast(ties, x << 8 & upper, y << 8 & upper, &f);
        out[3] = add_fast(ties, x & upper, y & upper, &f);
    }
    for (count &= 3; count > 0; count--)
        *out++ = add_fast(ties, (uint32_t)*in++ << 24, (uint32_t)*in2++ << 24, &f);
}

static inline void add_run_slow(const tnrt_layer *layer, const int8_t *in, const int8_t *in2,
                                int8_t *out, int32_t count)
{
    const int32_t *const multiplier = layer->params + 1, *const shift = layer->params + 4;
    for (int32_t i = 0; i < count; i++) {
        int32_t sum = 0;
        for (int side = 0; side < 2; side++) {
            const int32_t q = side == 0 ? in[i] - layer->in_zero : in2[i] - layer->in2_zero;
            sum += tnrt_rescale(q * ((int32_t)1 << TNRT_ADD_EXTRA_BITS), multiplier[side],
                                shift[side]);
        }
        out[i] = tnrt_activate(layer, tnrt_rescale(sum, multiplier[2], shift[2]) + layer->out_zero);
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
        if (layer->params[0] == TNRT_ADD_FAST_DSP)
            add_run_fast(0, in, in2, out, row_count, f);
        else if (layer->params[0] == TNRT_ADD_FAST_TIES_DSP)
            add_run_fast(1, in, in2, out, row_count, f);
        else
            add_run_slow(layer, in, in2, out, row_count);
    }
}
