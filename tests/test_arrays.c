/* .npy arrays, and the affine of data that are not bytes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/affine.h"
#include "data/source.h"
#include "tests/idx_fixture.h"
#include "tests/picture_writer.h"

/* Writes a header of version 1 with this descr and shape, then the values. */
static void write_npy(const char *folder, const char *name, const char *descr, const char *shape,
                      const void *values, size_t byte_count)
{
    char text[256];
    uint8_t *bytes = tnas_alloc_zero(256 + byte_count, 1);
    int length = snprintf(text, sizeof text,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    while ((10 + length + 1) % 64 != 0)
        text[length++] = ' ';
    text[length++] = '\n';
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (uint8_t)length;
    bytes[9] = (uint8_t)(length >> 8);
    memcpy(bytes + 10, text, (size_t)length);
    memcpy(bytes + 10 + length, values, byte_count);
    write_bytes(folder, name, bytes, 10 + (size_t)length + byte_count);
    tnas_free(bytes);
}

enum { COUNT = 60, VALUES = 6 };

typedef struct float_set {
    float train[COUNT][VALUES], test[COUNT / 3][VALUES];
    int64_t train_labels[COUNT], test_labels[COUNT / 3];
} float_set;

/* Channel k of two is uniform in -(k + 1) .. 2 (k + 1). */
static void fill_floats(float_set *set)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    for (int i = 0; i < COUNT; i++) {
        for (int v = 0; v < VALUES; v++)
            set->train[i][v] = (float)((v % 2 + 1) * (3 * tnas_rng_unit(&rng) - 1));
        set->train_labels[i] = i % 3;
    }
    for (int i = 0; i < COUNT / 3; i++) {
        for (int v = 0; v < VALUES; v++)
            set->test[i][v] = (float)((v % 2 + 1) * (3 * tnas_rng_unit(&rng) - 1));
        set->test_labels[i] = i % 3;
    }
}

static void write_floats(const char *folder, const float_set *set)
{
    write_npy(folder, "x_train.npy", "<f4", "(60, 3, 1, 2)", set->train, sizeof set->train);
    write_npy(folder, "y_train.npy", "<i8", "(60,)", set->train_labels, sizeof set->train_labels);
    write_npy(folder, "x_test.npy", "<f4", "(20, 3, 1, 2)", set->test, sizeof set->test);
    write_npy(folder, "y_test.npy", "<i8", "(20,)", set->test_labels, sizeof set->test_labels);
}

START_TEST(bytes_are_taken_as_they_are)
{
    char folder[TNAS_PATH_BYTES];
    uint8_t pixels[30 * 12], labels[30];
    tnas_dataset *dataset;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
    for (int i = 0; i < 30; i++)
        labels[i] = (uint8_t)(i % 3);
    fresh_folder(folder);
    write_npy(folder, "images.npy", "|u1", _i == 0 ? "(30, 2, 2, 3)" : "(30, 3, 4)", pixels,
              sizeof pixels);
    write_npy(folder, "labels.npy", "|u1", "(30, 1)", labels, sizeof labels);
    tnas_data_options options = tnas_data_options_default();
    options.test_share = options.validation_share = 0;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_str_eq(dataset->format, "NPY");
    ck_assert_int_eq(dataset->h, _i == 0 ? 2 : 3);
    ck_assert_int_eq(dataset->w, _i == 0 ? 2 : 4);
    ck_assert_int_eq(dataset->c, _i == 0 ? 3 : 1);
    ck_assert_int_eq(dataset->affine.channel_count, 0);
    ck_assert_mem_eq(dataset->train.pixels, pixels, sizeof pixels);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(dataset->train.labels[i], i % 3);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(floats_are_mapped_by_the_range_of_the_training_samples)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_images test;
    fill_floats(&set);
    set.test[0][0] = 1000; /* beyond the training range: clipped, and no part of the affine */
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_ok(load_share(folder, 0, &dataset));
    ck_assert_int_eq(dataset->affine.channel_count, 2);
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < COUNT * VALUES; i++) {
        low[i % 2] = fmin(low[i % 2], set.train[i / VALUES][i % VALUES]);
        high[i % 2] = fmax(high[i % 2], set.train[i / VALUES][i % VALUES]);
    }
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, k, 0), low[k], 1e-9);
        ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, k, 255), high[k], 1e-9);
    }
    /* What the bytes mean is within half a step of what was written. */
    for (int i = 0; i < COUNT * VALUES; i++)
        ck_assert_double_le(
            fabs(tnas_affine_to_value(&dataset->affine, i % 2, dataset->train.pixels[i]) -
                 set.train[i / VALUES][i % VALUES]),
            dataset->affine.scale[i % 2] / 2 + 1e-9);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(test.pixels[0], 255);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_given_range_is_the_affine)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_value_range, "-51,204"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_double_eq(dataset->affine.scale[1], 1);
    ck_assert_double_eq(dataset->affine.zero[1], 51);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* Without a test split: which samples are test does not depend on the affine, nor it on them. */
