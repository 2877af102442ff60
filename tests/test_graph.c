/* Graphs: shapes, counts, rules. Graph and model files: what is written is read back, and what
 * is broken is refused with a sentence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "graph/model.h"
#include "graph/schedule.h"
#include "nn/net.h"
#include "tests/random_graph.h"
#include "tests/testing.h"

static char folder[TNAS_PATH_BYTES]; /* of the test case */

static void make_folder(void)
{
    temporary_folder(folder);
}

static const char *in_folder(const char *name)
{
    static char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    return path;
}

/* ---- Shapes and counts ---- */

START_TEST(output_shapes_follow_from_the_window)
{
    /* in, kernel, stride, pads before and after, expected output */
    static const int rows[][6] = {
        {5, 3, 1, 0, 0, 3},     {5, 3, 1, 1, 1, 5}, {5, 3, 2, 1, 1, 3}, {6, 3, 2, 0, 1, 3},
        {7, 7, 1, 0, 0, 1},     {1, 1, 1, 0, 0, 1}, {1, 3, 2, 1, 1, 1}, {10, 2, 3, 0, 0, 3},
        {224, 3, 2, 0, 1, 112}, {8, 1, 2, 0, 0, 4}, {4, 5, 1, 0, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int *const row = rows[i];
        tnas_graph graph;
        tnas_graph_init(&graph, row[0], 9, 2); /* the width does not interfere */
        const tnas_op op = {.kind = TNAS_OP_CONV2D,
                            .in = {0, TNAS_NONE},
                            .kernel_h = (uint8_t)row[1],
                            .kernel_w = 1,
                            .stride_h = (uint8_t)row[2],
                            .stride_w = 1,
                            .pad_top = (uint8_t)row[3],
                            .pad_bottom = (uint8_t)row[4]};
        ck_assert_int_eq(tnas_graph_append(&graph, &op, 7), 1);
        ck_assert_int_eq(graph.tensors[1].h, row[5]);
        ck_assert_int_eq(graph.tensors[1].w, 9);
        ck_assert_int_eq(graph.tensors[1].c, 7);
    }
}
END_TEST

START_TEST(same_padding_gives_input_over_stride_and_splits_low_first)
{
    for (int in = 1; in <= 40; in++)
        for (int kernel = 1; kernel <= 7; kernel++)
            for (int stride = 1; stride <= 3; stride++) {
                uint8_t before, after;
                tnas_pad_same(in, kernel, stride, &before, &after);
                const int out = (in + stride - 1) / stride;
                /* TensorFlow: total = max((out - 1) * stride + kernel - in, 0), half of it,
                 * rounded down, before. */
                int total = (out - 1) * stride + kernel - in;
                total = total < 0 ? 0 : total;
                ck_assert_int_eq(before, total / 2);
                ck_assert_int_eq(before + after, total);
                ck_assert_int_eq((in + before + after - kernel) / stride + 1, out);
            }
}
END_TEST

START_TEST(macs_and_weights_agree_with_counts_by_hand)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 32, 24, 3);
    const int a =
        graph_append_conv(&graph, TNAS_OP_CONV2D, 0, 3, 2, 16, TNAS_ACT_RELU6); /* 16x12x16 */
    const int b = graph_append_conv(&graph, TNAS_OP_DWCONV2D, a, 5, 1, 0, TNAS_ACT_RELU6);
    const int c = graph_append_conv(&graph, TNAS_OP_CONV2D, b, 1, 1, 16, TNAS_ACT_NONE);
    const int d = graph_append_add(&graph, a, c);
    const int e =
        graph_append_conv(&graph, TNAS_OP_MAXPOOL, d, 2, 2, 0, TNAS_ACT_NONE); /* 8x6x16 */
    graph_append_fc(&graph, e, 10);
    static const int64_t weights[] = {3 * 3 * 3 * 16, 5 * 5 * 16, 16 * 16, 0, 0, 8 * 6 * 16 * 10};
    static const int64_t macs[] = {16 * 12 * 16 * 27, 16 * 12 * 16 * 25, 16 * 12 * 16 * 16, 0, 0,
                                   8 * 6 * 16 * 10};
    int64_t weight_sum = 0, mac_sum = 0;
    for (int op = 0; op < graph.op_count; op++) {
        ck_assert_int_eq(tnas_op_weight_count(&graph, op), weights[op]);
        ck_assert_int_eq(tnas_op_macs(&graph, op), macs[op]);
        weight_sum += weights[op];
        mac_sum += macs[op];
    }
    ck_assert_int_eq(tnas_graph_weight_count(&graph), weight_sum);
    ck_assert_int_eq(tnas_graph_macs(&graph), mac_sum);
    ck_assert_int_eq(tnas_graph_output(&graph), 6);
    ck_ok(tnas_graph_check(&graph));
}
END_TEST

static int append_kind(tnas_graph *graph, tnas_op_kind kind, int in, int in2,
                       tnas_activation activation)
{
    const tnas_op op = {.kind = (uint8_t)kind,
                        .activation = (uint8_t)activation,
                        .in = {(int16_t)in, (int16_t)in2},
                        .kernel_h = 1,
                        .kernel_w = 1,
                        .stride_h = 1,
                        .stride_w = 1};
    return tnas_graph_append(graph, &op, 0);
}

/* One operator of every kind that no search space decodes. */
static void imported_graph(tnas_graph *graph)
{
    tnas_graph_init(graph, 6, 5, 3);
    const tnas_op pad = {.kind = TNAS_OP_PAD,
                         .in = {0, TNAS_NONE},
                         .kernel_h = 1,
                         .kernel_w = 1,
                         .stride_h = 1,
                         .stride_w = 1,
                         .pad_top = 1,
                         .pad_bottom = 2,
                         .pad_left = 3,
                         .pad_right = 4};
    const int a = tnas_graph_append(graph, &pad, 0);
    const int b = append_kind(graph, TNAS_OP_CHANNEL_MUL, a, TNAS_NONE, TNAS_ACT_NONE);
    const int c = append_kind(graph, TNAS_OP_CHANNEL_ADD, b, TNAS_NONE, TNAS_ACT_RELU);
    const int d = append_kind(graph, TNAS_OP_CONCAT, c, a, TNAS_ACT_NONE);
    const int e = append_kind(graph, TNAS_OP_ACTIVATION, d, TNAS_NONE, TNAS_ACT_RELU6);
    const int f = append_kind(graph, TNAS_OP_MUL, e, d, TNAS_ACT_NONE);
    const int g = append_kind(graph, TNAS_OP_LOGISTIC, f, TNAS_NONE, TNAS_ACT_NONE);
    const int h = append_kind(graph, TNAS_OP_MUL, f,
                              graph_append_global_pool(graph, TNAS_OP_AVGPOOL, g), TNAS_ACT_RELU);
    append_kind(graph, TNAS_OP_SOFTMAX, h, TNAS_NONE, TNAS_ACT_NONE);
}

