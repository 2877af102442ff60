/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any kernel size, stride and padding, weights HWC.
 *
 * Eight channels at a time, of two neighbouring pixels where both windows lie between the image's
 * left and right edge: their products need words, which the even and the odd channels get apart.
 * Channels beyond a multiple of eight go four at a time. A tap outside the image reads in_zero,
 * as the bias expects. */
#include "../tnrt_window.h"
#include "tnrt_mve_kernels.h"
#include "tnrt_mve_requant.h"

/* The taps of one output pixel; `in` is the input pixel under the first that exists. */
typedef struct window {
    const int8_t *in;
    int32_t in_row_stride;
    tnrt_taps rows, cols;
} window;

/* ---- Eight channels ---- */

static inline tnrt_word_pair finished(tnrt_mve_range range, tnrt_word_pair acc,
                                      const tnrt_mve_factor *even, const tnrt_mve_factor *odd)
{
    acc.even = tnrt_mve_activate(range, tnrt_mve_rescale(acc.even, even));
    acc.odd = tnrt_mve_activate(range, tnrt_mve_rescale(acc.odd, odd));
    return acc;
}

/* Of one pixel, or of two neighbours. */
static TNRT_MVE_APART void finish_8(const tnrt_layer *layer, int32_t channel,
                                    const tnrt_word_pair *acc, int32_t pixels, int8_t *out)
{
    const tnrt_mve_range range = tnrt_mve_range_of(layer);
    const tnrt_mve_channels at = tnrt_mve_channels_of(layer, channel);
    const tnrt_word_pair multiplier = tnrt_mve_word_pair(at.multiplier);
    const tnrt_word_pair shift = tnrt_mve_widen_pair(at.shift);
    const tnrt_mve_factor even = tnrt_mve_factor_of(multiplier.even, shift.even);
    const tnrt_mve_factor odd = tnrt_mve_factor_of(multiplier.odd, shift.odd);
    const int32_t step = layer->out_c;
    for (out += channel; pixels > 0; pixels--, acc++, out += step)
        tnrt_mve_store_low_pair(out, finished(range, *acc, &even, &odd));
}

/* Taps outside the image, one behind the other. */
static inline tnrt_word_pair add_outside(tnrt_word_pair acc, tnrt_halves zero, const int8_t *weight,
                                         int32_t weight_step, int32_t count)
{
    for (; count > 0; count--, weight += weight_step)
        acc = tnrt_mve_accumulate(acc, zero, tnrt_mve_widen_halves(weight));
    return acc;
}

/* Bias, and the rows of the window that lie outside the image. */
static inline tnrt_word_pair start_8(const tnrt_layer *layer, const window *win, int32_t channel)
{
    const int32_t c = layer->in_c;
    const int32_t rows_end = win->rows.first + win->rows.count;
    const tnrt_halves zero = tnrt_mve_splat_halves(layer->in_zero);
    const int8_t *weight = layer->weights + channel;
    tnrt_word_pair acc = tnrt_mve_word_pair(layer->params + channel);
    if (win->rows.count == layer->kernel_h)
        return acc;
    acc = add_outside(acc, zero, weight, c, win->rows.first * layer->kernel_w);
    return add_outside(acc, zero, weight + rows_end * layer->kernel_w * c, c,
                       (layer->kernel_h - rows_end) * layer->kernel_w);
}

/* Two pixels whose windows have all their columns, the second's second_at bytes further. */
static TNRT_MVE_APART void convolve_8_twice(const tnrt_layer *layer, const window *win,
                                            int32_t channel, int32_t second_at, int8_t *out)
{
    const int32_t c = layer->in_c, kernel_w = layer->kernel_w;
    const int8_t *weight = layer->weights + win->rows.first * kernel_w * c + channel;
    const int8_t *row = win->in + channel;
    tnrt_word_pair acc[2];
    tnrt_word_pair first = start_8(layer, win, channel), second = first;
    for (int32_t rows = win->rows.count; rows > 0; rows--, row += win->in_row_stride) {
        const int8_t *in = row, *second_in = row + second_at;
        for (int32_t taps = kernel_w; taps > 0; taps--, weight += c, in += c, second_in += c) {
            const tnrt_halves w = tnrt_mve_widen_halves(weight);
            first = tnrt_mve_accumulate(first, tnrt_mve_widen_halves(in), w);
            second = tnrt_mve_accumulate(second, tnrt_mve_widen_halves(second_in), w);
        }
    }
    acc[0] = first;
    acc[1] = second;
    finish_8(layer, channel, acc, 2, out);
}

