/* Memory of other runtimes against the bytes that their publishers printed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "estimators/footprint.h"
#include "tests/testing.h"

enum { KIB = 1024 };

static void load(const char *name, tnas_graph *out)
{
    char path[128];
    snprintf(path, sizeof path, "configs/graphs/%s.json", name);
    ck_ok(tnas_graph_load(path, out));
}

static tnas_footprint price(const char *runtime_name, const char *net)
{
    static tnas_layout layout;
    tnas_graph graph;
    load(net, &graph);
    const tnas_runtime *const runtime = tnas_runtime_find(runtime_name);
    ck_assert_ptr_nonnull(runtime);
    ck_ok(tnas_runtime_lay_out(runtime, &graph, &layout));
    ck_assert_uint_eq(layout.plan.arena_bytes, layout.plan.lower_bound_bytes);
    tnas_footprint footprint;
    ck_ok(tnas_footprint_compute(&layout.graph, &layout.schedule, &layout.plan, runtime, NULL,
                                 &footprint));
    return footprint;
}

/* What TinyEngine's generated code for its example says: PEAK_MEM and MODEL_SIZE. */
START_TEST(tinyengine_reproduces_its_generated_code_to_the_byte)
{
    const tnas_footprint f = price("tinyengine", "mcunet-vww1");
    ck_assert_uint_eq(f.arena_bytes, 89600);
    ck_assert_uint_eq(f.shared_bytes, 3528 + 864);
    ck_assert_uint_eq(f.sram_bytes, 93992);
    ck_assert_uint_eq(f.weights_bytes + f.channels_bytes + f.table_bytes, 469432);
}
END_TEST

/* SRAM and flash on STM32H743 in KiB, TinyEngine's README of December 2022. The flash of
 * proxyless is that of the version before: 779 there lacks the code that all others have. */
static const struct {
    const char *net;
    double sram_kib, flash_kib;
} cells[] = {
    {"mcunet-in0", 49, 842},      {"mcunet-in1", 96, 727},   {"mcunet-in2", 215, 830},
    {"mcunet-in3", 260, 835},     {"mcunet-in4", 416, 1825}, {"mbv2-w0.35", 295, 839},
    {"proxyless-w0.3", 259, 842}, {"mcunet-vww1", 92, 521},
};

START_TEST(tinyengine_reproduces_the_published_cells)
{
    const tnas_footprint f = price("tinyengine", cells[_i].net);
    const double sram = (double)f.sram_bytes / KIB, flash = (double)f.flash_bytes / KIB;
    printf("tinyengine %-15s SRAM %7.2f KiB (published %g), flash %7.1f KiB (published %g)\n",
           cells[_i].net, sram, cells[_i].sram_kib, flash, cells[_i].flash_kib);
    ck_assert_double_eq_tol(sram, cells[_i].sram_kib, 0.5);
    ck_assert_double_eq_tol(flash, cells[_i].flash_kib, 2);
}
END_TEST

START_TEST(an_unknown_runtime_is_named_with_the_known_ones)
{
    const tnas_runtime *runtime;
    ck_fails(TNAS_ERR_USAGE, "--runtime tvm: the memory of tvm is not modelled; known are tinynas",
             tnas_runtime_need("tvm", "--runtime tvm", &runtime));
    ck_assert_ptr_null(runtime);
    for (int i = 0; i < tnas_runtime_count(); i++) {
        ck_ok(tnas_runtime_need(tnas_runtime_at(i)->name, "x", &runtime));
        ck_assert_ptr_eq(runtime, tnas_runtime_at(i));
        ck_assert_ptr_nonnull(strstr(runtime->target->name, runtime->name));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtimes");
    TCase *tinyengine = tcase_create("tinyengine");
    tcase_add_test(tinyengine, tinyengine_reproduces_its_generated_code_to_the_byte);
    tcase_add_loop_test(tinyengine, tinyengine_reproduces_the_published_cells, 0,
                        sizeof cells / sizeof cells[0]);
    suite_add_tcase(suite, tinyengine);
    TCase *list = tcase_create("list");
    tcase_add_test(list, an_unknown_runtime_is_named_with_the_known_ones);
    suite_add_tcase(suite, list);
    return run_suite(suite);
}
