/* .tflite files that we write: they read back as the model, say what TensorFlow Lite wants to
 * hear, and are refused where they cannot. That TensorFlow Lite runs them is `make test-tflite`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/tflite.h"
#include "graph/tflite_file.h"
#include "graph/tflite_schema.h"
#include "graph/tflite_write.h"
#include "tests/random_layer.h"
#include "tests/random_model.h"
#include "tests/testing.h"

typedef struct written {
    uint8_t *bytes;
    size_t byte_count;
    tnas_model *model; /* read back */
    tnas_tflite_notes notes;
} written;

static void write_and_read(const tnas_model *model, written *out)
{
    ck_ok(tnas_tflite_build(model, "net", "a test", &out->bytes, &out->byte_count));
    ck_ok(tnas_tflite_parse(out->bytes, out->byte_count, "net.tflite", &out->model, &out->notes));
}

static void release(written *w)
{
    tnas_free(w->bytes);
    tnas_model_destroy(w->model);
}

/* ---- Reading back ---- */

static bool has_one_scale(const tnas_model *model, int op)
{
    const tnas_op_constants *const k = &model->constants[op];
    for (int c = 1; c < model->graph.tensors[model->graph.ops[op].out].c; c++)
        if (k->weight_scale[c] != k->weight_scale[0])
            return false;
    return true;
}

/* The operator as the file says it: FC with many scales is a convolution with one window. */
static tnas_op as_written(const tnas_model *model, int index)
{
    tnas_op op = model->graph.ops[index];
    if (op.kind != TNAS_OP_FC || has_one_scale(model, index))
        return op;
    const tnas_tensor *const in = &model->graph.tensors[op.in[0]];
    op.kind = TNAS_OP_CONV2D;
    op.kernel_h = (uint8_t)in->h;
    op.kernel_w = (uint8_t)in->w;
    return op;
}

static void check_constants(const tnas_model *a, const tnas_model *b, int op)
{
    const tnas_op_constants *const x = &a->constants[op], *const y = &b->constants[op];
    const size_t channels = (size_t)a->graph.tensors[a->graph.ops[op].out].c;
    ck_assert_int_eq(x->weight_s8 != NULL, y->weight_s8 != NULL);
    if (x->weight_s8 == NULL)
        return;
    ck_assert_mem_eq(x->weight_s8, y->weight_s8, (size_t)tnas_op_weight_count(&a->graph, op));
    ck_assert_mem_eq(x->weight_scale, y->weight_scale, channels * sizeof(float));
    ck_assert_mem_eq(x->bias_s32, y->bias_s32, channels * sizeof(int32_t));
}

static void check_same_model(const tnas_model *a, const tnas_model *b)
{
    ck_assert_int_eq(b->type, TNAS_MODEL_INT8);
    ck_assert_int_eq(a->graph.op_count, b->graph.op_count);
    for (int op = 0; op < a->graph.op_count; op++) {
        const tnas_op expected = as_written(a, op);
        ck_assert_msg(memcmp(&expected, &b->graph.ops[op], sizeof expected) == 0,
                      "operator %d (%s) differs", op, tnas_op_kind_text(expected.kind));
        check_constants(a, b, op);
    }
    for (int t = 0; t < a->graph.tensor_count; t++) {
        const tnas_tensor x = a->graph.tensors[t], y = b->graph.tensors[t];
        const bool flattened = t == 0 && a->graph.ops[0].kind == TNAS_OP_FC;
        ck_assert_int_eq(tnas_tensor_count(&x), tnas_tensor_count(&y));
        ck_assert_msg(flattened || (x.h == y.h && x.w == y.w && x.c == y.c), "tensor %d differs",
                      t);
        ck_assert_int_eq(a->quant[t].zero_point, b->quant[t].zero_point);
        ck_assert_float_eq(a->quant[t].scale, b->quant[t].scale);
    }
}

