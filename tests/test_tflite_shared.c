/* Real files: those of the shared models, beside the table of their operators' shapes. */
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "graph/tflite.h"
#include "quant/image.h"
#include "tests/testing.h"

/* Files, operators of the graph, output channels without weights; and whether our runtime takes
 * it: int8 files. */
static const struct {
    const char *name;
    int op_count, dead_channels;
    bool runs;
} files[] = {
    {"FC 1 x 10_Breast cancer", 3, 0, false},
    {"FC 1 x 10_Digits", 3, 0, false},
    {"FC 1 x 10_Iris", 3, 0, false},
    {"FC 1 x 10_Wine", 3, 0, false},
    {"FC 10 x 10_Breast cancer", 12, 0, false},
    {"FC 10 x 10_Digits", 12, 0, false},
    {"FC 10 x 10_Iris", 12, 0, false},
    {"FC 10 x 10_Wine", 12, 0, false},
    {"FC 10+50_Breast cancer", 4, 0, false},
    {"FC 10+50_Digits", 4, 0, false},
    {"FC 10+50_Iris", 4, 0, false},
    {"FC 10+50_Wine", 4, 0, false},
    {"ad01_fp32", 10, 0, false},
    {"ad01_int8", 10, 0, true},
    {"cifar10_q", 5, 0, true},
    {"kws_ref_model", 12, 0, true},
    {"mbnet128_0.25_q", 30, 13, true},
    {"mcunet-vww1", 56, 297, true},
    {"mnist_valid_q", 6, 0, true},
    {"nota_mobilenet_v1_0.25_224_plant_pruned", 30, 0, true},
    {"nota_mobilenet_v1_0.5_224_flowers", 30, 0, true},
    {"nota_mobilenet_v1_0.5_224_flowers_pruned", 30, 0, true},
    {"nota_mobilenet_v2_0.35_224_flowers", 65, 0, true},
    {"nota_mobilenet_v2_0.35_224_flowers_pruned", 65, 0, true},
    {"nota_mobilenet_v2_0.35_224_plant", 65, 0, true},
    {"nota_mobilenet_v2_0.35_224_plant_pruned", 65, 0, true},
    {"nota_squeezenetv1.1_224_plant", 39, 0, true},
    {"nota_squeezenetv1.1_224_plant_pruned", 39, 0, true},
    {"pretrainedResnet", 15, 0, false},
    {"pretrainedResnet_quant", 15, 0, true},
    {"vww96_q", 30, 0, true},
    {"vww_96_float", 30, 0, false},
    {"vww_96_int8", 30, 971, true}, /* 967 of them in the last eight pointwise layers */
};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

/* NULL, with a SKIP line, without the shared models. */
static tnas_model *load(int index, tnas_tflite_notes *notes)
{
    char path[TNAS_PATH_BYTES], relative[128];
    snprintf(relative, sizeof relative, "models/%s.tflite", files[index].name);
    if (shared_path(relative, path) == NULL)
        return NULL;
    tnas_model *model;
    ck_ok(tnas_tflite_load(path, &model, notes));
    return model;
}

/* ---- The table ---- */

/*  the columns of layers.csv, in its order */
/* clang-format off */
#define COLUMNS(X)                                                                                 \
    X(model) X(index) X(op) X(in_h) X(in_w) X(in_c) X(out_h) X(out_w) X(out_c) X(kernel_h)         \
    X(kernel_w) X(stride_h) X(stride_w) X(dilation) X(depth_multiplier) X(padding) X(activation)   \
    X(macs) X(const_bytes) X(input_bytes) X(output_bytes) X(out_type) X(in_tensors) X(out_tensors)
/* clang-format on */
enum {
#define COLUMN(name) COLUMN_##name,
    COLUMNS(COLUMN) COLUMN_COUNT
#undef COLUMN
};

typedef struct table_row {
    char text[COLUMN_COUNT][96];
} table_row;

typedef struct table_check {
    int file; /* of files[] */
    const tnas_model *model;
    const tnas_tflite_notes *notes;
    table_row row;
    int column, row_count, matched_count;
    char expected_columns[512];
    bool is_header;
} table_check;

static long long number(const table_row *row, int column)
{
    return atoll(row->text[column]);
}

/* Rows without an operator of their own are the ones that the importer folds. */
static bool is_folded(const char *op)
{
    static const char *const folded[] = {"QUANTIZE",      "DEQUANTIZE", "PAD",       "RESHAPE",
                                         "SHAPE",         "PACK",       "TRANSPOSE", "MEAN",
                                         "STRIDED_SLICE", "SQUEEZE"};
    for (size_t i = 0; i < sizeof folded / sizeof folded[0]; i++)
        if (strcmp(op, folded[i]) == 0)
            return true;
    return false;
}

static void check_window(const tnas_op *op, const table_row *row)
{
    ck_assert_int_eq(op->kernel_h, number(row, COLUMN_kernel_h));
    ck_assert_int_eq(op->kernel_w, number(row, COLUMN_kernel_w));
    ck_assert_int_eq(op->stride_h, number(row, COLUMN_stride_h));
    ck_assert_int_eq(op->stride_w, number(row, COLUMN_stride_w));
}