static TNRT_MVE_APART void convolve_8(const tnrt_layer *layer, const window *win, int32_t channel,
                                      int8_t *out)
{
    const int32_t c = layer->in_c;
    const int32_t left = win->cols.first, right = layer->kernel_w - left - win->cols.count;
    const tnrt_halves zero = tnrt_mve_splat_halves(layer->in_zero);
    const int8_t *weight = layer->weights + win->rows.first * layer->kernel_w * c + channel;
    const int8_t *row = win->in + channel;
    tnrt_word_pair acc = start_8(layer, win, channel);
    for (int32_t rows = win->rows.count; rows > 0; rows--, row += win->in_row_stride) {
        const int8_t *in = row;
        acc = add_outside(acc, zero, weight, c, left);
        weight += left * c;
        for (int32_t taps = win->cols.count; taps > 0; taps--, weight += c, in += c)
            acc =
                tnrt_mve_accumulate(acc, tnrt_mve_widen_halves(in), tnrt_mve_widen_halves(weight));
        acc = add_outside(acc, zero, weight, c, right);
        weight += right * c;
    }
    finish_8(layer, channel, &acc, 1, out);
}

/* ---- Fewer channels ---- */

/* At most four channels. */
static void convolve_4(const tnrt_layer *layer, const window *win, int32_t channel, int8_t *out)
{
    const int32_t c = layer->in_c, left = c - channel;
    const int8_t *weight = layer->weights + channel;
    const tnrt_words outside = tnrt_mve_splat(layer->in_zero);
    tnrt_words sum = tnrt_mve_splat(0);
    for (int32_t ky = 0; ky < layer->kernel_h; ky++) {
        const int32_t y = ky - win->rows.first;
        for (int32_t kx = 0; kx < layer->kernel_w; kx++, weight += c) {
            const int32_t x = kx - win->cols.first;
            const int inside = y >= 0 && y < win->rows.count && x >= 0 && x < win->cols.count;
            const int32_t at = y * win->in_row_stride + x * c + channel;
            const tnrt_words q = inside ? tnrt_mve_first_widen(win->in + at, left) : outside;
            const tnrt_words w = tnrt_mve_first_widen(weight, left);
            sum = tnrt_mve_add(sum, tnrt_mve_multiply(q, w));
        }
    }
    tnrt_mve_requantize(tnrt_mve_range_of(layer), tnrt_mve_channels_of(layer, channel), sum, left,
                        out + channel);
}

/* ---- The layer ---- */

/* Channels from `channel` on of one pixel. */
static void convolve_pixel(const tnrt_layer *layer, const window *win, int32_t channel, int8_t *out)
{
    for (; channel + 8 <= layer->in_c; channel += 8)
        convolve_8(layer, win, channel, out);
    for (; channel < layer->in_c; channel += 4)
        convolve_4(layer, win, channel, out);
}

static void convolve_row(const tnrt_layer *layer, const tnrt_call *call, window *win,
                         const int8_t *in, int8_t *out)
{
    const int32_t c = layer->in_c, second_at = layer->stride_w * c;
    for (int32_t x = 0; x < call->out_w; x++, out += c) {
        const tnrt_taps next =
            tnrt_taps_inside(x + 1, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
        win->cols =
            tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
        win->in = in + win->cols.at * c;
        if (x + 1 < call->out_w && win->cols.count == layer->kernel_w &&
            next.count == layer->kernel_w) {
            int32_t channel = 0;
            for (; channel + 8 <= c; channel += 8)
                convolve_8_twice(layer, win, channel, second_at, out);
            if (channel < c)
                convolve_pixel(layer, win, channel, out);
            win->in += second_at;
            out += c;
            x++;
            if (channel < c)
                convolve_pixel(layer, win, channel, out);
        } else {
            convolve_pixel(layer, win, 0, out);
        }
    }
}

void tnrt_dwconv2d_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    window win;
    win.in_row_stride = call->in_row_stride;
    for (int32_t y = 0; y < call->out_h; y++) {
        win.rows = tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        convolve_row(layer, call, &win, call->in + win.rows.at * call->in_row_stride,
                     call->out + y * call->out_row_stride);
    }
}
