#include "tests/testing.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/target.h"
#include "quant/convert.h"
#include "quant/fold.h"
#include "quant/image.h"
#include "tests/random_graph.h"

/* ---- A float interpreter in doubles: the meaning of a graph ---------------------------------- */

/* One operator's constants as real numbers, whatever kind of model they come from. */
typedef struct real_constants {
    double *weight, *bias;
} real_constants;

static real_constants get_real_constants(tnas_arena *arena, const tnas_model *model, int op)
{
    const tnas_op_constants *const from = &model->constants[op];
    const int64_t weight_count = tnas_op_weight_count(&model->graph, op);
    const tnas_op *const o = &model->graph.ops[op];
    const int channel_count = model->graph.tensors[o->out].c;
    real_constants to = {TNAS_ARENA_NEW(arena, double, (size_t)weight_count),
                         TNAS_ARENA_NEW(arena, double, (size_t)channel_count)};
    if (weight_count == 0)
        return to;
    const int64_t per_channel = weight_count / channel_count;
    for (int64_t i = 0; i < weight_count; i++) {
        const int64_t channel = o->kind == TNAS_OP_DWCONV2D ? i % channel_count : i / per_channel;
        to.weight[i] = model->type == TNAS_MODEL_FLOAT
                           ? from->weight[i]
                           : (double)from->weight_scale[channel] * from->weight_s8[i];
    }
    for (int c = 0; c < channel_count; c++)
        to.bias[c] =
            model->type == TNAS_MODEL_FLOAT
                ? from->bias[c]
                : (double)model->quant[o->in[0]].scale * from->weight_scale[c] * from->bias_s32[c];
    return to;
}

static double activated(double x, int activation)
{
    if (activation != TNAS_ACT_NONE && x < 0.0)
        return 0.0;
    return activation == TNAS_ACT_RELU6 && x > 6.0 ? 6.0 : x;
}

static double window_output(const tnas_graph *graph, int index, const real_constants *constants,
                            const double *in, int y, int x, int channel)
{
    const tnas_op *const op = &graph->ops[index];
    const tnas_tensor *const shape = &graph->tensors[op->in[0]];
    const bool dense = op->kind == TNAS_OP_CONV2D;
    double sum = 0.0, max = -INFINITY;
    int count = 0;
    for (int ky = 0; ky < op->kernel_h; ky++)
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int iy = y * op->stride_h - op->pad_top + ky;
            const int ix = x * op->stride_w - op->pad_left + kx;
            if (iy < 0 || iy >= shape->h || ix < 0 || ix >= shape->w)
                continue;
            const double *const pixel = in + ((int64_t)iy * shape->w + ix) * shape->c;
            const int tap = ky * op->kernel_w + kx;
            count++;
            max = fmax(max, pixel[dense ? 0 : channel]);
            if (op->kind == TNAS_OP_AVGPOOL)
                sum += pixel[channel];
            if (op->kind == TNAS_OP_DWCONV2D)
                sum += pixel[channel] * constants->weight[tap * shape->c + channel];
            if (dense) {
                const int taps = op->kernel_h * op->kernel_w;
                const double *const weight =
                    constants->weight + ((int64_t)channel * taps + tap) * shape->c;
                for (int c = 0; c < shape->c; c++)
                    sum += pixel[c] * weight[c];
            }
        }
    if (op->kind == TNAS_OP_MAXPOOL)
        return max;
    return op->kind == TNAS_OP_AVGPOOL ? sum / count : sum + constants->bias[channel];
}

