/* The rules of our own runtime with the kernels of runtime/mve. Constants are plain C's. */
#include "graph/target_tinynas.h"
#include "runtime/mve/tnrt_mve_kernels.h"

TNAS_CATALOGUE(TNRT_MVE_KERNELS)

/* What stands in for a plain C kernel. */
static int vector_kernel(int plain)
{
    switch (plain) {
    case TNAS_KERNEL_tnrt_conv2d_s8:
        return INDEX_tnrt_conv2d_s8_mve;
    case TNAS_KERNEL_tnrt_conv2d_1x1_s8:
        return INDEX_tnrt_conv2d_1x1_s8_mve;
    case TNAS_KERNEL_tnrt_dwconv2d_s8:
        return INDEX_tnrt_dwconv2d_s8_mve;
    case TNAS_KERNEL_tnrt_fc_s8:
        return INDEX_tnrt_fc_s8_mve;
    case TNAS_KERNEL_tnrt_add_s8:
        return INDEX_tnrt_add_s8_mve;
    case TNAS_KERNEL_tnrt_avgpool_s8:
        return INDEX_tnrt_avgpool_s8_mve;
    case TNAS_KERNEL_tnrt_maxpool_s8:
        return INDEX_tnrt_maxpool_s8_mve;
    default:
        return plain;
    }
}

static int kernel_for(const tnas_graph *graph, int op)
{
    return vector_kernel(tnas_plain_kernel_for(graph, op));
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_plain_in_place(graph, op);
}

/* A window of the input. */
static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    const tnas_op *const o = &graph->ops[op];
    if (kernel != INDEX_tnrt_conv2d_s8_mve)
        return 0;
    return (size_t)o->kernel_h * o->kernel_w * (size_t)graph->tensors[o->in[0]].c;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    return tnas_plain_packed_bytes(graph, op);
}

const tnas_target tnas_target_tinynas_mve = {
    .name = "tinynas-mve",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = kernel_for,
    .kernel_count = INDEX_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_own_table_bytes,
};
