/* Progress for people: stage, count, rate, time left, remark. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

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

static void print_time_left(double seconds, char out[32])
{
    if (seconds < 100)
        snprintf(out, 32, "%.0f s left", seconds);
    else
        snprintf(out, 32, "%.1f min left", seconds / 60);
}

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    tnas_terminal *const t = context;
    tnas_progress_log_report(&t->log, stage, done, total, unit, remark);
    if (t->quiet)
        return;
    const double now = tnas_clock_seconds();
    const bool is_new = strcmp(stage, t->stage) != 0;
    if (is_new) {
        tnas_terminal_end(t);
        snprintf(t->stage, sizeof t->stage, "%s", stage);
        t->stage_seconds = now;
        t->stage_first = done;
    }
    const double interval = t->terminal ? screen_interval : log_interval;
    if (!is_new && done < total && now - t->shown_seconds < interval)
        return;
    t->shown_seconds = now;
    const double elapsed = now - t->stage_seconds;
    const double rate = elapsed > 0 ? (double)(done - t->stage_first) / elapsed : 0;
    char left[32] = "";
    if (rate > 0 && done < total)
        print_time_left((double)(total - done) / rate, left);
    fprintf(stderr, "%s%s %ld/%ld %s, %.1f/s%s%s%s%s%s", t->terminal ? "\r\033[K" : "", stage, done,
            total, unit, rate, left[0] != '\0' ? ", " : "", left, remark != NULL ? ", " : "",
            remark != NULL ? remark : "", t->terminal ? "" : "\n");
    t->line_open = t->terminal;
}

void tnas_terminal_init(tnas_terminal *t, const tnas_arguments *arguments)
{
    *t = (tnas_terminal){
        .progress = {.context = t, .report = report, .note = note, .stop = stop},
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
