/* Progress and notes as JSON lines, for programs that follow a search (--log FILE). */
#ifndef TNAS_CLI_PROGRESS_LOG_H
#define TNAS_CLI_PROGRESS_LOG_H

#include <stdio.h>

#include "common/status.h"

typedef struct tnas_progress_log {
    FILE *file; /* NULL: none */
    char stage[48];
    double stage_seconds, written_seconds;
    long stage_first;
} tnas_progress_log;

/* Appends to the file; path NULL: no log. */
tnas_status tnas_progress_log_open(tnas_progress_log *log, const char *path);
void tnas_progress_log_close(tnas_progress_log *log);

/* {"time":"2026-05-04T10:11:12.345Z","event":"progress","stage":"supernet","done":7,"total":60,
 *  "unit":"steps","rate":12.5,"seconds_left":4.2,"remark":"loss 1.2"}: the first and the last of a
 * stage, and one a second in between. */
void tnas_progress_log_report(tnas_progress_log *log, const char *stage, long done, long total,
                              const char *unit, const char *remark);
/* {"time":...,"event":"note","text":"chosen: ..."}; also "start", "failed" and "done". */
void tnas_progress_log_event(tnas_progress_log *log, const char *event, const char *text);

#endif
