/* Files that lie: each fault has its sentence, and no bytes whatsoever do harm. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/tflite_buffer.h"
#include "graph/tflite_schema.h"
#include "quant/image.h"
#include "tests/testing.h"
#include "tests/tflite_writer.h"

static tnas_tflite_notes notes; /* of the last import */

#define ck_refused(sentence, net)                                                                  \
    do {                                                                                           \
        tnas_model *ck_model_;                                                                     \
        ck_fails(TNAS_ERR_INPUT, sentence, written_import(net, &ck_model_, &notes));               \
    } while (0)

/* ---- Faults by name ---- */

START_TEST(all_problems_are_listed_in_one_sentence)
{
    static written_net net;
    written_small_net(&net);
    const int a = net.output;
    for (int i = 0; i < 3; i++) {
        static const int codes[] = {TFL_RESIZE_BILINEAR, TFL_TANH, 200};
        const int out = written_vector(&net, TFL_INT8, 3, 2.0f, 0);
        written_append(&net, codes[i], TFL_OPTIONS_NONE, a, -1, -1, out);
    }
    const int out = written_vector(&net, TFL_INT8, 3, 2.0f, 0);
    written_append(&net, TFL_RELU, TFL_OPTIONS_NONE, net.output, -1, -1,
                   out); /* reads a lost one */
    written_option(&net.ops[0], TFL_CONV_DILATION_W, 2);
    ck_refused("net.tflite: 4 of 7 operators cannot be imported: 0 CONV_2D: dilation 1x2 must be "
               "1x1; 3 RESIZE_BILINEAR: has no counterpart; 4 TANH: has no counterpart; 5 operator "
               "code 200: has no counterpart",
               &net);
    ck_assert_ptr_null(strstr(tnas_error_text(), "RELU"));
}
END_TEST

START_TEST(a_long_list_of_problems_says_how_many_more)
{
    static written_net net;
    written_small_net(&net);
    while (net.op_count < WRITTEN_OPS_MAX) {
        const int out = written_vector(&net, TFL_INT8, 3, 2.0f, 0);
        written_append(&net, TFL_LOCAL_RESPONSE_NORMALIZATION, 0, 5, -1, -1, out);
        net.ops[net.op_count - 1].input_count = 0;
    }
    ck_refused("21 of 24 operators cannot be imported: 3 LOCAL_RESPONSE_NORMALIZATION", &net);
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), " more"));
}
END_TEST

typedef struct fault {
    const char *sentence;
    void (*commit)(written_net *net);
} fault;

#define WEIGHTS (&net->tensors[net->ops[0].inputs[1]])
#define BIASES  (&net->tensors[net->ops[0].inputs[2]])
#define MAP     (&net->tensors[net->ops[0].outputs[0]])
#define FAULT(name, statement)                                                                     \
    static void name(written_net *net)                                                             \
    {                                                                                              \
        statement;                                                                                 \
    }
