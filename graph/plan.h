/* The plan: WHERE every tensor and scratch buffer of a schedule lies in the arena.
 *
 * A tensor lives from the step that writes it to the last step that reads it, both
 * included; the input from step 0, the output to the last step. Two that live at one step
 * never overlap, but for the output of an in-place step, which takes its input's place.
 * Estimators read the peak as SRAM, export prints the offsets, the runtime obeys them. */
#ifndef TNAS_GRAPH_PLAN_H
#define TNAS_GRAPH_PLAN_H

#include <stddef.h>

#include "graph/schedule.h"

typedef struct tnas_placement {
    size_t offset_bytes;
    size_t bytes; /* rounded up to the target's alignment; 0: nothing is placed */
} tnas_placement;

typedef struct tnas_plan {
    tnas_placement tensors[TNAS_GRAPH_TENSORS_MAX];
    tnas_placement scratch[TNAS_GRAPH_OPS_MAX]; /* by step */
    size_t arena_bytes;       /* what must be reserved: tensors, scratch, input, output */
    size_t lower_bound_bytes; /* most bytes alive at one step; no plan can do with less */
    int peak_step;            /* the step of that bound */
} tnas_plan;

/* Succeeds for every valid graph and a schedule of it. */
tnas_status tnas_plan_build(const tnas_graph *graph, const tnas_schedule *schedule,
                            const tnas_target *target, tnas_plan *out);

/* For an arena in two pieces that are not neighbours, the first of first_bytes: each buffer lies
 * wholly in one of them. Offsets from first_bytes on are those of the second piece; what the
 * first leaves free at its end counts in arena_bytes. */
tnas_status tnas_plan_build_split(const tnas_graph *graph, const tnas_schedule *schedule,
                                  const tnas_target *target, size_t first_bytes, tnas_plan *out);

/* Bytes alive at a step: its tensors, those waiting for later steps, its scratch. */
size_t tnas_plan_live_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                            const tnas_plan *plan, int step);

#endif
