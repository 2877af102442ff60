/* What is written for eyes: how wide the terminal is, whether it shows colours, and results that
 * fit it. Where output goes to a file or a pipe, nothing here changes a byte. */
#ifndef TNAS_CLI_SCREEN_H
#define TNAS_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal behind stdout or stderr; 0: it is none, or does not say. */
int tnas_screen_columns(FILE *stream);

/* Columns that a text takes: characters of UTF-8, without colours. */
int tnas_text_columns(const char *text);
/* Cuts the text to so many columns, the last of which is then an ellipsis. */
void tnas_text_cut(char *text, int columns);

typedef enum tnas_paint {
    TNAS_PAINT_NONE,
    TNAS_PAINT_HEAD,
    TNAS_PAINT_GOOD,
    TNAS_PAINT_BAD
} tnas_paint;

/* The escape that starts a paint on this stream, TNAS_PAINT_NONE the one that ends it; "" where
 * the stream is no terminal, TERM is dumb, or NO_COLOR is set (no-color.org). */
const char *tnas_screen_paint(FILE *stream, tnas_paint paint);

/* A stdout that breaks lines at words when they are longer than the terminal, and indents what
 * follows below the line's text. Commands to be copied ("next ...", "    tinynas ...") stay whole.
 */
typedef struct tnas_screen {
    FILE *out; /* the real stdout; NULL: stdout is no terminal and stays as it is */
    int columns;
    size_t length;
    char line[4096];
} tnas_screen;

void tnas_screen_attach(tnas_screen *screen);
/* Gives stdout back. */
void tnas_screen_detach(tnas_screen *screen);

#endif
