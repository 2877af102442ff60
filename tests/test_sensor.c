/* Sensor recordings in CSV: windows, labels, subjects, bytes, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/text.h"
#include "data/dataset.h"
#include "data/source.h"
#include "tests/testing.h"

enum { ROWS = 50 };

static tnas_data_options options_of(int window, int stride, int decimate)
{
    tnas_data_options options = tnas_data_options_default();
    options.window = window;
    options.stride = stride;
    options.decimate = decimate;
    options.validation_share = options.test_share = 0;
    return options;
}

static void write_text(const char *root, const char *relative, const char *text)
{
    char path[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, root, relative));
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    ck_ok(tnas_dir_create(folder));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

/* Channel x counts rows, y is its square; the first `idle_rows` rows are idle, the others walk. */
static void write_recording(const char *root, const char *relative, int first, int idle_rows)
{
    tnas_text text;
    tnas_text_init(&text);
    tnas_text_add(&text, "timestamp,x,y,label\n");
    for (int i = 0; i < ROWS; i++)
        tnas_text_add(&text, "%d,%d,%g,%s\n", 1000 + i, first + i,
                      (double)(first + i) * (first + i) / 16, i < idle_rows ? "idle" : "walk");
    write_text(root, relative, text.chars);
    tnas_text_deinit(&text);
}

static void write_two_subjects(const char *root)
{
    write_recording(root, "s1/a.csv", 0, 20);
    write_recording(root, "s2/b.csv", 1000, 30);
}

START_TEST(windows_lie_within_a_file_and_have_the_label_of_most_rows)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    const tnas_data_options options = options_of(20, 10, 2);
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_str_eq(dataset->format, "CSV");
    ck_assert_int_eq(dataset->h, 10);
    ck_assert_int_eq(dataset->w, 1);
    ck_assert_int_eq(dataset->c, 2);
    /* From rows 0, 10, 20, 30 of each file. In a.csv row 10's window is a tie: idle comes first. */
    static const int labels[] = {0, 0, 1, 1, 0, 0, 0, 1};
    ck_assert_int_eq(dataset->train.count, 8);
    for (int i = 0; i < 8; i++)
        ck_assert_msg(dataset->train.labels[i] == labels[i], "window %d", i);
    ck_assert_str_eq(dataset->class_names[0], "idle");
    ck_assert_str_eq(dataset->class_names[1], "walk");
    /* Pixel [row, channel] of window 1 is row 10 + 2 * row of the file. */
    const uint8_t *const pixels = dataset->train.pixels + 1 * 20;
    for (int row = 0; row < 10; row++) {
        const double x = 10 + 2 * row;
        ck_assert_int_eq(pixels[2 * row], tnas_affine_to_byte(&dataset->affine, 0, x));
        ck_assert_int_eq(pixels[2 * row + 1], tnas_affine_to_byte(&dataset->affine, 1, x * x / 16));
    }
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(the_affine_is_of_the_training_windows_alone)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    tnas_data_options options = options_of(10, 10, 1);
    snprintf(options.split_by, sizeof options.split_by, "subject");
    snprintf(options.test_groups, sizeof options.test_groups, "s2");
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->train.count, 5);
    ck_assert_int_eq(dataset->test_count, 5);
    /* x goes from 0 to 49 in s1: within four deviations. */
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 0, 0), 0, 1e-9);
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 0, 255), 49, 1e-9);
    tnas_images test;
    ck_ok(tnas_dataset_read_test(dataset, &test));
    for (int i = 0; i < 5 * 10; i++)
        ck_assert_int_eq(test.pixels[2 * i], 255); /* x from 1000 on is clipped */
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_rare_spike_does_not_take_the_range)
{
    char folder[TNAS_PATH_BYTES];
    tnas_text text;
    tnas_dataset *dataset;
    temporary_folder(folder);
    tnas_text_init(&text);
    tnas_text_add(&text, "v,label\n");
    for (int i = 0; i < 2000; i++)
        tnas_text_add(&text, "%g,%s\n", i == 777 ? 1e6 : sin(i), i < 1000 ? "a" : "b");
    write_text(folder, "r.csv", text.chars);
    tnas_text_deinit(&text);
    tnas_data_options options = options_of(10, 10, 1);
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert(tnas_affine_to_value(&dataset->affine, 0, 255) < 1e5);
    tnas_dataset_destroy(dataset);
    snprintf(options.value_range, sizeof options.value_range, "-2,2");
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 0, 0), -2, 1e-9);
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 0, 255), 2, 1e-9);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(numbers_beyond_single_precision_in_the_first_row_are_refused_not_taken_for_text)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_text(folder, "a.csv", "x,y,label\n1,-1e39,a\n1,2,b\n");
    const tnas_data_options options = options_of(1, 1, 1);
    ck_fails(TNAS_ERR_INPUT, "a.csv: line 2: y = \"-1e39\": must be a number, finite",
             tnas_dataset_load(folder, &options, &dataset));
    ck_assert_ptr_null(dataset);
}
END_TEST