START_TEST(a_test_split_carved_from_floats_is_no_part_of_the_affine)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fill_floats(&set);
    fresh_folder(folder);
    write_npy(folder, "x.npy", "<f4", "(60, 6)", set.train, sizeof set.train);
    write_npy(folder, "y.npy", "<i8", "(60,)", set.train_labels, sizeof set.train_labels);
    ck_ok(load_share(folder, 0.2, &dataset));
    ck_assert_int_gt(dataset->test_count, 3);
    double high = -INFINITY;
    for (int i = 0; i < COUNT; i++)
        for (int v = 0; v < VALUES && dataset->source->samples[i].split != TNAS_SPLIT_TEST; v++)
            high = fmax(high, set.train[i][v]);
    ck_assert_int_eq(dataset->affine.channel_count, 1);
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 0, 255), high, 1e-9);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* The same values in every type and byte order that holds them. */
START_TEST(types_and_byte_orders_give_the_same_values)
{
    static const char *const types[] = {"<i2", ">i2", "<i4", ">i8", "<f4", ">f4", "<f8", "|i1"};
    char folder[TNAS_PATH_BYTES];
    uint8_t values[40 * 8], labels[40];
    tnas_dataset *dataset;
    const int bytes = types[_i][2] - '0';
    for (int i = 0; i < 40; i++) {
        const int value = i * 3 - 60;
        const float as_float = (float)value;
        const double as_double = value;
        uint64_t bits = (uint64_t)(int64_t)value;
        uint32_t float_bits;
        memcpy(&float_bits, &as_float, 4);
        if (types[_i][1] == 'f' && bytes == 4)
            bits = float_bits;
        else if (types[_i][1] == 'f')
            memcpy(&bits, &as_double, 8);
        for (int b = 0; b < bytes; b++)
            values[i * bytes + b] =
                (uint8_t)(bits >> 8 * (types[_i][0] == '>' ? bytes - 1 - b : b));
        labels[i] = (uint8_t)(i % 2);
    }
    fresh_folder(folder);
    write_npy(folder, "x.npy", types[_i], "(40, 1, 1, 1)", values, 40 * (size_t)bytes);
    write_npy(folder, "y.npy", "|u1", "(40,)", labels, 40);
    tnas_data_options options = tnas_data_options_default();
    options.test_share = options.validation_share = 0;
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_value_range, "-100,155"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(dataset->train.pixels[i], i * 3 - 60 + 100);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_group_array_holds_samples_together)
{
    static float_set set;
    int32_t subjects[COUNT];
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fill_floats(&set);
    for (int i = 0; i < COUNT; i++)
        subjects[i] = i / 6;
    fresh_folder(folder);
    write_npy(folder, "x.npy", "<f4", "(60, 6)", set.train, sizeof set.train);
    write_npy(folder, "y.npy", "<i8", "(60,)", set.train_labels, sizeof set.train_labels);
    write_npy(folder, "subject.npy", "<i4", "(60,)", subjects, sizeof subjects);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, "subject"));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_test_groups, "3,7"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->test_count, 12);
    int split_of[10];
    for (int i = 0; i < COUNT; i++) {
        const int split = dataset->source->samples[i].split;
        if (i % 6 == 0)
            split_of[i / 6] = split;
        ck_assert_int_eq(split, split_of[i / 6]);
        ck_assert_int_eq(split == TNAS_SPLIT_TEST, i / 6 == 3 || i / 6 == 7);
    }
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(an_npz_archive_is_its_arrays)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES], archive[TNAS_PATH_BYTES + 8], command[3 * TNAS_PATH_BYTES];
    tnas_dataset *from_folder, *from_archive;
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_ok(load_share(folder, 0.2, &from_folder));
    snprintf(archive, sizeof archive, "%s.npz", folder);
    snprintf(command, sizeof command, "cd %s && python3 -m zipfile -c %s *.npy 2>/dev/null", folder,
             archive);
    if (system(command) != 0) {
        printf("SKIP: python3, which zips, is not there\n");
        tnas_dataset_destroy(from_folder);
        return;
    }
    ck_ok(load_share(archive, 0.2, &from_archive));
    ck_assert_uint_eq(from_folder->content_hash, from_archive->content_hash);
    tnas_dataset_destroy(from_folder);
    tnas_dataset_destroy(from_archive);
}
END_TEST

