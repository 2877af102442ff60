/* Board measurements: CSV rows with the columns of docs/measurements.md. */
#ifndef TNAS_ESTIMATORS_MEASUREMENTS_H
#define TNAS_ESTIMATORS_MEASUREMENTS_H

#include "common/arena.h"
#include "estimators/latency.h"

typedef struct tnas_measurement {
    const char *mcu, *runtime, *version, *model, *layer, *source;
    double clock_mhz; /* 0: the source does not say */
    double latency_ms;
    double cycles; /* from latency and clock when the file has none; 0: unknown */
    int line;
    bool has_graph; /* features are filled in */
    char family[32];
    double x[TNAS_FEATURE_COUNT];
} tnas_measurement;

typedef struct tnas_measurements {
    tnas_arena arena;
    int count;
    tnas_measurement *rows;
} tnas_measurements;

/* Reads the whole-network and single-layer rows of one part and runtime (NULL: any) that have
 * a latency or cycles. Networks are looked up as graphs_folder/MODEL.json; rows without one
 * stay, with has_graph false. assumed_clock_mhz fills in where the file is silent. */
tnas_status tnas_measurements_load(const char *csv, const char *mcu, const char *runtime,
                                   const char *graphs_folder, double assumed_clock_mhz,
                                   tnas_measurements *out);
void tnas_measurements_deinit(tnas_measurements *measurements);

/* Fits a model to the rows that have a graph; start gives c0 (NULL: TNAS_FEATURES). Held-out
 * errors come from refits with one network left out. */
tnas_status tnas_latency_fit(const tnas_measurements *rows, const tnas_latency_model *start,
                             tnas_latency_model *out);

typedef struct tnas_comparison {
    int compared, without_graph;
    double mape, median_ape, within_10, worst_ape, spearman, coverage_90, macs_only_mape;
    const char *worst_model;
} tnas_comparison;

typedef struct tnas_compared_row {
    const tnas_measurement *row;
    tnas_latency predicted;
    double error; /* (predicted - measured) / measured */
} tnas_compared_row;

/* rows_out [measurements->count] receives the compared rows; may be NULL. */
tnas_status tnas_latency_compare(const tnas_latency_model *model,
                                 const tnas_measurements *measurements, tnas_comparison *out,
                                 tnas_compared_row *rows_out);

#endif