START_TEST(a_constant_too_large_for_a_range_around_it_is_refused)
{
    char folder[TNAS_PATH_BYTES];
    tnas_text text;
    tnas_dataset *dataset;
    temporary_folder(folder);
    tnas_text_init(&text);
    tnas_text_add(&text, "x,y,label\n");
    for (int i = 0; i < 200; i++)
        tnas_text_add(&text, "%d,1e20,%s\n", i, i < 100 ? "a" : "b");
    write_text(folder, "a.csv", text.chars);
    tnas_text_deinit(&text);
    const tnas_data_options options = options_of(10, 10, 1);
    ck_fails(TNAS_ERR_INPUT, "channel 1: scale 0, zero -inf: the range of its values must give",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(columns_can_be_named)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    tnas_data_options options = options_of(10, 0, 1);
    snprintf(options.columns, sizeof options.columns, "y,timestamp,x");
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->c, 3);
    ck_assert_int_eq(dataset->train.count, 2 * 9); /* half a window is the stride */
    ck_assert_double_eq_tol(tnas_affine_to_value(&dataset->affine, 1, 0), 1000, 1e-9);
    tnas_dataset_destroy(dataset);
    snprintf(options.columns, sizeof options.columns, "z");
    ck_fails(TNAS_ERR_USAGE, "a.csv: line 1: has no column \"z\" (--columns)",
             tnas_dataset_load(folder, &options, &dataset));
    options.columns[0] = '\0';
    snprintf(options.label_column, sizeof options.label_column, "activity");
    ck_fails(TNAS_ERR_USAGE, "has no column \"activity\" (--label-column)",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(skipping_bad_files_does_not_forgive_wrong_columns)
{
    char folder[TNAS_PATH_BYTES];
    tnas_text text;
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    tnas_data_options options = options_of(10, 10, 1);
    options.skip_bad = true;
    snprintf(options.columns, sizeof options.columns, "x,z");
    ck_fails(TNAS_ERR_USAGE, "a.csv: line 1: has no column \"z\" (--columns)",
             tnas_dataset_load(folder, &options, &dataset));
    ck_assert_ptr_null(dataset);
    options.columns[0] = '\0';
    snprintf(options.label_column, sizeof options.label_column, "activity");
    ck_fails(TNAS_ERR_USAGE, "has no column \"activity\" (--label-column)",
             tnas_dataset_load(folder, &options, &dataset));
    options.label_column[0] = '\0';
    tnas_text_init(&text);
    for (int row = 0; row < 20; row++) {
        for (int k = 0; k <= TNAS_AFFINE_CHANNELS_MAX; k++)
            tnas_text_add(&text, row == 0 ? "x%d," : "%d,", k);
        tnas_text_add(&text, row == 0 ? "label\n" : "a\n");
    }
    temporary_folder(folder);
    write_text(folder, "a.csv", text.chars);
    write_text(folder, "b.csv", text.chars);
    tnas_text_deinit(&text);
    ck_fails(TNAS_ERR_USAGE, "a.csv: line 1: more than 64 channels: choose with --columns",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(a_bad_first_file_does_not_decide_on_the_columns)
{
    static const char *const first[] = {
        "timestamp,x,label\n1,2,idle\n1,abc,idle\n",           /* narrower, bad in its second row */
        "timestamp,x,y,label\n1,,3,idle\n1,2,3,idle\n1,2,3\n", /* x looks like text */
        "name,note\na,b\n",
    };
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    write_text(folder, "a0/a.csv", first[_i]);
    tnas_data_options options = options_of(10, 10, 1);
    snprintf(options.label_column, sizeof options.label_column, "%s", _i == 1 ? "label" : "");
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 1);
    ck_assert_int_eq(dataset->c, 2);
    ck_assert_int_eq(dataset->train.count, 10);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_bad_row_is_refused_with_file_line_value_and_rule_or_its_file_left_out_and_counted)
{
    static const struct {
        const char *rows, *sentence;
    } bad[] = {
        {"timestamp,x,y,label\n1,2,3,idle\n1,2,3\n", "c.csv: line 3: 3 fields, the header has 4"},
        {"timestamp,x,y,label\n1,2,3,idle\n1,2,3,idle,5\n", "line 3: 5 fields, the header has 4"},
        {"timestamp,x,y,label\n1,abc,3,idle\n", "c.csv: line 2: x = \"abc\": must be a number"},
        {"timestamp,x,y,label\n1,,3,idle\n", "line 2: x = \"\": must be a number"},
        {"timestamp,x,y,label\n1,nan,3,idle\n", "line 2: x = \"nan\": must be a number"},
        {"timestamp,x,y,label\n1,1e39,3,idle\n",
         "c.csv: line 2: x = \"1e39\": must be a number, finite in single precision"},
        {"timestamp,x,y,label\n1,2,3,\n", "line 2: label = \"\": a label has 1 to 47 bytes"},
        {"timestamp,x,z,label\n1,2,3,idle\n", "c.csv: line 1: other columns"},
        {"timestamp,x,y,label\n", "c.csv: has no rows"},
        {"timestamp,x,y,label\n1,\"2,3,idle\n", "c.csv: "},
    };
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    write_text(folder, "s3/c.csv", bad[_i].rows);
    tnas_data_options options = options_of(10, 10, 1);
    ck_fails(TNAS_ERR_INPUT, bad[_i].sentence, tnas_dataset_load(folder, &options, &dataset));
    ck_assert_ptr_null(dataset);
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 1);
    ck_assert_int_eq(dataset->train.count, 10);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(without_a_window_or_rows_for_one_nothing_is_loaded)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_two_subjects(folder);
    tnas_data_options options = options_of(0, 0, 1);
    ck_fails(TNAS_ERR_USAGE, "--window must say how many rows",
             tnas_dataset_load(folder, &options, &dataset));
    options.window = ROWS + 1;
    ck_fails(TNAS_ERR_INPUT, "no window of 51 rows in any file",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

/* Counts of the reference: 200 rows, half overlapping, phone and watch. */
START_TEST(the_inertial_set_has_2774_training_and_820_test_windows)
{
    char path[TNAS_PATH_BYTES];
    const char *const har = shared_path("data/har-inertial/har-s01-s18.tar.xz", path);
    if (har == NULL)
        return;
    tnas_dataset *dataset;
    tnas_data_options options = options_of(200, 100, 2);
    snprintf(options.include, sizeof options.include, "*_s?.csv");
    snprintf(options.split_by, sizeof options.split_by, "subject");
    snprintf(options.test_groups, sizeof options.test_groups, "s15,s16,s17,s18");
    ck_ok(tnas_dataset_load(har, &options, &dataset));
    ck_assert_int_eq(dataset->train.count, 2774);
    ck_assert_int_eq(dataset->test_count, 820);
    ck_assert_int_eq(dataset->h * 100 + dataset->w * 10 + dataset->c, 10016);
    ck_assert_int_eq(dataset->class_count, 5);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_failed_allocation_leaves_nothing_behind)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_status status = TNAS_ERR_NOMEM;
    temporary_folder(folder);
    write_two_subjects(folder);
    const tnas_data_options options = options_of(20, 10, 2);
    for (int n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_dataset_load(folder, &options, &dataset);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || (status == TNAS_ERR_NOMEM && dataset == NULL),
                      "allocation %d: %s", n, tnas_error_text());
    }
    tnas_dataset_destroy(dataset);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("sensor");
    TCase *const tc = tcase_create("sensor");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, windows_lie_within_a_file_and_have_the_label_of_most_rows);
    tcase_add_test(tc, the_affine_is_of_the_training_windows_alone);
    tcase_add_test(tc, a_rare_spike_does_not_take_the_range);
    tcase_add_test(tc,
                   numbers_beyond_single_precision_in_the_first_row_are_refused_not_taken_for_text);
    tcase_add_test(tc, a_constant_too_large_for_a_range_around_it_is_refused);
    tcase_add_test(tc, columns_can_be_named);
    tcase_add_test(tc, skipping_bad_files_does_not_forgive_wrong_columns);
    tcase_add_loop_test(tc, a_bad_first_file_does_not_decide_on_the_columns, 0, 3);
    tcase_add_loop_test(
        tc, a_bad_row_is_refused_with_file_line_value_and_rule_or_its_file_left_out_and_counted, 0,
        10);
    tcase_add_test(tc, without_a_window_or_rows_for_one_nothing_is_loaded);
    tcase_add_test(tc, the_inertial_set_has_2774_training_and_820_test_windows);
    tcase_add_test(tc, a_failed_allocation_leaves_nothing_behind);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