START_TEST(a_word_that_holds_test_or_val_is_no_split)
{
    static float_set set;
    static const char *const names[][2] = {{"interval_x_train.npy", "interval_y_train.npy"},
                                           {"contest_x.npy", "contest_y.npy"}};
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fill_floats(&set);
    fresh_folder(folder);
    write_npy(folder, names[_i][0], "<f4", "(60, 3, 1, 2)", set.train, sizeof set.train);
    write_npy(folder, names[_i][1], "<i8", "(60,)", set.train_labels, sizeof set.train_labels);
    write_npy(folder, "X-Test2.npy", "<f4", "(20, 3, 1, 2)", set.test, sizeof set.test);
    write_npy(folder, "Y-Test2.npy", "<i8", "(20,)", set.test_labels, sizeof set.test_labels);
    ck_ok(load_share(folder, 0, &dataset));
    ck_assert_int_eq(dataset->train.count, 60);
    ck_assert_int_eq(dataset->test_count, 20);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* ---- refusing ---- */

typedef struct bad_array {
    const char *name, *descr, *shape;
    const char *part;
} bad_array;

static const bad_array bad_arrays[] = {
    {"x_train.npy", "<f2", "(60, 3, 1, 2)", "x_train.npy: descr '<f2'"},
    {"x_train.npy", "<c8", "(60, 3, 1, 2)", "values must be whole numbers of 1 to 8 bytes"},
    {"x_train.npy", "|O8", "(60, 3, 1, 2)", "descr '|O8'"},
    {"x_train.npy", "<f4", "(61, 3, 1, 2)",
     "x_train.npy: has 1568 bytes: its header promises 128 and 61 entries of 24"},
    {"x_train.npy", "<f4", "(30, 3, 1, 4)", "y_train.npy: 60 entries, but"},
    {"x_train.npy", "<i2", "(120, 3, 1, 2)", "y_train.npy: 60 entries, but"},
    {"x_train.npy", "<f4", "(60, 3, 1, 2, 1)", "shape (60, 3, 1, 2, 1)"},
    {"x_train.npy", "<f4", "(0, 3, 1, 2)", "shape (0, 3, 1, 2)"},
    {"x_train.npy", "<f4", "(60, 99999, 99999, 2)", "a sample takes more than 64 MiB"},
    {"x_train.npy", "<f4", "(60, 1, 1, 6)", "x_test.npy: samples of 3x1x2 f4, but"},
    {"x_train.npy", "<f4", "()", "shape (): a single value"},
    {"x_train.npy", "<f4", "(5, 1, 1, 72)", "channels (last) 64"},
    {"x_test.npy", "<f4", "(21, 3, 1, 2)", "x_test.npy: has 1568 bytes"},
    {"y_train.npy", "<f8", "(60,)", "entry 1 is 4.94066e-324: a label is a whole number"},
    {"y_train.npy", "<i8", "(59,)", "y_train.npy: has 608 bytes"},
    {"z_train.npy", "<i8", "(60,)", "may both be the labels of one split: choose with --include"},
    {"x_train.npy", "<f4", "(60, 3, 1", "shape (60, 3, 1"},
};
enum { BAD_ARRAY_COUNT = sizeof bad_arrays / sizeof bad_arrays[0] };

START_TEST(a_bad_array_is_refused_with_its_rule)
{
    static float_set set;
    const bad_array *const bad = &bad_arrays[_i];
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    const bool is_list = bad->name[0] != 'x';
    write_npy(folder, bad->name, bad->descr, bad->shape,
              is_list ? (const void *)set.train_labels : set.train,
              is_list ? sizeof set.train_labels : sizeof set.train);
    ck_fails(TNAS_ERR_INPUT, bad->part, load_share(folder, 0, &dataset));
    ck_assert_ptr_null(dataset);
}
END_TEST

START_TEST(values_that_are_no_numbers_are_refused_or_skipped)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fill_floats(&set);
    set.train[17][4] = NAN;
    set.test[5][2] = INFINITY;
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_fails(TNAS_ERR_INPUT, "x_train.npy: entry 17, value 4 is nan: must be finite",
             tnas_dataset_load(folder, &options, &dataset));
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 2);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 59);
    ck_assert_int_eq(dataset->test_count, 19);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(doubles_beyond_single_precision_are_refused)
{
    static const double large[] = {1e39, 1e308};
    static float_set set;
    static double samples[COUNT][VALUES];
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fill_floats(&set);
    for (int i = 0; i < COUNT * VALUES; i++)
        samples[i / VALUES][i % VALUES] = (double)set.train[i / VALUES][i % VALUES];
    samples[20][1] = large[_i];
    samples[21][1] = -large[_i];
    fresh_folder(folder);
    write_npy(folder, "x_train.npy", "<f8", "(60, 3, 1, 2)", samples, sizeof samples);
    write_npy(folder, "y_train.npy", "<i8", "(60,)", set.train_labels, sizeof set.train_labels);
    ck_fails(TNAS_ERR_INPUT,
             _i == 0 ? "x_train.npy: entry 20, value 1 is 1e+39: must be finite in single"
                     : "x_train.npy: entry 20, value 1 is 1e+308: must be finite in single",
             load_share(folder, 0, &dataset));
    ck_assert_ptr_null(dataset);
}
END_TEST