FAULT(other_version, net->version = 2)
FAULT(weights_of_int32, WEIGHTS->type = TFL_INT32)
FAULT(short_weights, WEIGHTS->data_bytes--)
FAULT(no_weights, WEIGHTS->data_bytes = 0)
FAULT(flat_weights, WEIGHTS->rank = 3)
FAULT(grouped, (WEIGHTS->dim[3] = 1, WEIGHTS->data_bytes /= 2))
FAULT(empty_weights, WEIGHTS->dim[1] = 0)
FAULT(negative_weights, WEIGHTS->dim[1] = -3)
FAULT(huge_weights, WEIGHTS->dim[1] = INT32_MAX)
FAULT(weight_zero, WEIGHTS->zero_point = 1)
FAULT(weight_scales, WEIGHTS->scale_count = 3)
FAULT(weight_dimension, WEIGHTS->quantized_dim = 3)
FAULT(weight_nan, WEIGHTS->scale[2] = NAN)
FAULT(weight_infinite, (WEIGHTS->scale[1] = INFINITY, BIASES->scale[1] = INFINITY))
FAULT(weight_negative, WEIGHTS->scale[0] = -1)
FAULT(weight_128, WEIGHTS->data[7] = 0x80)
FAULT(bias_type, BIASES->type = TFL_INT64)
FAULT(bias_count, BIASES->dim[0] = 3; BIASES->data_bytes = 12)
FAULT(bias_scale, BIASES->scale[3] *= 1.1f)
FAULT(bias_huge, memcpy(BIASES->data, "\xff\xff\xff\x7f", 4))
FAULT(two_scales, MAP->scale_count = 2)
FAULT(no_scale, MAP->scale_count = 0)
FAULT(scale_zero, MAP->scale[0] = 0)
FAULT(scale_nan, MAP->scale[0] = NAN)
FAULT(zero_point, MAP->zero_point = 128)
FAULT(zero_point_huge, MAP->zero_point = INT64_MIN)
FAULT(map_uint8, MAP->type = TFL_UINT8)
FAULT(map_variable, MAP->is_variable = 1)
FAULT(map_shape, MAP->dim[1] = 4)
FAULT(map_batch, (net->tensors[0].dim[0] = 2))
FAULT(map_side, (net->tensors[0].dim[1] = 40000))
FAULT(map_rank, (net->tensors[0].rank = 5, net->tensors[0].dim[4] = 1))
FAULT(stride_zero, net->ops[0].options[0].bits = 0)
FAULT(stride_wide, net->ops[0].options[1].bits = 256)
FAULT(activation, net->ops[0].options[2].bits = 2)
FAULT(padding, written_option(&net->ops[0], TFL_CONV_PADDING, 2))
FAULT(options_type, net->ops[0].options_type = TFL_OPTIONS_POOL)
FAULT(two_outputs, net->ops[0].output_count = 2)
FAULT(no_inputs, net->ops[0].input_count = 0)
FAULT(later_input, net->ops[0].inputs[0] = 2)
FAULT(own_output, net->ops[0].outputs[0] = 0)
FAULT(written_twice, net->ops[1].outputs[0] = 1)
FAULT(input_beyond, net->ops[1].inputs[0] = 99)
FAULT(input_below, net->ops[1].inputs[0] = -2)
FAULT(output_below, net->ops[1].outputs[0] = -1)
FAULT(network_output, net->output = 2)
FAULT(network_input, net->input = -1)
FAULT(output_beyond, net->output = 99)
FAULT(output_unwritten, net->output = net->tensor_count++)
FAULT(dense_weights, net->tensors[net->ops[2].inputs[1]].dim[0] = 6;
      net->tensors[net->ops[2].inputs[1]].dim[1] = 18)

