#include "graph/fuse.h"

#include "graph/plan.h"

/* How often a tensor is read. */
static int reader_count(const tnas_graph *graph, int tensor)
{
    int count = 0;
    for (int op = 0; op < graph->op_count; op++)
        for (int side = 0; side < 2; side++)
            count += graph->ops[op].in[side] == tensor;
    return count;
}

static bool is_pointwise(const tnas_op *op)
{
    return op->kind == TNAS_OP_CONV2D && op->kernel_h == 1 && op->kernel_w == 1 &&
           op->stride_h == 1 && op->stride_w == 1 &&
           op->pad_top + op->pad_bottom + op->pad_left + op->pad_right == 0;
}

/* Every window has a pixel of the image in it. */
static bool pads_fit(const tnas_op *op)
{
    return op->pad_top < op->kernel_h && op->pad_bottom < op->kernel_h &&
           op->pad_left < op->kernel_w && op->pad_right < op->kernel_w;
}

/* The kernel that computes step s and the one behind it, or TNAS_NONE. One that overwrites its
 * input has nothing to gain. */
static int kernel_for_both(const tnas_graph *graph, const tnas_target *target,
                           const tnas_schedule *schedule, int s)
{
    if (s + 1 >= schedule->step_count)
        return TNAS_NONE;
    const tnas_step *const step = &schedule->steps[s];
    const tnas_op *const first = &graph->ops[step->op], *const second = first + 1;
    if (first->kind != TNAS_OP_DWCONV2D || step->in_place || step[1].op != step->op + 1 ||
        !is_pointwise(second) || second->in[0] != first->out || !pads_fit(first) ||
        reader_count(graph, first->out) != 1)
        return TNAS_NONE;
    return target->fused(graph, step->op);
}

/* Step s of `apart` and the one behind it become one. */
static void append_fused(const tnas_schedule *apart, int s, int kernel, tnas_schedule *out)
{
    out->steps[out->step_count++] = (tnas_step){
        .op = apart->steps[s].op,
        .op_count = 2,
        .kernel = (int16_t)kernel,
    };
}

/* What a pair costs as one step and as two: the most bytes alive. */
typedef struct pair_bytes {
    size_t fused, apart;
} pair_bytes;

static size_t placed_bytes(const tnas_target *target, size_t bytes)
{
    const size_t align = target->tensor_align_bytes;
    return (bytes + align - 1) / align * align;
}

/* The pair from step `s` of `apart` on; `together` has it as step f. Beside its own tensors the
 * same ones live through both forms; the input does through the second half only when it is read
 * later. */
static pair_bytes compare(const tnas_graph *graph, const tnas_target *target,
                          const tnas_schedule *apart, int s, const tnas_schedule *together, int f,
                          const tnas_plan *plan)
{
    const tnas_step *const steps = &apart->steps[s];
    const tnas_op *const first = &graph->ops[steps[0].op], *const second = first + 1;
    const size_t middle =
        placed_bytes(target, (size_t)tnas_tensor_count(&graph->tensors[first->out]));
    const size_t in = plan->tensors[first->in[0]].bytes, out = plan->tensors[second->out].bytes;
    pair_bytes bytes = {.fused = tnas_plan_live_bytes(graph, together, plan, f)};
    const size_t others = bytes.fused - plan->scratch[f].bytes - out; /* the input among them */
    const size_t scratch[2] = {
        placed_bytes(target, target->scratch_bytes(graph, steps[0].op, steps[0].kernel)),
        placed_bytes(target, target->scratch_bytes(graph, steps[1].op, steps[1].kernel)),
    };
    bool read_later = false;
    for (int later = f + 1; later < together->step_count; later++)
        for (int op = together->steps[later].op;
             op < together->steps[later].op + together->steps[later].op_count; op++)
            read_later |=
                graph->ops[op].in[0] == first->in[0] || graph->ops[op].in[1] == first->in[0];
    const size_t while_first = others + middle + scratch[0];
    const size_t while_second = others - (read_later ? 0 : in) + middle + out + scratch[1];
    bytes.apart = while_first > while_second ? while_first : while_second;
    return bytes;
}

/* Every pair fused, and its bytes; returns the peak when each pair has its better form. */
static tnas_status fuse_all(const tnas_graph *graph, const tnas_target *target,
                            const tnas_schedule *apart, const int16_t *kernels,
                            tnas_schedule *together, pair_bytes *pairs, size_t *peak)
{
    tnas_plan plan;
    together->step_count = 0;
    for (int s = 0; s < apart->step_count; s += kernels[s] != TNAS_NONE ? 2 : 1) {
        if (kernels[s] != TNAS_NONE)
            append_fused(apart, s, kernels[s], together);
        else
            together->steps[together->step_count++] = apart->steps[s];
    }
    TNAS_TRY(tnas_plan_build(graph, together, target, &plan));
    *peak = 0;
    for (int s = 0, f = 0; s < apart->step_count; s += together->steps[f++].op_count) {
        size_t bytes = tnas_plan_live_bytes(graph, together, &plan, f);
        if (together->steps[f].op_count == 2) {
            pairs[s] = compare(graph, target, apart, s, together, f, &plan);
            bytes = pairs[s].apart < bytes ? pairs[s].apart : bytes;
        }
        *peak = bytes > *peak ? bytes : *peak;
    }
    return TNAS_OK;
}

tnas_status tnas_schedule_fuse(const tnas_graph *graph, const tnas_target *target,
                               tnas_schedule *schedule)
{
    if (target->fused == NULL)
        return TNAS_OK;
    int16_t kernels[TNAS_GRAPH_OPS_MAX];
    int pair_count = 0;
    for (int s = 0; s < schedule->step_count; s++) {
        kernels[s] = (int16_t)kernel_for_both(graph, target, schedule, s);
        pair_count += kernels[s] != TNAS_NONE;
    }
    if (pair_count == 0)
        return TNAS_OK;
    const tnas_schedule apart = *schedule;
    pair_bytes pairs[TNAS_GRAPH_OPS_MAX];
    size_t peak;
    TNAS_TRY(fuse_all(graph, target, &apart, kernels, schedule, pairs, &peak));
    schedule->step_count = 0;
    for (int s = 0; s < apart.step_count;) {
        if (kernels[s] != TNAS_NONE && pairs[s].apart > peak) {
            append_fused(&apart, s, kernels[s], schedule);
            s += 2;
        } else {
            schedule->steps[schedule->step_count++] = apart.steps[s++];
        }
    }
    return TNAS_OK;
}
