/* TensorFlow Lite files into models.
 *
 * int8 files become int8 models, float files float models (for estimates). What a graph has
 * no operator for because it needs none vanishes, and the notes say so:
 *   QUANTIZE, DEQUANTIZE   at the border: the model starts and ends in int8
 *   PAD                    into the pads of the window that reads it, where that is the same
 *   RESHAPE, SQUEEZE       elements keep their order
 *   SHAPE, STRIDED_SLICE, PACK   of constants, for a RESHAPE
 *   TRANSPOSE              before a MEAN, which finds its axes again
 *   RELU, RELU6            into the operator before
 * All operators that cannot be imported are listed in one sentence, with index and reason. */
#ifndef TNAS_GRAPH_TFLITE_H
#define TNAS_GRAPH_TFLITE_H

#include "graph/model.h"

enum { TNAS_TFLITE_NAME_BYTES = 96, TNAS_TFLITE_OPS_MAX = 4096 };

typedef struct tnas_tflite_notes {
    /* Texts of the file, what is not printable ASCII replaced by '?'; "" when absent. */
    char description[TNAS_TFLITE_NAME_BYTES];
    char input_name[TNAS_TFLITE_NAME_BYTES], output_name[TNAS_TFLITE_NAME_BYTES];
    const char *input_type, *output_type; /* "float32", "int8", "uint8": before stripping */
    int op_count;                         /* of the file */
    int quantize_stripped, dequantize_stripped;
    int pads_folded, reshapes_folded, activations_folded, transposes_folded;
    int constants_folded; /* SHAPE, STRIDED_SLICE, PACK */

    /* By operator of the graph. */
    int16_t file_op[TNAS_GRAPH_OPS_MAX];       /* index of the operator in the file */
    int32_t dead_channels[TNAS_GRAPH_OPS_MAX]; /* output channels whose weights are all 0 */
    /* MACs when dead channels and what only they feed are left out: some runtimes do. */
    int64_t live_macs[TNAS_GRAPH_OPS_MAX];
    int64_t dead_channel_count, live_mac_count; /* of the whole network */
} tnas_tflite_notes;

/* Release *out with tnas_model_destroy. notes may be NULL. Fails with TNAS_ERR_INPUT on
 * damaged files, on what cannot be imported, and on what TensorFlow Lite would refuse. */
tnas_status tnas_tflite_load(const char *path, tnas_model **out, tnas_tflite_notes *notes);

/* The same for a file in memory; `name` is what messages call it. */
tnas_status tnas_tflite_parse(const void *bytes, size_t byte_count, const char *name,
                              tnas_model **out, tnas_tflite_notes *notes);

#endif
