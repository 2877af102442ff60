/* SPDX-License-Identifier: 0BSD */
/* Average over a window; pixels outside the image do not count. Input and output have one
 * scale and zero point, so the mean of the quantised values is the quantised mean; it is
 * rounded half away from zero. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"
#include "tnrt_window.h"

/* sum / count, ties away from zero: C's division truncates. */
static int32_t rounded_mean(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

void tnrt_avgpool_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            const int8_t *in = call->in + rows.at * call->in_row_stride + cols.at * c;
            for (int32_t channel = 0; channel < c; channel++) {
                int32_t sum = 0;
                for (int32_t ky = 0; ky < rows.count; ky++)
                    for (int32_t kx = 0; kx < cols.count; kx++)
                        sum += in[ky * call->in_row_stride + kx * c + channel];
                out[channel] = tnrt_activate(layer, rounded_mean(sum, rows.count * cols.count));
            }
        }
    }
}
