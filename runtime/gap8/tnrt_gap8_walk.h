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

/* One kind of buffer, once or twice. A load goes into the one that was not loaded last. */
typedef struct tnrt_gap8_stream {
    int8_t *at[2];
    tnrt_gap8_copy copy[2];
    int32_t newest, key; /* which was loaded last, and with what */
} tnrt_gap8_stream;

typedef struct tnrt_gap8_walk {
    tnrt_gap8_job job;
    tnrt_gap8_tile tile;
    tnrt_gap8_stream in, in2, weights, records, out;
    int32_t columns, areas, slices; /* tiles along a row, in the image, along the channels */
    int32_t in_h, in_w, in_row_stride, in2_row_stride;
} tnrt_gap8_walk;

/* The share of `core` of `count` equal pieces of work. */
static inline void tnrt_gap8_share(int32_t count, int32_t core, int32_t *first, int32_t *end)
{
    *first = count * core / TNRT_GAP8_CORES;
    *end = count * (core + 1) / TNRT_GAP8_CORES;
}

/* The window's first byte for an output pixel of the tile. */
static inline int8_t *tnrt_gap8_window_at(const tnrt_gap8_job *job, int8_t *in, int32_t pixel)
{
    const int32_t y = pixel / job->part.w, x = pixel % job->part.w;
    return in + y * job->shape.stride_h * job->window.row_bytes +
           x * job->shape.stride_w * job->window.pixel_bytes;
}

/* ---- Geometry ---------------------------------------------------------------------------- */

static inline int32_t tnrt_gap8_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t tnrt_gap8_clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : tnrt_gap8_min(value, high);
}

static inline tnrt_gap8_part tnrt_gap8_part_of(const tnrt_gap8_walk *walk, int32_t step)
{
    const tnrt_gap8_tile *tile = &walk->tile;
    const tnrt_gap8_shape *shape = &walk->job.shape;
    const int32_t inner = tile->flags & TNRT_GAP8_PIXELS_OUTERMOST ? walk->slices : walk->areas;
    const int32_t outer_index = step / inner, inner_index = step % inner;
    const int pixels_outermost = (tile->flags & TNRT_GAP8_PIXELS_OUTERMOST) != 0;
    const int32_t area = pixels_outermost ? outer_index : inner_index;
    const int32_t slice = pixels_outermost ? inner_index : outer_index;
    tnrt_gap8_part part;
    part.y = area / walk->columns * tile->h;
    part.x = area % walk->columns * tile->w;
    part.c = slice * tile->c;
    part.h = tnrt_gap8_min(tile->h, shape->out_h - part.y);
    part.w = tnrt_gap8_min(tile->w, shape->out_w - part.x);
    part.c_count = tnrt_gap8_min(tile->c, shape->out_c - part.c);
    return part;
}

static inline tnrt_gap8_window tnrt_gap8_window_of(const tnrt_gap8_walk *walk,
                                                   const tnrt_gap8_part *part)
{
    const tnrt_gap8_shape *shape = &walk->job.shape;
    const int flat = (walk->tile.flags & TNRT_GAP8_FLAT) != 0;
    tnrt_gap8_window window;
    window.y = part->y * shape->stride_h - (flat ? 0 : walk->job.call->pad_top);
    window.x = part->x * shape->stride_w - (flat ? 0 : walk->job.call->pad_left);
    window.rows = (part->h - 1) * shape->stride_h + shape->kernel_h;
    window.cols = (part->w - 1) * shape->stride_w + shape->kernel_w;
    window.first_row = tnrt_gap8_clamp(-window.y, 0, window.rows);
    window.end_row = tnrt_gap8_clamp(walk->in_h - window.y, window.first_row, window.rows);
    window.first_col = tnrt_gap8_clamp(-window.x, 0, window.cols);
    window.end_col = tnrt_gap8_clamp(walk->in_w - window.x, window.first_col, window.cols);
    window.pixel_bytes = shape->channelwise ? part->c_count : shape->in_c;
    window.row_bytes = window.cols * window.pixel_bytes;
    return window;
}

