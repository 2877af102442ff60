/* The schedule: HOW a graph is executed on a target. Order, kernel per step, in-place.
 *
 * A step is a run of consecutive operators that one kernel computes: one operator, or two where
 * a kernel fuses a depthwise convolution with the 1x1 behind it. Steps are executed in array
 * order. */
#ifndef TNAS_GRAPH_SCHEDULE_H
#define TNAS_GRAPH_SCHEDULE_H

#include <stdbool.h>

#include "graph/graph.h"
#include "graph/target.h"

typedef struct tnas_step {
    int16_t op;            /* first operator */
    int16_t op_count;      /* operators that the kernel computes, >= 1 */
    int16_t kernel;        /* entry of the target's catalogue */
    bool in_place;         /* the output lies where the input in_place_side lies */
    uint8_t in_place_side; /* 0 or 1: an input of the first operator */
} tnas_step;

typedef struct tnas_schedule {
    int16_t step_count;
    tnas_step steps[TNAS_GRAPH_OPS_MAX];
} tnas_schedule;

/* The order that needs least memory (graph/order.h; the file's for targets that plan
 * themselves), the target's kernel for each operator, in-place wherever the target allows it and
 * the input dies; the graph's input may be overwritten like any other; fused where
 * that lowers the peak (graph/fuse.h). Fails when the target
 * lacks an operator (which, where). */
tnas_status tnas_schedule_build(const tnas_graph *graph, const tnas_target *target,
                                tnas_schedule *out);

/* By which kernel the constants of operator `op` of a step are packed. */
int tnas_step_packing(const tnas_graph *graph, const tnas_target *target, const tnas_step *step,
                      int op);

/* Constants of all steps together. */
tnas_packed_bytes tnas_schedule_packed_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                                             const tnas_target *target);

#endif