/* out of operator `index` from its inputs; with batch norm where the constants have it. */
static void evaluate_op(const tnas_model *model, int index, const real_constants *constants,
                        const double *in, const double *in2, double *out)
{
    const tnas_graph *const graph = &model->graph;
    const tnas_op *const op = &graph->ops[index];
    const tnas_op_constants *const bn = &model->constants[index];
    const tnas_tensor *const shape = &graph->tensors[op->out];
    const int64_t in_count = tnas_tensor_count(&graph->tensors[op->in[0]]);
    for (int64_t i = 0; i < tnas_tensor_count(shape); i++) {
        const int channel = (int)(i % shape->c);
        const int x = (int)(i / shape->c % shape->w), y = (int)(i / shape->c / shape->w);
        double value;
        if (op->kind == TNAS_OP_ADD) {
            value = in[i] + in2[i];
        } else if (op->kind == TNAS_OP_FC) {
            value = constants->bias[channel];
            for (int64_t j = 0; j < in_count; j++)
                value += in[j] * constants->weight[channel * in_count + j];
        } else {
            value = window_output(graph, index, constants, in, y, x, channel);
        }
        if (bn->bn_scale != NULL)
            value = (value - bn->bn_mean[channel]) /
                        sqrt((double)bn->bn_var[channel] + TNAS_BN_EPSILON) *
                        bn->bn_scale[channel] +
                    bn->bn_shift[channel];
        out[i] = activated(value, op->activation);
    }
}

/* Every tensor of the graph for one input; tensors[0] is given. */
static void evaluate(tnas_arena *arena, const tnas_model *model, double **tensors)
{
    for (int i = 0; i < model->graph.op_count; i++) {
        const tnas_op *const op = &model->graph.ops[i];
        const real_constants constants = get_real_constants(arena, model, i);
        tensors[op->out] = TNAS_ARENA_NEW(
            arena, double, (size_t)tnas_tensor_count(&model->graph.tensors[op->out]));
        evaluate_op(model, i, &constants, tensors[op->in[0]],
                    op->in[1] == TNAS_NONE ? NULL : tensors[op->in[1]], tensors[op->out]);
    }
}

/* ---- Random models --------------------------------------------------------------------------- */

static tnas_model *random_model(tnas_rng *rng, const tnas_graph *graph, bool batch_norm)
{
    tnas_model *model;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, graph, &model));
    for (int op = 0; op < graph->op_count; op++) {
        const int64_t count = tnas_op_weight_count(graph, op);
        const int channels = graph->tensors[graph->ops[op].out].c;
        if (count == 0)
            continue;
        ck_ok(tnas_model_add_constants(model, op, batch_norm));
        tnas_op_constants *const constants = &model->constants[op];
        const double deviation = sqrt(2.0 * channels / (double)count);
        for (int64_t i = 0; i < count; i++)
            constants->weight[i] = (float)(deviation * tnas_rng_normal(rng));
        for (int c = 0; c < channels; c++) {
            constants->bias[c] = (float)(0.2 * tnas_rng_normal(rng));
            if (!batch_norm)
                continue;
            constants->bn_scale[c] = (float)(1.0 + 0.3 * tnas_rng_normal(rng));
            constants->bn_shift[c] = (float)(0.3 * tnas_rng_normal(rng));
            constants->bn_mean[c] = (float)(0.3 * tnas_rng_normal(rng));
            constants->bn_var[c] = (float)(0.2 + tnas_rng_unit(rng));
        }
    }
    return model;
}

enum { IMAGE_COUNT = 8 };

/* Pixels, and as quantised and real input. */
typedef struct test_images {
    uint8_t *pixels;
    size_t image_bytes;
} test_images;

/* Random brightness, so that images differ in more than noise. */
static test_images random_images(tnas_arena *arena, tnas_rng *rng, const tnas_graph *graph,
                                 int count)
{
    const size_t image_bytes = (size_t)tnas_tensor_count(&graph->tensors[0]);
    uint8_t *const pixels = TNAS_ARENA_NEW(arena, uint8_t, image_bytes * (size_t)count);
    for (int image = 0; image < count; image++) {
        const uint32_t brightness = tnas_rng_below(rng, 128);
        for (size_t i = 0; i < image_bytes; i++)
            pixels[(size_t)image * image_bytes + i] =
                (uint8_t)(brightness + tnas_rng_below(rng, 128));
    }
    return (test_images){pixels, image_bytes};
}

