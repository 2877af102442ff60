/* A network with its price on a part: what `tinynas estimate` prints. */
#ifndef TNAS_CLI_PRICED_H
#define TNAS_CLI_PRICED_H

#include "cli/board_rows.h"
#include "estimators/estimate.h"

/* What one step of the network costs in time; the shares of all steps add up to 1. */
typedef struct tnas_step_time {
    double cycles, low_cycles, high_cycles; /* 0 without a latency model */
    double share;
} tnas_step_time;

/* Large: for the heap. */
typedef struct tnas_priced {
    char name[128];         /* of the network */
    int target_id;          /* of a study's winner; 0: from a file */
    char notes[1024];       /* what an import changed, "; " between sentences */
    bool has_dead_channels; /* of an imported file */
    tnas_graph graph;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_runtime latency_only; /* named after the runtime, where no list has it */
    char runtime_name[TNAS_RUNTIME_BYTES];
    tnas_estimator estimator;
    bool has_front_end; /* a study of sounds */
    tnas_front_end front_end;
    tnas_cost cost;
    double x[TNAS_FEATURE_COUNT]; /* features, with a latency model */
    tnas_layout layout;
    tnas_step_bytes bytes[TNAS_GRAPH_OPS_MAX]; /* [layout.schedule.step_count] */
    tnas_step_time times[TNAS_GRAPH_OPS_MAX];
} tnas_priced;

/* MODEL is a study, a graph file, a name in configs/graphs or a .tflite file; part, runtime and
 * limits are those of the arguments. Release with tnas_priced_destroy. */
tnas_status tnas_priced_load(const tnas_arguments *arguments, const char *model, tnas_priced **out);
void tnas_priced_destroy(tnas_priced *priced);

#endif
