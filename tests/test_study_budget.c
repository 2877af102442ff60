/* A budget of time becomes counts, which are stored and alone reproduce the result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "study/run_config.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

/* A clock that goes on by a step each time somebody looks and by one for each unit of work. */
typedef struct fake_clock {
    double seconds, step;
    int questions_left; /* until a stop; below 0: never */
} fake_clock;

static double look(void *context)
{
    fake_clock *const clock = context;
    clock->seconds += clock->step;
    return clock->seconds;
}

static void work(void *context, const char *stage, long done, long total, const char *unit,
                 const char *remark)
{
    (void)stage, (void)done, (void)total, (void)unit, (void)remark;
    look(context);
}

static bool stop(void *context)
{
    fake_clock *const clock = context;
    return clock->questions_left >= 0 && clock->questions_left-- == 0;
}

static tnas_status search(tnas_search_request *request, fake_clock *clock)
{
    const tnas_progress progress = {.context = clock, .report = work, .stop = stop};
    tnas_search_report report;
    request->clock_seconds = look;
    request->clock_context = clock;
    return tnas_study_search(request, &progress, &report);
}

static int count_of(const tnas_run_config *config, const char *key)
{
    const char *const text = tnas_overrides_text(&config->overrides, key);
    ck_assert_ptr_nonnull(text);
    return atoi(text);
}

/* The folder's content without what a budget leaves in the settings and the target's key. */
static char *counted_content(const char *folder)
{
    char *const content = study_content(folder);
    char *out = content;
    for (char *line = content; *line != '\0';) {
        char *const end = strchr(line, '\n') + 1;
        *(end - 1) = '\0';
        const bool differs = strncmp(line, "target:", 7) == 0 || strstr(line, "=budget.") != NULL ||
                             strstr(line, "=preset ") != NULL;
        *(end - 1) = '\n';
        if (!differs) {
            memmove(out, line, (size_t)(end - line));
            out += end - line;
        }
        line = end;
    }
    *out = '\0';
    return content;
}

static void check_reproduced(const char *data, const char *budgeted)
{
    static tnas_run_config config;
    char again[TNAS_PATH_BYTES];
    ck_ok(tnas_run_config_of_study(budgeted, 1, &config));
    ck_assert_double_eq(config.budget_minutes, 0);
    temporary_folder(again);
    tnas_search_request request = toy_request(data, again);
    request.overrides = &config.overrides;
    request.choice = config.choice;
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    char *const a = counted_content(budgeted), *const b = counted_content(again);
    ck_assert_msg(strcmp(a, b) == 0, "the counts give another study");
    free(a);
    free(b);
    check_same_file(budgeted, again, "supernet.bin");
    check_same_file(budgeted, again, "targets/1/model.tnm");
}

START_TEST(a_budget_lowers_the_counts_of_each_stage_and_they_reproduce_the_bytes)
{
    static tnas_run_config config;
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    request.budget_minutes = 100.0 / 60; /* a unit takes a second: 100 units, of them 55, 20, 25 */
    request.preset = "quick";
    fake_clock clock = {.step = 1, .questions_left = -1};
    ck_ok(search(&request, &clock));
    ck_ok(tnas_run_config_of_study(folder, 1, &config));
    const int supernet = count_of(&config, "supernet.steps");
    const int finetune = count_of(&config, "finetune.steps");
    const int generations = count_of(&config, "search.generations");
    ck_assert_msg(supernet >= 5 && supernet < 55, "%d steps of the supernet", supernet);
    ck_assert_msg(generations >= 1 && generations < 5, "%d generations", generations);
    ck_assert_msg(finetune >= 1 && finetune < 50, "%d steps of fine-tuning", finetune);
    check_reproduced(data, folder);
}
END_TEST

START_TEST(counts_that_are_asked_for_are_not_changed_by_a_budget)
{
    static tnas_run_config config;
    static tnas_overrides overrides;
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    overrides.count = 0;
    ck_ok(tnas_overrides_put(&overrides, "supernet.steps", "31"));
    ck_ok(tnas_overrides_put(&overrides, "search.generations", "2"));
    ck_ok(tnas_overrides_put(&overrides, "finetune.steps", "32"));
    tnas_search_request request = toy_request(data, folder);
    request.overrides = &overrides;
    request.budget_minutes = 0.01;
    fake_clock clock = {.step = 1, .questions_left = -1};
    ck_ok(search(&request, &clock));
    ck_ok(tnas_run_config_of_study(folder, 1, &config));
    ck_assert_int_eq(count_of(&config, "supernet.steps"), 31);
    ck_assert_int_eq(count_of(&config, "search.generations"), 2);
    ck_assert_int_eq(count_of(&config, "finetune.steps"), 32);
}
END_TEST

