/* Where arenas lie: in one region, in joined ones, in two. */
#include <stdio.h>
#include <string.h>

#include "estimators/estimate.h"
#include "estimators/regions.h"
#include "tests/random_graph.h"
#include "tests/testing.h"

enum { KIB = 1024 };

static tnas_mcu *load_mcu(const char *name)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(name, &mcu));
    return mcu;
}

static const struct {
    const char *part;
    size_t kib;
    bool may_split, fits;
    size_t room_kib, first_kib;
    const char *text;
} places[] = {
    {"stm32f746", 40, false, true, 64, 0, "DTCM"},
    {"stm32f746", 64, false, true, 64, 0, "DTCM"},
    {"stm32f746", 65, false, true, 240, 0, "SRAM1"},
    {"stm32f746", 241, false, true, 304, 0, "DTCM to SRAM1"},
    {"stm32f746", 305, false, true, 320, 0, "DTCM to SRAM2"},
    {"stm32f746", 321, false, false, 320, 0, "DTCM to SRAM2"},
    {"stm32f746", 321, true, false, 320, 0, "DTCM to SRAM2"}, /* the profile allows one piece */
    {"stm32h743", 512, false, true, 512, 0, "AXI SRAM"},
    {"stm32h743", 513, false, false, 512, 0, "AXI SRAM"},
    {"stm32h743", 513, true, true, 800, 512, "AXI SRAM and SRAM1 to SRAM3"},
    {"stm32h743", 801, true, false, 800, 512, "AXI SRAM and SRAM1 to SRAM3"},
    {"gap8", 512, false, true, 512, 0, "L2"},
    {"gap8", 513, false, false, 512, 0, "L2"},
};

START_TEST(an_arena_takes_the_first_place_that_holds_it)
{
    tnas_mcu *mcu = load_mcu(places[_i].part);
    tnas_arena_place place;
    tnas_arena_place_find(mcu, places[_i].kib * KIB, places[_i].may_split, &place);
    ck_assert_str_eq(place.text, places[_i].text);
    ck_assert_int_eq(place.fits, places[_i].fits);
    ck_assert_uint_eq(place.bytes, places[_i].room_kib * KIB);
    ck_assert_uint_eq(place.first_bytes, places[_i].first_kib * KIB);
    tnas_mcu_destroy(mcu);
}
END_TEST

/* Three buffers of 200 KiB alive together do not fit one piece of 512. */
static void build_wide(tnas_graph *graph)
{
    tnas_graph_init(graph, 160, 160, 3);
    const int a = graph_append_conv(graph, TNAS_OP_CONV2D, 0, 3, 1, 8, TNAS_ACT_RELU);
    const int b = graph_append_conv(graph, TNAS_OP_CONV2D, a, 3, 1, 8, TNAS_ACT_RELU);
    graph_append_add(graph, a, b);
}

START_TEST(a_runtime_that_splits_its_arena_uses_two_regions)
{
    static const char *const runtimes[] = {"x-cube-ai", "tinyengine"};
    tnas_mcu *mcu = load_mcu("stm32h743");
    tnas_graph graph;
    build_wide(&graph);
    for (int i = 0; i < 2; i++) {
        const tnas_estimator estimator = {
            .mcu = mcu,
            .runtime = tnas_runtime_find(runtimes[i], NULL),
            .limits = TNAS_LIMITS_NONE,
        };
        tnas_cost cost;
        ck_ok(tnas_estimate(&estimator, &graph, &cost));
        ck_assert_uint_gt(cost.footprint.sram_bytes, 512 * KIB);
        ck_assert_uint_eq(cost.over, i == 0 ? 0 : TNAS_LIMIT_SRAM);
    }
    tnas_mcu_destroy(mcu);
}
END_TEST

/* A tensor of 550 KiB fits no region of 512 and 288, though their sum holds it: the hole that it
 * leaves counts. One of 900 exceeds the sum: then what is over is said without holes. */
START_TEST(a_tensor_larger_than_each_region_is_over_however_much_they_hold_together)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    const tnas_estimator estimator = {
        .mcu = mcu,
        .runtime = tnas_runtime_find("x-cube-ai", NULL),
        .limits = TNAS_LIMITS_NONE,
    };
    for (int i = 0; i < 2; i++) {
        tnas_graph graph;
        tnas_graph_init(&graph, 160, 160, 3);
        graph_append_conv(&graph, TNAS_OP_CONV2D, 0, 3, 1, i == 0 ? 22 : 36, TNAS_ACT_RELU);
        tnas_cost cost;
        ck_ok(tnas_estimate(&estimator, &graph, &cost));
        const tnas_footprint *const f = &cost.footprint;
        ck_assert_uint_eq(cost.over, TNAS_LIMIT_SRAM);
        ck_assert_uint_gt(f->sram_bytes, tnas_arena_room(mcu, true));
        if (i == 1)
            ck_assert_uint_eq(f->arena_bytes, f->live_bytes + f->scratch_bytes);
    }
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(no_buffer_of_a_split_plan_lies_across_the_border)
{
    static tnas_graph graph;
    static tnas_schedule schedule;
    static tnas_plan whole, split;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    random_mbconv_graph(&rng, &graph);
    const tnas_target *const target = tnas_runtime_find("tinyengine", NULL)->target;
    ck_ok(tnas_schedule_build(&graph, target, &schedule));
    ck_ok(tnas_plan_build(&graph, &schedule, target, &whole));
    const size_t border = whole.arena_bytes * 3 / 5;
    ck_ok(tnas_plan_build_split(&graph, &schedule, target, border, &split));
    ck_assert_uint_ge(split.arena_bytes, whole.lower_bound_bytes);
    for (int t = 0; t < graph.tensor_count; t++) {
        const tnas_placement *const p = &split.tensors[t];
        ck_assert(p->offset_bytes >= border || p->offset_bytes + p->bytes <= border);
        ck_assert_uint_le(p->offset_bytes + p->bytes, split.arena_bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regions");
    TCase *places_case = tcase_create("places");
    tcase_add_loop_test(places_case, an_arena_takes_the_first_place_that_holds_it, 0,
                        sizeof places / sizeof places[0]);
    suite_add_tcase(suite, places_case);
    TCase *split = tcase_create("split");
    tcase_add_test(split, a_runtime_that_splits_its_arena_uses_two_regions);
    tcase_add_test(split, a_tensor_larger_than_each_region_is_over_however_much_they_hold_together);
    tcase_add_loop_test(split, no_buffer_of_a_split_plan_lies_across_the_border, 0, 50);
    suite_add_tcase(suite, split);
    return run_suite(suite);
}
