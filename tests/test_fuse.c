/* A depthwise convolution and the 1x1 behind it, fused: the bytes of the two apart, on every
 * variant that fuses and on the host's kernels. What is planned is tests/test_plan.c's. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/image.h"
#include "quant/synthetic.h"
#include "tests/random_graph.h"
#include "tests/testing.h"

enum { PAIR_COUNT = 300 };

static int pick(tnas_rng *rng, int low, int high)
{
    return low + (int)tnas_rng_below(rng, (uint32_t)(high - low + 1));
}

/* A residual block without expansion: the input lives on. `images` one pixel wide are time series.
 */
static void make_block(tnas_rng *rng, bool narrow, tnas_graph *graph)
{
    const int c = pick(rng, 1, 40), h = pick(rng, 1, narrow ? 150 : 30);
    const int w = narrow ? 1 : pick(rng, 1, 30);
    const int kernel = 1 + 2 * pick(rng, 0, 4), stride = pick(rng, 0, 2) > 0 ? 1 : pick(rng, 1, 3);
    tnas_graph_init(graph, h, w, c);
    int t = graph_append_conv(graph, TNAS_OP_DWCONV2D, 0, kernel, stride, 0, TNAS_ACT_RELU6);
    if (narrow)
        graph->ops[0].kernel_w = 1, graph->ops[0].stride_w = 1, graph->ops[0].pad_left = 0,
        graph->ops[0].pad_right = 0;
    t = graph_append_conv(graph, TNAS_OP_CONV2D, t, 1, 1, stride == 1 ? c : pick(rng, 1, 40),
                          TNAS_ACT_NONE);
    if (stride == 1)
        graph_append_add(graph, t, 0);
    ck_ok(tnas_graph_check(graph));
}

static tnrt_kernel *kernel_apart(const tnas_image *image, const tnas_host_kernels *host, int op)
{
    const tnas_target *const target = image->variant->target;
    tnrt_kernel *const plain = image->variant->kernels[target->kernel_for(&image->graph, op)];
    const tnas_host_kernel *const fast = host != NULL ? tnas_host_kernel_for(host, plain) : NULL;
    return fast != NULL ? fast->host : plain;
}

/* The same table with both kernels, the tensor between them whole and far behind the arena. */
static void run_apart(tnas_image *image, const tnas_host_kernels *host, int8_t *arena,
                      size_t arena_bytes)
{
    tnrt_layer rows[4];
    ck_assert_uint_le(image->model.layer_count, 4);
    memcpy(rows, image->layers, image->model.layer_count * sizeof rows[0]);
    rows[1].kernel = kernel_apart(image, host, 1);
    rows[1].out = rows[0].out;
    rows[0].kernel = kernel_apart(image, host, 0);
    rows[0].out = rows[1].in = (uint32_t)arena_bytes;
    rows[0].scratch = rows[1].scratch = (uint32_t)(2 * arena_bytes);
    tnrt_model model = image->model;
    model.layers = rows;
    tnrt_invoke(&model, arena);
}

/* Returns whether the pair was fused. */
static bool check(const tnas_model *model, const tnas_target *target, const tnas_host_kernels *host,
                  tnas_rng *rng)
{
    tnas_image *image;
    ck_ok(tnas_image_build(model, target, &image));
    if (host != NULL)
        ck_ok(tnas_image_use_host(image, host));
    const bool fused = image->schedule.steps[0].op_count == 2;
    if (fused) {
        const size_t room = 1 << 18; /* for any tensor of these, or scratch */
        int8_t *const arena = tnas_alloc_zero(4, room), *const other = tnas_alloc_zero(4, room);
        ck_assert(arena != NULL && other != NULL && image->model.arena_bytes <= room);
        for (uint32_t i = 0; i < image->model.arena_bytes; i++)
            arena[i] = other[i] = (int8_t)pick(rng, -128, 127);
        tnrt_invoke(&image->model, arena);
        run_apart(image, host, other, room);
        ck_assert_msg(memcmp(arena + image->model.output, other + image->model.output,
                             image->model.output_bytes) == 0,
                      "%s %s: %dx%dx%d, kernel %d, stride %d", target->name,
                      host != NULL ? host->isa : "", image->layers[0].in_h, image->layers[0].in_w,
                      image->layers[0].in_c, image->layers[0].kernel_h, image->layers[0].stride_h);
        size_t beyond = image->model.arena_bytes;
        while (beyond < room && arena[beyond] == 0)
            beyond++;
        ck_assert_msg(beyond == room, "byte %zu behind an arena of %u is written", beyond,
                      image->model.arena_bytes);
        tnas_free(arena);
        tnas_free(other);
    }
    tnas_image_destroy(image);
    return fused;
}

/* _i: 0 plain C, 1 dsp, 2 the host's kernels. */
START_TEST(strips_give_the_bytes_of_two_whole_layers)
{
    const tnas_host_kernels *host = NULL;
    if (_i == 2)
        ck_ok(tnas_host_kernels_choose(&host));
    const tnas_target *const target = _i == 1 ? &tnas_target_tinynas_dsp : &tnas_target_tinynas_c;
    int fused = 0;
    for (int i = 0; i < PAIR_COUNT; i++) {
        tnas_rng rng = tnas_rng_stream(SEED + 7, TNAS_RNG_TEST, (uint64_t)i);
        tnas_graph graph;
        make_block(&rng, i % 3 == 0, &graph);
        tnas_model *model;
        ck_ok(tnas_synthetic_model(&graph, (uint64_t)i, &model));
        fused += check(model, target, host, &rng);
        tnas_model_destroy(model);
    }
    ck_assert_int_gt(fused, PAIR_COUNT / 5);
    printf("%d of %d pairs fused\n", fused, PAIR_COUNT);
}
END_TEST

/* What it is for: the block needs its input, its output and a strip. */
START_TEST(a_residual_block_without_expansion_needs_two_maps_and_a_strip)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 24, 24, 16);
    int t = graph_append_conv(&graph, TNAS_OP_DWCONV2D, 0, 3, 1, 0, TNAS_ACT_RELU6);
    t = graph_append_conv(&graph, TNAS_OP_CONV2D, t, 1, 1, 16, TNAS_ACT_NONE);
    graph_append_add(&graph, t, 0);
    tnas_schedule schedule;
    tnas_plan plan;
    ck_ok(tnas_schedule_build(&graph, &tnas_target_tinynas_c, &schedule));
    ck_ok(tnas_plan_build(&graph, &schedule, &tnas_target_tinynas_c, &plan));
    ck_assert_uint_eq(plan.arena_bytes, 2 * 24 * 24 * 16 + 4 * 24 * 16);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("fuse");
    TCase *const tc = tcase_create("fuse");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, strips_give_the_bytes_of_two_whole_layers, 0, 3);
    tcase_add_test(tc, a_residual_block_without_expansion_needs_two_maps_and_a_strip);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
