/* Run configurations: what is written is read, what is wrong is refused with its path. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/paths.h"
#include "study/run_config.h"
#include "tests/testing.h"

#define HEAD "{\"format\":\"tinynas-run\",\"version\":1"

static void write_config(const char *text, char path[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "run.json"));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

static const char *override_of(const tnas_run_config *config, const char *key)
{
    for (int i = 0; i < config->overrides.count; i++)
        if (strcmp(config->overrides.items[i].key, key) == 0)
            return config->overrides.items[i].text;
    ck_abort_msg("%s is not overridden", key);
}

START_TEST(every_key_is_read_and_what_is_not_said_stays_open)
{
    char path[TNAS_PATH_BYTES];
    tnas_run_config config;
    write_config(HEAD ",\"data\":\"d\",\"space\":\"s\",\"mcu\":\"m\",\"runtime\":\"r\","
                      "\"limits\":{\"flash_kib\":1.5,\"sram_kib\":32,\"latency_ms\":0.25,"
                      "\"latency_at\":\"mean\",\"reserve_flash_kib\":2,\"reserve_sram_kib\":3},"
                      "\"preset\":\"quick\",\"seed\":9,\"budget_minutes\":1.5,"
                      "\"choice\":{\"input\":1,\"width\":2,\"samples\":50},"
                      "\"supernet\":{\"steps\":7,\"optimizer\":\"adamw\","
                      "\"augment\":{\"shift\":{\"probability\":0.1,\"amount\":3}}},"
                      "\"search\":{\"generations\":4,\"mutation_prob\":0.2},"
                      "\"finish\":{\"calibration_images\":64}}",
                 path);
    ck_ok(tnas_run_config_load(path, &config));
    ck_assert_str_eq(config.data, "d");
    ck_assert_str_eq(config.space, "s");
    ck_assert_str_eq(config.mcu, "m");
    ck_assert_str_eq(config.runtime, "r");
    ck_assert_uint_eq(config.limits.flash_bytes, 1536);
    ck_assert_uint_eq(config.limits.sram_bytes, 32 * 1024);
    ck_assert_double_eq(config.limits.latency_ms, 0.25);
    ck_assert(config.limits.latency_at_mean);
    ck_assert_uint_eq(config.limits.reserve_flash_bytes, 2048);
    ck_assert_uint_eq(config.limits.reserve_sram_bytes, 3072);
    ck_assert_str_eq(config.preset, "quick");
    ck_assert(config.has_seed && config.seed == 9);
    ck_assert_double_eq(config.budget_minutes, 1.5);
    ck_assert(config.choice.given && config.choice.input == 1 && config.choice.width == 2);
    ck_assert_str_eq(override_of(&config, "choice.samples"), "50");
    ck_assert_str_eq(override_of(&config, "supernet.steps"), "7");
    ck_assert_str_eq(override_of(&config, "supernet.optimizer"), "adamw");
    ck_assert_str_eq(override_of(&config, "supernet.augment.shift.amount"), "3");
    ck_assert_str_eq(override_of(&config, "search.generations"), "4");
    ck_assert_str_eq(override_of(&config, "finish.calibration_images"), "64");
    write_config(HEAD "}", path);
    ck_ok(tnas_run_config_load(path, &config));
    ck_assert_str_eq(config.data, "");
    ck_assert(!config.has_seed && !config.choice.given && config.overrides.count == 0);
    ck_assert_uint_eq(config.limits.flash_bytes, SIZE_MAX);
    ck_assert(isinf(config.limits.latency_ms));
}
END_TEST

START_TEST(a_printed_configuration_is_read_back_the_same)
{
    static tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    tnas_run_config config, again;
    tnas_run_config_init(&config);
    snprintf(config.data, sizeof config.data, "a \"quoted\" folder\\");
    config.limits.flash_bytes = 12345; /* no whole KiB */
    config.limits.latency_ms = 1.0 / 3;
    config.has_seed = true;
    config.seed = 8999999999999999;
    config.choice = (tnas_space_choice){.given = true, .input = 3, .width = 4};
    tnas_plan_of_work work;
    tnas_preset_resolve(tnas_preset_find("standard"), 54321, 6789, &work);
    work.supernet.learning_rate = 1.0 / 3;
    const int count = tnas_work_list(fields);
    for (int i = 0; i < count; i++) {
        char text[TNAS_WORK_TEXT_BYTES];
        tnas_work_text(&work, &fields[i], text);
        ck_ok(tnas_overrides_put(&config.overrides, fields[i].key, text));
    }
    ck_assert_int_gt(config.overrides.count, 60);
    char *text, *text_again, path[TNAS_PATH_BYTES];
    ck_ok(tnas_run_config_print(&config, &text));
    write_config(text, path);
    ck_ok(tnas_run_config_load(path, &again));
    ck_ok(tnas_run_config_print(&again, &text_again));
    ck_assert(strcmp(text, text_again) == 0);
    ck_assert_str_eq(again.data, config.data);
    ck_assert_uint_eq(again.limits.flash_bytes, 12345);
    ck_assert_double_eq(again.limits.latency_ms, 1.0 / 3);
    ck_assert(again.seed == config.seed);
    ck_assert_int_eq(again.overrides.count, config.overrides.count);
    ck_assert_str_eq(override_of(&again, "supernet.learning_rate"),
                     override_of(&config, "supernet.learning_rate"));
    tnas_free(text);
    tnas_free(text_again);
}
END_TEST

