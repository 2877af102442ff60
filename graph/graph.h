/* The graph: WHAT a network computes. Operators and tensors with shapes, in flat arrays of
 * fixed-size records: no strings, no heap, so that a search decodes and prices tens of
 * thousands of them a second. Weights and scales belong to the model (graph/model.h), order
 * and kernels to the schedule, addresses to the plan. */
#ifndef TNAS_GRAPH_GRAPH_H
#define TNAS_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"

/* What an operator has. */
enum {
    TNAS_OP_WINDOW = 1,  /* kernel, stride and pads */
    TNAS_OP_PADS = 2,    /* pads alone */
    TNAS_OP_OUT_C = 4,   /* output channels of its own choice */
    TNAS_OP_FILTERS = 8, /* weights that are multiplied and summed, with bias */
    TNAS_OP_VECTOR = 16, /* one constant per channel, which is not a MAC */
    TNAS_OP_CLAMPS = 32, /* an activation may be fused */
};

/* Files count kinds from 0 in this order: new ones go to the end.
 *  name         text           inputs has                       what it computes */
#define TNAS_OPS(X)                                                                                \
    X(CONV2D, "conv2d", 1, TNAS_OP_WINDOW | TNAS_OP_OUT_C | TNAS_OP_FILTERS | TNAS_OP_CLAMPS,      \
      "convolution, weights OHWI")                                                                 \
    X(DWCONV2D, "dwconv2d", 1, TNAS_OP_WINDOW | TNAS_OP_FILTERS | TNAS_OP_CLAMPS,                  \
      "depthwise convolution, weights HWC")                                                        \
    X(FC, "fc", 1, TNAS_OP_OUT_C | TNAS_OP_FILTERS | TNAS_OP_CLAMPS,                               \
      "fully connected on the flattened input, weights OI")                                        \
    X(ADD, "add", 2, TNAS_OP_CLAMPS, "sum of two tensors of one shape")                            \
    X(AVGPOOL, "avgpool", 1, TNAS_OP_WINDOW | TNAS_OP_CLAMPS,                                      \
      "average over a window, padding not counted")                                                \
    X(MAXPOOL, "maxpool", 1, TNAS_OP_WINDOW | TNAS_OP_CLAMPS, "maximum over a window")             \
    X(MUL, "mul", 2, TNAS_OP_CLAMPS,                                                               \
      "product; the second tensor has the first's shape, or its channels at 1x1")                  \
    X(CONCAT, "concat", 2, 0, "the channels of the first tensor, then those of the second")        \
    X(SOFTMAX, "softmax", 1, 0, "softmax over the channels of each pixel")                         \
    X(LOGISTIC, "logistic", 1, 0, "1 / (1 + exp(-x))")                                             \
    X(PAD, "pad", 1, TNAS_OP_PADS, "zeros around the image, where no operator can pad itself")     \
    X(ACTIVATION, "activation", 1, TNAS_OP_CLAMPS, "an activation that was not fused")             \
    X(CHANNEL_MUL, "channel_mul", 1, TNAS_OP_VECTOR | TNAS_OP_CLAMPS,                              \
      "product with one constant per channel")                                                     \
    X(CHANNEL_ADD, "channel_add", 1, TNAS_OP_VECTOR | TNAS_OP_CLAMPS,                              \
      "sum with one constant per channel")                                                         \
    X(MEAN, "mean", 1, TNAS_OP_WINDOW,                                                             \
      "average over one or both whole sides, rounded as TensorFlow Lite's MEAN")                   \
    X(MEAN_KEPT, "mean_kept", 1, TNAS_OP_WINDOW,                                                   \
      "the same, rounded as MEAN of both sides that keeps the dimensions")

typedef enum tnas_op_kind {
#define TNAS_OP_ENUM(name, text, inputs, has, what) TNAS_OP_##name,
    TNAS_OPS(TNAS_OP_ENUM)
#undef TNAS_OP_ENUM
        TNAS_OP_KIND_COUNT
} tnas_op_kind;

#define TNAS_ACTIVATIONS(X) X(NONE, "none") X(RELU, "relu") X(RELU6, "relu6")

