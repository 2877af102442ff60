/* Numbers of TensorFlow Lite's schema, version 3: fields, operator codes, enums.
 * tensorflow/lite/schema/schema.fbs; a field's number is its place in its table, unions count
 * twice. */
#ifndef TNAS_GRAPH_TFLITE_SCHEMA_H
#define TNAS_GRAPH_TFLITE_SCHEMA_H

enum { TFL_VERSION = 3 };
#define TFL_IDENTIFIER "TFL3"

enum {
    TFL_MODEL_VERSION = 0,
    TFL_MODEL_OPERATOR_CODES = 1,
    TFL_MODEL_SUBGRAPHS = 2,
    TFL_MODEL_DESCRIPTION = 3,
    TFL_MODEL_BUFFERS = 4,
    TFL_CODE_OLD = 0, /* up to 127; the larger of both holds */
    TFL_CODE_CUSTOM = 1,
    TFL_CODE_VERSION = 2,
    TFL_CODE_NEW = 3,
    TFL_SUBGRAPH_TENSORS = 0,
    TFL_SUBGRAPH_INPUTS = 1,
    TFL_SUBGRAPH_OUTPUTS = 2,
    TFL_SUBGRAPH_OPERATORS = 3,
    TFL_SUBGRAPH_NAME = 4,
    TFL_TENSOR_SHAPE = 0,
    TFL_TENSOR_TYPE = 1,
    TFL_TENSOR_BUFFER = 2,
    TFL_TENSOR_NAME = 3,
    TFL_TENSOR_QUANTIZATION = 4,
    TFL_TENSOR_IS_VARIABLE = 5,
    TFL_TENSOR_SPARSITY = 6,
    TFL_QUANT_SCALE = 2,
    TFL_QUANT_ZERO_POINT = 3,
    TFL_QUANT_DETAILS_TYPE = 4,
    TFL_QUANT_DIMENSION = 6,
    TFL_OPERATOR_CODE = 0,
    TFL_OPERATOR_INPUTS = 1,
    TFL_OPERATOR_OUTPUTS = 2,
    TFL_OPERATOR_OPTIONS_TYPE = 3,
    TFL_OPERATOR_OPTIONS = 4,
    TFL_BUFFER_DATA = 0,
    TFL_BUFFER_OFFSET = 1,
};

enum {
    TFL_CONV_PADDING = 0,
    TFL_CONV_STRIDE_W = 1,
    TFL_CONV_STRIDE_H = 2,
    TFL_CONV_ACTIVATION = 3,
    TFL_CONV_DILATION_W = 4,
    TFL_CONV_DILATION_H = 5,
    TFL_DWCONV_PADDING = 0,
    TFL_DWCONV_STRIDE_W = 1,
    TFL_DWCONV_STRIDE_H = 2,
    TFL_DWCONV_MULTIPLIER = 3, /* output channels per input channel */
    TFL_DWCONV_ACTIVATION = 4,
    TFL_DWCONV_DILATION_W = 5,
    TFL_DWCONV_DILATION_H = 6,
    TFL_POOL_PADDING = 0,
    TFL_POOL_STRIDE_W = 1,
    TFL_POOL_STRIDE_H = 2,
    TFL_POOL_FILTER_W = 3,
    TFL_POOL_FILTER_H = 4,
    TFL_POOL_ACTIVATION = 5,
    TFL_FC_ACTIVATION = 0,
    TFL_FC_WEIGHTS_FORMAT = 1,
    TFL_SOFTMAX_BETA = 0,
    TFL_RESHAPE_SHAPE = 0,
    TFL_CONCAT_AXIS = 0,
    TFL_CONCAT_ACTIVATION = 1,
    TFL_ADD_ACTIVATION = 0, /* MUL too */
    TFL_REDUCER_KEEP_DIMS = 0,
    TFL_SLICE_BEGIN_MASK = 0,
    TFL_SLICE_END_MASK = 1,
    TFL_SLICE_ELLIPSIS_MASK = 2,
    TFL_SLICE_NEW_AXIS_MASK = 3,
    TFL_SLICE_SHRINK_MASK = 4,
    TFL_PACK_AXIS = 1,
};

enum { TFL_PADDING_SAME, TFL_PADDING_VALID };

enum {
    TFL_ACTIVATION_NONE = 0,
    TFL_ACTIVATION_RELU = 1,
    TFL_ACTIVATION_RELU6 = 3,
};

enum {
    TFL_FLOAT32 = 0,
    TFL_INT32 = 2,
    TFL_UINT8 = 3,
    TFL_INT64 = 4,
    TFL_INT8 = 9,
};

/* Operators by code, for messages; the ones that are imported have their handler in
 * graph/tflite_read.c. */
