/* The installed library's functions: what the program says, as numbers; every failure a code and
 * a sentence. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tinynas/tinynas.h"

START_TEST(an_estimate_is_what_the_program_says)
{
    static const char *const runtimes[] = {"tinynas", "tinyengine", "x-cube-ai"};
    tinynas_price price;
    ck_assert_int_eq(tinynas_estimate("mcunet-in1", "stm32h743", runtimes[_i], NULL, &price),
                     TINYNAS_OK);
    cJSON *const json = check_json(
        run("estimate mcunet-in1 --mcu stm32h743 --runtime %s --format json", runtimes[_i]));
    ck_assert_uint_eq(price.flash_bytes, (size_t)number(json, "flash_bytes"));
    ck_assert_uint_eq(price.sram_bytes, (size_t)number(json, "sram_bytes"));
    ck_assert_double_eq(price.latency_ms, number(json, "latency_ms"));
    ck_assert_str_eq(price.latency_source, text_of(json, "latency_source"));
    ck_assert_uint_eq(price.flash_bytes, price.weights_bytes + price.channels_bytes +
                                             price.table_bytes + price.code_bytes);
    ck_assert_int_eq(price.fits, 1);
    cJSON_Delete(json);
}
END_TEST

START_TEST(limits_decide_what_fits)
{
    tinynas_price price;
    tinynas_limits limits = {.max_sram_kib = 1};
    ck_assert_int_eq(tinynas_estimate("mcunet-in1", "stm32h743", NULL, &limits, &price),
                     TINYNAS_OK);
    ck_assert_int_eq(price.fits, 0);
    limits = (tinynas_limits){.max_sram_kib = 512, .reserve_sram_kib = 512};
    ck_assert_int_eq(tinynas_estimate("mcunet-in1", "stm32h743", NULL, &limits, &price),
                     TINYNAS_OK);
    ck_assert_int_eq(price.fits, 0);
    limits = (tinynas_limits){.max_sram_kib = -1};
    ck_assert_int_eq(tinynas_estimate("mcunet-in1", "stm32h743", NULL, &limits, &price),
                     TINYNAS_USAGE);
    ck_assert_ptr_nonnull(strstr(tinynas_error(), "--max-sram-kib"));
}
END_TEST

START_TEST(a_failure_has_the_programs_exit_code_and_sentence)
{
    tinynas_price price;
    tinynas_agreement agreement;
    ck_assert_int_eq(tinynas_estimate("nothing", "stm32h743", NULL, NULL, &price), TINYNAS_USAGE);
    ck_assert_ptr_nonnull(strstr(tinynas_error(), "nothing"));
    ck_assert_int_eq(tinynas_estimate("mcunet-in1", "z80", NULL, NULL, &price), TINYNAS_USAGE);
    ck_assert_int_eq(tinynas_estimate("none.tflite", "stm32h743", NULL, NULL, &price),
                     TINYNAS_INPUT);
    ck_assert_int_eq(tinynas_estimate(NULL, "stm32h743", NULL, NULL, &price), TINYNAS_USAGE);
    ck_assert_str_eq(tinynas_error(), "model is NULL");
    ck_assert_int_eq(tinynas_compare("stm32h743", "tinyengine", "none.csv", NULL, &agreement),
                     TINYNAS_INPUT);
    ck_assert_int_eq(tinynas_export("none.tflite", NULL, "c", NULL, "nowhere"), TINYNAS_INPUT);
}
END_TEST

START_TEST(a_comparison_is_what_the_program_says)
{
    static const char csv[] = "configs/measurements/tinyengine_h743_f746.csv";
    tinynas_agreement agreement;
    ck_assert_int_eq(tinynas_compare("stm32h743", "tinyengine", csv, NULL, &agreement), TINYNAS_OK);
    cJSON *const json = check_json(run("compare --mcu stm32h743 --runtime tinyengine "
                                       "--measurements %s --format json",
                                       csv));
    ck_assert_int_eq(agreement.rows, (int)number(json, "n"));
    ck_assert_double_eq(agreement.mean_error, number(json, "mape"));
    ck_assert_double_eq(agreement.worst_error, number(json, "worst_ape"));
    ck_assert_int_eq(agreement.held_out_rows, 0);
    ck_assert(isnan(agreement.held_out_mean_error));
    cJSON_Delete(json);
}
END_TEST

typedef struct calls {
    int count, stop_at; /* stop_at 0: never */
} calls;

static int count_calls(void *context, const char *stage, long done, long total)
{
    calls *const c = context;
    ck_assert_ptr_nonnull(stage);
    ck_assert(done >= 0 && total >= 0);
    return ++c->count == c->stop_at;
}

START_TEST(a_search_stops_when_asked_goes_on_and_can_be_exported)
{
    char folder[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES],
        header[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(study, folder, "study"));
    ck_ok(tnas_path_join(out, folder, "out"));
    calls c = {.stop_at = 20};
    tinynas_search_options options = tinynas_search_defaults();
    tinynas_found found;
    tinynas_price price;
    options.mcu = "stm32f746";
    options.preset = "smoke";
    options.study = study;
    options.threads = 2;
    options.progress = count_calls;
    options.context = &c;
    ck_assert_int_eq(tinynas_search(&options, &found), TINYNAS_STOPPED);
    c.stop_at = 0;
    ck_assert_msg(tinynas_search(&options, &found) == TINYNAS_OK, "%s", tinynas_error());
    ck_assert_str_eq(found.study, study);
    ck_assert_int_gt(found.test_images, 0);
    ck_assert_int_eq(tinynas_estimate(study, "stm32f746", NULL, NULL, &price), TINYNAS_OK);
    ck_assert_uint_eq(price.flash_bytes, found.flash_bytes);
    ck_assert_uint_eq(price.sram_bytes, found.sram_bytes);
    ck_assert_msg(tinynas_export(study, NULL, "c", "kws", out) == TINYNAS_OK, "%s",
                  tinynas_error());
    ck_ok(tnas_path_join(header, out, "src/kws.h"));
    ck_assert(tnas_file_exists(header));
}
END_TEST

START_TEST(limits_that_no_network_meets_are_infeasible)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tinynas_search_options options = tinynas_search_defaults();
    tinynas_found found;
    options.mcu = "stm32f746";
    options.preset = "smoke";
    options.study = folder;
    options.limits.max_flash_kib = 1;
    ck_assert_int_eq(tinynas_search(&options, &found), TINYNAS_INFEASIBLE);
    ck_assert_ptr_nonnull(strstr(tinynas_error(), "flash"));
}
END_TEST

START_TEST(the_version_is_the_programs)
{
    ck_assert_str_eq(tinynas_version(), TNAS_VERSION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api");
    TCase *tc = tcase_create("library");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, an_estimate_is_what_the_program_says, 0, 3);
    tcase_add_test(tc, limits_decide_what_fits);
    tcase_add_test(tc, a_failure_has_the_programs_exit_code_and_sentence);
    tcase_add_test(tc, a_comparison_is_what_the_program_says);
    tcase_add_test(tc, a_search_stops_when_asked_goes_on_and_can_be_exported);
    tcase_add_test(tc, limits_that_no_network_meets_are_infeasible);
    tcase_add_test(tc, the_version_is_the_programs);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
