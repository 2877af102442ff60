/* Footprint, limits and estimates; measurement files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/estimate.h"
#include "estimators/measurements.h"
#include "tests/testing.h"

static const tnas_code_sizes sizes = {
    .toolchain = "a test",
    .entry_count = 12,
    .entries = {{"libgcc._divsi3", 468, 8},
                {"libgcc._muldi3", 92, 28},
                {"model_entry", 36, 16},
                {"tnrt_add_s8", 300, 50, 1, {1}},
                {"tnrt_avgpool_s8", 200, 40, 1, {0}},
                {"tnrt_conv2d_1x1_s8", 900, 90},
                {"tnrt_conv2d_s8", 1000, 160, 2, {0, 1}},
                {"tnrt_dwconv2d_1x1_s8", 300, 60, 2, {5, 8}},
                {"tnrt_dwconv2d_s8", 800, 150},
                {"tnrt_fc_s8", 400, 80},
                {"tnrt_invoke", 64, 72},
                {"tnrt_maxpool_s8", 100, 30}},
};
enum { FC_ENTRY = 9 };

static tnas_op window_op(tnas_op_kind kind, int in, int kernel, int stride, int pad)
{
    const uint8_t k = (uint8_t)kernel, s = (uint8_t)stride, p = (uint8_t)pad;
    return (tnas_op){
        .kind = (uint8_t)kind,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = k,
        .kernel_w = k,
        .stride_h = s,
        .stride_w = s,
        .pad_top = p,
        .pad_bottom = p,
        .pad_left = p,
        .pad_right = p,
    };
}

static int append(tnas_graph *graph, tnas_op op, int out_c)
{
    const int tensor = tnas_graph_append(graph, &op, out_c);
    ck_assert_int_ne(tensor, TNAS_NONE);
    return tensor;
}

/* Stem, two separable blocks with a sum, pooling, classifier; `c` channels throughout. */
static void build_net(int side, int c, tnas_graph *graph)
{
    tnas_graph_init(graph, side, side, 3);
    int t = append(graph, window_op(TNAS_OP_CONV2D, 0, 3, 2, 1), c);
    const int skip = t;
    t = append(graph, window_op(TNAS_OP_DWCONV2D, t, 3, 1, 1), 0);
    t = append(graph, window_op(TNAS_OP_CONV2D, t, 1, 1, 0), c);
    tnas_op add = window_op(TNAS_OP_ADD, skip, 1, 1, 0);
    add.in[1] = (int16_t)t;
    t = append(graph, add, 0);
    t = append(graph, window_op(TNAS_OP_AVGPOOL, t, graph->tensors[t].h, graph->tensors[t].h, 0),
               0);
    append(graph, window_op(TNAS_OP_FC, t, 1, 1, 0), 10);
}

static tnas_mcu *load_mcu(const char *name)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(name, &mcu));
    return mcu;
}

static tnas_estimator make_estimator(const tnas_mcu *mcu)
{
    return (tnas_estimator){
        .mcu = mcu,
        .runtime = tnas_runtime_find("tinynas", NULL),
        .latency = tnas_mcu_latency_model(mcu, "tinynas"),
        .sizes = &sizes,
        .limits = TNAS_LIMITS_NONE,
    };
}