static double *real_input(tnas_arena *arena, const test_images *images, int image)
{
    double *const real = TNAS_ARENA_NEW(arena, double, images->image_bytes);
    for (size_t i = 0; i < images->image_bytes; i++)
        real[i] = (images->pixels[(size_t)image * images->image_bytes + i] - 128) / 128.0;
    return real;
}

static void measure_ranges(const tnas_model *model, const test_images *images, int count,
                           tnas_range *ranges)
{
    for (int tensor = 0; tensor < model->graph.tensor_count; tensor++)
        ranges[tensor] = (tnas_range){INFINITY, -INFINITY};
    for (int image = 0; image < count; image++) {
        tnas_arena arena;
        tnas_arena_init(&arena);
        double *tensors[TNAS_GRAPH_TENSORS_MAX];
        tensors[0] = real_input(&arena, images, image);
        evaluate(&arena, model, tensors);
        for (int tensor = 0; tensor < model->graph.tensor_count; tensor++)
            for (int64_t i = 0; i < tnas_tensor_count(&model->graph.tensors[tensor]); i++) {
                ranges[tensor].min = fminf(ranges[tensor].min, (float)tensors[tensor][i]);
                ranges[tensor].max = fmaxf(ranges[tensor].max, (float)tensors[tensor][i]);
            }
        tnas_arena_deinit(&arena);
    }
}

/* A small network with every operator: conv, depthwise, sum, both poolings, fc. */
static void small_graph(tnas_graph *graph)
{
    tnas_graph_init(graph, 13, 12, 3);
    const int stem = graph_append_conv(graph, TNAS_OP_CONV2D, 0, 3, 1, 8, TNAS_ACT_RELU6);
    const int pooled = graph_append_conv(graph, TNAS_OP_MAXPOOL, stem, 2, 2, 0, TNAS_ACT_NONE);
    int t = graph_append_conv(graph, TNAS_OP_CONV2D, pooled, 1, 1, 22, TNAS_ACT_RELU6);
    t = graph_append_conv(graph, TNAS_OP_DWCONV2D, t, 5, 1, 0, TNAS_ACT_RELU);
    t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 1, 1, 8, TNAS_ACT_NONE);
    t = graph_append_add(graph, pooled, t);
    t = graph_append_conv(graph, TNAS_OP_DWCONV2D, t, 3, 2, 0, TNAS_ACT_NONE);
    t = graph_append_global_pool(graph, TNAS_OP_AVGPOOL, t);
    graph_append_fc(graph, t, 10);
}

typedef struct test_net {
    tnas_arena arena;
    tnas_graph graph;
    test_images images;
    tnas_model *real, *quantized;
    tnas_image *image;
} test_net;

static void test_net_init(test_net *net, tnas_rng *rng, const tnas_graph *graph, int image_count)
{
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    tnas_arena_init(&net->arena);
    net->graph = *graph;
    net->real = random_model(rng, graph, false);
    net->images = random_images(&net->arena, rng, graph, image_count);
    measure_ranges(net->real, &net->images, image_count, ranges);
    ck_ok(tnas_model_quantize(net->real, ranges, &net->quantized));
    ck_ok(tnas_image_build(net->quantized, &tnas_target_tinynas_c, &net->image));
}

static void test_net_deinit(test_net *net)
{
    tnas_image_destroy(net->image);
    tnas_model_destroy(net->quantized);
    tnas_model_destroy(net->real);
    tnas_arena_deinit(&net->arena);
}

/* ---- Multipliers, folding, ranges --------------------------------------------------------------
 */

START_TEST(multiplier_and_shift_give_back_the_factor)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        const double real = exp2(60.0 * tnas_rng_unit(&rng) - 31.0);
        int32_t multiplier;
        int8_t shift;
        tnas_quantize_multiplier(real, &multiplier, &shift);
        ck_assert_int_ge(multiplier, 1 << 30);
        /* Half a unit of the multiplier's last place. */
        ck_assert_double_le(fabs(ldexp(multiplier, shift - 31) - real), ldexp(0.5, shift - 31));
    }
}
END_TEST

