#include "nn/layout.h"

#include <assert.h>
#include <string.h>

/* Floats that the gathered columns and the outputs of one tile should not exceed, so that
 * they stay in a second-level cache of 1 MiB together. */
enum { TILE_FLOATS = 192 * 1024 };

/* Maps and their gradients: at most two of each tensor. */
enum { ITEMS_MAX = 2 * TNAS_GRAPH_TENSORS_MAX };

/* Something that lives from time `first` to time `last` and is put at *at. */
typedef struct item {
    int first, last;
    size_t floats;
    size_t *at;
} item;

typedef struct item_list {
    int count;
    item items[ITEMS_MAX];
} item_list;

static size_t rounded(size_t floats)
{
    return (floats + TNAS_LANES - 1) / TNAS_LANES * TNAS_LANES;
}

/* A product reads 64 floats of every row at a time. Rows an odd multiple of 64 floats apart
 * spread evenly over the sets of a cache; rows a large power of two apart would compete for a
 * few. */
size_t tnas_row_stride(size_t floats)
{
    enum { STRIP = 64 };
    return ((floats + STRIP - 1) / (2 * STRIP) * 2 + 1) * STRIP;
}

size_t tnas_layout_pixels(const tnas_layout *layout, const tnas_tensor *tensor)
{
    return (size_t)layout->blocks * (size_t)tensor->h * (size_t)tensor->w;
}

tnas_conv_shape tnas_conv_shape_of(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]], *const out = &graph->tensors[o->out];
    tnas_conv_shape s = {.kernel_h = o->kernel_h,
                         .kernel_w = o->kernel_w,
                         .stride_h = o->stride_h,
                         .stride_w = o->stride_w,
                         .pad_top = o->pad_top,
                         .pad_left = o->pad_left};
    if (o->kind == TNAS_OP_FC)
        s = (tnas_conv_shape){.kernel_h = in->h, .kernel_w = in->w, .stride_h = 1, .stride_w = 1};
    s.in = *in;
    s.out = *out;
    s.depth = in->c * s.kernel_h * s.kernel_w;
    s.pointwise = s.kernel_h == 1 && s.kernel_w == 1 && in->h == out->h && in->w == out->w;
    if (s.pointwise) { /* may be cut anywhere */
        s.in.h = s.out.h = out->h * out->w;
        s.in.w = s.out.w = 1;
    }
    const int64_t row = (int64_t)s.out.w * TNAS_LANES * (s.depth + out->c);
    s.tile_rows = row < TILE_FLOATS ? (int32_t)(TILE_FLOATS / row) : 1;
    return s;
}

/* ---- When things live. Operator i runs forward at i + 1 and backward at 2 * ops - i. ---- */

static int forward_time(int op)
{
    return op + 1;
}

static int backward_time(const tnas_graph *graph, int op)
{
    return 2 * graph->op_count - op;
}

static int last_reader(const tnas_graph *graph, int tensor)
{
    int last = TNAS_NONE;
    for (int op = 0; op < graph->op_count; op++)
        if (graph->ops[op].in[0] == tensor || graph->ops[op].in[1] == tensor)
            last = op;
    return last;
}

static void add_item(item_list *list, int first, int last, size_t floats, size_t *at)
{
    assert(list->count < ITEMS_MAX);
    list->items[list->count++] = (item){first, last, floats, at};
}

/* The output's map also waits for the loss, and its gradient starts there: at ops + 1, just
 * before the last operator's backward at the same time. */
static void list_maps(const tnas_graph *graph, tnas_pass_kind kind, tnas_layout *layout,
                      item_list *list)
{
    const int loss_time = graph->op_count + 1;
    const int first = kind == TNAS_PASS_TRAIN_SHARED ? 2 : 0; /* those before have their place */
    for (int t = first; t < graph->tensor_count; t++) {
        const size_t floats = layout->stride[t] * (size_t)graph->tensors[t].c;
        const int producer = t - 1; /* of the input: before the first */
        const int reader = last_reader(graph, t);
        const bool output = t == tnas_graph_output(graph);
        const bool train = kind != TNAS_PASS_EVALUATE;

        int last = forward_time(reader != TNAS_NONE ? reader : producer);
        if (output)
            last = loss_time;
        if (train)
            last = backward_time(graph, t > 0 ? producer : 0);
        add_item(list, forward_time(producer), last, floats, &layout->map_at[t]);

        const bool has_gradient = train && t > 0 && (output || reader != TNAS_NONE);
        if (has_gradient)
            add_item(list, output ? loss_time : backward_time(graph, reader),
                     backward_time(graph, producer), floats, &layout->dmap_at[t]);
    }
}

/* ---- Where they go: largest first, each at the lowest place free during its life. ---- */

static void sort_by_size(item_list *list)
{
    for (int i = 1; i < list->count; i++) {
        const item moving = list->items[i];
        int to = i;
        for (; to > 0 && list->items[to - 1].floats < moving.floats; to--)
            list->items[to] = list->items[to - 1];
        list->items[to] = moving;
    }
}

/* Returns the end of the last, all being put from `base` on. */
static size_t place_items(item_list *list, size_t base)
{
    sort_by_size(list);
    const item *placed[ITEMS_MAX]; /* by place */
    size_t used = base;
    for (int i = 0; i < list->count; i++) {
        const item *const one = &list->items[i];
        size_t at = base;
        for (int p = 0; p < i; p++) {
            const item *const other = placed[p];
            if (other->first > one->last || other->last < one->first)
                continue;
            if (*other->at >= at + one->floats)
                break;
            if (*other->at + other->floats > at)
                at = *other->at + other->floats;
        }
        *one->at = at;
        used = at + one->floats > used ? at + one->floats : used;
        int to = i;
        for (; to > 0 && *placed[to - 1]->at > at; to--)
            placed[to] = placed[to - 1];
        placed[to] = one;
    }
    return used;
}

