/* What an imported file means: shapes, constants, foldings. */
#include <math.h>
#include <string.h>

#include "graph/tflite.h"
#include "graph/tflite_schema.h"
#include "tests/testing.h"
#include "tests/tflite_writer.h"

static tnas_tflite_notes notes; /* of the last import; tests run one at a time */

static tnas_model *import_net(const written_net *net)
{
    tnas_model *model;
    ck_ok(written_import(net, &model, &notes));
    ck_ok(tnas_graph_check(&model->graph));
    return model;
}

#define ck_refused(sentence, net)                                                                  \
    do {                                                                                           \
        tnas_model *ck_model_;                                                                     \
        ck_fails(TNAS_ERR_INPUT, sentence, written_import(net, &ck_model_, &notes));               \
    } while (0)

static void check_shape(const tnas_model *model, int tensor, int h, int w, int c)
{
    const tnas_tensor *const shape = &model->graph.tensors[tensor];
    ck_assert_msg(shape->h == h && shape->w == w && shape->c == c, "tensor %d is %dx%dx%d", tensor,
                  shape->h, shape->w, shape->c);
}

static void check_pads(const tnas_op *op, int top, int bottom, int left, int right)
{
    ck_assert_int_eq(op->pad_top, top);
    ck_assert_int_eq(op->pad_bottom, bottom);
    ck_assert_int_eq(op->pad_left, left);
    ck_assert_int_eq(op->pad_right, right);
}

/* An empty net with a map as its input. */
static int start_net(written_net *net, int type, int h, int w, int c)
{
    *net = (written_net){.description = "", .version = TFL_VERSION};
    net->input = written_map(net, type, h, w, c, 0.5f, 1);
    return net->input;
}

static int append_conv1(written_net *net, int in, int h, int w, int in_c, int out_c, int activation)
{
    const int32_t dim[] = {out_c, 1, 1, in_c};
    const int weights = written_weights(net, 4, dim, 0, 1);
    const int out = written_map(net, TFL_INT8, h, w, out_c, 0.5f, 1);
    written_op *const op = written_append(net, TFL_CONV_2D, TFL_OPTIONS_CONV, in, weights, -1, out);
    written_option(op, TFL_CONV_STRIDE_H, 1);
    written_option(op, TFL_CONV_STRIDE_W, 1);
    written_option(op, TFL_CONV_ACTIVATION, activation);
    return out;
}

/* ---- The small net ---- */

START_TEST(a_small_net_has_its_shapes_scales_and_constants)
{
    static written_net net;
    written_small_net(&net);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->type, TNAS_MODEL_INT8);
    ck_assert_int_eq(model->graph.op_count, 3);
    check_shape(model, 0, 6, 6, 2);
    check_shape(model, 1, 3, 3, 4);
    check_shape(model, 2, 3, 3, 4);
    check_shape(model, 3, 1, 1, 3);
    const tnas_op *const ops = model->graph.ops;
    ck_assert_int_eq(ops[0].kind, TNAS_OP_CONV2D);
    ck_assert_int_eq(ops[0].activation, TNAS_ACT_RELU);
    check_pads(&ops[0], 0, 1, 0, 1); /* SAME, stride 2 on 6 */
    ck_assert_int_eq(ops[1].kind, TNAS_OP_DWCONV2D);
    check_pads(&ops[1], 1, 1, 1, 1);
    ck_assert_int_eq(ops[2].kind, TNAS_OP_FC);
    ck_assert(model->quant[0].scale == 0.5f && model->quant[0].zero_point == 3);
    ck_assert(model->quant[2].scale == 0.125f && model->quant[2].zero_point == 7);
    for (int op = 0; op < 3; op++) {
        const tnas_op_constants *const k = &model->constants[op];
        const written_tensor *const w = &net.tensors[net.ops[op].inputs[1]];
        ck_assert_int_eq(tnas_op_weight_count(&model->graph, op), w->data_bytes);
        ck_assert_mem_eq(k->weight_s8, w->data, w->data_bytes);
        for (int c = 0; c < model->graph.tensors[op + 1].c; c++) {
            ck_assert(k->weight_scale[c] == w->scale[w->scale_count == 1 ? 0 : c]);
            ck_assert_int_eq(k->bias_s32[c], 100 * c - 150);
        }
    }
    ck_assert_str_eq(notes.description, "a test");
    ck_assert_str_eq(notes.input_name, "tA?"); /* a line feed is not printed as one */
    ck_assert_str_eq(notes.input_type, "int8");
    ck_assert_int_eq(notes.dead_channel_count, 0);
    ck_assert_int_eq(notes.live_mac_count, tnas_graph_macs(&model->graph));
    tnas_model_destroy(model);
}
END_TEST