/* Pooling with pads on one side, which random networks have now and then, cannot be written. */
static bool is_writable(const tnas_model *model)
{
    for (int i = 0; i < model->graph.op_count; i++) {
        const tnas_op *const op = &model->graph.ops[i];
        const tnas_tensor *const in = &model->graph.tensors[op->in[0]];
        uint8_t pads[4];
        tnas_pad_same(in->h, op->kernel_h, op->stride_h, &pads[0], &pads[1]);
        tnas_pad_same(in->w, op->kernel_w, op->stride_w, &pads[2], &pads[3]);
        const bool is_pool = op->kind == TNAS_OP_AVGPOOL || op->kind == TNAS_OP_MAXPOOL;
        const uint8_t own[] = {op->pad_top, op->pad_bottom, op->pad_left, op->pad_right};
        if (is_pool && memcmp(own, pads, 4) != 0 && memcmp(own, "\0\0\0", 4) != 0)
            return false;
    }
    return true;
}

START_TEST(a_written_network_reads_back_as_itself)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_model *const model = random_int8_model(&rng);
    if (is_writable(model)) {
        written w;
        write_and_read(model, &w);
        check_same_model(model, w.model);
        release(&w);
    }
    tnas_model_destroy(model);
}
END_TEST

/* But for PAD, which the importer takes from whoever reads it: nobody here. */
START_TEST(a_layer_of_every_kind_reads_back_as_itself)
{
    for (int kind = 0; kind < LAYER_KIND_COUNT; kind++)
        for (int i = 0; i < 20 && kind != LAYER_pad; i++) {
            tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)(100 * kind + i));
            tnas_model *const model = random_layer(&rng, kind);
            written w;
            write_and_read(model, &w);
            check_same_model(model, w.model);
            release(&w);
            tnas_model_destroy(model);
        }
}
END_TEST

/* What is read and written a second time is the same file. */
START_TEST(imported_files_are_written_as_they_were_read)
{
    static const char *const names[] = {"ad01_int8",      "kws_ref_model",          "cifar10_q",
                                        "mcunet-vww1",    "pretrainedResnet_quant", "vww_96_int8",
                                        "mbnet128_0.25_q"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[TNAS_PATH_BYTES], relative[128];
        snprintf(relative, sizeof relative, "models/%s.tflite", names[i]);
        if (shared_path(relative, path) == NULL)
            return;
        tnas_model *model;
        written w, again;
        ck_ok(tnas_tflite_load(path, &model, NULL));
        write_and_read(model, &w);
        check_same_model(model, w.model);
        write_and_read(w.model, &again);
        ck_assert_uint_eq(w.byte_count, again.byte_count);
        ck_assert_mem_eq(w.bytes, again.bytes, w.byte_count);
        release(&again);
        release(&w);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(a_squeeze_and_excitation_branch_reads_back)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 4, 6, 8);
    tnas_op op = {.kind = TNAS_OP_AVGPOOL, .in = {0, TNAS_NONE}};
    op.kernel_h = 4;
    op.kernel_w = 6;
    op.stride_h = op.stride_w = 1;
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 0);
    op.kernel_h = op.kernel_w = 1;
    op.kind = TNAS_OP_FC;
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 3);
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 8);
    op.kind = TNAS_OP_LOGISTIC;
    const int gate = tnas_graph_append(&graph, &op, 0);
    op.kind = TNAS_OP_MUL;
    op.in[0] = 0;
    op.in[1] = (int16_t)gate;
    ck_assert_int_ne(tnas_graph_append(&graph, &op, 0), TNAS_NONE);
    tnas_model *model;
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    for (int t = 0; t < graph.tensor_count; t++)
        model->quant[t] = (tnas_quant){0.5f, 1};
    model->quant[gate] = (tnas_quant){1.0f / 256, -128};
    for (int i = 1; i <= 2; i++) { /* one scale, then many */
        ck_ok(tnas_model_add_constants(model, i, 0));
        for (int c = 0; c < graph.tensors[graph.ops[i].out].c; c++)
            model->constants[i].weight_scale[c] = i == 1 ? 0.25f : 0.25f + (float)c;
    }
    written w;
    write_and_read(model, &w);
    check_same_model(model, w.model);
    release(&w);
    tnas_model_destroy(model);
}
END_TEST

/* ---- The file ---- */

