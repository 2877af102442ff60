/* SPDX-License-Identifier: 0BSD */
/* The channels of the first input, then those of the second, pixel by pixel. All three tensors
 * have one scale and zero point. */
#include "tnrt_kernels.h"

void tnrt_concat_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t in_c = layer->in_c, in2_c = layer->out_c - layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++) {
            for (int32_t c = 0; c < in_c; c++)
                *out++ = *in++;
            for (int32_t c = 0; c < in2_c; c++)
                *out++ = *in2++;
        }
    }
}