START_TEST(operators_of_imported_networks_have_shapes_and_constants_but_no_macs)
{
    tnas_graph graph;
    imported_graph(&graph);
    static const int shapes[][4] = {/* h, w, c, constants */
                                    {9, 12, 3, 0}, {9, 12, 3, 3}, {9, 12, 3, 3}, {9, 12, 6, 0},
                                    {9, 12, 6, 0}, {9, 12, 6, 0}, {9, 12, 6, 0}, {1, 1, 6, 0},
                                    {9, 12, 6, 0}, {9, 12, 6, 0}};
    ck_assert_int_eq(graph.op_count, 10);
    for (int op = 0; op < graph.op_count; op++) {
        const tnas_tensor *const out = &graph.tensors[op + 1];
        ck_assert_int_eq(out->h, shapes[op][0]);
        ck_assert_int_eq(out->w, shapes[op][1]);
        ck_assert_int_eq(out->c, shapes[op][2]);
        ck_assert_int_eq(tnas_op_weight_count(&graph, op), shapes[op][3]);
        ck_assert_int_eq(tnas_op_macs(&graph, op), 0);
    }
    ck_ok(tnas_graph_check(&graph));
    /* A vector may scale a map; a map may not scale a vector, nor a vector of other channels. */
    ck_assert_int_eq(append_kind(&graph, TNAS_OP_MUL, 8, 9, TNAS_ACT_NONE), TNAS_NONE);
    ck_assert_int_eq(append_kind(&graph, TNAS_OP_MUL, 1, 8, TNAS_ACT_NONE), TNAS_NONE);
    ck_assert_int_eq(append_kind(&graph, TNAS_OP_ADD, 9, 8, TNAS_ACT_NONE), TNAS_NONE);
    ck_assert_int_eq(append_kind(&graph, TNAS_OP_CONCAT, 8, 9, TNAS_ACT_NONE), TNAS_NONE);
}
END_TEST

START_TEST(our_runtime_has_a_kernel_for_every_kind)
{
    static const char *const expected[] = {
        "tnrt_pad_s8",          "tnrt_mul_channels_s8", "tnrt_add_channels_s8", "tnrt_concat_s8",
        "tnrt_table_s8",        "tnrt_mul_s8",          "tnrt_table_s8",        "tnrt_avgpool_s8",
        "tnrt_mul_channels_s8", "tnrt_softmax_s8"};
    tnas_graph graph;
    tnas_schedule schedule;
    imported_graph(&graph);
    ck_ok(tnas_schedule_build(&graph, &tnas_target_tinynas_c, &schedule));
    for (int s = 0; s < schedule.step_count; s++) {
        const tnas_step *const step = &schedule.steps[s];
        ck_assert_str_eq(tnas_target_tinynas_c.kernel_name(step->kernel), expected[step->op]);
    }
    /* The pixel of factors is no room for the product. */
    ck_assert(schedule.steps[8].in_place && schedule.steps[8].in_place_side == 0);
}
END_TEST

/* The sum of its exponentials would leave 32 bits. */
START_TEST(our_runtime_has_no_softmax_of_4096_channels)
{
    tnas_graph graph;
    tnas_schedule schedule;
    tnas_graph_init(&graph, 1, 1, 4096);
    append_kind(&graph, TNAS_OP_SOFTMAX, 0, TNAS_NONE, TNAS_ACT_NONE);
    ck_fails(TNAS_ERR_INPUT, "operator 0 (softmax): the tinynas-c runtime has no kernel",
             tnas_schedule_build(&graph, &tnas_target_tinynas_c, &schedule));
}
END_TEST

START_TEST(the_training_engine_names_the_operators_it_lacks)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 1, 1, 4);
    append_kind(&graph, TNAS_OP_LOGISTIC, 0, TNAS_NONE, TNAS_ACT_NONE);
    tnas_net net;
    tnas_store *store;
    ck_fails(TNAS_ERR_INPUT, "operator 0 (logistic): the training engine cannot compute it",
             tnas_net_build_fixed(&graph, &net, &store));
}
END_TEST

START_TEST(impossible_operators_are_not_appended)
{
    static const struct {
        tnas_op op;
        int32_t out_c;
    } rows[] = {
        {{.kind = TNAS_OP_KIND_COUNT, .in = {0, -1}}, 1},
        {{.kind = TNAS_OP_FC, .in = {2, -1}}, 1}, /* no such tensor */
        {{.kind = TNAS_OP_FC, .in = {-1, -1}}, 1},
        {{.kind = TNAS_OP_FC, .in = {0, 0}}, 1},   /* a second input */
        {{.kind = TNAS_OP_ADD, .in = {0, -1}}, 0}, /* none */
        {{.kind = TNAS_OP_ADD, .in = {0, 1}}, 0},  /* unequal shapes */
        {{.kind = TNAS_OP_FC, .in = {0, -1}}, 0},
        {{.kind = TNAS_OP_FC, .in = {0, -1}}, TNAS_SIDE_MAX + 1},
        {{.kind = TNAS_OP_CONV2D, .in = {0, -1}}, 1}, /* kernel 0 */
        {{.kind = TNAS_OP_CONV2D, .in = {0, -1}, .kernel_h = 1, .kernel_w = 1, .stride_h = 1}, 1},
        {{.kind = TNAS_OP_MAXPOOL,
          .in = {0, -1},
          .kernel_h = 9,
          .kernel_w = 1,
          .stride_h = 1,
          .stride_w = 1},
         0},
    };
    tnas_graph graph;
    tnas_graph_init(&graph, 8, 8, 4);
    graph_append_fc(&graph, 0, 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(tnas_graph_append(&graph, &rows[i].op, rows[i].out_c) == TNAS_NONE,
                      "row %zu was appended", i);
        ck_assert_int_eq(graph.op_count, 1);
        ck_assert_int_eq(graph.tensor_count, 2);
    }
    while (graph.op_count < TNAS_GRAPH_OPS_MAX)
        graph_append_add(&graph, 0, 0);
    const tnas_op add = {.kind = TNAS_OP_ADD, .in = {0, 0}};
    ck_assert_int_eq(tnas_graph_append(&graph, &add, 0), TNAS_NONE);
    ck_ok(tnas_graph_check(&graph));
}
END_TEST