static void check_shapes(const tnas_model *model, int index, const table_row *row)
{
    const tnas_op *const op = &model->graph.ops[index];
    const tnas_tensor *const in = &model->graph.tensors[op->in[0]];
    const tnas_tensor *const out = &model->graph.tensors[op->out];
    if (op->kind == TNAS_OP_MEAN) { /* its row may be transposed, and lacks what was reduced */
        const long long h = number(row, COLUMN_out_h), w = number(row, COLUMN_out_w);
        ck_assert_int_eq(tnas_tensor_count(out), h * w * number(row, COLUMN_out_c));
        return;
    }
    ck_assert_int_eq(out->h, number(row, COLUMN_out_h));
    ck_assert_int_eq(out->w, number(row, COLUMN_out_w));
    ck_assert_int_eq(out->c, number(row, COLUMN_out_c));
    /* A PAD that was folded makes the row's input larger, by pads that the row's VALID window
     * has not; a map that a RESHAPE flattened has another shape, with as many elements. */
    const bool is_valid = strcmp(row->text[COLUMN_padding], "VALID") == 0;
    const long long more_h = is_valid ? op->pad_top + op->pad_bottom : 0;
    const long long more_w = is_valid ? op->pad_left + op->pad_right : 0;
    if (op->kind == TNAS_OP_FC) {
        ck_assert_int_eq(tnas_tensor_count(in), number(row, COLUMN_in_h) *
                                                    number(row, COLUMN_in_w) *
                                                    number(row, COLUMN_in_c));
        return;
    }
    ck_assert_int_eq(in->h + more_h, number(row, COLUMN_in_h));
    ck_assert_int_eq(in->w + more_w, number(row, COLUMN_in_w));
    ck_assert_int_eq(in->c, number(row, COLUMN_in_c));
}

/* Of what the model holds; the rows of operators without weights count axes and the like. */
static void check_constants(const tnas_model *model, int index, const table_row *row)
{
    const int64_t weights = tnas_op_weight_count(&model->graph, index);
    const int32_t channels = model->graph.tensors[model->graph.ops[index].out].c;
    if (weights == 0)
        return;
    const int64_t bytes =
        model->type == TNAS_MODEL_INT8 ? weights + 4 * channels : 4 * (weights + channels);
    ck_assert_int_eq(bytes, number(row, COLUMN_const_bytes));
}

static int op_of_row(const table_check *check, long long file_op)
{
    for (int i = 0; i < check->model->graph.op_count; i++)
        if (check->notes->file_op[i] == file_op)
            return i;
    return -1;
}

static void check_row(table_check *check)
{
    static const char *const activations[] = {"NONE", "RELU", "RELU6"};
    const table_row *const row = &check->row;
    const int index = op_of_row(check, number(row, COLUMN_index));
    check->row_count++;
    if (index < 0) {
        ck_assert_msg(is_folded(row->text[COLUMN_op]), "%s: row %lld, %s, has no operator",
                      files[check->file].name, number(row, COLUMN_index), row->text[COLUMN_op]);
        return;
    }
    const tnas_op *const op = &check->model->graph.ops[index];
    ck_assert_int_eq(index, check->matched_count++); /* in the order of the file */
    check_shapes(check->model, index, row);
    if (row->text[COLUMN_kernel_h][0] != '\0')
        check_window(op, row);
    if (row->text[COLUMN_activation][0] != '\0')
        ck_assert_str_eq(activations[op->activation], row->text[COLUMN_activation]);
    ck_assert_int_eq(tnas_op_macs(&check->model->graph, index), number(row, COLUMN_macs));
    check_constants(check->model, index, row);
}

static void on_field(void *bytes, size_t length, void *context)
{
    table_check *const check = context;
    ck_assert_int_lt(check->column, COLUMN_COUNT);
    ck_assert_uint_lt(length, sizeof check->row.text[0]);
    char *const text = check->row.text[check->column++];
    if (length > 0)
        memcpy(text, bytes, length);
    text[length] = '\0';
}

static void on_row(int end, void *context)
{
    static const char *const names[] = {
#define COLUMN_NAME(name) #name,
        COLUMNS(COLUMN_NAME)
#undef COLUMN_NAME
    };
    (void)end;
    table_check *const check = context;
    ck_assert_int_eq(check->column, COLUMN_COUNT);
    check->column = 0;
    for (int i = 0; i < COLUMN_COUNT && check->is_header; i++)
        ck_assert_str_eq(check->row.text[i], names[i]);
    if (!check->is_header && strcmp(check->row.text[COLUMN_model], files[check->file].name) == 0)
        check_row(check);
    check->is_header = false;
}

