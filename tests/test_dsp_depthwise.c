/* The DSP extension's depthwise kernels on the host: every size around their blocks of pixels and
 * channels, every stride and pad, in place and not, give the bytes of plain C. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/image.h"
#include "tests/random_model.h"
#include "tests/testing.h"

enum { GUARD_BYTES = 64, GUARD = 0x5a };

static int between(tnas_rng *rng, int low, int high)
{
    return low + (int)tnas_rng_below(rng, (uint32_t)(high - low + 1));
}

static void random_bytes(tnas_rng *rng, int8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)((int)tnas_rng_below(rng, 256) - 128);
}

/* Runs a model of one row in an arena full of noise, with nothing written behind it. */
static void run(const tnrt_model *model, tnas_rng *rng, const int8_t *in, int8_t *out)
{
    int8_t *const arena = tnas_alloc_zero(model->arena_bytes + GUARD_BYTES, 1);
    ck_assert_ptr_nonnull(arena);
    random_bytes(rng, arena, model->arena_bytes);
    memset(arena + model->arena_bytes, GUARD, GUARD_BYTES);
    memcpy(arena + model->input, in, model->input_bytes);
    tnrt_invoke(model, arena);
    memcpy(out, arena + model->output, model->output_bytes);
    for (int i = 0; i < GUARD_BYTES; i++)
        ck_assert_int_eq(arena[model->arena_bytes + (size_t)i], GUARD);
    tnas_free(arena);
}

static void same(const tnas_graph *graph, const int8_t *expected, const int8_t *got, size_t count,
                 const char *where)
{
    const tnas_op *const op = &graph->ops[0];
    const tnas_tensor *const in = &graph->tensors[0];
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(
            expected[i] == got[i],
            "%dx%dx%d kernel %dx%d stride %dx%d pads %d %d %d %d %s: byte %zu is %d, not %d",
            (int)in->h, (int)in->w, (int)in->c, op->kernel_h, op->kernel_w, op->stride_h,
            op->stride_w, op->pad_top, op->pad_bottom, op->pad_left, op->pad_right, where, i,
            got[i], expected[i]);
}

/* As planned, which is in place where the target allows it, and with the output elsewhere. */
static void check(const tnas_graph *graph, tnas_rng *rng, int *in_place_count)
{
    tnas_model *const model = extreme_model_of(rng, graph);
    tnas_image *plain, *dsp;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_c, &plain));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_dsp, &dsp));
    const size_t in_count = plain->model.input_bytes, out_count = plain->model.output_bytes;
    int8_t *const bytes = tnas_alloc_zero(in_count + 2 * out_count, 1);
    int8_t *const expected = bytes + in_count, *const got = expected + out_count;
    random_bytes(rng, bytes, in_count);
    run(&plain->model, rng, bytes, expected);
    run(&dsp->model, rng, bytes, got);
    same(graph, expected, got, out_count, dsp->schedule.steps[0].in_place ? "in place" : "");
    *in_place_count += dsp->schedule.steps[0].in_place;

    tnrt_layer row = dsp->layers[0];
    tnrt_model apart = dsp->model;
    row.out = apart.output = apart.arena_bytes;
    apart.arena_bytes += (uint32_t)(out_count + 15) / 16 * 16;
    apart.layers = &row;
    run(&apart, rng, bytes, got);
    same(graph, expected, got, out_count, "apart");
    tnas_free(bytes);
    tnas_image_destroy(plain);
    tnas_image_destroy(dsp);
    tnas_model_destroy(model);
}

static tnas_op depthwise(int kernel_h, int kernel_w, int stride_h, int stride_w)
{
    return (tnas_op){.kind = TNAS_OP_DWCONV2D,
                     .in = {0, TNAS_NONE},
                     .kernel_h = (uint8_t)kernel_h,
                     .kernel_w = (uint8_t)kernel_w,
                     .stride_h = (uint8_t)stride_h,
                     .stride_w = (uint8_t)stride_w};
}

static uint8_t random_pad(tnas_rng *rng, int kernel)
{
    return (uint8_t)tnas_rng_below(rng, (uint32_t)kernel);
}

/* _i: kernel and stride. */
START_TEST(square_kernels_of_every_stride_pad_and_size_give_the_bytes_of_plain_c)
{
    const int kernel = 3 + _i % 3 * 2, stride = 1 + _i / 3;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    int checked = 0, in_place = 0;
    while (checked < 700) {
        tnas_graph graph;
        tnas_op op = depthwise(kernel, kernel, stride, stride);
        op.activation = (uint8_t)tnas_rng_below(&rng, TNAS_ACT_COUNT);
        op.pad_top = random_pad(&rng, kernel);
        op.pad_bottom = random_pad(&rng, kernel);
        op.pad_left = random_pad(&rng, kernel);
        op.pad_right = random_pad(&rng, kernel);
        const int side = checked % 4 == 0 ? 40 : 12; /* the larger ones need several bands */
        tnas_graph_init(&graph, between(&rng, 1, side), between(&rng, 1, side),
                        between(&rng, 1, 13));
        if (tnas_graph_append(&graph, &op, 0) == TNAS_NONE)
            continue; /* the window does not fit */
        check(&graph, &rng, &in_place);
        checked++;
    }
    ck_assert_int_gt(in_place, checked / 3);
}
END_TEST

START_TEST(kernels_of_any_shape_give_the_bytes_of_plain_c)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 100);
    int checked = 0, in_place = 0;
    while (checked < 700) {
        tnas_graph graph;
        const int kernel_h = between(&rng, 1, 9), kernel_w = between(&rng, 1, 9);
        tnas_op op = depthwise(kernel_h, kernel_w, between(&rng, 1, 3), between(&rng, 1, 3));
        op.pad_top = random_pad(&rng, kernel_h);
        op.pad_bottom = random_pad(&rng, kernel_h);
        op.pad_left = random_pad(&rng, kernel_w);
        op.pad_right = random_pad(&rng, kernel_w);
        tnas_graph_init(&graph, between(&rng, 1, 20), between(&rng, 1, 20), between(&rng, 1, 13));
        if (tnas_graph_append(&graph, &op, 0) == TNAS_NONE)
            continue;
        check(&graph, &rng, &in_place);
        checked++;
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("dsp_depthwise");
    TCase *const tc = tcase_create("dsp_depthwise");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, square_kernels_of_every_stride_pad_and_size_give_the_bytes_of_plain_c,
                        0, 6);
    tcase_add_test(tc, kernels_of_any_shape_give_the_bytes_of_plain_c);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
