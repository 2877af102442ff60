/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors, as tnrt_add_s8 with its params. Four elements are read before their places
 * are written, so the output may lie where either input lies. The inputs' factors are at most 1/2:
 * they shift to the right only. */
#include "tnrt_mve_kernels.h"
#include "tnrt_mve_requant.h"

typedef struct factor {
    int32_t multiplier, left, right; /* right is minus the bits */
} factor;

typedef struct sum {
    factor first, second, total;
    int32_t zero, zero2;
    tnrt_mve_range range;
} sum;

static factor factor_of(const tnrt_layer *layer, int32_t i)
{
    const int32_t shift = layer->params[3 + i];
    factor f;
    f.multiplier = layer->params[i];
    f.left = shift > 0 ? shift : 0;
    f.right = shift < 0 ? shift : 0;
    return f;
}

static inline tnrt_words multiply(tnrt_words x, const factor *f)
{
    const tnrt_words v = tnrt_mve_doubling_high_mul_all(x, f->multiplier);
    const tnrt_words tie_down = tnrt_mve_tie_down(v, tnrt_mve_splat(f->right));
    return tnrt_mve_rounding_shift_all(tnrt_mve_add(v, tie_down), f->right);
}

static inline tnrt_words scaled_input(tnrt_words q, int32_t zero, const factor *f)
{
    const tnrt_words x = tnrt_mve_add_to_all(q, -zero);
    return multiply(tnrt_mve_shift_all_left(x, TNRT_ADD_EXTRA_BITS), f);
}

static inline tnrt_words sum_of(const sum *s, tnrt_words q, tnrt_words q2)
{
    const tnrt_words both =
        tnrt_mve_add(scaled_input(q, s->zero, &s->first), scaled_input(q2, s->zero2, &s->second));
    return tnrt_mve_activate(s->range,
                             multiply(tnrt_mve_shift_all_left(both, s->total.left), &s->total));
}

void tnrt_add_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    sum s;
    s.first = factor_of(layer, 0);
    s.second = factor_of(layer, 1);
    s.total = factor_of(layer, 2);
    s.zero = layer->in_zero;
    s.zero2 = layer->in2_zero;
    s.range = tnrt_mve_range_of(layer);
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        int32_t left = call->out_w * layer->out_c;
        for (; left >= 4; left -= 4, in += 4, in2 += 4, out += 4)
            tnrt_mve_store_low(out, sum_of(&s, tnrt_mve_widen(in), tnrt_mve_widen(in2)));
        if (left > 0) {
            const tnrt_words q = tnrt_mve_first_widen(in, left);
            const tnrt_words q2 = tnrt_mve_first_widen(in2, left);
            tnrt_mve_store_first_low(out, sum_of(&s, q, q2), left);
        }
    }
}
