/* The published networks of configs/graphs: their sizes, and their shapes against the files
 * that their publishers ship. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"
#include "graph/tflite.h"
#include "tests/testing.h"

static void load(const char *name, tnas_graph *out)
{
    char path[128];
    snprintf(path, sizeof path, "configs/graphs/%s.json", name);
    ck_ok(tnas_graph_load(path, out));
}

/* Weights and biases; batch norms of the published float networks have two values per channel
 * where the deployed ones have a bias. */
static int64_t count_parameters(const tnas_graph *graph, int per_channel)
{
    int64_t count = tnas_graph_weight_count(graph);
    for (int op = 0; op < graph->op_count; op++) {
        const bool is_classifier = graph->ops[op].kind == TNAS_OP_FC;
        if (tnas_op_weight_count(graph, op) > 0)
            count += (is_classifier ? 1 : per_channel) * graph->tensors[graph->ops[op].out].c;
    }
    return count;
}

/* Exact, and as published: millions with the digits that were printed; 0: not published.
 * MCUNet's zoo counts batch norms; MLPerf Tiny prints none of these: there the file counts. */
static const struct {
    const char *name;
    int64_t macs, weights;
    double million_macs, million_parameters, macs_digit, parameters_digit;
} nets[] = {
    {"mcunet-in0", 6364224, 735176, 6.4, 0.75, 0.1, 0.01},
    {"mcunet-in1", 12790096, 623216, 12.8, 0.64, 0.1, 0.01},
    {"mcunet-in2", 67287200, 712904, 67.3, 0.73, 0.1, 0.01},
    {"mcunet-in3", 81785520, 721032, 81.8, 0.74, 0.1, 0.01},
    {"mcunet-in4", 125874400, 1710232, 125.9, 1.73, 0.1, 0.01},
    {"mcunet-vww1", 11578816, 420520, 11.6, 0.43, 0.1, 0.01},
    {"mbv2-w0.35", 23499152, 736864, 23.5, 0.75, 0.1, 0.01},
    {"mbv2-w0.3-r64", 4542080, 621776, 0, 0, 0, 0},
    {"mbv2-w0.3-r80", 7299968, 621776, 0, 0, 0, 0},
    {"proxyless-w0.3", 38282216, 741680, 38.3, 0.75, 0.1, 0.01},
    {"proxyless-w0.3-r176", 38282216, 741680, 38.3, 0.75, 0.1, 0.01},
    {"proxyless-w0.3-r64", 5186432, 741680, 0, 0, 0, 0},
    {"proxyless-w0.25-r112", 10691008, 559240, 0, 0, 0, 0},
    {"mobilenet_v1_0.25_160_quant", 21059456, 463856, 21, 0, 1, 0},
    {"vww_96_int8", 7489664, 208112, 0, 0, 0, 0},
    {"kws_ref_model", 2656768, 22016, 0, 0, 0, 0},
    {"pretrainedResnet_quant", 12501632, 77360, 12.5, 0, 0.1, 0},
    {"ad01_int8", 264192, 264192, 0, 0, 0, 0},
};

START_TEST(published_networks_have_their_published_sizes)
{
    tnas_graph graph;
    load(nets[_i].name, &graph);
    ck_assert_int_eq(tnas_graph_macs(&graph), nets[_i].macs);
    ck_assert_int_eq(tnas_graph_weight_count(&graph), nets[_i].weights);
    if (nets[_i].million_macs > 0)
        ck_assert_double_le(fabs((double)nets[_i].macs / 1e6 - nets[_i].million_macs),
                            nets[_i].macs_digit / 2);
    const double parameters = (double)count_parameters(&graph, 2) / 1e6;
    if (nets[_i].million_parameters > 0)
        ck_assert_double_le(fabs(parameters - nets[_i].million_parameters),
                            nets[_i].parameters_digit / 2);
}
END_TEST

/* ---- Shape by shape against $SHARED/models/layers.csv ---- */

static const struct {
    const char *name;
    int folded; /* rows of the file that are no operators of ours */
} files[] = {
    {"kws_ref_model", 2},          /* reshape, softmax */
    {"vww_96_int8", 2},            /* reshape, softmax */
    {"pretrainedResnet_quant", 2}, /* reshape, softmax */
    {"ad01_int8", 0},
    {"mcunet-vww1", 8}, /* quantize, dequantize, 4 pads, transpose and mean of the pooling */
};

static int number(const tnas_csv *csv, int row, const char *column)
{
    return atoi(tnas_csv_text(csv, row, tnas_csv_column(csv, column)));
}

/* The kind that an operator of a file has here; TNAS_NONE: folded into its neighbours. The
 * second MEAN of the pair stands for the pooling. */
static int kind_of_row(const tnas_csv *csv, int row)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {
        {"CONV_2D", TNAS_OP_CONV2D}, {"DEPTHWISE_CONV_2D", TNAS_OP_DWCONV2D},
        {"ADD", TNAS_OP_ADD},        {"AVERAGE_POOL_2D", TNAS_OP_AVGPOOL},
        {"MEAN", TNAS_OP_AVGPOOL},   {"FULLY_CONNECTED", TNAS_OP_FC},
    };
    const char *const name = tnas_csv_text(csv, row, tnas_csv_column(csv, "op"));
    if (strcmp(name, "MEAN") == 0 && number(csv, row, "out_c") == 3) /* after a transpose */
        return TNAS_NONE;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (strcmp(kinds[k].name, name) == 0)
            return kinds[k].kind;
    return TNAS_NONE;
}

