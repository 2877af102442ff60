#include "graph/tile.h"

#include <assert.h>

enum {
    STEP_BYTES = 1024,    /* what a step costs beside its bytes: two forks, some transfers */
    CANDIDATES_MAX = 512, /* different ceil(n / k) for n <= 32767 are at most 362 */
};

void tnas_tile_shape(const tnas_graph *graph, int op, tnrt_gap8_shape *out)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const from = &graph->tensors[o->in[0]], *const to = &graph->tensors[o->out];
    *out = (tnrt_gap8_shape){
        .in_c = o->kind == TNAS_OP_FC ? (int32_t)tnas_tensor_count(from) : from->c,
        .out_h = to->h,
        .out_w = to->w,
        .out_c = to->c,
        .kernel_h = o->kernel_h,
        .kernel_w = o->kernel_w,
        .stride_h = o->stride_h,
        .stride_w = o->stride_w,
        .input_count = tnas_op_input_count(o->kind),
        .channelwise = o->kind != TNAS_OP_CONV2D && o->kind != TNAS_OP_FC,
        .has_filters = tnas_op_has(o->kind, TNAS_OP_FILTERS),
    };
}

/* Weights and windows so large would not fit; their products here still fit 64 bits. */
static bool is_in_range(const tnrt_gap8_shape *shape, int64_t l1_bytes)
{
    return (int64_t)shape->kernel_w * shape->in_c <= l1_bytes || shape->channelwise;
}

bool tnas_tile_fits(const tnrt_gap8_shape *shape, int64_t l1_bytes)
{
    const tnrt_gap8_tile smallest = {1, 1, shape->out_c < 4 ? shape->out_c : 4, 0};
    return is_in_range(shape, l1_bytes) && tnrt_gap8_buffers_of(shape, &smallest).bytes <= l1_bytes;
}

int64_t tnas_tile_moved_bytes(const tnrt_gap8_shape *shape, const tnrt_gap8_tile *tile)
{
    const int64_t rows = tnrt_gap8_count(shape->out_h, tile->h);
    const int64_t columns = tnrt_gap8_count(shape->out_w, tile->w);
    const int64_t areas = rows * columns, slices = tnrt_gap8_count(shape->out_c, tile->c);
    const int64_t blocks = tnrt_gap8_count(shape->out_c, 4);
    const bool pixels_outermost = (tile->flags & TNRT_GAP8_PIXELS_OUTERMOST) != 0;
    /* Windows of tiles side by side overlap by kernel - stride. */
    const int64_t in_h = (shape->out_h - rows) * shape->stride_h + rows * shape->kernel_h;
    const int64_t in_w = (shape->out_w - columns) * shape->stride_w + columns * shape->kernel_w;
    const bool again = !shape->channelwise && !pixels_outermost && areas > 1;
    const int64_t in = in_h * in_w * shape->in_c * shape->input_count * (again ? slices : 1);
    const int64_t filters =
        shape->has_filters
            ? blocks * (tnrt_gap8_block_bytes(shape) + 4 * TNRT_GAP8_RECORD_WORDS * 4)
            : 0;
    return in + filters * (pixels_outermost && slices > 1 ? areas : 1) +
           (int64_t)shape->out_h * shape->out_w * shape->out_c;
}

static int64_t cost(const tnrt_gap8_shape *shape, const tnrt_gap8_tile *tile,
                    const tnrt_gap8_buffers *buffers)
{
    const int64_t steps = (int64_t)tnrt_gap8_count(shape->out_h, tile->h) *
                          tnrt_gap8_count(shape->out_w, tile->w) *
                          tnrt_gap8_count(shape->out_c, tile->c);
    const int64_t exposed = buffers->in_bytes * shape->input_count + buffers->weight_bytes +
                            buffers->record_bytes + buffers->out_bytes;
    return tnas_tile_moved_bytes(shape, tile) + exposed + STEP_BYTES * steps;
}

/* The extents of a tile that cut `extent` into 1, 2, 3 ... equal pieces, largest first. */
static int candidates(int32_t extent, int32_t multiple, int32_t out[CANDIDATES_MAX])
{
    int count = 0;
    for (int32_t pieces = 1; pieces <= extent; pieces++) {
        const int32_t exact = tnrt_gap8_count(extent, pieces);
        const int32_t rounded = tnrt_gap8_count(exact, multiple) * multiple;
        const int32_t size = rounded < extent ? rounded : extent;
        if (count > 0 && out[count - 1] == size) {
            /* The next smaller size needs at least so many pieces. */
            const int32_t smaller = size > multiple ? size - multiple : 1;
            const int32_t skip = tnrt_gap8_count(extent, smaller) - 1;
            pieces = skip > pieces ? skip : pieces;
            if (size <= multiple)
                break;
            continue;
        }
        assert(count < CANDIDATES_MAX);
        out[count++] = size;
    }
    return count;
}

tnrt_gap8_tile tnas_tile_find(const tnrt_gap8_shape *shape, int64_t l1_bytes)
{
    int32_t hs[CANDIDATES_MAX], ws[CANDIDATES_MAX], cs[CANDIDATES_MAX];
    const int h_count = candidates(shape->out_h, 1, hs), w_count = candidates(shape->out_w, 1, ws);
    const int c_count = candidates(shape->out_c, 4, cs);
    tnrt_gap8_tile best = {0, 0, 0, 0};
    int64_t best_cost = INT64_MAX;
    for (int c = 0; c < c_count; c++)
        for (int w = 0; w < w_count; w++)
            for (int h = 0; h < h_count; h++)
                for (int32_t flags = 0; flags <= TNRT_GAP8_PIXELS_OUTERMOST; flags++) {
                    const tnrt_gap8_tile tile = {hs[h], ws[w], cs[c], flags};
                    const tnrt_gap8_buffers buffers = tnrt_gap8_buffers_of(shape, &tile);
                    if (buffers.bytes > l1_bytes)
                        continue;
                    const int64_t tile_cost = cost(shape, &tile, &buffers);
                    if (tile_cost < best_cost) {
                        best_cost = tile_cost;
                        best = tile;
                    }
                }
    assert(best.h > 0);
    return best;
}