START_TEST(heights_and_widths_are_told_apart)
{
    static const struct {
        int code, options_type, kind;
        int stride_h, stride_w, filter_h, filter_w; /* option fields; -1: weights say it */
    } rows[] = {
        {TFL_CONV_2D, TFL_OPTIONS_CONV, TNAS_OP_CONV2D, TFL_CONV_STRIDE_H, TFL_CONV_STRIDE_W, -1,
         -1},
        {TFL_DEPTHWISE_CONV_2D, TFL_OPTIONS_DWCONV, TNAS_OP_DWCONV2D, TFL_DWCONV_STRIDE_H,
         TFL_DWCONV_STRIDE_W, -1, -1},
        {TFL_MAX_POOL_2D, TFL_OPTIONS_POOL, TNAS_OP_MAXPOOL, TFL_POOL_STRIDE_H, TFL_POOL_STRIDE_W,
         TFL_POOL_FILTER_H, TFL_POOL_FILTER_W},
        {TFL_AVERAGE_POOL_2D, TFL_OPTIONS_POOL, TNAS_OP_AVGPOOL, TFL_POOL_STRIDE_H,
         TFL_POOL_STRIDE_W, TFL_POOL_FILTER_H, TFL_POOL_FILTER_W},
    };
    static written_net net;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int in = start_net(&net, TFL_INT8, 9, 8, 2);
        const bool pool = rows[i].filter_h >= 0;
        const int32_t filters[] = {i == 0 ? 2 : 1, 3, 2, 2};
        const int weights = pool ? -1 : written_weights(&net, 4, filters, 0, 1);
        const int out = written_map(&net, TFL_INT8, 5, 3, 2, 0.5f, 1); /* 9 by 2, 8 by 3 */
        written_op *const op =
            written_append(&net, rows[i].code, rows[i].options_type, in, weights, -1, out);
        written_option(op, rows[i].stride_h, 2);
        written_option(op, rows[i].stride_w, 3);
        if (pool) {
            written_option(op, rows[i].filter_h, 3);
            written_option(op, rows[i].filter_w, 2);
        }
        tnas_model *const model = import_net(&net);
        const tnas_op *const made = &model->graph.ops[0];
        ck_assert_int_eq(made->kind, rows[i].kind);
        ck_assert_int_eq(made->kernel_h, 3);
        ck_assert_int_eq(made->kernel_w, 2);
        ck_assert_int_eq(made->stride_h, 2);
        ck_assert_int_eq(made->stride_w, 3);
        check_pads(made, 1, 1, 0, 0);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(a_missing_bias_is_zero)
{
    static written_net net;
    written_small_net(&net);
    net.ops[0].input_count = 2;
    net.ops[1].inputs[2] = -1;
    tnas_model *const model = import_net(&net);
    for (int op = 0; op < 2; op++)
        for (int c = 0; c < 4; c++)
            ck_assert_int_eq(model->constants[op].bias_s32[c], 0);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(dead_channels_and_what_they_feed_are_counted)
{
    static written_net net;
    written_small_net(&net);
    written_tensor *const conv = &net.tensors[net.ops[0].inputs[1]];
    written_tensor *const depthwise = &net.tensors[net.ops[1].inputs[1]];
    memset(conv->data + 18, 0, 36); /* the second filter of 3x3x2; the third keeps a weight */
    conv->data[36] = 1;
    for (int i = 0; i < 9; i++)
        depthwise->data[4 * i + 3] = 0; /* the fourth channel */
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(notes.dead_channels[0], 1);
    ck_assert_int_eq(notes.dead_channels[1], 1);
    ck_assert_int_eq(notes.dead_channel_count, 2);
    ck_assert_int_eq(notes.live_macs[0], 9 * 18 * 3);
    ck_assert_int_eq(notes.live_macs[1], 9 * 9 * 2); /* without the second and the fourth */
    ck_assert_int_eq(notes.live_macs[2], 9 * 2 * 3);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(several_filters_on_one_channel_are_a_convolution)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 4, 4, 1);
    const int32_t dim[] = {1, 2, 3, 5};
    const int weights = written_weights(&net, 4, dim, 3, 5);
    const int out = written_map(&net, TFL_INT8, 3, 2, 5, 0.5f, 1);
    written_op *const op =
        written_append(&net, TFL_DEPTHWISE_CONV_2D, TFL_OPTIONS_DWCONV, in, weights, -1, out);
    written_option(op, TFL_DWCONV_PADDING, TFL_PADDING_VALID);
    written_option(op, TFL_DWCONV_STRIDE_H, 1);
    written_option(op, TFL_DWCONV_STRIDE_W, 1);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.ops[0].kind, TNAS_OP_CONV2D);
    const tnas_op_constants *const k = &model->constants[0];
    for (int channel = 0; channel < 5; channel++)
        for (int i = 0; i < 6; i++)
            ck_assert_int_eq(k->weight_s8[channel * 6 + i],
                             (int8_t)net.tensors[weights].data[i * 5 + channel]);
    ck_assert(k->weight_scale[4] == net.tensors[weights].scale[4]);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_float_net_is_a_float_model)
{
    static written_net net;
    const int in = start_net(&net, TFL_FLOAT32, 2, 2, 3);
    const int32_t dim[] = {5, 12}, channels[] = {5};
    const int weights = written_floats(&net, 2, dim);
    const int biases = written_floats(&net, 1, channels);
    const int out = written_vector(&net, TFL_FLOAT32, 5, 0, 0);
    written_append(&net, TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, in, weights, biases, out);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->type, TNAS_MODEL_FLOAT);
    ck_assert_mem_eq(model->constants[0].weight, net.tensors[weights].data, 4 * 60);
    ck_assert_mem_eq(model->constants[0].bias, net.tensors[biases].data, 4 * 5);
    tnas_model_destroy(model);
    const float nan = NAN;
    memcpy(net.tensors[weights].data + 8, &nan, sizeof nan);
    ck_refused("operator 0, FULLY_CONNECTED: weight[2] = nan must be finite", &net);
}
END_TEST

