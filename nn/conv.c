/* Convolutions and fully connected layers as matrix products.
 *
 * The columns of a tile of output rows are gathered from the input, normalised and activated on
 * the way, into a buffer that stays in the cache. Those of a 1x1 convolution are the input's
 * channels, which the product itself normalises and activates:
 *   forward   out    [out_c, pixels] = weight [out_c, depth] * columns [depth, pixels]
 *   backward  dweight               += dout * columns transposed
 *             dcolumns               = weight transposed * dout, then added to the input's
 *                                      gradient where the columns came from
 * A tile counts rows of all blocks through: row r is row r % h of block r / h. */
#include <string.h>

#include "nn/pass.h"

typedef struct tile {
    tnas_conv_shape shape;
    tnas_map in;
    tnas_tensor out;
    size_t out_stride; /* from channel to channel of the output */
    int32_t row, rows; /* of the output, all blocks through */
} tile;

static size_t tile_floats(const tile *t)
{
    return (size_t)t->rows * (size_t)t->out.w * TNAS_LANES;
}

static size_t column_stride(const tile *t)
{
    return tnas_row_stride(tile_floats(t));
}

/* Offset of the tile in a channel of the output. */
static size_t tile_at(const tile *t)
{
    return (size_t)t->row * (size_t)t->out.w * TNAS_LANES;
}

/* The tile in the first channels. */
static tnas_part tile_part(const tile *t, int32_t channels)
{
    const size_t width = (size_t)t->out.w;
    return (tnas_part){0, channels, (size_t)t->row * width, (size_t)t->rows * width};
}

/* Outputs first..end-1 along one side see the image through this tap; the others padding. */
typedef struct range {
    int32_t first, end;
} range;

static range outputs_inside(int32_t in, int32_t out, int32_t stride, int32_t pad, int32_t tap)
{
    const int32_t reach = in - 1 + pad - tap; /* input index of output o: o * stride + tap - pad */
    range r = {pad > tap ? (pad - tap + stride - 1) / stride : 0, 0};
    if (reach >= 0)
        r.end = reach / stride + 1 < out ? reach / stride + 1 : out;
    if (r.first > r.end)
        r.first = r.end;
    return r;
}

/* Rows of one block that a tap connects: from the input at in_at to its column at column_at. */
typedef struct tap_run {
    size_t column_at, in_at;
    tnas_grid grid; /* in: input, out: column */
} tap_run;

/* The run of tap (ky, kx) in the block of output row `row`, for at most `rows` rows. */
static tap_run run_of(const tile *t, int32_t ky, int32_t kx, int32_t row, int32_t rows)
{
    const tnas_conv_shape *const s = &t->shape;
    const tnas_tensor *const in = &t->in.shape;
    const int32_t block = row / t->out.h, oy = row % t->out.h;
    const range x = outputs_inside(in->w, t->out.w, s->stride_w, s->pad_left, kx);
    range y = outputs_inside(in->h, t->out.h, s->stride_h, s->pad_top, ky);
    y.first = y.first > oy ? y.first : oy;
    y.end = y.end < oy + rows ? y.end : oy + rows;
    if (y.first >= y.end || x.first >= x.end)
        return (tap_run){0};

    const size_t iy = (size_t)(y.first * s->stride_h + ky - s->pad_top);
    const size_t ix = (size_t)(x.first * s->stride_w + kx - s->pad_left);
    const size_t in_row = (size_t)in->w * TNAS_LANES, out_row = (size_t)t->out.w * TNAS_LANES;
    const int32_t column_row = row - t->row + y.first - oy;
    return (tap_run){
        .column_at = (size_t)column_row * out_row + (size_t)x.first * TNAS_LANES,
        .in_at = ((size_t)block * (size_t)in->h + iy) * in_row + ix * TNAS_LANES,
        .grid = {.rows = y.end - y.first,
                 .cols = x.end - x.first,
                 .out_row = out_row,
                 .out_pixel = TNAS_LANES,
                 .in_row = in_row * (size_t)s->stride_h,
                 .in_pixel = TNAS_LANES * (size_t)s->stride_w},
    };
}

static int32_t rows_in_block(const tile *t, int32_t row)
{
    const int32_t left_in_block = t->out.h - row % t->out.h;
    const int32_t left_in_tile = t->row + t->rows - row;
    return left_in_block < left_in_tile ? left_in_block : left_in_tile;
}

