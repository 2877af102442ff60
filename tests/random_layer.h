/* One operator at a time, of every kind, as a random int8 model: sizes that are odd, windows that
 * are not square, pads of all sorts, any zero points. */
#ifndef TNAS_TESTS_RANDOM_LAYER_H
#define TNAS_TESTS_RANDOM_LAYER_H

#include "common/rng.h"
#include "graph/model.h"

/* What is drawn: the operator kinds, and variants that are something else to others. */
#define RANDOM_LAYERS(X)                                                                           \
    X(conv2d, CONV2D)                                                                              \
    X(conv2d_1x1, CONV2D)                                                                          \
    X(dwconv2d, DWCONV2D)                                                                          \
    X(fc, FC) /* one scale for all weights */                                                      \
    X(fc_per_channel, FC)                                                                          \
    X(add, ADD)                                                                                    \
    X(avgpool, AVGPOOL)                                                                            \
    X(mean, MEAN)           /* of one or both sides, to the same scale or another */               \
    X(mean_kept, MEAN_KEPT) /* to the same scale or another */                                     \
    X(maxpool, MAXPOOL)                                                                            \
    X(mul, MUL)                                                                                    \
    X(mul_broadcast, MUL)                                                                          \
    X(concat, CONCAT)                                                                              \
    X(softmax, SOFTMAX)                                                                            \
    X(logistic, LOGISTIC)                                                                          \
    X(pad, PAD)                                                                                    \
    X(activation, ACTIVATION)                                                                      \
    X(channel_mul, CHANNEL_MUL)                                                                    \
    X(channel_add, CHANNEL_ADD)

typedef enum random_layer_kind {
#define RANDOM_LAYER_ENUM(text, kind) LAYER_##text,
    RANDOM_LAYERS(RANDOM_LAYER_ENUM)
#undef RANDOM_LAYER_ENUM
        LAYER_KIND_COUNT
} random_layer_kind;

const char *random_layer_text(int kind);
int random_layer_op_kind(int kind); /* tnas_op_kind */

/* The operator is the model's last one; with two inputs, a 1x1 depthwise convolution before it
 * makes the second. Destroy with tnas_model_destroy. */
tnas_model *random_layer(tnas_rng *rng, int kind);

#endif
