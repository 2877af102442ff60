/* SPDX-License-Identifier: 0BSD */
/* Average over a window without padding as TensorFlow Lite has it where a mean keeps its
 * dimensions: the sum of distances from the zero point goes to the output's scale, then it is
 * divided; both round half away from zero. params: multiplier and shift. */
#include "tnrt_kernels.h"
#include "tnrt_mean.h"
#include "tnrt_requant.h"

void tnrt_mean_kept_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t count = layer->kernel_h * layer->kernel_w;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * layer->stride_h * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, in += layer->stride_w * layer->in_c)
            for (int32_t c = 0; c < layer->in_c; c++) {
                const int32_t sum = tnrt_window_sum(layer, in + c, call->in_row_stride);
                const int32_t scaled =
                    tnrt_rescale(sum - count * layer->in_zero, layer->params[0], layer->params[1]);
                const int32_t half = scaled > 0 ? count / 2 : -(count / 2);
                *out++ = tnrt_activate(layer, (scaled + half) / count + layer->out_zero);
            }
    }
}
