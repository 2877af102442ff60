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

/* What is counted. c0 is the coefficient without a runtime's own prior, in cycles; tau the
 * deviation of its logarithm. A coefficient of 0 takes the term out of a model: the last ones
 * are there for runtimes and parts whose priors name them.
 *  name         c0    tau  cycles per ... */
#define TNAS_FEATURES(X)                                                                           \
    X(stem_mac, 2.0, 0.7, "MAC of k x k convolutions of at most 4 input channels")                 \
    X(stem_out, 20, 0.7, "output element of such convolutions")                                    \
    X(conv1_mac, 1.1, 0.7, "MAC of 1x1 convolutions")                                              \
    X(conv1_out, 20, 0.7, "output element of 1x1 convolutions")                                    \
    X(convk_mac, 1.1, 0.7, "MAC of other convolutions")                                            \
    X(convk_out, 20, 0.7, "output element of other convolutions")                                  \
    X(convk_im2col, 1, 0.7, "input element that a window of such a convolution gathers")           \
    X(dw3s1_mac, 3.5, 0.7, "MAC of depthwise convolutions up to 3x3, stride 1")                    \
    X(dw3s2_mac, 4.0, 0.7, "the same with a larger stride")                                        \
    X(dw5_mac, 5.0, 0.7, "MAC of depthwise convolutions up to 5x5")                                \
    X(dw7_mac, 5.0, 0.7, "MAC of larger depthwise convolutions")                                   \
    X(dw_out, 10, 0.7, "output element of depthwise convolutions")                                 \
    X(fc_mac, 1.5, 0.7, "MAC of fully connected layers and 1x1 convolutions of one pixel")         \
    X(fc_out, 30, 0.4, "output element of such layers")                                            \
    X(add_out, 12, 0.4, "output element of additions")                                             \
    X(bcast_out, 60, 0.4, "output element of products, and of additions of a constant")            \
    X(elt_out, 20, 0.4, "output element of minimum, maximum, logistic and the like")               \
    X(pool_in, 3, 0.4, "element that a pooling window visits")                                     \
    X(softmax_in, 200, 0.4, "score that softmax or the like passes over")                          \
    X(move_out, 3, 0.4, "element that concatenation, resizing or transposition writes")            \
    X(quant_out, 8, 0.4, "element that changes its type or scale")                                 \
    X(layer, 3000, 0.4, "operator")                                                                \
    X(weight_byte, 2, 0.7, "byte of weights and biases, each read from flash at least once")       \
    X(ram_excess, 3, 0.7, "byte of an operator's tensors beyond the fast RAM")                     \
    X(flash_ext, 5, 0.7, "byte of constants, when they do not fit the flash on chip")              \
    X(weight_stall, 0, 0.7, "cycle for which weights are awaited beside the computation")          \
    X(dw_in, 0, 0.7, "input element of depthwise convolutions")                                    \
    X(conv1_pixel, 0, 0.7, "output pixel of 1x1 convolutions")                                     \
    X(conv1_weight, 0, 0.7, "weight of 1x1 convolutions")                                          \
    X(dw_pixel, 0, 0.7, "output pixel of depthwise convolutions")                                  \
    X(concat, 0, 0.7, "concatenation: tells families apart, costs what move_out costs")            \
    X(resize, 0, 0.7, "resizing: the same")                                                        \
    X(add, 0, 0.7, "addition: tells families apart, costs what add_out costs")

typedef enum tnas_feature {
#define TNAS_FEATURE_ENUM(name, c0, tau, per) TNAS_FEATURE_##name,
    TNAS_FEATURES(TNAS_FEATURE_ENUM)
#undef TNAS_FEATURE_ENUM
        TNAS_FEATURE_COUNT
} tnas_feature;

const char *tnas_feature_name(int feature);
int tnas_feature_parse(const char *name); /* TNAS_NONE: unknown */

/* Rows of one family share their error, so each family has an offset u. The family follows
 * from the features: which operators a network is made of, not what it is called, so that the
 * family of a network nobody has seen is known as well. */
#define TNAS_FAMILIES(X)                                                                           \
    X(INVERTED_RESIDUAL, "inverted residual", "depthwise convolutions and additions")              \
    X(EXCITED, "squeeze and excite", "depthwise convolutions and products")                        \
    X(SEPARABLE, "separable", "depthwise convolutions, none of the above and below")               \
    X(FAST_SEPARABLE, "fast-downsampling", "separable, many of its depthwise MACs with a stride")  \
    X(MIXED, "mixed", "depthwise and other k x k convolutions beside the stem")                    \
    X(DETECTOR, "detector", "depthwise convolutions and concatenations")                           \
    X(RESIDUAL_DETECTOR, "residual detector", "the same with residuals beside those of resizing")  \
    X(FIRE, "fire", "convolutions and concatenations")                                             \
    X(RESIDUAL, "residual", "convolutions and additions")                                          \
    X(PLAIN, "plain", "convolutions, none of the above")                                           \
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

