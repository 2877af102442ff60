/* Calibration: a latency model from a user's own measurements, and how far to trust it.
 *
 * Beside the model that is fitted to every row, each row is predicted by two models that have
 * not seen it: one without its network, one without its whole family. The first says how well a
 * further network like these is predicted, the second how well another kind of network is. Few
 * rows do, when the prior comes from a kin: the same library on another part, or another
 * version of it. Errors to expect by number of rows: docs/latency-model.md. */
#ifndef TNAS_ESTIMATORS_CALIBRATE_H
#define TNAS_ESTIMATORS_CALIBRATE_H

#include "estimators/compare.h"

/* Two that disagree do not say which of them is wrong. */
enum { TNAS_OUTLIER_NETWORKS_MIN = 3 };

/* What is odd about a row. */
typedef struct tnas_residual {
    double deviations;   /* log (measured / net out) in deviations of that prediction, kappa 1 */
    bool is_outlier;     /* beyond what one row in a hundred reaches, other outliers apart */
    int repeats_line;    /* line of an earlier row of the same network, or 0 */
    double repeat_ratio; /* this row's cycles over that row's */
} tnas_residual;

/* Arrays of [count], in file order, over the rows that have a graph and cycles. */
typedef struct tnas_calibration {
    tnas_latency_model model;
    tnas_memory_terms memory; /* with which the features were counted */
    int count, outlier_count, network_count;
    int without_graph;             /* rows that take no part */
    tnas_compared_row *fitted;     /* predicted by the model */
    tnas_compared_row *net_out;    /* by a model without the row's network */
    tnas_compared_row *family_out; /* by one without its family; NULL: there is only one */
    tnas_residual *residuals;
    tnas_scores fitted_scores, net_out_scores, family_out_scores;
} tnas_calibration;

/* All rows must be of one runtime and version. `prior` as `start` of tnas_latency_fit. Takes as
 * many fits as there are networks and families. Fails when no row has a graph and cycles. */
tnas_status tnas_calibrate(const tnas_measurements *rows, const tnas_latency_model *prior,
                           tnas_calibration *out);
void tnas_calibration_deinit(tnas_calibration *calibration);

#endif
