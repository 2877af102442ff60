/* The importer's state: what is known of each tensor of the file, and the graph so far.
 *
 * Operators are taken in file order, which is an order in which they can run. A handler that
 * fails with TNAS_ERR_INPUT has met something that cannot be imported: its sentence joins the
 * list, what it would have written is lost, and the importer goes on, so that the user learns of
 * everything at once. */
#ifndef TNAS_GRAPH_TFLITE_IMPORT_H
#define TNAS_GRAPH_TFLITE_IMPORT_H

#include "common/problems.h"
#include "graph/tflite.h"
#include "graph/tflite_file.h"
#include "graph/tflite_schema.h"

typedef enum tnas_tfl_kind {
    TFL_UNKNOWN,  /* nothing has written it yet */
    TFL_CONSTANT, /* lies in the file */
    TFL_NUMBERS,  /* whole numbers that follow from shapes */
    TFL_MAP,      /* a tensor of the graph */
    TFL_BORDER,   /* the network's input before QUANTIZE */
    TFL_LOST,     /* written by an operator that cannot be imported */
} tnas_tfl_kind;

/* What a dimension of a tensor of the file stands for. */
enum { TFL_AXIS_ONE, TFL_AXIS_H, TFL_AXIS_W, TFL_AXIS_C };

enum { TFL_NUMBERS_MAX = 8 };

typedef struct tnas_tfl_value {
    tnas_tfl_kind kind;
    int tensor; /* TFL_MAP: the graph's */

    /* How the file sees the map. Flat: another shape, the same order. */
    uint8_t axis[TFL_RANK_MAX];
    bool is_flat;

    /* Zeros around the map that are not in the graph yet: top, bottom, left, right. */
    bool is_padded, pad_noted;
    uint8_t pad[4];
    int pad_op; /* of the file */

    int number_count;
    int32_t numbers[TFL_NUMBERS_MAX];
} tnas_tfl_value;

/* The constants of an operator of the graph, by tensor of the file; -1: none. */
typedef struct tnas_tfl_constants {
    int weight, bias;
    bool is_hwc; /* the weights of a CONV2D lie HWC */
} tnas_tfl_constants;

typedef struct tnas_tfl_import {
    const tnas_tfl_file *file;
    tnas_model_type type;
    bool has_input; /* the graph's input has its shape */
    int op;         /* of the file, being imported */
    tnas_tfl_value *values;
    tnas_graph graph;
    tnas_quant quant[TNAS_GRAPH_TENSORS_MAX];
    int written[TNAS_GRAPH_TENSORS_MAX]; /* tensor of the file */
    tnas_tfl_constants constants[TNAS_GRAPH_OPS_MAX];
    size_t weight_bytes; /* read so far */
    tnas_tflite_notes notes;
    tnas_problems problems;
} tnas_tfl_import;

/* ---- graph/tflite_values.c: what tensors are ---- */

/* Height, width, channels of a shape of at most 4 dimensions whose first, the batch, is 1. */
bool tnas_tfl_hwc(const tnas_tfl_tensor *tensor, tnas_tensor *out);

/* Scale and zero point of an int8 activation; does nothing in float models. */
tnas_status tnas_tfl_quant(const tnas_tfl_import *import, int tensor, tnas_quant *out);
bool tnas_tfl_same_quant(tnas_quant a, tnas_quant b);

/* Puts a tensor of the file at the graph's input. */
tnas_status tnas_tfl_place_input(tnas_tfl_import *import, int tensor);

/* The map that an operator reads, padded by the graph where the file pads it. Fails when it is
 * no map, or transposed, or reshaped; reshaped maps pass with flat_too. */
tnas_status tnas_tfl_take(tnas_tfl_import *import, int tensor, bool flat_too, int *out);
tnas_status tnas_tfl_check_seen(const tnas_tfl_import *import, int tensor, bool flat_too);
tnas_status tnas_tfl_append_pad(tnas_tfl_import *import, int tensor);

/* Appends the operator and makes its output what the tensor of the file is. The shapes must
 * agree. Without constants. */
tnas_status tnas_tfl_append(tnas_tfl_import *import, const tnas_op *op, int32_t out_c, int tensor);

/* The same, where the file sees the output by these axes, [rank of the tensor]. */
tnas_status tnas_tfl_append_seen(tnas_tfl_import *import, const tnas_op *op,
                                 const uint8_t axis[TFL_RANK_MAX], int tensor);

/* Neither transposed nor half reduced; of what is not flat. */
bool tnas_tfl_is_seen_plainly(const tnas_tfl_import *import, int tensor);

/* `tensor` is the map `from`, seen in the shape of the file's tensor. */
tnas_status tnas_tfl_alias(tnas_tfl_import *import, int tensor, int from);
void tnas_tfl_see_plainly(const tnas_tfl_import *import, int tensor, tnas_tfl_value *value);

/* The values of a constant or folded tensor of whole numbers. */
tnas_status tnas_tfl_numbers(const tnas_tfl_import *import, int tensor,
                             int32_t out[TFL_NUMBERS_MAX], int *count);

/* A constant tensor of this type whose bytes are all there. */
tnas_status tnas_tfl_constant(tnas_tfl_import *import, int tensor, int type, const char *what);

/* ---- Handlers: an operator of the file into the graph ---- */

typedef tnas_status tnas_tfl_handler(tnas_tfl_import *import, const tnas_tfl_op *op);

/* graph/tflite_ops.c */
tnas_tfl_handler tnas_tfl_conv, tnas_tfl_dwconv, tnas_tfl_pool, tnas_tfl_fc, tnas_tfl_arithmetic,
    tnas_tfl_concat, tnas_tfl_curve, tnas_tfl_relu;

/* graph/tflite_fold.c: what needs no operator */
tnas_tfl_handler tnas_tfl_quantize, tnas_tfl_dequantize, tnas_tfl_pad, tnas_tfl_reshape,
    tnas_tfl_transpose, tnas_tfl_mean, tnas_tfl_shape, tnas_tfl_slice, tnas_tfl_pack;

/* ---- graph/tflite_weights.c ---- */

/* An operator's weights in the model: channel c's weight i is at c * channel_step + i * step. */
typedef struct tnas_tfl_layout {
    size_t channels, weights; /* of one channel */
    size_t channel_step, step;
} tnas_tfl_layout;

tnas_tfl_layout tnas_tfl_layout_of(const tnas_graph *graph, int op);

/* Fills in the constants of every operator. */
tnas_status tnas_tfl_fill_constants(tnas_tfl_import *import, tnas_model *model);

/* graph/tflite_dead.c: the notes' dead channels and live MACs. */
tnas_status tnas_tfl_count_dead(tnas_tfl_import *import, const tnas_model *model);

#endif
