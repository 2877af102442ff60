/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors, as tnrt_add_s8 with its params. Four elements are read before their places
 * are written, so the output may lie where either input lies. */
#include "tnrt_mve_kernels.h"
#include "tnrt_mve_requant.h"

static tnrt_words scaled(const tnrt_layer *layer, int32_t i, tnrt_words x)
{
    return tnrt_mve_rescale(x, tnrt_mve_splat(layer->params[i]),
                            tnrt_mve_splat(layer->params[3 + i]));
}

static tnrt_words input(tnrt_words q, int32_t zero)
{
    return tnrt_mve_shift_left(tnrt_mve_add(q, tnrt_mve_splat(-zero)),
                               tnrt_mve_splat(TNRT_ADD_EXTRA_BITS));
}

static tnrt_words sum_of(const tnrt_layer *layer, tnrt_words q, tnrt_words q2)
{
    const tnrt_words a = scaled(layer, 0, input(q, layer->in_zero));
    const tnrt_words b = scaled(layer, 1, input(q2, layer->in2_zero));
    const tnrt_words sum = scaled(layer, 2, tnrt_mve_add(a, b));
    return tnrt_mve_activate(layer, tnrt_mve_add(sum, tnrt_mve_splat(layer->out_zero)));
}

void tnrt_add_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t left = call->out_w * layer->out_c; left > 0; left -= 4) {
            const tnrt_words q = tnrt_mve_first_widen(in, left);
            const tnrt_words q2 = tnrt_mve_first_widen(in2, left);
            tnrt_mve_store_first_low(out, sum_of(layer, q, q2), left);
            in += 4;
            in2 += 4;
            out += 4;
        }
    }
}
