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
#include "tnrt_conv_dsp.h"
#include "tnrt_dsp_kernels.h"

typedef struct sweep {
    const tnrt_layer *layer;
    tnrt_call call;
    int32_t row_bytes, rest_bytes; /* of a window's row, and of what is left of it behind words */
    int32_t rest_blocks;
    int8_t *rests, *copies, *zeros;
    const int8_t *at[3]; /* three windows, and the bytes from a row of theirs to the next */
    int32_t row_step[3];
    tnrt_tile_dsp tile;
} sweep;

static TNRT_NOINLINE int8_t *copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4)
        tnrt_store32(to, tnrt_load32(from));
    for (; count > 0; count--)
        *to++ = *from++;
    return to;
}

/* The window whose first tap is pixel (top, left), of which something lies outside. */
static void copy_window(const sweep *s, int32_t top, int32_t left, int8_t *to)
{
    const tnrt_layer *const layer = s->layer;
    const int32_t in_c = layer->in_c, right = left + layer->kernel_w - s->call.in_w;
    const int32_t before = left < 0 ? -left * in_c : 0;
    const int32_t behind = right > 0 ? right * in_c : 0;
    const int8_t *from = s->call.in + top * s->call.in_row_stride + left * in_c;
    for (int32_t y = top; y < top + layer->kernel_h; y++, from += s->call.in_row_stride) {
        if (y < 0 || y >= s->call.in_h || before + behind >= s->row_bytes) {
            to = copy_bytes(to, s->zeros, s->row_bytes);
            continue;
        }
        to = copy_bytes(to, s->zeros, before);
        to = copy_bytes(to, from + before, s->row_bytes - before - behind);
        to = copy_bytes(to, s->zeros, behind);
    }
}

/* Output pixels pixel, pixel + step and pixel + 2 * step. */
static TNRT_NOINLINE void find_windows(sweep *s, int32_t pixel, int32_t step)
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
            copy_window(s, top, left, copy);
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

/* What is left of the windows' rows behind whole words, window by window. */
static TNRT_NOINLINE void collect_rests(const sweep *s)
{
    for (int p = 0; p < 3; p++) {
        const int8_t *from = s->at[p] + s->row_bytes - s->rest_bytes;
        int8_t *to = s->rests + 4 * s->rest_blocks * p;
        for (int32_t row = s->layer->kernel_h; row > 0; row--, from += s->row_step[p])
            for (int32_t i = 0; i < s->rest_bytes; i++)
                *to++ = from[i];
    }
}

static TNRT_NOINLINE void make_columns(const sweep *s)
{
    const int32_t kernel_h = s->layer->kernel_h, rests = 4 * s->rest_blocks;
    const int8_t *at0 = s->at[0], *at1 = s->at[1], *at2 = s->at[2];
    uint32_t *columns = s->tile.columns + TNRT_BLOCK_WORDS_DSP;
    int32_t blocks = s->row_bytes >> 2;
    if (rests > 0)
        collect_rests(s);
    for (int32_t row = 0; row <= kernel_h; row++) {
        if (row == kernel_h) {
            at0 = s->rests, at1 = s->rests + rests, at2 = s->rests + 2 * rests;
            blocks = s->rest_blocks;
        }
        if (blocks > 0)
            columns = tnrt_widen3_dsp(columns, at0, at1, at2, blocks);
        at0 += s->row_step[0], at1 += s->row_step[1], at2 += s->row_step[2];
    }
}

/* `count` pixels whose outputs lie one behind the other: three at a time; of less than three, each
 * is all three. */
static void convolve_run(sweep *s, int32_t count)
{
    const int32_t step = count < 3 ? 0 : 1;
    s->tile.step = step * s->layer->out_c;
    for (int32_t next = 0; next < count; next += 1 + 2 * step) {
        const int32_t pixel = step != 0 && next > count - 3 ? count - 3 : next;
        find_windows(s, pixel, step);
        make_columns(s);
        s->tile.out = s->call.out + pixel * s->layer->out_c;
        tnrt_conv3_dsp(s->layer, s->tile);
    }
}

static int is_pointwise(const tnrt_layer *layer, const tnrt_call *call)
{
    return layer->kernel_h == 1 && layer->kernel_w == 1 && layer->stride_h == 1 &&
           layer->stride_w == 1 && call->in_w == call->out_w && call->in_h == call->out_h &&
           call->in_row_stride == call->in_w * layer->in_c;
}

void tnrt_conv2d_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t kernel_h = layer->kernel_h;
    sweep s;
    s.layer = layer;
    s.call = *call;
    s.row_bytes = layer->kernel_w * layer->in_c;
    s.rest_bytes = s.row_bytes & 3;
    s.rest_blocks = TNRT_BLOCKS_DSP(s.rest_bytes * kernel_h);
    s.tile = tnrt_tile_of_dsp(layer, call->scratch, TNRT_BLOCKS_DSP(kernel_h * s.row_bytes));
    s.rests = (int8_t *)(s.tile.columns_end);
    s.copies = s.rests + 12 * s.rest_blocks;
    s.zeros = s.copies + 3 * kernel_h * s.row_bytes;
    for (int32_t i = 0; i < s.row_bytes; i++)
        s.zeros[i] = layer->in_zero;
    if (call->out_row_stride != call->out_w * layer->out_c) {
        for (int32_t y = 0; y < call->out_h; y++) {
            convolve_run(&s, call->out_w);
            s.call.out += call->out_row_stride;
            s.call.pad_top -= layer->stride_h;
        }
        return;
    }
    if (is_pointwise(layer, call)) {
        s.call.in_w = s.call.out_w = call->out_w * call->out_h; /* all pixels are one row */
        s.call.in_h = 1;
    }
    convolve_run(&s, call->out_w * call->out_h);
}