/* ---- Copies ------------------------------------------------------------------------------ */

/* The buffer to load, or NULL when what was loaded last is what is wanted. */
static inline int8_t *tnrt_gap8_stream_turn(tnrt_gap8_stream *stream, int32_t key)
{
    if (stream->key == key)
        return NULL;
    stream->key = key;
    stream->newest ^= 1;
    return stream->at[stream->newest];
}

static inline void tnrt_gap8_load_bytes(tnrt_gap8_stream *stream, int32_t key, const int8_t *from,
                                        int32_t bytes)
{
    tnrt_gap8_box box;
    int8_t *const to = tnrt_gap8_stream_turn(stream, key);
    if (to == NULL || bytes == 0)
        return;
    box.planes = box.rows = 1;
    box.l2_plane_stride = box.l1_plane_stride = box.l2_row_stride = 0;
    box.row_bytes = bytes;
    tnrt_gap8_copy_in(&stream->copy[stream->newest], to, from, &box);
}

/* What of a window exists goes to its place in the buffer; rows without padding between them are
 * one plane. */
static inline void tnrt_gap8_load_window(const tnrt_gap8_walk *walk, tnrt_gap8_stream *stream,
                                         int32_t key, const int8_t *from, int32_t row_stride,
                                         const tnrt_gap8_part *part)
{
    const tnrt_gap8_window window = tnrt_gap8_window_of(walk, part);
    const int32_t in_c = walk->job.shape.in_c;
    const int32_t rows = window.end_row - window.first_row;
    const int32_t cols = window.end_col - window.first_col;
    int8_t *to = tnrt_gap8_stream_turn(stream, key);
    tnrt_gap8_box box;
    if (to == NULL || rows == 0 || cols == 0)
        return;
    to += window.first_row * window.row_bytes + window.first_col * window.pixel_bytes;
    from += (window.y + window.first_row) * row_stride + (window.x + window.first_col) * in_c;
    from += walk->job.shape.channelwise ? part->c : 0;
    box.planes = rows;
    box.l2_plane_stride = row_stride;
    box.l1_plane_stride = window.row_bytes;
    box.rows = 1;
    box.l2_row_stride = in_c;
    box.row_bytes = cols * in_c;
    if (window.pixel_bytes < in_c) {
        box.rows = cols;
        box.row_bytes = window.pixel_bytes;
    } else if (cols == window.cols) {
        box.planes = 1;
        box.rows = rows;
        box.l2_row_stride = row_stride;
    }
    tnrt_gap8_copy_in(&stream->copy[stream->newest], to, from, &box);
}

/* Starts what step `step` needs and the step before did not. */
static inline void tnrt_gap8_load(tnrt_gap8_walk *walk, int32_t step)
{
    const tnrt_gap8_job *const job = &walk->job;
    const tnrt_gap8_part part = tnrt_gap8_part_of(walk, step);
    const int32_t area = part.y / walk->tile.h * walk->columns + part.x / walk->tile.w;
    const int32_t in_key = job->shape.channelwise ? step : area;
    tnrt_gap8_load_window(walk, &walk->in, in_key, job->call->in, walk->in_row_stride, &part);
    if (job->shape.input_count > 1)
        tnrt_gap8_load_window(walk, &walk->in2, in_key, job->call->in2, walk->in2_row_stride,
                              &part);
    if (job->shape.has_filters) {
        const int32_t first = part.c / 4, blocks = tnrt_gap8_words(part.c_count);
        const int32_t block_bytes = (int32_t)tnrt_gap8_block_bytes(&job->shape);
        const int32_t record_bytes = 4 * TNRT_GAP8_RECORD_WORDS * 4;
        const int8_t *const records = (const int8_t *)(job->layer->params + TNRT_GAP8_HEADER_WORDS);
        tnrt_gap8_load_bytes(&walk->weights, part.c, job->layer->weights + first * block_bytes,
                             blocks * block_bytes);
        tnrt_gap8_load_bytes(&walk->records, part.c, records + first * record_bytes,
                             blocks * record_bytes);
    }
}

