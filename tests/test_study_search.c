/* The search stage of a study: strategies, predicted candidates, int8 scores of the front, the
 * wanted accuracy; killed at any instant, and with any number of threads, the same. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "nas/front.h"
#include "study/study.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

/* 60 candidates, of which about half are measured. */
static const char *const counts[][2] = {
    {"search.population", "12"},  {"search.generations", "5"},   {"search.screen_after", "20"},
    {"search.screen_rank", "-1"}, {"search.screen_best", "0.3"}, {"search.screen_random", "0.1"},
    {"supernet.steps", "20"},     {"finetune.steps", "10"},
};

typedef struct fixture {
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    tnas_overrides overrides;
    tnas_search_request request;
} fixture;

static void set_up(fixture *f, const char *data)
{
    memset(f, 0, sizeof *f);
    if (data == NULL) {
        temporary_folder(f->data);
        write_toy_data(f->data);
    } else {
        snprintf(f->data, sizeof f->data, "%s", data);
    }
    temporary_folder(f->folder);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        ck_ok(tnas_overrides_put(&f->overrides, counts[i][0], counts[i][1]));
    f->request = toy_request(f->data, f->folder);
    f->request.overrides = &f->overrides;
}

static void run(fixture *f)
{
    tnas_search_report report;
    ck_ok(tnas_study_search(&f->request, NULL, &report));
}

/* Release *rows with tnas_candidate_rows_free. */
static int read_candidates(const char *folder, tnas_candidate_row **rows, tnas_winner *winner)
{
    tnas_store_db *db;
    int count;
    bool found;
    ck_ok(tnas_db_open_read(folder, &db));
    ck_ok(tnas_db_get_candidates(db, 1, rows, &count));
    ck_ok(tnas_db_get_winner(db, 1, winner, &found));
    ck_assert(found);
    tnas_db_close(db);
    return count;
}

START_TEST(measured_and_predicted_candidates_are_told_apart)
{
    fixture f;
    set_up(&f, NULL);
    ck_ok(tnas_overrides_put(&f.overrides, "search.strategy", _i == 0 ? "evolution" : "nsga2"));
    run(&f);
    tnas_candidate_row *rows;
    tnas_winner winner;
    const int count = read_candidates(f.folder, &rows, &winner);
    int predicted = 0, chosen = -1;
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(rows[i].id, i);
        ck_assert_uint_le(rows[i].flash_bytes, f.request.limits.flash_bytes);
        ck_assert_uint_le(rows[i].sram_bytes, f.request.limits.sram_bytes);
        ck_assert_double_le(rows[i].latency_upper_ms, f.request.limits.latency_ms);
        predicted += rows[i].predicted;
        if (strcmp(rows[i].arch, winner.arch) == 0)
            chosen = i;
        if (rows[i].predicted)
            ck_assert(!rows[i].on_front && isnan(rows[i].accuracy_int8));
        else if (rows[i].on_front)
            ck_assert(rows[i].accuracy_int8 >= 0 && rows[i].accuracy_int8 <= 1);
    }
    ck_assert_int_eq(count, 60);
    ck_assert_int_eq(predicted, 3 * (12 - 4 - 1)); /* 30 % and 10 % of 12 are measured */
    ck_assert_int_ge(chosen, 0);
    ck_assert(!rows[chosen].predicted);
    ck_assert(!isnan(rows[chosen].accuracy_int8));
    ck_assert(rows[chosen].accuracy == winner.accuracy_supernet);
    tnas_candidate_rows_free(rows, count);
}
END_TEST

/* By the accuracies of inherited weights, in float or in int8; NAN neither dominates nor is it. */
static bool is_dominated(const tnas_candidate_row *rows, int count, int index, bool in_int8)
{
    for (int i = 0; i < count; i++) {
        const tnas_candidate_row *const a = &rows[i], *const b = &rows[index];
        const double gain =
            in_int8 ? a->accuracy_int8 - b->accuracy_int8 : a->accuracy - b->accuracy;
        if (a->predicted || !(gain >= 0) || a->latency_ms > b->latency_ms ||
            a->sram_bytes > b->sram_bytes || a->flash_bytes > b->flash_bytes)
            continue;
        if (gain > 0 || a->latency_ms < b->latency_ms || a->sram_bytes < b->sram_bytes ||
            a->flash_bytes < b->flash_bytes)
            return true;
    }
    return false;
}

START_TEST(the_float_front_is_rescored_and_its_int8_front_stored_and_its_best_wins)
{
    fixture f;
    set_up(&f, NULL);
    run(&f);
    tnas_candidate_row *rows;
    tnas_winner winner;
    const int count = read_candidates(f.folder, &rows, &winner);
    double highest = 0, fastest = INFINITY;
    int rescored = 0, on_float_front = 0, on_front = 0;
    for (int i = 0; i < count; i++) {
        const bool has_int8 = !isnan(rows[i].accuracy_int8);
        if (!rows[i].predicted && !is_dominated(rows, count, i, false)) {
            ck_assert(has_int8);
            on_float_front++;
        }
        ck_assert(rows[i].on_front == (has_int8 && !is_dominated(rows, count, i, true)));
        rescored += has_int8;
        on_front += rows[i].on_front;
        if (has_int8)
            highest = fmax(highest, rows[i].accuracy_int8);
    }
    ck_assert_int_le(rescored, on_float_front + 1); /* and the best, should it not be on it */
    ck_assert_int_gt(on_front, 0);
    char text[TNAS_WORK_TEXT_BYTES];
    bool found;
    tnas_store_db *db;
    ck_ok(tnas_db_open_read(f.folder, &db));
    ck_ok(tnas_db_get_setting(db, 1, "search.validation_images", text, sizeof text, &found));
    tnas_db_close(db);
    ck_assert(found);
    const double least = highest - sqrt(highest * (1 - highest) / atoi(text));
    for (int i = 0; i < count; i++)
        if (rows[i].accuracy_int8 >= least)
            fastest = fmin(fastest, rows[i].latency_ms);
    ck_assert_double_eq_tol(winner.latency_ms, fastest, 1e-9);
    tnas_candidate_rows_free(rows, count);
}
END_TEST