START_TEST(a_given_range_without_a_finite_scale_is_refused)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    snprintf(options.value_range, sizeof options.value_range, "-1e308,1e308");
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_fails(TNAS_ERR_INPUT, "channel 0: scale inf, zero 0: the range of its values must give",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(an_array_cut_anywhere_is_an_input_error)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    tnas_dataset *dataset;
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    ck_ok(tnas_path_join(path, folder, "y_test.npy"));
    ck_ok(tnas_file_read(path, 4096, &bytes, &byte_count));
    for (size_t length = 0; length < byte_count; length++) {
        write_bytes(folder, "y_test.npy", bytes, length);
        ck_fails(TNAS_ERR_INPUT, "y_test.npy", load_share(folder, 0, &dataset));
    }
    bytes[byte_count - 1] = 0;
    bytes = tnas_alloc_grow(bytes, byte_count, byte_count + 1, 1);
    write_bytes(folder, "y_test.npy", bytes, byte_count + 1);
    ck_fails(TNAS_ERR_INPUT,
             "y_test.npy: has 289 bytes: its header promises 128 and 20 entries of 8",
             load_share(folder, 0, &dataset));
    tnas_free(bytes);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    static float_set set;
    char folder[TNAS_PATH_BYTES];
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    fill_floats(&set);
    fresh_folder(folder);
    write_floats(folder, &set);
    for (; status != TNAS_OK && n < 300; n++) {
        tnas_dataset *dataset;
        tnas_alloc_fail_after(n);
        status = load_share(folder, 0.2, &dataset);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "allocation %ld: %s", n,
                      tnas_error_text());
        tnas_dataset_destroy(dataset);
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 30);
}
END_TEST