static const fault faults[] = {
    {"net.tflite: schema version 2", other_version},
    {"0 CONV_2D: tensor 4, its weights, is int32, must be int8", weights_of_int32},
    {"tensor 4, its weights: 71 bytes do not fit its shape", short_weights},
    {"tensor 4, its weights, must be a plain constant", no_weights},
    {"its weights must have 4 dimensions", flat_weights},
    {"filters of 1 channels on 2", grouped},
    {"its weights must have 4 dimensions", empty_weights},
    {"its weights must have 4 dimensions", negative_weights},
    {"its weights must have 4 dimensions", huge_weights},
    {"operator 0, CONV_2D: zero point 1 of its weights must be 0", weight_zero},
    {"3 scales along dimension 0 of its weights: must be 1, or 4", weight_scales},
    {"4 scales along dimension 3 of its weights", weight_dimension},
    {"scale[2] = nan of its weights must be positive", weight_nan},
    {"scale[1] = inf of its weights must be positive", weight_infinite},
    {"scale[0] = -1 of its weights must be positive", weight_negative},
    {"weight[7] = -128 is below -127", weight_128},
    {"its biases, is int64, must be int32", bias_type},
    {"3 biases for 4 output channels", bias_count},
    {"scale[3] = 0.022 of its biases must be input scale x weight scale, 0.02", bias_scale},
    {"channel 0: its sums could leave 32 bits", bias_huge},
    {"tensor 1 has 2 scales, must have 1", two_scales},
    {"tensor 1 has 0 scales, must have 1", no_scale},
    {"tensor 1: scale 0 must be positive", scale_zero},
    {"tensor 1: scale nan must be positive", scale_nan},
    {"zero point 128 in -128..127", zero_point},
    {"zero point -9223372036854775808 in -128..127", zero_point_huge},
    {"tensor 1 is uint8, must be int8", map_uint8},
    {"tensor 1 is a variable, sparse or oddly quantised", map_variable},
    {"tensor 1, its output, must be 3x3x4", map_shape},
    {"tensor 0, the input: must be 1 to 4 dimensions, the first of them 1", map_batch},
    {"tensor 0, the input: must be 1 to 4 dimensions", map_side},
    {"tensor 0, the input: must be 1 to 4 dimensions", map_rank},
    {"stride 0x2: each must be 1 to 255", stride_zero},
    {"stride 2x256: each must be 1 to 255", stride_wide},
    {"fused activation 2 is none of NONE, RELU, RELU6", activation},
    {"padding 2 is neither SAME nor VALID", padding},
    {"options of type 5: must be of type 1", options_type},
    {"writes 2 tensors, must write 1", two_outputs},
    {"its weights must have 4 dimensions", no_inputs},
    {"0 CONV_2D: tensor 2 is not written before, must be a feature map", later_input},
    {"writes tensor 0, which has a value already", own_output},
    {"writes tensor 1, which has a value already", written_twice},
    {"operator 1: tensor 99: must be -1 to", input_beyond},
    {"operator 1: tensor -2: must be -1 to", input_below},
    {"operator 1: tensor -1: must be 0 to", output_below},
    {"the last operator must write its output", network_output},
    {"tensor -1 of the inputs", network_input},
    {"tensor 99 of the outputs", output_beyond},
    {"no operator writes its output", output_unwritten},
    {"18 weights per output on an input of 36 elements", dense_weights},
};
enum { FAULT_COUNT = sizeof faults / sizeof faults[0] };

START_TEST(each_fault_of_a_file_has_its_sentence)
{
    static written_net net;
    written_small_net(&net);
    faults[_i].commit(&net);
    ck_refused(faults[_i].sentence, &net);
    ck_assert_msg(strstr(tnas_error_text(), "net.tflite: ") == tnas_error_text(), "\"%s\"",
                  tnas_error_text());
    ck_assert_ptr_null(notes.input_type); /* notes are cleared */
}
END_TEST

/* An output of 1x1xc is a vector whatever its shape is called, but not for who reads it. */
START_TEST(a_vector_that_stands_upright_is_refused_where_it_is_read)
{
    static written_net net;
    net = (written_net){.description = "", .version = TFL_VERSION};
    net.input = written_map(&net, TFL_INT8, 1, 1, 2, 0.5f, 1);
    const int upright = written_map(&net, TFL_INT8, 2, 1, 1, 0.5f, 1);
    const int out = written_map(&net, TFL_INT8, 1, 1, 2, 0.5f, 1);
    written_append(&net, TFL_ADD, TFL_OPTIONS_ADD, net.input, net.input, -1, upright);
    written_append(&net, TFL_ADD, TFL_OPTIONS_ADD, upright, upright, -1, out);
    ck_refused("1 ADD: tensor 1 is transposed", &net);
}
END_TEST

/* ---- The flatbuffer ---- */

/* Where things lie in the buffer that build_flat makes. */
enum { FLAT_VTABLE = 8, FLAT_TABLE = 20, FLAT_VECTOR = 36, FLAT_BYTES = 48 };

static void put_word(uint8_t *at, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(word >> (8 * i));
}

/* A vtable of three fields at 8, the third absent; the table at 20 with a byte at +4 and a vector
 * at +8; the vector of two words at 36. */
