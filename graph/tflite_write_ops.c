/* Operators of the graph as operators of the file. A map has 4 dimensions for whoever needs them,
 * and 2 for fully connected operators and what follows them: RESHAPE goes between, once per map.
 * Versions of operators are the ones from which on their int8 form exists. */
#include <assert.h>

#include "graph/tflite_writing.h"

enum { INT8_VERSION = 2, INT8_CONV_VERSION = 3, INT8_FC_VERSION = 4, MUL_SCALING_VERSION = 3 };

static const tnas_op *op_of(const tnas_tfl_writing *writing)
{
    return &writing->model->graph.ops[writing->op];
}

/* ---- Maps ---- */

static int add_activation(tnas_tfl_writing *writing, const char *suffix, int rank,
                          const int32_t *dim, tnas_quant quant)
{
    tnas_tfl_new_tensor tensor = {.suffix = suffix,
                                  .type = TFL_INT8,
                                  .rank = rank,
                                  .scale = &quant.scale,
                                  .scale_count = 1,
                                  .zero_point = quant.zero_point};
    for (int i = 0; i < rank; i++)
        tensor.dim[i] = dim[i];
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

static int add_map(tnas_tfl_writing *writing, const char *suffix, int tensor, bool flat)
{
    const tnas_tensor *const t = &writing->model->graph.tensors[tensor];
    const int32_t dim[] = {1, t->h, t->w, t->c};
    const int32_t flat_dim[] = {1, (int32_t)tnas_tensor_count(t)};
    return add_activation(writing, suffix, flat ? 2 : 4, flat ? flat_dim : dim,
                          writing->model->quant[tensor]);
}

static void add_reshape(tnas_tfl_writing *writing, int from, int to, int tensor, bool flat)
{
    const tnas_tensor *const t = &writing->model->graph.tensors[tensor];
    const int32_t dim[] = {1, t->h, t->w, t->c};
    const int32_t flat_dim[] = {1, (int32_t)tnas_tensor_count(t)};
    const int32_t rank = flat ? 2 : 4;
    const int numbers = tnas_tfl_new_numbers(writing, "/shape", 1, &rank, flat ? flat_dim : dim);
    const tnas_flat_ref shape =
        tnas_flat_add_vector(&writing->flat, flat ? flat_dim : dim, (size_t)rank, 4, 4);
    const tnas_tfl_new_op op = {
        .code = TFL_RESHAPE,
        .version = 1,
        .options_type = TFL_OPTIONS_RESHAPE,
        .input_count = 2,
        .input = {from, numbers},
        .output = to,
        .options = {[TFL_RESHAPE_SHAPE] = tnas_flat_field_ref(shape)},
    };
    tnas_tfl_new_op_add(writing, &op);
}

int tnas_tfl_view(tnas_tfl_writing *writing, int tensor, bool flat)
{
    int *const wanted = flat ? &writing->flat_map[tensor] : &writing->map[tensor];
    if (*wanted == TNAS_NONE) {
        const int there = flat ? writing->map[tensor] : writing->flat_map[tensor];
        assert(there != TNAS_NONE);
        *wanted = add_map(writing, flat ? "/flat" : "/map", tensor, flat);
        add_reshape(writing, there, *wanted, tensor, flat);
    }
    return *wanted;
}

static bool is_unary(int kind)
{
    return tnas_op_input_count(kind) == 1 &&
           !tnas_op_has(kind, TNAS_OP_WINDOW | TNAS_OP_PADS | TNAS_OP_OUT_C);
}

/* Comes from a fully connected operator, or goes into one as the network's input. */
static bool is_vector(const tnas_graph *graph, int tensor)
{
    while (tensor > 0 && is_unary(graph->ops[tensor - 1].kind))
        tensor = graph->ops[tensor - 1].in[0];
    if (tensor > 0)
        return graph->ops[tensor - 1].kind == TNAS_OP_FC;
    return graph->tensors[0].h == 1 && graph->tensors[0].w == 1 && graph->ops[0].kind == TNAS_OP_FC;
}

/* The output of writing->op as the file's operator writes it. */
static int add_output(tnas_tfl_writing *writing, bool flat)
{
    const int out = op_of(writing)->out;
    const int tensor = add_map(writing, "", out, flat);
    *(flat ? &writing->flat_map[out] : &writing->map[out]) = tensor;
    return tensor;
}

static tnas_flat_field activation_field(const tnas_op *op)
{
    static const int codes[] = {
        [TNAS_ACT_NONE] = TFL_ACTIVATION_NONE,
        [TNAS_ACT_RELU] = TFL_ACTIVATION_RELU,
        [TNAS_ACT_RELU6] = TFL_ACTIVATION_RELU6,
    };
    _Static_assert(sizeof codes / sizeof codes[0] == TNAS_ACT_COUNT, "one code per activation");
    return tnas_flat_field_u8(codes[op->activation]);
}

/* ---- Pads ---- */

static void add_pad(tnas_tfl_writing *writing, int from, int to)
{
    const tnas_op *const op = op_of(writing);
    const int32_t pads[] = {0, 0, op->pad_top, op->pad_bottom, op->pad_left, op->pad_right, 0, 0};
    const int32_t dim[] = {4, 2};
    const int numbers = tnas_tfl_new_numbers(writing, "/pads", 2, dim, pads);
    const tnas_tfl_new_op pad = {
        .code = TFL_PAD,
        .version = INT8_VERSION,
        .options_type = TFL_OPTIONS_PAD,
        .input_count = 2,
        .input = {from, numbers},
        .output = to,
    };
    tnas_tfl_new_op_add(writing, &pad);
}

/* The input of a window, zeros around it where its pads cannot be said otherwise. */
static int window_input(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const tnas_model *const model = writing->model;
    const int in = tnas_tfl_view(writing, op->in[0], false);
    if (tnas_tfl_pads_of(&model->graph, op) != TFL_PADS_EXPLICIT)
        return in;
    const tnas_tensor *const t = &model->graph.tensors[op->in[0]];
    const int32_t dim[] = {1, t->h + op->pad_top + op->pad_bottom,
                           t->w + op->pad_left + op->pad_right, t->c};
    const int padded = add_activation(writing, "/padded", 4, dim, model->quant[op->in[0]]);
    add_pad(writing, in, padded);
    return padded;
}

static tnas_flat_field padding_field(const tnas_tfl_writing *writing)
{
    const tnas_tfl_pads pads = tnas_tfl_pads_of(&writing->model->graph, op_of(writing));
    return tnas_flat_field_u8(pads == TFL_PADS_SAME ? TFL_PADDING_SAME : TFL_PADDING_VALID);
}

/* ---- Operators with weights ---- */

static int32_t channels_of(const tnas_tfl_writing *writing)
{
    return writing->model->graph.tensors[op_of(writing)->out].c;
}

static int add_weights(tnas_tfl_writing *writing, int rank, const int32_t *dim, int channel_dim,
                       bool one_scale)
{
    const tnas_op_constants *const k = &writing->model->constants[writing->op];
    tnas_tfl_new_tensor tensor = {
        .suffix = "/weights",
        .type = TFL_INT8,
        .rank = rank,
        .data = k->weight_s8,
        .data_bytes = (size_t)tnas_op_weight_count(&writing->model->graph, writing->op),
        .scale = k->weight_scale,
        .scale_count = one_scale ? 1 : (size_t)channels_of(writing),
        .quantized_dim = one_scale ? 0 : channel_dim,
    };
    for (int i = 0; i < rank; i++)
        tensor.dim[i] = dim[i];
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

/* In units of input scale x weight scale. */
static int add_bias(tnas_tfl_writing *writing, bool one_scale)
{
    const tnas_op_constants *const k = &writing->model->constants[writing->op];
    const float in_scale = writing->model->quant[op_of(writing)->in[0]].scale;
    const size_t channels = (size_t)channels_of(writing);
    float *const scale = writing->scale;
    for (size_t c = 0; c < channels; c++)
        scale[c] = in_scale * k->weight_scale[c];
    const tnas_tfl_new_tensor tensor = {
        .suffix = "/bias",
        .type = TFL_INT32,
        .rank = 1,
        .dim = {(int32_t)channels},
        .data = k->bias_s32,
        .data_bytes = channels * sizeof *k->bias_s32,
        .scale = scale,
        .scale_count = one_scale ? 1 : channels,
    };
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

/* CONV_2D with a window of this size. */
static void write_conv(tnas_tfl_writing *writing, int kernel_h, int kernel_w, int32_t in_c)
{
    const tnas_op *const op = op_of(writing);
    const int32_t dim[] = {channels_of(writing), kernel_h, kernel_w, in_c};
    const int in = window_input(writing);
    const int weights = add_weights(writing, 4, dim, 0, false);
    const int bias = add_bias(writing, false);
    const tnas_tfl_new_op conv = {
        .code = TFL_CONV_2D,
        .version = INT8_CONV_VERSION,
        .options_type = TFL_OPTIONS_CONV,
        .input_count = 3,
        .input = {in, weights, bias},
        .output = add_output(writing, false),
        .options = {[TFL_CONV_PADDING] = padding_field(writing),
                    [TFL_CONV_STRIDE_W] = tnas_flat_field_i32(op->stride_w),
                    [TFL_CONV_STRIDE_H] = tnas_flat_field_i32(op->stride_h),
                    [TFL_CONV_ACTIVATION] = activation_field(op),
                    [TFL_CONV_DILATION_W] = tnas_flat_field_i32(1),
                    [TFL_CONV_DILATION_H] = tnas_flat_field_i32(1)},
    };
    tnas_tfl_new_op_add(writing, &conv);
}

static void write_dwconv(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const int32_t dim[] = {1, op->kernel_h, op->kernel_w, channels_of(writing)};
    const int in = window_input(writing);
    const int weights = add_weights(writing, 4, dim, 3, false);
    const int bias = add_bias(writing, false);
    const tnas_tfl_new_op conv = {
        .code = TFL_DEPTHWISE_CONV_2D,
        .version = INT8_CONV_VERSION,
        .options_type = TFL_OPTIONS_DWCONV,
        .input_count = 3,
        .input = {in, weights, bias},
        .output = add_output(writing, false),
        .options = {[TFL_DWCONV_PADDING] = padding_field(writing),
                    [TFL_DWCONV_STRIDE_W] = tnas_flat_field_i32(op->stride_w),
                    [TFL_DWCONV_STRIDE_H] = tnas_flat_field_i32(op->stride_h),
                    [TFL_DWCONV_MULTIPLIER] = tnas_flat_field_i32(1),
                    [TFL_DWCONV_ACTIVATION] = activation_field(op),
                    [TFL_DWCONV_DILATION_W] = tnas_flat_field_i32(1),
                    [TFL_DWCONV_DILATION_H] = tnas_flat_field_i32(1)},
    };
    tnas_tfl_new_op_add(writing, &conv);
}

static void write_fc(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const tnas_tensor *const t = &writing->model->graph.tensors[op->in[0]];
    if (!tnas_tfl_has_one_scale(writing->model, writing->op)) {
        write_conv(writing, t->h, t->w, t->c);
        return;
    }
    const int32_t dim[] = {channels_of(writing), (int32_t)tnas_tensor_count(t)};
    const int in = tnas_tfl_view(writing, op->in[0], true);
    const int weights = add_weights(writing, 2, dim, 0, true);
    const int bias = add_bias(writing, true);
    const tnas_tfl_new_op fc = {
        .code = TFL_FULLY_CONNECTED,
        .version = INT8_FC_VERSION,
        .options_type = TFL_OPTIONS_FC,
        .input_count = 3,
        .input = {in, weights, bias},
        .output = add_output(writing, true),
        .options = {[TFL_FC_ACTIVATION] = activation_field(op)},
    };
    tnas_tfl_new_op_add(writing, &fc);
}

/* ---- Operators without ---- */

/* The side that a MEAN of one takes; the batch, where it takes none. */
static int32_t mean_axis(const tnas_op *op, const tnas_tensor *in)
{
    if (op->kernel_h == in->h && op->kernel_w == 1)
        return 1;
    return op->kernel_w == in->w ? 2 : 0;
}

/* MEAN_KEPT keeps the dimensions of both sides. MEAN must not, where it takes both: it would be
 * rounded as MEAN_KEPT is. */
static void write_mean(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const bool both = op->kind == TNAS_OP_MEAN_KEPT || (op->kernel_h > 1 && op->kernel_w > 1);
    const bool flat = op->kind == TNAS_OP_MEAN && both;
    const int32_t one = mean_axis(op, &writing->model->graph.tensors[op->in[0]]);
    const int32_t axes[] = {both ? 1 : one, 2};
    const int32_t count = both ? 2 : 1;
    const int in = tnas_tfl_view(writing, op->in[0], false);
    const int numbers = tnas_tfl_new_numbers(writing, "/axes", 1, &count, axes);
    const tnas_tfl_new_op mean = {
        .code = TFL_MEAN,
        .version = INT8_VERSION,
        .options_type = TFL_OPTIONS_REDUCER,
        .input_count = 2,
        .input = {in, numbers},
        .output = add_output(writing, flat),
        .options = {[TFL_REDUCER_KEEP_DIMS] = tnas_flat_field_u8(!flat)},
    };
    tnas_tfl_new_op_add(writing, &mean);
}

static void write_pool(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const int in = window_input(writing);
    const tnas_tfl_new_op pool = {
        .code = op->kind == TNAS_OP_AVGPOOL ? TFL_AVERAGE_POOL_2D : TFL_MAX_POOL_2D,
        .version = INT8_VERSION,
        .options_type = TFL_OPTIONS_POOL,
        .input_count = 1,
        .input = {in},
        .output = add_output(writing, false),
        .options = {[TFL_POOL_PADDING] = padding_field(writing),
                    [TFL_POOL_STRIDE_W] = tnas_flat_field_i32(op->stride_w),
                    [TFL_POOL_STRIDE_H] = tnas_flat_field_i32(op->stride_h),
                    [TFL_POOL_FILTER_W] = tnas_flat_field_i32(op->kernel_w),
                    [TFL_POOL_FILTER_H] = tnas_flat_field_i32(op->kernel_h),
                    [TFL_POOL_ACTIVATION] = activation_field(op)},
    };
    tnas_tfl_new_op_add(writing, &pool);
}

/* The constants of CHANNEL_MUL and CHANNEL_ADD: a vector along the last dimension. */
static int add_vector(tnas_tfl_writing *writing)
{
    const tnas_op_constants *const k = &writing->model->constants[writing->op];
    const tnas_tfl_new_tensor tensor = {
        .suffix = "/constants",
        .type = TFL_INT8,
        .rank = 1,
        .dim = {channels_of(writing)},
        .data = k->weight_s8,
        .data_bytes = (size_t)channels_of(writing),
        .scale = k->weight_scale,
        .scale_count = 1,
        .zero_point = k->bias_s32[0],
    };
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

/* TensorFlow Lite counts a product that is scaled up as a version of its own. */
static int mul_version(const tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const tnas_quant *const quant = writing->model->quant;
    const float scale2 = op->kind == TNAS_OP_MUL
                             ? quant[op->in[1]].scale
                             : writing->model->constants[writing->op].weight_scale[0];
    return (double)quant[op->in[0]].scale * scale2 / quant[op->out].scale >= 1.0
               ? MUL_SCALING_VERSION
               : INT8_VERSION;
}

/* ADD, MUL, CHANNEL_ADD, CHANNEL_MUL */
static void write_arithmetic(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const bool is_mul = op->kind == TNAS_OP_MUL || op->kind == TNAS_OP_CHANNEL_MUL;
    const bool is_binary = op->in[1] != TNAS_NONE;
    const bool flat = !is_binary && is_vector(&writing->model->graph, op->in[0]);
    const int in = tnas_tfl_view(writing, op->in[0], flat);
    const int other = is_binary ? tnas_tfl_view(writing, op->in[1], false) : add_vector(writing);
    const tnas_tfl_new_op sum = {
        .code = is_mul ? TFL_MUL : TFL_ADD,
        .version = is_mul ? mul_version(writing) : INT8_VERSION,
        .options_type = is_mul ? TFL_OPTIONS_MUL : TFL_OPTIONS_ADD,
        .input_count = 2,
        .input = {in, other},
        .output = add_output(writing, flat),
        .options = {[TFL_ADD_ACTIVATION] = activation_field(op)},
    };
    tnas_tfl_new_op_add(writing, &sum);
}

static void write_concat(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const int in = tnas_tfl_view(writing, op->in[0], false);
    const int other = tnas_tfl_view(writing, op->in[1], false);
    const tnas_tfl_new_op concat = {
        .code = TFL_CONCATENATION,
        .version = INT8_VERSION,
        .options_type = TFL_OPTIONS_CONCAT,
        .input_count = 2,
        .input = {in, other},
        .output = add_output(writing, false),
        .options = {[TFL_CONCAT_AXIS] = tnas_flat_field_i32(3),
                    [TFL_CONCAT_ACTIVATION] = activation_field(op)},
    };
    tnas_tfl_new_op_add(writing, &concat);
}

/* SOFTMAX, LOGISTIC, RELU, RELU6 */
static void write_curve(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    const bool flat = is_vector(&writing->model->graph, op->in[0]);
    tnas_tfl_new_op curve = {.version = INT8_VERSION, .options_type = TFL_OPTIONS_NONE};
    if (op->kind == TNAS_OP_SOFTMAX) {
        curve.code = TFL_SOFTMAX;
        curve.options_type = TFL_OPTIONS_SOFTMAX;
        curve.options[TFL_SOFTMAX_BETA] = tnas_flat_field_f32(1.0f);
    } else if (op->kind == TNAS_OP_LOGISTIC) {
        curve.code = TFL_LOGISTIC;
    } else {
        curve.code = op->activation == TNAS_ACT_RELU6 ? TFL_RELU6 : TFL_RELU;
    }
    curve.input_count = 1;
    curve.input[0] = tnas_tfl_view(writing, op->in[0], flat);
    curve.output = add_output(writing, flat);
    tnas_tfl_new_op_add(writing, &curve);
}

/* ---- All ---- */

void tnas_tfl_write_op(tnas_tfl_writing *writing)
{
    const tnas_op *const op = op_of(writing);
    switch ((tnas_op_kind)op->kind) {
    case TNAS_OP_CONV2D:
        write_conv(writing, op->kernel_h, op->kernel_w, writing->model->graph.tensors[op->in[0]].c);
        return;
    case TNAS_OP_DWCONV2D:
        write_dwconv(writing);
        return;
    case TNAS_OP_FC:
        write_fc(writing);
        return;
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
        write_pool(writing);
        return;
    case TNAS_OP_MEAN:
    case TNAS_OP_MEAN_KEPT:
        write_mean(writing);
        return;
    case TNAS_OP_ADD:
    case TNAS_OP_MUL:
    case TNAS_OP_CHANNEL_MUL:
    case TNAS_OP_CHANNEL_ADD:
        write_arithmetic(writing);
        return;
    case TNAS_OP_CONCAT:
        write_concat(writing);
        return;
    case TNAS_OP_SOFTMAX:
    case TNAS_OP_LOGISTIC:
    case TNAS_OP_ACTIVATION:
        write_curve(writing);
        return;
    case TNAS_OP_PAD: {
        const int in = tnas_tfl_view(writing, op->in[0], false);
        add_pad(writing, in, add_output(writing, false));
        return;
    }
    case TNAS_OP_KIND_COUNT:
        break;
    }
    assert(op->kind < TNAS_OP_KIND_COUNT);
}

int tnas_tfl_write_input(tnas_tfl_writing *writing)
{
    const bool flat = is_vector(&writing->model->graph, 0);
    const int tensor = add_map(writing, "input", 0, flat);
    *(flat ? &writing->flat_map[0] : &writing->map[0]) = tensor;
    return tensor;
}

int tnas_tfl_write_output(tnas_tfl_writing *writing)
{
    const int output = tnas_graph_output(&writing->model->graph);
    return tnas_tfl_view(writing, output, is_vector(&writing->model->graph, output));
}
