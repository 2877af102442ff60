/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any kernel size, stride and padding, weights HWC.
 *
 * Four channels at a time, taps outside and channels inside: the accumulators stay in
 * registers; channels beyond a multiple of four go one by one. The bias already contains
 * -in_zero * sum(w) over all taps, so a tap outside the image reads in_zero instead of a pixel. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"
#include "tnrt_window.h"

/* The taps of one output pixel; `in` is the input pixel under the first that exists. */
typedef struct window {
    const int8_t *in;
    int32_t in_row_stride;
    tnrt_taps rows, cols;
    int8_t outside[4]; /* four channels of a pixel outside the image: in_zero */
} window;

/* Adds a run of taps; in_step 0 stays on one pixel. */
static inline void add_taps(int32_t acc[4], const int8_t *in, int32_t in_step, const int8_t *weight,
                            int32_t weight_step, int32_t count)
{
    for (; count > 0; count--, in += in_step, weight += weight_step) {
        acc[0] += in[0] * weight[0];
        acc[1] += in[1] * weight[1];
        acc[2] += in[2] * weight[2];
        acc[3] += in[3] * weight[3];
    }
}

static void convolve_4(const tnrt_layer *layer, const window *win, int32_t channel, int8_t *out)
{
    const int32_t c = layer->in_c;
    const int8_t *outside = win->outside;
    const int8_t *weight = layer->weights + channel;
    const int8_t *in = win->in + channel;
    const int32_t *bias = tnrt_biases(layer) + channel;
    const tnrt_taps cols = win->cols;
    const int32_t right_count = layer->kernel_w - cols.first - cols.count;
    int32_t acc[4] = {bias[0], bias[1], bias[2], bias[3]};
    for (int32_t ky = 0; ky < layer->kernel_h; ky++) {
        if (ky < win->rows.first || ky >= win->rows.first + win->rows.count) {
            add_taps(acc, outside, 0, weight, c, layer->kernel_w);
        } else {
            add_taps(acc, outside, 0, weight, c, cols.first);
            add_taps(acc, in, c, weight + cols.first * c, c, cols.count);
            add_taps(acc, outside, 0, weight + (cols.first + cols.count) * c, c, right_count);
            in += win->in_row_stride;
        }
        weight += layer->kernel_w * c;
    }
    const int8_t q0 = tnrt_requantize(layer, channel, acc[0]);
    const int8_t q1 = tnrt_requantize(layer, channel + 1, acc[1]);
    const int8_t q2 = tnrt_requantize(layer, channel + 2, acc[2]);
    const int8_t q3 = tnrt_requantize(layer, channel + 3, acc[3]);
    out[channel] = q0;
    out[channel + 1] = q1;
    out[channel + 2] = q2;
    out[channel + 3] = q3;
}

static void convolve_1(const tnrt_layer *layer, const window *win, int32_t channel, int8_t *out)
{
    const int32_t c = layer->in_c;
    const int8_t *weight = layer->weights + channel;
    int32_t acc = tnrt_biases(layer)[channel];
    for (int32_t ky = 0; ky < layer->kernel_h; ky++)
        for (int32_t kx = 0; kx < layer->kernel_w; kx++, weight += c) {
            const int32_t y = ky - win->rows.first, x = kx - win->cols.first;
            const int inside = y >= 0 && y < win->rows.count && x >= 0 && x < win->cols.count;
            const int32_t at = y * win->in_row_stride + x * c + channel;
            acc += (inside ? win->in[at] : layer->in_zero) * *weight;
        }
    out[channel] = tnrt_requantize(layer, channel, acc);
}

void tnrt_dwconv2d_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    window win;
    win.in_row_stride = call->in_row_stride;
    for (int32_t i = 0; i < 4; i++)
        win.outside[i] = layer->in_zero;
    for (int32_t y = 0; y < call->out_h; y++) {
        int8_t *out = call->out + y * call->out_row_stride;
        win.rows = tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        for (int32_t x = 0; x < call->out_w; x++, out += c) {
            int32_t channel = 0;
            win.cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            win.in = call->in + win.rows.at * call->in_row_stride + win.cols.at * c;
            for (; channel + 4 <= c; channel += 4)
                convolve_4(layer, &win, channel, out);
            for (; channel < c; channel++)
                convolve_1(layer, &win, channel, out);
        }
    }
}
