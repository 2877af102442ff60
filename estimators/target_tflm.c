/* TensorFlow Lite for Microcontrollers: an interpreter reads the model file from flash and
 * plans one arena at start-up.
 *
 *   arena    tensors and scratch, aligned to 16, nothing in place; its greedy planner is first
 *            fit in order of size. Padding that is not SAME is an operator of its own
 *   records  8 bytes per output channel (multiplier and shift), 158 per operator
 *   flash    the file: int8 weights, 28 bytes per output channel (bias, scales, zero points),
 *            414 per operator (operators, tensors, names); interpreter and kernels
 * Fully connected layers have one scale: a bias per channel, and no record.
 *
 * The 8 bytes and the scratch formulas are those of the sources (per-channel requantisation;
 * CMSIS-NN's im2col buffers); the other figures are fitted to the published bytes of eight
 * networks by tools/fit_memory.c; docs/memory-models.md has the rows and the errors. */
#include "estimators/runtimes_internal.h"

enum {
    ARENA_ALIGN = 16,
    RECORD_BYTES_PER_CHANNEL = 8,
    RECORD_BYTES_PER_OP = 158,
    FILE_BYTES_PER_CHANNEL = 28,
    FILE_BYTES_PER_FC_CHANNEL = 4,
    FILE_BYTES_PER_OP = 414,
    CODE_BYTES = 102000,
    CMSIS_NN_BYTES = 18540, /* more than the reference kernels */
};

static const char *const names[TNAS_OP_KIND_COUNT] = {
    [TNAS_OP_CONV2D] = "CONV_2D",
    [TNAS_OP_DWCONV2D] = "DEPTHWISE_CONV_2D",
    [TNAS_OP_FC] = "FULLY_CONNECTED",
    [TNAS_OP_ADD] = "ADD",
    [TNAS_OP_AVGPOOL] = "AVERAGE_POOL_2D",
    [TNAS_OP_MAXPOOL] = "MAX_POOL_2D",
    [TNAS_OP_MUL] = "MUL",
    [TNAS_OP_CONCAT] = "CONCATENATION",
    [TNAS_OP_SOFTMAX] = "SOFTMAX",
    [TNAS_OP_LOGISTIC] = "LOGISTIC",
    [TNAS_OP_PAD] = "PAD",
    [TNAS_OP_ACTIVATION] = "RELU",
    [TNAS_OP_CHANNEL_MUL] = "MUL",
    [TNAS_OP_CHANNEL_ADD] = "ADD",
    [TNAS_OP_MEAN] = "MEAN",
    [TNAS_OP_MEAN_KEPT] = "MEAN",
};

static const char *kernel_name(int kernel)
{
    return names[kernel];
}

static int kernel_for(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind;
}

static bool never_in_place(const tnas_graph *graph, int op, int side)
{
    (void)graph;
    (void)op;
    (void)side;
    return false;
}

/* Columns of int16: two of a k x k convolution, one of a depthwise one. */
static size_t cmsis_nn_scratch(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    const tnas_op *const o = &graph->ops[op];
    const int window = o->kernel_h * o->kernel_w;
    const size_t column = sizeof(int16_t) * (size_t)window * (size_t)graph->tensors[o->in[0]].c;
    if (o->kind == TNAS_OP_CONV2D && window > 1)
        return 2 * column;
    return o->kind == TNAS_OP_DWCONV2D ? column : 0;
}

static size_t channel_count(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return tnas_op_weight_count(graph, op) > 0 ? (size_t)graph->tensors[o->out].c : 0;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    const bool fc = graph->ops[op].kind == TNAS_OP_FC;
    const size_t per_channel = fc ? FILE_BYTES_PER_FC_CHANNEL : FILE_BYTES_PER_CHANNEL;
    return (tnas_packed_bytes){
        .weights = (size_t)tnas_op_weight_count(graph, op),
        .channels = channel_count(graph, op) * per_channel,
    };
}

static size_t table_bytes(const tnas_graph *graph, size_t pointer_bytes)
{
    (void)pointer_bytes;
    return (size_t)graph->op_count * FILE_BYTES_PER_OP;
}

static size_t shared_bytes(const tnas_graph *graph)
{
    size_t channels = 0;
    for (int op = 0; op < graph->op_count; op++)
        if (graph->ops[op].kind != TNAS_OP_FC)
            channels += channel_count(graph, op);
    return channels * RECORD_BYTES_PER_CHANNEL + (size_t)graph->op_count * RECORD_BYTES_PER_OP;
}

static size_t reference_code(const tnas_graph *graph)
{
    (void)graph;
    return CODE_BYTES;
}

static size_t cmsis_nn_code(const tnas_graph *graph)
{
    (void)graph;
    return CODE_BYTES + CMSIS_NN_BYTES;
}

static bool is_padded_convolution(const tnas_op *op)
{
    return op->kind == TNAS_OP_CONV2D || op->kind == TNAS_OP_DWCONV2D;
}