START_TEST(sizes_beyond_the_limits_are_impossible)
{
    tnas_graph graph;
    const tnas_op fc = {.kind = TNAS_OP_FC,
                        .in = {0, TNAS_NONE},
                        .kernel_h = 1,
                        .kernel_w = 1,
                        .stride_h = 1,
                        .stride_w = 1};
    tnas_graph_init(&graph, 1024, 1024, 128); /* 2^27 elements: the most */
    ck_assert_int_eq(tnas_graph_append(&graph, &fc, 2), TNAS_NONE);
    ck_assert_int_eq(tnas_graph_append(&graph, &fc, 1), 1);
    ck_ok(tnas_graph_check(&graph));
    graph.tensors[0].c = 129;
    ck_fails(TNAS_ERR_INPUT, "input 1024x1024x129", tnas_graph_check(&graph));
}
END_TEST

/* ---- check() ---- */

typedef struct violation {
    const char *sentence;
    void (*commit)(tnas_graph *graph);
} violation;

#define VIOLATION(name, statement)                                                                 \
    static void name(tnas_graph *g)                                                                \
    {                                                                                              \
        statement;                                                                                 \
    }
VIOLATION(no_ops, g->op_count = 0)
VIOLATION(part_mean, g->ops[1].kind = TNAS_OP_MEAN; g->ops[1].kernel_h = 3; g->ops[1].kernel_w = 8;
          g->tensors[2] = ((tnas_tensor){6, 1, 4}))
VIOLATION(one_side, g->ops[1].kind = TNAS_OP_MEAN_KEPT; g->ops[1].kernel_h = 8;
          g->tensors[2] = ((tnas_tensor){1, 8, 4}))
VIOLATION(many_ops, g->op_count = TNAS_GRAPH_OPS_MAX + 1)
VIOLATION(tensor_missing, g->tensor_count--)
VIOLATION(empty_input, g->tensors[0].w = 0)
VIOLATION(unknown_kind, g->ops[1].kind = TNAS_OP_KIND_COUNT)
VIOLATION(unknown_activation, g->ops[1].activation = TNAS_ACT_COUNT)
VIOLATION(other_output, g->ops[1].out = 1)
VIOLATION(later_input, g->ops[1].in[0] = 2)
VIOLATION(negative_input, g->ops[1].in[0] = TNAS_NONE)
VIOLATION(second_input, g->ops[1].in[1] = 0)
VIOLATION(missing_addend, g->ops[2].in[1] = TNAS_NONE)
VIOLATION(other_shape, g->tensors[2].h++)
VIOLATION(other_channels, g->tensors[3].c++)
VIOLATION(kernel_zero, g->ops[1].kernel_h = 0)
VIOLATION(stride_zero, g->ops[1].stride_w = 0)
VIOLATION(unequal_addends, g->ops[2].in[1] = 0)
VIOLATION(wide_pad, (g->ops[0].pad_left = 3, g->tensors[1].w += 2))
VIOLATION(window_of_add, g->ops[2].kernel_h = 2)
VIOLATION(stride_of_fc, g->ops[3].stride_h = 0)
VIOLATION(clamped_softmax, (g->ops[1].kind = TNAS_OP_SOFTMAX, g->ops[1].activation = TNAS_ACT_RELU))
VIOLATION(idle_activation, g->ops[1].kind = TNAS_OP_ACTIVATION)
VIOLATION(pad_of_mul, (g->ops[2].kind = TNAS_OP_MUL, g->ops[2].pad_left = 1))
VIOLATION(short_concat, g->ops[2].kind = TNAS_OP_CONCAT)

static const violation violations[] = {
    {"0 operators: must have 1 to 320", no_ops},
    {"321 operators", many_ops},
    {"4 operators has 4 tensors: must be 5", tensor_missing},
    {"input 8x0x3: each must be 1 to 32767", empty_input},
    {"operator 1: kind 16 is unknown", unknown_kind},
    {"operator 1: activation 3 is unknown", unknown_activation},
    {"operator 1: writes tensor 1, must write 2", other_output},
    {"operator 1 (conv2d): inputs 2, -1 must be earlier", later_input},
    {"operator 1 (conv2d): inputs -1, -1 must be earlier", negative_input},
    {"and the second none", second_input},
    {"operator 2 (add): inputs 1, -1 must be earlier", missing_addend},
    {"operator 1 (conv2d): output 9x8x4 does not follow", other_shape},
    {"operator 2 (add): output 8x8x5 does not follow", other_channels},
    {"operator 1 (conv2d): its output would be 0x0x0", kernel_zero},
    {"operator 1 (conv2d): its output would be 0x0x0", stride_zero},
    {"operator 2 (add): its output would be 0x0x0", unequal_addends},
    {"operator 0 (conv2d): a pad must be below the kernel size", wide_pad},
    {"operator 2 (add): has no window", window_of_add},
    {"operator 3 (fc): has no window", stride_of_fc},
    {"operator 1 (softmax): cannot have an activation", clamped_softmax},
    {"operator 1 (activation): must have an activation", idle_activation},
    {"operator 2 (mul): a pad must be below the kernel size", pad_of_mul},
    {"operator 2 (concat): output 8x8x4 does not follow from its input, which gives 8x8x8",
     short_concat},
    {"operator 1 (mean): kernel 3x8 on 8x8: each side must be the input's or 1, with stride 1",
     part_mean},
    {"operator 1 (mean_kept): kernel 8x1 on 8x8: each side must be the input's, with", one_side},
};
enum { VIOLATION_COUNT = sizeof violations / sizeof violations[0] };

