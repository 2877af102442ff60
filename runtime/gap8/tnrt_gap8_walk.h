/* SPDX-License-Identifier: 0BSD */
/* The walk over a layer's tiles: the DMA brings the next tile's input and weights and takes the
 * last one's output away while eight cores compute.
 *
 *   step            0          1          2
 *   DMA in      0 | 1          2          3
 *   cores           0          1          2
 *   DMA out                    0          1          2
 *
 * Core 0 walks and starts every copy; a kernel is a task that computes the current tile from
 * buffers in L1 and is forked to all cores. */
#ifndef TNRT_GAP8_WALK_H
#define TNRT_GAP8_WALK_H

#include "tnrt_gap8_port.h"
#include "tnrt_gap8_tile.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the tensors are to an operator. */
enum {
    TNRT_GAP8_CHANNELWISE = 1, /* tnrt_gap8_shape */
    TNRT_GAP8_FILTERS = 2,
    TNRT_GAP8_TWO_INPUTS = 4
};

/* Output pixels and channels of one tile; the last of a row, column or slice is smaller. */
typedef struct tnrt_gap8_part {
    int32_t y, x, c;
    int32_t h, w, c_count;
} tnrt_gap8_part;

/* The input window of a part, padding included, and what of it exists in the image. */
typedef struct tnrt_gap8_window {
    int32_t y, x;                   /* of its first row and column in the image; may be negative */
    int32_t rows, cols;             /* pixels */
    int32_t first_row, end_row;     /* rows of the window that exist */
    int32_t first_col, end_col;     /* columns */
    int32_t pixel_bytes, row_bytes; /* in L1 */
} tnrt_gap8_window;

/* What a task finds: the layer, and the current tile in L1. */
typedef struct tnrt_gap8_job {
    const tnrt_layer *layer;
    const tnrt_call *call;
    tnrt_gap8_shape shape;
    tnrt_gap8_part part;
    tnrt_gap8_window window;
    const int32_t *records;
    const int8_t *weights;
    int8_t *in, *in2;
    int8_t *out; /* [part.h, part.w, part.c_count] */
    int32_t fill;
} tnrt_gap8_job;

/* The share of `core` of `count` equal pieces of work. */
static inline void tnrt_gap8_share(int32_t count, int32_t core, int32_t *first, int32_t *end)
{
    *first = count * core / TNRT_GAP8_CORES;
    *end = count * (core + 1) / TNRT_GAP8_CORES;
}

static inline int32_t tnrt_gap8_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* The window's first byte for an output pixel of the tile. */
static inline int8_t *tnrt_gap8_window_at(const tnrt_gap8_job *job, int8_t *in, int32_t pixel)
{
    const int32_t y = pixel / job->part.w, x = pixel % job->part.w;
    return in + y * job->shape.stride_h * job->window.row_bytes +
           x * job->shape.stride_w * job->window.pixel_bytes;
}

/* Runs a layer: `compute` on all cores for each tile. `kind` is a sum of the above, `fill` the
 * value of padding. */
void tnrt_gap8_walk(const tnrt_layer *layer, const tnrt_call *call, int32_t kind, int32_t fill,
                    tnrt_gap8_task *compute);

#ifdef __cplusplus
}
#endif
#endif
