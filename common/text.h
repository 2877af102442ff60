/* A growing text, for files that are generated line by line. */
#ifndef TNAS_COMMON_TEXT_H
#define TNAS_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tnas_text {
    char *chars; /* NUL-terminated once something was added; NULL before */
    size_t length;
    size_t capacity;
    bool failed; /* an allocation failed; later additions are ignored */
} tnas_text;

/* A number in the fewest digits that are read back as the same number. */
void tnas_number_text(double value, char out[32]);

void tnas_text_init(tnas_text *text);
void tnas_text_deinit(tnas_text *text);
void tnas_text_add(tnas_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
