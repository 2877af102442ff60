/* Options of a data set, and the patterns of --split-by. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "data/options.h"
#include "data/pattern.h"
#include "study/run_config.h"
#include "tests/testing.h"

START_TEST(every_field_reads_what_it_prints)
{
    tnas_data_options options = tnas_data_options_default(), again = options;
    ck_assert_double_eq(options.validation_share, 0.1);
    ck_assert_str_eq(options.split_by, "content");
    ck_assert_str_eq(options.resize_method, "area");
    ck_ok(tnas_data_options_check(&options));
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        char text[TNAS_DATA_TEXT_BYTES], second[TNAS_DATA_TEXT_BYTES];
        const tnas_data_field field = (tnas_data_field)i;
        tnas_data_options_text(&options, field, text);
        ck_ok(tnas_data_options_set(&again, field, text));
        tnas_data_options_text(&again, field, second);
        ck_assert_str_eq(text, second);
        ck_assert_str_eq(text, tnas_data_field_describe(field)->fallback);
    }
}
END_TEST

typedef struct bad_value {
    tnas_data_field field;
    const char *text, *part;
} bad_value;

static const bad_value bad_values[] = {
    {TNAS_DATA_FIELD_validation_share, "0.6", "--validation-share 0.6: must be within 0..0.5"},
    {TNAS_DATA_FIELD_validation_share, "x", "--validation-share x: must be a number"},
    {TNAS_DATA_FIELD_test_share, "nan", "--test-share nan: must be a number"},
    {TNAS_DATA_FIELD_window, "1.5", "--window 1.5: must be a whole number"},
    {TNAS_DATA_FIELD_window, "-1", "--window -1: must be within 0..65536"},
    {TNAS_DATA_FIELD_skip_bad, "yes", "--skip-bad yes: must be true or false"},
    {TNAS_DATA_FIELD_resize_method, "cubic", "--resize-method cubic: must be one of area|bilinear"},
    {TNAS_DATA_FIELD_colour, "au", "--colour au: must be one of auto|grey|rgb"},
    {TNAS_DATA_FIELD_resize, "96", "--resize 96: must be HxW, each 1 to 512"},
    {TNAS_DATA_FIELD_resize, "0x5", "--resize 0x5: must be HxW"},
    {TNAS_DATA_FIELD_resize, "513x5", "--resize 513x5: must be HxW"},
    {TNAS_DATA_FIELD_resize, "5x5x", "--resize 5x5x: must be HxW"},
    {TNAS_DATA_FIELD_value_range, "1", "--value-range 1: must be LOW,HIGH"},
    {TNAS_DATA_FIELD_value_range, "2,1",
     "--value-range 2,1: must be LOW,HIGH, two numbers that rise"},
    {TNAS_DATA_FIELD_test_groups, "a", "--test-groups: content has no groups"},
    {TNAS_DATA_FIELD_split_by, "", "--split-by: must not be empty"},
};
enum { BAD_VALUE_COUNT = sizeof bad_values / sizeof bad_values[0] };

START_TEST(a_bad_value_is_refused_with_its_rule)
{
    const bad_value *const bad = &bad_values[_i];
    tnas_data_options options = tnas_data_options_default();
    tnas_status status = tnas_data_options_set(&options, bad->field, bad->text);
    if (status == TNAS_OK)
        status = tnas_data_options_check(&options);
    ck_fails(TNAS_ERR_USAGE, bad->part, status);
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_refused)
{
    char text[TNAS_DATA_TEXT_BYTES + 1];
    tnas_data_options options = tnas_data_options_default();
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_fails(TNAS_ERR_USAGE, "--include aaaa",
             tnas_data_options_set(&options, TNAS_DATA_FIELD_include, text));
    text[sizeof text - 2] = '\0';
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_include, text));
}
END_TEST

START_TEST(lists_have_whole_items)
{
    ck_assert(tnas_data_list_has("s1,s15,s2", "s15"));
    ck_assert(tnas_data_list_has("s1,s15,s2", "s2"));
    ck_assert(!tnas_data_list_has("s1,s15,s2", "s"));
    ck_assert(!tnas_data_list_has("s1,s15,s2", "s1,s15"));
    ck_assert(!tnas_data_list_has("", "s"));
}
END_TEST

/* part NULL: no match. */
typedef struct matching {
    const char *pattern, *path, *part;
} matching;

