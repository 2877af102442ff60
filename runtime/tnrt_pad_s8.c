/* SPDX-License-Identifier: 0BSD */
/* Zeros around an image: the zero point, and the image where it exists. */
#include "tnrt_kernels.h"

void tnrt_pad_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    const int32_t first = call->pad_left * c, end = first + call->in_w * c;
    const int32_t row_count = call->out_w * c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int32_t in_y = y - call->pad_top;
        const int exists = in_y >= 0 && in_y < call->in_h;
        const int8_t *in = call->in + (exists ? in_y : 0) * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t i = 0; i < row_count; i++)
            out[i] = exists && i >= first && i < end ? in[i - first] : layer->out_zero;
    }
}