START_TEST(multiplier_at_its_edges)
{
    static const struct {
        double real;
        int32_t multiplier;
        int8_t shift;
    } table[] = {
        {0.5, 1 << 30, 0},
        {1.0, 1 << 30, 1},
        {0.25, 1 << 30, -1},
        {0.75, 3 << 29, 0},
        {1.0 - 0x1p-33, 1 << 30, 1},       /* rounds up to 2^31, halves, shifts */
        {0.5 + 0x1p-32, (1 << 30) + 1, 0}, /* a tie, away from zero */
        {0x1p-32, 1 << 30, -31},
        {0x1p-33, 0, 0}, /* nothing left after any accumulator */
        {0x1p29, 1 << 30, 30},
        {0x1p40, INT32_MAX, 30},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int32_t multiplier;
        int8_t shift;
        tnas_quantize_multiplier(table[i].real, &multiplier, &shift);
        ck_assert_msg(multiplier == table[i].multiplier && shift == table[i].shift,
                      "%g gives %d, %d", table[i].real, multiplier, shift);
    }
}
END_TEST

START_TEST(folding_keeps_what_the_network_computes)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_graph graph;
    small_graph(&graph);
    tnas_model *const model = random_model(&rng, &graph, true);
    tnas_arena arena;
    tnas_arena_init(&arena);
    const test_images images = random_images(&arena, &rng, &graph, 1);
    double *before[TNAS_GRAPH_TENSORS_MAX], *after[TNAS_GRAPH_TENSORS_MAX];
    before[0] = after[0] = real_input(&arena, &images, 0);
    evaluate(&arena, model, before);
    tnas_model_fold(model);
    tnas_model_fold(model); /* the second time changes nothing */
    evaluate(&arena, model, after);
    /* Folded weights are rounded to float once: 2^-24 relative, times the terms of a sum and
     * the depth of the network. */
    for (int tensor = 0; tensor < graph.tensor_count; tensor++)
        for (int64_t i = 0; i < tnas_tensor_count(&graph.tensors[tensor]); i++)
            ck_assert_double_eq_tol(after[tensor][i], before[tensor][i], 1e-5);
    tnas_arena_deinit(&arena);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(ranges_contain_zero_exactly)
{
    static const struct {
        tnas_range range;
        float width;
        int32_t zero_point;
    } table[] = {
        {{0.0f, 6.0f}, 6.0f, -128},    {{2.0f, 6.0f}, 6.0f, -128},
        {{-6.0f, -2.0f}, 6.0f, 127},   {{-1.0f, 1.0f}, 2.0f, -1}, /* -0.5, away from zero */
        {{-1.0f, 3.0f}, 4.0f, -64},                               /* -64.25 */
        {{0.0f, 0.0f}, 255e-6f, -128},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const tnas_quant quant = tnas_quant_of_range(table[i].range, 1e-6f);
        ck_assert_float_eq(quant.scale, table[i].width / 255.0f);
        ck_assert_int_eq(quant.zero_point, table[i].zero_point);
    }
}
END_TEST

START_TEST(pools_keep_the_scale_and_the_input_is_fixed)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_graph graph;
    small_graph(&graph);
    test_net net;
    test_net_init(&net, &rng, &graph, 2);
    const tnas_quant *const quant = net.quantized->quant;
    ck_assert_float_eq(quant[0].scale, 1.0f / 128.0f);
    ck_assert_int_eq(quant[0].zero_point, 0);
    for (int i = 0; i < graph.op_count; i++) {
        const tnas_op *const op = &graph.ops[i];
        const bool same = quant[op->in[0]].scale == quant[op->out].scale;
        ck_assert(same == (op->kind == TNAS_OP_AVGPOOL || op->kind == TNAS_OP_MAXPOOL));
    }
    test_net_deinit(&net);
}
END_TEST

/* ---- int8 against real numbers ------------------------------------------------------------------
 */

