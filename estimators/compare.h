/* How far latency models are from measurements, next to what a multiple of the MACs would
 * reach. A correlation alone hides errors of 20-30 %, so mean, median, shares, the worst row and
 * the coverage of the interval are always reported together, and rows that a model was fitted
 * to are kept apart from rows that it has never seen. */
#ifndef TNAS_ESTIMATORS_COMPARE_H
#define TNAS_ESTIMATORS_COMPARE_H

#include "estimators/measurements.h"

/*  name      text        what the row was to the model that predicts it */
#define TNAS_ROW_ROLES(X)                                                                          \
    X(FITTED, "fitted", "the model was fitted to it")                                              \
    X(HELD_OUT, "held out", "the model has never seen it")                                         \
    X(UNTOLD, "untold", "the profile does not say")

typedef enum tnas_row_role {
#define TNAS_ROW_ROLE_ENUM(name, text, what) TNAS_ROW_##name,
    TNAS_ROW_ROLES(TNAS_ROW_ROLE_ENUM)
#undef TNAS_ROW_ROLE_ENUM
        TNAS_ROW_ROLE_COUNT
} tnas_row_role;

const char *tnas_row_role_text(int role);

typedef struct tnas_compared_row {
    const tnas_measurement *row;
    const tnas_latency_model *model; /* that predicted it */
    tnas_row_role role;
    tnas_latency predicted;
    double error;           /* (predicted - measured) / measured */
    double macs_only_error; /* of a * MACs, a from the other networks; NaN: there are none */
    bool covered;           /* the measured value lies in the 90 % interval */
} tnas_compared_row;

/* Over some rows. Errors are shares of the measured value; NaN where too few rows say
 * anything: every field but n below 1 row, the correlations below 2 different values. */
typedef struct tnas_scores {
    int n;
    double mape, median_ape, p90_ape, worst_ape;
    double within_5, within_10, within_15; /* shares of rows */
    double pearson, spearman, kendall;     /* Kendall's tau-b */
    double coverage_90;                    /* share of rows inside their 90 % interval */
    double macs_only_mape;                 /* a * MACs, each network predicted from the others */
    const tnas_compared_row *worst;        /* NULL without rows */
} tnas_scores;

typedef struct tnas_comparison {
    int without_graph; /* rows that could not be compared */
    tnas_scores all;
    tnas_scores by_role[TNAS_ROW_ROLE_COUNT];
} tnas_comparison;

/* Compares every row that has a graph and cycles. A row is predicted by the first model of its
 * version, or by models[0] when none is of it. rows_out [measurements->count] receives the
 * compared rows in file order; *out points into it. Fails when no row can be compared. */
tnas_status tnas_latency_compare(const tnas_latency_model *const *models, int model_count,
                                 const tnas_measurements *measurements, tnas_comparison *out,
                                 tnas_compared_row *rows_out);

/* What this row was to this model. */
tnas_row_role tnas_row_role_of(const tnas_latency_model *model, const tnas_measurement *row);

/* Error of cycles = a * MACs for row i, a from relative least squares over the rows of other
 * networks; NaN when there are none. */
double tnas_macs_only_error(const tnas_compared_row *rows, int count, int i);

/* Scores of rows whose fields are all set; `role` TNAS_ROW_ROLE_COUNT takes every row. Fails
 * only when memory is short. */
tnas_status tnas_scores_compute(const tnas_compared_row *rows, int count, int role,
                                tnas_scores *out);

/* Pearson's correlation of a [count] and b [count]; NaN when either is constant. Ranks:
 * common/rank.h. */
double tnas_pearson(const double *a, const double *b, int count);

/* Smallest value that at least `share` of the ascending values do not exceed; NaN when empty. */
double tnas_quantile(const double *ascending, int count, double share);

#endif