typedef enum tnas_activation {
#define TNAS_ACT_ENUM(name, text) TNAS_ACT_##name,
    TNAS_ACTIVATIONS(TNAS_ACT_ENUM)
#undef TNAS_ACT_ENUM
        TNAS_ACT_COUNT
} tnas_activation;

#define TNAS_NONE (-1) /* no tensor, no slot */

typedef struct tnas_tensor {
    int32_t h, w, c;
} tnas_tensor;

typedef struct tnas_op {
    uint8_t kind;       /* tnas_op_kind */
    uint8_t activation; /* tnas_activation */
    int16_t in[2];      /* tensors; in[1] is TNAS_NONE where the kind takes one input */
    int16_t out;
    uint8_t kernel_h, kernel_w, stride_h, stride_w; /* 1 where they mean nothing */
    uint8_t pad_top, pad_bottom, pad_left, pad_right;
} tnas_op;

#define TNAS_GRAPH_OPS_MAX     320
#define TNAS_GRAPH_TENSORS_MAX (TNAS_GRAPH_OPS_MAX + 1)

/* Longest side and most channels: the layer table holds them in 16 bits. Most elements of a
 * tensor or of an operator's weights: beyond any microcontroller, and the sums over a graph
 * stay in 64 bits. */
#define TNAS_SIDE_MAX     INT16_MAX
#define TNAS_ELEMENTS_MAX (1 << 27)

/* Operators in a valid order; tensor 0 is the input; operator i writes one tensor, which no
 * other operator writes; the last operator's output is the graph's. */
typedef struct tnas_graph {
    int16_t op_count;
    int16_t tensor_count;
    tnas_op ops[TNAS_GRAPH_OPS_MAX];
    tnas_tensor tensors[TNAS_GRAPH_TENSORS_MAX];
} tnas_graph;

/* An empty graph with its input tensor. */
void tnas_graph_init(tnas_graph *graph, int32_t h, int32_t w, int32_t c);

/* Appends an operator whose `out` is ignored, and its output tensor; the shape follows from
 * the inputs, the window and, for CONV2D and FC, out_c (ignored otherwise). Returns the new
 * tensor, or TNAS_NONE when the graph is full or the operator impossible. */
int tnas_graph_append(tnas_graph *graph, const tnas_op *op, int32_t out_c);

/* TensorFlow's SAME padding along one side: output ceil(in / stride). */
void tnas_pad_same(int32_t in, int32_t kernel, int32_t stride, uint8_t *before, uint8_t *after);

int tnas_graph_output(const tnas_graph *graph);       /* tensor */
int64_t tnas_tensor_count(const tnas_tensor *tensor); /* elements, = bytes in int8 */

/* Multiply-accumulates of one operator: convolutions and fc; 0 for the rest. */
int64_t tnas_op_macs(const tnas_graph *graph, int op);
int64_t tnas_graph_macs(const tnas_graph *graph);

/* Constants of one operator, without bias and scales: of filters, or one per channel. */
int64_t tnas_op_weight_count(const tnas_graph *graph, int op);
int64_t tnas_graph_weight_count(const tnas_graph *graph);

/* Every rule above; the sentence names operator and rule. For graphs from files. */
tnas_status tnas_graph_check(const tnas_graph *graph);

int tnas_op_input_count(int kind);    /* 1 or 2 */
bool tnas_op_has(int kind, int what); /* any of TNAS_OP_WINDOW and so on; kind must be known */

bool tnas_op_is_mean(int kind); /* MEAN or MEAN_KEPT */

const char *tnas_op_kind_text(int kind);
int tnas_op_kind_parse(const char *text); /* TNAS_NONE: unknown */
const char *tnas_activation_text(int activation);
int tnas_activation_parse(const char *text);

/* Graph files, JSON "tinynas-graph" version 1 (docs/formats.md). */
tnas_status tnas_graph_load(const char *path, tnas_graph *out);
tnas_status tnas_graph_save(const tnas_graph *graph, const char *name, const char *path);

#endif
