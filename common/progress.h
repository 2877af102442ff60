/* How long work talks to its caller: it reports where it is and asks whether to stop.
 * Libraries do not print; the command line passes an implementation, tests pass NULL. */
#ifndef TNAS_COMMON_PROGRESS_H
#define TNAS_COMMON_PROGRESS_H

#include <stdbool.h>

/* A figure of an event. */
typedef struct tnas_figure {
    const char *name; /* "loss", "accuracy" */
    double value;     /* NAN: not known */
} tnas_figure;

typedef struct tnas_progress {
    void *context;
    /* `stage` in a word or two, done of total units, `unit` in the plural, and a remark
     * ("loss 1.23", "best 91.2 %") or NULL. Called from the thread that started the work. */
    void (*report)(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark);
    /* One sentence that stays on the screen: a decision, a figure, a forecast. */
    void (*note)(void *context, const char *sentence);
    /* Figures for logs. Of the event "progress" they belong to the report of stage `name` that
     * follows at once (loss, accuracy); any other happened: a "candidate", the network `name`. */
    void (*event)(void *context, const char *event, const char *name, const tnas_figure *figures,
                  int count);
    /* True when the user asked to stop; work then returns TNAS_ERR_STOPPED at the next unit. */
    bool (*stop)(void *context);
} tnas_progress;

void tnas_progress_report(const tnas_progress *progress, const char *stage, long done, long total,
                          const char *unit, const char *remark);
void tnas_progress_note(const tnas_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tnas_progress_event(const tnas_progress *progress, const char *event, const char *name,
                         const tnas_figure *figures, int count);
bool tnas_progress_stop(const tnas_progress *progress);

double tnas_clock_seconds(void); /* monotonic; for rates and forecasts, never for results */

#endif