typedef struct watcher {
    const char *folder;
    double most_uncounted_seconds; /* of the supernet's training */
    fake_clock clock;
    double started_seconds; /* of the training */
} watcher;

static double look_of_watcher(void *context)
{
    return look(&((watcher *)context)->clock);
}

/* What a run that is killed now would have spent. */
static void compare_counted(void *context, const char *stage, long done, long total,
                            const char *unit, const char *remark)
{
    watcher *const w = context;
    (void)done, (void)total, (void)unit, (void)remark;
    w->clock.seconds += 100;
    if (strcmp(stage, "supernet") != 0)
        return;
    tnas_store_db *db;
    double counted;
    ck_ok(tnas_db_open_read(w->folder, &db));
    ck_ok(tnas_db_get_seconds(db, 1, &counted));
    tnas_db_close(db);
    if (w->started_seconds == 0)
        w->started_seconds = w->clock.seconds - counted;
    const double uncounted = w->clock.seconds - w->started_seconds - counted;
    if (uncounted > w->most_uncounted_seconds)
        w->most_uncounted_seconds = uncounted;
}

START_TEST(time_is_counted_while_the_supernet_is_trained)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    watcher w = {.folder = folder};
    const tnas_progress progress = {.context = &w, .report = compare_counted};
    tnas_search_report report;
    request.clock_seconds = look_of_watcher;
    request.clock_context = &w;
    ck_ok(tnas_study_search(&request, &progress, &report));
    ck_assert_double_gt(w.started_seconds, 0);
    ck_assert_double_le(w.most_uncounted_seconds, 200);
}
END_TEST

/* Stopped at every 9th question until it is through; what was decided stays decided, although the
 * clock says something else each time. */
START_TEST(a_stopped_search_goes_on_with_the_counts_that_the_budget_has_decided)
{
    static tnas_run_config before, after;
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    request.budget_minutes = 1;
    tnas_run_config_init(&before);
    int stops = 0;
    for (tnas_status status = TNAS_ERR_STOPPED; status != TNAS_OK; stops++) {
        ck_assert_int_lt(stops, 100);
        fake_clock clock = {.step = 1 + 0.1 * stops, .questions_left = 9 + stops};
        status = search(&request, &clock);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_STOPPED);
        ck_ok(tnas_run_config_of_study(folder, 1, &after));
        if (before.overrides.count > 0)
            ck_assert_int_eq(count_of(&after, "supernet.steps"),
                             count_of(&before, "supernet.steps"));
        before = after;
    }
    ck_assert_int_gt(stops, 3);
    check_reproduced(data, folder);
}
END_TEST

START_TEST(another_budget_is_another_target_on_the_same_supernet)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    fake_clock clock = {.step = 1, .questions_left = -1};
    request.budget_minutes = 1;
    ck_ok(search(&request, &clock));
    request.budget_minutes = 0;
    ck_ok(tnas_study_search(&request, NULL, &report)); /* adopts the supernet's decided steps */
    ck_assert_int_eq(report.target_id, 2);
    ck_assert(!report.from_store);
    request.budget_minutes = 1;
    ck_ok(tnas_study_search(&request, NULL, &report));
    ck_assert_int_eq(report.target_id, 1);
    ck_assert(report.from_store);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("study_budget");
    TCase *const tc = tcase_create("budget");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, time_is_counted_while_the_supernet_is_trained);
    tcase_add_test(tc, a_budget_lowers_the_counts_of_each_stage_and_they_reproduce_the_bytes);
    tcase_add_test(tc, counts_that_are_asked_for_are_not_changed_by_a_budget);
    tcase_add_test(tc, a_stopped_search_goes_on_with_the_counts_that_the_budget_has_decided);
    tcase_add_test(tc, another_budget_is_another_target_on_the_same_supernet);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
