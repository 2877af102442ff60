/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding: the windows of three pixels become columns,
 * which all output channels share (tnrt_conv_dsp.h).
 *
 * Windows are read where they lie; those that reach over the image's edge are copied first, with
 * the input's zero point in place of what is missing. Words of 4 bytes come first in a window's
 * depth, row by row; what is left of each row, 0 to 3 bytes, is collected behind them.
 *
 * Output pixels are counted through all rows, so that only the last tile repeats pixels.
 * scratch: columns, the rests of three windows, copies of three windows, a row of zero points. */
#ifndef TNRT_CONV2D_DSP_H
#define TNRT_CONV2D_DSP_H

#include "tnrt_conv_dsp.h"

typedef struct tnrt_sweep_dsp {
    const tnrt_layer *layer;
    tnrt_call call;
    int32_t row_bytes, rests_bytes; /* of a window's row; of what is left of its rows, padded */
    int32_t blocks;
    uint32_t *columns; /* behind the zeros */
    int8_t *rests, *copies;
    int8_t *zeros;       /* NULL until a window reaches over the edge */
    const int8_t *at[3]; /* three windows, and the bytes from a row of theirs to the next */
    int32_t row_step[3];
} tnrt_sweep_dsp;

static TNRT_NOINLINE int8_t *tnrt_copy_bytes_dsp(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4)
        tnrt_store32(to, tnrt_load32(from));
    for (; count > 0; count--)
        *to++ = *from++;
    return to;
}

/* The window whose first tap is pixel (top, left), of which something lies outside. */
static void tnrt_copy_window_dsp(tnrt_sweep_dsp *s, int32_t top, int32_t left, int8_t *to)
{
    const tnrt_layer *const layer = s->layer;
    const int32_t in_c = layer->in_c, right = s->call.in_w - left;
    const int32_t before = left < 0 ? (left < -layer->kernel_w ? s->row_bytes : -left * in_c) : 0;
    const int32_t end = right < layer->kernel_w ? right * in_c : s->row_bytes;
    const int32_t inside = end > before ? end - before : 0;
    const int8_t *from = s->call.in + top * s->call.in_row_stride + left * in_c;
    if (s->zeros == NULL) {
        s->zeros = s->copies + 3 * layer->kernel_h * s->row_bytes;
        for (int32_t i = 0; i < s->row_bytes; i++)
            s->zeros[i] = layer->in_zero;
    }
    for (int32_t y = top; y < top + layer->kernel_h; y++, from += s->call.in_row_stride) {
        const int32_t there = y < 0 || y >= s->call.in_h ? 0 : inside;
        to = tnrt_copy_bytes_dsp(to, s->zeros, before);
        to = tnrt_copy_bytes_dsp(to, from + before, there);
        to = tnrt_copy_bytes_dsp(to, s->zeros, s->row_bytes - before - there);
    }
}

/* Output pixels pixel, pixel + step and pixel + 2 * step. */
static TNRT_NOINLINE void tnrt_find_windows_dsp(tnrt_sweep_dsp *s, int32_t pixel, int32_t step)
{
    const tnrt_layer *const layer = s->layer;
    const int32_t beside = step * layer->stride_w;
    int8_t *copy = s->copies;
    for (int p = 0; p < 3; p++, pixel += step, copy += layer->kernel_h * s->row_bytes) {
        const int32_t y = pixel / s->call.out_w, x = pixel - y * s->call.out_w;
        const int32_t top = y * layer->stride_h - s->call.pad_top;
        const int32_t left = x * layer->stride_w - s->call.pad_left;
        const int32_t right = left + layer->kernel_w;
        const int8_t *const at = s->call.in + top * s->call.in_row_stride + left * layer->in_c;
        s->at[p] = at;
        s->row_step[p] = s->call.in_row_stride;
        if (top < 0 || left < 0 || top + layer->kernel_h > s->call.in_h || right > s->call.in_w) {
            tnrt_copy_window_dsp(s, top, left, copy);
            s->at[p] = copy;
            s->row_step[p] = s->row_bytes;
        } else if (p == 0 && x + 2 * step < s->call.out_w && right + 2 * beside <= s->call.in_w) {
            s->at[1] = at + beside * layer->in_c; /* neighbours, inside too */
            s->at[2] = at + 2 * beside * layer->in_c;
            s->row_step[1] = s->row_step[2] = s->call.in_row_stride;
            return;
        }
    }
}

