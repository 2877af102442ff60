/* A runtime of which latencies were measured and nothing is known about its memory. Any runtime
 * keeps int8 weights with a bias of four bytes per channel, and the tensors that an operator reads
 * and writes while it runs; what it adds to that stays unknown. */
#include "estimators/runtimes_internal.h"

static int kernel_for(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind;
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    const tnas_op *const o = &graph->ops[op];
    return o->kind == TNAS_OP_ADD && tnas_tensor_count(&graph->tensors[o->in[side]]) ==
                                         tnas_tensor_count(&graph->tensors[o->out]);
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)kernel;
    const tnas_op *const o = &graph->ops[op];
    const bool has_bias = tnas_op_has(o->kind, TNAS_OP_FILTERS);
    return (tnas_packed_bytes){
        .weights = (size_t)tnas_op_weight_count(graph, op),
        .channels = has_bias ? (size_t)graph->tensors[o->out].c * sizeof(int32_t) : 0,
    };
}

static size_t no_code(const tnas_graph *graph)
{
    (void)graph;
    return 0;
}

static const tnas_target target = {
    .name = "latency only",
    .tensor_align_bytes = 1,
    .kernel_for = kernel_for,
    .kernel_count = TNAS_OP_KIND_COUNT,
    .kernel_name = tnas_op_kind_text,
    .in_place = in_place,
    .scratch_bytes = tnas_no_scratch,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_no_table,
};

const tnas_runtime tnas_runtime_latency_only = {
    .name = "latency only",
    .target = &target,
    .code_bytes = no_code,
    .latency_only = true,
    .memory_source = "not modelled: weights and tensors alone, without code, records and scratch",
};
