/* The definitions that estimators/runtimes.c lists, one file each. */
#ifndef TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H
#define TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H

#include "estimators/runtimes.h"

extern const tnas_runtime tnas_runtime_tinynas;                          /* runtimes.c */
extern const tnas_runtime tnas_runtime_tinyengine;                       /* target_tinyengine.c */
extern const tnas_runtime tnas_runtime_tflm, tnas_runtime_tflm_cmsis_nn; /* target_tflm.c */
extern const tnas_runtime tnas_runtime_x_cube_ai;                        /* target_x_cube_ai.c */

#endif
