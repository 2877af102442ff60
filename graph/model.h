/* The model: a graph plus its weights and, once quantised, its scales, by index.
 *
 * One type serves both numbers: TNAS_MODEL_FLOAT holds float weights with the batch norm
 * still apart (quant folds it), TNAS_MODEL_INT8 TensorFlow Lite's int8 scheme: weights
 * symmetric per output channel, activations asymmetric per tensor, int32 bias with scale
 * in_scale * weight_scale. */
#ifndef TNAS_GRAPH_MODEL_H
#define TNAS_GRAPH_MODEL_H

#include "common/arena.h"
#include "graph/graph.h"

typedef enum tnas_model_type { TNAS_MODEL_FLOAT, TNAS_MODEL_INT8 } tnas_model_type;

/* real = scale * (q - zero_point). Pooling of our own keeps its input's; an imported mean, which
 * is an AVGPOOL, may have another. */
typedef struct tnas_quant {
    float scale;
    int32_t zero_point; /* -128..127 */
} tnas_quant;

/* Constants of one operator; NULL where there are none. Shapes by operator kind:
 *   CONV2D [out_c, kernel_h, kernel_w, in_c]   DWCONV2D [kernel_h, kernel_w, c]
 *   FC     [out_c, in elements, NHWC order]    per channel: [out_c]
 *   CHANNEL_MUL, CHANNEL_ADD [c]: real = weight_scale[c] * (weight_s8[c] - bias_s32[c]), that
 *   is, bias_s32 holds the zero point; in a float model the bias is 0. */
typedef struct tnas_op_constants {
    float *weight, *bias;                          /* float */
    float *bn_scale, *bn_shift, *bn_mean, *bn_var; /* float: gamma, beta and statistics */
    int8_t *weight_s8; /* int8, -127..127; -128 too in CHANNEL_MUL and CHANNEL_ADD */
    float *weight_scale;
    int32_t *bias_s32;
} tnas_op_constants;

#define TNAS_BN_EPSILON 1e-5f

typedef struct tnas_model {
    tnas_model_type type;
    tnas_graph graph;
    tnas_op_constants constants[TNAS_GRAPH_OPS_MAX];
    tnas_quant quant[TNAS_GRAPH_TENSORS_MAX]; /* int8 only */
    tnas_arena arena;                         /* owns the constants */
} tnas_model;

tnas_status tnas_model_create(tnas_model_type type, const tnas_graph *graph, tnas_model **out);
void tnas_model_destroy(tnas_model *model);

/* Gives operator `op` zeroed constants of its shape: int8 models all three arrays, float
 * models weight, bias and, with batch_norm, the four bn arrays. */
tnas_status tnas_model_add_constants(tnas_model *model, int op, int batch_norm);

/* Binary files "tnm1": little-endian, checksummed (docs/formats.md). */
tnas_status tnas_model_save(const tnas_model *model, const char *path);
tnas_status tnas_model_load(const char *path, tnas_model **out);

#endif
