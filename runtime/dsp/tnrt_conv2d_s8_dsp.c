/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding: the windows of three pixels become columns,
 * which all output channels share (tnrt_conv_dsp.h).
 *
 * Windows are read where they lie; those that reach over the image's edge are copied first, with
 * the input's zero point in place of what is missing. Words of 4 bytes come first in a window's
 * depth, row by row; what is left of each row, 0 to 3 bytes, is collected behind them.
 *
 * Output pixels are counted through all rows, so that only the last tile repeats pixels.
 * scratch: columns, the rests of three windows, copies of three windows. */
#include "../tnrt_window.h"
#include "tnrt_conv_dsp.h"
#include "tnrt_dsp_kernels.h"

/* Three windows: their first rows, and the bytes from a row to the next. */
typedef struct windows {
    const int8_t *at[3];
    int32_t row_step[3];
} windows;

static inline int8_t *copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count > 0; count--)
        *to++ = *from++;
    return to;
}

static inline int8_t *fill_bytes(int8_t *to, int8_t value, int32_t count)
{
    for (; count > 0; count--)
        *to++ = value;
    return to;
}

/* The window whose first tap is pixel (top, left), which may lie outside. */
static void copy_window(const tnrt_layer *layer, const tnrt_call *call, int32_t top, int32_t left,
                        int8_t *to)
{
    const int32_t in_c = layer->in_c, kernel_w = layer->kernel_w;
    const tnrt_taps cols = tnrt_taps_inside(left, 1, 0, kernel_w, call->in_w);
    const int8_t *from = call->in + top * call->in_row_stride + cols.at * in_c;
    for (int32_t y = top; y < top + layer->kernel_h; y++, from += call->in_row_stride) {
        const int32_t taps = y >= 0 && y < call->in_h ? cols.count : 0;
        to = fill_bytes(to, layer->in_zero, cols.first * in_c);
        to = copy_bytes(to, from, taps * in_c);
        to = fill_bytes(to, layer->in_zero, (kernel_w - cols.first - taps) * in_c);
    }
}

/* The windows of pixel, pixel + step and pixel + 2 * step. */
static windows find_windows(const tnrt_layer *layer, const tnrt_call *call, int32_t pixel,
                            int32_t step, int8_t *copies)
{
    const int32_t row_bytes = layer->kernel_w * layer->in_c;
    windows w;
    for (int p = 0; p < 3; p++, pixel += step, copies += layer->kernel_h * row_bytes) {
        const int32_t y = pixel / call->out_w, x = pixel - y * call->out_w;
        const int32_t top = y * layer->stride_h - call->pad_top;
        const int32_t left = x * layer->stride_w - call->pad_left;
        w.at[p] = call->in + top * call->in_row_stride + left * layer->in_c;
        w.row_step[p] = call->in_row_stride;
        if (top < 0 || left < 0 || top + layer->kernel_h > call->in_h ||
            left + layer->kernel_w > call->in_w) {
            copy_window(layer, call, top, left, copies);
            w.at[p] = copies;
            w.row_step[p] = row_bytes;
        }
    }
    return w;
}

static void make_columns(const tnrt_layer *layer, windows w, uint32_t *columns, int8_t *rests)
{
    const int32_t row_bytes = layer->kernel_w * layer->in_c;
    const int32_t rest = row_bytes & 3, row_blocks = row_bytes >> 2;
    const int32_t rest_blocks = TNRT_BLOCKS_DSP(rest * layer->kernel_h);
    int8_t *const rests1 = rests + 4 * rest_blocks, *const rests2 = rests1 + 4 * rest_blocks;
    int32_t at = 0;
    for (int32_t row = 0; row < layer->kernel_h; row++) {
        if (row_blocks > 0)
            columns = tnrt_widen3_dsp(columns, w.at[0], w.at[1], w.at[2], row_blocks);
        for (int32_t i = row_bytes - rest; i < row_bytes; i++, at++) {
            rests[at] = w.at[0][i];
            rests1[at] = w.at[1][i];
            rests2[at] = w.at[2][i];
        }
        for (int p = 0; p < 3; p++)
            w.at[p] += w.row_step[p];
    }
    if (rest > 0)
        tnrt_widen3_dsp(columns, rests, rests1, rests2, rest_blocks);
}

/* `count` pixels whose outputs lie one behind the other: three at a time; of less than three, each
 * is all three. */
static void convolve_run(const tnrt_layer *layer, const tnrt_call *call, int32_t count)
{
    const int32_t row_bytes = layer->kernel_w * layer->in_c;
    const int32_t step = count < 3 ? 0 : 1;
    const int32_t rest_bytes = 12 * TNRT_BLOCKS_DSP((row_bytes & 3) * layer->kernel_h);
    tnrt_tile_dsp tile =
        tnrt_tile_of_dsp(layer, call->scratch, TNRT_BLOCKS_DSP(layer->kernel_h * row_bytes));
    int8_t *const rests = (int8_t *)tile.columns_end;
    tile.step = step * layer->out_c;
    for (int32_t next = 0; next < count; next += 1 + 2 * step) {
        const int32_t pixel = step != 0 && next > count - 3 ? count - 3 : next;
        const windows w = find_windows(layer, call, pixel, step, rests + rest_bytes);
        make_columns(layer, w, (uint32_t *)tile.columns + TNRT_BLOCK_WORDS_DSP, rests);
        tile.out = call->out + pixel * layer->out_c;
        tnrt_conv3_dsp(layer, tile);
    }
}

void tnrt_conv2d_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t count = call->out_w * call->out_h;
    tnrt_call part = *call;
    if (call->out_row_stride != call->out_w * layer->out_c) {
        for (int32_t y = 0; y < call->out_h; y++) {
            convolve_run(layer, &part, call->out_w);
            part.out += call->out_row_stride;
            part.pad_top -= layer->stride_h;
        }
        return;
    }
    convolve_run(layer, call, count);
}
