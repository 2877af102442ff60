/* Operators of the file that are operators of the graph. */
#include <math.h>

#include "graph/tflite_import.h"

/* One byte field of an operator's options, and one word. */
static tnas_status get_byte(const tnas_tfl_op *op, int field, int *out)
{
    int64_t value;
    TNAS_TRY(tnas_flat_int(&op->options, field, TNAS_FLAT_I8, 0, &value));
    *out = (int)value;
    return TNAS_OK;
}

static tnas_status get_word(const tnas_tfl_op *op, int field, int absent, int *out)
{
    int64_t value;
    TNAS_TRY(tnas_flat_int(&op->options, field, TNAS_FLAT_I32, absent, &value));
    *out = (int)value;
    return TNAS_OK;
}

static tnas_status read_activation(const tnas_tfl_op *op, int field, uint8_t *out)
{
    int code;
    TNAS_TRY(get_byte(op, field, &code));
    switch (code) {
    case TFL_ACTIVATION_NONE:
        *out = TNAS_ACT_NONE;
        return TNAS_OK;
    case TFL_ACTIVATION_RELU:
        *out = TNAS_ACT_RELU;
        return TNAS_OK;
    case TFL_ACTIVATION_RELU6:
        *out = TNAS_ACT_RELU6;
        return TNAS_OK;
    default:
        return tnas_fail(TNAS_ERR_INPUT, "fused activation %d is none of NONE, RELU, RELU6", code);
    }
}

static tnas_op plain_op(int kind)
{
    return (tnas_op){.kind = (uint8_t)kind,
                     .in = {TNAS_NONE, TNAS_NONE},
                     .kernel_h = 1,
                     .kernel_w = 1,
                     .stride_h = 1,
                     .stride_w = 1};
}

/* ---- Windows ---- */

typedef struct window {
    int kernel_h, kernel_w, stride_h, stride_w, padding;
} window;

static tnas_status set_window(tnas_op *op, const window *w)
{
    if (w->kernel_h < 1 || w->kernel_w < 1 || w->stride_h < 1 || w->stride_w < 1 ||
        w->kernel_h > UINT8_MAX || w->kernel_w > UINT8_MAX || w->stride_h > UINT8_MAX ||
        w->stride_w > UINT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "kernel %dx%d, stride %dx%d: each must be 1 to %d",
                         w->kernel_h, w->kernel_w, w->stride_h, w->stride_w, UINT8_MAX);
    if (w->padding != TFL_PADDING_SAME && w->padding != TFL_PADDING_VALID)
        return tnas_fail(TNAS_ERR_INPUT, "padding %d is neither SAME nor VALID", w->padding);
    op->kernel_h = (uint8_t)w->kernel_h;
    op->kernel_w = (uint8_t)w->kernel_w;
    op->stride_h = (uint8_t)w->stride_h;
    op->stride_w = (uint8_t)w->stride_w;
    return TNAS_OK;
}

/* May the zeros that the file puts around a map become the window's own pads? A convolution
 * multiplies them by weights either way. A maximum ignores its own pads, which comes to the
 * same when nothing is below zero; an average does not count them. */
static bool ignores_who_pads(const tnas_tfl_import *import, const tnas_op *op)
{
    if (op->kind != TNAS_OP_AVGPOOL && op->kind != TNAS_OP_MAXPOOL)
        return true;
    return op->kind == TNAS_OP_MAXPOOL && op->in[0] > 0 &&
           import->graph.ops[op->in[0] - 1].activation != TNAS_ACT_NONE;
}

static bool pads_fit(const tnas_op *op, const int pad[4])
{
    return pad[0] < op->kernel_h && pad[1] < op->kernel_h && pad[2] < op->kernel_w &&
           pad[3] < op->kernel_w;
}

static void set_pads(tnas_op *op, const int pad[4])
{
    op->pad_top = (uint8_t)pad[0];
    op->pad_bottom = (uint8_t)pad[1];
    op->pad_left = (uint8_t)pad[2];
    op->pad_right = (uint8_t)pad[3];
}