static void build_flat(uint8_t bytes[FLAT_BYTES])
{
    memset(bytes, 0, FLAT_BYTES);
    put_word(bytes, FLAT_TABLE);
    memcpy(bytes + 4, "FLAT", 4);
    put_word(bytes + FLAT_VTABLE, 10 | 16 << 16); /* bytes of the vtable, of the table */
    put_word(bytes + FLAT_VTABLE + 4, 4 | 8 << 16);
    put_word(bytes + FLAT_TABLE, FLAT_TABLE - FLAT_VTABLE);
    bytes[FLAT_TABLE + 4] = 200;
    put_word(bytes + FLAT_TABLE + 8, FLAT_VECTOR - (FLAT_TABLE + 8));
    put_word(bytes + FLAT_TABLE + 12, 13); /* beyond the end; the vtable hides it */
    put_word(bytes + FLAT_VECTOR, 2);
    put_word(bytes + FLAT_VECTOR + 4, 1);
    put_word(bytes + FLAT_VECTOR + 8, 0xfffffffe);
}

/* Everything that is in the buffer. */
static tnas_status read_flat(const uint8_t *bytes, size_t byte_count)
{
    const tnas_flat flat = {"flat", bytes, byte_count};
    tnas_flat_table root, child;
    tnas_flat_vector words;
    int64_t byte, absent;
    TNAS_TRY(tnas_flat_root(&flat, "FLAT", &root));
    TNAS_TRY(tnas_flat_int(&root, 0, TNAS_FLAT_U8, 0, &byte));
    TNAS_TRY(tnas_flat_int(&root, 3, TNAS_FLAT_I32, -7, &absent));
    TNAS_TRY(tnas_flat_items(&root, 1, 4, &words));
    TNAS_TRY(tnas_flat_child(&root, 2, &child));
    ck_assert_int_eq(absent, -7);
    return TNAS_OK;
}

START_TEST(a_flatbuffer_gives_its_fields)
{
    uint8_t bytes[FLAT_BYTES];
    build_flat(bytes);
    const tnas_flat flat = {"flat", bytes, sizeof bytes};
    tnas_flat_table root;
    tnas_flat_vector words;
    int64_t byte;
    ck_ok(tnas_flat_root(&flat, "FLAT", &root));
    ck_ok(tnas_flat_int(&root, 0, TNAS_FLAT_U8, 0, &byte));
    ck_assert_int_eq(byte, 200);
    ck_ok(tnas_flat_int(&root, 0, TNAS_FLAT_I8, 0, &byte));
    ck_assert_int_eq(byte, -56);
    ck_ok(tnas_flat_items(&root, 1, 4, &words));
    ck_assert_uint_eq(words.count, 2);
    ck_assert_int_eq(tnas_flat_get_i32(words.items + 4), -2);
}
END_TEST

static const struct {
    size_t at;
    uint32_t word;
    const char *sentence;
} flat_faults[] = {
    {0, 45, "byte 45: a table outside"},
    {0, 0xffffffff, "a table outside"},
    {4, 0, "lacks the identifier FLAT"},
    {FLAT_VTABLE, 2 | 16 << 16, "a vtable that is too short"},
    {FLAT_VTABLE, 41 | 16 << 16, "a vtable that is too short or outside"},
    {FLAT_VTABLE, 10 | 3 << 16, "a table that is too short"},
    {FLAT_VTABLE, 10 | 29 << 16, "byte 20: a table that is too short or outside"},
    {FLAT_VTABLE + 4, 16 | 8 << 16, "field 0 at 16 lies outside its table"},
    {FLAT_VTABLE + 4, 3 | 8 << 16, "field 0 at 3 lies outside its table"},
    {FLAT_VTABLE + 4, 4 | 13 << 16, "field 1 at 13 lies outside its table"},
    {FLAT_TABLE, 21, "the table's vtable is outside"},
    {FLAT_TABLE, 0x80000000, "the table's vtable is outside"},
    {FLAT_TABLE + 8, 17, "byte 45: a vector outside"},
    {FLAT_TABLE + 8, 0x7fffffff, "a vector outside"},
    {FLAT_VECTOR, 3, "a vector of 3 items of 4 bytes ends outside the file's 48 bytes"},
    {FLAT_VECTOR, 0x40000002, "a vector of 1073741826 items"},
    {FLAT_VTABLE + 8, 12, "byte 45: a table outside"},
};
enum { FLAT_FAULT_COUNT = sizeof flat_faults / sizeof flat_faults[0] };

