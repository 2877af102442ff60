#include "graph/schedule.h"

/* last_reader[t]: the last operator that reads tensor t; TNAS_NONE when none does. */
static void find_last_readers(const tnas_graph *graph, int16_t last_reader[TNAS_GRAPH_TENSORS_MAX])
{
    for (int t = 0; t < graph->tensor_count; t++)
        last_reader[t] = TNAS_NONE;
    for (int op = 0; op < graph->op_count; op++)
        for (int side = 0; side < 2; side++)
            if (graph->ops[op].in[side] != TNAS_NONE)
                last_reader[graph->ops[op].in[side]] = (int16_t)op;
}

/* The input that the operator's output may overwrite, TNAS_NONE when there is none. Of two
 * that die the older one: chains of residual sums then stay at one address. */
static int side_to_overwrite(const tnas_graph *graph, const tnas_target *target, int op,
                             const int16_t last_reader[])
{
    int chosen = TNAS_NONE;
    for (int side = 0; side < 2; side++) {
        const int tensor = graph->ops[op].in[side];
        if (tensor == TNAS_NONE || last_reader[tensor] != op || !target->in_place(graph, op, side))
            continue;
        if (chosen == TNAS_NONE || tensor < graph->ops[op].in[chosen])
            chosen = side;
    }
    return chosen;
}

tnas_status tnas_schedule_build(const tnas_graph *graph, const tnas_target *target,
                                tnas_schedule *out)
{
    out->step_count = 0;
    int16_t last_reader[TNAS_GRAPH_TENSORS_MAX];
    find_last_readers(graph, last_reader);
    for (int op = 0; op < graph->op_count; op++) {
        const int kernel = target->kernel_for(graph, op);
        if (kernel == TNAS_NONE) {
            out->step_count = 0;
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d (%s): the %s runtime has no kernel for it", op,
                             tnas_op_kind_text(graph->ops[op].kind), target->name);
        }
        const int side = side_to_overwrite(graph, target, op, last_reader);
        out->steps[out->step_count++] = (tnas_step){
            .op = (int16_t)op,
            .op_count = 1,
            .kernel = (int16_t)kernel,
            .in_place = side != TNAS_NONE,
            .in_place_side = side == 1,
        };
    }
    return TNAS_OK;
}
