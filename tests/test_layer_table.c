/* Networks as tables of layers: the same features as the graph gives, and what is refused. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/networks.h"
#include "tests/random_graph.h"
#include "tests/testing.h"

#define HEAD                                                                                       \
    "model,op,in_h,in_w,in_c,out_h,out_w,out_c,kernel_h,kernel_w,stride_h,stride_w,const_bytes\n"

static void write_table(const char *rows, char path[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES], text[4096];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "layers.csv"));
    snprintf(text, sizeof text, "%s%s", HEAD, rows);
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

static void load(const char *rows, tnas_layer_table **table)
{
    char path[TNAS_PATH_BYTES];
    write_table(rows, path);
    ck_ok(tnas_layer_table_load(path, table));
}

static void same_features(const double *a, const double *b)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        ck_assert_msg(a[f] == b[f], "%s: %g and %g", tnas_feature_name(f), a[f], b[f]);
}

static const tnas_memory_terms memory = {
    .fast_ram_bytes = 500,
    .chip_flash_bytes = 300,
    .padded_copies = 1,
    .stall_cycles_byte = 3,
    .stall_cycles_mac = 0.11,
};

START_TEST(a_table_and_a_graph_give_the_same_features)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 8, 8, 3);
    tnas_op op = {.kind = TNAS_OP_CONV2D, .in = {0, TNAS_NONE}, .kernel_h = 3, .kernel_w = 3};
    op.stride_h = op.stride_w = 2;
    op.pad_bottom = op.pad_right = 1;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 8), 1); /* 4x4x8 */
    op = (tnas_op){.kind = TNAS_OP_DWCONV2D, .in = {1, TNAS_NONE}, .kernel_h = 3, .kernel_w = 3};
    op.stride_h = op.stride_w = 1;
    op.pad_top = op.pad_bottom = op.pad_left = op.pad_right = 1;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 0), 2);
    op = (tnas_op){.kind = TNAS_OP_ADD, .in = {1, 2}, .kernel_h = 1, .kernel_w = 1};
    op.stride_h = op.stride_w = 1;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 0), 3);
    op = (tnas_op){.kind = TNAS_OP_AVGPOOL, .in = {3, TNAS_NONE}, .kernel_h = 4, .kernel_w = 4};
    op.stride_h = op.stride_w = 4;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 0), 4);
    op = (tnas_op){.kind = TNAS_OP_FC, .in = {4, TNAS_NONE}, .kernel_h = 1, .kernel_w = 1};
    op.stride_h = op.stride_w = 1;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 5), 5);
    op = (tnas_op){.kind = TNAS_OP_SOFTMAX, .in = {5, TNAS_NONE}, .kernel_h = 1, .kernel_w = 1};
    op.stride_h = op.stride_w = 1;
    ck_assert_int_eq(tnas_graph_append(&graph, &op, 0), 6);

    tnas_layer_table *table;
    load("other,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\n"
         "net,PAD,8,8,3,9,9,3,,,,,32\n" /* the padding as an operator of its own */
         "net,CONV_2D,9,9,3,4,4,8,3,3,2,2,248\n"
         "net,DEPTHWISE_CONV_2D,4,4,8,4,4,8,3,3,1,1,104\n"
         "net,ADD,4,4,8,4,4,8,,,,,0\n"
         "net,MEAN,4,4,8,1,1,8,,,,,8\n"
         "net,RESHAPE,1,1,8,1,1,8,,,,,8\n"
         "net,FULLY_CONNECTED,1,1,8,1,1,5,,,,,60\n"
         "net,SOFTMAX,1,1,5,1,1,5,,,,,0\n",
         &table);
    double expected[TNAS_FEATURE_COUNT], x[TNAS_FEATURE_COUNT];
    tnas_features_of_graph(NULL, &graph, expected);
    ck_assert_int_eq(tnas_layer_table_features(table, "net", NULL, x), TNAS_NETWORK_FOUND);
    same_features(x, expected);
    ck_assert_double_eq(x[TNAS_FEATURE_layer], 6);
    tnas_layer_table_destroy(table);
}
END_TEST

