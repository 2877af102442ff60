/* Progress and notes as JSON lines, for programs that follow a search (--log FILE). */
#ifndef TNAS_CLI_PROGRESS_LOG_H
#define TNAS_CLI_PROGRESS_LOG_H

#include <stdio.h>

#include "common/pace.h"
#include "common/progress.h"
#include "common/status.h"

enum { TNAS_LOG_FIGURES_MAX = 8 };

typedef struct tnas_progress_log {
    FILE *file; /* NULL: none */
    tnas_pace pace;
    int figure_count; /* of the report that follows */
    tnas_figure figures[TNAS_LOG_FIGURES_MAX];
} tnas_progress_log;

/* Appends to the file; path NULL: no log. */
tnas_status tnas_progress_log_open(tnas_progress_log *log, const char *path);
void tnas_progress_log_close(tnas_progress_log *log);

/* {"time":"2026-05-04T10:11:12.345Z","event":"progress","stage":"supernet","done":7,"total":60,
 *  "unit":"steps","rate":12.5,"seconds_left":4.2,"loss":1.2,"accuracy":0.62,"remark":"loss 1.2"}:
 * the first and the last of a stage, and one a second in between. */
void tnas_progress_log_report(tnas_progress_log *log, const char *stage, long done, long total,
                              const char *unit, const char *remark);
/* {"time":...,"event":"candidate","name":"s0.depth=1,...","candidate":7,"accuracy":0.91,...};
 * figures of the event "progress" become part of the next report's line. */
void tnas_progress_log_figures(tnas_progress_log *log, const char *event, const char *name,
                               const tnas_figure *figures, int count);
/* {"time":...,"event":"note","text":"chosen: ..."}; also "start", "failed" and "done". */
void tnas_progress_log_event(tnas_progress_log *log, const char *event, const char *text);

#endif
