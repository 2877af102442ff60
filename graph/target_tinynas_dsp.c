/* The rules of our own runtime with the kernels of runtime/dsp. */
#include "graph/target_tinynas.h"
#include "runtime/dsp/tnrt_conv_dsp.h"
#include "runtime/dsp/tnrt_dsp_kernels.h"
#include "runtime/dsp/tnrt_dwconv_plan.h"

TNAS_CATALOGUE(TNRT_DSP_KERNELS)

/* ---- Convolutions --------------------------------------------------------------------------- */

static size_t depth_of(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return (size_t)tnas_op_weight_count(graph, op) / (size_t)graph->tensors[o->out].c;
}

/* One window, and no pads: a fully connected layer. */
static bool is_whole_window(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]];
    return o->kernel_h == in->h && o->kernel_w == in->w && o->pad_top + o->pad_bottom == 0 &&
           o->pad_left + o->pad_right == 0;
}

/* A 1x1 convolution of more than one pixel. */
static bool is_pointwise_product(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind == TNAS_OP_CONV2D && tnas_op_is_pointwise(&graph->ops[op]) &&
           !is_whole_window(graph, op);
}

/* Columns; what is left of the windows' rows behind whole words; for windows that reach over the
 * edge, copies and a row of zero points. */
static size_t conv_scratch_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const size_t depth = depth_of(graph, op), rest = depth / o->kernel_h % 4 * o->kernel_h;
    const bool pads = o->pad_top + o->pad_bottom + o->pad_left + o->pad_right > 0;
    return TNRT_COLUMNS_BYTES_DSP(depth) + 3 * tnas_round_up_to_word(rest) +
           (pads ? 3 * depth + depth / o->kernel_h : 0);
}

/* tnrt_fc_s8_dsp takes its channels by four, the convolutions by two. */
static tnas_packed_bytes conv_packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    const size_t channels = (size_t)graph->tensors[graph->ops[op].out].c;
    const size_t pairs =
        kernel == INDEX_tnrt_fc_s8_dsp ? (channels + 3) / 4 * 2 : (channels + 1) / 2;
    const size_t weight_bytes = kernel == INDEX_tnrt_conv2d_s8_dsp_w16 ? 2 : 1;
    return (tnas_packed_bytes){
        .weights = pairs * TNRT_PAIR_BYTES_DSP(depth_of(graph, op)) * weight_bytes,
        .channels = TNRT_PARAM_WORDS_DSP(channels) * sizeof(int32_t),
    };
}

/* Per three pixels and two channels, a block of 4 depths takes one instruction less, and the sums
 * need not be taken apart (runtime/dsp/tnrt_conv_dsp.h). */
static int widened(const tnas_graph *graph, int op, int kernel, int64_t *saved_instructions)
{
    const tnas_tensor *const out = &graph->tensors[graph->ops[op].out];
    if (kernel != INDEX_tnrt_conv2d_s8_dsp)
        return TNAS_NONE;
    const int64_t blocks = TNRT_BLOCKS_DSP((int64_t)depth_of(graph, op));
    *saved_instructions = ((int64_t)out->h * out->w + 2) / 3 * (out->c / 2) * (blocks + 3);
    return INDEX_tnrt_conv2d_s8_dsp_w16;
}

/* ---- Depthwise, pooling, add --------------------------------------------------------------- */

enum { ADD_PARAMS = 7, DEPTHWISE_PARAMS = 3 };

/* The kernels load words of four channels. */
static bool has_words(const tnas_graph *graph, int op)
{
    return graph->tensors[graph->ops[op].in[0]].c >= 4;
}

