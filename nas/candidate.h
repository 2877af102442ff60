/* A candidate: an architecture of a search with its cost and, once scored, its accuracy.
 *
 * Scores come from two places. A measured one was told by the caller. A predicted one is what
 * the predictor expected of an architecture that was never measured: it may breed, it is never
 * the result. */
#ifndef TNAS_NAS_CANDIDATE_H
#define TNAS_NAS_CANDIDATE_H

#include "estimators/estimate.h"
#include "search_space/genes.h"

/*  name       text */
#define TNAS_SCORE_SOURCES(X)                                                                      \
    X(MEASURED, "measured")                                                                        \
    X(PREDICTED, "predicted")

typedef enum tnas_score_source {
#define TNAS_SCORE_ENUM(name, text) TNAS_SCORE_##name,
    TNAS_SCORE_SOURCES(TNAS_SCORE_ENUM)
#undef TNAS_SCORE_ENUM
} tnas_score_source;

const char *tnas_score_source_text(tnas_score_source source);

typedef struct tnas_candidate {
    tnas_arch arch;
    uint64_t hash;
    tnas_cost cost;
    double accuracy; /* 0..1 */
    int generation;
    tnas_score_source source;
    double expected; /* what the predictor said before the measurement; NAN: it was not asked */
} tnas_candidate;

#endif
