/* tinynas space, as its users meet it. */
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tests/toy_data.h"

START_TEST(the_table_of_the_papers_has_108_rows_and_one_choice)
{
    char first[OUTPUT_BYTES];
    const outcome *o =
        run("space --mcu stm32f746 --space mcunet --runtime tinyengine --code-kib 63 "
            "--classes 100 --samples 50 --threads 1 --format json");
    cJSON *const json = check_json(o);
    strcpy(first, o->out);
    const cJSON *const rows = cJSON_GetObjectItem(json, "rows");
    ck_assert_int_eq(cJSON_GetArraySize(rows), 108);
    ck_assert(number(json, "drawn") == 108 * 50);
    ck_assert(number(json, "flash_limit_bytes") == 1048576);
    ck_assert(number(json, "sram_limit_bytes") == 327680);
    int chosen = 0;
    double best = 0, mean = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        const double fit = number(row, "fit");
        ck_assert(number(row, "networks") > 1e20);
        ck_assert(fit >= 0 && fit <= 1);
        ck_assert(number(row, "pruned_by_flash") + number(row, "pruned_by_sram") >= 1 - fit - 1e-9);
        ck_assert_int_eq(cJSON_IsNull(cJSON_GetObjectItem(row, "mean_macs")), fit == 0);
        if (fit > 0) {
            ck_assert(number(row, "p20_macs") <= number(row, "p50_macs"));
            ck_assert(number(row, "p50_macs") <= number(row, "p80_macs"));
        }
        if (fit >= 0.05 && number(row, "mean_macs") > best)
            best = number(row, "mean_macs");
        if (cJSON_IsTrue(cJSON_GetObjectItem(row, "chosen"))) {
            chosen++;
            mean = number(row, "mean_macs");
        }
    }
    ck_assert_int_eq(chosen, 1);
    ck_assert(mean == best);
    cJSON_Delete(json);

    o = run("space --mcu stm32f746 --space mcunet --runtime tinyengine --code-kib 63 "
            "--classes 100 --samples 50 --threads 3 --format json");
    ck_assert_str_eq(o->out, first);
}
END_TEST

START_TEST(csv_has_a_line_for_every_setting)
{
    const outcome *const o = run("space --mcu stm32h743 --space small-image --size 28x28 "
                                 "--channels 1 --samples 20 --format csv");
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    int lines = 0;
    for (const char *p = o->out; *p != '\0'; p++)
        lines += *p == '\n';
    ck_assert_int_eq(lines, 1 + 5);
    ck_assert_ptr_eq(strstr(o->out, "input,width,networks,drawn,fit,"), o->out);
    ck_assert_ptr_nonnull(strstr(o->out, "\n28x28,0.35,"));
}
END_TEST

START_TEST(wrong_words_are_refused_with_what_would_be_right)
{
    check_failure(run("space"), 2, "needs --mcu");
    check_failure(run("space --mcu stm32h743 --space small-image --classes 10"), 2,
                  "needs --data D, or --size HxW");
    check_failure(run("space --mcu stm32h743 --size 28"), 2, "must be HxW");
    check_failure(run("space --mcu stm32h743 --size 28x28x1"), 2, "must be HxW");
    check_failure(run("space --mcu stm32h743 --size 0x28"), 2, "must be HxW");
    check_failure(run("space --mcu stm32h743 --data builtin:shapes --channels 1"), 2,
                  "leave --classes");
    check_failure(run("space --mcu stm32h743 --size 28x28 --code-kib 63"), 2, "is measured");
    check_failure(run("space --mcu stm32h743 --size 28x28 --runtime nobody"), 2, "known are");
    check_failure(run("space --mcu stm32h743 --size 28x28 small-image"), 2, "takes options only");
}
END_TEST

START_TEST(where_nothing_fits_the_table_says_so_and_the_exit_is_3)
{
    const outcome *const o =
        run("space --mcu stm32h743 --space resnet --size 32x32 --max-sram-kib 20 --samples 50");
    ck_assert_int_eq(o->exit_code, 3);
    ck_assert_ptr_nonnull(strstr(o->out, "4 settings of which no network fits"));
    ck_assert_ptr_nonnull(strstr(o->err, "the nearest (width 0.5, "));
    ck_assert_ptr_nonnull(strstr(o->err, "times the limit"));
}
END_TEST