static const matching matchings[] = {
    {"*_{speaker}_*", "recordings/0_george_12.wav", "george"},
    {"{subject}_*", "a/s15_03_sp.csv", "s15"},
    {"{subject}_*", "s15.csv", NULL},
    {"{subject}.csv", "x/s15.csv", "s15"},
    {"*-{x}.wav", "a-b-c.wav", "b-c"},
    {"{x}", "dir/name.txt", "name.txt"},
    {"{subject}/*", "s01/left/1.png", "s01"},
    {"*/{subject}/*", "s01", NULL},
    {"{subject}/*", "s01/1.png", "s01"},
    {"*/{subject}/*", "walk/s01/1.png", "s01"},
    {"{x}_*", "_a", NULL},
    {"subj{n}_*.csv", "subj7_walk.csv", "7"},
    {"subj{n}_*.csv", "subj7_walk.wav", NULL},
    {"a{n}", "a", NULL},
    {"*_{x}", "a_", NULL},
    {"*_{x}_*_*", "1_2_3.wav", NULL},
};
enum { MATCHING_COUNT = sizeof matchings / sizeof matchings[0] };

START_TEST(a_pattern_names_a_part_of_the_file_name)
{
    const matching *const m = &matchings[_i];
    char part[64];
    ck_ok(tnas_pattern_check(m->pattern));
    ck_assert_int_eq(tnas_pattern_match(m->pattern, m->path, part, sizeof part), m->part != NULL);
    if (m->part != NULL)
        ck_assert_str_eq(part, m->part);
}
END_TEST

START_TEST(a_part_that_does_not_fit_is_no_match)
{
    char part[4];
    ck_assert(!tnas_pattern_match("{x}_*", "long_1", part, sizeof part));
    ck_assert(tnas_pattern_match("{x}_*", "abc_1", part, sizeof part));
}
END_TEST

START_TEST(patterns_have_one_named_part)
{
    static const char *const bad[] = {"x", "{", "{}", "{a}{b}", "{a}_{b}", "{a}}", "*{a}", "{a}*"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_fails(TNAS_ERR_USAGE, "--split-by", tnas_pattern_check(bad[i]));
}
END_TEST

/* ---- run configurations ---- */

static tnas_status load_config(const char *data_options, tnas_run_config *out)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], text[512];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "run.json"));
    const int length = snprintf(text, sizeof text,
                                "{\"format\":\"tinynas-run\",\"version\":1,"
                                "\"data_options\":%s}",
                                data_options);
    ck_ok(tnas_file_write(path, text, (size_t)length));
    return tnas_run_config_load(path, out);
}

START_TEST(a_run_configuration_says_what_is_not_the_default)
{
    static tnas_run_config config;
    char *text;
    ck_ok(load_config(
        "{\"test_share\":0.25,\"split_by\":\"{a}_*\",\"skip_bad\":true,\"window\":200}", &config));
    ck_assert_double_eq(config.data_options.test_share, 0.25);
    ck_assert_str_eq(config.data_options.split_by, "{a}_*");
    ck_assert(config.data_options.skip_bad);
    ck_assert_int_eq(config.data_options.window, 200);
    ck_assert_double_eq(config.data_options.validation_share, 0.1);
    ck_ok(tnas_run_config_print(&config, &text));
    ck_assert_ptr_nonnull(strstr(text, "\"skip_bad\":\ttrue"));
    ck_assert_ptr_null(strstr(text, "validation_share"));
    tnas_free(text);
}
END_TEST

START_TEST(a_bad_data_option_is_refused_with_its_path)
{
    static tnas_run_config config;
    ck_fails(TNAS_ERR_INPUT, "unknown key \"data_options.tst_share\"",
             load_config("{\"tst_share\":0.25}", &config));
    ck_fails(TNAS_ERR_INPUT, "data_options.test_share: --test-share 0.75: must be within 0..0.5",
             load_config("{\"test_share\":0.75}", &config));
    ck_fails(TNAS_ERR_INPUT, "must be a number, true, false or a text",
             load_config("{\"test_share\":[1]}", &config));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data_options");
    TCase *all = tcase_create("all");
    tcase_add_test(all, every_field_reads_what_it_prints);
    tcase_add_loop_test(all, a_bad_value_is_refused_with_its_rule, 0, BAD_VALUE_COUNT);
    tcase_add_test(all, a_text_that_does_not_fit_is_refused);
    tcase_add_test(all, lists_have_whole_items);
    tcase_add_loop_test(all, a_pattern_names_a_part_of_the_file_name, 0, MATCHING_COUNT);
    tcase_add_test(all, a_part_that_does_not_fit_is_no_match);
    tcase_add_test(all, patterns_have_one_named_part);
    tcase_add_test(all, a_run_configuration_says_what_is_not_the_default);
    tcase_add_test(all, a_bad_data_option_is_refused_with_its_path);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
