/* The rules of our own runtime with its plain C kernels, as runtime/ states them.
 *
 * Constants are linked as four arrays for the whole network (quant/image.h), so that
 *   sum of packed_bytes over operators + table_bytes  =  bytes of constants in flash:
 *   weights      int8   each operator's share rounded up to 4, so the next one starts aligned
 *   biases       int32  one per output channel
 *   multipliers  int32  one per output channel, three per ADD
 *   shifts       int8   one per multiplier; the array as a whole is padded to 4
 * The padding of the shifts belongs to no operator: table_bytes counts it, next to the layer
 * rows and the model record. */
#include "graph/target.h"

#include "runtime/tnrt_kernels.h"

enum {
#define KERNEL_INDEX(name) INDEX_##name,
    TNRT_KERNELS(KERNEL_INDEX)
#undef KERNEL_INDEX
        INDEX_COUNT
};

enum { WORD_BYTES = 4, ADD_MULTIPLIERS = 3 };

static const char *const kernel_names[] = {
#define KERNEL_NAME(name) #name,
    TNRT_KERNELS(KERNEL_NAME)
#undef KERNEL_NAME
};

static const char *kernel_name(int kernel)
{
    return kernel_names[kernel];
}

static bool is_pointwise(const tnas_op *op)
{
    return op->kernel_h == 1 && op->kernel_w == 1 && op->stride_h == 1 && op->stride_w == 1 &&
           op->pad_top == 0 && op->pad_bottom == 0 && op->pad_left == 0 && op->pad_right == 0;
}

static int kernel_for(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    switch (o->kind) {
    case TNAS_OP_CONV2D:
        return is_pointwise(o) ? INDEX_tnrt_conv2d_1x1_s8 : INDEX_tnrt_conv2d_s8;
    case TNAS_OP_DWCONV2D:
        return INDEX_tnrt_dwconv2d_s8;
    case TNAS_OP_FC:
        return INDEX_tnrt_fc_s8;
    case TNAS_OP_ADD:
        return INDEX_tnrt_add_s8;
    case TNAS_OP_AVGPOOL:
        return INDEX_tnrt_avgpool_s8;
    case TNAS_OP_MAXPOOL:
        return INDEX_tnrt_maxpool_s8;
    default:
        return TNAS_NONE;
    }
}

/* ADD reads an element of each input before it writes that element, in one pass. The others
 * read inputs again after they have written outputs. */
static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return graph->ops[op].kind == TNAS_OP_ADD;
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)graph;
    (void)op;
    (void)kernel;
    return 0; /* plain C kernels work on the tensors themselves */
}

static size_t round_up_to_word(size_t bytes)
{
    return (bytes + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
}

static size_t bias_count(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const bool has_weights =
        o->kind == TNAS_OP_CONV2D || o->kind == TNAS_OP_DWCONV2D || o->kind == TNAS_OP_FC;
    return has_weights ? (size_t)graph->tensors[o->out].c : 0;
}

static size_t multiplier_count(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind == TNAS_OP_ADD ? ADD_MULTIPLIERS : bias_count(graph, op);
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op)
{
    return (tnas_packed_bytes){
        .weights = round_up_to_word((size_t)tnas_op_weight_count(graph, op)),
        .channels = bias_count(graph, op) * sizeof(int32_t) +
                    multiplier_count(graph, op) * (sizeof(int32_t) + sizeof(int8_t)),
    };
}

/* tnrt_model holds one pointer and six uint32_t; see runtime/tnrt.h. */
static size_t model_record_bytes(size_t pointer_bytes)
{
    return pointer_bytes + 6 * sizeof(uint32_t);
}
_Static_assert(sizeof(tnrt_model) == sizeof(void *) + 6 * sizeof(uint32_t), "no holes");
_Static_assert(sizeof(tnrt_layer) == TNRT_LAYER_BYTES(sizeof(void *)), "no holes");

static size_t table_bytes(const tnas_graph *graph, int step_count, size_t pointer_bytes)
{
    size_t shift_bytes = 0;
    for (int op = 0; op < graph->op_count; op++)
        shift_bytes += multiplier_count(graph, op);
    const size_t shift_padding = round_up_to_word(shift_bytes) - shift_bytes;
    return TNRT_LAYER_BYTES(pointer_bytes) * (size_t)step_count +
           model_record_bytes(pointer_bytes) + shift_padding;
}

const tnas_target tnas_target_tinynas = {
    .name = "tinynas",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = kernel_for,
    .kernel_count = INDEX_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = table_bytes,
};
