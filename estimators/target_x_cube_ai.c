/* X-CUBE-AI (now ST Edge AI Core), version 7.3: closed. What its published reports show:
 *
 *   activations  the output of a layer with one input is written over that input when it
 *                dies, a few rows behind: at a step lives the larger of the two, and `kernel
 *                height` input rows. Sums and concatenations have an output of their own
 *   runtime RAM  grows with the number of layers
 *   weights      int8 weights and an int32 bias per output channel: agrees to the byte with the
 *                printed figure of most networks
 *   code         grows with layers and channels
 *
 * The coefficients are fitted to 22 rows of STM32H743 and H747 by tools/fit_memory.c;
 * docs/memory-models.md has them, the errors, and what the figures are worth for other versions:
 * 8.1 is alike, 7.1 and 10.0 keep a quarter more activations. */
#include "estimators/runtimes_internal.h"

enum {
    ARENA_ALIGN = 4,
    RAM_BYTES_PER_LAYER = 425,
    RAM_BYTES = 8699,
    CODE_BYTES_PER_CHANNEL = 6,
    CODE_BYTES_PER_LAYER = 610,
    CODE_BYTES = 40259,
};

static const char *const names[TNAS_OP_KIND_COUNT] = {
    [TNAS_OP_CONV2D] = "conv",
    [TNAS_OP_DWCONV2D] = "depthwise conv",
    [TNAS_OP_FC] = "dense",
    [TNAS_OP_ADD] = "eltwise add",
    [TNAS_OP_AVGPOOL] = "average pool",
    [TNAS_OP_MAXPOOL] = "max pool",
    [TNAS_OP_MUL] = "eltwise mul",
    [TNAS_OP_CONCAT] = "concat",
    [TNAS_OP_SOFTMAX] = "softmax",
    [TNAS_OP_LOGISTIC] = "sigmoid",
    [TNAS_OP_PAD] = "pad",
    [TNAS_OP_ACTIVATION] = "activation",
    [TNAS_OP_CHANNEL_MUL] = "batch norm",
    [TNAS_OP_CHANNEL_ADD] = "bias",
    [TNAS_OP_MEAN] = "reduce",
    [TNAS_OP_MEAN_KEPT] = "reduce",
};

static const char *kernel_name(int kernel)
{
    return names[kernel];
}

static int kernel_for(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind;
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_op_input_count(graph->ops[op].kind) == 1;
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]];
    const bool windowed = (o->kind == TNAS_OP_CONV2D || o->kind == TNAS_OP_DWCONV2D) &&
                          (o->kernel_h > 1 || o->kernel_w > 1);
    return windowed ? (size_t)o->kernel_h * (size_t)in->w * (size_t)in->c : 0;
}

static size_t channel_count(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return tnas_op_weight_count(graph, op) > 0 ? (size_t)graph->tensors[o->out].c : 0;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    return (tnas_packed_bytes){
        .weights = (size_t)tnas_op_weight_count(graph, op),
        .channels = channel_count(graph, op) * sizeof(int32_t),
    };
}

static size_t shared_bytes(const tnas_graph *graph)
{
    return RAM_BYTES + (size_t)graph->op_count * RAM_BYTES_PER_LAYER;
}

static size_t code_bytes(const tnas_graph *graph)
{
    size_t channels = 0;
    for (int op = 0; op < graph->op_count; op++)
        channels += channel_count(graph, op);
    return CODE_BYTES + channels * CODE_BYTES_PER_CHANNEL +
           (size_t)graph->op_count * CODE_BYTES_PER_LAYER;
}

static const tnas_target target = {
    .name = "x-cube-ai",
    .tensor_align_bytes = ARENA_ALIGN,
    .splits_arena = true,
    .kernel_for = kernel_for,
    .kernel_count = TNAS_OP_KIND_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_no_table, /* part of the code's figure */
};

const tnas_runtime tnas_runtime_x_cube_ai = {
    .name = "x-cube-ai",
    .target = &target,
    .shared_bytes = shared_bytes,
    .code_bytes = code_bytes,
    .memory_source = "fitted to 22 published rows of 7.3.0 on STM32H743 and STM32H747; net out "
                     "SRAM 3.9 %, worst 12 %, flash 1.5 %, worst 7.1 %",
};
