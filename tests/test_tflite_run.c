/* An imported network computes what its file says: our kernels on the imported model beside
 * plain sums over the file's own tensors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/tflite_schema.h"
#include "quant/image.h"
#include "tests/testing.h"
#include "tests/tflite_writer.h"

enum { ELEMENTS_MAX = 512 };

/* Real values of a tensor of the file. */
static double real_of(const written_tensor *t, const int8_t *q, int index)
{
    return (double)t->scale[0] * (q[index] - (int)t->zero_point);
}

static int8_t quantized(const written_tensor *t, double real, bool relu)
{
    const double clamped = relu && real < 0 ? 0 : real;
    const double q = round(clamped / t->scale[0]) + (double)t->zero_point;
    return (int8_t)fmin(fmax(q, INT8_MIN), INT8_MAX);
}

static double weight_of(const written_tensor *w, int index, int channel)
{
    return (double)w->scale[w->scale_count == 1 ? 0 : channel] * (int8_t)w->data[index];
}

static double bias_of(const written_tensor *b, int channel)
{
    int32_t value;
    memcpy(&value, b->data + 4 * channel, sizeof value);
    return (double)b->scale[b->scale_count == 1 ? 0 : channel] * value;
}

/* TensorFlow's SAME: the rows before the first, out = ceil(in / stride). */
static int pad_before(int in, int kernel, int stride)
{
    const int total = ((in + stride - 1) / stride - 1) * stride + kernel - in;
    return total > 0 ? total / 2 : 0;
}

typedef struct reference {
    const written_tensor *in, *weights, *bias, *out;
    const int8_t *in_q;
    int stride;
    bool depthwise;
} reference;

/* One output of a convolution with SAME padding. */
static double window_sum(const reference *r, int y, int x, int channel)
{
    const int in_h = r->in->dim[1], in_w = r->in->dim[2], in_c = r->in->dim[3];
    const int kernel_h = r->weights->dim[1], kernel_w = r->weights->dim[2];
    const int channels = r->depthwise ? 1 : in_c;
    double sum = bias_of(r->bias, channel);
    for (int ky = 0; ky < kernel_h; ky++)
        for (int kx = 0; kx < kernel_w; kx++) {
            const int iy = y * r->stride + ky - pad_before(in_h, kernel_h, r->stride);
            const int ix = x * r->stride + kx - pad_before(in_w, kernel_w, r->stride);
            if (iy < 0 || iy >= in_h || ix < 0 || ix >= in_w)
                continue;
            for (int c = 0; c < channels; c++) {
                const int from = (iy * in_w + ix) * in_c + (r->depthwise ? channel : c);
                const int at = r->depthwise
                                   ? (ky * kernel_w + kx) * in_c + channel
                                   : ((channel * kernel_h + ky) * kernel_w + kx) * in_c + c;
                sum += real_of(r->in, r->in_q, from) * weight_of(r->weights, at, channel);
            }
        }
    return sum;
}

static void run_convolution(const reference *r, bool relu, int8_t *out)
{
    const int w = r->out->dim[2], c = r->out->dim[3];
    for (int i = 0; i < r->out->dim[1] * w * c; i++)
        out[i] = quantized(r->out, window_sum(r, i / c / w, i / c % w, i % c), relu);
}

static void run_dense(const reference *r, int8_t *out)
{
    const int count = r->weights->dim[1];
    for (int o = 0; o < r->weights->dim[0]; o++) {
        double sum = bias_of(r->bias, o);
        for (int i = 0; i < count; i++)
            sum += real_of(r->in, r->in_q, i) * weight_of(r->weights, o * count + i, o);
        out[o] = quantized(r->out, sum, false);
    }
}

static void run_small_net(const written_net *net, const int8_t *in, int8_t *out)
{
    int8_t values[2][ELEMENTS_MAX];
    const int8_t *from = in;
    for (int i = 0; i < 3; i++) {
        const written_op *const op = &net->ops[i];
        const reference r = {.in = &net->tensors[op->inputs[0]],
                             .weights = &net->tensors[op->inputs[1]],
                             .bias = &net->tensors[op->inputs[2]],
                             .out = &net->tensors[op->outputs[0]],
                             .in_q = from,
                             .stride = i == 0 ? 2 : 1,
                             .depthwise = i == 1};
        if (i < 2)
            run_convolution(&r, i == 0, values[i]);
        else
            run_dense(&r, out);
        from = values[i % 2];
    }
}

