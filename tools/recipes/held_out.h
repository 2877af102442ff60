/* Held-out errors: every row predicted by a model that has not seen its network, its family or
 * whatever else a group is. kappa is that of the model: computed without the row as well. */
#ifndef TNAS_TOOLS_HELD_OUT_H
#define TNAS_TOOLS_HELD_OUT_H

#include "estimators/measurements.h"

typedef struct tnas_held_out {
    int count, covered;                                /* rows; those inside the 90 % interval */
    double mean, median, worst, within_10, half_width; /* shares; half_width is the mean one */
    double macs_only; /* mean error of the best multiple of the MACs, left out the same way */
    char worst_model[64];
} tnas_held_out;

/* A number per row; rows of one number are left out together. */
typedef int (*tnas_grouping)(const tnas_measurements *rows, int row);

int tnas_group_by_network(const tnas_measurements *rows, int row);
int tnas_group_by_architecture(const tnas_measurements *rows, int row); /* by the model's name */

tnas_status tnas_hold_out(const tnas_measurements *rows, const tnas_latency_model *prior,
                          tnas_grouping grouping, tnas_held_out *out);

/* Fits the rows of `train` and judges those of `test`; adds to the lists. */
tnas_status tnas_hold_out_pair(const tnas_measurements *train, const tnas_measurements *test,
                               const tnas_latency_model *prior, tnas_held_out *out);

/* Share of outcomes as likely or less likely than `covered` of `count` at 90 %: the exact two-
 * sided binomial test. */
double tnas_binomial_p(int covered, int count);

#endif
