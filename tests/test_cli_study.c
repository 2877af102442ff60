/* Studies as their users meet them: run configurations, lists, fronts, several parts, a search
 * that is watched, logged, stopped. */
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

#define TOY_LIMITS "--max-flash-kib 60 --max-sram-kib 24 --max-latency-ms 50"

/* One finished smoke study, made once for the tests that only read it. */
static char shared_data[TNAS_PATH_BYTES], shared_study[TNAS_PATH_BYTES];

static void make_shared_study(void)
{
    temporary_folder(shared_data);
    temporary_folder(shared_study);
    write_toy_data(shared_data);
    cJSON_Delete(check_json(run("search --mcu stm32h743 --data %s --study %s --preset smoke "
                                "--generations 3 --seed 3 --format json " TOY_LIMITS,
                                shared_data, shared_study)));
}

START_TEST(the_effective_configuration_of_a_study_makes_the_same_study)
{
    char again[TNAS_PATH_BYTES], config[TNAS_PATH_BYTES];
    temporary_folder(again);
    const outcome *const o = run("study show %s --config", shared_study);
    ck_assert_int_eq(o->exit_code, 0);
    ck_ok(tnas_path_join(config, again, "run.json"));
    ck_ok(tnas_file_write(config, o->out, strlen(o->out)));
    cJSON_Delete(
        check_json(run("search --config %s --study %s/study --format json", config, again)));
    ck_ok(tnas_path_join(config, again, "study"));
    check_same_study(shared_study, config);
}
END_TEST

START_TEST(options_win_over_the_configuration)
{
    char folder[TNAS_PATH_BYTES], config[TNAS_PATH_BYTES], text[TNAS_PATH_BYTES * 2];
    temporary_folder(folder);
    ck_ok(tnas_path_join(config, folder, "run.json"));
    snprintf(text, sizeof text,
             "{\"format\":\"tinynas-run\",\"version\":1,\"data\":\"%s\",\"mcu\":\"stm32h743\","
             "\"preset\":\"smoke\",\"seed\":5,\"limits\":{\"flash_kib\":60,\"sram_kib\":24},"
             "\"supernet\":{\"steps\":9},\"search\":{\"generations\":1}}",
             shared_data);
    ck_ok(tnas_file_write(config, text, strlen(text)));
    cJSON_Delete(check_json(run("search --config %s --study %s/s --mcu stm32f746 --max-sram-kib 20 "
                                "--generations 2 --format json",
                                config, folder)));
    cJSON *const json = check_json(run("study show %s/s --config", folder));
    ck_assert_str_eq(text_of(json, "mcu"), "stm32f746");
    ck_assert_double_eq(number(json, "seed"), 5);
    const cJSON *const limits = cJSON_GetObjectItem(json, "limits");
    ck_assert_double_eq(number(limits, "flash_kib"), 60);
    ck_assert_double_eq(number(limits, "sram_kib"), 20);
    ck_assert_double_eq(number(cJSON_GetObjectItem(json, "supernet"), "steps"), 9);
    ck_assert_double_eq(number(cJSON_GetObjectItem(json, "search"), "generations"), 2);
    cJSON_Delete(json);
    snprintf(text, sizeof text,
             "{\"format\":\"tinynas-run\",\"version\":1,\"search\":{\"generation\":2}}");
    ck_ok(tnas_file_write(config, text, strlen(text)));
    check_failure(run("search --config %s --mcu stm32h743", config), 4,
                  "unknown key \"search.generation\"");
    check_failure(run("search --config nowhere --mcu stm32h743"), 2, "shapes-smoke");
    check_failure(run("search --mcu stm32h743 --generations 0"), 2, "--generations 0");
}
END_TEST