static bool pads_as_tensorflow(const tnas_graph *graph, const tnas_op *op)
{
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    uint8_t top, bottom, left, right;
    tnas_pad_same(in->h, op->kernel_h, op->stride_h, &top, &bottom);
    tnas_pad_same(in->w, op->kernel_w, op->stride_w, &left, &right);
    const bool same = top == op->pad_top && bottom == op->pad_bottom && left == op->pad_left &&
                      right == op->pad_right;
    return same || op->pad_top + op->pad_bottom + op->pad_left + op->pad_right == 0;
}

static bool needs_pads(const tnas_graph *graph)
{
    for (int op = 0; op < graph->op_count; op++)
        if (is_padded_convolution(&graph->ops[op]) && !pads_as_tensorflow(graph, &graph->ops[op]))
            return true;
    return false;
}

/* Takes the padding out of a convolution, into an operator before it; the new input. */
static int append_pad(tnas_graph *out, tnas_op *op)
{
    const tnas_op pad = {
        .kind = TNAS_OP_PAD,
        .in = {op->in[0], TNAS_NONE},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
        .pad_top = op->pad_top,
        .pad_bottom = op->pad_bottom,
        .pad_left = op->pad_left,
        .pad_right = op->pad_right,
    };
    op->pad_top = op->pad_bottom = op->pad_left = op->pad_right = 0;
    return tnas_graph_append(out, &pad, 0);
}

/* Operator `index` of `graph` into `out`; the new tensor, or TNAS_NONE. moved: by tensor of
 * `graph`, the tensor of `out`. */
static int append_lowered(const tnas_graph *graph, int index, const int16_t *moved, tnas_graph *out)
{
    tnas_op op = graph->ops[index];
    for (int side = 0; side < 2; side++)
        if (op.in[side] != TNAS_NONE)
            op.in[side] = moved[op.in[side]];
    const tnas_tensor *const in = &out->tensors[op.in[0]];
    if (op.kind == TNAS_OP_FC && in->h == 1 && in->w == 1)
        op.kind = TNAS_OP_CONV2D;
    else if (is_padded_convolution(&op))
        op.in[0] = (int16_t)append_pad(out, &op);
    if (op.in[0] == TNAS_NONE)
        return TNAS_NONE;
    return tnas_graph_append(out, &op, graph->tensors[graph->ops[index].out].c);
}

/* TensorFlow knows SAME and no padding. A network padded as PyTorch pads, by k / 2 on every
 * side, needs PAD operators where it strides. Its converter (the published files are TOCO's)
 * puts one before every convolution; it makes the classifier behind the pooling a convolution
 * too, which gets none. */
static tnas_status lower(const tnas_graph *graph, tnas_graph *out)
{
    if (!needs_pads(graph)) {
        *out = *graph;
        return TNAS_OK;
    }
    int16_t moved[TNAS_GRAPH_TENSORS_MAX] = {0};
    const tnas_tensor *const in = &graph->tensors[0];
    tnas_graph_init(out, in->h, in->w, in->c);
    for (int op = 0; op < graph->op_count; op++) {
        const int t = append_lowered(graph, op, moved, out);
        if (t == TNAS_NONE)
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d: with padding as operators of their own, as TensorFlow "
                             "Lite has it, the network exceeds %d operators",
                             op, TNAS_GRAPH_OPS_MAX);
        moved[graph->ops[op].out] = (int16_t)t;
    }
    return TNAS_OK;
}

static const tnas_target reference = {
    .name = "tflm",
    .tensor_align_bytes = ARENA_ALIGN,
    .plans_itself = true,
    .kernel_for = kernel_for,
    .kernel_count = TNAS_OP_KIND_COUNT,
    .kernel_name = kernel_name,
    .in_place = never_in_place,
    .scratch_bytes = tnas_no_scratch,
    .packed_bytes = packed_bytes,
    .table_bytes = table_bytes,
};

static const tnas_target cmsis_nn = {
    .name = "tflm-cmsis-nn",
    .tensor_align_bytes = ARENA_ALIGN,
    .plans_itself = true,
    .kernel_for = kernel_for,
    .kernel_count = TNAS_OP_KIND_COUNT,
    .kernel_name = kernel_name,
    .in_place = never_in_place,
    .scratch_bytes = cmsis_nn_scratch,
    .packed_bytes = packed_bytes,
    .table_bytes = table_bytes,
};

const tnas_runtime tnas_runtime_tflm = {
    .name = "tflm",
    .target = &reference,
    .lower = lower,
    .shared_bytes = shared_bytes,
    .code_bytes = reference_code,
    .memory_source = "fitted to 8 published rows of TFLM 713b6ed on STM32H743; net out SRAM "
                     "0.7 %, worst 3.7 %, flash 0.04 %, worst 0.08 %",
};

const tnas_runtime tnas_runtime_tflm_cmsis_nn = {
    .name = "tflm-cmsis-nn",
    .target = &cmsis_nn,
    .lower = lower,
    .shared_bytes = shared_bytes,
    .code_bytes = cmsis_nn_code,
    .memory_source =
        "fitted to 7 published rows of TFLM with CMSIS-NN 011bf32 on STM32H743; net out "
        "SRAM 0.9 %, worst 3.8 %, flash 0.09 %, worst 0.25 %",
};