static tnas_tfl_file open_file(const written *w, tnas_flat *flat)
{
    tnas_tfl_file file;
    *flat = (tnas_flat){"net.tflite", w->bytes, w->byte_count};
    ck_ok(tnas_tfl_file_open(flat, &file));
    return file;
}

/* Operators of a model by code, in the file's order. */
static void check_codes(const tnas_model *model, const int *codes, int count)
{
    written w;
    tnas_flat flat;
    write_and_read(model, &w);
    tnas_tfl_file file = open_file(&w, &flat);
    ck_assert_int_eq(file.op_count, count);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(file.ops[i].code, codes[i]);
    tnas_arena_deinit(&file.arena);
    release(&w);
}

/* 5x5x2 through one operator. */
static tnas_model *one_op(const tnas_op *op, int32_t out_c)
{
    tnas_graph graph;
    tnas_model *model;
    tnas_graph_init(&graph, 5, 5, 2);
    ck_assert_int_ne(tnas_graph_append(&graph, op, out_c), TNAS_NONE);
    ck_ok(tnas_graph_check(&graph));
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    model->quant[0] = model->quant[1] = (tnas_quant){0.5f, 3};
    if (tnas_op_has(op->kind, TNAS_OP_FILTERS | TNAS_OP_VECTOR)) {
        ck_ok(tnas_model_add_constants(model, 0, 0));
        for (int c = 0; c < graph.tensors[1].c; c++)
            model->constants[0].weight_scale[c] = 0.25f;
    }
    return model;
}

static const tnas_op conv3x3 = {.kind = TNAS_OP_CONV2D,
                                .in = {0, TNAS_NONE},
                                .kernel_h = 3,
                                .kernel_w = 3,
                                .stride_h = 2,
                                .stride_w = 2};

START_TEST(pads_are_same_valid_or_an_operator_before)
{
    static const struct {
        uint8_t pads[4];
        bool is_explicit;
    } rows[] = {
        {{0, 0, 0, 0}, false}, {{1, 1, 1, 1}, false}, {{1, 0, 1, 0}, true},
        {{2, 2, 2, 2}, true},  {{0, 0, 1, 1}, true},
    };
    const int codes[] = {TFL_PAD, TFL_CONV_2D};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tnas_op op = conv3x3;
        op.pad_top = rows[i].pads[0];
        op.pad_bottom = rows[i].pads[1];
        op.pad_left = rows[i].pads[2];
        op.pad_right = rows[i].pads[3];
        tnas_model *const model = one_op(&op, 4);
        check_codes(model, rows[i].is_explicit ? codes : codes + 1, rows[i].is_explicit ? 2 : 1);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(fully_connected_takes_a_flat_input_and_one_scale)
{
    const tnas_op fc = {.kind = TNAS_OP_FC,
                        .in = {0, TNAS_NONE},
                        .kernel_h = 1,
                        .kernel_w = 1,
                        .stride_h = 1,
                        .stride_w = 1};
    const int one[] = {TFL_RESHAPE, TFL_FULLY_CONNECTED}, many[] = {TFL_CONV_2D, TFL_RESHAPE};
    tnas_model *const model = one_op(&fc, 4);
    check_codes(model, one, 2);
    model->constants[0].weight_scale[3] = 0.5f;
    check_codes(model, many, 2);
    tnas_model_destroy(model);
}
END_TEST

/* A mean of both sides gives a vector, which is reshaped; one that keeps the dimensions a map. */
START_TEST(means_say_how_they_round)
{
    tnas_op op = conv3x3;
    op.kind = TNAS_OP_MEAN;
    op.kernel_h = op.kernel_w = 5;
    op.stride_h = op.stride_w = 1;
    const int codes[] = {TFL_MEAN, TFL_RESHAPE};
    tnas_model *const model = one_op(&op, 0);
    check_codes(model, codes, 2);
    model->quant[1].scale = 0.25f;
    check_codes(model, codes, 2);
    model->graph.ops[0].kind = TNAS_OP_MEAN_KEPT;
    check_codes(model, codes, 1);
    model->graph.ops[0].kind = TNAS_OP_AVGPOOL;
    uint8_t *bytes;
    size_t byte_count;
    ck_fails(TNAS_ERR_INPUT, "0 avgpool: changes the scale or zero point, which only a mean can",
             tnas_tflite_build(model, "net", "a test", &bytes, &byte_count));
    tnas_model_destroy(model);
}
END_TEST

START_TEST(constants_lie_at_multiples_of_16_bytes)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    tnas_model *const model = random_layer(&rng, LAYER_conv2d);
    written w;
    tnas_flat flat;
    int constants = 0;
    write_and_read(model, &w);
    tnas_tfl_file file = open_file(&w, &flat);
    for (int t = 0; t < file.tensor_count; t++)
        if (file.tensors[t].data.count > 0) {
            ck_assert_uint_eq((size_t)(file.tensors[t].data.items - w.bytes) % 16, 0);
            constants++;
        }
    ck_assert_int_ge(constants, 2);
    tnas_arena_deinit(&file.arena);
    release(&w);
    tnas_model_destroy(model);
}
END_TEST

