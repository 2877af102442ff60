/* The definitions that estimators/runtimes.c lists, one file each. */
#ifndef TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H
#define TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H

#include "estimators/runtimes.h"

extern const tnas_runtime tnas_runtime_tinyengine;                       /* target_tinyengine.c */
extern const tnas_runtime tnas_runtime_tflm, tnas_runtime_tflm_cmsis_nn; /* target_tflm.c */
extern const tnas_runtime tnas_runtime_x_cube_ai;                        /* target_x_cube_ai.c */

/* For targets without scratch, without a table beside the weights: 0. */
size_t tnas_no_scratch(const tnas_graph *graph, int op, int kernel);
size_t tnas_no_table(const tnas_graph *graph, size_t pointer_bytes);

#endif
