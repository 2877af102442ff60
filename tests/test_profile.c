/* MCU profiles: files and what is wrong with them, and the refit of the shipped ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/measurements.h"
#include "estimators/regions.h"
#include "tests/testing.h"
#include "tools/recipes/refit.h"

static void same_file(const char *a, const char *b)
{
    uint8_t *bytes_a, *bytes_b;
    size_t count_a, count_b;
    ck_ok(tnas_file_read(a, 1 << 20, &bytes_a, &count_a));
    ck_ok(tnas_file_read(b, 1 << 20, &bytes_b, &count_b));
    size_t at = 0;
    while (at < count_a && bytes_a[at] == bytes_b[at])
        at++;
    ck_assert_msg(count_a == count_b && at == count_a, "from byte %zu on: \"%.40s\", \"%.40s\"", at,
                  bytes_a + at, bytes_b + at);
    tnas_free(bytes_a);
    tnas_free(bytes_b);
}

/* The same texts, but that numbers may differ by what another BLAS rounds differently: some
 * units of the sixth digit, and of what cancels in a covariance. */
static void same_within_rounding(const char *a, const char *b)
{
    uint8_t *bytes_a, *bytes_b;
    size_t count_a, count_b;
    ck_ok(tnas_file_read(a, 1 << 20, &bytes_a, &count_a));
    ck_ok(tnas_file_read(b, 1 << 20, &bytes_b, &count_b));
    const char *at_a = (const char *)bytes_a, *at_b = (const char *)bytes_b;
    while (*at_a != '\0' || *at_b != '\0') {
        char *end_a, *end_b;
        const bool may_be_number = strchr("-0123456789", *at_a) != NULL;
        const double x = may_be_number ? strtod(at_a, &end_a) : 0;
        const double y = may_be_number ? strtod(at_b, &end_b) : 0;
        if (may_be_number && end_a != at_a && end_b != at_b) {
            ck_assert_msg(fabs(x - y) <= 2e-4 * fabs(x) + 2e-5, "%.30s, refitted %.30s", at_a,
                          at_b);
            at_a = end_a;
            at_b = end_b;
        } else if (*at_a++ != *at_b++) {
            ck_abort_msg("\"%.40s\", refitted \"%.40s\"", at_a - 1, at_b - 1);
        }
    }
    tnas_free(bytes_a);
    tnas_free(bytes_b);
}

static const char *const profiles[] = {
    "stm32h743",  "stm32f746",  "stm32h747",     "stm32f767", "stm32f769",
    "stm32f446",  "stm32h7a3",  "stm32l4r5",     "stm32u585", "cortex-m4",
    "cortex-m33", "cortex-m55", "cortex-m0plus", "rv32imc",   "gap8",
};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

START_TEST(shipped_profiles_are_what_a_new_fit_writes)
{
    char folder[TNAS_PATH_BYTES], copy[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(profiles[_i], &mcu));
    ck_ok(tnas_path_join(copy, folder, "copy.json"));
    ck_ok(tnas_mcu_save(mcu, copy)); /* loading and saving changes nothing */
    same_file(mcu->path, copy);
    /* A coefficient off by a tenth does not survive the fit, unless its rows are not here. */
    for (int i = 0; i < mcu->model_count; i++)
        mcu->models[i].coefficient[TNAS_FEATURE_conv1_mac] *= 1.1;
    int skipped;
    ck_ok(tnas_profile_refit(mcu, &skipped));
    if (skipped > 0) {
        printf("SKIP %d models of %s: their rows are in $SHARED/boards\n", skipped, mcu->name);
    } else {
        ck_ok(tnas_mcu_save(mcu, copy));
        same_within_rounding(mcu->path, copy);
    }
    tnas_mcu_destroy(mcu);
}
END_TEST

/* Replaces the first occurrence of `from` in a shipped profile and loads it as bad.json. */
static tnas_status load_changed(const char *from, const char *to)
{
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read("configs/mcus/stm32f746.json", 1 << 20, &bytes, &byte_count));
    const char *const text = (const char *)bytes;
    const char *const place = strstr(text, from);
    ck_assert_msg(place != NULL, "the profile has no %s", from);
    const size_t before = (size_t)(place - text);
    char *changed = tnas_alloc_zero(byte_count + strlen(to) + 1, 1);
    memcpy(changed, text, before);
    strcpy(changed + before, to);
    strcat(changed, place + strlen(from));
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "bad.json"));
    ck_ok(tnas_file_write(path, changed, strlen(changed)));
    tnas_mcu *mcu;
    const tnas_status status = tnas_mcu_load(path, &mcu);
    ck_assert((status == TNAS_OK) == (mcu != NULL));
    tnas_mcu_destroy(mcu);
    tnas_free(changed);
    tnas_free(bytes);
    return status;
}