#define TFL_OPERATORS(X)                                                                           \
    X(0, ADD)                                                                                      \
    X(1, AVERAGE_POOL_2D)                                                                          \
    X(2, CONCATENATION)                                                                            \
    X(3, CONV_2D)                                                                                  \
    X(4, DEPTHWISE_CONV_2D)                                                                        \
    X(5, DEPTH_TO_SPACE)                                                                           \
    X(6, DEQUANTIZE)                                                                               \
    X(7, EMBEDDING_LOOKUP)                                                                         \
    X(8, FLOOR)                                                                                    \
    X(9, FULLY_CONNECTED)                                                                          \
    X(11, L2_NORMALIZATION)                                                                        \
    X(12, L2_POOL_2D)                                                                              \
    X(13, LOCAL_RESPONSE_NORMALIZATION)                                                            \
    X(14, LOGISTIC)                                                                                \
    X(16, LSTM)                                                                                    \
    X(17, MAX_POOL_2D)                                                                             \
    X(18, MUL)                                                                                     \
    X(19, RELU)                                                                                    \
    X(20, RELU_N1_TO_1)                                                                            \
    X(21, RELU6)                                                                                   \
    X(22, RESHAPE)                                                                                 \
    X(23, RESIZE_BILINEAR)                                                                         \
    X(24, RNN)                                                                                     \
    X(25, SOFTMAX)                                                                                 \
    X(26, SPACE_TO_DEPTH)                                                                          \
    X(27, SVDF)                                                                                    \
    X(28, TANH)                                                                                    \
    X(32, CUSTOM)                                                                                  \
    X(34, PAD)                                                                                     \
    X(35, UNIDIRECTIONAL_SEQUENCE_RNN)                                                             \
    X(36, GATHER)                                                                                  \
    X(37, BATCH_TO_SPACE_ND)                                                                       \
    X(38, SPACE_TO_BATCH_ND)                                                                       \
    X(39, TRANSPOSE)                                                                               \
    X(40, MEAN)                                                                                    \
    X(41, SUB)                                                                                     \
    X(42, DIV)                                                                                     \
    X(43, SQUEEZE)                                                                                 \
    X(44, UNIDIRECTIONAL_SEQUENCE_LSTM)                                                            \
    X(45, STRIDED_SLICE)                                                                           \
    X(47, EXP)                                                                                     \
    X(49, SPLIT)                                                                                   \
    X(50, LOG_SOFTMAX)                                                                             \
    X(53, CAST)                                                                                    \
    X(54, PRELU)                                                                                   \
    X(55, MAXIMUM)                                                                                 \
    X(56, ARG_MAX)                                                                                 \
    X(57, MINIMUM)                                                                                 \
    X(59, NEG)                                                                                     \
    X(60, PADV2)                                                                                   \
    X(65, SLICE)                                                                                   \
    X(67, TRANSPOSE_CONV)                                                                          \
    X(69, TILE)                                                                                    \
    X(70, EXPAND_DIMS)                                                                             \
    X(74, SUM)                                                                                     \
    X(75, SQRT)                                                                                    \
    X(76, RSQRT)                                                                                   \
    X(77, SHAPE)                                                                                   \
    X(82, REDUCE_MAX)                                                                              \
    X(83, PACK)                                                                                    \
    X(88, UNPACK)                                                                                  \
    X(97, RESIZE_NEAREST_NEIGHBOR)                                                                 \
    X(98, LEAKY_RELU)                                                                              \
    X(99, SQUARED_DIFFERENCE)                                                                      \
    X(100, MIRROR_PAD)                                                                             \
    X(101, ABS)                                                                                    \
    X(102, SPLIT_V)                                                                                \
    X(111, ELU)                                                                                    \
    X(114, QUANTIZE)                                                                               \
    X(117, HARD_SWISH)                                                                             \
    X(118, IF)                                                                                     \
    X(119, WHILE)                                                                                  \
    X(126, BATCH_MATMUL)                                                                           \
    X(150, GELU)

enum {
#define TFL_OPERATOR_ENUM(code, name) TFL_##name = code,
    TFL_OPERATORS(TFL_OPERATOR_ENUM)
#undef TFL_OPERATOR_ENUM
};

/* BuiltinOptions: which table an operator's options are. */
enum {
    TFL_OPTIONS_NONE = 0,
    TFL_OPTIONS_CONV = 1,
    TFL_OPTIONS_DWCONV = 2,
    TFL_OPTIONS_POOL = 5,
    TFL_OPTIONS_FC = 8,
    TFL_OPTIONS_SOFTMAX = 9,
    TFL_OPTIONS_CONCAT = 10,
    TFL_OPTIONS_ADD = 11,
    TFL_OPTIONS_RESHAPE = 17,
    TFL_OPTIONS_MUL = 21,
    TFL_OPTIONS_PAD = 22,
    TFL_OPTIONS_REDUCER = 27,
    TFL_OPTIONS_SLICE = 32,
    TFL_OPTIONS_PACK = 59,
};

#endif