START_TEST(every_operator_has_the_shapes_macs_and_bytes_of_the_table)
{
    char path[TNAS_PATH_BYTES];
    tnas_tflite_notes notes;
    tnas_model *const model = load(_i, &notes);
    if (model == NULL || shared_path("models/layers.csv", path) == NULL)
        return;
    ck_assert_int_eq(model->graph.op_count, files[_i].op_count);
    ck_assert_int_eq(notes.dead_channel_count, files[_i].dead_channels);
    table_check check = {.file = _i, .model = model, .notes = &notes, .is_header = true};
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(path, 1 << 24, &bytes, &byte_count));
    struct csv_parser parser;
    ck_assert_int_eq(csv_init(&parser, CSV_STRICT), 0);
    ck_assert_uint_eq(csv_parse(&parser, bytes, byte_count, on_field, on_row, &check), byte_count);
    csv_fini(&parser, on_field, on_row, &check);
    csv_free(&parser);
    tnas_free(bytes);
    /* The twelve networks of fully connected layers are not in the table. */
    const bool in_table = strncmp(files[_i].name, "FC ", 3) != 0;
    ck_assert_int_eq(check.row_count, in_table ? notes.op_count : 0);
    ck_assert_int_eq(check.matched_count, in_table ? model->graph.op_count : 0);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(an_imported_model_survives_its_own_file)
{
    tnas_tflite_notes notes;
    tnas_model *const model = load(_i * 8, &notes); /* 0, 8, ... 32 */
    if (model == NULL)
        return;
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "imported.tnm"));
    ck_ok(tnas_model_save(model, path));
    tnas_model *loaded;
    ck_ok(tnas_model_load(path, &loaded));
    ck_assert_int_eq(loaded->graph.op_count, model->graph.op_count);
    tnas_model_destroy(loaded);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(the_runtime_takes_every_int8_file)
{
    tnas_tflite_notes notes;
    tnas_model *const model = load(_i, &notes);
    if (model == NULL)
        return;
    tnas_image *image;
    const tnas_status status = tnas_image_build(model, &tnas_target_tinynas_c, &image);
    ck_assert_int_eq(status == TNAS_OK, files[_i].runs);
    if (!files[_i].runs)
        ck_assert_int_eq(model->type, TNAS_MODEL_FLOAT);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

static int index_of(const char *name)
{
    for (int i = 0; i < FILE_COUNT; i++)
        if (strcmp(files[i].name, name) == 0)
            return i;
    return -1;
}

START_TEST(the_dead_channels_of_vww_96_are_those_that_are_known)
{
    tnas_tflite_notes notes;
    tnas_model *const model = load(index_of("vww_96_int8"), &notes);
    if (model == NULL)
        return;
    int dead = 0, channels = 0, pointwise = 0;
    for (int op = model->graph.op_count - 1; op >= 0 && pointwise < 8; op--)
        if (model->graph.ops[op].kind == TNAS_OP_CONV2D) {
            dead += notes.dead_channels[op];
            channels += model->graph.tensors[op + 1].c;
            pointwise++;
        }
    ck_assert_int_eq(dead, 967);
    ck_assert_int_eq(channels, 1280);
    ck_assert_int_eq(tnas_graph_macs(&model->graph), 7489664);
    ck_assert_int_eq(notes.live_mac_count, 3742091); /* 3.74 of 7.49 million */
    tnas_model_destroy(model);
}
END_TEST

START_TEST(the_notes_say_what_was_folded)
{
    tnas_tflite_notes notes;
    tnas_model *model = load(index_of("mcunet-vww1"), &notes);
    if (model == NULL)
        return;
    ck_assert_str_eq(notes.description, "TinyNeuralNetwork Converted.");
    ck_assert_str_eq(notes.input_name, "input_0_f.1");
    ck_assert_str_eq(notes.input_type, "float32");
    ck_assert_str_eq(notes.output_type, "float32");
    ck_assert_int_eq(notes.quantize_stripped, 1);
    ck_assert_int_eq(notes.dequantize_stripped, 1);
    ck_assert_int_eq(notes.pads_folded, 4);
    ck_assert_int_eq(notes.transposes_folded, 1);
    tnas_model_destroy(model);
    model = load(index_of("mbnet128_0.25_q"), &notes);
    ck_assert_int_eq(notes.constants_folded, 3);
    ck_assert_int_eq(notes.reshapes_folded, 1);
    ck_assert_int_eq(notes.pads_folded, 4);
    tnas_model_destroy(model);
    model = load(index_of("nota_squeezenetv1.1_224_plant"), &notes);
    ck_assert_str_eq(notes.input_type, "uint8");
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("tflite shared");
    TCase *const models = tcase_create("models");
    tcase_set_timeout(models, 60);
    tcase_add_loop_test(models, every_operator_has_the_shapes_macs_and_bytes_of_the_table, 0,
                        FILE_COUNT);
    tcase_add_loop_test(models, an_imported_model_survives_its_own_file, 0, 5);
    tcase_add_loop_test(models, the_runtime_takes_every_int8_file, 0, FILE_COUNT);
    tcase_add_test(models, the_dead_channels_of_vww_96_are_those_that_are_known);
    tcase_add_test(models, the_notes_say_what_was_folded);
    suite_add_tcase(suite, models);
    return run_suite(suite);
}