static double *dequantized(tnas_arena *arena, const int8_t *q, int64_t count, tnas_quant quant)
{
    double *const real = TNAS_ARENA_NEW(arena, double, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        real[i] = (double)quant.scale * (q[i] - quant.zero_point);
    return real;
}

/* Runs one image layer by layer, keeping every tensor before the arena is used again. */
static void run_by_layers(test_net *net, const int8_t *in, double **tensors)
{
    const tnas_image *const image = net->image;
    int8_t *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    memcpy(arena + image->model.input, in, image->model.input_bytes);
    tensors[0] = dequantized(&net->arena, in, image->model.input_bytes, image->input_quant);
    for (int step = 0; step < image->schedule.step_count; step++) {
        const int out = net->graph.ops[image->schedule.steps[step].op].out;
        tnrt_model one = image->model;
        one.layers = &image->layers[step];
        one.layer_count = 1;
        tnrt_invoke(&one, arena);
        tensors[out] =
            dequantized(&net->arena, arena + image->layers[step].out,
                        tnas_tensor_count(&net->graph.tensors[out]), net->quantized->quant[out]);
    }
    tnas_free(arena);
}

static double representable(double real, tnas_quant quant)
{
    const double low = (double)quant.scale * (-128 - quant.zero_point);
    const double high = (double)quant.scale * (127 - quant.zero_point);
    return fmin(fmax(real, low), high);
}

/* The real computation on a layer's own quantised inputs and constants: its int8 output is off
 * by half a step for the last rounding, at most a quarter for the one before (which rounds halves
 * when one bit is left to shift), and next to nothing for 31-bit multipliers. */
static void check_layers(test_net *net, int case_index)
{
    double *tensors[TNAS_GRAPH_TENSORS_MAX];
    int8_t *const in = TNAS_ARENA_NEW(&net->arena, int8_t, net->images.image_bytes);
    tnas_image_input(net->images.pixels, net->images.image_bytes, in);
    run_by_layers(net, in, tensors);
    for (int i = 0; i < net->graph.op_count; i++) {
        const tnas_op *const op = &net->graph.ops[i];
        const tnas_quant quant = net->quantized->quant[op->out];
        const int64_t count = tnas_tensor_count(&net->graph.tensors[op->out]);
        const real_constants constants = get_real_constants(&net->arena, net->quantized, i);
        double *const real = TNAS_ARENA_NEW(&net->arena, double, (size_t)count);
        evaluate_op(net->quantized, i, &constants, tensors[op->in[0]],
                    op->in[1] == TNAS_NONE ? NULL : tensors[op->in[1]], real);
        for (int64_t j = 0; j < count; j++) {
            const double error = tensors[op->out][j] - representable(real[j], quant);
            ck_assert_msg(fabs(error) <= 0.76 * quant.scale,
                          "case %d, operator %d (%s), element %d: %g steps off", case_index, i,
                          tnas_op_kind_text(op->kind), (int)j, error / quant.scale);
        }
    }
}

START_TEST(every_layer_is_within_a_step_of_the_real_computation)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_graph graph;
    random_branched_graph(&rng, 2 + _i, &graph);
    test_net net;
    test_net_init(&net, &rng, &graph, 1);
    check_layers(&net, _i);
    test_net_deinit(&net);
}
END_TEST

/* The network as a whole against its float original. Each of the six quantised layers adds
 * about half a step of rounding and as much from its weights, and the next layer weighs
 * these like its inputs: some steps in the worst of 80 outputs, about one on average. */