/* The padding of the operator's own, on a map of this size. */
static void own_pads(const tnas_op *op, const window *w, int32_t in_h, int32_t in_w, int pad[4])
{
    uint8_t same[4] = {0, 0, 0, 0};
    if (w->padding == TFL_PADDING_SAME) {
        tnas_pad_same(in_h, op->kernel_h, op->stride_h, &same[0], &same[1]);
        tnas_pad_same(in_w, op->kernel_w, op->stride_w, &same[2], &same[3]);
    }
    for (int i = 0; i < 4; i++)
        pad[i] = same[i];
}

/* The window's input and pads, those of a PAD before it included where they can be. */
static tnas_status take_window_input(tnas_tfl_import *import, const window *w, int tensor,
                                     tnas_op *op)
{
    TNAS_TRY(set_window(op, w));
    TNAS_TRY(tnas_tfl_check_seen(import, tensor, false));
    tnas_tfl_value *const value = &import->values[tensor];
    op->in[0] = (int16_t)value->tensor;
    const tnas_tensor *const in = &import->graph.tensors[value->tensor];
    int pad[4];
    if (value->is_padded) {
        own_pads(op, w, in->h + value->pad[0] + value->pad[1],
                 in->w + value->pad[2] + value->pad[3], pad);
        for (int i = 0; i < 4; i++)
            pad[i] += value->pad[i];
        if (ignores_who_pads(import, op) && pads_fit(op, pad)) {
            import->notes.pads_folded += !value->pad_noted;
            value->pad_noted = true;
            set_pads(op, pad);
            return TNAS_OK;
        }
    }
    int map;
    TNAS_TRY(tnas_tfl_take(import, tensor, false, &map));
    op->in[0] = (int16_t)map;
    own_pads(op, w, import->graph.tensors[map].h, import->graph.tensors[map].w, pad);
    set_pads(op, pad);
    return TNAS_OK;
}

/* ---- Operators with weights ---- */

static tnas_status check_dilation(const tnas_tfl_op *op, int field_h, int field_w)
{
    int h, w;
    TNAS_TRY(get_word(op, field_h, 1, &h));
    TNAS_TRY(get_word(op, field_w, 1, &w));
    return h == 1 && w == 1 ? TNAS_OK
                            : tnas_fail(TNAS_ERR_INPUT, "dilation %dx%d must be 1x1", h, w);
}

/* Checks weights and bias; `op` gets its constants when it has been appended. */
static tnas_status append_weighted(tnas_tfl_import *import, const tnas_tfl_op *source,
                                   const tnas_op *op, int32_t out_c, bool is_hwc)
{
    const bool is_int8 = import->type == TNAS_MODEL_INT8;
    const int weight = tnas_tfl_input(source, 1), bias = tnas_tfl_input(source, 2);
    TNAS_TRY(tnas_tfl_constant(import, weight, is_int8 ? TFL_INT8 : TFL_FLOAT32, "weights"));
    if (bias >= 0) {
        TNAS_TRY(tnas_tfl_constant(import, bias, is_int8 ? TFL_INT32 : TFL_FLOAT32, "biases"));
        if (import->file->tensors[bias].count != out_c)
            return tnas_fail(TNAS_ERR_INPUT, "%lld biases for %d output channels",
                             (long long)import->file->tensors[bias].count, out_c);
    }
    TNAS_TRY(tnas_tfl_append(import, op, out_c, tnas_tfl_output(source, 0)));
    const int index = import->graph.op_count - 1;
    if (tnas_op_weight_count(&import->graph, index) != import->file->tensors[weight].count)
        return tnas_fail(TNAS_ERR_INPUT, "%lld weights, must be %lld",
                         (long long)import->file->tensors[weight].count,
                         (long long)tnas_op_weight_count(&import->graph, index));
    import->constants[index] = (tnas_tfl_constants){weight, bias, is_hwc};
    return TNAS_OK;
}

/* The weights of a convolution: 4 dimensions. */
static tnas_status filter_shape(const tnas_tfl_import *import, const tnas_tfl_op *op,
                                const int32_t **out)
{
    const int weight = tnas_tfl_input(op, 1);
    if (weight < 0 || import->file->tensors[weight].rank != 4 ||
        import->file->tensors[weight].count < 1)
        return tnas_fail(TNAS_ERR_INPUT, "its weights must have 4 dimensions");
    *out = import->file->tensors[weight].dim;
    return TNAS_OK;
}