static int depthwise_kernel_for(const tnas_graph *graph, int index)
{
    const tnas_op *const op = &graph->ops[index];
    const bool pads_fit = op->pad_top < op->kernel_h && op->pad_left < op->kernel_w;
    const bool square = op->kernel_h == op->kernel_w && op->stride_h == op->stride_w;
    if (!has_words(graph, index) || !pads_fit ||
        TNRT_DW_ANY_WORDS(op->kernel_h, op->kernel_w) > TNRT_DW_ANY_WORDS_MAX)
        return TNAS_KERNEL_tnrt_dwconv2d_s8;
    switch (square && op->stride_h <= 2 ? op->kernel_h : 0) {
    case 3:
        return INDEX_tnrt_dwconv2d_3x3_s8_dsp;
    case 5:
        return INDEX_tnrt_dwconv2d_5x5_s8_dsp;
    case 7:
        return INDEX_tnrt_dwconv2d_7x7_s8_dsp;
    default:
        return INDEX_tnrt_dwconv2d_s8_dsp;
    }
}

static bool is_planar_depthwise(int kernel)
{
    return kernel == INDEX_tnrt_dwconv2d_s8_dsp || kernel == INDEX_tnrt_dwconv2d_3x3_s8_dsp ||
           kernel == INDEX_tnrt_dwconv2d_5x5_s8_dsp || kernel == INDEX_tnrt_dwconv2d_7x7_s8_dsp;
}

/* To compute the whole layer, or out_h rows from in_h rows. */
static size_t depthwise_scratch_bytes(const tnas_graph *graph, int op, int kernel, int in_h,
                                      int out_h)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]], *const out = &graph->tensors[o->out];
    const bool any = kernel == INDEX_tnrt_dwconv2d_s8_dsp;
    const tnrt_dw_shape upright = {o->kernel_h, o->kernel_w, o->stride_h, o->stride_w,
                                   in->w,       o->pad_left, out_h,       out->w};
    /* Images and kernels one pixel wide, which that kernel turns. */
    const tnrt_dw_shape turned = {1, o->kernel_h, 1, o->stride_h, in_h, o->pad_top, 1, out_h};
    const bool turns = any && in->w == 1 && o->kernel_w == 1;
    const tnrt_dw_shape *const shape = turns ? &turned : &upright;
    const tnrt_dw_plan plan = tnrt_dw_plan_of(shape);
    const int weight_words = any ? TNRT_DW_ANY_WORDS(shape->kernel_h, shape->kernel_w) : 0;
    return tnrt_dw_plan_bytes(&plan) + (size_t)weight_words * sizeof(uint32_t);
}

static tnas_packed_bytes depthwise_packed_bytes(const tnas_graph *graph, int op)
{
    return (tnas_packed_bytes){
        .weights = tnas_round_up_to_word((size_t)tnas_op_weight_count(graph, op)),
        .channels =
            DEPTHWISE_PARAMS * sizeof(int32_t) * (size_t)graph->tensors[graph->ops[op].out].c,
    };
}

/* Why: runtime/dsp/tnrt_dwconv_planes.h. */
static bool depthwise_in_place(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return is_planar_depthwise(depthwise_kernel_for(graph, op)) &&
           graph->tensors[o->out].w <= graph->tensors[o->in[0]].w;
}

/* ---- Depthwise with the 1x1 behind it ------------------------------------------------------- */

static int fused(const tnas_graph *graph, int op)
{
    if (!is_pointwise_product(graph, op + 1))
        return TNAS_NONE;
    switch (depthwise_kernel_for(graph, op)) {
    case INDEX_tnrt_dwconv2d_s8_dsp:
        return INDEX_tnrt_dwconv2d_1x1_s8_dsp;
    case INDEX_tnrt_dwconv2d_3x3_s8_dsp:
        return INDEX_tnrt_dwconv2d_3x3_1x1_s8_dsp;
    case INDEX_tnrt_dwconv2d_5x5_s8_dsp:
        return INDEX_tnrt_dwconv2d_5x5_1x1_s8_dsp;
    case INDEX_tnrt_dwconv2d_7x7_s8_dsp:
        return INDEX_tnrt_dwconv2d_7x7_1x1_s8_dsp;
    default:
        return TNAS_NONE;
    }
}

