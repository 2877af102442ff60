#include "study/budget.h"

#include <math.h>
#include <stdio.h>

#include "study/run_internal.h"

enum {
#define STAGE_ENUM(stage, share) STAGE_##stage,
    TNAS_BUDGET_SHARES(STAGE_ENUM)
#undef STAGE_ENUM
        STAGE_COUNT
};

static const double shares[STAGE_COUNT] = {
#define SHARE_OF(stage, share) share,
    TNAS_BUDGET_SHARES(SHARE_OF)
#undef SHARE_OF
};

double tnas_run_now(const tnas_run *run)
{
    const tnas_search_request *const request = run->request;
    return request->clock_seconds != NULL ? request->clock_seconds(request->clock_context)
                                          : tnas_clock_seconds();
}

double tnas_budget_spent_seconds(const tnas_run *run)
{
    return run->spent_seconds + tnas_run_now(run) - run->started_seconds;
}

static bool has_budget(const tnas_run *run)
{
    return run->request->budget_minutes > 0;
}

/* What a stage may take of the time that is left, the stages after it waiting for their shares. At
 * least half of its own: a stage that took longer than foreseen must not ruin the next. */
static double stage_seconds(const tnas_run *run, int stage)
{
    const double left = fmax(0, run->request->budget_minutes * 60 - tnas_budget_spent_seconds(run));
    double waiting = 0;
    for (int i = stage; i < STAGE_COUNT; i++)
        waiting += shares[i];
    const double least = 0.5 * shares[stage] * run->request->budget_minutes * 60;
    return fmax(least, left * shares[stage] / waiting);
}

/* Units that fit, at least one, at most `most`. */
static int fitting(double seconds, double unit_seconds, int most)
{
    const double units = unit_seconds > 0 ? floor(seconds / unit_seconds) : most;
    return units < 1 ? 1 : units < most ? (int)units : most;
}

static bool is_explicit(const tnas_run *run, const char *key)
{
    return tnas_overrides_text(run->request->overrides, key) != NULL;
}

tnas_status tnas_budget_supernet(tnas_run *run)
{
    tnas_recipe *const recipe = &run->work.supernet;
    if (!has_budget(run) || is_explicit(run, "supernet.steps"))
        return TNAS_OK;
    const double seconds = stage_seconds(run, STAGE_SUPERNET);
    const int most = recipe->steps;
    recipe->steps = fitting(seconds, run->speeds.supernet_step_seconds, most);
    tnas_progress_note(run->progress, "budget: %.1f min for the supernet: %d of %d steps",
                       seconds / 60, recipe->steps, most);
    return TNAS_OK;
}

/* Has the budget decided this stage in an earlier run? */
static tnas_status is_decided(const tnas_run *run, const char *key, bool *decided)
{
    char text[16];
    return tnas_db_get_setting(run->db, run->target_id, key, text, sizeof text, decided);
}

/* Stores a count and that the budget has decided it, together. */
static tnas_status decide(tnas_run *run, const char *stage_key, const char *key, int count)
{
    char text[24];
    snprintf(text, sizeof text, "%d", count);
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_put_setting(run->db, run->target_id, key, text));
    TNAS_TRY(tnas_db_put_setting(run->db, run->target_id, stage_key, "decided"));
    return tnas_db_commit(run->db);
}

tnas_status tnas_budget_search(tnas_run *run)
{
    run->search_deadline_seconds = INFINITY;
    bool decided;
    if (!has_budget(run) || is_explicit(run, "search.generations"))
        return TNAS_OK;
    TNAS_TRY(is_decided(run, "budget.search", &decided));
    if (decided)
        return TNAS_OK;
    const double seconds = stage_seconds(run, STAGE_SEARCH);
    run->search_deadline_seconds = tnas_run_now(run) + seconds;
    tnas_progress_note(run->progress, "budget: %.1f min for the search, at most %d generations",
                       seconds / 60, run->work.evolution.generations);
    return TNAS_OK;
}

tnas_status tnas_budget_generation(tnas_run *run, int generations, bool *over)
{
    *over = false;
    TNAS_TRY(tnas_budget_count_time(run));
    const double measured = (double)generations * run->work.evolution.population; /* at most */
    const double end = tnas_run_now(run) + tnas_run_rescoring_seconds(run, measured);
    if (end < run->search_deadline_seconds || generations >= run->work.evolution.generations)
        return TNAS_OK;
    *over = true;
    tnas_progress_note(run->progress, "budget: the search ends after %d of %d generations",
                       generations, run->work.evolution.generations);
    run->work.evolution.generations = generations;
    return decide(run, "budget.search", "search.generations", generations);
}

tnas_status tnas_budget_finish(tnas_run *run)
{
    tnas_recipe *const recipe = &run->work.finetune;
    bool decided;
    if (!has_budget(run) || is_explicit(run, "finetune.steps"))
        return TNAS_OK;
    TNAS_TRY(is_decided(run, "budget.finish", &decided));
    if (decided)
        return TNAS_OK;
    const double seconds = stage_seconds(run, STAGE_FINISH);
    const double step_seconds = /* networks that lose by int8 are trained on */
        run->speeds.finetune_step_seconds * (1 + run->work.finish.qat_steps_frac);
    const int most = recipe->steps;
    recipe->steps = fitting(seconds, step_seconds, most);
    tnas_progress_note(run->progress, "budget: %.1f min for the finish: %d of %d steps",
                       seconds / 60, recipe->steps, most);
    return decide(run, "budget.finish", "finetune.steps", recipe->steps);
}

tnas_status tnas_budget_count_time(tnas_run *run)
{
    const double now = tnas_run_now(run);
    const double seconds = now - run->started_seconds;
    run->started_seconds = now;
    run->spent_seconds += seconds;
    return tnas_db_add_seconds(run->db, run->target_id, seconds);
}