static const struct {
    const char *from, *to, *sentence;
} broken[] = {
    {"\"version\": 1", "\"version\": 2", "this program reads version 1"},
    {"\"tinynas-mcu\"", "\"tinynas-cpu\"", "must be \"tinynas-mcu\""},
    {"\"part\"", "\"prat\"", "unknown key \"prat\""},
    {"\"clock_mhz\": 216", "\"clock_mhz\": 0", "clock_mhz: 0 is outside"},
    {"\"clock_mhz\": 216", "\"clock_mhz\": \"216\"", "clock_mhz: must be a number"},
    {"\"flash_bytes\": 1048576", "\"flash_bytes\": -1", "flash_bytes: -1 is outside"},
    {"\"flash_bytes\": 1048576", "\"flash_bytes\": 1.5", "must be a whole number"},
    {"\"flash_bytes\": 1048576,", "", "key \"flash_bytes\" is missing"},
    {"\"bytes\": 65536", "\"bytes\": 0", "regions[0].bytes: 0 is outside"},
    {"\"arena\": true", "\"arena\": 1", "regions[0].arena: must be true or false"},
    {"\"arena\": true", "\"arena\": false", "regions[1]: joined: an arena must be allowed"},
    {"\"0x20010000\"", "\"0x20010004\"", "regions[1]: joined: its address must be where DTCM ends"},
    {"\"address\": \"0x20000000\", ", "", "regions[1]: joined: its address must be where DTCM"},
    {"\"0x20000000\"", "\"0x2000000\"", "must be 0x and eight hexadecimal digits"},
    {"\"0x20000000\"", "\"0x120000000\"", "must be 0x and eight hexadecimal digits"},
    {"\"joined\": true", "\"joined\": \"yes\"", "regions[1].joined: must be true or false"},
    {"\"regions\"", "\"arena_pieces\": 3, \"regions\"", "arena_pieces: 3 is outside"},
    {"\"regions\"", "\"power\": {\"mw\": 3}, \"regions\"", "power: key \"low_mw\" is missing"},
    {"\"regions\"", "\"power\": {\"low_mw\": 4, \"mw\": 3}, \"regions\"", "power.mw: 3 is outside"},
    {"\"arena\": true", "\"arena\": true, \"base\": 0", "regions[0]: unknown key \"base\""},
    {"\"DTCM\"", "\"a name that is far too long for it\"", "at most 23 fit"},
    {"\"DTCM\"", "\"a \\\"b\\\"\"", "must be free of quotes"},
    {"\"runtime\"", "\"runtme\"", "latency_models[0]: unknown key \"runtme\""},
    {"\"runtime_version\": \"2022-08\",", "", "key \"runtime_version\" is missing"},
    {"\"tflm-cmsis-nn\"", "7", "latency_models[1].runtime: must be a text"},
    {"\"row_count\": 7", "\"row_count\": -7", "row_count: -7 is outside"},
    {"\"sigma\": 0.03", "\"sigma\": 0", "sigma: 0 is outside"},
    {"\"kappa\": 1,", "\"kappa\": 0.5,", "kappa: 0.5 is outside"},
    {"\"stem_mac\"", "\"stem_mas\"", "terms[0]: name = \"stem_mas\": no such feature"},
    {"\"conv1_mac\"", "\"stem_mac\"", "terms must be in the order"},
    {"\"cycles\": ", "\"cycles\": -", "fitted[0].cycles"},
    {"\"stem_mac\", \"cycles\": ", "\"stem_mac\", \"cycles\": -", "terms[0].cycles"},
    {"\"row_count\": 7", "\"row_count\": 6", "fitted: 7 rows: must be at most row_count"},
    {"\"kappa_new\": 1,", "\"memory\": {\"fast_ram\": 1}, \"kappa_new\": 1,",
     "unknown key \"fast_ram\""},
    {"\"kappa_new\": 1,", "\"memory\": {\"fast_ram_bytes\": -1}, \"kappa_new\": 1,",
     "fast_ram_bytes: -1 is outside"},
    {"\"name\": \"stem_mac\"", "\"name\": \"stem_out\"", "the term \"stem_mac\" is required"},
    {"\"inverted residual\"", "\"transformer\"", "no such family"},
    {"\"covariance\": [", "\"covariance\": [[0.1],", "rows: must be"},
    {"\"covariance\": [\n        [", "\"covariance\": [\n        [1, ", "covariance[0]: 2 numbers"},
    {"\"covariance\": [\n        [", "\"covariance\": [\n        [-", "covariance[0][0]: -"},
    {"\"runtime\": \"x-cube-ai\",\n      \"runtime_version\": \"7.1.0\"",
     "\"runtime\": \"tinyengine\",\n      \"runtime_version\": \"2022-08\"", "stands twice"},
};

START_TEST(a_malformed_profile_names_the_key)
{
    const tnas_status status = load_changed(broken[_i].from, broken[_i].to);
    ck_assert_msg(status == TNAS_ERR_INPUT, "\"%s\" -> \"%s\" was accepted", broken[_i].from,
                  broken[_i].to);
    ck_assert_msg(strstr(tnas_error_text(), broken[_i].sentence) != NULL, "\"%s\" lacks \"%s\"",
                  tnas_error_text(), broken[_i].sentence);
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), "bad.json"));
}
END_TEST

