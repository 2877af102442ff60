#include "common/status.h"

#include <stdarg.h>
#include <stdio.h>

/* The one piece of mutable state at file scope: each thread's last sentence. */
static _Thread_local char error_text[TNAS_ERROR_TEXT_BYTES];

#undef tnas_fail /* see common/status.h */
tnas_status tnas_fail(tnas_status status, const char *format, ...)
{
    /* Formatted aside first, so that a sentence may quote the previous one. */
    char text[TNAS_ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(error_text, sizeof error_text, "%s", text);
    return status;
}

const char *tnas_error_text(void)
{
    return error_text;
}

int tnas_status_exit_code(tnas_status status)
{
    switch (status) {
#define TNAS_STATUS_EXIT(name, exit_code, meaning)                                                 \
    case TNAS_##name:                                                                              \
        return exit_code;
        TNAS_STATUSES(TNAS_STATUS_EXIT)
#undef TNAS_STATUS_EXIT
    }
    return 1;
}

const char *tnas_status_meaning(tnas_status status)
{
    switch (status) {
#define TNAS_STATUS_MEANING(name, exit_code, meaning)                                              \
    case TNAS_##name:                                                                              \
        return meaning;
        TNAS_STATUSES(TNAS_STATUS_MEANING)
#undef TNAS_STATUS_MEANING
    }
    return "unknown status";
}
