/* A search that is killed at random instants and started again ends with the study of one that
 * was left alone: every row of every table but the times, and every file. And the study of a search
 * with everything in it is the same for any number of threads. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/progress.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

enum { KILLS = 20 };

static pid_t start_search(const tnas_search_request *request)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    tnas_search_report report;
    const tnas_status status = tnas_study_search(request, NULL, &report);
    if (status != TNAS_OK)
        fprintf(stderr, "%s\n", tnas_error_text());
    _exit(status == TNAS_OK ? 0 : 1);
}

/* Waits at most so long, then kills; true when the search had ended by itself. */
static bool ended_within(pid_t child, double seconds)
{
    const double started = tnas_clock_seconds();
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (tnas_clock_seconds() - started > seconds) {
            kill(child, SIGKILL);
            ck_assert_int_eq(waitpid(child, &status, 0), child);
            if (WIFSIGNALED(status))
                return false;
            break; /* it ended in between */
        }
        usleep(500);
    }
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a resumed search failed");
    return true;
}

START_TEST(a_search_killed_at_20_random_instants_leaves_the_study_of_a_whole_one)
{
    static tnas_overrides overrides;
    char data[TNAS_PATH_BYTES], whole[TNAS_PATH_BYTES], killed[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(whole);
    rich_overrides(&overrides);
    tnas_search_request request = toy_request(data, whole);
    request.overrides = &overrides;
    const double started = tnas_clock_seconds();
    ck_assert(ended_within(start_search(&request), 600));
    const double whole_seconds = tnas_clock_seconds() - started;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    /* Studies that end before the last kill are compared, and another one is begun. */
    for (int kills = 0; kills < KILLS;) {
        temporary_folder(killed);
        request.folder = killed;
        bool ended = false;
        while (!ended && kills < KILLS) {
            const double wait = whole_seconds * (double)tnas_rng_below(&rng, 1000) / 1000;
            ended = ended_within(start_search(&request), wait);
            kills += !ended;
        }
        if (!ended)
            ck_assert(ended_within(start_search(&request), 600));
        check_same_study(whole, killed);
    }
}
END_TEST

static void check_has(const char *content, const char *what)
{
    ck_assert_msg(strstr(content, what) != NULL, "no row with %s", what);
}

/* That these tests test what they say. */
START_TEST(a_rich_search_has_everything_in_it)
{
    static tnas_overrides overrides;
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    rich_overrides(&overrides);
    tnas_search_request request = toy_request(data, folder);
    request.overrides = &overrides;
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    char *const content = study_content(folder);
    check_has(content, " source=measured ");
    check_has(content, " source=predicted ");
    check_has(content, " on_front=1 ");
    check_has(content, "refused: target=1 ");
    check_has(content, "finalist: target=1 id=1 ");
    check_has(content, "finalist: target=1 id=2 ");
    check_has(content, "layer_loss: target=1 ");
    check_has(content, "confusion: target=1 ");
    check_has(content, "curve: target=0 stage=supernet ");
    check_has(content, "curve: target=1 stage=finalist-1 ");
    check_has(content, "curve: target=1 stage=finalist-2 ");
    check_has(content, "-int8 step=");
    free(content);
}
END_TEST

START_TEST(a_rich_search_is_the_same_for_1_2_and_3_threads)
{
    static tnas_overrides overrides;
    char data[TNAS_PATH_BYTES], folders[3][TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    rich_overrides(&overrides);
    for (int i = 0; i < 3; i++) {
        temporary_folder(folders[i]);
        tnas_search_request request = toy_request(data, folders[i]);
        request.overrides = &overrides;
        request.threads = i + 1;
        tnas_search_report report;
        ck_ok(tnas_study_search(&request, NULL, &report));
        if (i > 0)
            check_same_study(folders[0], folders[i]);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("study_kill");
    TCase *const tc = tcase_create("kill");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, a_rich_search_has_everything_in_it);
    tcase_add_test(tc, a_rich_search_is_the_same_for_1_2_and_3_threads);
    tcase_add_test(tc, a_search_killed_at_20_random_instants_leaves_the_study_of_a_whole_one);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
