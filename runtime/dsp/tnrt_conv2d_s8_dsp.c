/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding: the windows of three pixels become columns,
 * which all output channels share (tnrt_conv_dsp.h).
 *
 * A window inside the image whose rows are multiples of 4 bytes is widened from where it lies.
 * Others are copied first, with the input's zero point in place of taps outside the image. Output
 * pixels are counted through all rows, so that only the layer's last tile repeats pixels.
 *
 * scratch: columns, then room for three windows. */
#include "../tnrt_window.h"
#include "tnrt_conv_dsp.h"
#include "tnrt_dsp_kernels.h"

/* To any address, from any address. */
static inline int8_t *copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4)
        tnrt_store32(to, tnrt_load32(from));
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

/* Rows of a window, row_step bytes apart. */
typedef struct window {
    const int8_t *at;
    int32_t row_step;
} window;

static inline window find_window(const tnrt_layer *layer, const tnrt_call *call, int32_t pixel,
                                 int8_t *copy)
{
    const int32_t row_bytes = layer->kernel_w * layer->in_c;
    const int32_t y = pixel / call->out_w, x = pixel - y * call->out_w;
    const int32_t top = y * layer->stride_h - call->pad_top;
    const int32_t left = x * layer->stride_w - call->pad_left;
    window w;
    w.at = call->in + top * call->in_row_stride + left * layer->in_c;
    w.row_step = call->in_row_stride;
    if (row_bytes % 4 != 0 || top < 0 || left < 0 || top + layer->kernel_h > call->in_h ||
        left + layer->kernel_w > call->in_w) {
        copy_window(layer, call, top, left, copy);
        w.at = copy;
        w.row_step = row_bytes;
    }
    return w;
}

static void make_columns(const tnrt_layer *layer, const tnrt_call *call, int32_t pixel,
                         int32_t step, uint32_t *columns, int32_t blocks)
{
    const int32_t row_bytes = layer->kernel_w * layer->in_c;
    /* Rows that are no multiples of 4 are copied, and so lie one behind the other. */
    const int32_t rows = row_bytes % 4 == 0 ? layer->kernel_h : 1;
    const int32_t row_blocks = row_bytes % 4 == 0 ? row_bytes / 4 : blocks;
    int8_t *copy = (int8_t *)(columns + TNRT_BLOCK_WORDS_DSP * (1 + blocks));
    window w[3];
    for (int p = 0; p < 3; p++, copy += 4 * blocks)
        w[p] = find_window(layer, call, pixel + p * step, copy);
    columns += TNRT_BLOCK_WORDS_DSP;
    for (int32_t row = 0; row < rows; row++) {
        columns = tnrt_widen3_dsp(columns, w[0].at, w[1].at, w[2].at, row_blocks);
        for (int p = 0; p < 3; p++)
            w[p].at += w[p].row_step;
    }
}

/* Pixels pixel, pixel + step and pixel + 2 * step; step is 0 or 1. */
static void convolve(const tnrt_layer *layer, const tnrt_call *call, int32_t pixel, int32_t step)
{
    const int32_t depth = layer->kernel_h * layer->kernel_w * layer->in_c;
    const int32_t blocks = TNRT_BLOCKS_DSP(depth);
    uint32_t *const columns = (uint32_t *)call->scratch;
    make_columns(layer, call, pixel, step, columns, blocks);
    tnrt_conv3_dsp(layer, columns, blocks, call->out + pixel * layer->out_c, step * layer->out_c);
}

/* `count` pixels whose outputs lie one behind the other. */
static void convolve_run(const tnrt_layer *layer, const tnrt_call *call, int32_t count)
{
    int32_t pixel = 0;
    for (; count >= 3 && pixel < count; pixel += 3)
        convolve(layer, call, pixel > count - 3 ? count - 3 : pixel, 1);
    for (; pixel < count; pixel++)
        convolve(layer, call, pixel, 0);
}

void tnrt_conv2d_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_call row = *call;
    if (call->out_row_stride == call->out_w * layer->out_c) {
        convolve_run(layer, call, call->out_w * call->out_h);
        return;
    }
    for (int32_t y = 0; y < call->out_h; y++) {
        convolve_run(layer, &row, call->out_w);
        row.out += call->out_row_stride;
        row.pad_top -= layer->stride_h;
    }
}
