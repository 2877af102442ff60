/* SPDX-License-Identifier: 0BSD */
/* The walk itself: where a tile lies, what of it must be loaded, and the loop. */
#include "tnrt_gap8_walk.h"

/* One kind of buffer, once or twice. A load goes into the one that was not loaded last. */
typedef struct stream {
    int8_t *at[2];
    tnrt_gap8_copy copy[2];
    int32_t newest, key; /* which was loaded last, and with what */
} stream;

typedef struct walker {
    tnrt_gap8_job job;
    tnrt_gap8_tile tile;
    stream in, in2, weights, records, out;
    int32_t columns, areas, slices; /* tiles along a row, in the image, along the channels */
    int32_t in_h, in_w, in_row_stride, in2_row_stride;
} walker;

/* ---- Geometry ---------------------------------------------------------------------------- */

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : tnrt_gap8_min(value, high);
}

static tnrt_gap8_part part_of(const walker *walk, int32_t step)
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

static tnrt_gap8_window window_of(const walker *walk, const tnrt_gap8_part *part)
{
    const tnrt_gap8_shape *shape = &walk->job.shape;
    const int flat = (walk->tile.flags & TNRT_GAP8_FLAT) != 0;
    tnrt_gap8_window window;
    window.y = part->y * shape->stride_h - (flat ? 0 : walk->job.call->pad_top);
    window.x = part->x * shape->stride_w - (flat ? 0 : walk->job.call->pad_left);
    window.rows = (part->h - 1) * shape->stride_h + shape->kernel_h;
    window.cols = (part->w - 1) * shape->stride_w + shape->kernel_w;
    window.first_row = clamp(-window.y, 0, window.rows);
    window.end_row = clamp(walk->in_h - window.y, window.first_row, window.rows);
    window.first_col = clamp(-window.x, 0, window.cols);
    window.end_col = clamp(walk->in_w - window.x, window.first_col, window.cols);
    window.pixel_bytes = shape->channelwise ? part->c_count : shape->in_c;
    window.row_bytes = window.cols * window.pixel_bytes;
    return window;
}

/* ---- Copies ------------------------------------------------------------------------------ */

/* The buffer to load, or NULL when what was loaded last is what is wanted. */
static int8_t *turn(stream *s, int32_t key)
{
    if (s->key == key)
        return NULL;
    s->key = key;
    s->newest ^= 1;
    return s->at[s->newest];
}

static void load_bytes(stream *s, int32_t key, const int8_t *from, int32_t bytes)
{
    tnrt_gap8_box box;
    int8_t *const to = turn(s, key);
    if (to == NULL || bytes == 0)
        return;
    box.planes = box.rows = 1;
    box.l2_plane_stride = box.l1_plane_stride = box.l2_row_stride = 0;
    box.row_bytes = bytes;
    tnrt_gap8_copy_in(&s->copy[s->newest], to, from, &box);
}

/* What of a window exists goes to its place in the buffer; rows without padding between them are
 * one plane. */
static void load_window(const walker *walk, stream *s, int32_t key, const int8_t *from,
                        int32_t row_stride, const tnrt_gap8_part *part)
{
    const tnrt_gap8_window window = window_of(walk, part);
    const int32_t in_c = walk->job.shape.in_c;
    const int32_t rows = window.end_row - window.first_row;
    const int32_t cols = window.end_col - window.first_col;
    int8_t *to = turn(s, key);
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
    tnrt_gap8_copy_in(&s->copy[s->newest], to, from, &box);
}

/* Starts what step `step` needs and the step before did not. */
static void load(walker *walk, int32_t step)
{
    const tnrt_gap8_job *const job = &walk->job;
    const tnrt_gap8_part part = part_of(walk, step);
    const int32_t area = part.y / walk->tile.h * walk->columns + part.x / walk->tile.w;
    const int32_t in_key = job->shape.channelwise ? step : area;
    load_window(walk, &walk->in, in_key, job->call->in, walk->in_row_stride, &part);
    if (job->shape.input_count > 1)
        load_window(walk, &walk->in2, in_key, job->call->in2, walk->in2_row_stride, &part);
    if (job->shape.has_filters) {
        const int32_t first = part.c / 4, blocks = tnrt_gap8_words(part.c_count);
        const int32_t block_bytes = (int32_t)tnrt_gap8_block_bytes(&job->shape);
        const int32_t record_bytes = 4 * TNRT_GAP8_RECORD_WORDS * 4;
        const int8_t *const records = (const int8_t *)(job->layer->params + TNRT_GAP8_HEADER_WORDS);
        load_bytes(&walk->weights, part.c, job->layer->weights + first * block_bytes,
                   blocks * block_bytes);
        load_bytes(&walk->records, part.c, records + first * record_bytes, blocks * record_bytes);
    }
}