/* ---- Pads ---- */

static int append_pad(written_net *net, int in, int h, int w, int c, const int32_t pads[8])
{
    const int numbers = written_numbers(net, 8, pads);
    net->tensors[numbers].rank = 2;
    net->tensors[numbers].dim[0] = 4;
    net->tensors[numbers].dim[1] = 2;
    const int out = written_map(net, TFL_INT8, h, w, c, 0.5f, 1);
    written_append(net, TFL_PAD, 22, in, numbers, -1, out);
    return out;
}

static int append_pool(written_net *net, int code, int in, int h, int w, int c, int kernel,
                       int padding)
{
    const int out = written_map(net, TFL_INT8, h, w, c, 0.5f, 1);
    written_op *const op = written_append(net, code, TFL_OPTIONS_POOL, in, -1, -1, out);
    written_option(op, TFL_POOL_PADDING, padding);
    written_option(op, TFL_POOL_STRIDE_H, 1);
    written_option(op, TFL_POOL_STRIDE_W, 1);
    written_option(op, TFL_POOL_FILTER_H, kernel);
    written_option(op, TFL_POOL_FILTER_W, kernel);
    return out;
}

static int append_conv3(written_net *net, int in, int h, int w, int c, int padding)
{
    const int32_t dim[] = {c, 3, 3, c};
    const int weights = written_weights(net, 4, dim, 0, 1);
    const int out = written_map(net, TFL_INT8, h, w, c, 0.5f, 1);
    written_op *const op = written_append(net, TFL_CONV_2D, TFL_OPTIONS_CONV, in, weights, -1, out);
    written_option(op, TFL_CONV_PADDING, padding);
    written_option(op, TFL_CONV_STRIDE_H, 1);
    written_option(op, TFL_CONV_STRIDE_W, 1);
    return out;
}

