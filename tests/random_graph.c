#include "tests/random_graph.h"

#include <check.h>
#include <stdbool.h>

/* One draw per initialiser or statement: compilers evaluate arguments in different orders. */
static int below(tnas_rng *rng, int bound)
{
    return (int)tnas_rng_below(rng, (uint32_t)bound);
}

static int append(tnas_graph *graph, const tnas_op *op, int32_t out_c)
{
    const int tensor = tnas_graph_append(graph, op, out_c);
    ck_assert_int_ne(tensor, TNAS_NONE);
    return tensor;
}

static tnas_op plain_op(tnas_op_kind kind, int in, int in2)
{
    return (tnas_op){.kind = (uint8_t)kind,
                     .in = {(int16_t)in, (int16_t)in2},
                     .kernel_h = 1,
                     .kernel_w = 1,
                     .stride_h = 1,
                     .stride_w = 1};
}

int graph_append_conv(tnas_graph *graph, tnas_op_kind kind, int in, int kernel, int stride,
                      int32_t out_c, tnas_activation activation)
{
    tnas_op op = plain_op(kind, in, TNAS_NONE);
    op.activation = (uint8_t)activation;
    op.kernel_h = op.kernel_w = (uint8_t)kernel;
    op.stride_h = op.stride_w = (uint8_t)stride;
    const tnas_tensor *const shape = &graph->tensors[in];
    tnas_pad_same(shape->h, kernel, stride, &op.pad_top, &op.pad_bottom);
    tnas_pad_same(shape->w, kernel, stride, &op.pad_left, &op.pad_right);
    return append(graph, &op, out_c);
}

int graph_append_add(tnas_graph *graph, int in, int in2)
{
    const tnas_op op = plain_op(TNAS_OP_ADD, in, in2);
    return append(graph, &op, 0);
}

int graph_append_global_pool(tnas_graph *graph, tnas_op_kind kind, int in)
{
    tnas_op op = plain_op(kind, in, TNAS_NONE);
    op.kernel_h = (uint8_t)graph->tensors[in].h;
    op.kernel_w = (uint8_t)graph->tensors[in].w;
    return append(graph, &op, 0);
}

int graph_append_fc(tnas_graph *graph, int in, int32_t out_c)
{
    const tnas_op op = plain_op(TNAS_OP_FC, in, TNAS_NONE);
    return append(graph, &op, out_c);
}

static int append_head(tnas_rng *rng, tnas_graph *graph, int in)
{
    int t = in;
    if (below(rng, 2))
        t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 1, 1, 64 + 16 * below(rng, 20),
                              TNAS_ACT_RELU6);
    t = graph_append_global_pool(graph, TNAS_OP_AVGPOOL, t);
    return graph_append_fc(graph, t, 2 + below(rng, 20));
}

static int append_bottleneck(tnas_rng *rng, tnas_graph *graph, int in, int stride, int32_t out_c)
{
    const int32_t in_c = graph->tensors[in].c;
    const int expand = 1 + below(rng, 6), kernel = 3 + 2 * below(rng, 3);
    int t = in;
    if (expand > 1)
        t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 1, 1, in_c * expand, TNAS_ACT_RELU6);
    t = graph_append_conv(graph, TNAS_OP_DWCONV2D, t, kernel, stride, 0, TNAS_ACT_RELU6);
    t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 1, 1, out_c, TNAS_ACT_NONE);
    if (stride != 1 || in_c != out_c)
        return t;
    return below(rng, 2) ? graph_append_add(graph, in, t) : graph_append_add(graph, t, in);
}

void random_mbconv_graph(tnas_rng *rng, tnas_graph *out)
{
    const int32_t h = 16 + below(rng, 161), w = 16 + below(rng, 161), c = below(rng, 2) ? 3 : 1;
    const int stem_stride = 1 + below(rng, 2), stem_c = 8 + 8 * below(rng, 4);
    tnas_graph_init(out, h, w, c);
    int t = graph_append_conv(out, TNAS_OP_CONV2D, 0, 3, stem_stride, stem_c, TNAS_ACT_RELU6);
    const int stage_count = 2 + below(rng, 5);
    for (int stage = 0; stage < stage_count; stage++) {
        const int depth = 1 + below(rng, 4);
        const int32_t channels = 8 * (1 + below(rng, 3 + 3 * stage));
        for (int block = 0; block < depth; block++)
            t = append_bottleneck(rng, out, t, block == 0 ? 1 + below(rng, 2) : 1, channels);
    }
    append_head(rng, out, t);
}