static void small_graph(tnas_graph *graph)
{
    tnas_graph_init(graph, 8, 8, 3);
    const int a = graph_append_conv(graph, TNAS_OP_CONV2D, 0, 3, 1, 4, TNAS_ACT_RELU6);
    const int b = graph_append_conv(graph, TNAS_OP_CONV2D, a, 1, 1, 4, TNAS_ACT_NONE);
    graph_append_fc(graph, graph_append_add(graph, a, b), 2);
}

START_TEST(check_names_each_violation)
{
    tnas_graph graph;
    small_graph(&graph);
    ck_ok(tnas_graph_check(&graph));
    violations[_i].commit(&graph);
    ck_fails(TNAS_ERR_INPUT, violations[_i].sentence, tnas_graph_check(&graph));
}
END_TEST

START_TEST(texts_of_kinds_and_activations_parse_back)
{
    for (int kind = 0; kind < TNAS_OP_KIND_COUNT; kind++)
        ck_assert_int_eq(tnas_op_kind_parse(tnas_op_kind_text(kind)), kind);
    for (int activation = 0; activation < TNAS_ACT_COUNT; activation++)
        ck_assert_int_eq(tnas_activation_parse(tnas_activation_text(activation)), activation);
    ck_assert_int_eq(tnas_op_kind_parse("lstm"), TNAS_NONE);
    ck_assert_int_eq(tnas_activation_parse("swish"), TNAS_NONE);
    ck_assert_str_eq(tnas_op_kind_text(TNAS_OP_KIND_COUNT), "?");
    ck_assert_str_eq(tnas_activation_text(-1), "?");
}
END_TEST

/* ---- Graph files ---- */

static void assert_equal_graphs(const tnas_graph *a, const tnas_graph *b)
{
    ck_assert_int_eq(a->op_count, b->op_count);
    ck_assert_int_eq(a->tensor_count, b->tensor_count);
    ck_assert_mem_eq(a->ops, b->ops, sizeof a->ops[0] * (size_t)a->op_count);
    ck_assert_mem_eq(a->tensors, b->tensors, sizeof a->tensors[0] * (size_t)a->tensor_count);
}

static void random_graph(int index, tnas_graph *graph)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)index);
    if (index == 0)
        imported_graph(graph);
    else if (index % 2 == 0)
        random_mbconv_graph(&rng, graph);
    else
        random_branched_graph(&rng, 1 + index % 40, graph);
}

START_TEST(a_saved_graph_loads_as_it_was)
{
    tnas_graph graph, loaded;
    random_graph(_i, &graph);
    ck_ok(tnas_graph_save(&graph, "a \"quoted\\\n name", in_folder("graph.json")));
    ck_ok(tnas_graph_load(in_folder("graph.json"), &loaded));
    assert_equal_graphs(&graph, &loaded);
}
END_TEST

/* Every side of the window differs, so that none is taken for another. */
static void lopsided_graph(tnas_graph *graph)
{
    tnas_graph_init(graph, 30, 50, 2);
    const tnas_op op = {.kind = TNAS_OP_DWCONV2D,
                        .activation = TNAS_ACT_RELU,
                        .in = {0, TNAS_NONE},
                        .kernel_h = 5,
                        .kernel_w = 7,
                        .stride_h = 1,
                        .stride_w = 2,
                        .pad_top = 1,
                        .pad_bottom = 2,
                        .pad_left = 3,
                        .pad_right = 4};
    ck_assert_int_eq(tnas_graph_append(graph, &op, 0), 1);
    ck_assert_int_eq(graph->tensors[1].h, 29);
    ck_assert_int_eq(graph->tensors[1].w, 26);
}

START_TEST(a_lopsided_window_survives_both_files)
{
    tnas_graph graph, loaded;
    lopsided_graph(&graph);
    ck_ok(tnas_graph_save(&graph, "lopsided", in_folder("lopsided.json")));
    ck_ok(tnas_graph_load(in_folder("lopsided.json"), &loaded));
    assert_equal_graphs(&graph, &loaded);
    tnas_model *model, *loaded_model;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, &graph, &model));
    ck_ok(tnas_model_save(model, in_folder("lopsided.tnm")));
    ck_ok(tnas_model_load(in_folder("lopsided.tnm"), &loaded_model));
    assert_equal_graphs(&graph, &loaded_model->graph);
    tnas_model_destroy(loaded_model);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_graph_file_has_one_operator_a_line_and_no_defaults)
{
    tnas_graph graph;
    small_graph(&graph);
    ck_ok(tnas_graph_save(&graph, "small", in_folder("small.json")));
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(in_folder("small.json"), 10000, &bytes, &byte_count));
    ck_assert_str_eq(
        (const char *)bytes,
        "{\"format\":\"tinynas-graph\",\"version\":1,\"name\":\"small\",\n"
        " \"input\":[8,8,3],\n"
        " \"ops\":[\n"
        "  {\"op\":\"conv2d\",\"in\":[0],\"kernel\":[3,3],\"pad\":[1,1,1,1],\"out_c\":4,"
        "\"activation\":\"relu6\"},\n"
        "  {\"op\":\"conv2d\",\"in\":[1],\"kernel\":[1,1],\"out_c\":4},\n"
        "  {\"op\":\"add\",\"in\":[1,2]},\n"
        "  {\"op\":\"fc\",\"in\":[3],\"out_c\":2}]}\n");
    tnas_free(bytes);
}
END_TEST

START_TEST(an_invalid_graph_is_not_saved)
{
    tnas_graph graph;
    small_graph(&graph);
    graph.tensors[2].h = 7;
    ck_fails(TNAS_ERR_INPUT, "does not follow",
             tnas_graph_save(&graph, "x", in_folder("invalid.json")));
    ck_assert(!tnas_file_exists(in_folder("invalid.json")));
}
END_TEST

/* A root with these members after format and version; an operator between two brackets. */
#define ROOT(members) "{\"format\":\"tinynas-graph\",\"version\":1," members "}"
#define OPS(ops)      ROOT("\"input\":[8,6,3],\"ops\":[" ops "]")
#define CONV          "\"op\":\"conv2d\",\"in\":[0],\"out_c\":4"

