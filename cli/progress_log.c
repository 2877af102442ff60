#include "cli/progress_log.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

static const double interval_seconds = 1;

tnas_status tnas_progress_log_open(tnas_progress_log *log, const char *path)
{
    *log = (tnas_progress_log){0};
    if (path == NULL)
        return TNAS_OK;
    log->file = fopen(path, "a");
    return log->file != NULL
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_IO, "--log %s: cannot write it: %s", path, strerror(errno));
}

void tnas_progress_log_close(tnas_progress_log *log)
{
    if (log->file != NULL)
        fclose(log->file);
    log->file = NULL;
}

static cJSON *start_line(const char *event)
{
    struct timespec now;
    struct tm utc;
    char date[32] = "", time[48];
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(time, sizeof time, "%s.%03ldZ", date, now.tv_nsec / 1000000);
    cJSON *const line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "time", time);
    cJSON_AddStringToObject(line, "event", event);
    return line;
}

/* A line is there as soon as it is written; one that cannot be does not stop the work. */
static void write_line(tnas_progress_log *log, cJSON *line)
{
    char *const text = cJSON_PrintUnformatted(line);
    cJSON_Delete(line);
    if (text != NULL)
        fprintf(log->file, "%s\n", text);
    fflush(log->file);
    cJSON_free(text);
}

static void add_figure(cJSON *line, const tnas_figure *figure)
{
    if (isfinite(figure->value))
        cJSON_AddNumberToObject(line, figure->name, figure->value);
    else
        cJSON_AddNullToObject(line, figure->name);
}

void tnas_progress_log_report(tnas_progress_log *log, const char *stage, long done, long total,
                              const char *unit, const char *remark)
{
    if (log->file == NULL)
        return;
    const int figure_count = log->figure_count;
    log->figure_count = 0;
    if (!tnas_pace_report(&log->pace, stage, done, total, interval_seconds))
        return;
    cJSON *const line = start_line("progress");
    cJSON_AddStringToObject(line, "stage", stage);
    cJSON_AddNumberToObject(line, "done", (double)done);
    cJSON_AddNumberToObject(line, "total", (double)total);
    cJSON_AddStringToObject(line, "unit", unit);
    cJSON_AddNumberToObject(line, "rate", log->pace.rate);
    if (isfinite(log->pace.seconds_left))
        cJSON_AddNumberToObject(line, "seconds_left", log->pace.seconds_left);
    for (int i = 0; i < figure_count; i++)
        add_figure(line, &log->figures[i]);
    if (remark != NULL)
        cJSON_AddStringToObject(line, "remark", remark);
    write_line(log, line);
}

void tnas_progress_log_figures(tnas_progress_log *log, const char *event, const char *name,
                               const tnas_figure *figures, int count)
{
    if (log->file == NULL)
        return;
    if (strcmp(event, "progress") == 0) {
        log->figure_count = count < TNAS_LOG_FIGURES_MAX ? count : TNAS_LOG_FIGURES_MAX;
        memcpy(log->figures, figures, (size_t)log->figure_count * sizeof *figures);
        return;
    }
    cJSON *const line = start_line(event);
    cJSON_AddStringToObject(line, "name", name);
    for (int i = 0; i < count; i++)
        add_figure(line, &figures[i]);
    write_line(log, line);
}

void tnas_progress_log_event(tnas_progress_log *log, const char *event, const char *text)
{
    if (log->file == NULL)
        return;
    cJSON *const line = start_line(event);
    cJSON_AddStringToObject(line, "text", text);
    write_line(log, line);
}
