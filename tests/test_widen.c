/* Wider weights: within the flash that is left, and where they save most. */
#include "common/rng.h"
#include "graph/widen.h"
#include "tests/random_model.h"
#include "tests/testing.h"

static const tnas_target *const target = &tnas_target_tinynas_dsp;

static size_t constants_of(const tnas_graph *graph, const tnas_schedule *schedule)
{
    const tnas_packed_bytes packed = tnas_schedule_packed_bytes(graph, schedule, target);
    return packed.weights + packed.channels;
}

/* What the kernels of `schedule` save over those of `plain`. */
static int64_t saved_by(const tnas_graph *graph, const tnas_schedule *plain,
                        const tnas_schedule *schedule)
{
    int64_t sum = 0;
    for (int s = 0; s < schedule->step_count; s++) {
        int64_t saved = 0;
        if (schedule->steps[s].kernel == plain->steps[s].kernel)
            continue;
        const int kernel =
            target->widened(graph, plain->steps[s].op, plain->steps[s].kernel, &saved);
        ck_assert_int_eq(kernel, schedule->steps[s].kernel);
        sum += saved;
    }
    return sum;
}

START_TEST(constants_grow_by_what_is_told_and_never_beyond_the_flash)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_model *const model = random_int8_model(&rng);
    const tnas_graph *const graph = &model->graph;
    tnas_schedule plain, widened;
    ck_ok(tnas_schedule_build(graph, target, &plain));
    int64_t saved_before = 0;
    for (size_t flash_bytes = 0; flash_bytes <= 1u << 16; flash_bytes = 2 * flash_bytes + 16) {
        widened = plain;
        const size_t used = tnas_schedule_widen(graph, target, flash_bytes, &widened);
        ck_assert_uint_le(used, flash_bytes);
        ck_assert_uint_eq(constants_of(graph, &widened), constants_of(graph, &plain) + used);
        const int64_t saved = saved_by(graph, &plain, &widened);
        ck_assert_int_eq(saved > 0, used > 0);
        if (flash_bytes == 0)
            ck_assert_int_eq(saved, 0);
        saved_before = saved > saved_before ? saved : saved_before;
    }
    widened = plain;
    tnas_schedule_widen(graph, target, SIZE_MAX, &widened);
    ck_assert_int_ge(saved_by(graph, &plain, &widened), saved_before);
    tnas_model_destroy(model);
}
END_TEST

/* Two convolutions of the same weights on maps of 16 and 4 pixels. */
START_TEST(of_two_layers_of_one_size_the_busier_is_widened)
{
    tnas_graph graph;
    tnas_op op = {.kind = TNAS_OP_CONV2D,
                  .in = {0, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 2,
                  .stride_w = 2};
    tnas_graph_init(&graph, 8, 8, 8);
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 8);
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 8);
    ck_assert_int_ne(op.in[0], TNAS_NONE);
    tnas_schedule plain, widened;
    ck_ok(tnas_schedule_build(&graph, target, &plain));
    widened = plain;
    const size_t used = tnas_schedule_widen(&graph, target, 100, &widened);
    ck_assert_uint_eq(used, 64);
    ck_assert_int_ne(widened.steps[0].kernel, plain.steps[0].kernel);
    ck_assert_int_eq(widened.steps[1].kernel, plain.steps[1].kernel);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("widen");
    TCase *const tc = tcase_create("widen");
    tcase_add_loop_test(tc, constants_grow_by_what_is_told_and_never_beyond_the_flash, 0, 40);
    tcase_add_test(tc, of_two_layers_of_one_size_the_busier_is_widened);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