/* A bias counts in input scale x weight scale, per channel where the weights do. */
START_TEST(biases_have_the_products_scale)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    tnas_model *const model = random_layer(&rng, LAYER_dwconv2d);
    written w;
    tnas_flat flat;
    write_and_read(model, &w);
    tnas_tfl_file file = open_file(&w, &flat);
    const tnas_tfl_op *const op = &file.ops[file.op_count - 1];
    const tnas_tfl_tensor *const weights = &file.tensors[tnas_tfl_input(op, 1)];
    const tnas_tfl_tensor *const bias = &file.tensors[tnas_tfl_input(op, 2)];
    const size_t channels = (size_t)model->graph.tensors[1].c;
    ck_assert_int_eq(weights->quantized_dim, 3);
    ck_assert_uint_eq(weights->scale.count, channels);
    ck_assert_uint_eq(weights->zero_point.count, channels);
    ck_assert_uint_eq(bias->scale.count, channels);
    ck_assert_int_eq(bias->type, TFL_INT32);
    for (size_t c = 0; c < channels; c++)
        ck_assert_float_eq(tnas_flat_get_f32(bias->scale.items + 4 * c),
                           model->quant[0].scale * model->constants[0].weight_scale[c]);
    tnas_arena_deinit(&file.arena);
    release(&w);
    tnas_model_destroy(model);
}
END_TEST

/* Readers older than 2020 look at the old field alone; others ask for versions. */
START_TEST(operator_codes_are_there_twice_and_have_versions)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    tnas_model *const model = random_layer(&rng, LAYER_softmax);
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_tflite_build(model, "net", "", &bytes, &byte_count));
    const tnas_flat flat = {"net.tflite", bytes, byte_count};
    tnas_flat_table root, code;
    tnas_flat_vector codes;
    int64_t number;
    ck_ok(tnas_flat_root(&flat, "TFL3", &root));
    ck_ok(tnas_flat_int(&root, TFL_MODEL_VERSION, TNAS_FLAT_U32, 0, &number));
    ck_assert_int_eq(number, 3);
    ck_ok(tnas_flat_items(&root, TFL_MODEL_OPERATOR_CODES, 4, &codes));
    ck_assert_uint_eq(codes.count, 1);
    ck_ok(tnas_flat_item(&flat, &codes, 0, &code));
    ck_ok(tnas_flat_int(&code, TFL_CODE_OLD, TNAS_FLAT_I8, 0, &number));
    ck_assert_int_eq(number, TFL_SOFTMAX);
    ck_ok(tnas_flat_int(&code, TFL_CODE_NEW, TNAS_FLAT_I32, 0, &number));
    ck_assert_int_eq(number, TFL_SOFTMAX);
    ck_ok(tnas_flat_int(&code, TFL_CODE_VERSION, TNAS_FLAT_I32, 1, &number));
    ck_assert_int_eq(number, 2);
    tnas_free(bytes);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(texts_are_printable_ascii)
{
    tnas_model *const model = one_op(&conv3x3, 4);
    uint8_t *bytes;
    size_t byte_count;
    tnas_tflite_notes notes;
    tnas_model *read;
    ck_ok(tnas_tflite_build(model, "n", "cats\nand \xc3\xb6zi", &bytes, &byte_count));
    ck_ok(tnas_tflite_parse(bytes, byte_count, "net.tflite", &read, &notes));
    ck_assert_str_eq(notes.description, "cats?and ??zi");
    ck_assert_str_eq(notes.input_name, "input");
    ck_assert_str_eq(notes.output_name, "0_conv2d");
    ck_assert_str_eq(notes.input_type, "int8");
    ck_assert_str_eq(notes.output_type, "int8");
    tnas_free(bytes);
    tnas_model_destroy(read);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(the_same_model_gives_the_same_bytes)
{
    written w[2];
    for (int i = 0; i < 2; i++) {
        tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 4);
        tnas_model *const model = random_int8_model(&rng);
        write_and_read(model, &w[i]);
        tnas_model_destroy(model);
    }
    ck_assert_uint_eq(w[0].byte_count, w[1].byte_count);
    ck_assert_mem_eq(w[0].bytes, w[1].bytes, w[0].byte_count);
    release(&w[0]);
    release(&w[1]);
}
END_TEST

