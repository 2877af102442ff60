/* A search from request to report: the stages in order, and what they leave released. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "study/run_internal.h"

/* studies/<data>-<space>, with what a file name cannot hold replaced. */
static tnas_status choose_folder(tnas_run *run)
{
    char *const folder = run->report->folder;
    if (run->request->folder != NULL) {
        const int length = snprintf(folder, TNAS_PATH_BYTES, "%s", run->request->folder);
        return length < TNAS_PATH_BYTES
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_USAGE, "--study: the path is longer than %d bytes",
                               TNAS_PATH_BYTES - 1);
    }
    snprintf(folder, TNAS_PATH_BYTES, "studies/%s-%s", run->dataset->name, run->space.name);
    for (char *p = folder + strlen("studies/"); *p != '\0'; p++)
        if (*p == ':' || *p == '/')
            *p = '-';
    return TNAS_OK;
}

/* The target's row, and its result when the study has it: report->from_store. */
static tnas_status look_up(tnas_run *run)
{
    TNAS_TRY(tnas_run_add_target(run));
    TNAS_TRY(tnas_db_get_winner(run->db, run->target_id, &run->report->winner,
                                &run->report->from_store));
    if (run->report->from_store)
        tnas_progress_note(run->progress, "study %s has this result already", run->report->folder);
    return TNAS_OK;
}

/* The study when there is none yet; another process may have made it since. */
static tnas_status make_study(tnas_run *run)
{
    bool exists;
    TNAS_TRY(tnas_run_attach(run, true, &exists));
    if (exists) {
        TNAS_TRY(tnas_run_plan_work(run, true));
        TNAS_TRY(tnas_run_open_study(run));
    } else {
        TNAS_TRY(tnas_run_create_study(run));
    }
    return look_up(run);
}

static tnas_status work(tnas_run *run)
{
    TNAS_TRY(tnas_progress_file_open(&run->progress_file, run->report->folder, run->target_id));
    TNAS_TRY(tnas_run_supernet(run));
    TNAS_TRY(tnas_budget_count_time(run));
    TNAS_TRY(tnas_budget_search(run));
    TNAS_TRY(tnas_run_search(run));
    TNAS_TRY(tnas_budget_count_time(run));
    TNAS_TRY(tnas_budget_finish(run));
    TNAS_TRY(tnas_run_finish(run));
    TNAS_TRY(tnas_budget_count_time(run));
    run->report->winner = run->winner;
    return TNAS_OK;
}

/* Nothing is written before it is clear that the limits can be met, and nothing is timed for a
 * result that is there. */
static tnas_status run_stages(tnas_run *run)
{
    bool exists;
    const bool dry_run = run->request->dry_run;
    TNAS_TRY(tnas_run_open_inputs(run));
    TNAS_TRY(choose_folder(run));
    TNAS_TRY(tnas_run_attach(run, false, &exists));
    TNAS_TRY(tnas_run_plan_work(run, exists));
    if (exists)
        TNAS_TRY(tnas_run_open_study(run));
    else if (run->request->choice.given)
        TNAS_TRY(tnas_run_configure(run, run->request->choice.input, run->request->choice.width,
                                    ", at the input and width that \"choice\" of the configuration "
                                    "asks for (another choice, or none, may fit),"));
    else
        TNAS_TRY(tnas_run_choose_space(run));
    if (exists && !dry_run)
        TNAS_TRY(look_up(run));
    if (run->report->from_store)
        return TNAS_OK;
    TNAS_TRY(tnas_run_forecast(run));
    if (dry_run)
        return TNAS_OK;
    if (!exists) {
        TNAS_TRY(tnas_budget_supernet(run));
        TNAS_TRY(make_study(run));
    }
    return run->report->from_store ? TNAS_OK : work(run);
}

static void release(tnas_run *run)
{
    tnas_progress_file_close(&run->progress_file);
    tnas_supernet_destroy(run->supernet);
    tnas_free(run->calibration_images);
    tnas_db_close(run->db);
    if (run->lock_file >= 0)
        close(run->lock_file);
    tnas_free(run->config);
    tnas_engine_destroy(run->engine);
    tnas_pool_destroy(run->pool);
    tnas_dataset_destroy(run->dataset);
    tnas_mcu_destroy(run->mcu);
}

/* What the winner's answers to the test images, which the store has counted, give in macro F1. */
static tnas_status report_macro_f1(const tnas_run *run)
{
    const int classes = run->dataset->class_count;
    if (run->request->dry_run)
        return TNAS_OK;
    int *const confusion = tnas_alloc_zero((size_t)classes * (size_t)classes, sizeof *confusion);
    if (confusion == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "confusion of %d classes", classes);
    const tnas_status status = tnas_db_get_confusion(
        run->db, run->target_id, run->report->winner.finalist, confusion, classes);
    run->report->macro_f1_int8 = tnas_macro_f1(confusion, classes);
    tnas_free(confusion);
    return status;
}

/* The wanted accuracy is the finished network's: int8, on the validation images, which unlike the
 * test images may decide. */
static tnas_status check_accuracy(const tnas_run *run)
{
    static const char *const metrics[TNAS_METRIC_COUNT] = {
#define METRIC_TEXT(name, text, what) text,
        TNAS_METRICS(METRIC_TEXT)
#undef METRIC_TEXT
    };
    const tnas_winner *const winner = &run->report->winner;
    const double wanted = run->work.min_accuracy;
    if (run->request->dry_run || winner->accuracy_validation >= wanted)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INFEASIBLE,
                     "--min-accuracy %g: no network within the limits was found that has it; the "
                     "best, target %d of study %s, has %s %.4f in int8 on the validation images "
                     "(%.160s%s)",
                     wanted, run->target_id, run->report->folder, metrics[run->work.metric],
                     winner->accuracy_validation, winner->arch,
                     strlen(winner->arch) > 160 ? "..." : "");
}

/* The sentence stays why it was stopped. */
static void count_time_of_stopped(tnas_run *run)
{
    char sentence[1024];
    snprintf(sentence, sizeof sentence, "%s", tnas_error_text());
    if (tnas_budget_count_time(run) == TNAS_OK)
        tnas_fail(TNAS_ERR_STOPPED, "%s", sentence);
}

tnas_status tnas_study_search(const tnas_search_request *request, const tnas_progress *progress,
                              tnas_search_report *report)
{
    memset(report, 0, sizeof *report);
    tnas_run *run = tnas_alloc_zero(1, sizeof *run);
    if (run == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "search");
    run->request = request;
    tnas_progress_file_init(&run->progress_file, progress);
    run->progress = &run->progress_file.progress;
    run->report = report;
    run->lock_file = -1;
    run->started_seconds = tnas_run_now(run);
    tnas_status status = run_stages(run);
    if (status == TNAS_ERR_STOPPED && run->target_id > 0)
        count_time_of_stopped(run);
    if (status == TNAS_OK)
        status = report_macro_f1(run);
    if (status == TNAS_OK)
        status = check_accuracy(run);
    release(run);
    tnas_free(run);
    return status;
}
