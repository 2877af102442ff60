/* SPDX-License-Identifier: 0BSD */
/* A depthwise convolution and the 1x1 convolution behind it, strip by strip: a few rows of the
 * first go to the scratch, where the second takes them. Both are the kernels they are apart, called
 * on parts of their layers, so the bytes are the same. */
#ifndef TNRT_STRIP_H
#define TNRT_STRIP_H

#include "tnrt.h"

/* Rows of a strip: few, but not so few that windows are read over and over; the more, the narrower
 * the map. */
#define TNRT_STRIP_ROWS(out_h, out_w)                                                              \
    ((out_w)*4 >= 48 ? ((out_h) < 4 ? (out_h) : 4)                                                 \
                     : ((out_h) < 48 / (out_w) ? (out_h) : 48 / (out_w)))

/* What is kept between the two; their own scratch follows. */
#define TNRT_STRIP_BYTES(rows, row_bytes)                                                          \
    (((size_t)(rows) * (size_t)(row_bytes) + TNRT_ARENA_ALIGN - 1) / TNRT_ARENA_ALIGN *            \
     TNRT_ARENA_ALIGN)

/* For a whole layer and the one behind it. */
static inline void tnrt_run_strips(const tnrt_layer *layer, const tnrt_call *call,
                                   tnrt_kernel *depthwise, tnrt_kernel *pointwise)
{
    const tnrt_layer *const next = layer + 1;
    const int32_t rows = TNRT_STRIP_ROWS(layer->out_h, layer->out_w);
    const int32_t row_bytes = layer->out_w * layer->out_c;
    const int32_t out_row_bytes = next->out_w * next->out_c;
    int8_t *const strip = (int8_t *)call->scratch;
    tnrt_call part;
    part.in2 = call->in2;
    part.in2_row_stride = 0;
    part.out_w = layer->out_w;
    part.scratch = strip + TNRT_STRIP_BYTES(rows, row_bytes);
    for (int32_t y = 0; y < layer->out_h; y += rows) {
        const int32_t top = y * layer->stride_h - layer->pad_top, first = top > 0 ? top : 0;
        const int32_t count = layer->out_h - y < rows ? layer->out_h - y : rows;
        const int32_t end = top + (count - 1) * layer->stride_h + layer->kernel_h;
        part.in = call->in + first * call->in_row_stride;
        part.in_row_stride = call->in_row_stride;
        part.in_h = (end < layer->in_h ? end : layer->in_h) - first;
        part.in_w = layer->in_w;
        part.pad_top = first - top;
        part.pad_left = layer->pad_left;
        part.out = strip;
        part.out_row_stride = row_bytes;
        part.out_h = count;
        depthwise(layer, &part);
        part.in = strip;
        part.in_row_stride = row_bytes;
        part.in_h = count;
        part.in_w = layer->out_w;
        part.pad_top = 0;
        part.pad_left = 0;
        part.out = call->out + y * out_row_bytes;
        part.out_row_stride = out_row_bytes;
        pointwise(next, &part);
    }
}

#endif
