/* A .tflite file as flat arrays of tensors and operators, every reference checked. What they
 * mean is the importer's business (graph/tflite_read.c). */
#ifndef TNAS_GRAPH_TFLITE_FILE_H
#define TNAS_GRAPH_TFLITE_FILE_H

#include "common/arena.h"
#include "graph/tflite_buffer.h"

enum {
    TFL_RANK_MAX = 6,
    TFL_TENSORS_MAX = 1 << 14,
    TFL_INPUTS_MAX = 64, /* of an operator */
};

typedef struct tnas_tfl_tensor {
    int rank; /* -1: more dimensions than TFL_RANK_MAX */
    int32_t dim[TFL_RANK_MAX];
    int64_t count;         /* elements; -1: a dimension is not positive, or there are too many */
    int type;              /* TFL_FLOAT32 and so on */
    bool is_odd;           /* a variable, sparse, or quantised in a way of its own */
    tnas_flat_vector data; /* count 0: not a constant */
    tnas_flat_vector scale, zero_point; /* float32, int64 */
    int64_t quantized_dim;
    tnas_flat_vector name;
    int reader_count; /* operators' inputs and the network's output */
} tnas_tfl_tensor;

typedef struct tnas_tfl_op {
    int code, options_type;
    tnas_flat_table options;
    tnas_flat_vector inputs, outputs; /* int32; -1 is an input left out */
} tnas_tfl_op;

/* Borrows the bytes; owns the arrays. */
typedef struct tnas_tfl_file {
    tnas_flat flat;
    tnas_arena arena;
    tnas_flat_vector description;
    int tensor_count, op_count;
    tnas_tfl_tensor *tensors;
    tnas_tfl_op *ops;
    int input, output; /* tensors */
} tnas_tfl_file;

/* The caller deinitialises the arena, whether it fails or not. */
tnas_status tnas_tfl_file_open(const tnas_flat *flat, tnas_tfl_file *out);

/* Tensor of an operator's input or output; -1 when there is none. */
int tnas_tfl_input(const tnas_tfl_op *op, size_t index);
int tnas_tfl_output(const tnas_tfl_op *op, size_t index);

/* "CONV_2D"; "operator code 200" for what is not in the list. The text is in `scratch` then. */
enum { TFL_NAME_BYTES = 40 };
const char *tnas_tfl_op_name(int code, char scratch[TFL_NAME_BYTES]);
const char *tnas_tfl_type_name(int type);

#endif