static const struct {
    const char *text, *sentence;
} malformed[] = {
    {"", "line 1: not valid JSON"},
    {"{\"format\":\"tinynas-graph\",\n\"version\":1,\n]", "line 3: not valid JSON"},
    {"[]", "must be a JSON object"},
    {"{\"format\":\"tinynas-space\",\"version\":1}", "must be \"tinynas-graph\""},
    {"{\"format\":\"tinynas-graph\",\"version\":2}", "this program reads version 1"},
    {ROOT("\"input\":[8,6,3]"), "key \"ops\" is missing"},
    {ROOT("\"ops\":[]"), "key \"input\" is missing"},
    {ROOT("\"input\":[8,6,3],\"ops\":[]"), "ops: 0 operators: must be 1 to 320"},
    {ROOT("\"input\":[8,6,3],\"ops\":{}"), "ops: must be an array"},
    {ROOT("\"input\":[8,6],\"ops\":[]"), "input: 2 numbers: must be height, width, channels"},
    {ROOT("\"input\":[8,0,3],\"ops\":[]"), "input[1]: 0 is outside 1..32767"},
    {ROOT("\"input\":[8,6.5,3],\"ops\":[]"), "input[1]: 6.5 must be a whole number"},
    {ROOT("\"input\":[20000,20000,3],\"ops\":[]"), "input: exceeds 134217728 elements"},
    {ROOT("\"input\":[8,6,3],\"ops\":[],\"author\":1"), "unknown key \"author\""},
    {ROOT("\"input\":[8,6,3],\"ops\":[],\"name\":1"), "name: must be a text"},
    {OPS("7"), "ops[0]: key \"op\" is missing"},
    {OPS("{\"in\":[0]}"), "ops[0]: key \"op\" is missing"},
    {OPS("{\"op\":\"lstm\",\"in\":[0]}"), "ops[0]: op = \"lstm\" is no operator"},
    {OPS("{\"op\":3,\"in\":[0]}"), "ops[0].op: must be a text"},
    {OPS("{\"op\":\"conv2d\",\"out_c\":4}"), "ops[0]: key \"in\" is missing"},
    {OPS("{\"op\":\"conv2d\",\"in\":[0]}"), "ops[0]: key \"out_c\" is missing"},
    {OPS("{\"op\":\"conv2d\",\"in\":[0],\"out_c\":0}"), "ops[0].out_c: 0 is outside 1..32767"},
    {OPS("{\"op\":\"conv2d\",\"in\":[],\"out_c\":1}"), "ops[0].in: 0 tensors: conv2d takes 1"},
    {OPS("{\"op\":\"conv2d\",\"in\":[1],\"out_c\":1}"), "ops[0].in[0]: 1 is outside 0..0"},
    {OPS("{" CONV "},{\"op\":\"add\",\"in\":[1]}"), "ops[1].in: 1 tensors: add takes 2"},
    {OPS("{" CONV "},{\"op\":\"add\",\"in\":[1,0]}"), "ops[1]: add of 8x6x4 and 8x6x3"},
    {OPS("{" CONV "},{\"op\":\"mul\",\"in\":[1]}"), "ops[1].in: 1 tensors: mul takes 2"},
    {OPS("{" CONV "},{\"op\":\"mul\",\"in\":[0,1]}"), "mul of 8x6x3 and 8x6x4: must be one shape"},
    {OPS("{" CONV ",\"stride\":[2,2]},{\"op\":\"concat\",\"in\":[0,1]}"),
     "concat of 8x6x3 and 4x3x4: must agree in height and width"},
    {OPS("{\"op\":\"softmax\",\"in\":[0],\"activation\":\"relu\"}"),
     "ops[0]: unknown key \"activation\"; known here: op,in"},
    {OPS("{\"op\":\"pad\",\"in\":[0],\"pad\":[0,0,0,256]}"),
     "ops[0].pad[3]: 256 is outside 0..255"},
    {OPS("{\"op\":\"pad\",\"in\":[0],\"kernel\":[3,3]}"), "ops[0]: unknown key \"kernel\""},
    {OPS("{\"op\":\"activation\",\"in\":[0]}"), "ops[0]: activation must be there"},
    {OPS("{" CONV "},{\"op\":\"add\",\"in\":[1,1],\"kernel\":[1,1]}"),
     "ops[1]: unknown key \"kernel\"; known here: op,in,activation"},
    {OPS("{" CONV ",\"dilation\":2}"), "ops[0]: unknown key \"dilation\""},
    {OPS("{\"op\":\"maxpool\",\"in\":[0],\"out_c\":3}"), "ops[0]: unknown key \"out_c\""},
    {OPS("{" CONV ",\"kernel\":3}"), "ops[0].kernel: must be an array"},
    {OPS("{" CONV ",\"kernel\":[3]}"), "ops[0].kernel: 1 numbers: must be 2"},
    {OPS("{" CONV ",\"kernel\":[3,256]}"), "ops[0].kernel[1]: 256 is outside 1..255"},
    {OPS("{" CONV ",\"kernel\":[3,7]}"), "ops[0]: kernel 3x7 is larger than the padded input, 8x6"},
    {OPS("{" CONV ",\"stride\":[0,1]}"), "ops[0].stride[0]: 0 is outside 1..255"},
    {OPS("{" CONV ",\"kernel\":[3,3],\"pad\":[1,1]}"), "ops[0].pad: 2 numbers: must be 4"},
    {OPS("{" CONV ",\"kernel\":[2,3],\"pad\":[0,0,2,3]}"), "ops[0].pad[3]: 3 is outside 0..2"},
    {OPS("{" CONV ",\"pad\":[1,0,0,0]}"), "ops[0].pad[0]: 1 is outside 0..0"},
    {OPS("{" CONV ",\"activation\":\"gelu\"}"), "ops[0]: activation = \"gelu\" is unknown"},
    {OPS("{" CONV ",\"activation\":null}"), "ops[0].activation: must be a text"},
    {ROOT("\"input\":[1024,1024,64],\"ops\":[{\"op\":\"fc\",\"in\":[0],\"out_c\":1000}]"),
     "ops[0]: output or weights exceed 134217728 elements"},
};
enum { MALFORMED_COUNT = sizeof malformed / sizeof malformed[0] };

