/* SPDX-License-Identifier: 0BSD */
/* Average over a window, four channels at a time, as tnrt_avgpool_s8. There is no division of
 * vectors: sums leave for the core's. */
#include "../tnrt_window.h"
#include "tnrt_mve_kernels.h"
#include "tnrt_mve_requant.h"

/* sum / count, ties away from zero: C's division truncates. */
static int32_t rounded_mean(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

/* `in` is the first of rows x cols pixels; `left` channels or 4. */
static inline tnrt_words sum_of(const int8_t *in, int32_t in_row_stride, int32_t pixel_step,
                                int32_t rows, int32_t cols, int32_t left)
{
    tnrt_words sum = tnrt_mve_splat(0);
    for (; rows > 0; rows--, in += in_row_stride) {
        const int8_t *pixel = in;
        for (int32_t kx = cols; kx > 0; kx--, pixel += pixel_step)
            sum = tnrt_mve_add(sum, left >= 4 ? tnrt_mve_widen(pixel)
                                              : tnrt_mve_first_widen(pixel, left));
    }
    return sum;
}

static void average(const tnrt_layer *layer, const int8_t *in, int32_t in_row_stride, int32_t rows,
                    int32_t cols, int8_t *out)
{
    const int32_t c = layer->in_c, count = rows * cols;
    for (int32_t left = c; left > 0; left -= 4, in += 4, out += 4) {
        int32_t sums[4];
        tnrt_mve_store_words(sums, left >= 4 ? sum_of(in, in_row_stride, c, rows, cols, 4)
                                             : sum_of(in, in_row_stride, c, rows, cols, left));
        for (int32_t i = 0; i < 4 && i < left; i++)
            out[i] = tnrt_activate(layer, rounded_mean(sums[i], count));
    }
}

void tnrt_avgpool_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            average(layer, call->in + rows.at * call->in_row_stride + cols.at * c,
                    call->in_row_stride, rows.count, cols.count, out);
        }
    }
}