START_TEST(threads_do_not_matter_for_what_is_predicted)
{
    fixture first, other;
    set_up(&first, NULL);
    first.request.threads = 1;
    run(&first);
    for (int threads = 2; threads <= 3; threads++) {
        set_up(&other, first.data);
        other.request.threads = threads;
        run(&other);
        check_same_study(first.folder, other.folder);
    }
}
END_TEST

/* A search in a process of its own that is killed after some milliseconds; true when it came to
 * its end before. */
static bool run_until_killed(fixture *f, unsigned milliseconds)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        tnas_search_report report;
        const tnas_status status = tnas_study_search(&f->request, NULL, &report);
        if (status != TNAS_OK)
            fprintf(stderr, "%s\n", tnas_error_text());
        _exit(status == TNAS_OK ? 0 : 1);
    }
    int status = 0;
    for (unsigned waited = 0; waited < milliseconds; waited += 5) {
        if (waitpid(child, &status, WNOHANG) == child) {
            ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a resumed search failed");
            return true;
        }
        usleep(5000);
    }
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(killed_at_20_random_instants_it_ends_as_if_it_had_never_been)
{
    fixture whole, killed;
    set_up(&whole, NULL);
    const double started = tnas_clock_seconds();
    ck_assert(run_until_killed(&whole, 1000000));
    const double seconds = tnas_clock_seconds() - started;
    set_up(&killed, whole.data);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    int kills = 0;
    /* A fortieth of the whole on average, longer when nothing moves on. */
    for (double most = seconds / 20;; most *= 1.06, kills++) {
        const double wait = most * tnas_rng_unit(&rng);
        if (run_until_killed(&killed, kills < 60 ? (unsigned)(1000 * wait) : 1000000))
            break;
    }
    ck_assert_int_ge(kills, 10);
    printf("%d kills\n", kills);
    check_same_study(whole.folder, killed.folder);
}
END_TEST

START_TEST(an_accuracy_that_nothing_reaches_is_said_with_the_best_there_is)
{
    fixture f;
    set_up(&f, NULL);
    ck_ok(tnas_overrides_put(&f.overrides, "search.min_accuracy", "1"));
    ck_ok(tnas_overrides_put(&f.overrides, "supernet.steps", "1"));
    ck_ok(tnas_overrides_put(&f.overrides, "finetune.steps", "1"));
    tnas_search_report report;
    for (int again = 0; again < 2; again++) { /* worked for, then from the store */
        ck_fails(TNAS_ERR_INFEASIBLE, "--min-accuracy 1: no network within the limits",
                 tnas_study_search(&f.request, NULL, &report));
        ck_assert(report.from_store == (again == 1));
        ck_assert_str_ne(report.winner.arch, "");
    }
    tnas_candidate_row *rows;
    tnas_winner winner;
    const int count = read_candidates(f.folder, &rows, &winner);
    for (int i = 0; i < count; i++) /* the most accurate, whatever it costs */
        ck_assert(isnan(rows[i].accuracy_int8) || strcmp(rows[i].arch, winner.arch) != 0 ||
                  rows[i].accuracy_int8 >= 0);
    tnas_candidate_rows_free(rows, count);
}
END_TEST

START_TEST(another_strategy_is_another_target_on_the_same_supernet)
{
    fixture f;
    set_up(&f, NULL);
    run(&f);
    ck_ok(tnas_overrides_put(&f.overrides, "search.strategy", "random"));
    tnas_search_report report;
    ck_ok(tnas_study_search(&f.request, NULL, &report));
    ck_assert_int_eq(report.target_id, 2);
    ck_assert(!report.from_store);
    tnas_store_db *db;
    tnas_candidate_row *rows;
    int count;
    ck_ok(tnas_db_open_read(f.folder, &db));
    ck_ok(tnas_db_get_candidates(db, 2, &rows, &count));
    tnas_db_close(db);
    ck_assert_int_eq(count, 60);
    for (int i = 0; i < count; i++)
        ck_assert(!rows[i].predicted);
    tnas_candidate_rows_free(rows, count);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("study_search");
    TCase *const tc = tcase_create("study_search");
    tcase_set_timeout(tc, 180);
    tcase_add_loop_test(tc, measured_and_predicted_candidates_are_told_apart, 0, 2);
    tcase_add_test(tc, the_float_front_is_rescored_and_its_int8_front_stored_and_its_best_wins);
    tcase_add_test(tc, threads_do_not_matter_for_what_is_predicted);
    tcase_add_test(tc, killed_at_20_random_instants_it_ends_as_if_it_had_never_been);
    tcase_add_test(tc, an_accuracy_that_nothing_reaches_is_said_with_the_best_there_is);
    tcase_add_test(tc, another_strategy_is_another_target_on_the_same_supernet);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
