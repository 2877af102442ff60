/* Status codes and the sentence that goes with a failure.
 *
 * Every fallible function returns a tnas_status; its results leave through the last
 * parameter, cleared first. The sentence names object, value and rule and lives in the
 * calling thread until the next failure there. Library code never prints and never exits:
 * the command line turns the status into an exit code by the table below. */
#ifndef TNAS_COMMON_STATUS_H
#define TNAS_COMMON_STATUS_H

/*  name             exit  meaning */
#define TNAS_STATUSES(X)                                                                           \
    X(OK, 0, "done")                                                                               \
    X(ERR_INTERNAL, 1, "a defect of the program")                                                  \
    X(ERR_NOMEM, 1, "out of memory")                                                               \
    X(ERR_DIVERGED, 1, "training left the finite numbers")                                         \
    X(ERR_USAGE, 2, "a command line that cannot be obeyed")                                        \
    X(ERR_INFEASIBLE, 3, "finished, nothing meets the limits")                                     \
    X(ERR_INPUT, 4, "a file whose content breaks a rule")                                          \
    X(ERR_IO, 4, "a file that cannot be read or written")                                          \
    X(ERR_TOLERANCE, 5, "outside the tolerance that was asked for")                                \
    X(ERR_STOPPED, 130, "stopped by a signal, state saved")

typedef enum tnas_status {
#define TNAS_STATUS_ENUM(name, exit_code, meaning) TNAS_##name,
    TNAS_STATUSES(TNAS_STATUS_ENUM)
#undef TNAS_STATUS_ENUM
} tnas_status;

/* Longest sentence kept, terminator included; longer ones are cut. */
#define TNAS_ERROR_TEXT_BYTES 1024

/* Stores the sentence for this thread and returns `status`. */
tnas_status tnas_fail(tnas_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* make lint looks at one file at a time: it cannot see that the status comes back. */
#ifdef __clang_analyzer__
#define tnas_fail(status, ...) ((void)tnas_fail(status, __VA_ARGS__), status)
#endif

/* The calling thread's last sentence; "" when nothing failed yet. */
const char *tnas_error_text(void);

int tnas_status_exit_code(tnas_status status);
const char *tnas_status_meaning(tnas_status status);

/* Forwards a failure when there is nothing to release. */
#define TNAS_TRY(expression)                                                                       \
    do {                                                                                           \
        const tnas_status try_status_ = (expression);                                              \
        if (try_status_ != TNAS_OK)                                                                \
            return try_status_;                                                                    \
    } while (0)

#endif