tnas_status tnas_tfl_conv(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int32_t *filter; /* out_c, h, w, in_c */
    TNAS_TRY(filter_shape(import, op, &filter));
    window w = {.kernel_h = filter[1], .kernel_w = filter[2]};
    TNAS_TRY(get_byte(op, TFL_CONV_PADDING, &w.padding));
    TNAS_TRY(get_word(op, TFL_CONV_STRIDE_H, 0, &w.stride_h));
    TNAS_TRY(get_word(op, TFL_CONV_STRIDE_W, 0, &w.stride_w));
    TNAS_TRY(check_dilation(op, TFL_CONV_DILATION_H, TFL_CONV_DILATION_W));
    tnas_op made = plain_op(TNAS_OP_CONV2D);
    TNAS_TRY(read_activation(op, TFL_CONV_ACTIVATION, &made.activation));
    TNAS_TRY(take_window_input(import, &w, tnas_tfl_input(op, 0), &made));
    const int32_t in_c = import->graph.tensors[made.in[0]].c;
    if (filter[3] != in_c)
        return tnas_fail(TNAS_ERR_INPUT,
                         "filters of %d channels on %d: grouped convolutions are not possible",
                         filter[3], in_c);
    return append_weighted(import, op, &made, filter[0], false);
}

/* With one input channel, several filters on it are a convolution. */
tnas_status tnas_tfl_dwconv(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int32_t *filter; /* 1, h, w, out_c */
    TNAS_TRY(filter_shape(import, op, &filter));
    window w = {.kernel_h = filter[1], .kernel_w = filter[2]};
    TNAS_TRY(get_byte(op, TFL_DWCONV_PADDING, &w.padding));
    TNAS_TRY(get_word(op, TFL_DWCONV_STRIDE_H, 0, &w.stride_h));
    TNAS_TRY(get_word(op, TFL_DWCONV_STRIDE_W, 0, &w.stride_w));
    TNAS_TRY(check_dilation(op, TFL_DWCONV_DILATION_H, TFL_DWCONV_DILATION_W));
    tnas_op made = plain_op(TNAS_OP_DWCONV2D);
    TNAS_TRY(read_activation(op, TFL_DWCONV_ACTIVATION, &made.activation));
    TNAS_TRY(take_window_input(import, &w, tnas_tfl_input(op, 0), &made));
    const int32_t in_c = import->graph.tensors[made.in[0]].c;
    if (filter[0] != 1 || (filter[3] != in_c && in_c != 1))
        return tnas_fail(TNAS_ERR_INPUT,
                         "filters %dx%dx%dx%d on %d channels: a depthwise convolution must have "
                         "one per channel",
                         filter[0], filter[1], filter[2], filter[3], in_c);
    if (filter[3] != in_c)
        made.kind = TNAS_OP_CONV2D;
    return append_weighted(import, op, &made, filter[3], true);
}

tnas_status tnas_tfl_fc(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int weight = tnas_tfl_input(op, 1);
    int format, map;
    TNAS_TRY(get_byte(op, TFL_FC_WEIGHTS_FORMAT, &format));
    if (format != 0)
        return tnas_fail(TNAS_ERR_INPUT, "weights format %d must be 0, the default", format);
    tnas_op made = plain_op(TNAS_OP_FC);
    TNAS_TRY(read_activation(op, TFL_FC_ACTIVATION, &made.activation));
    TNAS_TRY(tnas_tfl_take(import, tnas_tfl_input(op, 0), true, &map));
    made.in[0] = (int16_t)map;
    if (weight < 0 || import->file->tensors[weight].rank != 2)
        return tnas_fail(TNAS_ERR_INPUT, "its weights must have 2 dimensions");
    const int32_t *const filter = import->file->tensors[weight].dim; /* out, in */
    if (filter[1] != tnas_tensor_count(&import->graph.tensors[map]))
        return tnas_fail(TNAS_ERR_INPUT, "%d weights per output on an input of %lld elements",
                         filter[1], (long long)tnas_tensor_count(&import->graph.tensors[map]));
    return append_weighted(import, op, &made, filter[0], false);
}