START_TEST(a_flatbuffer_is_followed_only_inside)
{
    uint8_t bytes[FLAT_BYTES];
    build_flat(bytes);
    ck_ok(read_flat(bytes, sizeof bytes));
    put_word(bytes + flat_faults[_i].at, flat_faults[_i].word);
    ck_fails(TNAS_ERR_INPUT, flat_faults[_i].sentence, read_flat(bytes, sizeof bytes));
}
END_TEST

/* ---- Any bytes ---- */

/* From a block of exactly these bytes, so that the sanitizers see a byte too many. What is
 * accepted must hold together: it is lowered to our runtime's table as far as that goes. */
static tnas_status parse_copy(const uint8_t *bytes, size_t byte_count)
{
    uint8_t *const copy = tnas_alloc_zero(byte_count, 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, byte_count);
    tnas_model *model;
    const tnas_status status = tnas_tflite_parse(copy, byte_count, "net.tflite", &model, &notes);
    tnas_free(copy);
    ck_assert_int_eq(status == TNAS_OK, model != NULL);
    if (status == TNAS_OK) {
        tnas_image *image;
        if (tnas_image_build(model, &tnas_target_tinynas_c, &image) == TNAS_OK)
            tnas_image_destroy(image);
        ck_ok(tnas_graph_check(&model->graph));
    } else {
        ck_assert_int_eq(status, TNAS_ERR_INPUT);
        ck_assert_msg(strncmp(tnas_error_text(), "net.tflite: ", 12) == 0, "\"%s\"",
                      tnas_error_text());
    }
    tnas_model_destroy(model);
    return status;
}

/* 0: the small net, 1: the one with every operator. */
static size_t test_file(int which, uint8_t bytes[WRITTEN_FILE_BYTES])
{
    static written_net net;
    if (which == 0)
        written_small_net(&net);
    else
        written_wide_net(&net);
    return written_file(&net, bytes);
}

START_TEST(a_file_cut_at_any_byte_is_refused)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = test_file(_i % 2, bytes);
    int refused = 0;
    for (size_t length = 0; length < byte_count; length++)
        refused += parse_copy(bytes, length) == TNAS_ERR_INPUT;
    /* Only an absent last option is nowhere missed. */
    ck_assert_int_ge(refused, (int)byte_count - 64);
    ck_ok(parse_copy(bytes, byte_count));
}
END_TEST

START_TEST(a_file_with_any_byte_changed_does_no_harm)
{
    static const uint8_t values[] = {0x00, 0x01, 0x04, 0x7f, 0x80, 0xff};
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = test_file(_i % 2, bytes);
    for (size_t at = 0; at < byte_count; at++) {
        const uint8_t kept = bytes[at];
        for (size_t v = 0; v < sizeof values; v++) {
            bytes[at] = values[v];
            parse_copy(bytes, byte_count);
        }
        bytes[at] = kept;
    }
}
END_TEST

/* Offsets, counts and dimensions are words: every word gets values that lie just outside. */
START_TEST(a_file_with_any_word_changed_does_no_harm)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = test_file(_i % 2, bytes);
    const uint32_t values[] = {
        0xffffffff, 0x7fffffff, 0x80000000, (uint32_t)byte_count, (uint32_t)byte_count - 1,
        0xfffffffc, 1u << 27,   65536};
    for (size_t at = 0; at + 4 <= byte_count; at += 4) {
        uint8_t kept[4];
        memcpy(kept, bytes + at, 4);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            memcpy(bytes + at, &values[v], 4);
            parse_copy(bytes, byte_count);
            /* Relative to its own place: to the last byte, and one beyond. */
            const uint32_t to_end = (uint32_t)(byte_count - at - v % 2);
            memcpy(bytes + at, &to_end, 4);
            parse_copy(bytes, byte_count);
        }
        memcpy(bytes + at, kept, 4);
    }
}
END_TEST

