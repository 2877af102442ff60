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
    const tnas_runtime *const runtime = tnas_runtime_find(runtime_name, NULL);
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

/* SRAM and flash on STM32H743 in KiB, TinyEngine's README of December 2022, and how far the
 * fitted models may be from them: what is stated in their memory_source. */
static const struct {
    const char *runtime, *net;
    double sram_kib, flash_kib, sram_tolerance, flash_tolerance;
} fitted[] = {
    {"tflm", "mcunet-vww1", 220, 718, 0.038, 0.001},
    {"tflm", "mcunet-in0", 161, 1072, 0.038, 0.001},
    {"tflm", "mcunet-in1", 219, 937, 0.038, 0.001},
    {"tflm", "mcunet-in2", 460, 1084, 0.038, 0.001},
    {"tflm", "mcunet-in3", 493, 1091, 0.038, 0.001},
    {"tflm", "proxyless-w0.3-r64", 128, 1065, 0.038, 0.001},
    {"tflm", "proxyless-w0.3-r176", 453, 1065, 0.038, 0.001},
    {"tflm", "mbv2-w0.3-r64", 173, 940, 0.038, 0.001},
    {"tflm-cmsis-nn", "mcunet-vww1", 220, 736, 0.038, 0.003},
    {"tflm-cmsis-nn", "mcunet-in0", 161, 1090, 0.038, 0.003},
    {"tflm-cmsis-nn", "mcunet-in1", 219, 956, 0.038, 0.003},
    {"tflm-cmsis-nn", "mcunet-in2", 469, 1102, 0.038, 0.003},
    {"tflm-cmsis-nn", "mcunet-in3", 493, 1106, 0.038, 0.003},
    {"tflm-cmsis-nn", "proxyless-w0.3-r176", 453, 1084, 0.038, 0.003},
    {"tflm-cmsis-nn", "mbv2-w0.3-r64", 173, 959, 0.038, 0.003},
    {"x-cube-ai", "mcunet-vww1", 113, 534, 0.12, 0.04},
    {"x-cube-ai", "mcunet-in0", 69, 856, 0.12, 0.04},
    {"x-cube-ai", "mcunet-in1", 106, 737, 0.12, 0.04},
    {"x-cube-ai", "mcunet-in2", 238, 849, 0.12, 0.04},
    {"x-cube-ai", "mcunet-in3", 243, 867, 0.12, 0.04},
    {"x-cube-ai", "mcunet-in4", 342, 1843, 0.12, 0.04},
    {"x-cube-ai", "proxyless-w0.3-r176", 221, 865, 0.12, 0.04},
    {"x-cube-ai", "mbv2-w0.3-r64", 88, 768, 0.12, 0.04},
};

START_TEST(fitted_memory_is_as_far_from_published_bytes_as_it_says)
{
    const tnas_footprint f = price(fitted[_i].runtime, fitted[_i].net);
    const double sram = (double)f.sram_bytes / KIB, flash = (double)f.flash_bytes / KIB;
    ck_assert_double_eq_tol(sram, fitted[_i].sram_kib,
                            fitted[_i].sram_tolerance * fitted[_i].sram_kib);
    ck_assert_double_eq_tol(flash, fitted[_i].flash_kib,
                            fitted[_i].flash_tolerance * fitted[_i].flash_kib);
    ck_assert_ptr_nonnull(
        strstr(tnas_runtime_find(fitted[_i].runtime, NULL)->memory_source, "worst"));
}
END_TEST

/* ---- Padding under TFLM ---- */

static int count_kind(const tnas_graph *graph, int kind)
{
    int count = 0;
    for (int op = 0; op < graph->op_count; op++)
        count += graph->ops[op].kind == kind;
    return count;
}

START_TEST(symmetric_padding_becomes_operators_under_tflm)
{
    static tnas_graph graph, lowered;
    load("mcunet-in3", &graph);
    ck_ok(tnas_runtime_find("tflm", NULL)->lower(&graph, &lowered));
    ck_ok(tnas_graph_check(&lowered));
    /* as many as the published file has (mcunet-320kb-1mb_imagenet.tflite) */
    ck_assert_int_eq(count_kind(&lowered, TNAS_OP_PAD), 54);
    ck_assert_int_eq(lowered.op_count, graph.op_count + 54);
    ck_assert_int_eq(tnas_graph_macs(&lowered), tnas_graph_macs(&graph));
    ck_assert_int_eq(tnas_graph_weight_count(&lowered), tnas_graph_weight_count(&graph));
    for (int op = 0; op < lowered.op_count; op++)
        ck_assert(lowered.ops[op].kind == TNAS_OP_PAD || lowered.ops[op].pad_top == 0);
}
END_TEST