START_TEST(a_search_chooses_what_the_table_says)
{
    char data[TNAS_PATH_BYTES], why[512], said[600];
    temporary_folder(data);
    write_toy_data(data);
    const char *const limits = "--max-flash-kib 30 --max-sram-kib 12 --seed 7";
    const outcome *o = run("space --mcu stm32f746 --space small-image --data %s %s --samples 100 "
                           "--format json",
                           data, limits);
    cJSON *const json = check_json(o);
    snprintf(why, sizeof why, "%s", text_of(json, "why"));
    cJSON_Delete(json);
    o = run("search --mcu stm32f746 --space small-image --data %s %s --preset smoke --dry-run "
            "--study %s/study",
            data, limits, data);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    snprintf(said, sizeof said, "chosen %s", why);
    ck_assert_msg(strstr(o->err, said) != NULL, "%s\nis not in\n%s", said, o->err);
    ck_assert_ptr_nonnull(strstr(o->err, "networks, ")); /* how many there are */
}
END_TEST

/* For images of 12x12 the last size is none. */
static const char sized[] =
    "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"sized\", \"inputs\": [8, [10, 9], "
    "64],"
    " \"widths\": [1], \"divisor\": 4, \"stem\": {\"channels\": 8, \"kernel\": 3, \"stride\": 1},"
    " \"stages\": [{\"block\": \"mbconv\", \"channels\": 8, \"stride\": 2, \"kernel\": [3],"
    " \"expand\": [2, 3], \"width\": [0.5, 1], \"depth\": [1, 2]}]}";

START_TEST(images_come_in_the_size_that_the_space_chose)
{
    char data[TNAS_PATH_BYTES], space[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data); /* 12x12 */
    ck_ok(tnas_path_join(space, data, "sized.json"));
    ck_ok(tnas_file_write(space, (const uint8_t *)sized, strlen(sized)));
    const char *const words = "--mcu stm32f746 --seed 3 --preset smoke";
    const outcome *o = run("space --space %s --data %s --mcu stm32f746 --samples 10", space, data);
    ck_assert_ptr_nonnull(strstr(o->out, "sized: 2 settings"));
    o = run("search --space %s --data %s --study %s/study %s --format json", space, data, data,
            words);
    ck_assert_msg(strstr(o->err, "chosen 10x9, width 1") != NULL, "%s", o->err);
    cJSON *json = check_json(o);
    const double accuracy = number(json, "accuracy_int8");
    cJSON_Delete(json);

    o = run("eval %s/study --format json", data); /* the test images in that size as well */
    json = check_json(o);
    ck_assert(number(json, "accuracy") == accuracy);
    cJSON_Delete(json);

    o = run("search --space %s --data %s --study %s/study %s --format json", space, data, data,
            words); /* the same study again */
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    ck_assert_ptr_nonnull(strstr(o->err, "has this result already"));
    check_failure(run("search --space %s --data %s --resize 8x8 --study %s/other %s", space, data,
                      data, words),
                  2, "chooses among sizes of its own");
    check_failure(run("space --mcu stm32f746 --space %s --data %s --resize 8x8", space, data), 2,
                  "chooses among sizes of its own");
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("space command");
    TCase *const command = tcase_create("command");
    tcase_set_timeout(command, 120);
    tcase_add_test(command, the_table_of_the_papers_has_108_rows_and_one_choice);
    tcase_add_test(command, csv_has_a_line_for_every_setting);
    tcase_add_test(command, wrong_words_are_refused_with_what_would_be_right);
    tcase_add_test(command, where_nothing_fits_the_table_says_so_and_the_exit_is_3);
    tcase_add_test(command, a_search_chooses_what_the_table_says);
    tcase_add_test(command, images_come_in_the_size_that_the_space_chose);
    suite_add_tcase(suite, command);
    return run_suite(suite);
}