START_TEST(a_profile_survives_failing_allocations)
{
    tnas_status status = TNAS_ERR_NOMEM;
    int n = 0;
    for (; n < 100 && status != TNAS_OK; n++) {
        tnas_mcu *mcu;
        tnas_alloc_fail_after(n);
        status = tnas_mcu_load("configs/mcus/gap8.json", &mcu);
        tnas_alloc_fail_after(-1);
        ck_assert((status == TNAS_OK) == (mcu != NULL));
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        tnas_mcu_destroy(mcu);
    }
    ck_assert_int_gt(n, 3);
    ck_ok(status);
}
END_TEST

START_TEST(the_newest_version_of_a_runtime_is_found)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load("gap8", &mcu));
    mcu->model_count = 0;
    tnas_latency_model model;
    tnas_latency_prior(&model);
    strcpy(model.runtime, "x-cube-ai");
    static const char *const versions[] = {"8.1.0", "10.0.0", "7.3.0", "10.0.0"};
    for (int i = 0; i < 4; i++) {
        strcpy(model.version, versions[i]);
        model.row_count = i + 1;
        ck_ok(tnas_mcu_set_latency_model(mcu, &model));
    }
    ck_assert_int_eq(mcu->model_count, 3); /* the last replaced its older self */
    ck_assert_int_eq(tnas_mcu_latency_model(mcu, "x-cube-ai")->row_count, 4);
    ck_assert_ptr_null(tnas_mcu_latency_model(mcu, "tinynas"));
    for (int i = mcu->model_count; i < TNAS_MCU_MODELS_MAX; i++) {
        snprintf(model.version, sizeof model.version, "%d", i);
        ck_ok(tnas_mcu_set_latency_model(mcu, &model));
    }
    strcpy(model.version, "one more");
    ck_fails(TNAS_ERR_INPUT, "no more fit", tnas_mcu_set_latency_model(mcu, &model));
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(memories_are_those_of_the_data_sheets)
{
    static const struct {
        const char *name, *region;
        size_t flash_kib, arena_kib;
        double clock_mhz;
    } parts[] = {
        {"stm32f746", "DTCM to SRAM2", 1024, 320, 216},
        {"stm32h743", "AXI SRAM", 2048, 512, 480},
        {"stm32h747", "AXI SRAM", 2048, 512, 400},
        {"stm32f767", "DTCM to SRAM2", 2048, 512, 216},
        {"stm32f769", "DTCM to SRAM2", 2048, 512, 216},
        {"stm32f446", "SRAM1 to SRAM2", 512, 128, 180},
        {"stm32h7a3", "AXI SRAM1 to AXI SRAM3", 2048, 1024, 280},
        {"stm32l4r5", "SRAM1 to SRAM3", 2048, 640, 120},
        {"stm32u585", "SRAM1 to SRAM3", 2048, 768, 160},
        {"gap8", "L2", 65536, 512, 175},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        tnas_mcu *mcu;
        tnas_arena_place place;
        ck_ok(tnas_mcu_load(parts[i].name, &mcu));
        ck_assert_str_eq(mcu->name, parts[i].name);
        ck_assert_uint_eq(mcu->flash_bytes, parts[i].flash_kib * 1024);
        tnas_arena_place_find(mcu, SIZE_MAX, false, &place);
        ck_assert_uint_eq(place.bytes, parts[i].arena_kib * 1024);
        ck_assert_str_eq(place.text, parts[i].region);
        ck_assert_double_eq(mcu->clock_mhz, parts[i].clock_mhz);
        tnas_mcu_destroy(mcu);
    }
}
END_TEST

START_TEST(an_unknown_part_lists_the_known_ones)
{
    tnas_mcu *mcu;
    ck_fails(TNAS_ERR_USAGE, "unknown mcu \"stm32f103\"", tnas_mcu_load("stm32f103", &mcu));
    for (int i = 0; i < PROFILES; i++)
        ck_assert_ptr_nonnull(strstr(tnas_error_text(), profiles[i]));
    ck_assert_ptr_null(mcu);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile");
    TCase *shipped = tcase_create("shipped");
    tcase_set_timeout(shipped, 60);
    tcase_add_loop_test(shipped, shipped_profiles_are_what_a_new_fit_writes, 0, PROFILES);
    tcase_add_test(shipped, memories_are_those_of_the_data_sheets);
    tcase_add_test(shipped, an_unknown_part_lists_the_known_ones);
    suite_add_tcase(suite, shipped);
    TCase *files = tcase_create("files");
    tcase_add_loop_test(files, a_malformed_profile_names_the_key, 0,
                        sizeof broken / sizeof broken[0]);
    tcase_add_test(files, a_profile_survives_failing_allocations);
    tcase_add_test(files, the_newest_version_of_a_runtime_is_found);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