static inline void tnrt_gap8_store(tnrt_gap8_walk *walk, int32_t buffer)
{
    const tnrt_gap8_part *const part = &walk->job.part;
    const tnrt_call *const call = walk->job.call;
    const int32_t out_c = walk->job.shape.out_c;
    int8_t *const to = call->out + part->y * call->out_row_stride + part->x * out_c + part->c;
    tnrt_gap8_box box;
    box.planes = part->h;
    box.l2_plane_stride = call->out_row_stride;
    box.l1_plane_stride = part->w * part->c_count;
    box.rows = part->w;
    box.l2_row_stride = out_c;
    box.row_bytes = part->c_count;
    if (part->c_count == out_c) {
        box.planes = 1;
        box.rows = part->h;
        box.l2_row_stride = call->out_row_stride;
        box.row_bytes = part->w * out_c;
    }
    tnrt_gap8_copy_out(&walk->out.copy[buffer], to, walk->job.out, &box);
}

/* ---- The walk ---------------------------------------------------------------------------- */

static inline void tnrt_gap8_fill_bytes(int8_t *at, int32_t count, int32_t value)
{
    for (int32_t i = 0; i < count; i++)
        at[i] = (int8_t)value;
}

/* Writes the padding of a tile: the parts of its rows that the image lacks. */
static void tnrt_gap8_fill(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const tnrt_gap8_window *const window = &job->window;
    const int32_t left = window->first_col * window->pixel_bytes;
    const int32_t right = window->end_col * window->pixel_bytes;
    for (int32_t row = core; row < window->rows; row += TNRT_GAP8_CORES) {
        int8_t *const at = job->in + row * window->row_bytes;
        if (row < window->first_row || row >= window->end_row) {
            tnrt_gap8_fill_bytes(at, window->row_bytes, job->fill);
        } else {
            tnrt_gap8_fill_bytes(at, left, job->fill);
            tnrt_gap8_fill_bytes(at + right, window->row_bytes - right, job->fill);
        }
    }
}

static inline int tnrt_gap8_has_padding(const tnrt_gap8_window *window)
{
    return window->first_row > 0 || window->end_row < window->rows || window->first_col > 0 ||
           window->end_col < window->cols;
}

static inline int8_t *tnrt_gap8_stream_init(tnrt_gap8_stream *stream, int8_t *at, int64_t bytes,
                                            int32_t copies)
{
    stream->at[0] = at;
    stream->at[1] = copies > 1 ? at + bytes : at;
    stream->copy[0].pending = stream->copy[1].pending = 0;
    stream->newest = 1;
    stream->key = -1;
    return at + copies * bytes;
}

static inline void tnrt_gap8_walk_init(tnrt_gap8_walk *walk, const tnrt_layer *layer,
                                       const tnrt_call *call, int32_t kind)
{
    tnrt_gap8_shape *const shape = &walk->job.shape;
    tnrt_gap8_tile *const tile = &walk->tile;
    tile->h = layer->params[TNRT_GAP8_TILE_H_AT];
    tile->w = layer->params[TNRT_GAP8_TILE_W_AT];
    tile->c = layer->params[TNRT_GAP8_TILE_C_AT];
    tile->flags = layer->params[TNRT_GAP8_FLAGS_AT];
    const int flat = (tile->flags & TNRT_GAP8_FLAT) != 0;
    shape->in_c = flat ? (int32_t)layer->in_h * layer->in_w * layer->in_c : layer->in_c;
    shape->out_h = call->out_h;
    shape->out_w = call->out_w;
    shape->out_c = layer->out_c;
    shape->kernel_h = layer->kernel_h;
    shape->kernel_w = layer->kernel_w;
    shape->stride_h = layer->stride_h;
    shape->stride_w = layer->stride_w;
    shape->input_count = kind & TNRT_GAP8_TWO_INPUTS ? 2 : 1;
    shape->channelwise = (kind & TNRT_GAP8_CHANNELWISE) != 0;
    shape->has_filters = (kind & TNRT_GAP8_FILTERS) != 0;
    walk->in_h = flat ? 1 : call->in_h;
    walk->in_w = flat ? 1 : call->in_w;
    walk->in_row_stride = call->in_row_stride;
    walk->in2_row_stride = call->in2_row_stride;
    walk->columns = tnrt_gap8_count(shape->out_w, tile->w);
    walk->areas = tnrt_gap8_count(shape->out_h, tile->h) * walk->columns;
    walk->slices = tnrt_gap8_count(shape->out_c, tile->c);
}