/* ---- the affine alone ---- */

START_TEST(bytes_are_rounded_halves_up_and_clipped)
{
    tnas_affine affine = {.channel_count = 1};
    tnas_affine_set_range(&affine, 0, 0, 255);
    static const struct {
        double value;
        int byte;
    } rows[] = {{-0.5, 0}, {-0.51, 0},   {-1e300, 0},  {0.5, 1},     {0.49, 0},
                {1.5, 2},  {254.5, 255}, {255.4, 255}, {1e300, 255}, {NAN, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(tnas_affine_to_byte(&affine, 7, rows[i].value), rows[i].byte);
    for (int b = 0; b < 256; b++)
        ck_assert_int_eq(
            tnas_affine_to_byte(&affine, 0, tnas_affine_to_value(&affine, 0, (uint8_t)b)), b);
}
END_TEST

START_TEST(a_range_without_width_is_widened)
{
    tnas_affine affine = {.channel_count = 1};
    tnas_affine_set_range(&affine, 0, 3, 3);
    ck_assert_double_eq_tol(tnas_affine_to_value(&affine, 0, 0), 2.5, 1e-12);
    ck_assert_double_eq_tol(tnas_affine_to_value(&affine, 0, 255), 3.5, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrays");
    TCase *reading = tcase_create("reading");
    tcase_add_loop_test(reading, bytes_are_taken_as_they_are, 0, 2);
    tcase_add_test(reading, floats_are_mapped_by_the_range_of_the_training_samples);
    tcase_add_test(reading, a_given_range_is_the_affine);
    tcase_add_test(reading, a_test_split_carved_from_floats_is_no_part_of_the_affine);
    tcase_add_loop_test(reading, types_and_byte_orders_give_the_same_values, 0, 8);
    tcase_add_test(reading, a_group_array_holds_samples_together);
    tcase_add_loop_test(reading, a_word_that_holds_test_or_val_is_no_split, 0, 2);
    tcase_add_test(reading, an_npz_archive_is_its_arrays);
    tcase_set_timeout(reading, 30);
    suite_add_tcase(suite, reading);

    TCase *refusing = tcase_create("refusing");
    tcase_add_loop_test(refusing, a_bad_array_is_refused_with_its_rule, 0, BAD_ARRAY_COUNT);
    tcase_add_test(refusing, values_that_are_no_numbers_are_refused_or_skipped);
    tcase_add_loop_test(refusing, doubles_beyond_single_precision_are_refused, 0, 2);
    tcase_add_test(refusing, a_given_range_without_a_finite_scale_is_refused);
    tcase_add_test(refusing, an_array_cut_anywhere_is_an_input_error);
    tcase_add_test(refusing, every_failed_allocation_is_reported);
    tcase_set_timeout(refusing, 60);
    suite_add_tcase(suite, refusing);

    TCase *affine = tcase_create("affine");
    tcase_add_test(affine, bytes_are_rounded_halves_up_and_clipped);
    tcase_add_test(affine, a_range_without_width_is_widened);
    suite_add_tcase(suite, affine);
    return run_suite(suite);
}
