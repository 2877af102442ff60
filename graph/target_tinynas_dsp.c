/* The rules of our own runtime with the kernels of runtime/dsp. */
#include "graph/target_tinynas.h"
#include "runtime/dsp/tnrt_conv_dsp.h"
#include "runtime/dsp/tnrt_dsp_kernels.h"

enum {
    BEFORE_DSP = TNAS_PLAIN_KERNEL_COUNT - 1,
#define KERNEL_INDEX(name) INDEX_##name,
    TNRT_DSP_KERNELS(KERNEL_INDEX)
#undef KERNEL_INDEX
        INDEX_COUNT
};

static const char *const kernel_names[] = {
#define KERNEL_NAME(name) #name,
    TNRT_KERNELS(KERNEL_NAME) TNRT_DSP_KERNELS(KERNEL_NAME)
#undef KERNEL_NAME
};

static const char *kernel_name(int kernel)
{
    return kernel_names[kernel];
}

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

/* Columns; what is left of the windows' rows behind whole words; copies of windows that reach over
 * the edge. */
static size_t conv_scratch_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const size_t depth = depth_of(graph, op), rest = depth / o->kernel_h % 4 * o->kernel_h;
    return TNRT_COLUMNS_BYTES_DSP(depth) + 3 * tnas_round_up_to_word(rest) + 3 * depth +
           depth / o->kernel_h;
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

/* ---- The target ----------------------------------------------------------------------------- */

static int kernel_for(const tnas_graph *graph, int op)
{
    switch (graph->ops[op].kind) {
    case TNAS_OP_CONV2D:
        return is_whole_window(graph, op) ? INDEX_tnrt_fc_s8_dsp : INDEX_tnrt_conv2d_s8_dsp;
    case TNAS_OP_FC:
        return INDEX_tnrt_fc_s8_dsp;
    case TNAS_OP_ADD:
        return INDEX_tnrt_add_s8_dsp;
    default:
        return tnas_plain_kernel_for(graph, op);
    }
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_plain_in_place(graph, op);
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    switch (kernel) {
    case INDEX_tnrt_conv2d_s8_dsp:
    case INDEX_tnrt_conv2d_s8_dsp_w16:
        return conv_scratch_bytes(graph, op);
    case INDEX_tnrt_fc_s8_dsp:
        return 8 * TNRT_BLOCKS_DSP(depth_of(graph, op));
    default:
        return 0;
    }
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    switch (kernel) {
    case INDEX_tnrt_conv2d_s8_dsp:
    case INDEX_tnrt_conv2d_s8_dsp_w16:
    case INDEX_tnrt_fc_s8_dsp:
        return conv_packed_bytes(graph, op, kernel);
    default:
        return tnas_plain_packed_bytes(graph, op);
    }
}

const tnas_target tnas_target_tinynas_dsp = {
    .name = "tinynas-dsp",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = kernel_for,
    .kernel_count = INDEX_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_own_table_bytes,
};