static void refused(const char *body, const char *sentence)
{
    char path[TNAS_PATH_BYTES], text[512];
    tnas_run_config config;
    snprintf(text, sizeof text, HEAD ",%s}", body);
    write_config(text, path);
    const tnas_status status = tnas_run_config_load(path, &config);
    ck_assert_msg(status == TNAS_ERR_INPUT, "%s: status %d", body, status);
    ck_assert_msg(strstr(tnas_error_text(), sentence) != NULL &&
                      strstr(tnas_error_text(), "run.json") != NULL,
                  "\"%s\" lacks \"%s\"", tnas_error_text(), sentence);
}

START_TEST(what_is_wrong_is_refused_with_file_path_and_rule)
{
    refused("\"dat\":\"x\"", "unknown key \"dat\"");
    refused("\"supernet\":{\"step\":1}", "unknown key \"supernet.step\"");
    refused("\"supernet\":{\"augment\":{\"shake\":{\"amount\":1}}}",
            "unknown key \"supernet.augment.shake\"");
    refused("\"supernet\":{\"augment\":{\"shift\":{\"much\":1}}}",
            "unknown key \"supernet.augment.shift.much\"");
    refused("\"choice\":{\"height\":1}", "unknown key \"choice.height\"");
    refused("\"choice\":{\"input\":1}", "go together");
    refused("\"supernet\":{\"steps\":0}", "supernet.steps = 0: must be within");
    refused("\"supernet\":{\"steps\":\"many\"}", "supernet.steps = many: must be a number");
    refused("\"supernet\":{\"steps\":[1]}", "must be a number or a word");
    refused("\"supernet\":{\"steps\":{}}", "must be a number or a word");
    refused("\"supernet\":{\"optimizer\":\"x\"}", "must be one of sgd|adamw");
    refused("\"supernet\":{\"steps\":1,\"steps\":2}", "twice");
    refused("\"supernet\":3", "supernet");
    refused("\"seed\":-1", "seed");
    refused("\"seed\":1.5", "seed");
    refused("\"mcu\":\"\"", "must have 1 to");
    refused("\"limits\":{\"flash_kb\":1}", "unknown key \"flash_kb\"");
    refused("\"limits\":{\"flash_kib\":-1}", "flash_kib");
    refused("\"limits\":{\"latency_at\":\"worst\"}", "must be \"upper\" or \"mean\"");
    refused("\"budget_minutes\":0", "budget_minutes");
    char path[TNAS_PATH_BYTES];
    tnas_run_config config;
    write_config("{\"format\":\"tinynas-run\",\"version\":2}", path);
    ck_fails(TNAS_ERR_INPUT, "version", tnas_run_config_load(path, &config));
    ck_fails(TNAS_ERR_USAGE, "nowhere", tnas_run_config_load("nowhere", &config));
}
END_TEST

static tnas_status load_shipped(void *context, const char *name, const char *path)
{
    int *const count = context;
    tnas_run_config config;
    tnas_plan_of_work work;
    TNAS_TRY(tnas_run_config_load(name, &config));
    ck_assert_msg(tnas_preset_find(config.preset) != NULL, "%s: preset", path);
    tnas_preset_resolve(tnas_preset_find(config.preset), 10000, 1000, &work);
    TNAS_TRY(tnas_overrides_apply(&config.overrides, &work));
    TNAS_TRY(tnas_work_check(&work, 1000));
    ++*count;
    return TNAS_OK;
}

START_TEST(the_shipped_configurations_can_be_loaded)
{
    int count = 0;
    ck_ok(tnas_config_list("runs", load_shipped, &count));
    ck_assert_int_ge(count, 2);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("run_config");
    TCase *const tc = tcase_create("run_config");
    tcase_add_test(tc, every_key_is_read_and_what_is_not_said_stays_open);
    tcase_add_test(tc, a_printed_configuration_is_read_back_the_same);
    tcase_add_test(tc, what_is_wrong_is_refused_with_file_path_and_rule);
    tcase_add_test(tc, the_shipped_configurations_can_be_loaded);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
