/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding, weights OHWI.
 *
 * Along a row of the window input and weights are both contiguous, so a window is kernel_h dot
 * products of kernel_w * in_c numbers, for four output channels at a time. The bias already
 * contains -in_zero * sum(w) over all taps; taps outside the image, whose input counts as
 * in_zero, add in_zero * w back. */
#include "tnrt_dot.h"
#include "tnrt_kernels.h"
#include "tnrt_requant.h"
#include "tnrt_window.h"

static int32_t sum(const int8_t *weights, int32_t count)
{
    int32_t total = 0;
    for (int32_t i = 0; i < count; i++)
        total += weights[i];
    return total;
}

/* Sum of one filter's weights on taps that lie outside the image. */
static int32_t sum_outside(const tnrt_layer *layer, const int8_t *filter, tnrt_taps rows,
                           tnrt_taps cols)
{
    const int32_t row_count = layer->kernel_w * layer->in_c;
    const int32_t left_count = cols.first * layer->in_c;
    const int32_t right_at = (cols.first + cols.count) * layer->in_c;
    int32_t total = 0;
    for (int32_t ky = 0; ky < layer->kernel_h; ky++, filter += row_count)
        if (ky < rows.first || ky >= rows.first + rows.count)
            total += sum(filter, row_count);
        else
            total += sum(filter, left_count) + sum(filter + right_at, row_count - right_at);
    return total;
}

/* All output channels of one pixel; `in` is the pixel under the first tap that exists. */
static void convolve_pixel(const tnrt_layer *layer, const int8_t *in, int32_t in_row_stride,
                           tnrt_taps rows, tnrt_taps cols, int8_t *out)
{
    const int32_t row_count = layer->kernel_w * layer->in_c;
    const int32_t filter_count = layer->kernel_h * row_count;
    const int32_t inside_count = cols.count * layer->in_c;
    const int32_t inside_at = rows.first * row_count + cols.first * layer->in_c;
    const int cut = rows.count < layer->kernel_h || cols.count < layer->kernel_w;
    for (int32_t o = 0; o < layer->out_c; o += 4) {
        const tnrt_rows4 filters =
            tnrt_rows4_at(layer->weights + o * filter_count, filter_count, layer->out_c - o);
        int32_t acc[4]; /* with an initialiser it becomes a call of memset on Armv6-M */
        for (int32_t i = 0; i < 4; i++)
            acc[i] = 0;
        for (int32_t ky = 0; ky < rows.count; ky++)
            tnrt_dot4(acc, in + ky * in_row_stride, &filters, inside_at + ky * row_count,
                      inside_count);
        for (int32_t i = 0; i < filters.count; i++) {
            int32_t total = tnrt_biases(layer)[o + i] + acc[i];
            if (cut && layer->in_zero != 0)
                total += layer->in_zero * sum_outside(layer, filters.row[i], rows, cols);
            out[o + i] = tnrt_requantize(layer, o + i, total);
        }
    }
}

void tnrt_conv2d_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        const int8_t *in = call->in + rows.at * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += layer->out_c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            convolve_pixel(layer, in + cols.at * layer->in_c, call->in_row_stride, rows, cols, out);
        }
    }
}