static void store(walker *walk, int32_t buffer)
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

static void fill_bytes(int8_t *at, int32_t count, int32_t value)
{
    for (int32_t i = 0; i < count; i++)
        at[i] = (int8_t)value;
}

/* Writes the padding of a tile: the parts of its rows that the image lacks. */
static void fill_padding(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const tnrt_gap8_window *const window = &job->window;
    const int32_t left = window->first_col * window->pixel_bytes;
    const int32_t right = window->end_col * window->pixel_bytes;
    for (int32_t row = core; row < window->rows; row += TNRT_GAP8_CORES) {
        int8_t *const at = job->in + row * window->row_bytes;
        if (row < window->first_row || row >= window->end_row) {
            fill_bytes(at, window->row_bytes, job->fill);
        } else {
            fill_bytes(at, left, job->fill);
            fill_bytes(at + right, window->row_bytes - right, job->fill);
        }
    }
}

static int has_padding(const tnrt_gap8_window *window)
{
    return window->first_row > 0 || window->end_row < window->rows || window->first_col > 0 ||
           window->end_col < window->cols;
}

static int8_t *stream_init(stream *s, int8_t *at, int64_t bytes, int32_t copies)
{
    s->at[0] = at;
    s->at[1] = copies > 1 ? at + bytes : at;
    s->copy[0].pending = s->copy[1].pending = 0;
    s->newest = 1;
    s->key = -1;
    return at + copies * bytes;
}

static void walker_init(walker *walk, const tnrt_layer *layer, const tnrt_call *call, int32_t kind)
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

static void lay_out(walker *walk)
{
    const tnrt_gap8_buffers b = tnrt_gap8_buffers_of(&walk->job.shape, &walk->tile);
    int8_t *at = tnrt_gap8_l1();
    at = stream_init(&walk->in, at, b.in_bytes, b.in_copies);
    if (walk->job.shape.input_count > 1)
        at = stream_init(&walk->in2, at, b.in_bytes, b.in_copies);
    if (walk->job.shape.has_filters) {
        at = stream_init(&walk->weights, at, b.weight_bytes, b.weight_copies);
        at = stream_init(&walk->records, at, b.record_bytes, b.weight_copies);
    }
    stream_init(&walk->out, at, b.out_bytes, b.out_copies);
}

static int8_t *newest_of(stream *s)
{
    tnrt_gap8_copy_wait(&s->copy[s->newest]);
    return s->at[s->newest];
}

/* The tile of `step` is in L1, and its output buffer is free. */
static void take(walker *walk, int32_t step)
{
    tnrt_gap8_job *const job = &walk->job;
    job->part = part_of(walk, step);
    job->window = window_of(walk, &job->part);
    job->in = newest_of(&walk->in);
    if (job->shape.input_count > 1)
        job->in2 = newest_of(&walk->in2);
    if (job->shape.has_filters) {
        job->weights = newest_of(&walk->weights);
        job->records = (const int32_t *)newest_of(&walk->records);
    }
    tnrt_gap8_copy_wait(&walk->out.copy[step & 1]);
    job->out = walk->out.at[step & 1];
}

void tnrt_gap8_walk(const tnrt_layer *layer, const tnrt_call *call, int32_t kind, int32_t fill,
                    tnrt_gap8_task *compute)
{
    walker walk;
    walk.job.layer = layer;
    walk.job.call = call;
    walk.job.fill = fill;
    walker_init(&walk, layer, call, kind);
    lay_out(&walk);
    const int32_t step_count = walk.areas * walk.slices;
    load(&walk, 0);
    for (int32_t step = 0; step < step_count; step++) {
        take(&walk, step);
        if (step + 1 < step_count)
            load(&walk, step + 1);
        if (has_padding(&walk.job.window))
            tnrt_gap8_fork(fill_padding, &walk.job);
        tnrt_gap8_fork(compute, &walk.job);
        store(&walk, step & 1);
    }
    tnrt_gap8_copy_wait(&walk.out.copy[0]);
    tnrt_gap8_copy_wait(&walk.out.copy[1]);
}