START_TEST(a_malformed_graph_file_is_refused_with_its_place)
{
    const char *const text = malformed[_i].text;
    ck_ok(tnas_file_write(in_folder("bad.json"), text, strlen(text)));
    tnas_graph graph;
    ck_fails(TNAS_ERR_INPUT, malformed[_i].sentence,
             tnas_graph_load(in_folder("bad.json"), &graph));
    ck_assert_msg(strstr(tnas_error_text(), "bad.json") != NULL, "\"%s\" names no file",
                  tnas_error_text());
    ck_assert_int_eq(graph.op_count, 0);
}
END_TEST

START_TEST(more_operators_than_fit_are_refused)
{
    static char text[TNAS_GRAPH_OPS_MAX * 32];
    int length =
        snprintf(text, sizeof text,
                 "{\"format\":\"tinynas-graph\",\"version\":1,\"input\":[1,1,1],\"ops\":[");
    for (int i = 0; i <= TNAS_GRAPH_OPS_MAX; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s{\"op\":\"add\"}",
                           i > 0 ? "," : "");
    length += snprintf(text + length, sizeof text - (size_t)length, "]}");
    ck_ok(tnas_file_write(in_folder("long.json"), text, (size_t)length));
    tnas_graph graph;
    ck_fails(TNAS_ERR_INPUT, "ops: 321 operators", tnas_graph_load(in_folder("long.json"), &graph));
}
END_TEST

/* ---- Model files ---- */

static void fill(tnas_rng *rng, float *values, size_t count, bool positive)
{
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = (float)(positive ? 0.01 + tnas_rng_unit(rng) : tnas_rng_normal(rng));
}

/* Random constants everywhere, batch norm at every other convolution of a float model. */
static tnas_model *random_model(tnas_rng *rng, tnas_model_type type, const tnas_graph *graph)
{
    tnas_model *model;
    ck_ok(tnas_model_create(type, graph, &model));
    for (int op = 0; op < graph->op_count; op++) {
        const size_t weights = (size_t)tnas_op_weight_count(graph, op);
        const size_t channels = (size_t)graph->tensors[graph->ops[op].out].c;
        if (weights == 0)
            continue;
        const bool filters = tnas_op_has(graph->ops[op].kind, TNAS_OP_FILTERS);
        ck_ok(tnas_model_add_constants(model, op, filters && op % 2));
        tnas_op_constants *const k = &model->constants[op];
        fill(rng, k->weight, weights, false);
        float *const arrays[] = {k->bias, k->bn_scale, k->bn_shift, k->bn_mean};
        for (int i = 0; i < 4; i++)
            fill(rng, arrays[i], channels, false);
        fill(rng, k->bn_var, channels, true);
        fill(rng, k->weight_scale, channels, true);
        for (size_t i = 0; k->weight_s8 != NULL && i < weights; i++)
            k->weight_s8[i] = (int8_t)((int)tnas_rng_below(rng, 255) - 127);
        const bool vector = tnas_op_has(graph->ops[op].kind, TNAS_OP_VECTOR);
        if (vector && k->weight_s8 != NULL)
            k->weight_s8[0] = INT8_MIN;
        for (size_t c = 0; k->bias_s32 != NULL && c < channels; c++)
            k->bias_s32[c] = vector ? (int32_t)tnas_rng_below(rng, 256) - 128
                                    : (int32_t)(uint32_t)tnas_rng_u64(rng);
    }
    for (int t = 0; type == TNAS_MODEL_INT8 && t < graph->tensor_count; t++)
        model->quant[t] = (tnas_quant){(float)(0.001 + tnas_rng_unit(rng)),
                                       (int32_t)tnas_rng_below(rng, 256) - 128};
    return model;
}

static void assert_equal_arrays(const void *a, const void *b, size_t bytes)
{
    ck_assert_int_eq(a == NULL, b == NULL);
    if (a != NULL)
        ck_assert_mem_eq(a, b, bytes);
}

static void assert_equal_models(const tnas_model *a, const tnas_model *b)
{
    ck_assert_int_eq(a->type, b->type);
    assert_equal_graphs(&a->graph, &b->graph);
    for (int op = 0; op < a->graph.op_count; op++) {
        const tnas_op_constants *const x = &a->constants[op], *const y = &b->constants[op];
        const size_t weights = (size_t)tnas_op_weight_count(&a->graph, op);
        const size_t word_bytes = 4 * (size_t)a->graph.tensors[a->graph.ops[op].out].c;
        assert_equal_arrays(x->weight, y->weight, weights * sizeof(float));
        assert_equal_arrays(x->bias, y->bias, word_bytes);
        assert_equal_arrays(x->bn_scale, y->bn_scale, word_bytes);
        assert_equal_arrays(x->bn_shift, y->bn_shift, word_bytes);
        assert_equal_arrays(x->bn_mean, y->bn_mean, word_bytes);
        assert_equal_arrays(x->bn_var, y->bn_var, word_bytes);
        assert_equal_arrays(x->weight_s8, y->weight_s8, weights);
        assert_equal_arrays(x->weight_scale, y->weight_scale, word_bytes);
        assert_equal_arrays(x->bias_s32, y->bias_s32, word_bytes);
    }
    if (a->type == TNAS_MODEL_INT8)
        ck_assert_mem_eq(a->quant, b->quant, sizeof a->quant[0] * (size_t)a->graph.tensor_count);
}

START_TEST(a_saved_model_loads_as_it_was)
{
    tnas_graph graph;
    random_graph(_i / 2, &graph);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1000 + (uint64_t)_i);
    tnas_model *const model =
        random_model(&rng, _i % 2 ? TNAS_MODEL_INT8 : TNAS_MODEL_FLOAT, &graph);
    tnas_model *loaded;
    ck_ok(tnas_model_save(model, in_folder("model.tnm")));
    ck_ok(tnas_model_load(in_folder("model.tnm"), &loaded));
    assert_equal_models(model, loaded);
    tnas_model_destroy(loaded);
    tnas_model_destroy(model);
}
END_TEST

