/* A network in operators of TensorFlow Lite that round twice.
 *
 * In the library CONV_2D and FULLY_CONNECTED end in ruy, which rounds once, (acc * multiplier +
 * half) >> shift, and not alike in its vector and its C++ kernels. TensorFlow Lite's reference
 * kernels, what runs on microcontrollers, and we round twice, and so do the library's other
 * operators, TRANSPOSE_CONV among them. With stride 1 that is a convolution by the kernel turned
 * round, so every CONV2D and FC can be written as PAD, TRANSPOSE_CONV over the whole image,
 * STRIDED_SLICE of the outputs wanted, and RELU. Such a file must give our bytes, all of them. */
#ifndef TNAS_TESTS_ORACLE_TWICE_H
#define TNAS_TESTS_ORACLE_TWICE_H

#include "graph/model.h"

/* Like tnas_tflite_build. */
tnas_status build_rounding_twice(const tnas_model *model, uint8_t **out, size_t *byte_count);

#endif