START_TEST(memory_terms_are_those_counted_by_hand)
{
    tnas_layer_table *table;
    load("net,CONV_2D,8,8,3,4,4,8,3,3,2,2,248\n"
         "net,FULLY_CONNECTED,1,1,128,1,1,2,,,,,264\n",
         &table);
    double x[TNAS_FEATURE_COUNT];
    ck_assert_int_eq(tnas_layer_table_features(table, "net", &memory, x), TNAS_NETWORK_FOUND);
    /* 192 + 128 bytes fit in 500; copying 8x8x3 into 9x9x3 does not, but by 65 bytes: 435. */
    ck_assert_double_eq(x[TNAS_FEATURE_ram_excess], 0);
    const tnas_memory_terms tight = {.fast_ram_bytes = 300, .padded_copies = 1};
    ck_assert_int_eq(tnas_layer_table_features(table, "net", &tight, x), TNAS_NETWORK_FOUND);
    ck_assert_double_eq(x[TNAS_FEATURE_ram_excess], (192 + 128 - 300) + (192 + 243 - 300));
    ck_assert_double_eq(x[TNAS_FEATURE_flash_ext], 0);
    ck_assert_int_eq(tnas_layer_table_features(table, "net", &memory, x), TNAS_NETWORK_FOUND);
    ck_assert_double_eq(x[TNAS_FEATURE_weight_byte], 216 + 32 + 256 + 8);
    ck_assert_double_eq(x[TNAS_FEATURE_flash_ext], 512); /* 512 bytes where 300 fit */
    ck_assert_double_eq_tol(x[TNAS_FEATURE_weight_stall],
                            (3 * 248 - 0.11 * 3456) + (3 * 264 - 0.11 * 256), 1e-9);
    tnas_layer_table_destroy(table);
}
END_TEST

START_TEST(the_parts_of_the_operators_add_up)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_graph graph;
    random_branched_graph(&rng, 3 + _i % 20, &graph);
    double whole[TNAS_FEATURE_COUNT], sum[TNAS_FEATURE_COUNT] = {0};
    tnas_features_of_graph(&memory, &graph, whole);
    for (int op = 0; op < graph.op_count; op++) {
        double x[TNAS_FEATURE_COUNT];
        tnas_features_of_op(&memory, whole, &graph, op, x);
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            sum[f] += x[f];
    }
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        ck_assert_double_eq_tol(sum[f], whole[f], 1e-9 * (1 + whole[f]));
}
END_TEST

START_TEST(operators_have_their_kinds)
{
    static const struct {
        const char *row;
        int feature;
        double count;
    } cases[] = {
        {"MUL,4,4,8,4,4,8,,,,,0", TNAS_FEATURE_bcast_out, 128},
        {"ADD,4,4,8,4,4,8,,,,,8", TNAS_FEATURE_bcast_out, 128}, /* of a constant */
        {"MINIMUM,4,4,8,4,4,8,,,,,1", TNAS_FEATURE_elt_out, 128},
        {"logistic,4,4,8,4,4,8,,,,,0", TNAS_FEATURE_elt_out, 128},
        {"CONCATENATION,4,4,8,4,4,16,,,,,0", TNAS_FEATURE_move_out, 256},
        {"CONCATENATION,4,4,8,4,4,16,,,,,0", TNAS_FEATURE_concat, 1},
        {"RESIZE_BILINEAR,4,4,8,8,8,8,,,,,8", TNAS_FEATURE_move_out, 512},
        {"TRANSPOSE,4,4,8,4,8,4,,,,,8", TNAS_FEATURE_move_out, 128},
        {"QUANTIZE,4,4,8,4,4,8,,,,,0", TNAS_FEATURE_quant_out, 128},
        {"MAX_POOL_2D,4,4,8,2,2,8,2,2,2,2,0", TNAS_FEATURE_pool_in, 128},
        {"CONV_2D,4,4,8,4,4,2,3,3,1,1,152", TNAS_FEATURE_convk_im2col, 9 * 8 * 16},
        {"CONV_2D,1,1,8,1,1,2,1,1,1,1,24", TNAS_FEATURE_fc_mac, 16},
        {"DEPTHWISE_CONV_2D,8,8,2,4,4,2,3,3,2,2,26", TNAS_FEATURE_dw3s2_mac, 9 * 32},
        {"DEPTHWISE_CONV_2D,8,8,2,8,8,2,7,7,1,1,106", TNAS_FEATURE_dw7_mac, 49 * 128},
        {"STRIDED_SLICE,1,1,4,1,1,1,,,,,12", TNAS_FEATURE_layer, 0},
    };
    char row[128];
    snprintf(row, sizeof row, "net,%s\n", cases[_i].row);
    tnas_layer_table *table;
    load(row, &table);
    double x[TNAS_FEATURE_COUNT];
    ck_assert_int_eq(tnas_layer_table_features(table, "net", NULL, x), TNAS_NETWORK_FOUND);
    ck_assert_msg(x[cases[_i].feature] == cases[_i].count, "%s: %g", cases[_i].row,
                  x[cases[_i].feature]);
    tnas_layer_table_destroy(table);
}
END_TEST
enum { KINDS = 15 };

