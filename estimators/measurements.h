/* Board measurements: CSV rows with the columns of docs/measurements.md, and the fit of a latency
 * model to them. */
#ifndef TNAS_ESTIMATORS_MEASUREMENTS_H
#define TNAS_ESTIMATORS_MEASUREMENTS_H

#include "common/arena.h"
#include "estimators/latency.h"

typedef struct tnas_measurement {
    const char *mcu, *runtime, *version, *model, *layer, *source;
    double clock_mhz;     /* 0: neither the source nor the caller says */
    double latency_ms;    /* from cycles and clock when the file has none; 0: unknown */
    double cycles;        /* from latency and clock when the file has none; 0: unknown */
    double rounding_frac; /* half a unit of the last printed digit, as a share of the value */
    int line;
    bool has_graph; /* features are filled in */
    bool has_live;  /* the network MODEL-live is there: it without its dead channels */
    double x[TNAS_FEATURE_COUNT], live_x[TNAS_FEATURE_COUNT];
} tnas_measurement;

typedef struct tnas_measurements {
    tnas_arena arena;
    int count;
    tnas_measurement *rows;
    const char *ignored_columns; /* names that mean nothing here, comma-separated; "": none */
    tnas_memory_terms memory;    /* with which x was counted */
    int other_rows;              /* of other parts, runtimes and versions, or without a time */
} tnas_measurements;

/* Which rows of a file; a column that the file does not have fits everything. Texts are
 * compared without case, and a blank equals a hyphen, so "tflm-cmsis-nn" finds "TFLM CMSIS-NN". */
typedef struct tnas_measurement_query {
    const char *mcu;     /* a row's part may go on: stm32f746 finds STM32F746NG; NULL: any */
    const char *runtime; /* NULL: any */
    const char *version; /* NULL: any */
    /* Where the networks are: folders with MODEL.json, tables of layers (layer_table.h), one or
     * several separated by commas, the first that knows a model wins. NULL: none. */
    const char *graphs;
    bool networks_only;              /* single layers are other rows */
    double assumed_clock_mhz;        /* where the file is silent; 0: unknown */
    const tnas_memory_terms *memory; /* of the model to fit or to compare; NULL: none */
} tnas_measurement_query;

/* Reads the whole-network and single-layer rows that have a latency or cycles. Those whose
 * graph or shape is not known stay, with has_graph false. Negative and non-finite values are
 * errors that name the line. On failure *out is empty and needs no deinit. */
tnas_status tnas_measurements_load(const char *csv, const tnas_measurement_query *query,
                                   tnas_measurements *out);
void tnas_measurements_deinit(tnas_measurements *measurements);

/* What a model sees of a row: its network, or its live part when the runtime drops the rest. */
const double *tnas_measurement_features(const tnas_measurement *row,
                                        const tnas_latency_model *model);

/* "mcunet-in0", "mobilenet layer 3": a row's network or layer, cut to fit; returns out. */
const char *tnas_measurement_name(const tnas_measurement *row, char *out, size_t out_bytes);

/* Fails with TNAS_ERR_INPUT: "nothing to PURPOSE", and the names of the first rows. */
tnas_status tnas_measurements_fail_unusable(const char *purpose,
                                            const tnas_measurements *measurements);

/* What a profile remembers of a row: quotes, backslashes and control characters of the name are
 * underscores. */
void tnas_measurement_remember(const tnas_measurement *row, tnas_fitted_row *out);

/* A model without rows: the coefficients and deviations of TNAS_FEATURES. */
void tnas_latency_prior(tnas_latency_model *out);

/* A model without rows for a kin of `kin` (another part, another version): its coefficients
 * with narrow deviations, docs/latency-model.md section "A new board". */
void tnas_latency_hand_on(const tnas_latency_model *kin, tnas_latency_model *out);

/* Whether two rows [TNAS_FEATURE_COUNT] are one network: the same convolutions at the same
 * resolution, whatever they are called and whatever follows the last convolution. Such rows are
 * left out together. Without convolutions: equal in everything. */
bool tnas_same_network(const double *a, const double *b);

/* Fits a model to the rows that have a graph and cycles, all of one runtime and version.
 * `start` is the prior: NULL for tnas_latency_prior; a fitted model is handed on first. Held-
 * out errors and kappa come from refits with one network left out. No rows give the prior. */
tnas_status tnas_latency_fit(const tnas_measurements *rows, const tnas_latency_model *start,
                             tnas_latency_model *out);

/* The same for some of many rows, without the refits: the intervals have the widths that `whole`,
 * the fit to all rows, found. */
tnas_status tnas_latency_refit(const tnas_measurements *rows, const tnas_latency_model *start,
                               const tnas_latency_model *whole, tnas_latency_model *out);

#endif