START_TEST(a_pad_becomes_the_pads_of_the_convolution_behind_it)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 4, 5, 2);
    const int32_t pads[] = {0, 0, 2, 1, 0, 2, 0, 0};
    const int padded = append_pad(&net, in, 7, 7, 2, pads);
    append_conv3(&net, padded, 5, 5, 2, TFL_PADDING_VALID);
    tnas_model *model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 1);
    check_pads(&model->graph.ops[0], 2, 1, 0, 2);
    ck_assert_int_eq(notes.pads_folded, 1);
    ck_assert_int_eq(notes.file_op[0], 1);
    tnas_model_destroy(model);
    /* With SAME padding of its own, the pads would be 3 and more: the kernel's size. */
    net.ops[1].options[0].bits = TFL_PADDING_SAME;
    net.tensors[net.output].dim[1] = net.tensors[net.output].dim[2] = 7;
    model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 2);
    ck_assert_int_eq(model->graph.ops[0].kind, TNAS_OP_PAD);
    check_pads(&model->graph.ops[0], 2, 1, 0, 2);
    check_pads(&model->graph.ops[1], 1, 1, 1, 1);
    ck_assert_int_eq(notes.pads_folded, 0);
    ck_assert_int_eq(notes.file_op[0], 0);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(pads_of_poolings_fold_only_where_the_result_is_the_same)
{
    static const struct {
        int code, activation;
        bool folds;
    } rows[] = {
        {TFL_MAX_POOL_2D, TFL_ACTIVATION_RELU, true}, /* nothing is below the zeros */
        {TFL_MAX_POOL_2D, TFL_ACTIVATION_NONE, false},
        {TFL_AVERAGE_POOL_2D, TFL_ACTIVATION_RELU, false}, /* ours does not count pads */
    };
    static written_net net;
    const int32_t pads[] = {0, 0, 1, 1, 1, 1, 0, 0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int in = start_net(&net, TFL_INT8, 4, 4, 2);
        const int a = append_conv1(&net, in, 4, 4, 2, 2, rows[i].activation);
        const int b = append_pad(&net, a, 6, 6, 2, pads);
        append_pool(&net, rows[i].code, b, 4, 4, 2, 3, TFL_PADDING_VALID);
        tnas_model *const model = import_net(&net);
        ck_assert_int_eq(model->graph.op_count, rows[i].folds ? 2 : 3);
        const int pad = rows[i].folds ? 1 : 0;
        check_pads(&model->graph.ops[model->graph.op_count - 1], pad, pad, pad, pad);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(a_pad_that_two_read_is_folded_for_one_and_made_for_the_other)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 4, 4, 2);
    const int32_t pads[] = {0, 0, 1, 1, 1, 1, 0, 0};
    const int padded = append_pad(&net, in, 6, 6, 2, pads);
    const int a = append_conv3(&net, padded, 4, 4, 2, TFL_PADDING_VALID);
    const int b = append_conv1(&net, padded, 6, 6, 2, 2, 0);
    const int c = append_conv3(&net, b, 4, 4, 2, TFL_PADDING_VALID);
    const int out = written_map(&net, TFL_INT8, 4, 4, 2, 0.5f, 1);
    written_append(&net, TFL_ADD, TFL_OPTIONS_ADD, a, c, -1, out);
    tnas_model *const model = import_net(&net);
    static const int kinds[] = {TNAS_OP_CONV2D, TNAS_OP_PAD, TNAS_OP_CONV2D, TNAS_OP_CONV2D,
                                TNAS_OP_ADD};
    ck_assert_int_eq(model->graph.op_count, 5);
    for (int op = 0; op < 5; op++)
        ck_assert_int_eq(model->graph.ops[op].kind, kinds[op]);
    ck_assert_int_eq(model->graph.ops[4].in[0], 1);
    ck_assert_int_eq(model->graph.ops[4].in[1], 4);
    tnas_model_destroy(model);
}
END_TEST

/* ---- Other shapes ---- */

/* conv, TRANSPOSE to channels first, MEAN over the last axis twice, FC */
static void transposed_means(written_net *net)
{
    const int in = start_net(net, TFL_INT8, 3, 4, 2);
    const int a = append_conv1(net, in, 3, 4, 2, 5, 0);
    const int32_t order[] = {0, 3, 1, 2}, axis3[] = {3}, axis2[] = {2}, dense[] = {2, 5};
    const int transposed = written_map(net, TFL_INT8, 5, 3, 4, 0.5f, 1);
    const int mean = written_map(net, TFL_INT8, 5, 3, 0, 0.5f, 1);
    net->tensors[mean].rank = 3;
    const int mean2 = written_vector(net, TFL_INT8, 5, 0.25f, 2);
    const int out = written_vector(net, TFL_INT8, 2, 0.5f, 1);
    written_append(net, TFL_TRANSPOSE, 26, a, written_numbers(net, 4, order), -1, transposed);
    written_append(net, TFL_MEAN, TFL_OPTIONS_REDUCER, transposed, written_numbers(net, 1, axis3),
                   -1, mean);
    written_append(net, TFL_MEAN, TFL_OPTIONS_REDUCER, mean, written_numbers(net, 1, axis2), -1,
                   mean2);
    written_append(net, TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, mean2,
                   written_weights(net, 2, dense, 0, 1), -1, out);
}