START_TEST(a_whole_network_is_within_some_steps_of_its_float_original)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_graph graph;
    small_graph(&graph);
    test_net net;
    test_net_init(&net, &rng, &graph, IMAGE_COUNT);
    int8_t *const arena = tnas_alloc_zero(net.image->model.arena_bytes, 1);
    int8_t *const in = TNAS_ARENA_NEW(&net.arena, int8_t, net.images.image_bytes);
    const tnas_quant quant = net.image->output_quant;
    double worst = 0.0, total = 0.0;
    for (int i = 0; i < IMAGE_COUNT; i++) {
        double *tensors[TNAS_GRAPH_TENSORS_MAX];
        int8_t out[10];
        tnas_image_input(net.images.pixels + (size_t)i * net.images.image_bytes,
                         net.images.image_bytes, in);
        tnas_image_run(net.image, arena, in, out);
        tensors[0] = real_input(&net.arena, &net.images, i);
        evaluate(&net.arena, net.real, tensors);
        for (int c = 0; c < 10; c++) {
            const double real = tensors[tnas_graph_output(&graph)][c];
            const double steps = fabs(real / quant.scale + quant.zero_point - out[c]);
            worst = fmax(worst, steps);
            total += steps;
        }
    }
    ck_assert_double_le(worst, 6.0);
    ck_assert_double_le(total / (10.0 * IMAGE_COUNT), 1.5);
    tnas_free(arena);
    test_net_deinit(&net);
}
END_TEST

/* ---- The image ----------------------------------------------------------------------------------
 */

START_TEST(an_image_has_the_bytes_that_the_target_prices)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    const tnas_target *const target = &tnas_target_tinynas_c;
    tnas_graph graph;
    random_branched_graph(&rng, 1 + _i, &graph);
    test_net net;
    test_net_init(&net, &rng, &graph, 1);
    const tnas_image *const image = net.image;
    const tnas_packed_bytes packed = tnas_schedule_packed_bytes(&graph, &image->schedule, target);
    const size_t priced =
        packed.weights + packed.channels + target->table_bytes(&graph, sizeof(void *));
    const size_t there = image->weight_bytes + 4 * image->param_count +
                         image->model.layer_count * sizeof(tnrt_layer) + sizeof(tnrt_model);
    ck_assert_uint_eq(there, priced);
    ck_assert_uint_eq(image->model.arena_bytes, image->plan.arena_bytes);
    for (int step = 0; step < image->schedule.step_count; step++)
        ck_assert_ptr_eq(image->rows[step].kernel_name,
                         target->kernel_name(image->schedule.steps[step].kernel));
    test_net_deinit(&net);
}
END_TEST

START_TEST(activations_become_clamps_of_quantised_values)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 1, 1, 1);
    graph_append_conv(&graph, TNAS_OP_CONV2D, 0, 1, 1, 1, (tnas_activation)_i);
    tnas_model *model;
    tnas_image *image;
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    ck_ok(tnas_model_add_constants(model, 0, 0));
    model->constants[0].weight_scale[0] = 0.01f;
    model->quant[0] = (tnas_quant){TNAS_INPUT_SCALE, 0};
    model->quant[1] = (tnas_quant){0.1f, -20};
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    static const int expected[TNAS_ACT_COUNT][2] = {{-128, 127}, {-20, 127}, {-20, 40}};
    ck_assert_int_eq(image->layers[0].act_min, expected[_i][0]);
    ck_assert_int_eq(image->layers[0].act_max, expected[_i][1]);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(equal_scores_go_to_the_lowest_class)
{
    static const int8_t scores[][4] = {
        {5, 5, 5, 5}, {1, 7, 7, 2}, {-128, -128, -127, -127}, {3, 2, 1, 127}};
    static const int winners[] = {0, 1, 2, 3};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(tnas_image_argmax(scores[i], 4), winners[i]);
}
END_TEST

START_TEST(classes_do_not_depend_on_the_number_of_threads)
{
    enum { COUNT = 101 };
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_graph graph;
    small_graph(&graph);
    test_net net;
    test_net_init(&net, &rng, &graph, COUNT);
    int8_t *const arena = tnas_alloc_zero(net.image->model.arena_bytes, 1);
    int8_t *const in = TNAS_ARENA_NEW(&net.arena, int8_t, net.images.image_bytes);
    int16_t classes[COUNT];
    for (int threads = 1; threads <= 3; threads++) {
        tnas_pool *pool;
        ck_ok(tnas_pool_create(threads, &pool));
        memset(classes, 0x7f, sizeof classes);
        ck_ok(tnas_image_classify(net.image, pool, net.images.pixels, COUNT, classes));
        tnas_pool_destroy(pool);
        for (int i = 0; i < COUNT; i++) {
            int8_t out[10];
            tnas_image_input(net.images.pixels + (size_t)i * net.images.image_bytes,
                             net.images.image_bytes, in);
            tnas_image_run(net.image, arena, in, out);
            ck_assert_int_eq(classes[i], tnas_image_argmax(out, 10));
        }
    }
    tnas_free(arena);
    test_net_deinit(&net);
}
END_TEST