START_TEST(an_operator_of_unknown_cost_makes_the_network_unsupported)
{
    tnas_layer_table *table;
    load("a,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\na,EINSUM,8,8,3,8,8,3,,,,,0\n"
         "b,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\n",
         &table);
    double x[TNAS_FEATURE_COUNT];
    ck_assert_int_eq(tnas_layer_table_features(table, "a", NULL, x), TNAS_NETWORK_UNSUPPORTED);
    ck_assert_int_eq(tnas_layer_table_features(table, "b", NULL, x), TNAS_NETWORK_FOUND);
    ck_assert_int_eq(tnas_layer_table_features(table, "c", NULL, x), TNAS_NETWORK_UNKNOWN);
    tnas_layer_table_destroy(table);
}
END_TEST

static const struct {
    const char *rows, *sentence;
} broken[] = {
    {"net,CONV_2D,0,8,3,8,8,3,1,1,1,1,21\n", "line 2: in_h = \"0\": must be a whole number"},
    {"net,CONV_2D,,8,3,8,8,3,1,1,1,1,21\n", "line 2: in_h = \"\": must be a whole number"},
    {"net,CONV_2D,8,8,3,8,8,-3,1,1,1,1,21\n", "out_c = \"-3\""},
    {"net,CONV_2D,8,8,3,8,8,2.5,1,1,1,1,21\n", "out_c = \"2.5\""},
    {"net,CONV_2D,8,8,3,8,8,1e9,1,1,1,1,21\n", "out_c = \"1e9\""},
    {"net,CONV_2D,8,8,nan,8,8,3,1,1,1,1,21\n", "nan"},
    {"net,CONV_2D,8,8,3,8,8,3,300,1,1,1,21\n",
     "kernel_h = \"300\": must be a whole number from 1 to 255"},
    {"net,CONV_2D,8,8\n", "line 2"},
};

START_TEST(a_broken_row_is_named_with_its_line)
{
    char path[TNAS_PATH_BYTES];
    tnas_layer_table *table;
    write_table(broken[_i].rows, path);
    ck_fails(TNAS_ERR_INPUT, broken[_i].sentence, tnas_layer_table_load(path, &table));
    ck_assert_ptr_null(table);
}
END_TEST

START_TEST(a_table_without_a_column_is_refused)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "layers.csv"));
    ck_ok(tnas_file_write(path, "model,op,in_h\nnet,ADD,1\n", 24));
    tnas_layer_table *table;
    ck_fails(TNAS_ERR_INPUT, "needs the column \"in_w\"", tnas_layer_table_load(path, &table));
}
END_TEST

START_TEST(places_are_asked_one_after_the_other)
{
    char table[TNAS_PATH_BYTES], places[2 * TNAS_PATH_BYTES];
    write_table("mcunet-in0,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\n"
                "mine,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\n",
                table);
    snprintf(places, sizeof places, "configs/graphs,%s", table);
    tnas_networks *networks;
    ck_ok(tnas_networks_open(places, &networks));
    tnas_network_state state;
    double x[TNAS_FEATURE_COUNT];
    ck_ok(tnas_networks_features(networks, "mcunet-in0", NULL, x, &state));
    ck_assert_int_eq(state, TNAS_NETWORK_FOUND);
    ck_assert_double_gt(x[TNAS_FEATURE_layer], 50); /* the folder's, not the table's */
    ck_ok(tnas_networks_features(networks, "mine", NULL, x, &state));
    ck_assert_int_eq(state, TNAS_NETWORK_FOUND);
    ck_assert_double_eq(x[TNAS_FEATURE_layer], 1);
    ck_ok(tnas_networks_features(networks, "../graphs/mcunet-in0", NULL, x, &state));
    ck_assert_int_eq(state, TNAS_NETWORK_UNKNOWN);
    tnas_networks_close(networks);
    ck_fails(TNAS_ERR_IO, "no such folder or table", tnas_networks_open("/no/such", &networks));
    ck_assert_ptr_null(networks);
}
END_TEST

