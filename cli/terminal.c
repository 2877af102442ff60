/* Progress for people: stage, count, rate, time left, remark. */
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/screen.h"

enum { LINE_BYTES = 512 };

/* Seconds between lines; a log gets fewer than a screen. */
static const double screen_interval = 0.2, log_interval = 10;

/* Set by the signal handler; nothing else can reach a handler. */
static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static bool stop(void *context)
{
    (void)context;
    return stop_requested != 0;
}

void tnas_terminal_end(tnas_terminal *t)
{
    if (t->line_open)
        fputc('\n', stderr);
    t->line_open = false;
}

static void note(void *context, const char *sentence)
{
    tnas_terminal *const t = context;
    tnas_progress_log_event(&t->log, "note", sentence);
    if (t->quiet)
        return;
    tnas_terminal_end(t);
    fprintf(stderr, "%s\n", sentence);
}

static void event(void *context, const char *what, const char *name, const tnas_figure *figures,
                  int count)
{
    tnas_terminal *const t = context;
    tnas_progress_log_figures(&t->log, what, name, figures, count);
}

static void add(char line[LINE_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(char line[LINE_BYTES], const char *format, ...)
{
    const size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, LINE_BYTES - used, format, arguments);
    va_end(arguments);
}

/* "search 7/120 candidates, 4.4/s, 26 s left, best 91.20 %, front of 5, generation 1 of 5" */
static void describe(const tnas_pace *pace, long done, long total, const char *unit,
                     const char *remark, char line[LINE_BYTES])
{
    line[0] = '\0';
    add(line, "%s %ld/%ld%s%s", pace->stage, done, total, unit[0] != '\0' ? " " : "", unit);
    if (pace->rate > 0)
        add(line, ", %.1f/s", pace->rate);
    if (isfinite(pace->seconds_left) && done < total) {
        const bool minutes = pace->seconds_left >= 100;
        add(line, minutes ? ", %.1f min left" : ", %.0f s left",
            minutes ? pace->seconds_left / 60 : pace->seconds_left);
    }
    if (remark != NULL && remark[0] != '\0')
        add(line, ", %s", remark);
}

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    tnas_terminal *const t = context;
    tnas_progress_log_report(&t->log, stage, done, total, unit, remark);
    if (t->quiet || !tnas_pace_report(&t->pace, stage, done, total,
                                      t->terminal ? screen_interval : log_interval))
        return;
    if (t->pace.is_new)
        tnas_terminal_end(t);
    char line[LINE_BYTES];
    describe(&t->pace, done, total, unit, remark, line);
    const int columns = tnas_screen_columns(stderr);
    if (columns > 0 &&
        tnas_text_columns(line) >= columns) /* without the unit, then without the end */
        describe(&t->pace, done, total, "", remark, line);
    if (columns > 0)
        tnas_text_cut(line, columns - 1);
    fprintf(stderr, t->terminal ? "\r\033[K%s" : "%s\n", line);
    t->line_open = t->terminal;
}

void tnas_terminal_init(tnas_terminal *t, const tnas_arguments *arguments)
{
    *t = (tnas_terminal){
        .progress = {.context = t, .report = report, .note = note, .event = event, .stop = stop},
        .terminal = isatty(STDERR_FILENO) != 0,
        .quiet = arguments->given[TNAS_OPTION_quiet],
    };
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup's wish */
        sigaction(SIGHUP, &action, NULL);
}

tnas_status tnas_terminal_log(tnas_terminal *t, const char *path)
{
    return tnas_progress_log_open(&t->log, path);
}