START_TEST(transposed_means_find_their_sides)
{
    static written_net net;
    transposed_means(&net);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 4);
    const tnas_op *const over_w = &model->graph.ops[1], *const over_h = &model->graph.ops[2];
    ck_assert(over_w->kind == TNAS_OP_MEAN && over_w->kernel_h == 1 && over_w->kernel_w == 4);
    ck_assert(over_h->kind == TNAS_OP_MEAN && over_h->kernel_h == 3 && over_h->kernel_w == 1);
    ck_assert(model->quant[2].scale == 0.5f && model->quant[2].zero_point == 1);
    ck_assert(model->quant[3].scale == 0.25f && model->quant[3].zero_point == 2);
    ck_assert_int_eq(notes.transposes_folded, 1);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_mean_of_what_is_no_side_is_refused)
{
    static written_net net;
    transposed_means(&net);
    net.ops[4].inputs[0] = net.ops[2].outputs[0]; /* FC reads the first mean */
    ck_refused("4 FULLY_CONNECTED: tensor 4 is transposed", &net);
    transposed_means(&net);
    net.tensors[net.ops[2].inputs[1]].data[0] = 1; /* axis 1 is the channels */
    ck_refused("2 MEAN: over the channels", &net);
    transposed_means(&net);
    net.tensors[net.ops[2].outputs[0]].dim[2]++;
    ck_refused("2 MEAN: dimension 2 of its output is 4, must be 3", &net);
    transposed_means(&net);
    net.ops[4].inputs[0] = net.ops[1].outputs[0];
    ck_refused("4 FULLY_CONNECTED: tensor 3 is transposed", &net);
    for (int op = 1; op <= 2; op++) { /* the network ends there */
        transposed_means(&net);
        net.op_count = op + 1;
        net.output = net.ops[op].outputs[0];
        ck_refused("net.tflite: its output is padded or transposed", &net);
    }
}
END_TEST

/* conv to 1x1xc or hxwxc, SHAPE, STRIDED_SLICE, PACK, RESHAPE to [1, n], FC */
static void shaped_net(written_net *net, int h, int w)
{
    const int in = start_net(net, TFL_INT8, h, w, 2);
    const int a = append_conv1(net, in, h, w, 2, 3, 0);
    const int32_t zero[] = {0}, one[] = {1}, count[] = {3 * h * w}, dense[] = {2, 3 * h * w};
    const int32_t none[] = {0, 0, 0, 0};
    const int shape = written_numbers(net, 4, none), first = written_numbers(net, 1, none);
    const int packed = written_numbers(net, 2, none);
    net->tensors[shape].data_bytes = 0;
    net->tensors[first].data_bytes = net->tensors[packed].data_bytes = 0;
    net->tensors[first].rank = 0;
    const int begin = written_numbers(net, 1, zero), step = written_numbers(net, 1, one);
    const int size = written_numbers(net, 1, count);
    net->tensors[size].rank = 0;
    const int flat = written_vector(net, TFL_INT8, 3 * h * w, 0.5f, 1);
    const int out = written_vector(net, TFL_INT8, 2, 0.5f, 1);
    written_append(net, TFL_SHAPE, 55, a, -1, -1, shape);
    written_op *op =
        written_append(net, TFL_STRIDED_SLICE, TFL_OPTIONS_SLICE, shape, begin, step, first);
    op->inputs[3] = step;
    op->input_count = 4;
    written_option(op, TFL_SLICE_SHRINK_MASK, 1);
    op = written_append(net, TFL_PACK, TFL_OPTIONS_PACK, first, size, -1, packed);
    written_append(net, TFL_RESHAPE, TFL_OPTIONS_NONE, a, packed, -1, flat);
    written_append(net, TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, flat,
                   written_weights(net, 2, dense, 0, 1), -1, out);
}