START_TEST(the_largest_graph_has_room)
{
    tnas_graph graph;
    tnas_model *model;
    tnas_graph_init(&graph, 1, 1, 2);
    tnas_op op = {.kind = TNAS_OP_FC,
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1,
                  .in = {0, TNAS_NONE}};
    for (int i = 0; i < TNAS_GRAPH_OPS_MAX; i++) { /* FC by CONV_2D and FULLY_CONNECTED in turn */
        op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 2);
        ck_assert_int_ne(op.in[0], TNAS_NONE);
    }
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    model->quant[0] = (tnas_quant){0.5f, 0};
    for (int i = 0; i < TNAS_GRAPH_OPS_MAX; i++) {
        model->quant[i + 1] = (tnas_quant){0.5f, 0};
        ck_ok(tnas_model_add_constants(model, i, 0));
        model->constants[i].weight_scale[0] = 1;
        model->constants[i].weight_scale[1] = i % 2 == 0 ? 1 : 2;
    }
    written w;
    write_and_read(model, &w);
    check_same_model(model, w.model);
    release(&w);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(a_saved_file_loads)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    tnas_model *const model = one_op(&conv3x3, 4), *read;
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net.tflite"));
    ck_ok(tnas_tflite_save(model, "net", "", path));
    ck_ok(tnas_tflite_load(path, &read, NULL));
    check_same_model(model, read);
    tnas_model_destroy(read);
    tnas_model_destroy(model);
}
END_TEST

/* ---- Refusals ---- */

static void check_refused(const tnas_model *model, const char *part)
{
    uint8_t *bytes;
    size_t byte_count;
    ck_fails(TNAS_ERR_INPUT, part, tnas_tflite_build(model, "n", "", &bytes, &byte_count));
    ck_assert_ptr_null(bytes);
}

START_TEST(what_cannot_be_said_is_refused_with_its_reason)
{
    tnas_op pool = conv3x3;
    pool.kind = TNAS_OP_AVGPOOL;
    pool.pad_top = 1;
    tnas_model *model = one_op(&pool, 0);
    check_refused(model, "1 of 1 operators cannot be written as TensorFlow Lite: 0 avgpool: pads "
                         "1, 0, 0, 0 are neither SAME's nor 0");
    model->graph.ops[0].pad_top = 0;
    model->graph.ops[0].pad_bottom = 1;
    model->quant[1].scale = 0.25f;
    check_refused(model, "changes the scale or zero point");
    tnas_model_destroy(model);

    model = one_op(&conv3x3, 4);
    model->constants[0].weight_scale[2] = NAN;
    check_refused(model, "0 conv2d: scale[2] = nan of its weights must be positive");
    model->constants[0].weight_scale[2] = 1;
    model->quant[1].zero_point = 128;
    check_refused(model, "zero point 128 in -128..127");
    model->constants[0].bias_s32 = NULL;
    model->quant[1].zero_point = 0;
    check_refused(model, "has no int8 constants");
    model->type = TNAS_MODEL_FLOAT;
    check_refused(model, "a model of floats");
    tnas_model_destroy(model);

    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 5);
    model = random_layer(&rng, LAYER_concat);
    model->quant[2].zero_point ^= 1;
    check_refused(model, "1 concat: changes the scale");
    tnas_model_destroy(model);
    model = random_layer(&rng, LAYER_logistic);
    model->quant[1].scale = 1.0f / 128;
    check_refused(model, "0 logistic: its output's scale must be 1/256");
    tnas_model_destroy(model);
    do {
        model = random_layer(&rng, LAYER_channel_mul);
    } while (model->graph.tensors[0].c < 2);
    model->constants[0].bias_s32[1] ^= 1;
    check_refused(model, "must be the same for all");
    model->constants[0].bias_s32[1] ^= 1;
    model->constants[0].weight_scale[1] *= 2;
    check_refused(model, "one scale for all channels");
    tnas_model_destroy(model);
}
END_TEST

