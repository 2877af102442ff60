/* The latency model: cycles as a sum of features times coefficients, fitted in logarithms.
 *
 *   log cycles = log sum_f x_f c_f + u_family + eps,   c_f = c0_f exp(mu_f + s)
 * with normal priors on mu, s and u; a maximum a posteriori fit by Levenberg-Marquardt with
 * LAPACK, and an interval from the posterior covariance. A row is a whole network or a single
 * layer. Form, priors and validation: docs/latency-model.md. */
#ifndef TNAS_ESTIMATORS_LATENCY_H
#define TNAS_ESTIMATORS_LATENCY_H

#include "common/json.h"
#include "graph/graph.h"

/*  name        prior c0  tau   cycles per ... */
#define TNAS_FEATURES(X)                                                                           \
    X(stem_mac, 2.0, 0.7, "MAC of k x k convolutions of at most 4 input channels")                 \
    X(conv1_mac, 1.1, 0.7, "MAC of 1x1 convolutions")                                              \
    X(convk_mac, 1.1, 0.7, "MAC of other convolutions")                                            \
    X(dw_mac, 3.5, 0.7, "MAC of depthwise convolutions")                                           \
    X(fc_mac, 1.5, 0.7, "MAC of fully connected layers")                                           \
    X(stem_out, 20, 0.7, "output element of such convolutions")                                    \
    X(conv1_out, 20, 0.7, "output element of 1x1 convolutions")                                    \
    X(convk_out, 20, 0.7, "output element of other convolutions")                                  \
    X(dw_out, 10, 0.7, "output element of depthwise convolutions")                                 \
    X(fc_out, 30, 0.4, "output element of fully connected layers")                                 \
    X(add_out, 12, 0.4, "output element of additions")                                             \
    X(pool_in, 3, 0.4, "input element of pooling")                                                 \
    X(layer, 3000, 0.4, "operator")

typedef enum tnas_feature {
#define TNAS_FEATURE_ENUM(name, c0, tau, per) TNAS_FEATURE_##name,
    TNAS_FEATURES(TNAS_FEATURE_ENUM)
#undef TNAS_FEATURE_ENUM
        TNAS_FEATURE_COUNT
} tnas_feature;

/* Adds one operator's, or a whole graph's, features. x [TNAS_FEATURE_COUNT] */
void tnas_features_add_op(const tnas_graph *graph, int op, double *x);
void tnas_features_of_graph(const tnas_graph *graph, double *x);

#define TNAS_LATENCY_FAMILIES_MAX 24
#define TNAS_LATENCY_SOURCES_MAX  64

/* A fitted model of one (MCU, runtime, version). Plain data, no pointers. */
typedef struct tnas_latency_model {
    char runtime[48], version[48];
    char source[256]; /* where the rows come from, or what the prior was handed on from */
    int row_count;    /* measurements of this runtime on this part; 0: a prior */
    double clock_mhz; /* at which the rows were measured */
    double coefficient[TNAS_FEATURE_COUNT]; /* cycles per unit of the feature */
    /* Covariance of (log coefficients' shifts mu_f..., common shift s). */
    double covariance[TNAS_FEATURE_COUNT + 1][TNAS_FEATURE_COUNT + 1];
    double sigma;                        /* residual deviation of log cycles */
    double family_sigma;                 /* deviation of an unseen family's offset */
    double kappa;                        /* conformal factor of the interval */
    double error_net_out, worst_net_out; /* held-out |error|, shares; NaN when not computed */
} tnas_latency_model;

typedef struct tnas_latency {
    double cycles, low_cycles, high_cycles; /* mean; 90 % interval */
    double upper_cycles;                    /* one-sided 90 %: what limits are tested against */
} tnas_latency;

void tnas_latency_predict(const tnas_latency_model *model, const double *x, tnas_latency *out);

double tnas_cycles_to_ms(double cycles, double clock_mhz);

#endif
