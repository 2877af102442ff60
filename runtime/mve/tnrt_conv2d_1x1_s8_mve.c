/* SPDX-License-Identifier: 0BSD */
/* 1x1 convolution, stride 1, no padding: a fully connected layer on every pixel. */
#include "tnrt_mve_dot.h"
#include "tnrt_mve_kernels.h"

void tnrt_conv2d_1x1_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, in += layer->in_c, out += layer->out_c)
            tnrt_mve_outputs(layer, in, layer->in_c, out);
    }
}