START_TEST(trials_are_sorted_cut_and_complete)
{
    cJSON *json = check_json(run("study trials %s --format json", shared_study));
    const int candidates = (int)number(json, "candidates");
    ck_assert_int_ge(candidates, 3);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "rows")), candidates);
    cJSON_Delete(json);
    json = check_json(run("study trials %s --sort accuracy --limit 3 --format json", shared_study));
    const cJSON *const rows = cJSON_GetObjectItem(json, "rows");
    ck_assert_int_eq(cJSON_GetArraySize(rows), 3);
    for (int i = 1; i < 3; i++)
        ck_assert_double_le(number(cJSON_GetArrayItem(rows, i), "accuracy"),
                            number(cJSON_GetArrayItem(rows, i - 1), "accuracy"));
    cJSON_Delete(json);
    json = check_json(run("study trials %s --sort latency_ms --format json", shared_study));
    const cJSON *row = cJSON_GetObjectItem(json, "rows")->child;
    for (; row->next != NULL; row = row->next)
        ck_assert_double_le(number(row, "latency_ms"), number(row->next, "latency_ms"));
    cJSON_Delete(json);
    const outcome *const o = run("study trials %s --format csv", shared_study);
    int lines = 0;
    for (const char *at = o->out; *at != '\0'; at++)
        lines += *at == '\n';
    ck_assert_int_eq(lines, candidates + 1);
    ck_assert_int_eq(strncmp(o->out, "id,generation,source,accuracy,", 30), 0);
    check_failure(run("study trials %s --sort speed", shared_study), 2, "latency_ms");
    check_failure(run("study trials %s --target 9", shared_study), 2, "targets 1 to 1");
}
END_TEST

static bool dominates(const cJSON *a, const cJSON *b)
{
    static const char *const costs[] = {"latency_ms", "sram_bytes", "flash_bytes"};
    bool better = number(a, "accuracy") > number(b, "accuracy");
    if (number(a, "accuracy") < number(b, "accuracy"))
        return false;
    for (int i = 0; i < 3; i++) {
        if (number(a, costs[i]) > number(b, costs[i]))
            return false;
        better = better || number(a, costs[i]) < number(b, costs[i]);
    }
    return better;
}

START_TEST(nothing_dominates_what_is_on_the_front)
{
    cJSON *const trials = check_json(run("study trials %s --format json", shared_study));
    cJSON *const front = check_json(run("study pareto %s --format json", shared_study));
    const cJSON *const rows = cJSON_GetObjectItem(front, "rows");
    ck_assert_int_ge(cJSON_GetArraySize(rows), 1);
    const cJSON *on, *other;
    cJSON_ArrayForEach(on, rows)
    {
        ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(on, "on_front")));
        ck_assert(cJSON_IsNumber(cJSON_GetObjectItem(on, "accuracy_int8")));
        cJSON_ArrayForEach(other, cJSON_GetObjectItem(trials, "rows"))
        {
            if (strcmp(text_of(other, "source"), "measured") == 0)
                ck_assert(!dominates(other, on));
        }
    }
    cJSON_Delete(trials);
    cJSON_Delete(front);
}
END_TEST

START_TEST(a_study_is_listed_and_shown)
{
    char parent[TNAS_PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", shared_study);
    cJSON *json = check_json(run("study list %s --format json", parent));
    const cJSON *line = cJSON_GetObjectItem(json, "studies")->child;
    ck_assert_str_eq(text_of(line, "study"), shared_study);
    ck_assert_double_eq(number(line, "targets"), 1);
    ck_assert_double_eq(number(line, "finished"), 1);
    cJSON_Delete(json);
    *strrchr(parent, '/') = '\0'; /* where other tests have theirs */
    ck_assert_ptr_nonnull(strstr(run("study list %s", parent)->out, shared_study));
    check_failure(run("study list %s/nowhere", shared_study), 4, "cannot read folder");
    json = check_json(run("study show %s --format json", shared_study));
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(json, "supernet_trained")));
    const cJSON *const target = cJSON_GetObjectItem(json, "targets")->child;
    ck_assert_str_eq(text_of(target, "state"), "finished");
    ck_assert_str_eq(text_of(target, "mcu"), "stm32h743");
    ck_assert_double_eq(number(target, "flash_limit_bytes"), 60 * 1024);
    ck_assert_double_le(number(target, "flash_bytes"), 60 * 1024);
    ck_assert_double_le(number(target, "latency_upper_ms"), 50);
    const cJSON *const finalist = cJSON_GetObjectItem(target, "finalists")->child;
    ck_assert_ptr_nonnull(finalist);
    cJSON_Delete(json);
    ck_assert_int_eq(run("study show %s --target 1", shared_study)->exit_code, 0);
    ck_assert_int_eq(run("study show %s", shared_study)->exit_code, 0);
    check_failure(run("study show"), 2, "needs one study's folder");
    check_failure(run("study find %s", shared_study), 2, "must be list [DIR], show STUDY");
    check_failure(run("study show %s", shared_data), 4, "is not a study");
}
END_TEST

