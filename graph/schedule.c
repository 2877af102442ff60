#include "graph/schedule.h"

#include "graph/fuse.h"
#include "graph/order.h"

/* last_reader[t]: the operator that reads tensor t last in the order; TNAS_NONE when none
 * does. */
static void find_last_readers(const tnas_graph *graph, const int16_t *order,
                              int16_t last_reader[TNAS_GRAPH_TENSORS_MAX])
{
    for (int t = 0; t < graph->tensor_count; t++)
        last_reader[t] = TNAS_NONE;
    for (int i = 0; i < graph->op_count; i++)
        for (int side = 0; side < 2; side++)
            if (graph->ops[order[i]].in[side] != TNAS_NONE)
                last_reader[graph->ops[order[i]].in[side]] = order[i];
}

static tnas_status find_kernels(const tnas_graph *graph, const tnas_target *target,
                                int16_t kernels[TNAS_GRAPH_OPS_MAX])
{
    for (int op = 0; op < graph->op_count; op++) {
        kernels[op] = (int16_t)target->kernel_for(graph, op);
        if (kernels[op] == TNAS_NONE)
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d (%s): the %s runtime has no kernel for it", op,
                             tnas_op_kind_text(graph->ops[op].kind), target->name);
    }
    return TNAS_OK;
}

static void find_order(const tnas_graph *graph, const tnas_target *target, const int16_t *kernels,
                       int16_t order[TNAS_GRAPH_OPS_MAX])
{
    if (!target->plans_itself) {
        tnas_order_find(graph, target, kernels, order);
        return;
    }
    for (int op = 0; op < graph->op_count; op++)
        order[op] = (int16_t)op;
}

tnas_status tnas_schedule_build(const tnas_graph *graph, const tnas_target *target,
                                tnas_schedule *out)
{
    out->step_count = 0;
    int16_t kernels[TNAS_GRAPH_OPS_MAX], order[TNAS_GRAPH_OPS_MAX];
    int16_t last_reader[TNAS_GRAPH_TENSORS_MAX];
    TNAS_TRY(find_kernels(graph, target, kernels));
    find_order(graph, target, kernels, order);
    find_last_readers(graph, order, last_reader);
    for (int i = 0; i < graph->op_count; i++) {
        const int16_t op = order[i];
        const int16_t *const in = graph->ops[op].in;
        const bool dies[2] = {last_reader[in[0]] == op,
                              in[1] != TNAS_NONE && last_reader[in[1]] == op};
        const int side = tnas_side_to_overwrite(graph, target, op, dies);
        out->steps[out->step_count++] = (tnas_step){
            .op = op,
            .op_count = 1,
            .kernel = kernels[op],
            .in_place = side != TNAS_NONE,
            .in_place_side = side == 1,
        };
    }
    return tnas_schedule_fuse(graph, target, out);
}

int tnas_step_packing(const tnas_graph *graph, const tnas_target *target, const tnas_step *step,
                      int op)
{
    return step->op_count == 1 ? step->kernel : target->kernel_for(graph, op);
}

tnas_packed_bytes tnas_schedule_packed_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                                             const tnas_target *target)
{
    tnas_packed_bytes total = {0, 0};
    for (int s = 0; s < schedule->step_count; s++) {
        const tnas_step *const step = &schedule->steps[s];
        for (int op = step->op; op < step->op + step->op_count; op++) {
            const tnas_packed_bytes packed =
                target->packed_bytes(graph, op, tnas_step_packing(graph, target, step, op));
            total.weights += packed.weights;
            total.channels += packed.channels;
        }
    }
    return total;
}
