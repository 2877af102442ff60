#include "study/progress_file.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/json.h"

#define PROGRESS_FORMAT "tinynas-progress"
static const double write_interval_seconds = 0.5;

static void write_state(const tnas_progress_file *file, const tnas_progress_state *state)
{
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "format", PROGRESS_FORMAT);
    cJSON_AddNumberToObject(o, "version", 1);
    cJSON_AddNumberToObject(o, "target", state->target);
    cJSON_AddStringToObject(o, "stage", state->stage);
    cJSON_AddNumberToObject(o, "done", (double)state->done);
    cJSON_AddNumberToObject(o, "total", (double)state->total);
    cJSON_AddStringToObject(o, "unit", state->unit);
    cJSON_AddStringToObject(o, "remark", state->remark);
    cJSON_AddNumberToObject(o, "rate", state->rate);
    if (isfinite(state->seconds_left))
        cJSON_AddNumberToObject(o, "seconds_left", state->seconds_left);
    char *const text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    char temporary[TNAS_PATH_BYTES + 8];
    snprintf(temporary, sizeof temporary, "%s.new", file->path);
    FILE *const out = text != NULL ? fopen(temporary, "w") : NULL;
    if (out != NULL) {
        const bool written = fputs(text, out) >= 0 && fputc('\n', out) >= 0;
        if (fclose(out) == 0 && written) /* a watcher that misses a line does no harm */
            (void)rename(temporary, file->path);
    }
    cJSON_free(text);
}

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    tnas_progress_file *const file = context;
    tnas_progress_report(file->forward, stage, done, total, unit, remark);
    if (file->path[0] == '\0')
        return;
    if (!tnas_pace_report(&file->pace, stage, done, total, write_interval_seconds))
        return;
    tnas_progress_state state = {
        .target = file->target,
        .done = done,
        .total = total,
        .rate = file->pace.rate,
        .seconds_left = file->pace.seconds_left,
    };
    snprintf(state.stage, sizeof state.stage, "%s", stage);
    snprintf(state.unit, sizeof state.unit, "%s", unit);
    snprintf(state.remark, sizeof state.remark, "%s", remark != NULL ? remark : "");
    write_state(file, &state);
}

static void note(void *context, const char *sentence)
{
    const tnas_progress_file *const file = context;
    tnas_progress_note(file->forward, "%s", sentence);
}

static void event(void *context, const char *what, const char *name, const tnas_figure *figures,
                  int count)
{
    const tnas_progress_file *const file = context;
    tnas_progress_event(file->forward, what, name, figures, count);
}

static bool stop(void *context)
{
    const tnas_progress_file *const file = context;
    return tnas_progress_stop(file->forward);
}

void tnas_progress_file_init(tnas_progress_file *file, const tnas_progress *forward)
{
    *file = (tnas_progress_file){
        .progress = {.context = file, .report = report, .note = note, .event = event, .stop = stop},
        .forward = forward,
    };
}

tnas_status tnas_progress_file_open(tnas_progress_file *file, const char *folder, int target)
{
    file->target = target;
    return tnas_path_join(file->path, folder, "progress.json");
}

void tnas_progress_file_close(tnas_progress_file *file)
{
    if (file->path[0] != '\0')
        unlink(file->path);
    file->path[0] = '\0';
}

static tnas_status read_state(const tnas_json *document, tnas_progress_state *out)
{
    const tnas_json_at root = tnas_json_root(document);
    const char *stage, *unit, *remark;
    int64_t target, done, total;
    TNAS_TRY(tnas_json_int(&root, "target", 0, 1000000, &target));
    TNAS_TRY(tnas_json_int(&root, "done", 0, INT64_MAX, &done));
    TNAS_TRY(tnas_json_int(&root, "total", 0, INT64_MAX, &total));
    TNAS_TRY(tnas_json_string(&root, "stage", &stage));
    TNAS_TRY(tnas_json_string(&root, "unit", &unit));
    TNAS_TRY(tnas_json_string(&root, "remark", &remark));
    TNAS_TRY(tnas_json_number(&root, "rate", 0, 1e12, &out->rate));
    if (tnas_json_has(&root, "seconds_left"))
        TNAS_TRY(tnas_json_number(&root, "seconds_left", 0, 1e12, &out->seconds_left));
    out->target = (int)target;
    out->done = (long)done;
    out->total = (long)total;
    snprintf(out->stage, sizeof out->stage, "%s", stage);
    snprintf(out->unit, sizeof out->unit, "%s", unit);
    snprintf(out->remark, sizeof out->remark, "%s", remark);
    return TNAS_OK;
}

tnas_status tnas_progress_file_read(const char *folder, tnas_progress_state *out, bool *found)
{
    *out = (tnas_progress_state){.seconds_left = NAN};
    *found = false;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "progress.json"));
    tnas_json *document;
    if (!tnas_file_exists(path) || tnas_json_load(path, PROGRESS_FORMAT, 1, &document) != TNAS_OK)
        return TNAS_OK;
    *found = read_state(document, out) == TNAS_OK;
    tnas_json_destroy(document);
    return TNAS_OK;
}

bool tnas_study_is_running(const char *folder, char who[320])
{
    who[0] = '\0';
    char path[TNAS_PATH_BYTES];
    if (tnas_path_join(path, folder, "lock") != TNAS_OK)
        return false;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool running = flock(file, LOCK_SH | LOCK_NB) != 0;
    if (running) {
        const ssize_t length = read(file, who, 319);
        who[length > 0 ? length - 1 : 0] = '\0';
    }
    close(file);
    return running;
}
