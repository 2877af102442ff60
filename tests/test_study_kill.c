/* A search that is killed at random instants and started again ends with the study of one that
 * was left alone: every row of every table but the times, the supernet, the winner's model. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/progress.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

enum { KILLS = 20 };

/* Checkpoints so often that a training gets on between two kills. */
static void set_overrides(tnas_overrides *overrides)
{
    overrides->count = 0;
    ck_ok(tnas_overrides_put(overrides, "supernet.checkpoint_steps", "4"));
    ck_ok(tnas_overrides_put(overrides, "finetune.checkpoint_steps", "4"));
    ck_ok(tnas_overrides_put(overrides, "search.generations", "3"));
}

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
    set_overrides(&overrides);
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

int main(void)
{
    Suite *const suite = suite_create("study_kill");
    TCase *const tc = tcase_create("kill");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, a_search_killed_at_20_random_instants_leaves_the_study_of_a_whole_one);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
