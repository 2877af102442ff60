#include "common/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

void tnas_progress_report(const tnas_progress *progress, const char *stage, long done, long total,
                          const char *unit, const char *remark)
{
    if (progress != NULL && progress->report != NULL)
        progress->report(progress->context, stage, done, total, unit, remark);
}

void tnas_progress_note(const tnas_progress *progress, const char *format, ...)
{
    if (progress == NULL || progress->note == NULL)
        return;
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    progress->note(progress->context, sentence);
}

void tnas_progress_event(const tnas_progress *progress, const char *event, const char *name,
                         const tnas_figure *figures, int count)
{
    if (progress != NULL && progress->event != NULL)
        progress->event(progress->context, event, name, figures, count);
}

bool tnas_progress_stop(const tnas_progress *progress)
{
    return progress != NULL && progress->stop != NULL && progress->stop(progress->context);
}

double tnas_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
