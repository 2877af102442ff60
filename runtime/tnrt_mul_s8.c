/* SPDX-License-Identifier: 0BSD */
/* Product of two tensors of one shape. params: multiplier and shift that take a product of inputs
 * to the output's scale. An element is read before its place is written, so the output may lie
 * where either input lies. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

void tnrt_mul_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t multiplier = layer->params[0], shift = layer->params[1];
    const int32_t row_count = call->out_w * layer->out_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t i = 0; i < row_count; i++) {
            const int32_t product = (in[i] - layer->in_zero) * (in2[i] - layer->in2_zero);
            out[i] =
                tnrt_activate(layer, tnrt_rescale(product, multiplier, shift) + layer->out_zero);
        }
    }
}
