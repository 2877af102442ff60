#include "graph/widen.h"

#include <stdlib.h>

typedef struct candidate {
    int16_t step, kernel;
    size_t bytes; /* that the constants grow by */
    int64_t saved_instructions;
} candidate;

static size_t constants_of(const tnas_graph *graph, const tnas_target *target, int op, int kernel)
{
    const tnas_packed_bytes packed = target->packed_bytes(graph, op, kernel);
    return packed.weights + packed.channels;
}

static int find_candidates(const tnas_graph *graph, const tnas_target *target,
                           const tnas_schedule *schedule, candidate out[TNAS_GRAPH_OPS_MAX])
{
    int count = 0;
    for (int16_t s = 0; s < schedule->step_count; s++) {
        const tnas_step *const step = &schedule->steps[s];
        int64_t saved = 0;
        const int kernel = step->op_count == 1
                               ? target->widened(graph, step->op, step->kernel, &saved)
                               : TNAS_NONE;
        if (kernel == TNAS_NONE || saved <= 0)
            continue;
        const size_t now = constants_of(graph, target, step->op, step->kernel);
        const size_t then = constants_of(graph, target, step->op, kernel);
        out[count++] = (candidate){
            .step = s,
            .kernel = (int16_t)kernel,
            .bytes = then > now ? then - now : 0,
            .saved_instructions = saved,
        };
    }
    return count;
}

/* Most instructions saved per byte first; earlier steps first among equals. */
static int by_worth(const void *left, const void *right)
{
    const candidate *const a = left, *const b = right;
    const double worth_a = (double)a->saved_instructions / (double)(a->bytes + 1);
    const double worth_b = (double)b->saved_instructions / (double)(b->bytes + 1);
    if (worth_a != worth_b)
        return worth_a > worth_b ? -1 : 1;
    return a->step - b->step;
}

size_t tnas_schedule_widen(const tnas_graph *graph, const tnas_target *target, size_t flash_bytes,
                           tnas_schedule *schedule)
{
    candidate candidates[TNAS_GRAPH_OPS_MAX];
    size_t used = 0;
    if (target->widened == NULL)
        return 0;
    const int count = find_candidates(graph, target, schedule, candidates);
    qsort(candidates, (size_t)count, sizeof candidates[0], by_worth);
    for (int i = 0; i < count; i++) {
        if (candidates[i].bytes > flash_bytes - used)
            continue;
        used += candidates[i].bytes;
        schedule->steps[candidates[i].step].kernel = candidates[i].kernel;
    }
    return used;
}