static inline void tnrt_gap8_lay_out(tnrt_gap8_walk *walk)
{
    const tnrt_gap8_buffers b = tnrt_gap8_buffers_of(&walk->job.shape, &walk->tile);
    int8_t *at = tnrt_gap8_l1();
    at = tnrt_gap8_stream_init(&walk->in, at, b.in_bytes, b.in_copies);
    if (walk->job.shape.input_count > 1)
        at = tnrt_gap8_stream_init(&walk->in2, at, b.in_bytes, b.in_copies);
    if (walk->job.shape.has_filters) {
        at = tnrt_gap8_stream_init(&walk->weights, at, b.weight_bytes, b.weight_copies);
        at = tnrt_gap8_stream_init(&walk->records, at, b.record_bytes, b.weight_copies);
    }
    tnrt_gap8_stream_init(&walk->out, at, b.out_bytes, b.out_copies);
}

static inline int8_t *tnrt_gap8_newest(tnrt_gap8_stream *stream)
{
    tnrt_gap8_copy_wait(&stream->copy[stream->newest]);
    return stream->at[stream->newest];
}

/* The tile of `step` is in L1, and its output buffer is free. */
static inline void tnrt_gap8_take(tnrt_gap8_walk *walk, int32_t step)
{
    tnrt_gap8_job *const job = &walk->job;
    job->part = tnrt_gap8_part_of(walk, step);
    job->window = tnrt_gap8_window_of(walk, &job->part);
    job->in = tnrt_gap8_newest(&walk->in);
    if (job->shape.input_count > 1)
        job->in2 = tnrt_gap8_newest(&walk->in2);
    if (job->shape.has_filters) {
        job->weights = tnrt_gap8_newest(&walk->weights);
        job->records = (const int32_t *)tnrt_gap8_newest(&walk->records);
    }
    tnrt_gap8_copy_wait(&walk->out.copy[step & 1]);
    job->out = walk->out.at[step & 1];
}

/* Runs a layer: `compute` on all cores for each tile. `fill` is the value of padding. */
static inline void tnrt_gap8_run(const tnrt_layer *layer, const tnrt_call *call, int32_t kind,
                                 int32_t fill, tnrt_gap8_task *compute)
{
    tnrt_gap8_walk walk;
    walk.job.layer = layer;
    walk.job.call = call;
    walk.job.fill = fill;
    tnrt_gap8_walk_init(&walk, layer, call, kind);
    tnrt_gap8_lay_out(&walk);
    const int32_t step_count = walk.areas * walk.slices;
    tnrt_gap8_load(&walk, 0);
    for (int32_t step = 0; step < step_count; step++) {
        tnrt_gap8_take(&walk, step);
        if (step + 1 < step_count)
            tnrt_gap8_load(&walk, step + 1);
        if (tnrt_gap8_has_padding(&walk.job.window))
            tnrt_gap8_fork(tnrt_gap8_fill, &walk.job);
        tnrt_gap8_fork(compute, &walk.job);
        tnrt_gap8_store(&walk, step & 1);
    }
    tnrt_gap8_copy_wait(&walk.out.copy[0]);
    tnrt_gap8_copy_wait(&walk.out.copy[1]);
}

#endif