START_TEST(shapes_that_follow_from_shapes_fold)
{
    static written_net net;
    shaped_net(&net, 2, 3);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 2);
    ck_assert_int_eq(notes.constants_folded, 3);
    ck_assert_int_eq(notes.reshapes_folded, 1);
    tnas_model_destroy(model);
    net.tensors[net.ops[2].inputs[1]].data[0] = 1; /* begin: the second number, 2, not 1 */
    ck_refused("4 RESHAPE: asks for another shape than its output has", &net);
}
END_TEST

START_TEST(a_reshaped_map_is_for_fully_connected_operators_only)
{
    static written_net net;
    shaped_net(&net, 2, 3);
    net.op_count--;
    const int flat = net.ops[net.op_count - 1].outputs[0];
    const int out = written_vector(&net, TFL_INT8, 18, 1.0f / 256, -128);
    written_op *op = written_append(&net, TFL_SOFTMAX, TFL_OPTIONS_SOFTMAX, flat, -1, -1, out);
    written_option(op, TFL_SOFTMAX_BETA, 0x3f800000);
    ck_refused("5 SOFTMAX: tensor 9 is reshaped", &net);
    shaped_net(&net, 1, 1); /* [1, 1, 1, 3] is [1, 3] */
    net.op_count--;
    const int vector = net.ops[net.op_count - 1].outputs[0];
    const int out2 = written_vector(&net, TFL_INT8, 3, 1.0f / 256, -128);
    op = written_append(&net, TFL_SOFTMAX, TFL_OPTIONS_SOFTMAX, vector, -1, -1, out2);
    written_option(op, TFL_SOFTMAX_BETA, 0x3f800000);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 2);
    ck_assert_int_eq(model->graph.ops[1].kind, TNAS_OP_SOFTMAX);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_reshape_of_the_input_is_the_input)
{
    static written_net net;
    start_net(&net, TFL_INT8, 1, 1, 1);
    net.tensor_count = 0;
    net.input = written_vector(&net, TFL_INT8, 24, 0.5f, 1);
    const int map = written_map(&net, TFL_INT8, 3, 4, 2, 0.5f, 1);
    written_append(&net, TFL_RESHAPE, TFL_OPTIONS_NONE, net.input, -1, -1, map);
    append_conv1(&net, map, 3, 4, 2, 3, 0);
    tnas_model *const model = import_net(&net);
    check_shape(model, 0, 3, 4, 2);
    ck_assert_int_eq(model->graph.op_count, 1);
    tnas_model_destroy(model);
}
END_TEST

/* ---- Activations, sums, products, joins ---- */