static void compare_row(const tnas_csv *csv, int row, const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]], *const out = &graph->tensors[o->out];
    const int line = tnas_csv_line(csv, row);
    ck_assert_int_eq(out->h, number(csv, row, "out_h"));
    ck_assert_int_eq(out->w, number(csv, row, "out_w"));
    ck_assert_int_eq(out->c, number(csv, row, "out_c"));
    ck_assert_int_eq(tnas_op_macs(graph, op), number(csv, row, "macs"));
    if (o->kind == TNAS_OP_CONV2D || o->kind == TNAS_OP_DWCONV2D) {
        /* A PAD before it has grown the input there. */
        const bool valid =
            strcmp(tnas_csv_text(csv, row, tnas_csv_column(csv, "padding")), "VALID") == 0;
        ck_assert_int_eq(in->h + (valid ? o->pad_top + o->pad_bottom : 0),
                         number(csv, row, "in_h"));
        ck_assert_int_eq(in->w + (valid ? o->pad_left + o->pad_right : 0),
                         number(csv, row, "in_w"));
        ck_assert_int_eq(o->kernel_h, number(csv, row, "kernel_h"));
        ck_assert_int_eq(o->kernel_w, number(csv, row, "kernel_w"));
        ck_assert_int_eq(o->stride_h, number(csv, row, "stride_h"));
        ck_assert_int_eq(o->stride_w, number(csv, row, "stride_w"));
    }
    const char *const activation = tnas_csv_text(csv, row, tnas_csv_column(csv, "activation"));
    if (activation[0] != '\0')
        ck_assert_msg(strcasecmp(activation, tnas_activation_text(o->activation)) == 0,
                      "line %d: %s, the graph has %s", line, activation,
                      tnas_activation_text(o->activation));
    if (tnas_op_weight_count(graph, op) > 0) /* int32 biases */
        ck_assert_int_eq(tnas_op_weight_count(graph, op) + 4 * out->c,
                         number(csv, row, "const_bytes"));
}

START_TEST(graphs_have_the_shapes_of_their_files)
{
    char path[TNAS_PATH_BYTES];
    if (shared_path("models/layers.csv", path) == NULL)
        return;
    tnas_csv *csv;
    tnas_graph graph;
    ck_ok(tnas_csv_load(path, &csv));
    load(files[_i].name, &graph);
    int op = 0, folded = 0;
    for (int row = 0; row < tnas_csv_row_count(csv); row++) {
        if (strcmp(tnas_csv_text(csv, row, tnas_csv_column(csv, "model")), files[_i].name) != 0)
            continue;
        const int kind = kind_of_row(csv, row);
        if (kind == TNAS_NONE) {
            folded++;
            continue;
        }
        ck_assert_int_lt(op, graph.op_count);
        ck_assert_int_eq(graph.ops[op].kind, kind);
        compare_row(csv, row, &graph, op++);
    }
    ck_assert_int_eq(op, graph.op_count);
    ck_assert_int_eq(folded, files[_i].folded);
    tnas_csv_destroy(csv);
}
END_TEST

/* ---- Against the files themselves, by way of the importer ---- */

static bool same_inputs(const tnas_op *a, const tnas_op *b)
{
    return (a->in[0] == b->in[0] && a->in[1] == b->in[1]) ||
           (a->in[0] == b->in[1] && a->in[1] == b->in[0]);
}

static bool same_window(const tnas_op *a, const tnas_op *b)
{
    return a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->pad_top == b->pad_top &&
           a->pad_bottom == b->pad_bottom && a->pad_left == b->pad_left &&
           a->pad_right == b->pad_right;
}

/* The operator of the file that is operator `op` of the graph. A pooling of ours may be two means,
 * one side at a time: the second one then, with the same output. */
static const tnas_op *counterpart(const tnas_graph *file, const tnas_op *of, int op, int *more)
{
    const tnas_op *const found = &file->ops[op + *more];
    if (of->kind != TNAS_OP_AVGPOOL || !tnas_op_is_mean(found->kind))
        return found;
    ck_assert_int_eq(found->kernel_h * found[1].kernel_h, of->kernel_h);
    ck_assert_int_eq(found->kernel_w * found[1].kernel_w, of->kernel_w);
    ++*more;
    return NULL;
}

START_TEST(imported_files_are_the_graphs)
{
    char relative[96], path[TNAS_PATH_BYTES];
    snprintf(relative, sizeof relative, "models/%s.tflite", files[_i].name);
    if (shared_path(relative, path) == NULL)
        return;
    tnas_model *model;
    tnas_graph graph;
    ck_ok(tnas_tflite_load(path, &model, NULL));
    load(files[_i].name, &graph);
    const tnas_graph *const file = &model->graph;
    const bool softmax = file->ops[file->op_count - 1].kind == TNAS_OP_SOFTMAX;
    int more = 0; /* operators of the file than of the graph, so far: behind the poolings */
    for (int op = 0; op < graph.op_count; op++) {
        const tnas_op *const a = &graph.ops[op], *const b = counterpart(file, a, op, &more);
        ck_assert_msg(b == NULL || (a->kind == b->kind && a->activation == b->activation &&
                                    (more > 0 || same_inputs(a, b)) && same_window(a, b)),
                      "operator %d differs", op);
        ck_assert_mem_eq(&graph.tensors[a->out], &file->tensors[a->out + more],
                         sizeof graph.tensors[0]);
    }
    ck_assert_int_eq(file->op_count - softmax, graph.op_count + more);
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("networks");
    TCase *published = tcase_create("published");
    tcase_add_loop_test(published, published_networks_have_their_published_sizes, 0,
                        sizeof nets / sizeof nets[0]);
    tcase_add_loop_test(published, graphs_have_the_shapes_of_their_files, 0,
                        sizeof files / sizeof files[0]);
    tcase_add_loop_test(published, imported_files_are_the_graphs, 0,
                        sizeof files / sizeof files[0]);
    suite_add_tcase(suite, published);
    return run_suite(suite);
}