/* ---- Operators without ---- */

/* Pooling keeps the scale: TensorFlow Lite refuses anything else. */
static tnas_status check_scale_kept(const tnas_tfl_import *import, int out, int in)
{
    tnas_quant quant;
    TNAS_TRY(tnas_tfl_quant(import, out, &quant));
    return tnas_tfl_same_quant(quant, import->quant[in])
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT, "changes the scale or zero point, which it must keep");
}

tnas_status tnas_tfl_pool(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    window w;
    TNAS_TRY(get_byte(op, TFL_POOL_PADDING, &w.padding));
    TNAS_TRY(get_word(op, TFL_POOL_STRIDE_H, 0, &w.stride_h));
    TNAS_TRY(get_word(op, TFL_POOL_STRIDE_W, 0, &w.stride_w));
    TNAS_TRY(get_word(op, TFL_POOL_FILTER_H, 0, &w.kernel_h));
    TNAS_TRY(get_word(op, TFL_POOL_FILTER_W, 0, &w.kernel_w));
    tnas_op made = plain_op(op->code == TFL_MAX_POOL_2D ? TNAS_OP_MAXPOOL : TNAS_OP_AVGPOOL);
    TNAS_TRY(read_activation(op, TFL_POOL_ACTIVATION, &made.activation));
    TNAS_TRY(take_window_input(import, &w, tnas_tfl_input(op, 0), &made));
    TNAS_TRY(check_scale_kept(import, tnas_tfl_output(op, 0), made.in[0]));
    return tnas_tfl_append(import, &made, 0, tnas_tfl_output(op, 0));
}

static bool is_constant(const tnas_tfl_import *import, int tensor)
{
    return tensor >= 0 && import->values[tensor].kind == TFL_CONSTANT;
}

/* A constant operand: one number, or one per channel along the last dimension. */
static tnas_status append_vector(tnas_tfl_import *import, const tnas_tfl_op *op, tnas_op *made,
                                 int tensor, int constant)
{
    int map;
    TNAS_TRY(tnas_tfl_take(import, tensor, false, &map));
    TNAS_TRY(tnas_tfl_constant(
        import, constant, import->type == TNAS_MODEL_INT8 ? TFL_INT8 : TFL_FLOAT32, "constants"));
    const tnas_tfl_tensor *const t = &import->file->tensors[constant];
    const int32_t channels = import->graph.tensors[map].c;
    if (t->count != 1 && (t->count != channels || t->dim[t->rank - 1] != channels))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%lld constants: must be one, or one for each of %d "
                         "channels",
                         (long long)t->count, channels);
    made->kind = op->code == TFL_MUL ? TNAS_OP_CHANNEL_MUL : TNAS_OP_CHANNEL_ADD;
    made->in[0] = (int16_t)map;
    made->in[1] = TNAS_NONE;
    TNAS_TRY(tnas_tfl_append(import, made, 0, tnas_tfl_output(op, 0)));
    import->constants[import->graph.op_count - 1].weight = constant;
    return TNAS_OK;
}

/* ADD and MUL */
tnas_status tnas_tfl_arithmetic(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int a = tnas_tfl_input(op, 0), b = tnas_tfl_input(op, 1);
    tnas_op made = plain_op(op->code == TFL_MUL ? TNAS_OP_MUL : TNAS_OP_ADD);
    TNAS_TRY(read_activation(op, TFL_ADD_ACTIVATION, &made.activation));
    if (is_constant(import, b))
        return append_vector(import, op, &made, a, b);
    if (is_constant(import, a))
        return append_vector(import, op, &made, b, a);
    int first, second;
    TNAS_TRY(tnas_tfl_take(import, a, false, &first));
    TNAS_TRY(tnas_tfl_take(import, b, false, &second));
    const tnas_tensor *const x = &import->graph.tensors[first];
    const tnas_tensor *const y = &import->graph.tensors[second];
    const bool swap = op->code == TFL_MUL && tnas_tensor_count(x) < tnas_tensor_count(y);
    made.in[0] = (int16_t)(swap ? second : first);
    made.in[1] = (int16_t)(swap ? first : second);
    return tnas_tfl_append(import, &made, 0, tnas_tfl_output(op, 0));
}