START_TEST(a_relu_joins_the_operator_before_when_nobody_else_reads_it)
{
    static written_net net;
    int in = start_net(&net, TFL_INT8, 3, 3, 2);
    int a = append_conv1(&net, in, 3, 3, 2, 2, 0);
    int out = written_map(&net, TFL_INT8, 3, 3, 2, 0.5f, 1);
    written_append(&net, TFL_RELU6, TFL_OPTIONS_NONE, a, -1, -1, out);
    tnas_model *model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 1);
    ck_assert_int_eq(model->graph.ops[0].activation, TNAS_ACT_RELU6);
    ck_assert_int_eq(notes.activations_folded, 1);
    tnas_model_destroy(model);
    /* Another scale would round twice. */
    net.tensors[out].scale[0] = 0.25f;
    model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 2);
    ck_assert_int_eq(model->graph.ops[0].activation, TNAS_ACT_NONE);
    ck_assert_int_eq(model->graph.ops[1].kind, TNAS_OP_ACTIVATION);
    ck_assert_int_eq(model->graph.ops[1].activation, TNAS_ACT_RELU6);
    tnas_model_destroy(model);
    /* Two readers. */
    in = start_net(&net, TFL_INT8, 3, 3, 2);
    a = append_conv1(&net, in, 3, 3, 2, 2, 0);
    const int b = written_map(&net, TFL_INT8, 3, 3, 2, 0.5f, 1);
    out = written_map(&net, TFL_INT8, 3, 3, 2, 0.5f, 1);
    written_append(&net, TFL_RELU, TFL_OPTIONS_NONE, a, -1, -1, b);
    written_append(&net, TFL_ADD, TFL_OPTIONS_ADD, a, b, -1, out);
    model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, 3);
    ck_assert_int_eq(model->graph.ops[0].activation, TNAS_ACT_NONE);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(constants_of_sums_and_products_are_one_per_channel)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 3, 3, 2);
    const int32_t two[] = {2}, one[] = {1};
    const int each = written_weights(&net, 1, two, 0, 1), all = written_weights(&net, 1, one, 0, 1);
    net.tensors[each].data[0] = 0x80; /* -128 is a value like others */
    net.tensors[each].zero_point = -5;
    const int a = written_map(&net, TFL_INT8, 3, 3, 2, 0.25f, 0);
    const int b = written_map(&net, TFL_INT8, 3, 3, 2, 0.25f, 0);
    written_append(&net, TFL_MUL, TFL_OPTIONS_MUL, in, each, -1, a);
    written_op *const op = written_append(&net, TFL_ADD, TFL_OPTIONS_ADD, all, a, -1, b);
    written_option(op, TFL_ADD_ACTIVATION, TFL_ACTIVATION_RELU);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.ops[0].kind, TNAS_OP_CHANNEL_MUL);
    ck_assert_int_eq(model->graph.ops[1].kind, TNAS_OP_CHANNEL_ADD);
    ck_assert_int_eq(model->graph.ops[1].activation, TNAS_ACT_RELU);
    const tnas_op_constants *k = &model->constants[0];
    ck_assert_int_eq(k->weight_s8[0], -128);
    ck_assert_int_eq(k->weight_s8[1], (int8_t)net.tensors[each].data[1]);
    ck_assert_int_eq(k->bias_s32[1], -5);
    ck_assert(k->weight_scale[1] == 0.01f);
    k = &model->constants[1];
    ck_assert_int_eq(k->weight_s8[0], k->weight_s8[1]);
    ck_assert_int_eq(tnas_graph_macs(&model->graph), 0);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_product_takes_its_vector_second)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 3, 3, 2);
    const int vector = append_pool(&net, TFL_AVERAGE_POOL_2D, in, 1, 1, 2, 3, TFL_PADDING_VALID);
    const int out = written_map(&net, TFL_INT8, 3, 3, 2, 0.25f, 0);
    written_append(&net, TFL_MUL, TFL_OPTIONS_MUL, vector, in, -1, out);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.ops[1].kind, TNAS_OP_MUL);
    ck_assert_int_eq(model->graph.ops[1].in[0], 0);
    ck_assert_int_eq(model->graph.ops[1].in[1], 1);
    tnas_model_destroy(model);
    net.ops[1].code = TFL_ADD;
    net.ops[1].options_type = TFL_OPTIONS_ADD;
    ck_refused("1 ADD: its operands do not fit together", &net);
}
END_TEST

START_TEST(channels_are_joined_along_the_last_axis)
{
    static written_net net;
    const int in = start_net(&net, TFL_INT8, 3, 3, 2);
    const int a = append_conv1(&net, in, 3, 3, 2, 3, 0);
    const int out = written_map(&net, TFL_INT8, 3, 3, 5, 0.5f, 1);
    written_op *const op =
        written_append(&net, TFL_CONCATENATION, TFL_OPTIONS_CONCAT, a, in, -1, out);
    written_option(op, TFL_CONCAT_AXIS, -1);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.ops[1].kind, TNAS_OP_CONCAT);
    ck_assert_int_eq(model->graph.ops[1].in[0], 1);
    check_shape(model, 2, 3, 3, 5);
    tnas_model_destroy(model);
    net.ops[1].options[0].bits = 1;
    ck_refused("1 CONCATENATION: joins along axis 1", &net);
    net.ops[1].options[0].bits = 3;
    net.tensors[out].scale[0] = 0.25f;
    ck_refused("1 CONCATENATION: changes the scale", &net);
}
END_TEST

/* ---- The border ---- */

/* type -> QUANTIZE -> conv -> DEQUANTIZE -> float32 */
static void bordered_net(written_net *net, int type)
{
    const int in = start_net(net, type, 3, 3, 2);
    const int q = written_map(net, TFL_INT8, 3, 3, 2, 0.5f, 1 - 128);
    written_append(net, TFL_QUANTIZE, TFL_OPTIONS_NONE, in, -1, -1, q);
    const int a = append_conv1(net, q, 3, 3, 2, 3, 0);
    const int out = written_map(net, TFL_FLOAT32, 3, 3, 3, 0, 0);
    written_append(net, TFL_DEQUANTIZE, TFL_OPTIONS_NONE, a, -1, -1, out);
}

