/* SPDX-License-Identifier: 0BSD */
/* Maximum over a window, 16 channels at a time; pixels outside the image do not count. */
#include "../tnrt_window.h"
#include "tnrt_mve_kernels.h"
#include "tnrt_mve_vector.h"

/* `in` is the first of rows x cols pixels; `left` channels or 16. */
static tnrt_bytes max_of(const tnrt_layer *layer, const int8_t *in, int32_t in_row_stride,
                         int32_t rows, int32_t cols, int32_t left)
{
    tnrt_bytes max = tnrt_mve_splat_bytes(layer->act_min);
    for (int32_t ky = 0; ky < rows; ky++, in += in_row_stride) {
        const int8_t *pixel = in;
        for (int32_t kx = 0; kx < cols; kx++, pixel += layer->in_c)
            max = tnrt_mve_max_bytes(max, tnrt_mve_first_bytes(pixel, left));
    }
    return tnrt_mve_min_bytes(max, tnrt_mve_splat_bytes(layer->act_max));
}

void tnrt_maxpool_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
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
            for (int32_t channel = 0; channel < c; channel += 16)
                tnrt_mve_store_first_bytes(out + channel,
                                           max_of(layer, in + channel, call->in_row_stride,
                                                  rows.count, cols.count, c - channel),
                                           c - channel);
        }
    }
}