START_TEST(a_second_part_on_the_same_study_costs_the_search_alone)
{
    static char log[OUTPUT_BYTES];
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    cJSON *const json = check_json(run("search --mcu stm32h743,stm32f746 --data %s --study %s/s "
                                       "--preset smoke --log %s/log --format json " TOY_LIMITS,
                                       shared_data, folder, folder));
    const cJSON *const targets = cJSON_GetObjectItem(json, "targets");
    ck_assert_int_eq(cJSON_GetArraySize(targets), 2);
    ck_assert_str_eq(text_of(cJSON_GetArrayItem(targets, 1), "mcu"), "stm32f746");
    ck_assert_str_eq(text_of(cJSON_GetArrayItem(targets, 1), "state"), "finished");
    cJSON_Delete(json);
    ck_ok(tnas_path_join(path, folder, "log"));
    read_text(path, log);
    char *const second = strstr(log, "part stm32f746");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "supernet: read from"));
    ck_assert_ptr_null(strstr(second, "\"stage\":\"supernet\""));
    *second = '\0';
    ck_assert_ptr_nonnull(strstr(log, "\"stage\":\"supernet\""));
}
END_TEST

START_TEST(a_log_is_json_lines_with_time_stage_and_figures)
{
    static char log[OUTPUT_BYTES];
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    cJSON_Delete(check_json(run("search --mcu stm32h743 --data %s --study %s/s --preset smoke "
                                "--log %s/log --quiet --format json " TOY_LIMITS,
                                shared_data, folder, folder)));
    ck_ok(tnas_path_join(path, folder, "log"));
    read_text(path, log);
    int progress = 0, notes = 0, done = 0;
    for (char *line = strtok(log, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cJSON *const json = cJSON_Parse(line);
        ck_assert_msg(json != NULL, "not JSON: %s", line);
        ck_assert_int_eq((int)strlen(text_of(json, "time")), 24);
        const char *const event = text_of(json, "event");
        progress += strcmp(event, "progress") == 0;
        notes += strcmp(event, "note") == 0;
        done += strcmp(event, "done") == 0;
        if (strcmp(event, "progress") == 0) {
            ck_assert_double_le(number(json, "done"), number(json, "total"));
            ck_assert(text_of(json, "stage")[0] != '\0');
        }
        cJSON_Delete(json);
    }
    ck_assert_int_ge(progress, 6); /* first and last of supernet, search, fine-tuning */
    ck_assert_int_ge(notes, 2);
    ck_assert_int_eq(done, 1);
    check_failure(run("search --mcu stm32h743 --data %s --log %s/no/log", shared_data, folder), 4,
                  "--log");
}
END_TEST

/* Starts a search that does not end by itself and waits until it trains. */
static pid_t start_endless(const char *folder, const char *study)
{
    char words[TNAS_PATH_BYTES * 3], progress[TNAS_PATH_BYTES];
    snprintf(words, sizeof words,
             "search --mcu stm32h743 --data %s --study %s --preset smoke "
             "--supernet-steps 1000000 " TOY_LIMITS,
             shared_data, study);
    ck_ok(tnas_path_join(progress, study, "progress.json"));
    const pid_t child = start(folder, words);
    for (int i = 0; i < 60000 && !tnas_file_exists(progress); i++)
        usleep(1000);
    ck_assert(tnas_file_exists(progress));
    return child;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNAL_COUNT = sizeof signals / sizeof signals[0] };

START_TEST(a_signal_saves_the_search_and_exits_130)
{
    static outcome o;
    char folder[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], checkpoint[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(study, folder, "study"));
    signal(signals[_i], SIG_DFL); /* the tests may run under nohup themselves */
    for (int again = 0; again < 2; again++) {
        const pid_t child = start_endless(folder, study);
        kill(child, signals[_i]);
        finish(folder, child, &o);
        ck_assert_int_eq(o.exit_code, 130);
        ck_assert_ptr_nonnull(strstr(o.err, "saved in"));
        ck_ok(tnas_path_join(checkpoint, study, "supernet.ckpt"));
        ck_assert(tnas_file_exists(checkpoint));
        ck_assert_int_eq(strstr(o.err, "goes on after step") != NULL, again == 1);
        ck_ok(tnas_path_join(checkpoint, study, "progress.json"));
        ck_assert(!tnas_file_exists(checkpoint));
    }
}
END_TEST

START_TEST(a_search_under_nohup_outlives_its_terminal)
{
    static outcome o;
    char folder[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(study, folder, "study"));
    signal(SIGHUP, SIG_IGN); /* what nohup does; programs inherit it */
    const pid_t child = start_endless(folder, study);
    signal(SIGHUP, SIG_DFL);
    kill(child, SIGHUP);
    usleep(300000);
    ck_assert_int_eq(kill(child, 0), 0);
    kill(child, SIGTERM);
    finish(folder, child, &o);
    ck_assert_int_eq(o.exit_code, 130);
}
END_TEST

START_TEST(watch_says_where_a_search_is_and_ends_with_it)
{
    static outcome o;
    char folder[TNAS_PATH_BYTES], watching[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES],
        words[TNAS_PATH_BYTES * 2];
    temporary_folder(folder);
    temporary_folder(watching);
    ck_ok(tnas_path_join(study, folder, "study"));
    const pid_t child = start_endless(folder, study);
    cJSON *json = check_json(run("watch %s --once --format json", study));
    ck_assert_str_eq(text_of(json, "state"), "running");
    ck_assert_str_eq(text_of(json, "stage"), "supernet");
    ck_assert_double_eq(number(json, "total"), 1000000);
    ck_assert_double_ge(number(json, "done"), 1);
    cJSON_Delete(json);
    snprintf(words, sizeof words, "watch %s", study);
    const pid_t watcher = start(watching, words);
    usleep(200000);
    kill(child, SIGTERM);
    finish(folder, child, &o);
    finish(watching, watcher, &o); /* ends by itself */
    ck_assert_int_eq(o.exit_code, 0);
    ck_assert_ptr_nonnull(strstr(o.out, "running, supernet"));
    ck_assert_ptr_nonnull(strstr(o.out, "stopped"));
    json = check_json(run("watch %s --once --format json", shared_study));
    ck_assert_str_eq(text_of(json, "state"), "finished");
    ck_assert_double_ge(number(json, "best_accuracy"), 0.2);
    ck_assert_double_ge(number(json, "front"), 1);
    cJSON_Delete(json);
    check_failure(run("watch %s", shared_data), 4, "is not a study");
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("cli_study");
    TCase *const tc = tcase_create("reading");
    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, make_shared_study, NULL);
    tcase_add_test(tc, the_effective_configuration_of_a_study_makes_the_same_study);
    tcase_add_test(tc, options_win_over_the_configuration);
    tcase_add_test(tc, trials_are_sorted_cut_and_complete);
    tcase_add_test(tc, nothing_dominates_what_is_on_the_front);
    tcase_add_test(tc, a_study_is_listed_and_shown);
    tcase_add_test(tc, a_second_part_on_the_same_study_costs_the_search_alone);
    tcase_add_test(tc, a_log_is_json_lines_with_time_stage_and_figures);
    tcase_add_loop_test(tc, a_signal_saves_the_search_and_exits_130, 0, SIGNAL_COUNT);
    tcase_add_test(tc, a_search_under_nohup_outlives_its_terminal);
    tcase_add_test(tc, watch_says_where_a_search_is_and_ends_with_it);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