START_TEST(the_border_is_stripped_to_int8)
{
    static const int types[] = {TFL_FLOAT32, TFL_UINT8};
    static written_net net;
    for (int i = 0; i < 2; i++) {
        bordered_net(&net, types[i]);
        tnas_model *const model = import_net(&net);
        ck_assert_int_eq(model->graph.op_count, 1);
        ck_assert_int_eq(model->quant[0].zero_point, -127);
        ck_assert_int_eq(notes.quantize_stripped, 1);
        ck_assert_int_eq(notes.dequantize_stripped, 1);
        ck_assert_str_eq(notes.input_type, i == 0 ? "float32" : "uint8");
        ck_assert_str_eq(notes.output_type, "float32");
        tnas_model_destroy(model);
    }
    bordered_net(&net, TFL_UINT8);
    net.tensors[0].zero_point = 2;
    ck_refused("0 QUANTIZE: rescales", &net);
    bordered_net(&net, TFL_FLOAT32);
    net.ops[1].inputs[0] = net.input; /* past QUANTIZE */
    ck_refused("1 CONV_2D: tensor 0 is the network's input before QUANTIZE", &net);
    bordered_net(&net, TFL_FLOAT32);
    net.output = net.ops[1].outputs[0];
    ck_refused("2 DEQUANTIZE: inside the network", &net);
}
END_TEST

START_TEST(every_operator_can_be_part_of_a_network)
{
    static const int kinds[] = {TNAS_OP_CONV2D,      TNAS_OP_DWCONV2D,    TNAS_OP_MAXPOOL,
                                TNAS_OP_CHANNEL_MUL, TNAS_OP_CHANNEL_ADD, TNAS_OP_CONCAT,
                                TNAS_OP_AVGPOOL,     TNAS_OP_LOGISTIC,    TNAS_OP_MUL,
                                TNAS_OP_ADD,         TNAS_OP_MEAN,        TNAS_OP_FC,
                                TNAS_OP_SOFTMAX};
    static written_net net;
    written_wide_net(&net);
    tnas_model *const model = import_net(&net);
    ck_assert_int_eq(model->graph.op_count, sizeof kinds / sizeof kinds[0]);
    for (int op = 0; op < model->graph.op_count; op++)
        ck_assert_int_eq(model->graph.ops[op].kind, kinds[op]);
    ck_assert_int_eq(model->graph.ops[4].activation, TNAS_ACT_RELU);
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("tflite");
    TCase *const meaning = tcase_create("meaning");
    tcase_add_test(meaning, a_small_net_has_its_shapes_scales_and_constants);
    tcase_add_test(meaning, every_operator_can_be_part_of_a_network);
    tcase_add_test(meaning, heights_and_widths_are_told_apart);
    tcase_add_test(meaning, a_missing_bias_is_zero);
    tcase_add_test(meaning, dead_channels_and_what_they_feed_are_counted);
    tcase_add_test(meaning, several_filters_on_one_channel_are_a_convolution);
    tcase_add_test(meaning, a_float_net_is_a_float_model);
    tcase_add_test(meaning, a_relu_joins_the_operator_before_when_nobody_else_reads_it);
    tcase_add_test(meaning, constants_of_sums_and_products_are_one_per_channel);
    tcase_add_test(meaning, a_product_takes_its_vector_second);
    tcase_add_test(meaning, channels_are_joined_along_the_last_axis);
    suite_add_tcase(suite, meaning);
    TCase *const foldings = tcase_create("foldings");
    tcase_add_test(foldings, a_pad_becomes_the_pads_of_the_convolution_behind_it);
    tcase_add_test(foldings, pads_of_poolings_fold_only_where_the_result_is_the_same);
    tcase_add_test(foldings, a_pad_that_two_read_is_folded_for_one_and_made_for_the_other);
    tcase_add_test(foldings, transposed_means_find_their_sides);
    tcase_add_test(foldings, a_mean_of_what_is_no_side_is_refused);
    tcase_add_test(foldings, shapes_that_follow_from_shapes_fold);
    tcase_add_test(foldings, a_reshaped_map_is_for_fully_connected_operators_only);
    tcase_add_test(foldings, a_reshape_of_the_input_is_the_input);
    tcase_add_test(foldings, the_border_is_stripped_to_int8);
    suite_add_tcase(suite, foldings);
    return run_suite(suite);
}