/* ---- Failures
 * ------------------------------------------------------------------------------------- */

START_TEST(numbers_that_are_not_finite_are_refused)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_graph graph;
    small_graph(&graph);
    tnas_model *const model = random_model(&rng, &graph, false);
    tnas_model *out;
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    for (int i = 0; i < graph.tensor_count; i++)
        ranges[i] = (tnas_range){-1.0f, 1.0f};
    const tnas_range bad[] = {{-INFINITY, 1.0f}, {0.0f, INFINITY}, {NAN, 1.0f},
                              {-1.0f, NAN},      {1.0f, -1.0f},    {-3e38f, 3e38f}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ranges[4] = bad[i];
        ck_fails(TNAS_ERR_INPUT, "tensor 4: range", tnas_model_quantize(model, ranges, &out));
        ck_assert_ptr_null(out);
    }
    ranges[4] = ranges[5];
    model->constants[2].weight[5] = NAN;
    ck_fails(TNAS_ERR_INPUT, "operator 2, channel 0", tnas_model_quantize(model, ranges, &out));
    model->constants[2].weight[5] = -INFINITY;
    ck_fails(TNAS_ERR_INPUT, "operator 2, channel 0", tnas_model_quantize(model, ranges, &out));
    model->constants[2].weight[5] = 1.0f;
    model->constants[2].bias[7] = INFINITY;
    ck_fails(TNAS_ERR_INPUT, "operator 2, channel 7", tnas_model_quantize(model, ranges, &out));
    tnas_model_destroy(model);
}
END_TEST

START_TEST(channels_of_zeros_and_huge_biases_stay_in_range)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 2, 2, 1);
    graph_append_conv(&graph, TNAS_OP_DWCONV2D, 0, 1, 1, 0, TNAS_ACT_NONE);
    graph_append_conv(&graph, TNAS_OP_CONV2D, 1, 1, 1, 3, TNAS_ACT_NONE);
    tnas_model *model, *quantized;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, &graph, &model));
    ck_ok(tnas_model_add_constants(model, 0, 0));
    ck_ok(tnas_model_add_constants(model, 1, 0));
    model->constants[0].weight[0] = 1.0f;
    model->constants[1].weight[2] = 1e-9f; /* against a bias of 5 */
    model->constants[1].bias[1] = 3.0f;    /* weight 0 */
    model->constants[1].bias[2] = 5.0f;
    const tnas_range ranges[] = {{0}, {-1.0f, 1.0f}, {0.0f, 5.0f}};
    tnas_image *image;
    ck_ok(tnas_model_quantize(model, ranges, &quantized));
    ck_ok(tnas_image_build(quantized, &tnas_target_tinynas_c, &image));
    _Alignas(TNRT_ARENA_ALIGN) int8_t arena[64];
    const int8_t in[4] = {-128, 0, 1, 127};
    int8_t out[12];
    ck_assert_uint_le(image->model.arena_bytes, sizeof arena);
    tnas_image_run(image, arena, in, out);
    for (int pixel = 0; pixel < 4; pixel++) {
        ck_assert_int_eq(out[3 * pixel], -128);    /* 0 */
        ck_assert_int_eq(out[3 * pixel + 1], 25);  /* 3 / 5 * 255 - 128 */
        ck_assert_int_eq(out[3 * pixel + 2], 127); /* 5 */
    }
    tnas_image_destroy(image);
    tnas_model_destroy(quantized);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(sums_that_could_overflow_are_refused)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 250, 250, 1);
    graph_append_fc(&graph, 0, 2);
    tnas_model *model, *out;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, &graph, &model));
    ck_ok(tnas_model_add_constants(model, 0, 0));
    const tnas_range ranges[] = {{0}, {-1.0f, 1.0f}};
    ck_fails(TNAS_ERR_INPUT, "62500 products", tnas_model_quantize(model, ranges, &out));
    tnas_model_destroy(model);
}
END_TEST