START_TEST(files_of_many_random_changes_do_no_harm)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES], changed[WRITTEN_FILE_BYTES];
    const size_t byte_count = test_file(_i % 2, bytes);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    for (int round = 0; round < 2000; round++) {
        memcpy(changed, bytes, byte_count);
        for (uint32_t i = 1 + tnas_rng_below(&rng, 6); i > 0; i--) {
            /* Words from elsewhere make the most plausible lies. */
            const size_t to = tnas_rng_below(&rng, (uint32_t)byte_count / 4) * 4;
            const size_t from = tnas_rng_below(&rng, (uint32_t)byte_count / 4) * 4;
            memcpy(changed + to, bytes + from, 4);
        }
        parse_copy(changed, byte_count);
    }
}
END_TEST

/* A table whose vtable is itself, vectors of themselves: nothing is followed twice. */
START_TEST(offsets_that_go_in_circles_end)
{
    uint8_t bytes[64];
    for (int fill = 0; fill < 64; fill++) {
        for (int i = 0; i < 64; i += 4) {
            const int32_t word = fill < 32 ? fill : -(fill - 32);
            memcpy(bytes + i, &word, 4);
        }
        memcpy(bytes + 4, "TFL3", 4);
        ck_assert_int_eq(parse_copy(bytes, sizeof bytes), TNAS_ERR_INPUT);
    }
}
END_TEST

START_TEST(short_memory_is_reported_at_every_allocation)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = test_file(_i % 2, bytes);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        tnas_model *model;
        tnas_alloc_fail_after(n);
        status = tnas_tflite_parse(bytes, byte_count, "net.tflite", &model, NULL);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        ck_assert_int_eq(status == TNAS_OK, model != NULL);
        ck_assert_int_lt(n, 100);
        tnas_model_destroy(model);
    }
}
END_TEST

START_TEST(a_missing_file_is_an_io_error)
{
    tnas_model *model;
    ck_fails(TNAS_ERR_IO, "nowhere.tflite", tnas_tflite_load("nowhere.tflite", &model, &notes));
    ck_assert_ptr_null(model);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("tflite hostile");
    TCase *const refusals = tcase_create("faults");
    tcase_add_test(refusals, all_problems_are_listed_in_one_sentence);
    tcase_add_test(refusals, a_long_list_of_problems_says_how_many_more);
    tcase_add_loop_test(refusals, each_fault_of_a_file_has_its_sentence, 0, FAULT_COUNT);
    tcase_add_test(refusals, a_vector_that_stands_upright_is_refused_where_it_is_read);
    suite_add_tcase(suite, refusals);
    TCase *const flat = tcase_create("flatbuffer");
    tcase_add_test(flat, a_flatbuffer_gives_its_fields);
    tcase_add_loop_test(flat, a_flatbuffer_is_followed_only_inside, 0, FLAT_FAULT_COUNT);
    suite_add_tcase(suite, flat);
    TCase *const any = tcase_create("any bytes");
    tcase_set_timeout(any, 60);
    tcase_add_loop_test(any, a_file_cut_at_any_byte_is_refused, 0, 2);
    tcase_add_loop_test(any, a_file_with_any_byte_changed_does_no_harm, 0, 2);
    tcase_add_loop_test(any, a_file_with_any_word_changed_does_no_harm, 0, 2);
    tcase_add_loop_test(any, files_of_many_random_changes_do_no_harm, 0, 10);
    tcase_add_test(any, offsets_that_go_in_circles_end);
    tcase_add_loop_test(any, short_memory_is_reported_at_every_allocation, 0, 2);
    tcase_add_test(any, a_missing_file_is_an_io_error);
    suite_add_tcase(suite, any);
    return run_suite(suite);
}