static bool is_fused(int kernel)
{
    return kernel == INDEX_tnrt_dwconv2d_1x1_s8_dsp ||
           kernel == INDEX_tnrt_dwconv2d_3x3_1x1_s8_dsp ||
           kernel == INDEX_tnrt_dwconv2d_5x5_1x1_s8_dsp ||
           kernel == INDEX_tnrt_dwconv2d_7x7_1x1_s8_dsp;
}

/* The strip, and what the two kernels need in turn. */
static size_t fused_scratch_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]], *const out = &graph->tensors[o->out];
    const int rows = TNRT_STRIP_ROWS(out->h, out->w);
    const int window = (rows - 1) * o->stride_h + o->kernel_h;
    const size_t depthwise = depthwise_scratch_bytes(graph, op, depthwise_kernel_for(graph, op),
                                                     window < in->h ? window : in->h, rows);
    const size_t pointwise = conv_scratch_bytes(graph, op + 1);
    return tnas_strip_bytes(graph, op) + (depthwise > pointwise ? depthwise : pointwise);
}

/* ---- The target ---------------------------------------------------------------------------- */

static int kernel_for(const tnas_graph *graph, int op)
{
    switch (graph->ops[op].kind) {
    case TNAS_OP_CONV2D:
        return is_whole_window(graph, op) ? INDEX_tnrt_fc_s8_dsp : INDEX_tnrt_conv2d_s8_dsp;
    case TNAS_OP_FC:
        return INDEX_tnrt_fc_s8_dsp;
    case TNAS_OP_DWCONV2D:
        return depthwise_kernel_for(graph, op);
    case TNAS_OP_ADD:
        return INDEX_tnrt_add_s8_dsp;
    case TNAS_OP_AVGPOOL:
        return has_words(graph, op) ? INDEX_tnrt_avgpool_s8_dsp : TNAS_KERNEL_tnrt_avgpool_s8;
    case TNAS_OP_MAXPOOL:
        return has_words(graph, op) ? INDEX_tnrt_maxpool_s8_dsp : TNAS_KERNEL_tnrt_maxpool_s8;
    default:
        return tnas_plain_kernel_for(graph, op);
    }
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    if (graph->ops[op].kind == TNAS_OP_DWCONV2D)
        return depthwise_in_place(graph, op);
    return tnas_plain_in_place(graph, op);
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    if (kernel == INDEX_tnrt_conv2d_s8_dsp || kernel == INDEX_tnrt_conv2d_s8_dsp_w16)
        return conv_scratch_bytes(graph, op);
    if (kernel == INDEX_tnrt_fc_s8_dsp)
        return 8 * TNRT_BLOCKS_DSP(depth_of(graph, op));
    if (is_fused(kernel))
        return fused_scratch_bytes(graph, op);
    if (!is_planar_depthwise(kernel))
        return 0;
    const tnas_op *const o = &graph->ops[op];
    return depthwise_scratch_bytes(graph, op, kernel, graph->tensors[o->in[0]].h,
                                   graph->tensors[o->out].h);
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    if (kernel == INDEX_tnrt_conv2d_s8_dsp || kernel == INDEX_tnrt_conv2d_s8_dsp_w16 ||
        kernel == INDEX_tnrt_fc_s8_dsp)
        return conv_packed_bytes(graph, op, kernel);
    if (is_planar_depthwise(kernel))
        return depthwise_packed_bytes(graph, op);
    if (kernel == INDEX_tnrt_add_s8_dsp)
        return (tnas_packed_bytes){.channels = ADD_PARAMS * sizeof(int32_t)};
    return tnas_plain_packed_bytes(graph, op);
}

const tnas_target tnas_target_tinynas_dsp = {
    .name = "tinynas-dsp",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = kernel_for,
    .kernel_count = INDEX_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .fused = fused,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_own_table_bytes,
    .widened = widened,
    .widened_mac_cost = 16.0 / 17, /* instructions of the inner loop: runtime/dsp/tnrt_conv_dsp.h */
};
