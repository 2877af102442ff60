/* TinyEngine's rules, as its code generator states them (mit-han-lab/tinyengine at 47bb283,
 * code_generator/: memory scheduler, code generator; facts only, no code).
 *
 *   buffer[PEAK_MEM] = activations  tensors, aligned to 4; depthwise convolutions in place with
 *                                   any stride; additions out of place; file order
 *                    + sbuf         for the largest need of any layer: two columns of int16 per
 *                                   convolution, or a padded plane of one channel, twice over,
 *                                   for a depthwise one
 *                    + kbuf         k x k filters widened to int16
 *   MODEL_SIZE       = int8 weights + int32 bias and float scale per output channel
 *
 * Activations are packed by first fit in order of size; on the published networks that equals
 * the live-set bound. Code is not counted there: flash of the published firmware minus
 * MODEL_SIZE is 62.6 to 65.5 KiB on STM32H743. */
#include "estimators/runtimes_internal.h"

enum {
    CONV_1X1,
    CONV_3X3,
    DEPTHWISE,
    FULLY_CONNECTED,
    ADD,
    AVGPOOL,
    MAXPOOL,
    KERNEL_COUNT,
    TENSOR_ALIGN = 4,
    COLUMNS = 2, /* im2col columns that a convolution's inner loop takes */
    CODE_BYTES = 64 * 1024,
};

static const char *const names[KERNEL_COUNT] = {
    [CONV_1X1] = "convolve_1x1",
    [CONV_3X3] = "convolve_3x3",
    [DEPTHWISE] = "depthwise_inplace",
    [FULLY_CONNECTED] = "convolve_1x1",
    [ADD] = "add",
    [AVGPOOL] = "avg_pooling",
    [MAXPOOL] = "max_pooling",
};

static const char *kernel_name(int kernel)
{
    return names[kernel];
}

/* Its convolutions are 1x1, 3x3 and the two oblong stems. */
static int conv_kernel(const tnas_op *op)
{
    if (op->kernel_h == 1 && op->kernel_w == 1)
        return CONV_1X1;
    return op->kernel_h <= 3 && op->kernel_w <= 3 ? CONV_3X3 : TNAS_NONE;
}

static int kernel_for(const tnas_graph *graph, int op)
{
    switch (graph->ops[op].kind) {
    case TNAS_OP_CONV2D:
        return conv_kernel(&graph->ops[op]);
    case TNAS_OP_DWCONV2D:
        return DEPTHWISE;
    case TNAS_OP_FC:
        return FULLY_CONNECTED;
    case TNAS_OP_ADD:
        return ADD;
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MEAN:
    case TNAS_OP_MEAN_KEPT:
        return AVGPOOL;
    case TNAS_OP_MAXPOOL:
        return MAXPOOL;
    default:
        return TNAS_NONE;
    }
}

/* A depthwise kernel gathers one channel into sbuf, then writes over that channel. */
static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return graph->ops[op].kind == TNAS_OP_DWCONV2D;
}

static size_t sbuf_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]];
    switch (o->kind) {
    case TNAS_OP_DWCONV2D:
        return sizeof(int16_t) * (size_t)(in->h + o->pad_top + o->pad_bottom) *
               (size_t)(in->w + o->pad_left + o->pad_right);
    case TNAS_OP_CONV2D:
        return COLUMNS * sizeof(int16_t) * o->kernel_h * o->kernel_w * (size_t)in->c;
    case TNAS_OP_FC:
        return COLUMNS * sizeof(int16_t) * (size_t)tnas_tensor_count(in);
    default:
        return 0;
    }
}

static size_t kbuf_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const bool wide = o->kind == TNAS_OP_CONV2D && (o->kernel_h > 1 || o->kernel_w > 1);
    return wide ? sizeof(int16_t) * (size_t)tnas_op_weight_count(graph, op) : 0;
}

static size_t shared_bytes(const tnas_graph *graph)
{
    size_t sbuf = 0, kbuf = 0;
    for (int op = 0; op < graph->op_count; op++) {
        const size_t s = sbuf_bytes(graph, op), k = kbuf_bytes(graph, op);
        sbuf = s > sbuf ? s : sbuf;
        kbuf = k > kbuf ? k : kbuf;
    }
    return sbuf + kbuf;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    const tnas_op *const o = &graph->ops[op];
    const size_t weights = (size_t)tnas_op_weight_count(graph, op);
    const size_t channels = weights > 0 ? (size_t)graph->tensors[o->out].c : 0;
    return (tnas_packed_bytes){.weights = weights,
                               .channels = channels * (sizeof(int32_t) + sizeof(float))};
}

static size_t code_bytes(const tnas_graph *graph)
{
    (void)graph;
    return CODE_BYTES;
}

static const tnas_target target = {
    .name = "tinyengine",
    .tensor_align_bytes = TENSOR_ALIGN,
    .plans_itself = true,
    .kernel_for = kernel_for,
    .kernel_count = KERNEL_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = tnas_no_scratch, /* sbuf is one for all layers */
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_no_table, /* layers are calls in the generated code */
};

const tnas_runtime tnas_runtime_tinyengine = {
    .name = "tinyengine",
    .target = &target,
    .shared_bytes = shared_bytes,
    .code_bytes = code_bytes,
    .memory_source = "rules of the code generator, its published bytes reproduced; code 64 KiB as "
                     "in published firmware, within 2 KiB",
};
