#include "common/problems.h"

#include <stdarg.h>
#include <stdio.h>

enum { MORE_BYTES = 24 }; /* "; and 2147483647 more" */

void tnas_problems_add(tnas_problems *problems, const char *format, ...)
{
    if (problems->listed_count < problems->count++)
        return; /* one had no room: the list must not go on behind it */
    char *const at = problems->text + problems->bytes;
    const size_t room = sizeof problems->text - MORE_BYTES - problems->bytes;
    const char *const separator = problems->count > 1 ? "; " : "";
    const int separator_bytes = snprintf(at, room, "%s", separator);
    va_list arguments;
    va_start(arguments, format);
    const int bytes =
        vsnprintf(at + separator_bytes, room - (size_t)separator_bytes, format, arguments);
    va_end(arguments);
    if (bytes < 0 || (size_t)(separator_bytes + bytes) >= room) {
        *at = '\0';
        return;
    }
    problems->bytes += (size_t)(separator_bytes + bytes);
    problems->listed_count++;
}

const char *tnas_problems_text(tnas_problems *problems)
{
    const int more = problems->count - problems->listed_count;
    if (more > 0)
        snprintf(problems->text + problems->bytes, sizeof problems->text - problems->bytes,
                 "%sand %d more", problems->listed_count > 0 ? "; " : "", more);
    return problems->text;
}
