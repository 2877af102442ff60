/* The rules of our own runtime with its plain C kernels, as runtime/ states them.
 *
 * Constants are linked as two arrays for the whole network (quant/image.h), in which each operator
 * has its share, so that packed_bytes over all operators + table_bytes = constants in flash:
 *   weights   int8    as the model has them, rounded up to 4
 *   params    int32   filters: bias and multiplier per output channel, then the shifts as bytes,
 *                     rounded up to 4 (runtime/tnrt_requant.h); others: as their kernels say
 */
#include "graph/target_tinynas.h"

/* In words; of the one with channel constants, without these. */
enum {
    ADD_PARAMS = 6,
    ADD_CHANNELS_PARAMS = 4,
    FACTOR_PARAMS = 2,
    MEAN_PARAMS = 7,
    SOFTMAX_PARAMS = 3,
    TABLE_PARAMS = 64,
};

/* The sum of so many exponentials must stay below 2^12. */
enum { SOFTMAX_CHANNELS_MAX = (1 << 12) - 1 };

static const char *const kernel_names[] = {
#define KERNEL_NAME(name) #name,
    TNRT_KERNELS(KERNEL_NAME)
#undef KERNEL_NAME
};

static const char *kernel_name(int kernel)
{
    return kernel_names[kernel];
}

bool tnas_op_is_pointwise(const tnas_op *op)
{
    return op->kernel_h == 1 && op->kernel_w == 1 && op->stride_h == 1 && op->stride_w == 1 &&
           op->pad_top == 0 && op->pad_bottom == 0 && op->pad_left == 0 && op->pad_right == 0;
}

static bool is_broadcast(const tnas_graph *graph, const tnas_op *op)
{
    const tnas_tensor *const a = &graph->tensors[op->in[0]], *const b = &graph->tensors[op->in[1]];
    return a->h != b->h || a->w != b->w;
}

int tnas_plain_kernel_for(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    switch ((tnas_op_kind)o->kind) {
    case TNAS_OP_CONV2D:
        return tnas_op_is_pointwise(o) ? TNAS_KERNEL_tnrt_conv2d_1x1_s8
                                       : TNAS_KERNEL_tnrt_conv2d_s8;
    case TNAS_OP_DWCONV2D:
        return TNAS_KERNEL_tnrt_dwconv2d_s8;
    case TNAS_OP_FC:
        return TNAS_KERNEL_tnrt_fc_s8;
    case TNAS_OP_ADD:
        return TNAS_KERNEL_tnrt_add_s8;
    case TNAS_OP_AVGPOOL:
        return TNAS_KERNEL_tnrt_avgpool_s8;
    case TNAS_OP_MAXPOOL:
        return TNAS_KERNEL_tnrt_maxpool_s8;
    case TNAS_OP_MEAN:
        return TNAS_KERNEL_tnrt_mean_s8;
    case TNAS_OP_MEAN_KEPT:
        return TNAS_KERNEL_tnrt_mean_kept_s8;
    case TNAS_OP_MUL:
        return is_broadcast(graph, o) ? TNAS_KERNEL_tnrt_mul_channels_s8 : TNAS_KERNEL_tnrt_mul_s8;
    case TNAS_OP_CHANNEL_MUL:
        return TNAS_KERNEL_tnrt_mul_channels_s8;
    case TNAS_OP_CHANNEL_ADD:
        return TNAS_KERNEL_tnrt_add_channels_s8;
    case TNAS_OP_LOGISTIC:
    case TNAS_OP_ACTIVATION:
        return TNAS_KERNEL_tnrt_table_s8;
    case TNAS_OP_SOFTMAX:
        return graph->tensors[o->out].c <= SOFTMAX_CHANNELS_MAX ? TNAS_KERNEL_tnrt_softmax_s8
                                                                : TNAS_NONE;
    case TNAS_OP_CONCAT:
        return TNAS_KERNEL_tnrt_concat_s8;
    case TNAS_OP_PAD:
        return TNAS_KERNEL_tnrt_pad_s8;
    case TNAS_OP_KIND_COUNT:
        break;
    }
    return TNAS_NONE;
}