/* Kinds of operators as far as time is concerned. */
typedef enum tnas_cost_kind {
    TNAS_COST_FREE, /* moves no data, or is merged into its neighbour */
    TNAS_COST_CONV,
    TNAS_COST_DWCONV,
    TNAS_COST_FC,
    TNAS_COST_ADD,
    TNAS_COST_BROADCAST,
    TNAS_COST_ELEMENTWISE,
    TNAS_COST_POOL,
    TNAS_COST_SOFTMAX,
    TNAS_COST_CONCAT,
    TNAS_COST_RESIZE,
    TNAS_COST_MOVE,
    TNAS_COST_QUANTIZE,
} tnas_cost_kind;

/* By TFLite's name ("CONV_2D") or ours ("conv2d"); TNAS_NONE: unknown. */
int tnas_cost_kind_parse(const char *name);

/* What the features of one operator follow from: no more than a table of layers says. */
typedef struct tnas_op_shape {
    int kind;            /* tnas_cost_kind */
    tnas_tensor in, out; /* the first input */
    int kernel_h, kernel_w, stride_h, stride_w;
} tnas_op_shape;

/* How the memories of a set-up enter the features; a profile holds them beside the model. */
typedef struct tnas_memory_terms {
    double fast_ram_bytes;    /* ram_excess: an operator's tensors beyond this; 0: no such term */
    double chip_flash_bytes;  /* flash_ext: constants of networks with more; 0: no such term */
    double stall_cycles_byte; /* weight_stall: this per byte of weights of conv and fc, less */
    double padded_copies;     /* 1: ram_excess counts what padding copies too; 0: pads are free */
    double stall_cycles_mac;  /* this per MAC, where that is above 0; 0: no such term */
} tnas_memory_terms;

/* x [TNAS_FEATURE_COUNT] is overwritten. memory NULL: no memory terms. */
void tnas_features_of_shapes(const tnas_memory_terms *memory, const tnas_op_shape *shapes,
                             int count, double *x);
void tnas_features_of_graph(const tnas_memory_terms *memory, const tnas_graph *graph, double *x);

/* The part of one operator in its network's features: the parts of all add up to the whole. */
void tnas_features_of_op(const tnas_memory_terms *memory, const double *network_x,
                         const tnas_graph *graph, int op, double *x);

double tnas_features_macs(const double *x); /* sum of the MAC features */

/* Order of the fitted parameters z: mu per feature, the common shift s, u per family. */
enum {
    TNAS_LATENCY_SHIFT = TNAS_FEATURE_COUNT,
    TNAS_LATENCY_OFFSET,
    TNAS_LATENCY_PARAMETERS = TNAS_LATENCY_OFFSET + TNAS_FAMILY_COUNT
};

/* A measurement that a model was fitted to, so that a comparison can tell it from new ones. */
typedef struct tnas_fitted_row {
    char name[64]; /* tnas_measurement_remember */
    double cycles;
} tnas_fitted_row;

#define TNAS_FITTED_ROWS_MAX 256 /* more are fitted, but not remembered */

/* A fitted model of one (MCU, runtime, version). Plain data, no pointers. */
typedef struct tnas_latency_model {
    char runtime[48], version[48];
    char source[256]; /* where the rows come from, or what the prior was handed on from */
    int row_count;    /* measurements of this runtime on this part; 0: a prior */
    double clock_mhz; /* at which the rows were measured */
    double coefficient[TNAS_FEATURE_COUNT]; /* cycles per unit of the feature; 0: not a term */
    int term_rows[TNAS_FEATURE_COUNT];      /* rows in which the feature is not 0 */
    double family_offset[TNAS_FAMILY_COUNT];
    int family_rows[TNAS_FAMILY_COUNT];
    double covariance[TNAS_LATENCY_PARAMETERS][TNAS_LATENCY_PARAMETERS]; /* of z */
    double sigma;        /* residual deviation of log cycles */
    double family_sigma; /* deviation of a new family's offset */
    double kappa;        /* conformal factor of the interval, at least 1 */
    double kappa_new;    /* the same for a family that is new to the model */
    /* Mean held-out |error| as a share, each network or each family left out; NaN: not known. */
    double error_net_out, error_family_out;
    double worst_net_out; /* the largest with a network left out */
    tnas_memory_terms memory;
    int fitted_count; /* of fitted; fewer than row_count: not all are remembered */
    tnas_fitted_row fitted[TNAS_FITTED_ROWS_MAX];
} tnas_latency_model;

typedef struct tnas_latency {
    double cycles, low_cycles, high_cycles; /* mean; two-sided 90 % interval */
    double upper_cycles;                    /* one-sided 90 %: what limits are tested against */
} tnas_latency;

/* Whether enough rows of the family say where it lies: one or two networks say more about
 * themselves. Its offset counts then; otherwise it is a new family. */
bool tnas_latency_knows_family(const tnas_latency_model *model, int family);

/* x [TNAS_FEATURE_COUNT]. No heap: a search calls this for every candidate. */
void tnas_latency_predict(const tnas_latency_model *model, const double *x, tnas_latency *out);

/* The same for a part of a network of that family: an operator has no family of its own. */
void tnas_latency_predict_as(const tnas_latency_model *model, int family, const double *x,
                             tnas_latency *out);

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
