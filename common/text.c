#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/alloc.h"

void tnas_number_text(double value, char out[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

void tnas_text_init(tnas_text *text)
{
    *text = (tnas_text){0};
}

void tnas_text_deinit(tnas_text *text)
{
    tnas_free(text->chars);
    *text = (tnas_text){0};
}

static bool reserve(tnas_text *text, size_t more)
{
    if (text->capacity - text->length > more)
        return true;
    const size_t capacity = (text->length + more + 1) * 2;
    char *bigger = tnas_alloc_grow(text->chars, text->length, capacity, 1);
    if (bigger == NULL)
        return false;
    text->chars = bigger;
    text->capacity = capacity;
    return true;
}

void tnas_text_add(tnas_text *text, const char *format, ...)
{
    if (text->failed)
        return;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0 || !reserve(text, (size_t)length)) {
        text->failed = true;
    } else {
        vsnprintf(text->chars + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}
