/* tinynas watch: where a search is that runs in another terminal. Reads only. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "common/alloc.h"
#include "common/text.h"
#include "study/front_rows.h"
#include "study/progress_file.h"

static const double refresh_seconds = 1;

/* All that is shown. */
typedef struct view {
    bool running, has_progress;
    char who[320];
    tnas_progress_state progress;
    int target; /* whose candidates these are; 0: none yet */
    char mcu[64];
    int candidates, front;
    double best;
    bool finished;
    double accuracy_int8; /* of a finished target */
} view;

static tnas_status read_candidates(tnas_store_db *db, view *out)
{
    tnas_candidate_row *rows;
    TNAS_TRY(tnas_db_get_candidates(db, out->target, &rows, &out->candidates));
    const tnas_status status = tnas_front_rows_mark(rows, out->candidates, &out->front);
    for (int i = 0; i < out->candidates; i++)
        if (!rows[i].predicted)
            out->best = fmax(out->best, rows[i].accuracy);
    tnas_candidate_rows_free(rows, out->candidates);
    return status;
}

/* The target that the progress names, else the newest. */
static tnas_status read_target(tnas_store_db *db, view *out)
{
    tnas_target_row *rows;
    int count;
    TNAS_TRY(tnas_db_get_targets(db, &rows, &count));
    for (int i = 0; i < count; i++)
        if (rows[i].id == out->progress.target || !out->has_progress) {
            out->target = rows[i].id;
            out->finished = rows[i].finished;
            snprintf(out->mcu, sizeof out->mcu, "%s", rows[i].target.mcu);
        }
    tnas_free(rows);
    if (out->target == 0)
        return TNAS_OK;
    TNAS_TRY(read_candidates(db, out));
    tnas_winner winner;
    bool found;
    TNAS_TRY(tnas_db_get_winner(db, out->target, &winner, &found));
    out->accuracy_int8 = found ? winner.accuracy_int8 : NAN;
    return TNAS_OK;
}

static tnas_status look(const char *folder, view *out)
{
    *out = (view){.best = NAN, .accuracy_int8 = NAN};
    out->running = tnas_study_is_running(folder, out->who);
    TNAS_TRY(tnas_progress_file_read(folder, &out->progress, &out->has_progress));
    out->has_progress = out->has_progress && out->running;
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    const tnas_status status = read_target(db, out);
    tnas_db_close(db);
    return status;
}

static const char *state_of(const view *v)
{
    return v->running ? "running" : v->finished ? "finished" : "stopped";
}

static void describe(const view *v, tnas_text *out)
{
    tnas_text_add(out, "%s", state_of(v));
    if (v->has_progress) {
        const tnas_progress_state *const p = &v->progress;
        tnas_text_add(out, ", %s %ld/%ld %s", p->stage, p->done, p->total, p->unit);
        if (p->rate > 0)
            tnas_text_add(out, ", %.1f/s", p->rate);
        if (isfinite(p->seconds_left) && p->done < p->total)
            tnas_text_add(out, ", %.0f s left", p->seconds_left);
        if (p->remark[0] != '\0')
            tnas_text_add(out, ", %s", p->remark);
    }
    if (v->target > 0)
        tnas_text_add(out, "; target %d on %s: %d scored", v->target, v->mcu, v->candidates);
    if (!isnan(v->best))
        tnas_text_add(out, ", best %.2f %%, front of %d", 100 * v->best, v->front);
    if (!isnan(v->accuracy_int8))
        tnas_text_add(out, "; int8 %.2f %% on the test images", 100 * v->accuracy_int8);
}

/* A line that is rewritten in place must not wrap: its end is cut. */
static void print_line(const view *v, bool rewritten)
{
    tnas_text text;
    tnas_text_init(&text);
    describe(v, &text);
    const int columns = tnas_screen_columns(stdout);
    if (rewritten && columns > 0 && text.chars != NULL)
        tnas_text_cut(text.chars, columns - 1);
    printf("%s", text.chars != NULL ? text.chars : "");
    tnas_text_deinit(&text);
}

static void print_object(const tnas_arguments *arguments, const char *folder, const view *v)
{
    cJSON *const o = tnas_json_result("tinynas-watch");
    cJSON_AddStringToObject(o, "study", folder);
    cJSON_AddStringToObject(o, "state", state_of(v));
    cJSON_AddStringToObject(o, "stage", v->has_progress ? v->progress.stage : "");
    tnas_json_add(o, "done", v->has_progress ? (double)v->progress.done : NAN);
    tnas_json_add(o, "total", v->has_progress ? (double)v->progress.total : NAN);
    cJSON_AddStringToObject(o, "unit", v->has_progress ? v->progress.unit : "");
    tnas_json_add(o, "rate", v->has_progress ? v->progress.rate : NAN);
    tnas_json_add(o, "seconds_left", v->has_progress ? v->progress.seconds_left : NAN);
    cJSON_AddStringToObject(o, "remark", v->has_progress ? v->progress.remark : "");
    cJSON_AddNumberToObject(o, "target", v->target);
    cJSON_AddStringToObject(o, "mcu", v->mcu);
    cJSON_AddNumberToObject(o, "candidates", v->candidates);
    tnas_json_add(o, "best_accuracy", v->best);
    cJSON_AddNumberToObject(o, "front", v->front);
    tnas_json_add(o, "accuracy_int8", v->accuracy_int8);
    tnas_result_print(arguments, o, NULL);
}

/* One line that is rewritten on a terminal; elsewhere a new line whenever it has changed. */
static tnas_status follow(const char *folder, tnas_terminal *terminal)
{
    const bool rewrites = isatty(STDOUT_FILENO) != 0;
    view v;
    for (;;) {
        TNAS_TRY(look(folder, &v));
        printf("%s", rewrites ? "\r\033[K" : "");
        print_line(&v, rewrites && v.running);
        printf("%s", rewrites && v.running ? "" : "\n");
        fflush(stdout);
        if (!v.running || tnas_progress_stop(&terminal->progress))
            break;
        nanosleep(&(struct timespec){.tv_sec = (time_t)refresh_seconds}, NULL);
    }
    if (rewrites && v.running)
        printf("\n");
    return TNAS_OK;
}

tnas_status tnas_cmd_watch(const tnas_arguments *arguments)
{
    const char *folder;
    TNAS_TRY(tnas_arguments_operand(arguments, "study", &folder));
    const bool once = arguments->given[TNAS_OPTION_once];
    if (!once && tnas_wants_table(arguments)) {
        tnas_terminal terminal;
        tnas_terminal_init(&terminal, arguments);
        return follow(folder, &terminal);
    }
    view v;
    TNAS_TRY(look(folder, &v));
    if (tnas_wants_table(arguments)) {
        print_line(&v, false);
        printf("\n");
    } else {
        print_object(arguments, folder, &v);
    }
    return TNAS_OK;
}