tnas_status tnas_tfl_concat(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    int axis;
    tnas_op made = plain_op(TNAS_OP_CONCAT);
    TNAS_TRY(get_word(op, TFL_CONCAT_AXIS, 0, &axis));
    TNAS_TRY(read_activation(op, TFL_CONCAT_ACTIVATION, &made.activation));
    if (op->inputs.count != 2)
        return tnas_fail(TNAS_ERR_INPUT, "joins %zu tensors, 2 are possible", op->inputs.count);
    if (made.activation != TNAS_ACT_NONE)
        return tnas_fail(TNAS_ERR_INPUT, "has a fused activation");
    for (int side = 0; side < 2; side++) {
        const int tensor = tnas_tfl_input(op, (size_t)side);
        int map;
        TNAS_TRY(tnas_tfl_take(import, tensor, false, &map));
        const int rank = import->file->tensors[tensor].rank;
        if (axis != rank - 1 && axis != -1)
            return tnas_fail(TNAS_ERR_INPUT, "joins along axis %d, must be the channels'", axis);
        TNAS_TRY(check_scale_kept(import, tnas_tfl_output(op, 0), map));
        made.in[side] = (int16_t)map;
    }
    return tnas_tfl_append(import, &made, 0, tnas_tfl_output(op, 0));
}

/* SOFTMAX and LOGISTIC: in int8 their output is 0 to 1 in steps of 1 / 256. */
tnas_status tnas_tfl_curve(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const tnas_quant steps = {1.0f / 256.0f, INT8_MIN};
    const int out = tnas_tfl_output(op, 0);
    tnas_op made = plain_op(op->code == TFL_SOFTMAX ? TNAS_OP_SOFTMAX : TNAS_OP_LOGISTIC);
    float beta = 1.0f;
    if (op->code == TFL_SOFTMAX)
        TNAS_TRY(tnas_flat_float(&op->options, TFL_SOFTMAX_BETA, 0.0f, &beta));
    if (!(beta == 1.0f))
        return tnas_fail(TNAS_ERR_INPUT, "beta %g must be 1", (double)beta);
    tnas_quant quant;
    TNAS_TRY(tnas_tfl_quant(import, out, &quant));
    if (import->type == TNAS_MODEL_INT8 && !tnas_tfl_same_quant(quant, steps))
        return tnas_fail(TNAS_ERR_INPUT,
                         "scale %g, zero point %d of its output must be 1/256 and -128",
                         (double)quant.scale, quant.zero_point);
    int map;
    TNAS_TRY(tnas_tfl_take(import, tnas_tfl_input(op, 0), false, &map));
    made.in[0] = (int16_t)map;
    return tnas_tfl_append(import, &made, 0, out);
}

/* The operator before takes the activation, when nobody else sees what it writes and nothing is
 * rounded in between. */
static bool fold_activation(tnas_tfl_import *import, int tensor, int out, int activation)
{
    const int map = import->values[tensor].tensor;
    if (map == 0 || import->written[map] != tensor ||
        import->file->tensors[tensor].reader_count != 1)
        return false;
    tnas_op *const producer = &import->graph.ops[map - 1];
    if (!tnas_op_has(producer->kind, TNAS_OP_CLAMPS) || producer->activation != TNAS_ACT_NONE ||
        tnas_tfl_alias(import, out, tensor) != TNAS_OK)
        return false;
    producer->activation = (uint8_t)activation;
    import->written[map] = out;
    import->notes.activations_folded++;
    return true;
}

tnas_status tnas_tfl_relu(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    tnas_op made = plain_op(TNAS_OP_ACTIVATION);
    made.activation = op->code == TFL_RELU6 ? TNAS_ACT_RELU6 : TNAS_ACT_RELU;
    int map;
    TNAS_TRY(tnas_tfl_take(import, in, false, &map));
    if (fold_activation(import, in, out, made.activation))
        return TNAS_OK;
    made.in[0] = (int16_t)map;
    return tnas_tfl_append(import, &made, 0, out);
}