START_TEST(an_imported_network_computes_what_its_file_says)
{
    static written_net net;
    static tnas_tflite_notes notes;
    tnas_model *model;
    tnas_image *image;
    written_small_net(&net);
    net.tensors[net.output].scale[0] = 8; /* or every output would be at its end */
    ck_ok(written_import(&net, &model, &notes));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    void *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    int unlike = 0, inner = 0;
    for (int round = 0; round < 200; round++) {
        int8_t in[72], out[3], expected[3];
        for (int i = 0; i < 72; i++)
            in[i] = (int8_t)((int)tnas_rng_below(&rng, 256) - 128);
        tnas_image_run(image, arena, in, out);
        run_small_net(&net, in, expected);
        for (int i = 0; i < 3; i++) {
            ck_assert_msg(abs(out[i] - expected[i]) <= 1, "round %d: %d, must be %d", round, out[i],
                          expected[i]);
            unlike += out[i] != expected[i];
            inner += expected[i] > INT8_MIN && expected[i] < INT8_MAX;
        }
    }
    ck_assert_int_gt(inner, 500); /* hardly any saturates */
    ck_assert_int_lt(unlike, 30); /* sums that end near a half are rounded twice */
    tnas_free(arena);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

/* ---- Means ---- */

enum { MEAN_H = 4, MEAN_W = 3, MEAN_C = 2, MEAN_COUNT = MEAN_H * MEAN_W };

/* A MEAN of both sides alone, that keeps the dimensions or does not. */
static void mean_net(written_net *net, bool keep, float out_scale, int out_zero)
{
    const int32_t axes[] = {1, 2};
    *net = (written_net){.description = "", .version = TFL_VERSION};
    net->input = written_map(net, TFL_INT8, MEAN_H, MEAN_W, MEAN_C, 0.5f, 1);
    const int out = keep ? written_map(net, TFL_INT8, 1, 1, MEAN_C, out_scale, out_zero)
                         : written_vector(net, TFL_INT8, MEAN_C, out_scale, out_zero);
    written_append(net, TFL_MEAN, TFL_OPTIONS_REDUCER, net->input, written_numbers(net, 2, axes),
                   -1, out);
    if (keep)
        written_option(&net->ops[0], TFL_REDUCER_KEEP_DIMS, 1);
}

/* What TensorFlow Lite computes of the sum of q, by way of its definition. */
static int8_t defined_mean(int sum, bool keep, tnas_quant out)
{
    const int centred = sum - MEAN_COUNT * 1;
    double mean = sum / MEAN_COUNT; /* the scale stays: truncated */
    if (keep)
        mean = round(round(centred * 0.5 / out.scale) / MEAN_COUNT) + out.zero_point;
    else if (out.scale != 0.5f || out.zero_point != 1)
        mean = floor(centred * 0.5 / MEAN_COUNT / out.scale + 0.5) + out.zero_point;
    return (int8_t)fmin(fmax(mean, INT8_MIN), INT8_MAX);
}

START_TEST(means_are_rounded_as_tensorflow_lite_does)
{
    static const tnas_quant outs[] = {{0.5f, 1}, {0.25f, 1}, {0.3f, -128}, {0.5f, 2}};
    static written_net net;
    static tnas_tflite_notes notes;
    const bool keep = _i % 2 == 1;
    const tnas_quant quant = outs[_i / 2];
    tnas_model *model;
    tnas_image *image;
    mean_net(&net, keep, quant.scale, quant.zero_point);
    ck_ok(written_import(&net, &model, &notes));
    ck_assert_int_eq(model->graph.ops[0].kind, keep ? TNAS_OP_MEAN_KEPT : TNAS_OP_MEAN);
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    void *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    for (int low = -128; low < 128; low++) {
        int8_t in[MEAN_COUNT * MEAN_C], out[MEAN_C];
        int sum[MEAN_C] = {0};
        for (int i = 0; i < MEAN_COUNT * MEAN_C; i++) {
            in[i] = (int8_t)(low + (i < MEAN_C * 5 && low < 127)); /* 5 of 12 are one higher */
            sum[i % MEAN_C] += in[i];
        }
        tnas_image_run(image, arena, in, out);
        for (int c = 0; c < MEAN_C; c++)
            ck_assert_msg(out[c] == defined_mean(sum[c], keep, quant), "sum %d: %d, must be %d",
                          sum[c], out[c], defined_mean(sum[c], keep, quant));
    }
    tnas_free(arena);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("tflite run");
    TCase *const run = tcase_create("run");
    tcase_add_test(run, an_imported_network_computes_what_its_file_says);
    tcase_add_loop_test(run, means_are_rounded_as_tensorflow_lite_does, 0, 8);
    suite_add_tcase(suite, run);
    return run_suite(suite);
}