START_TEST(a_table_survives_failing_allocations)
{
    char path[TNAS_PATH_BYTES];
    write_table("net,CONV_2D,8,8,3,8,8,3,1,1,1,1,21\n", path);
    tnas_status status = TNAS_ERR_NOMEM;
    int n = 0;
    for (; n < 100 && status != TNAS_OK; n++) {
        tnas_networks *networks;
        tnas_alloc_fail_after(n);
        status = tnas_networks_open(path, &networks);
        tnas_alloc_fail_after(-1);
        ck_assert((status == TNAS_OK) == (networks != NULL));
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        tnas_networks_close(networks);
    }
    ck_assert_int_gt(n, 4);
    ck_ok(status);
}
END_TEST

/* Networks that exist as a table and, built from the published architecture, as a graph. Tables
 * count pooling as TFLite's operator does, and have a softmax. */
START_TEST(shared_tables_agree_with_the_published_graphs)
{
    static const char *const names[] = {"mobilenet_v1_1.0_224_quant", "mobilenet_v1_0.25_128_quant",
                                        "quantized_v2_224_100", "quantized_v2_96_50"};
    static const int compared[] = {
        TNAS_FEATURE_stem_mac,  TNAS_FEATURE_stem_out,  TNAS_FEATURE_conv1_mac,
        TNAS_FEATURE_conv1_out, TNAS_FEATURE_dw3s1_mac, TNAS_FEATURE_dw3s2_mac,
        TNAS_FEATURE_dw_out,    TNAS_FEATURE_add_out,   TNAS_FEATURE_conv1_pixel,
    };
    char path[TNAS_PATH_BYTES], file[128];
    if (shared_path("models/layers_generated.csv", path) == NULL)
        return;
    tnas_layer_table *table;
    ck_ok(tnas_layer_table_load(path, &table));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tnas_graph graph;
        double of_graph[TNAS_FEATURE_COUNT], of_table[TNAS_FEATURE_COUNT];
        snprintf(file, sizeof file, "configs/graphs/%s.json", names[i]);
        ck_ok(tnas_graph_load(file, &graph));
        tnas_features_of_graph(NULL, &graph, of_graph);
        ck_assert_int_eq(tnas_layer_table_features(table, names[i], NULL, of_table),
                         TNAS_NETWORK_FOUND);
        for (size_t k = 0; k < sizeof compared / sizeof compared[0]; k++)
            ck_assert_msg(of_graph[compared[k]] == of_table[compared[k]], "%s, %s: %g and %g",
                          names[i], tnas_feature_name(compared[k]), of_graph[compared[k]],
                          of_table[compared[k]]);
        ck_assert_int_eq(tnas_family_of(of_graph), tnas_family_of(of_table));
    }
    tnas_layer_table_destroy(table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_table");
    TCase *tables = tcase_create("tables");
    tcase_add_test(tables, a_table_and_a_graph_give_the_same_features);
    tcase_add_test(tables, memory_terms_are_those_counted_by_hand);
    tcase_add_loop_test(tables, the_parts_of_the_operators_add_up, 0, 30);
    tcase_add_loop_test(tables, operators_have_their_kinds, 0, KINDS);
    tcase_add_test(tables, an_operator_of_unknown_cost_makes_the_network_unsupported);
    tcase_add_loop_test(tables, a_broken_row_is_named_with_its_line, 0,
                        sizeof broken / sizeof broken[0]);
    tcase_add_test(tables, a_table_without_a_column_is_refused);
    tcase_add_test(tables, places_are_asked_one_after_the_other);
    tcase_add_test(tables, a_table_survives_failing_allocations);
    tcase_add_test(tables, shared_tables_agree_with_the_published_graphs);
    suite_add_tcase(suite, tables);
    return run_suite(suite);
}