/* ---- Scratch ---- */

typedef struct scratch {
    size_t weight, columns, panels, plane, dplane; /* floats of the largest operator */
} scratch;

static void grow(size_t *largest, size_t floats)
{
    *largest = floats > *largest ? floats : *largest;
}

static scratch largest_scratch(const tnas_graph *graph)
{
    scratch need = {0};
    for (int op = 0; op < graph->op_count; op++) {
        const tnas_op *const o = &graph->ops[op];
        const tnas_tensor *const in = &graph->tensors[o->in[0]];
        const tnas_tensor *const out = &graph->tensors[o->out];
        if (o->kind == TNAS_OP_CONV2D || o->kind == TNAS_OP_FC) {
            const tnas_conv_shape s = tnas_conv_shape_of(graph, op);
            grow(&need.weight, (size_t)s.depth * (size_t)out->c);
            grow(&need.columns, (size_t)s.depth * tnas_row_stride((size_t)s.tile_rows *
                                                                  (size_t)s.out.w * TNAS_LANES));
            grow(&need.panels, TNAS_PANEL_FLOATS);
            grow(&need.panels, (size_t)(s.depth > out->c ? s.depth : out->c) * TNAS_PANEL);
        } else if (o->kind != TNAS_OP_ADD) {
            /* The input with all its padding, and the gradient with a border as wide as the
             * window, whichever operator wants less. */
            const size_t window_h = (size_t)(out->h - 1) * o->stride_h + o->kernel_h;
            const size_t window_w = (size_t)(out->w - 1) * o->stride_w + o->kernel_w;
            const size_t border_h = (size_t)in->h + o->kernel_h - 1;
            const size_t border_w = (size_t)in->w + o->kernel_w - 1;
            const size_t window = window_h * window_w, border = border_h * border_w;
            grow(&need.plane, (window > border ? window : border) * TNAS_LANES);
            grow(&need.dplane, border * TNAS_LANES);
            /* Each tap of a depthwise gradient has a value in every lane. */
            grow(&need.weight, (size_t)out->c * o->kernel_h * o->kernel_w);
            grow(&need.columns, (size_t)o->kernel_h * o->kernel_w * (TNAS_LANES + 1));
        }
    }
    return need;
}

static size_t take(tnas_layout *layout, size_t floats)
{
    const size_t at = layout->floats;
    layout->floats += rounded(floats);
    return at;
}

static void take_channels(const tnas_net *net, int op, tnas_layout *layout)
{
    if (net->views[op].slot != TNAS_NONE)
        layout->channels_at[op] =
            take(layout, TNAS_CHANNEL_FLOATS * rounded((size_t)net->views[op].out_prefix));
}

/* Of every tensor: a grid may come and go between two steps. */
static void take_inside(const tnas_net *net, tnas_layout *layout)
{
    for (int t = 1; t < net->graph.tensor_count; t++) {
        const tnas_tensor *const shape = &net->graph.tensors[t];
        const size_t pixels = tnas_layout_pixels(layout, shape) * (size_t)shape->c;
        layout->inside_at[t] = take(layout, (pixels * TNAS_LANES / 8 + 3) / sizeof(float));
    }
}

static void take_stem(const tnas_net *net, tnas_layout *layout)
{
    const tnas_tensor *const tensors = net->graph.tensors;
    layout->map_at[0] = take(layout, layout->stride[0] * (size_t)tensors[0].c);
    layout->map_at[1] = take(layout, layout->stride[1] * (size_t)tensors[1].c);
    layout->dmap_at[1] = take(layout, layout->stride[1] * (size_t)tensors[1].c);
    take_channels(net, 0, layout);
}

void tnas_layout_build(const tnas_net *net, int images, tnas_pass_kind kind, tnas_layout *out)
{
    const tnas_graph *const graph = &net->graph;
    memset(out, 0, sizeof *out);
    out->images = images;
    out->blocks = (images + TNAS_LANES - 1) / TNAS_LANES;
    for (int t = 0; t < graph->tensor_count; t++)
        out->stride[t] = tnas_row_stride(tnas_layout_pixels(out, &graph->tensors[t]) * TNAS_LANES);
    if (kind == TNAS_PASS_TRAIN_SHARED)
        take_stem(net, out);
    item_list list;
    list.count = 0;
    list_maps(graph, kind, out, &list);
    out->floats = place_items(&list, out->floats);

    const bool train = kind != TNAS_PASS_EVALUATE;
    const scratch need = largest_scratch(graph);
    out->weight_at = take(out, need.weight);
    out->dweight_at = take(out, train ? need.weight : 0);
    out->transform_at = take(out, net->transform_floats);
    out->columns_at = take(out, need.columns);
    out->dcolumns_at = take(out, train ? need.columns : 0);
    out->panels_at = take(out, need.panels);
    out->plane_at = take(out, need.plane);
    out->dplane_at = take(out, train ? need.dplane : 0);
    for (int op = kind == TNAS_PASS_TRAIN_SHARED ? 1 : 0; op < graph->op_count; op++)
        take_channels(net, op, out);
    if (train && net->grids != NULL)
        take_inside(net, out);
}