START_TEST(same_padding_stays_under_tflm)
{
    static tnas_graph graph, lowered;
    load("vww_96_int8", &graph);
    ck_ok(tnas_runtime_find("tflm", NULL)->lower(&graph, &lowered));
    ck_assert_int_eq(lowered.op_count, graph.op_count);
    ck_assert_mem_eq(lowered.ops, graph.ops, (size_t)graph.op_count * sizeof graph.ops[0]);
}
END_TEST

START_TEST(a_network_that_is_too_long_with_its_padding_is_refused)
{
    static tnas_graph graph;
    static tnas_layout layout;
    tnas_graph_init(&graph, 4, 4, 4);
    const tnas_op conv = {.kind = TNAS_OP_CONV2D,
                          .in = {0, TNAS_NONE},
                          .kernel_h = 3,
                          .kernel_w = 3,
                          .stride_h = 1,
                          .stride_w = 1,
                          .pad_top = 2,
                          .pad_left = 1,
                          .pad_bottom = 0,
                          .pad_right = 1};
    for (int i = 0; i < 200; i++) {
        tnas_op op = conv;
        op.in[0] = (int16_t)i;
        ck_assert_int_ne(tnas_graph_append(&graph, &op, 4), TNAS_NONE);
    }
    ck_fails(TNAS_ERR_INPUT, "operator 160: with padding as operators of their own",
             tnas_runtime_lay_out(tnas_runtime_find("tflm", NULL), &graph, &layout));
}
END_TEST

START_TEST(a_layer_table_adds_up_to_the_footprint)
{
    static tnas_layout layout;
    static tnas_step_bytes steps[TNAS_GRAPH_OPS_MAX];
    tnas_graph graph;
    load("mcunet-in0", &graph);
    for (int i = 0; i < tnas_runtime_count(); i++) {
        const tnas_runtime *const runtime = tnas_runtime_at(i);
        ck_ok(tnas_runtime_lay_out(runtime, &graph, &layout));
        tnas_layout_steps(runtime, &layout, steps);
        size_t constants = 0, live = 0;
        int peaks = 0;
        for (int s = 0; s < layout.schedule.step_count; s++) {
            constants += steps[s].weights + steps[s].channels;
            live = steps[s].live > live ? steps[s].live : live;
            peaks += steps[s].is_peak;
        }
        ck_assert_int_eq(peaks, 1);
        ck_assert_uint_eq(live, layout.plan.lower_bound_bytes);
        if (runtime->code_bytes == NULL)
            continue;
        tnas_footprint f;
        ck_ok(tnas_footprint_compute(&layout.graph, &layout.schedule, &layout.plan, runtime, NULL,
                                     &f));
        ck_assert_uint_eq(constants, f.weights_bytes + f.channels_bytes);
    }
}
END_TEST

START_TEST(an_unknown_runtime_is_named_with_the_known_ones)
{
    const tnas_runtime *runtime;
    ck_fails(TNAS_ERR_USAGE, "--runtime tvm: the memory of tvm is not modelled; known are tinynas",
             tnas_runtime_need("tvm", NULL, "--runtime tvm", &runtime));
    ck_assert_ptr_null(runtime);
    for (int i = 0; i < tnas_runtime_count(); i++) {
        ck_ok(tnas_runtime_need(tnas_runtime_at(i)->name, NULL, "x", &runtime));
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
    TCase *others = tcase_create("others");
    tcase_add_loop_test(others, fitted_memory_is_as_far_from_published_bytes_as_it_says, 0,
                        sizeof fitted / sizeof fitted[0]);
    tcase_add_test(others, symmetric_padding_becomes_operators_under_tflm);
    tcase_add_test(others, same_padding_stays_under_tflm);
    tcase_add_test(others, a_network_that_is_too_long_with_its_padding_is_refused);
    suite_add_tcase(suite, others);
    TCase *list = tcase_create("list");
    tcase_add_test(list, a_layer_table_adds_up_to_the_footprint);
    tcase_add_test(list, an_unknown_runtime_is_named_with_the_known_ones);
    suite_add_tcase(suite, list);
    return run_suite(suite);
}
