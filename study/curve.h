/* Keeps a training curve in the store while the training runs. Private to study/. */
#ifndef TNAS_STUDY_CURVE_H
#define TNAS_STUDY_CURVE_H

#include "study/run_internal.h"

/* A training of so many steps. A point that a resumed training passes again is the same. With each
 * point the time is counted, so that a run that is killed has spent what it has. */
typedef struct tnas_curve {
    tnas_run *run;
    int target; /* 0: the study's */
    char stage[TNAS_CURVE_STAGE_BYTES];
    long steps;
    tnas_status status; /* of the first write that failed */
} tnas_curve;

/* Fits tnas_train_options.see with a tnas_curve as context. */
void tnas_curve_keep(void *curve, long step, double loss, double right);

#endif