/* The bytes of a small saved model; release with tnas_free. */
static uint8_t *small_model_file(tnas_model_type type, size_t *byte_count)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 4, 4, 1);
    const int a = graph_append_conv(&graph, TNAS_OP_CONV2D, 0, 1, 2, 2, TNAS_ACT_RELU);
    graph_append_fc(&graph, graph_append_conv(&graph, TNAS_OP_DWCONV2D, a, 2, 1, 0, TNAS_ACT_NONE),
                    2);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, type);
    tnas_model *const model = random_model(&rng, type, &graph);
    ck_ok(tnas_model_save(model, in_folder("small.tnm")));
    tnas_model_destroy(model);
    uint8_t *bytes;
    ck_ok(tnas_file_read(in_folder("small.tnm"), 100000, &bytes, byte_count));
    return bytes;
}

static tnas_status load_bytes(const uint8_t *bytes, size_t byte_count)
{
    FILE *const file = fopen(in_folder("trial.tnm"), "wb"); /* no sync: thousands of them */
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, byte_count, file), byte_count);
    ck_assert_int_eq(fclose(file), 0);
    tnas_model *model;
    const tnas_status status = tnas_model_load(in_folder("trial.tnm"), &model);
    ck_assert_int_eq(status == TNAS_OK, model != NULL);
    tnas_model_destroy(model);
    return status;
}

START_TEST(a_model_file_cut_at_any_byte_is_refused)
{
    size_t byte_count;
    uint8_t *const bytes = small_model_file((tnas_model_type)_i, &byte_count);
    for (size_t length = 0; length < byte_count; length++)
        ck_fails(TNAS_ERR_INPUT, length < 36 ? "not a tinynas model file" : "truncated or damaged",
                 load_bytes(bytes, length));
    ck_ok(load_bytes(bytes, byte_count));
    tnas_free(bytes);
}
END_TEST

START_TEST(a_model_file_with_any_bit_flipped_is_refused)
{
    size_t byte_count;
    uint8_t *const bytes = small_model_file((tnas_model_type)_i, &byte_count);
    for (size_t bit = 0; bit < 8 * byte_count; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_eq(load_bytes(bytes, byte_count), TNAS_ERR_INPUT);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    tnas_free(bytes);
}
END_TEST

static void seal(uint8_t *bytes, size_t byte_count)
{
    const uint64_t hash = tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count - 8);
    for (int i = 0; i < 8; i++)
        bytes[byte_count - 8 + (size_t)i] = (uint8_t)(hash >> (8 * i));
}

/* Whoever writes a wrong field can also write the right checksum. Nothing is asserted but
 * that loading ends, with a sentence when it fails; the sanitizers see the rest. */
START_TEST(a_hostile_model_file_with_a_fitting_checksum_does_no_harm)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    size_t byte_count;
    uint8_t *const bytes = small_model_file((tnas_model_type)_i, &byte_count);
    for (size_t at = 0; at < byte_count - 8; at++) {
        const uint8_t kept = bytes[at];
        for (size_t v = 0; v < sizeof values; v++) {
            bytes[at] = values[v];
            seal(bytes, byte_count);
            const tnas_status status = load_bytes(bytes, byte_count);
            if (status != TNAS_OK)
                ck_fails(TNAS_ERR_INPUT, "trial.tnm: ", status);
        }
        bytes[at] = kept;
    }
    for (size_t length = 44; length < byte_count; length++) {
        uint8_t *const cut = tnas_alloc_zero(length, 1);
        memcpy(cut, bytes, length);
        seal(cut, length);
        ck_fails(TNAS_ERR_INPUT, "ends within", load_bytes(cut, length));
        tnas_free(cut);
    }
    tnas_free(bytes);
}
END_TEST

/* Fields of the small file by offset: 28 header, 3 operators of 20, then (int8) 4 tensors of 8
 * bytes, then the first operator's constants: 2 weights, 2 scales, 2 biases. */
enum { AT_VERSION = 4, AT_TYPE = 8, AT_OPS = 12, AT_INPUT = 16, AT_OP0 = 28 };
enum { AT_QUANT = 28 + 3 * 20, AT_WEIGHT = 28 + 3 * 20 + 4 * 8 };

static const struct {
    size_t at;
    uint32_t value;
    int bytes;
    const char *sentence;
} hostile_fields[] = {
    {0, 'T', 1, "not a tinynas model file"},
    {AT_VERSION, 2, 4, "version 2: this program reads version 1"},
    {AT_TYPE, 2, 4, "type 2 is neither float nor int8"},
    {AT_OPS, 0, 4, "0 operators: must be 1 to 320"},
    {AT_OPS, 321, 4, "321 operators"},
    {AT_OPS, 200, 4, "ends within its operators"},
    {AT_INPUT, 0xffffffff, 4, "input 4294967295x4x1"},
    {AT_INPUT, 0, 4, "operator 0: kind 0 from tensors 0, -1 is impossible"},
    {AT_OP0, 14, 1, "operator 0: kind 14"},
    {AT_OP0, 7, 1, "operator 0: kind 7 from tensors 0, -1 is impossible"}, /* concat of one */
    {AT_OP0 + 1, 3, 1, "operator 0: activation 3 is unknown"},
    {AT_OP0 + 2, 1, 2, "operator 0: kind 0 from tensors 1, -1 is impossible"},
    {AT_OP0 + 6, 0, 1, "operator 0: kind 0"},
    {AT_OP0 + 10, 1, 1, "operator 0 (conv2d): a pad must be below the kernel size"},
    {AT_OP0 + 14, 0x80000000, 4, "operator 0: kind 0"},
    {AT_OP0 + 20 + 14, 3, 4, "operator 1: kind 1"}, /* depthwise keeps its 2 channels */
    {AT_OP0 + 18, 3, 2, "operator 0 (conv2d) cannot hold constants 3"},
    {AT_OP0 + 18, 4, 2, "operator 0 (conv2d) cannot hold constants 4"},
    {AT_OP0 + 2 * 20 + 18, 0, 2, "bytes too long"},
    {AT_QUANT, 0, 4, "tensor 0: scale 0 must be positive"},
    {AT_QUANT, 0x7f800000, 4, "tensor 0: scale inf must be positive"},
    {AT_QUANT + 4, 128, 4, "zero point 128 in -128..127"},
    {AT_WEIGHT, 0x80, 1, "operator 0: weight[0] = -128 is below -127"},
    {AT_WEIGHT + 2, 0x7fc00000, 4, "operator 0: weight_scale[0] = nan must be finite"},
    {AT_WEIGHT + 2, 0xbf800000, 4, "operator 0: weight_scale[0] = -1 must be finite and positive"},
};
enum { HOSTILE_COUNT = sizeof hostile_fields / sizeof hostile_fields[0] };

