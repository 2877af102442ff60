/* SPDX-License-Identifier: 0BSD */
/* Average over a window, as tnrt_avgpool_s8, of tensors of at least four channels. Four at a time,
 * summed in int16: 256 pixels of -128 just fit, so the sums go to int32 at least so often. */
#include "../tnrt_requant.h"
#include "../tnrt_window.h"
#include "tnrt_dsp_kernels.h"
#include "tnrt_simd32.h"

#define PIXELS_MAX 256

typedef struct window {
    const int8_t *in; /* the first pixel that exists, of the first channel */
    int32_t in_row_stride, c;
    int32_t rows, cols; /* that exist */
} window;

/* sums[0..3] += channels of `count` neighbouring pixels, at most 256. */
static inline void add_pixels(int32_t sums[4], const int8_t *in, int32_t c, int32_t count)
{
    uint32_t even = 0, odd = 0;
    if (count % 2 != 0) {
        const uint32_t x = tnrt_load32(in);
        even = tnrt_sxtb16(x);
        odd = tnrt_sxtb16_ror8(x);
        in += c;
    }
    for (count /= 2; count > 0; count--, in += 2 * c) {
        const uint32_t x = tnrt_load32(in), y = tnrt_load32(in + c);
        even = tnrt_sxtab16(tnrt_sxtab16(even, x), y);
        odd = tnrt_sxtab16_ror8(tnrt_sxtab16_ror8(odd, x), y);
    }
    sums[0] += (int16_t)(even & 0xffff);
    sums[1] += (int16_t)(odd & 0xffff);
    sums[2] += (int16_t)(even >> 16);
    sums[3] += (int16_t)(odd >> 16);
}

static TNRT_NOINLINE int8_t mean(const tnrt_layer *layer, int32_t sum, int32_t count)
{
    /* C's division truncates; ties go away from zero. */
    return tnrt_activate(layer, (sum > 0 ? sum + count / 2 : sum - count / 2) / count);
}

static void average_4(const tnrt_layer *layer, const window *win, int32_t channel, int8_t *out)
{
    int32_t sums[4] = {0, 0, 0, 0};
    const int8_t *row = win->in + channel;
    for (int32_t ky = 0; ky < win->rows; ky++, row += win->in_row_stride)
        for (int32_t x = 0; x < win->cols; x += PIXELS_MAX)
            add_pixels(sums, row + x * win->c, win->c,
                       win->cols - x < PIXELS_MAX ? win->cols - x : PIXELS_MAX);
    for (int32_t i = 0; i < 4; i++)
        out[channel + i] = mean(layer, sums[i], win->rows * win->cols);
}

void tnrt_avgpool_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    window win;
    win.c = layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += win.c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            win.in = call->in + rows.at * call->in_row_stride + cols.at * win.c;
            win.in_row_stride = call->in_row_stride;
            win.rows = rows.count;
            win.cols = cols.count;
            if (win.cols * win.c == win.in_row_stride) { /* the rows are one row */
                win.cols *= win.rows;
                win.rows = 1;
            }
            /* The last group may repeat channels of the one before. */
            for (int32_t channel = 0; channel < win.c; channel += 4)
                average_4(layer, &win, channel + 4 <= win.c ? channel : win.c - 4, out);
        }
    }
}