static TNRT_NOINLINE void tnrt_make_columns_dsp(const tnrt_sweep_dsp *s)
{
    const int8_t *at0 = s->at[0], *at1 = s->at[1], *at2 = s->at[2];
    uint32_t *columns = s->columns;
    int32_t blocks = s->row_bytes >> 2;
    int8_t *rest = s->rests;
    for (int32_t row = s->layer->kernel_h;; row--) {
        if (row == 0) {
            at0 = s->rests, at1 = at0 + s->rests_bytes, at2 = at1 + s->rests_bytes;
            blocks = s->rests_bytes >> 2;
        }
        if (blocks > 0)
            columns = tnrt_widen3_dsp(columns, at0, at1, at2, blocks);
        if (row == 0)
            return;
        for (int32_t i = s->row_bytes & ~3; i < s->row_bytes; i++, rest++) {
            rest[0] = at0[i];
            rest[s->rests_bytes] = at1[i];
            rest[2 * s->rests_bytes] = at2[i];
        }
        at0 += s->row_step[0], at1 += s->row_step[1], at2 += s->row_step[2];
    }
}

/* `count` pixels whose outputs lie one behind the other: three at a time; of less than three, each
 * is all three. */
static void tnrt_convolve_run_dsp(tnrt_sweep_dsp *s, int32_t count, int weight_bytes)
{
    const int32_t step = count < 3 ? 0 : 1;
    tnrt_tile_dsp tile = tnrt_tile_of_dsp(s->layer, s->call.scratch, s->blocks, weight_bytes);
    tile.step = step * s->layer->out_c;
    for (int32_t next = 0; next < count; next += 1 + 2 * step) {
        const int32_t pixel = step != 0 && next > count - 3 ? count - 3 : next;
        tnrt_find_windows_dsp(s, pixel, step);
        tnrt_make_columns_dsp(s);
        tnrt_conv3_dsp(s->layer, &tile, s->call.out + pixel * s->layer->out_c, weight_bytes);
    }
}

static int tnrt_is_pointwise_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 &&
           layer->stride_w == 1 && call->in_w == call->out_w && call->in_h == call->out_h &&
           call->in_row_stride == call->in_w * layer->in_c;
}

static inline void tnrt_conv2d_dsp(const tnrt_layer *layer, const tnrt_call *call, int weight_bytes)
{
    const int32_t kernel_h = layer->kernel_h;
    tnrt_sweep_dsp s;
    s.layer = layer;
    s.call = *call;
    s.row_bytes = layer->kernel_w * layer->in_c;
    s.rests_bytes = 4 * TNRT_BLOCKS_DSP((s.row_bytes & 3) * kernel_h);
    s.blocks = TNRT_BLOCKS_DSP(kernel_h * s.row_bytes);
    s.columns = (uint32_t *)call->scratch + TNRT_BLOCK_WORDS_DSP;
    s.rests = (int8_t *)(s.columns + TNRT_BLOCK_WORDS_DSP * s.blocks);
    s.copies = s.rests + 3 * s.rests_bytes;
    s.zeros = NULL;
    if (call->out_row_stride != call->out_w * layer->out_c) {
        for (int32_t y = 0; y < call->out_h; y++) {
            tnrt_convolve_run_dsp(&s, call->out_w, weight_bytes);
            s.call.out += call->out_row_stride;
            s.call.pad_top -= layer->stride_h;
        }
        return;
    }
    if (tnrt_is_pointwise_dsp(layer, call)) {
        s.call.in_w = s.call.out_w = call->out_w * call->out_h; /* all pixels are one row */
        s.call.in_h = 1;
    }
    tnrt_convolve_run_dsp(&s, call->out_w * call->out_h, weight_bytes);
}

#endif
