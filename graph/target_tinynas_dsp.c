/* The rules of our own runtime with the kernels of runtime/dsp. */
#include "graph/target_tinynas.h"
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

static int kernel_for(const tnas_graph *graph, int op)
{
    if (graph->ops[op].kind == TNAS_OP_ADD)
        return INDEX_tnrt_add_s8_dsp;
    return tnas_plain_kernel_for(graph, op);
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_plain_in_place(graph, op);
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)graph;
    (void)op;
    (void)kernel;
    return 0;
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    return tnas_plain_packed_bytes(graph, op);
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