/* Calls `visit` for every run of every column of the tile. */
typedef struct column_walk {
    const tnas_pass *pass;
    float *columns; /* [depth, tile] */
    float *din;     /* gradient map of the input */
    void (*visit)(const struct column_walk *walk, const tile *t, int32_t channel, float *column,
                  const tap_run *run);
} column_walk;

static void walk_columns(const column_walk *walk, const tile *t)
{
    float *column = walk->columns;
    for (int32_t c = 0; c < t->in.shape.c; c++)
        for (int32_t ky = 0; ky < t->shape.kernel_h; ky++)
            for (int32_t kx = 0; kx < t->shape.kernel_w; kx++, column += column_stride(t))
                for (int32_t row = t->row; row < t->row + t->rows; row += rows_in_block(t, row)) {
                    const tap_run run = run_of(t, ky, kx, row, rows_in_block(t, row));
                    walk->visit(walk, t, c, column, &run);
                }
}

static void gather_run(const column_walk *walk, const tile *t, int32_t channel, float *column,
                       const tap_run *run)
{
    walk->pass->kernels->activate(column + run->column_at,
                                  t->in.data + (size_t)channel * t->in.stride + run->in_at,
                                  &run->grid, tnas_map_affine(&t->in, channel));
}

static void scatter_run(const column_walk *walk, const tile *t, int32_t channel, float *column,
                        const tap_run *run)
{
    const tnas_grid back = {.rows = run->grid.rows,
                            .cols = run->grid.cols,
                            .out_row = run->grid.in_row,
                            .out_pixel = run->grid.in_pixel,
                            .in_row = run->grid.out_row,
                            .in_pixel = run->grid.out_pixel};
    walk->pass->kernels->activate_add(walk->din + (size_t)channel * t->in.stride + run->in_at,
                                      column + run->column_at, &back,
                                      (tnas_affine){1.0f, 0.0f, TNAS_ACT_NONE});
}

/* A matrix whose rows are runs of a tile: gathered columns, or channels of a map, which the
 * product still has to normalise and activate. */
typedef struct rows {
    const float *data;
    size_t stride;
    const float *scale, *shift;
    uint8_t activation;
} rows;

static rows columns_of(const tnas_pass *pass, const tile *t)
{
    const bool apart = t->in.scale == NULL && t->in.activation != TNAS_ACT_NONE;
    if (t->shape.pointwise && !apart)
        return (rows){t->in.data + tile_at(t), t->in.stride, t->in.scale, t->in.shift,
                      t->in.activation};
    float *const columns = pass->block + pass->layout->columns_at;
    if (!t->shape.pointwise) /* taps in the padding stay zero */
        memset(columns, 0, (size_t)t->shape.depth * column_stride(t) * sizeof(float));
    const column_walk walk = {.pass = pass, .columns = columns, .visit = gather_run};
    walk_columns(&walk, t);
    return (rows){.data = columns, .stride = column_stride(t)};
}

static tile first_tile(const tnas_pass *pass, int op)
{
    const tnas_op *const o = &pass->net->graph.ops[op];
    tile t = {.shape = tnas_conv_shape_of(&pass->net->graph, op),
              .in = tnas_pass_map(pass, o->in[0]),
              .out_stride = pass->layout->stride[o->out]};
    t.in.shape = t.shape.in;
    t.out = t.shape.out;
    return t;
}

/* The next tile, the first when rows is 0; false after the last. */
static bool next_tile(const tnas_pass *pass, tile *t)
{
    const int32_t all = pass->layout->blocks * t->out.h;
    t->row += t->rows;
    t->rows = all - t->row < t->shape.tile_rows ? all - t->row : t->shape.tile_rows;
    return t->rows > 0;
}

void tnas_conv_forward(tnas_pass *pass, int op)
{
    const int out = pass->net->graph.ops[op].out;
    const float *const weight = tnas_pass_weight(pass, op);
    float *const data = tnas_pass_data(pass, out);
    tile t = first_tile(pass, op);
    while (next_tile(pass, &t)) {
        const rows columns = columns_of(pass, &t);
        const tnas_product product = {.m = t.out.c,
                                      .k = t.shape.depth,
                                      .n = tile_floats(&t),
                                      .a_row = (size_t)t.shape.depth,
                                      .a_col = 1,
                                      .b_row = columns.stride,
                                      .out_row = t.out_stride,
                                      .scale = columns.scale,
                                      .shift = columns.shift,
                                      .activation = columns.activation,
                                      .scratch = pass->block + pass->layout->panels_at};
        pass->kernels->multiply(&product, weight, columns.data, data + tile_at(&t));
        tnas_norm_see_map(pass, op, tile_part(&t, t.out.c));
    }
    tnas_pass_clear_padding(pass, data, &t.out, t.out_stride, t.out.c);
    for (int32_t c = 0; c < t.out.c; c++)
        tnas_norm_forward(pass, op, c);
}

