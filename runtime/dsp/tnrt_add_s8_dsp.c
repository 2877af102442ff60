/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors, as tnrt_add_s8 with its params. The factors of the inputs are at most 1/2, so
 * a doubled input fits 32 bits and one SMMULR is the doubling high multiply. */
#include "tnrt_dsp_kernels.h"
#include "tnrt_simd32.h"

typedef struct factor {
    int32_t multiplier, right_shift, half; /* half of 1 << right_shift */
} factor;

static factor factor_of(const tnrt_layer *layer, int32_t i)
{
    factor f;
    f.multiplier = layer->params[i];
    f.right_shift = -layer->params[3 + i];
    f.half = f.right_shift > 0 ? (int32_t)1 << (f.right_shift - 1) : 0;
    return f;
}

/* x2 is twice the value. Ties of the shift go away from zero. */
static inline int32_t rescale(int32_t x2, const factor *f)
{
    int32_t v = tnrt_smmulr(x2, f->multiplier);
    v += f->right_shift > 0 ? v >> 31 : 0;
    return (v + f->half) >> f->right_shift;
}

void tnrt_add_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    const factor first = factor_of(layer, 0), second = factor_of(layer, 1);
    const factor third = factor_of(layer, 2);
    const int32_t row_count = call->out_w * layer->out_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t i = 0; i < row_count; i++) {
            const int32_t a = (in[i] - layer->in_zero) * ((int32_t)2 << TNRT_ADD_EXTRA_BITS);
            const int32_t b = (in2[i] - layer->in2_zero) * ((int32_t)2 << TNRT_ADD_EXTRA_BITS);
            const int32_t sum = rescale(a, &first) + rescale(b, &second);
            const int32_t q = rescale(2 * sum, &third) + layer->out_zero;
            const int32_t above = q < layer->act_min ? layer->act_min : q;
            out[i] = (int8_t)(above > layer->act_max ? layer->act_max : above);
        }
    }
}
