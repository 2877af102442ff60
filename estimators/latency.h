/* The latency model: cycles as a sum of features times coefficients, fitted in logarithms.
 *
 *   log cycles = log sum_f x_f c_f + u_family + eps,   c_f = c0_f exp(mu_f + s)
 * with normal priors on mu, s and u. A row is a whole network or a single layer. Prediction
 * is here; the fit is declared in estimators/measurements.h. Form, priors and validation:
 * docs/latency-model.md. */
#ifndef TNAS_ESTIMATORS_LATENCY_H
#define TNAS_ESTIMATORS_LATENCY_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/graph.h"

/* Coefficients without a runtime's own prior, in cycles; tau is the deviation of their
 * logarithm. A coefficient of 0 takes the term out of a model: the last three are there for
 * runtimes whose priors name them.
 *  name        c0    tau  cycles per ... */
#define TNAS_FEATURES(X)                                                                           \
    X(stem_mac, 2.0, 0.7, "MAC of k x k convolutions of at most 4 input channels")                 \
    X(stem_out, 20, 0.7, "output element of such convolutions")                                    \
    X(conv1_mac, 1.1, 0.7, "MAC of 1x1 convolutions")                                              \
    X(conv1_out, 20, 0.7, "output element of 1x1 convolutions")                                    \
    X(convk_mac, 1.1, 0.7, "MAC of other convolutions")                                            \
    X(convk_out, 20, 0.7, "output element of other convolutions")                                  \
    X(dw3_mac, 3.5, 0.7, "MAC of depthwise convolutions up to 3x3")                                \
    X(dwl_mac, 5.0, 0.7, "MAC of larger depthwise convolutions")                                   \
    X(dw_out, 10, 0.7, "output element of depthwise convolutions")                                 \
    X(fc_mac, 1.5, 0.7, "MAC of fully connected layers and 1x1 convolutions of one pixel")         \
    X(fc_out, 30, 0.4, "output element of such layers")                                            \
    X(add_out, 12, 0.4, "output element of additions")                                             \
    X(pool_in, 3, 0.4, "element that a pooling window visits")                                     \
    X(weight_byte, 2, 0.7, "byte of weights, each read from flash at least once")                  \
    X(layer, 3000, 0.4, "operator")                                                                \
    X(dw_in, 0, 0.7, "input element of depthwise convolutions")                                    \
    X(conv1_pixel, 0, 0.7, "output pixel of 1x1 convolutions")                                     \
    X(dw_pixel, 0, 0.7, "output pixel of depthwise convolutions")

typedef enum tnas_feature {
#define TNAS_FEATURE_ENUM(name, c0, tau, per) TNAS_FEATURE_##name,
    TNAS_FEATURES(TNAS_FEATURE_ENUM)
#undef TNAS_FEATURE_ENUM
        TNAS_FEATURE_COUNT
} tnas_feature;

const char *tnas_feature_name(int feature);
int tnas_feature_parse(const char *name); /* TNAS_NONE: unknown */

/* Rows of one family share their error, so each family has an offset u. The family follows
 * from the features: which operators a network is made of, not what it is called. */
#define TNAS_FAMILIES(X)                                                                           \
    X(INVERTED_RESIDUAL, "inverted residual", "depthwise convolutions and additions")              \
    X(SEPARABLE, "separable", "depthwise convolutions, no additions")                              \
    X(RESIDUAL, "residual", "convolutions and additions")                                          \
    X(PLAIN, "plain", "convolutions, no additions")                                                \
    X(DENSE, "dense", "no convolution")                                                            \
    X(LAYER, "layer", "a single operator")

typedef enum tnas_family {
#define TNAS_FAMILY_ENUM(name, text, what) TNAS_FAMILY_##name,
    TNAS_FAMILIES(TNAS_FAMILY_ENUM)
#undef TNAS_FAMILY_ENUM
        TNAS_FAMILY_COUNT
} tnas_family;

tnas_family tnas_family_of(const double *x);
const char *tnas_family_text(int family);
int tnas_family_parse(const char *text); /* TNAS_NONE: unknown */

/* What the features of one operator follow from. A column of a measurement has no more. */
typedef struct tnas_op_shape {
    int kind; /* tnas_op_kind */
    tnas_tensor in, out;
    int kernel_h, kernel_w;
} tnas_op_shape;

/* Each adds to x [TNAS_FEATURE_COUNT]; tnas_features_of_graph clears it first. */
void tnas_features_add(const tnas_op_shape *shape, double *x);
void tnas_features_add_op(const tnas_graph *graph, int op, double *x);
void tnas_features_of_graph(const tnas_graph *graph, double *x);

double tnas_features_macs(const double *x); /* sum of the MAC features */

/* Order of the fitted parameters z: mu per feature, the common shift s, u per family. */
enum {
    TNAS_LATENCY_SHIFT = TNAS_FEATURE_COUNT,
    TNAS_LATENCY_OFFSET,
    TNAS_LATENCY_PARAMETERS = TNAS_LATENCY_OFFSET + TNAS_FAMILY_COUNT
};

/* A fitted model of one (MCU, runtime, version). Plain data, no pointers. */
typedef struct tnas_latency_model {
    char runtime[48], version[48];
    char source[256]; /* where the rows come from, or what the prior was handed on from */
    int row_count;    /* measurements of this runtime on this part; 0: a prior */
    double clock_mhz; /* at which the rows were measured */
    double coefficient[TNAS_FEATURE_COUNT]; /* cycles per unit of the feature; 0: not a term */
    int term_rows[TNAS_FEATURE_COUNT];      /* rows in which the feature is not 0 */
    double family_offset[TNAS_FAMILY_COUNT];
    int family_rows[TNAS_FAMILY_COUNT]; /* 0: the family is new to the model */
    double covariance[TNAS_LATENCY_PARAMETERS][TNAS_LATENCY_PARAMETERS]; /* of z */
    double sigma;         /* residual deviation of log cycles */
    double family_sigma;  /* deviation of a new family's offset */
    double kappa;         /* conformal factor of the interval, at least 1 */
    double error_net_out; /* mean held-out |error| as a share; NaN: not computed */
    double worst_net_out; /* the largest of them */
} tnas_latency_model;

typedef struct tnas_latency {
    double cycles, low_cycles, high_cycles; /* mean; two-sided 90 % interval */
    double upper_cycles;                    /* one-sided 90 %: what limits are tested against */
} tnas_latency;

/* x [TNAS_FEATURE_COUNT]. No heap: a search calls this for every candidate. */
void tnas_latency_predict(const tnas_latency_model *model, const double *x, tnas_latency *out);

/* What a reader should know about this prediction: a new family, terms that carry much and
 * were never measured, a prior. Sentences separated by "; ", or "". */
void tnas_latency_doubts(const tnas_latency_model *model, const double *x, char *out,
                         size_t out_bytes);

/* The share of each feature in the prediction, summing to 1. shares [TNAS_FEATURE_COUNT] */
void tnas_latency_shares(const tnas_latency_model *model, const double *x, double *shares);

/* Where the model's figures come from, in a line: "8 rows, net out 2.4 %; SOURCE", or the
 * source alone of a prior, which says "prior, 0 measurements". */
void tnas_latency_describe(const tnas_latency_model *model, char *out, size_t out_bytes);

/* Deviation of the logarithm of one coefficient, all else averaged over. */
double tnas_latency_term_deviation(const tnas_latency_model *model, int feature);

double tnas_cycles_to_ms(double cycles, double clock_mhz);

#endif