/* What works element by element reads an element of each input before it writes that element, in
 * one pass; softmax reads an element for the last time then. The others read inputs again after
 * they have written outputs. */
bool tnas_plain_in_place(const tnas_graph *graph, int op)
{
    switch (graph->ops[op].kind) {
    case TNAS_OP_ADD:
    case TNAS_OP_MUL:
    case TNAS_OP_CHANNEL_MUL:
    case TNAS_OP_CHANNEL_ADD:
    case TNAS_OP_LOGISTIC:
    case TNAS_OP_ACTIVATION:
    case TNAS_OP_SOFTMAX:
        return true;
    default:
        return false;
    }
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_plain_in_place(graph, op);
}

static size_t param_count(const tnas_op *op, size_t channels)
{
    switch (op->kind) {
    case TNAS_OP_ADD:
        return ADD_PARAMS;
    case TNAS_OP_CHANNEL_ADD:
        return ADD_CHANNELS_PARAMS + channels;
    case TNAS_OP_MUL:
    case TNAS_OP_CHANNEL_MUL:
    case TNAS_OP_MEAN_KEPT:
        return FACTOR_PARAMS;
    case TNAS_OP_MEAN:
        return MEAN_PARAMS;
    case TNAS_OP_SOFTMAX:
        return SOFTMAX_PARAMS;
    case TNAS_OP_LOGISTIC:
    case TNAS_OP_ACTIVATION:
        return TABLE_PARAMS;
    default:
        return 0;
    }
}

tnas_packed_bytes tnas_plain_packed_bytes(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const size_t channels = (size_t)graph->tensors[o->out].c;
    tnas_packed_bytes bytes = {0, 0};
    if (o->kind != TNAS_OP_CHANNEL_ADD)
        bytes.weights = tnas_round_up_to_word((size_t)tnas_op_weight_count(graph, op));
    if (tnas_op_has(o->kind, TNAS_OP_FILTERS))
        bytes.channels = channels * 2 * sizeof(int32_t) + tnas_round_up_to_word(channels);
    else
        bytes.channels = param_count(o, channels) * sizeof(int32_t);
    return bytes;
}

/* tnrt_model holds one pointer and six uint32_t; see runtime/tnrt.h. */
static size_t model_record_bytes(size_t pointer_bytes)
{
    return pointer_bytes + 6 * sizeof(uint32_t);
}
_Static_assert(sizeof(tnrt_model) == sizeof(void *) + 6 * sizeof(uint32_t), "no holes");
_Static_assert(sizeof(tnrt_layer) == TNRT_LAYER_BYTES(sizeof(void *)), "no holes");

size_t tnas_own_table_bytes(const tnas_graph *graph, size_t pointer_bytes)
{
    return TNRT_LAYER_BYTES(pointer_bytes) * (size_t)graph->op_count +
           model_record_bytes(pointer_bytes);
}

/* These kernels work on the tensors themselves, but for the one that keeps a strip. */
static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    return kernel == TNAS_KERNEL_tnrt_dwconv2d_1x1_s8 ? tnas_strip_bytes(graph, op) : 0;
}

size_t tnas_strip_bytes(const tnas_graph *graph, int op)
{
    const tnas_tensor *const out = &graph->tensors[graph->ops[op].out];
    return TNRT_STRIP_BYTES(TNRT_STRIP_ROWS(out->h, out->w), out->w * out->c);
}

static int fused(const tnas_graph *graph, int op)
{
    return tnas_plain_kernel_for(graph, op) == TNAS_KERNEL_tnrt_dwconv2d_s8
               ? TNAS_KERNEL_tnrt_dwconv2d_1x1_s8
               : TNAS_NONE;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    return tnas_plain_packed_bytes(graph, op);
}

const tnas_target tnas_target_tinynas_c = {
    .name = "tinynas-c",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = tnas_plain_kernel_for,
    .kernel_count = TNAS_PLAIN_KERNEL_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .fused = fused,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_own_table_bytes,
};