START_TEST(a_footprint_is_the_sum_counted_by_hand)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    const tnas_estimator estimator = make_estimator(mcu);
    tnas_graph graph;
    build_net(16, 5, &graph);
    tnas_cost cost;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    const tnas_footprint *const f = &cost.footprint;
    /* Each operator's weights rounded up to a word: 3*3*3*5, 3*3*5, 5*5, 5*10. */
    ck_assert_uint_eq(f->weights_bytes, 136 + 48 + 28 + 52);
    /* Bias, multiplier, shift of 5 + 5 + 5 + 10 channels, the shifts of each layer rounded up to a
     * word; three multipliers and shifts of ADD. */
    ck_assert_uint_eq(f->channels_bytes, 25 * 8 + 3 * 8 + 12 + 3 * 8);
    /* Six rows of 3 pointers and 40 bytes; pointer and six words. */
    ck_assert_uint_eq(f->table_bytes, 6 * 52 + 28);
    ck_assert_uint_eq(f->code_bytes, 1000 + 900 + 800 + 400 + 300 + 200 + 64 + 36 + 468 + 92);
    ck_assert_uint_eq(f->flash_bytes,
                      f->weights_bytes + f->channels_bytes + f->table_bytes + f->code_bytes);
    /* At the 1x1 convolution the skip connection, its input and its output are alive: three
     * maps of 8x8x5, that is 320 bytes each; at the stem 768 bytes of input and one map. */
    ck_assert_uint_eq(f->live_bytes, 768 + 320);
    ck_assert_uint_eq(f->scratch_bytes, 0);
    ck_assert_uint_eq(f->arena_bytes, 768 + 320);
    ck_assert_uint_eq(f->sram_bytes, f->arena_bytes);
    ck_assert_uint_eq(f->stack_bytes, 160 + 8 + 28 + 72 + 16);
    ck_assert_int_eq(cost.macs, tnas_graph_macs(&graph));
    ck_assert(cost.has_latency);
    ck_assert_uint_eq(cost.over, 0);
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(a_kernel_is_counted_once_and_only_when_used)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    tnas_estimator estimator = make_estimator(mcu);
    tnas_graph graph;
    tnas_graph_init(&graph, 1, 1, 20);
    append(&graph, window_op(TNAS_OP_FC, 0, 1, 1, 0), 8);
    append(&graph, window_op(TNAS_OP_FC, 1, 1, 1, 0), 4);
    tnas_cost cost;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.footprint.code_bytes, 400 + 64 + 36);
    ck_assert_uint_eq(cost.footprint.stack_bytes, 80 + 72 + 16);
    tnas_code_sizes short_table = sizes;
    strcpy(short_table.entries[FC_ENTRY].function, "tnrt_fc_s16");
    estimator.sizes = &short_table;
    ck_fails(TNAS_ERR_INPUT, "tnrt_fc_s8 is not in the code size table of \"a test\"",
             tnas_estimate(&estimator, &graph, &cost));
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(each_limit_sets_its_bit)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    tnas_estimator estimator = make_estimator(mcu);
    tnas_graph graph;
    build_net(32, 8, &graph);
    tnas_cost free_cost, cost;
    ck_ok(tnas_estimate(&estimator, &graph, &free_cost));
    const size_t flash = free_cost.footprint.flash_bytes, sram = free_cost.footprint.sram_bytes;

    estimator.limits.flash_bytes = flash;
    estimator.limits.sram_bytes = sram;
    estimator.limits.latency_ms = free_cost.latency_upper_ms;
    ck_ok(tnas_estimate(&estimator, &graph, &cost)); /* on the limit is within it */
    ck_assert_uint_eq(cost.over, 0);
    ck_assert_double_eq(cost.overshoot, 1);

    estimator.limits.reserve_flash_bytes = 1;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.over, TNAS_LIMIT_FLASH);
    ck_assert_double_gt(cost.overshoot, 1);
    ck_assert_double_eq(tnas_cost_value(&cost, &estimator.limits, TNAS_LIMIT_INDEX_FLASH),
                        (double)flash + 1);
    estimator.limits.reserve_flash_bytes = 0;

    estimator.limits.sram_bytes = sram / 2;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.over, TNAS_LIMIT_SRAM);
    ck_assert_double_eq_tol(cost.overshoot, 2, 0.01);

    estimator.limits = TNAS_LIMITS_NONE;
    estimator.limits.latency_ms = 0.5 * (free_cost.latency_ms + free_cost.latency_upper_ms);
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.over, TNAS_LIMIT_LATENCY);
    estimator.limits.latency_at_mean = true;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.over, 0);
    ck_assert_double_eq(tnas_cost_value(&cost, &estimator.limits, TNAS_LIMIT_INDEX_LATENCY),
                        cost.latency_ms);
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(limits_are_clipped_to_the_part)
{
    tnas_mcu *mcu = load_mcu("stm32f746");
    tnas_limits limits = TNAS_LIMITS_NONE;
    ck_assert_double_eq(tnas_limit_value(&limits, TNAS_LIMIT_INDEX_FLASH), INFINITY);
    tnas_limits_clip(mcu, tnas_runtime_find("tinynas", NULL), &limits);
    ck_assert_uint_eq(limits.flash_bytes, 1048576);
    ck_assert_uint_eq(limits.sram_bytes, 327680);
    limits.sram_bytes = 1000;
    tnas_limits_clip(mcu, tnas_runtime_find("tinynas", NULL), &limits);
    ck_assert_uint_eq(limits.sram_bytes, 1000);

    /* 300x300x3 do not fit next to 150x150x8 in 320 KiB, whether or not the user said so. */
    const tnas_estimator estimator = make_estimator(mcu);
    tnas_graph graph;
    build_net(300, 8, &graph);
    tnas_cost cost;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert_uint_eq(cost.over, TNAS_LIMIT_SRAM);
    ck_assert_str_eq(tnas_limit_text(TNAS_LIMIT_INDEX_SRAM), "SRAM");
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(a_latency_limit_needs_a_latency_model)
{
    tnas_mcu *mcu = load_mcu("gap8");
    tnas_estimator estimator = make_estimator(mcu);
    estimator.latency = NULL;
    tnas_graph graph;
    build_net(16, 4, &graph);
    tnas_cost cost;
    ck_ok(tnas_estimate(&estimator, &graph, &cost));
    ck_assert(!cost.has_latency);
    estimator.limits.latency_ms = 10;
    ck_fails(TNAS_ERR_USAGE, "gap8 has no latency model for runtime tinynas",
             tnas_estimate(&estimator, &graph, &cost));
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(more_channels_never_cost_less)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    const tnas_estimator estimator = make_estimator(mcu);
    tnas_cost before = {0};
    for (int c = 1; c <= 40; c++) {
        tnas_graph graph;
        tnas_cost cost;
        build_net(24, c, &graph);
        ck_ok(tnas_estimate(&estimator, &graph, &cost));
        ck_assert(cost.footprint.flash_bytes > before.footprint.flash_bytes);
        ck_assert(cost.footprint.sram_bytes >= before.footprint.sram_bytes);
        ck_assert(cost.latency_ms > before.latency_ms && cost.macs > before.macs);
        before = cost;
    }
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(pricing_takes_no_heap)
{
    tnas_mcu *mcu = load_mcu("stm32h743");
    const tnas_estimator estimator = make_estimator(mcu);
    tnas_graph graph;
    ck_ok(tnas_graph_load("configs/graphs/mcunet-in4.json", &graph));
    tnas_cost cost;
    tnas_alloc_fail_after(0);
    const tnas_status status = tnas_estimate(&estimator, &graph, &cost);
    tnas_alloc_fail_after(-1);
    ck_ok(status);
    tnas_mcu_destroy(mcu);
}
END_TEST

static void write_text(const char *text, char path[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "rows.csv"));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

#define HEADER                                                                                     \
    "mcu,runtime,runtime_version,model,layer,clock_mhz,latency_ms,cycles,op,in_h,in_w,"            \
    "in_c,out_h,out_w,out_c,kernel\n"

static const struct {
    const char *text, *sentence;
} broken_rows[] = {
    {"runtime,mcu,cycles\nr,m,1\n", "neither column \"model\" nor \"op\""},
    {"mcu,runtime,model\np,r,m\n", "neither column \"latency_ms\" nor \"cycles\""},
    {HEADER "p,r,1,m,network,100,-3,,,,,,,,,\n", "line 2: latency_ms = -3: must be above 0"},
    {HEADER "p,r,1,m,network,100,0,,,,,,,,,\n", "line 2: latency_ms = 0: must be above 0"},
    {HEADER "p,r,1,m,network,100,nan,,,,,,,,,\n", "line 2: latency_ms = \"nan\""},
    {HEADER "p,r,1,m,network,100,inf,,,,,,,,,\n", "line 2: latency_ms = \"inf\""},
    {HEADER "p,r,1,m,network,100,3 ms,,,,,,,,,\n", "line 2: latency_ms = \"3 ms\""},
    {HEADER "p,r,1,m,network,-1,3,,,,,,,,,\n", "line 2: clock_mhz = -1"},
    {HEADER "p,r,1,m,network,100,3,,,,,,,,,\np,r,1,m,network,100,3,-9,,,,,,,,\n",
     "line 3: cycles = -9"},
    {HEADER "p,r,1,m,1,100,3,,CONV_2D,8.5,8,3,4,4,4,3x3\n", "line 2: in_h = 8.5"},
    {HEADER "p,r,1,m,1,100,3,,CONV_2D,8,-8,3,4,4,4,3x3\n", "line 2: in_w = -8"},
    {HEADER "p,r,1,m,1,100,3,,CONV_2D,8,8,3,4,4,4,3x\n", "line 2: kernel = \"3x\""},
    {HEADER "p,r,1,m,1,100,3,,CONV_2D,8,8,3,4,4,4,0\n", "line 2: kernel = \"0\""},
    {HEADER "p,r,1,m,network\n", "line 2 has 5 fields"},
};

START_TEST(a_malformed_measurement_names_the_line)
{
    char path[TNAS_PATH_BYTES];
    write_text(broken_rows[_i].text, path);
    tnas_measurements rows;
    const tnas_measurement_query all = {0};
    ck_fails(TNAS_ERR_INPUT, broken_rows[_i].sentence, tnas_measurements_load(path, &all, &rows));
    ck_assert_ptr_null(rows.rows);
}
END_TEST

START_TEST(measurements_are_filtered_and_completed)
{
    char path[TNAS_PATH_BYTES];
    write_text("mcu,runtime,runtime_version,model,layer,clock_mhz,latency_ms,cycles,op,in_h,in_w,"
               "in_c,out_h,out_w,out_c,kernel,stride,colour\n"
               "STM32H743ZI,TFLM CMSIS-NN,1,mcunet-in0,network,,51,,,,,,,,,,,red\n"
               "STM32H743,TFLM CMSIS-NN,1,unheard-of,,400,0.5,,,,,,,,,,,red\n"
               "STM32H743,TFLM CMSIS-NN,1,m,3,400,,2000,DEPTHWISE_CONV_2D,8,8,4,4,4,4,3x3,2,red\n"
               "STM32H743,TFLM CMSIS-NN,1,m,4,400,2,,EINSUM,1,1,10,1,1,10,,,red\n"
               "STM32H743,TFLM CMSIS-NN,2,m,network,400,2,,,,,,,,,,,red\n"
               "STM32H743,TFLM CMSIS-NN,1,memory-only,network,400,,,,,,,,,,,,red\n"
               "STM32F746,TFLM CMSIS-NN,1,m,network,400,2,,,,,,,,,,,red\n"
               "STM32H743,TFLM,1,m,network,400,2,,,,,,,,,,,red\n",
               path);
    const tnas_measurement_query query = {
        .mcu = "stm32h743",
        .runtime = "tflm-cmsis-nn",
        .version = "1",
        .graphs = "configs/graphs",
        .assumed_clock_mhz = 480,
    };
    tnas_measurements rows;
    ck_ok(tnas_measurements_load(path, &query, &rows));
    ck_assert_int_eq(rows.count, 4);
    ck_assert_int_eq(rows.other_rows, 4);
    ck_assert_str_eq(rows.ignored_columns, "colour");

    ck_assert_str_eq(rows.rows[0].model, "mcunet-in0");
    ck_assert(rows.rows[0].has_graph);
    ck_assert_double_eq(rows.rows[0].clock_mhz, 480);
    ck_assert_double_eq_tol(rows.rows[0].cycles, 51 * 480e3, 1e-3);
    ck_assert_double_eq_tol(rows.rows[0].rounding_frac, 0.5 / 51, 1e-12);
    ck_assert_double_eq_tol(tnas_features_macs(rows.rows[0].x) / 1e6, 6.4, 0.05);

    ck_assert(!rows.rows[1].has_graph);
    ck_assert_double_eq_tol(rows.rows[1].rounding_frac, 0.05 / 0.5, 1e-12);

    ck_assert(rows.rows[2].has_graph);
    ck_assert_double_eq_tol(rows.rows[2].latency_ms, 0.005, 1e-12);
    ck_assert_double_eq(rows.rows[2].x[TNAS_FEATURE_dw3s2_mac], 9 * 64);
    ck_assert_double_eq(rows.rows[2].x[TNAS_FEATURE_dw_in], 256);
    ck_assert_int_eq(rows.rows[2].line, 4);

    ck_assert(!rows.rows[3].has_graph);
    tnas_measurements_deinit(&rows);
}
END_TEST

START_TEST(the_shipped_measurements_are_complete)
{
    static const struct {
        const char *file;
        int rows;
    } files[] = {
        {"configs/measurements/tinyengine_h743_f746.csv", 39},
        {"configs/measurements/f746_networks.csv", 22},
        {"configs/measurements/h743_mobilenet_layers.csv", 35},
    };
    const tnas_measurement_query all = {.graphs = "configs/graphs"};
    tnas_measurements rows;
    ck_ok(tnas_measurements_load(files[_i].file, &all, &rows));
    ck_assert_int_eq(rows.count, files[_i].rows);
    ck_assert_str_eq(rows.ignored_columns, "");
    tnas_measurements_deinit(&rows);
}
END_TEST

START_TEST(reading_measurements_survives_failing_allocations)
{
    const tnas_measurement_query all = {.graphs = "configs/graphs"};
    tnas_status status = TNAS_ERR_NOMEM;
    int n = 0;
    for (; n < 2000 && status != TNAS_OK; n++) {
        tnas_measurements rows;
        tnas_alloc_fail_after(n);
        status = tnas_measurements_load("configs/measurements/f746_networks.csv", &all, &rows);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && rows.rows == NULL));
        tnas_measurements_deinit(&rows);
    }
    ck_assert_int_gt(n, 5);
    ck_ok(status);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("estimators");
    TCase *price = tcase_create("price");
    tcase_add_test(price, a_footprint_is_the_sum_counted_by_hand);
    tcase_add_test(price, a_kernel_is_counted_once_and_only_when_used);
    tcase_add_test(price, each_limit_sets_its_bit);
    tcase_add_test(price, limits_are_clipped_to_the_part);
    tcase_add_test(price, a_latency_limit_needs_a_latency_model);
    tcase_add_test(price, more_channels_never_cost_less);
    tcase_add_test(price, pricing_takes_no_heap);
    suite_add_tcase(suite, price);
    TCase *files = tcase_create("files");
    tcase_add_loop_test(files, a_malformed_measurement_names_the_line, 0,
                        sizeof broken_rows / sizeof broken_rows[0]);
    tcase_add_test(files, measurements_are_filtered_and_completed);
    tcase_add_loop_test(files, the_shipped_measurements_are_complete, 0, 3);
    tcase_add_test(files, reading_measurements_survives_failing_allocations);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
