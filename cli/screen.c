#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The terminal behind a stream, also behind a screen's stdout, which has no file of its own; -1:
 * there is none. */
static int terminal_of(FILE *stream)
{
    const int file = stream == stdout ? STDOUT_FILENO : fileno(stream);
    return file >= 0 && isatty(file) ? file : -1;
}

int tnas_screen_columns(FILE *stream)
{
    struct winsize size;
    const int file = terminal_of(stream);
    return file >= 0 && ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Bytes of the escape sequence at `text`: ESC [ ... letter; 0: there is none. */
static size_t escape_bytes(const char *text)
{
    if (text[0] != '\033' || text[1] != '[')
        return 0;
    const size_t parameters = strspn(text + 2, "0123456789;");
    return 2 + parameters + (text[2 + parameters] != '\0');
}

/* Bytes of the character at `text`, with what continues it. */
static size_t character_bytes(const char *text)
{
    size_t bytes = 1;
    while (((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes++;
    return bytes;
}

int tnas_text_columns(const char *text)
{
    int columns = 0;
    while (*text != '\0') {
        const size_t escape = escape_bytes(text);
        text += escape > 0 ? escape : character_bytes(text);
        columns += escape == 0;
    }
    return columns;
}

void tnas_text_cut(char *text, int columns)
{
    static const char ellipsis[] = "\xe2\x80\xa6"; /* one column, three bytes */
    if (columns < 1 || tnas_text_columns(text) <= columns)
        return;
    for (int column = 0; column < columns - 1; column++)
        text += character_bytes(text);
    /* At least two columns are taken away; only in a text of single bytes that may be too few. */
    memcpy(text, strlen(text) >= 3 ? ellipsis : ">", strlen(text) >= 3 ? 4 : 2);
}

const char *tnas_screen_paint(FILE *stream, tnas_paint paint)
{
    static const char *const escapes[] = {"\033[0m", "\033[1m", "\033[32m", "\033[31m"};
    const char *const refused = getenv("NO_COLOR"), *const term = getenv("TERM");
    const bool wanted = (refused == NULL || refused[0] == '\0') && term != NULL &&
                        strcmp(term, "dumb") != 0 && terminal_of(stream) >= 0;
    return wanted ? escapes[paint] : "";
}

/* ---- Lines that fit ---- */

static bool is_command(const char *line)
{
    return strncmp(line, "next ", 5) == 0 || strncmp(line, "tinynas ", 8) == 0 ||
           strncmp(line, "    tinynas ", 12) == 0;
}

/* Where the text of a line starts: behind its label ("latency    1.67 ms"), behind two blanks or
 * more ("  --mcu M    the part"), or behind its indentation. */
static int text_start(const char *line, int columns)
{
    enum { LABEL = 11 };
    const int indent = (int)strspn(line, " ");
    if (indent < LABEL && strlen(line) > LABEL && line[LABEL - 1] == ' ' && line[LABEL] != ' ')
        return LABEL;
    const char *const gap = strstr(line + indent, "  ");
    const int start = gap != NULL ? (int)(gap - line) + (int)strspn(gap, " ") : indent;
    return start <= columns / 2 ? start : indent;
}

/* How many bytes of the text go into so many columns, broken at a blank where there is one. */
static size_t bytes_that_fit(const char *text, int columns)
{
    const size_t indent = strspn(text, " ");
    size_t at = 0, blank = 0;
    for (int column = 0; text[at] != '\0';) {
        const size_t escape = escape_bytes(text + at);
        if (escape == 0 && column++ == columns)
            return blank > 0 ? blank : at;
        if (text[at] == ' ' && at >= indent)
            blank = at;
        at += escape > 0 ? escape : character_bytes(text + at);
    }
    return at;
}

static void put_line(FILE *out, const char *line, int columns)
{
    if (is_command(line) || tnas_text_columns(line) <= columns) {
        fprintf(out, "%s\n", line);
        return;
    }
    const int start = text_start(line, columns);
    int room = columns;
    for (const char *rest = line; *rest != '\0'; room = columns - start) {
        const size_t bytes = bytes_that_fit(rest, room);
        fprintf(out, "%*s%.*s\n", columns - room, "", (int)bytes, rest);
        rest += bytes;
        rest += strspn(rest, " ");
    }
}

static ssize_t take(void *cookie, const char *bytes, size_t count)
{
    tnas_screen *const screen = cookie;
    for (size_t i = 0; i < count; i++) {
        const bool ends = bytes[i] == '\n';
        if (!ends)
            screen->line[screen->length++] = bytes[i];
        const bool full = screen->length == sizeof screen->line - 1;
        screen->line[screen->length] = '\0';
        if (ends)
            put_line(screen->out, screen->line, screen->columns);
        else if (full)
            fputs(screen->line, screen->out);
        if (ends || full)
            screen->length = 0;
    }
    if (screen->length > 0 && screen->line[0] == '\r') { /* a line that is rewritten in place */
        fputs(screen->line, screen->out);
        screen->length = 0;
    }
    return fflush(screen->out) == 0 ? (ssize_t)count : -1;
}

void tnas_screen_attach(tnas_screen *screen)
{
    *screen = (tnas_screen){.columns = tnas_screen_columns(stdout)};
    if (screen->columns < 20)
        return;
    FILE *const fitted = fopencookie(screen, "w", (cookie_io_functions_t){.write = take});
    if (fitted == NULL)
        return;
    setvbuf(fitted, NULL, _IOLBF, 0);
    screen->out = stdout;
    stdout = fitted; /* a variable, in the GNU C library */
}

void tnas_screen_detach(tnas_screen *screen)
{
    if (screen->out == NULL)
        return;
    fclose(stdout);
    stdout = screen->out;
    if (screen->length > 0)
        put_line(stdout, screen->line, screen->columns);
    screen->out = NULL;
}