/* Zeros before a maximum count unless nothing is below zero. */
START_TEST(a_maximum_is_padded_only_where_zeros_do_not_matter)
{
    tnas_graph graph;
    tnas_model *model;
    tnas_graph_init(&graph, 5, 5, 2);
    tnas_op op = conv3x3;
    op.activation = TNAS_ACT_RELU;
    op.in[0] = (int16_t)tnas_graph_append(&graph, &op, 4);
    op.kind = TNAS_OP_MAXPOOL;
    op.activation = TNAS_ACT_NONE;
    op.stride_h = op.stride_w = 1;
    op.pad_top = op.pad_left = 2;
    ck_assert_int_ne(tnas_graph_append(&graph, &op, 0), TNAS_NONE);
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    for (int t = 0; t < 3; t++)
        model->quant[t] = (tnas_quant){0.5f, 3};
    ck_ok(tnas_model_add_constants(model, 0, 0));
    for (int c = 0; c < 4; c++)
        model->constants[0].weight_scale[c] = 1;
    written w;
    write_and_read(model, &w);
    check_same_model(model, w.model);
    release(&w);
    model->graph.ops[0].activation = TNAS_ACT_NONE;
    check_refused(model, "zeros around its input would count");
    tnas_model_destroy(model);
}
END_TEST

START_TEST(short_memory_leaves_nothing_behind)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 6);
    tnas_model *const model = random_layer(&rng, LAYER_fc);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        uint8_t *bytes;
        size_t byte_count;
        tnas_alloc_fail_after(n);
        status = tnas_tflite_build(model, "net", "", &bytes, &byte_count);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && bytes == NULL));
        ck_assert_int_lt(n, 50);
        tnas_free(bytes);
    }
    tnas_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("tflite write");
    TCase *const back = tcase_create("reading back");
    tcase_add_loop_test(back, a_written_network_reads_back_as_itself, 0, 200);
    tcase_add_test(back, a_layer_of_every_kind_reads_back_as_itself);
    tcase_add_test(back, imported_files_are_written_as_they_were_read);
    tcase_add_test(back, a_squeeze_and_excitation_branch_reads_back);
    suite_add_tcase(suite, back);
    TCase *const file = tcase_create("file");
    tcase_add_test(file, pads_are_same_valid_or_an_operator_before);
    tcase_add_test(file, fully_connected_takes_a_flat_input_and_one_scale);
    tcase_add_test(file, means_say_how_they_round);
    tcase_add_test(file, constants_lie_at_multiples_of_16_bytes);
    tcase_add_test(file, biases_have_the_products_scale);
    tcase_add_test(file, operator_codes_are_there_twice_and_have_versions);
    tcase_add_test(file, texts_are_printable_ascii);
    tcase_add_test(file, the_same_model_gives_the_same_bytes);
    tcase_add_test(file, the_largest_graph_has_room);
    tcase_add_test(file, a_saved_file_loads);
    suite_add_tcase(suite, file);
    TCase *const refusals = tcase_create("refusals");
    tcase_add_test(refusals, what_cannot_be_said_is_refused_with_its_reason);
    tcase_add_test(refusals, a_maximum_is_padded_only_where_zeros_do_not_matter);
    tcase_add_test(refusals, short_memory_leaves_nothing_behind);
    suite_add_tcase(suite, refusals);
    return run_suite(suite);
}
