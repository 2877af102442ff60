/* int8 models into TensorFlow Lite files, as version 2.9 and everything newer reads them.
 *
 * Tensors are int8 at the border too: [1, h, w, c], or [1, c] after fully connected operators.
 * What the file says otherwise than the graph:
 *   pads          SAME or VALID where they are that; else a PAD before the operator
 *   FC            with a scale per output: CONV_2D whose window is the whole input, the same
 *                 sums in the same order, for 2.9 has one scale for all of FULLY_CONNECTED's
 *                 weights; else RESHAPE to [1, elements] and FULLY_CONNECTED
 *   MEAN          of both sides gives [1, c]; MEAN_KEPT [1, 1, 1, c]
 *   CHANNEL_MUL, CHANNEL_ADD   MUL and ADD with a constant
 * Read back by graph/tflite.h the file gives the same model, but for FC that became CONV2D,
 * operators that the importer folds (PAD into a window, ACTIVATION into what is before it) and the
 * shape of an input that FC reads first, which is flat then. */
#ifndef TNAS_GRAPH_TFLITE_WRITE_H
#define TNAS_GRAPH_TFLITE_WRITE_H

#include "graph/model.h"

/* The file's bytes; release *out with tnas_free. The same model and texts give the same bytes.
 * `name` becomes the subgraph's, `description` the file's; what is not printable ASCII in them is
 * written as '?', and of both at most 1023 characters. All operators that cannot be written are
 * listed in one sentence (TNAS_ERR_INPUT), with index and reason. */
tnas_status tnas_tflite_build(const tnas_model *model, const char *name, const char *description,
                              uint8_t **out, size_t *byte_count);

tnas_status tnas_tflite_save(const tnas_model *model, const char *name, const char *description,
                             const char *path);

#endif