START_TEST(models_that_cannot_be_lowered_are_refused)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 1, 1, 1);
    graph_append_conv(&graph, TNAS_OP_CONV2D, 0, 1, 1, 1, TNAS_ACT_NONE);
    tnas_model *model;
    tnas_image *image;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, &graph, &model));
    ck_fails(TNAS_ERR_INPUT, "floats", tnas_image_build(model, &tnas_target_tinynas_c, &image));
    model->type = TNAS_MODEL_INT8;
    ck_fails(TNAS_ERR_INPUT, "tensor 0: scale 0",
             tnas_image_build(model, &tnas_target_tinynas_c, &image));
    model->quant[0] = model->quant[1] = (tnas_quant){0.1f, 100};
    ck_fails(TNAS_ERR_INPUT, "no int8 constants",
             tnas_image_build(model, &tnas_target_tinynas_c, &image));
    ck_ok(tnas_model_add_constants(model, 0, 0));
    model->constants[0].weight_scale[0] = 0.1f;
    model->constants[0].weight_s8[0] = 1;
    model->constants[0].bias_s32[0] = INT32_MIN;
    ck_fails(TNAS_ERR_INPUT, "channel 0: bias",
             tnas_image_build(model, &tnas_target_tinynas_c, &image));
    ck_assert_ptr_null(image);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(short_memory_is_reported_at_every_allocation)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_graph graph;
    small_graph(&graph);
    tnas_model *const model = random_model(&rng, &graph, false);
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    for (int i = 0; i < graph.tensor_count; i++)
        ranges[i] = (tnas_range){-2.0f, 2.0f};
    for (long n = 0;; n++) {
        tnas_model *quantized;
        tnas_image *image = NULL;
        tnas_alloc_fail_after(n);
        tnas_status status = tnas_model_quantize(model, ranges, &quantized);
        if (status == TNAS_OK)
            status = tnas_image_build(quantized, &tnas_target_tinynas_c, &image);
        tnas_alloc_fail_after(-1);
        const bool done = status == TNAS_OK;
        ck_assert(done ? image != NULL : status == TNAS_ERR_NOMEM && image == NULL);
        tnas_image_destroy(image);
        tnas_model_destroy(quantized);
        if (done)
            break;
    }
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("quant");
    TCase *const tc = tcase_create("quant");
    tcase_add_test(tc, multiplier_and_shift_give_back_the_factor);
    tcase_add_test(tc, multiplier_at_its_edges);
    tcase_add_loop_test(tc, folding_keeps_what_the_network_computes, 0, 4);
    tcase_add_test(tc, ranges_contain_zero_exactly);
    tcase_add_test(tc, pools_keep_the_scale_and_the_input_is_fixed);
    tcase_add_loop_test(tc, every_layer_is_within_a_step_of_the_real_computation, 0, 40);
    tcase_add_loop_test(tc, a_whole_network_is_within_some_steps_of_its_float_original, 0, 8);
    tcase_add_loop_test(tc, an_image_has_the_bytes_that_the_target_prices, 0, 20);
    tcase_add_loop_test(tc, activations_become_clamps_of_quantised_values, 0, TNAS_ACT_COUNT);
    tcase_add_test(tc, equal_scores_go_to_the_lowest_class);
    tcase_add_test(tc, classes_do_not_depend_on_the_number_of_threads);
    tcase_add_test(tc, numbers_that_are_not_finite_are_refused);
    tcase_add_test(tc, channels_of_zeros_and_huge_biases_stay_in_range);
    tcase_add_test(tc, sums_that_could_overflow_are_refused);
    tcase_add_test(tc, models_that_cannot_be_lowered_are_refused);
    tcase_add_test(tc, short_memory_is_reported_at_every_allocation);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
