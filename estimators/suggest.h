/* Which network to measure next: the one that tells most about the others.
 *
 * A prediction's variance is j' C j + sigma^2, with j the gradient of its logarithm. Measuring
 * network m changes C to C - C j_m j_m' C / (j_m' C j_m + sigma^2), whatever the result; the
 * best m lowers the mean of j' C j over a pool of networks most. No latency is needed for
 * that, so it works before the first measurement. */
#ifndef TNAS_ESTIMATORS_SUGGEST_H
#define TNAS_ESTIMATORS_SUGGEST_H

#include "estimators/latency.h"

typedef struct tnas_pool_network {
    const char *name; /* borrowed */
    double x[TNAS_FEATURE_COUNT];
    bool is_measured;     /* counted in the pool, not suggested */
    double spread;        /* mean deviation of the pool's log latency, were this one measured */
    double own_deviation; /* of its own log latency, before */
} tnas_pool_network;

/* Fills spread and own_deviation of every network; returns the index of the best one that is
 * not measured, or TNAS_NONE. *spread_now is the pool's as it is. Spreads are the root of the
 * mean variance, sigma included. */
int tnas_suggest_next(const tnas_latency_model *model, tnas_pool_network *pool, int count,
                      double *spread_now);

#endif