static int append_resblock(tnas_rng *rng, tnas_graph *graph, int in, int stride, int32_t out_c)
{
    const bool projects = stride != 1 || graph->tensors[in].c != out_c;
    const bool shortcut_first = below(rng, 2);
    int shortcut = in;
    if (projects && shortcut_first)
        shortcut = graph_append_conv(graph, TNAS_OP_CONV2D, in, 1, stride, out_c, TNAS_ACT_NONE);
    int t = graph_append_conv(graph, TNAS_OP_CONV2D, in, 3, stride, out_c, TNAS_ACT_RELU);
    t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 3, 1, out_c, TNAS_ACT_NONE);
    if (projects && !shortcut_first)
        shortcut = graph_append_conv(graph, TNAS_OP_CONV2D, in, 1, stride, out_c, TNAS_ACT_NONE);
    return graph_append_add(graph, t, shortcut);
}

void random_resblock_graph(tnas_rng *rng, tnas_graph *out)
{
    const int32_t h = 16 + below(rng, 100), w = 16 + below(rng, 100);
    tnas_graph_init(out, h, w, 3);
    int t = graph_append_conv(out, TNAS_OP_CONV2D, 0, 3, 1, 8 + 8 * below(rng, 4), TNAS_ACT_RELU);
    const int stage_count = 2 + below(rng, 4);
    for (int stage = 0; stage < stage_count; stage++) {
        const int depth = 1 + below(rng, 4);
        const int32_t channels = 8 * (1 + below(rng, 3 + 3 * stage));
        for (int block = 0; block < depth; block++)
            t = append_resblock(rng, out, t, block == 0 ? 1 + below(rng, 2) : 1, channels);
    }
    append_head(rng, out, t);
}

/* A tensor of the same shape as `like`, itself when the draws find no other. */
static int find_partner(tnas_rng *rng, const tnas_graph *graph, int like)
{
    const tnas_tensor *const shape = &graph->tensors[like];
    for (int draw = 0; draw < 20; draw++) {
        const int t = below(rng, graph->tensor_count);
        const tnas_tensor *const other = &graph->tensors[t];
        if (t != like && other->h == shape->h && other->w == shape->w && other->c == shape->c)
            return t;
    }
    return like;
}

void random_branched_graph(tnas_rng *rng, int op_count, tnas_graph *out)
{
    const int32_t h = 4 + below(rng, 28), w = 4 + below(rng, 28), c = 1 + below(rng, 16);
    tnas_graph_init(out, h, w, c);
    while (out->op_count < op_count) {
        const int newest = out->tensor_count - 1;
        const int in = below(rng, 3) ? newest : below(rng, out->tensor_count);
        const int32_t channels = below(rng, 2) ? out->tensors[in].c : 1 + below(rng, 32);
        const int kernel = 1 + below(rng, 5), stride = 1 + (below(rng, 5) == 0);
        const tnas_activation activation = (tnas_activation)below(rng, TNAS_ACT_COUNT);
        switch (below(rng, 12)) {
        case 0:
            graph_append_conv(out, TNAS_OP_MAXPOOL, in, kernel, stride, 0, activation);
            break;
        case 1:
            graph_append_conv(out, TNAS_OP_AVGPOOL, in, kernel, stride, 0, activation);
            break;
        case 2:
            graph_append_fc(out, in, channels);
            break;
        case 3:
        case 4:
        case 5:
            graph_append_add(out, in, find_partner(rng, out, in));
            break;
        case 6:
        case 7:
        case 8:
            graph_append_conv(out, TNAS_OP_DWCONV2D, in, kernel, stride, 0, activation);
            break;
        default:
            graph_append_conv(out, TNAS_OP_CONV2D, in, kernel, stride, channels, activation);
        }
    }
}
