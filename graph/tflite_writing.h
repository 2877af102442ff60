/* The writer's state: the tables of the file so far.
 *
 * graph/tflite_write_check.c says what can be written, graph/tflite_write_ops.c writes operators,
 * graph/tflite_write.c what they are made of and the file around them. Running out of memory is
 * remembered by the builder, so writing itself cannot fail. */
#ifndef TNAS_GRAPH_TFLITE_WRITING_H
#define TNAS_GRAPH_TFLITE_WRITING_H

#include "graph/flatbuffer_build.h"
#include "graph/model.h"
#include "graph/tflite_schema.h"

enum {
    /* Of the file for one of the graph, at most: two RESHAPE, PAD and the operator; their
     * outputs, weights, bias and three tensors of whole numbers. Some more for tests, which write
     * convolutions in other ways. */
    TFL_WRITING_OPS = 6 * TNAS_GRAPH_OPS_MAX,
    TFL_WRITING_TENSORS = 16 * TNAS_GRAPH_OPS_MAX,
    TFL_WRITING_CODES = 24,
};

typedef struct tnas_tfl_writing {
    tnas_flat_builder flat;
    const tnas_model *model;
    int op; /* of the graph, being written; -1 before the first */
    tnas_flat_ref buffers[TFL_WRITING_TENSORS], tensors[TFL_WRITING_TENSORS];
    tnas_flat_ref ops[TFL_WRITING_OPS];
    struct {
        int code, version;
    } codes[TFL_WRITING_CODES];
    int buffer_count, tensor_count, op_count, code_count;
    /* Tensors of the file by tensor of the graph, TNAS_NONE where there is none yet: in 4
     * dimensions and in 2. */
    int map[TNAS_GRAPH_TENSORS_MAX], flat_map[TNAS_GRAPH_TENSORS_MAX];
    /* Of one tensor at a time: the scales of biases, and any zero points. */
    float scale[TNAS_SIDE_MAX];
    int64_t zero_point[TNAS_SIDE_MAX];
} tnas_tfl_writing;

/* A tensor to be; without data an activation. Borrowed. */
typedef struct tnas_tfl_new_tensor {
    const char *suffix; /* of its name, which starts with the operator's */
    int type, rank;
    int32_t dim[4];
    const void *data; /* [data_bytes] */
    size_t data_bytes;
    const float *scale; /* [scale_count]; its zero point is that of all */
    size_t scale_count;
    int64_t zero_point;
    int quantized_dim;
} tnas_tfl_new_tensor;

/* ---- graph/tflite_write.c ---- */

int tnas_tfl_new_tensor_add(tnas_tfl_writing *writing, const tnas_tfl_new_tensor *tensor);
int tnas_tfl_new_numbers(tnas_tfl_writing *writing, const char *suffix, int rank,
                         const int32_t *dim, const int32_t *numbers);

/* An operator with one output. */
typedef struct tnas_tfl_new_op {
    int code, version, options_type;
    int input_count, input[4], output;
    tnas_flat_field options[8];
} tnas_tfl_new_op;

void tnas_tfl_new_op_add(tnas_tfl_writing *writing, const tnas_tfl_new_op *op);

/* Writes operator writing->op and notes its output's tensor of the file. */
typedef void tnas_tfl_op_writer(tnas_tfl_writing *writing);

/* tnas_tflite_build with a choice of how operators are written. */
tnas_status tnas_tfl_write_file(const tnas_model *model, tnas_tfl_op_writer *write_op,
                                const char *name, const char *description, uint8_t **out,
                                size_t *byte_count);

/* ---- graph/tflite_write_ops.c ---- */

/* Tensor 0 of the graph; its tensor of the file. */
int tnas_tfl_write_input(tnas_tfl_writing *writing);

/* The file's tensor of one of the graph that has been written, in 4 dimensions or flat. */
int tnas_tfl_view(tnas_tfl_writing *writing, int tensor, bool flat);

/* Operator writing->op, which tnas_tfl_check_writable has let pass. */
tnas_tfl_op_writer tnas_tfl_write_op;

/* The graph's output, after its last operator; its tensor of the file. */
int tnas_tfl_write_output(tnas_tfl_writing *writing);

/* ---- graph/tflite_write_check.c ---- */

/* How the pads of a window are written. */
typedef enum tnas_tfl_pads { TFL_PADS_VALID, TFL_PADS_SAME, TFL_PADS_EXPLICIT } tnas_tfl_pads;

tnas_tfl_pads tnas_tfl_pads_of(const tnas_graph *graph, const tnas_op *op);

/* Are all constants of one scale? An FC of one is written as FULLY_CONNECTED. */
bool tnas_tfl_has_one_scale(const tnas_model *model, int op);

/* All that stands against writing the model, in one sentence. */
tnas_status tnas_tfl_check_writable(const tnas_model *model);

#endif