/* Carries the tile's gradient back through activation and batch norm, in place. */
static void gradient_of_tile(const tnas_pass *pass, int op, const tile *t)
{
    const int out = pass->net->graph.ops[op].out, last = pass->layout->blocks - 1;
    const int32_t pixels = t->rows * t->out.w;
    const tnas_grid grid = {
        .rows = 1, .cols = pixels, .out_pixel = TNAS_LANES, .in_pixel = TNAS_LANES};
    /* Pixels of the tile before the last block, the only one that can have padding. */
    const int32_t before = (last * t->out.h - t->row) * t->out.w;
    const int32_t skipped = before < 0 ? 0 : before < pixels ? before : pixels;
    for (int32_t c = 0; c < t->out.c; c++) {
        const size_t at = (size_t)c * t->out_stride + tile_at(t);
        float *const dout = tnas_pass_dmap(pass, out) + at;
        const tnas_affine_gradient norm = tnas_norm_gradient(pass, op, c);
        pass->kernels->gradient(dout, dout, tnas_pass_data(pass, out) + at, &grid, &norm);
        tnas_pass_clear_plane(pass, dout + (size_t)skipped * TNAS_LANES, (size_t)(pixels - skipped),
                              last);
    }
}

/* Gradient of the tile's input: weight transposed times dout, spread to where the columns came
 * from. Pointwise columns are the input itself. */
static void gradient_of_input(const tnas_pass *pass, const tile *t, const float *weight,
                              const float *dout, float *din, bool add)
{
    const bool direct = t->shape.pointwise;
    float *const dcolumns = pass->block + pass->layout->dcolumns_at;
    const tnas_product product = {.m = t->shape.depth,
                                  .k = t->out.c,
                                  .n = tile_floats(t),
                                  .a_row = 1,
                                  .a_col = (size_t)t->shape.depth,
                                  .b_row = t->out_stride,
                                  .out_row = direct ? t->in.stride : column_stride(t),
                                  .add = direct && add,
                                  .scratch = pass->block + pass->layout->panels_at};
    pass->kernels->multiply(&product, weight, dout, direct ? din + tile_at(t) : dcolumns);
    if (direct)
        return;
    const column_walk walk = {.pass = pass, .columns = dcolumns, .din = din, .visit = scatter_run};
    walk_columns(&walk, t);
}

void tnas_conv_backward(tnas_pass *pass, int op)
{
    const int in = pass->net->graph.ops[op].in[0], out = pass->net->graph.ops[op].out;
    const float *const weight = tnas_pass_weight(pass, op);
    float *const dweight = pass->block + pass->layout->dweight_at;
    memset(dweight, 0, (size_t)tnas_op_weight_count(&pass->net->graph, op) * sizeof(float));

    tile t = first_tile(pass, op);
    float *const din = in > 0 ? tnas_pass_dmap(pass, in) : NULL;
    const bool add = in > 0 && tnas_pass_adds_gradient(pass, in);
    if (din != NULL && !add && !t.shape.pointwise)
        memset(din, 0, (size_t)t.in.shape.c * t.in.stride * sizeof(float));

    const bool shows = t.shape.pointwise && tnas_pass_completes_gradient(pass, op, in);
    for (int32_t c = 0; c < t.out.c; c++)
        tnas_norm_backward(pass, op, c);
    while (next_tile(pass, &t)) {
        if (!pass->gradient_settled[out])
            gradient_of_tile(pass, op, &t);
        const float *const dout = tnas_pass_dmap(pass, out) + tile_at(&t);
        const rows columns = columns_of(pass, &t);
        const tnas_product product = {.m = t.out.c,
                                      .k = t.shape.depth,
                                      .n = tile_floats(&t),
                                      .a_row = t.out_stride,
                                      .b_row = columns.stride,
                                      .out_row = (size_t)t.shape.depth,
                                      .scale = columns.scale,
                                      .shift = columns.shift,
                                      .activation = columns.activation};
        pass->kernels->multiply_transposed(&product, dout, columns.data, dweight);
        if (din != NULL)
            gradient_of_input(pass, &t, weight, dout, din, add);
        if (shows)
            tnas_norm_see_gradient(pass, in, tile_part(&t, t.in.shape.c));
    }
    pass->gradient_seen[in] = shows;
    tnas_pass_add_weight_gradient(pass, op);
}