START_TEST(each_wrong_field_of_a_model_file_has_its_sentence)
{
    size_t byte_count;
    uint8_t *const bytes = small_model_file(TNAS_MODEL_INT8, &byte_count);
    for (int i = 0; i < hostile_fields[_i].bytes; i++)
        bytes[hostile_fields[_i].at + (size_t)i] = (uint8_t)(hostile_fields[_i].value >> (8 * i));
    seal(bytes, byte_count);
    ck_fails(TNAS_ERR_INPUT, hostile_fields[_i].sentence, load_bytes(bytes, byte_count));
    tnas_free(bytes);
}
END_TEST

START_TEST(a_model_without_constants_stays_without)
{
    tnas_graph graph;
    small_graph(&graph);
    tnas_model *model, *loaded;
    ck_ok(tnas_model_create(TNAS_MODEL_FLOAT, &graph, &model));
    ck_ok(tnas_model_save(model, in_folder("empty.tnm")));
    ck_ok(tnas_model_load(in_folder("empty.tnm"), &loaded));
    assert_equal_models(model, loaded);
    tnas_model_destroy(loaded);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(loading_and_saving_survive_every_failing_allocation)
{
    tnas_graph graph;
    small_graph(&graph);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 7);
    tnas_model *const model = random_model(&rng, TNAS_MODEL_FLOAT, &graph);
    tnas_model *loaded = NULL;
    for (int step = 0; step < 4; step++) {
        tnas_status status = TNAS_ERR_NOMEM;
        for (long n = 0; status != TNAS_OK; n++) {
            tnas_alloc_fail_after(n);
            switch (step) {
            case 0:
                status = tnas_model_save(model, in_folder("faults.tnm"));
                break;
            case 1:
                status = tnas_model_load(in_folder("faults.tnm"), &loaded);
                ck_assert_int_eq(status == TNAS_OK, loaded != NULL);
                break;
            case 2:
                status = tnas_graph_save(&graph, "faults", in_folder("faults.json"));
                break;
            default:
                status = tnas_graph_load(in_folder("faults.json"), &graph);
            }
            tnas_alloc_fail_after(-1);
            ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
            ck_assert_int_lt(n, 100);
        }
    }
    assert_equal_models(model, loaded);
    tnas_model_destroy(loaded);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_missing_file_is_an_io_error)
{
    tnas_graph graph;
    tnas_model *model;
    ck_fails(TNAS_ERR_IO, "nowhere.json", tnas_graph_load(in_folder("nowhere.json"), &graph));
    ck_fails(TNAS_ERR_IO, "nowhere.tnm", tnas_model_load(in_folder("nowhere.tnm"), &model));
    ck_assert_ptr_null(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("graph");
    TCase *const rules = tcase_create("rules");
    tcase_add_test(rules, output_shapes_follow_from_the_window);
    tcase_add_test(rules, same_padding_gives_input_over_stride_and_splits_low_first);
    tcase_add_test(rules, macs_and_weights_agree_with_counts_by_hand);
    tcase_add_test(rules, operators_of_imported_networks_have_shapes_and_constants_but_no_macs);
    tcase_add_test(rules, our_runtime_has_a_kernel_for_every_kind);
    tcase_add_test(rules, our_runtime_has_no_softmax_of_4096_channels);
    tcase_add_test(rules, the_training_engine_names_the_operators_it_lacks);
    tcase_add_test(rules, impossible_operators_are_not_appended);
    tcase_add_test(rules, sizes_beyond_the_limits_are_impossible);
    tcase_add_loop_test(rules, check_names_each_violation, 0, VIOLATION_COUNT);
    tcase_add_test(rules, texts_of_kinds_and_activations_parse_back);
    suite_add_tcase(suite, rules);
    TCase *const graph_files = tcase_create("graph files");
    tcase_add_unchecked_fixture(graph_files, make_folder, NULL);
    tcase_add_loop_test(graph_files, a_saved_graph_loads_as_it_was, 0, 100);
    tcase_add_test(graph_files, a_lopsided_window_survives_both_files);
    tcase_add_test(graph_files, a_graph_file_has_one_operator_a_line_and_no_defaults);
    tcase_add_test(graph_files, an_invalid_graph_is_not_saved);
    tcase_add_loop_test(graph_files, a_malformed_graph_file_is_refused_with_its_place, 0,
                        MALFORMED_COUNT);
    tcase_add_test(graph_files, more_operators_than_fit_are_refused);
    suite_add_tcase(suite, graph_files);
    TCase *const model_files = tcase_create("model files");
    tcase_add_unchecked_fixture(model_files, make_folder, NULL);
    tcase_set_timeout(model_files, 60);
    tcase_add_loop_test(model_files, a_saved_model_loads_as_it_was, 0, 24);
    tcase_add_loop_test(model_files, a_model_file_cut_at_any_byte_is_refused, 0, 2);
    tcase_add_loop_test(model_files, a_model_file_with_any_bit_flipped_is_refused, 0, 2);
    tcase_add_loop_test(model_files, a_hostile_model_file_with_a_fitting_checksum_does_no_harm, 0,
                        2);
    tcase_add_loop_test(model_files, each_wrong_field_of_a_model_file_has_its_sentence, 0,
                        HOSTILE_COUNT);
    tcase_add_test(model_files, a_model_without_constants_stays_without);
    tcase_add_test(model_files, loading_and_saving_survive_every_failing_allocation);
    tcase_add_test(model_files, a_missing_file_is_an_io_error);
    suite_add_tcase(suite, model_files);
    return run_suite(suite);
}
