/* Small .tflite files for tests, written from scratch: enough of the format to say anything
 * that the importer reads, right or wrong. */
#ifndef TNAS_TESTS_TFLITE_WRITER_H
#define TNAS_TESTS_TFLITE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "graph/tflite.h"

enum {
    WRITTEN_TENSORS_MAX = 48,
    WRITTEN_OPS_MAX = 24,
    WRITTEN_DATA_BYTES = 1024,
    WRITTEN_FILE_BYTES = 1 << 15,
};

typedef struct written_tensor {
    int rank;
    int32_t dim[5];
    int type;          /* 0 float32, 2 int32, 3 uint8, 9 int8 */
    size_t data_bytes; /* 0: an activation */
    uint8_t data[WRITTEN_DATA_BYTES];
    int scale_count;
    float scale[16];
    int64_t zero_point; /* of every scale */
    int quantized_dim, is_variable;
} written_tensor;

typedef struct written_op {
    int code, options_type;
    int option_count;
    struct {
        int field;
        int32_t bits; /* of the value, whatever its type */
    } options[8];
    int input_count, output_count;
    int32_t inputs[8], outputs[2];
} written_op;

typedef struct written_net {
    const char *description;
    int version;
    int tensor_count, op_count;
    written_tensor tensors[WRITTEN_TENSORS_MAX];
    written_op ops[WRITTEN_OPS_MAX];
    int32_t input, output;
} written_net;

/* Each returns the new tensor. An activation of h x w x c in 4 dimensions, or [1, c]; weights with
 * a scale per output channel, of values that differ. */
int written_map(written_net *net, int type, int h, int w, int c, float scale, int zero_point);
int written_vector(written_net *net, int type, int c, float scale, int zero_point);
int written_weights(written_net *net, int rank, const int32_t *dim, int channel_dim, int channels);
int written_biases(written_net *net, int channels, float in_scale, int weights);
int written_numbers(written_net *net, int count, const int32_t *numbers);
int written_floats(written_net *net, int rank, const int32_t *dim);

/* Appends an operator of up to 3 inputs (-1: left out) and sets options of it. */
written_op *written_append(written_net *net, int code, int options_type, int in, int in2, int in3,
                           int out);
void written_option(written_op *op, int field, int32_t bits);

/* int8: 6x6x2 input, CONV_2D 3x3 stride 2 SAME RELU to 4 channels, DEPTHWISE 3x3, FC to 3. */
void written_small_net(written_net *net);

/* int8: every operator that is imported, at least once, from a float input to a float output. */
void written_wide_net(written_net *net);

/* Imports the file, which messages call "net.tflite". */
tnas_status written_import(const written_net *net, tnas_model **out, tnas_tflite_notes *notes);

/* The bytes of the file; their number. */
size_t written_file(const written_net *net, uint8_t out[WRITTEN_FILE_BYTES]);

#endif
