/* What is known of a library before the first measurement: which terms its structure makes
 * matter, and their orders of magnitude. A common factor is free (shift_tau), so only ratios
 * say something. docs/latency-model.md has the sources. */
#ifndef TNAS_ESTIMATORS_PRIORS_H
#define TNAS_ESTIMATORS_PRIORS_H

#include "estimators/latency.h"

typedef enum tnas_prior_kind {
    TNAS_PRIOR_X_CUBE_AI, /* the coefficients of TNAS_FEATURES */
    TNAS_PRIOR_TINYENGINE,
    TNAS_PRIOR_TFLM,
    TNAS_PRIOR_CMSIS_LAYERS, /* single layers of CMSIS-NN: one term per code path */
    TNAS_PRIOR_GAP8,
} tnas_prior_kind;

void tnas_prior_of(tnas_prior_kind kind, tnas_latency_model *out);

/* The prior for a library, by its name as profiles spell it: a user's own measurements start
 * from it. The first kind when nothing is known of the name. */
tnas_prior_kind tnas_prior_kind_of(const char *runtime);

/* "TinyEngine's structure", for the reader. */
const char *tnas_prior_kind_text(tnas_prior_kind kind);

#endif
