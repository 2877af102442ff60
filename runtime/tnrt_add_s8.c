/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors of one shape, each with its own scale.
 *
 * Both inputs are brought to twice the larger input scale with extra bits, added, and rescaled
 * to the output, as TensorFlow Lite does. params: int32 multiplier[3] for first input, second
 * input and output, then their shifts as int32[3]. An element is read before its place is written,
 * so the output may lie where either input lies. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

void tnrt_add_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t *multiplier = layer->params;
    const int32_t *shift = layer->params + 3;
    const int32_t row_count = call->out_w * layer->out_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t i = 0; i < row_count; i++) {
            const int32_t a = (in[i] - layer->in_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
            const int32_t b = (in2[i] - layer->in2_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
            const int32_t sum =
                tnrt_rescale(a, multiplier[0], shift[0]) + tnrt_rescale(b, multiplier[1], shift[1]);
            out[i] =
                tnrt_activate(layer, tnrt_rescale(sum, multiplier[2], shift[2]) + layer->out_zero);
        }
    }
}
