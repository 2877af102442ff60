/* Manual pages in mdoc(7). */
#include <stdio.h>
#include <string.h>

#include "cli/command_texts.h"
#include "common/processor.h"
#include "common/version.h"
#include "tools/reference/reference.h"

enum { LINE_WIDTH = 78 };

/* One word of a text line: backslashes are escapes, and a dot or quote at its start may be a
 * macro's. Hyphens stay hyphens, for options are copied from the page. */
static void add_word(tnas_text *out, const char *word, size_t length)
{
    if (length > 0 && (word[0] == '.' || word[0] == '\''))
        tnas_text_add(out, "\\&");
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\')
            tnas_text_add(out, "\\e");
        else if (word[i] == '-')
            tnas_text_add(out, "\\-");
        else
            tnas_text_add(out, "%c", word[i]);
    }
}

static bool ends_sentence(const char *word, size_t length)
{
    return length > 0 && strchr(".?!", word[length - 1]) != NULL;
}

/* Text lines; a sentence starts a new one, so that the space after it is the formatter's. */
static void add_text(tnas_text *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        const size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > LINE_WIDTH) {
            tnas_text_add(out, "\n");
            column = 0;
        }
        tnas_text_add(out, "%s", column > 0 ? " " : "");
        add_word(out, text, word);
        column += word + 1;
        if (ends_sentence(text, word) && text[word] != '\0') {
            tnas_text_add(out, "\n");
            column = 0;
        }
        text += word + strspn(text + word, " ");
    }
    tnas_text_add(out, "\n");
}

/* An argument of a macro: quoted, so that no word of it is taken for another macro. */
static void add_argument(tnas_text *out, const char *text)
{
    tnas_text_add(out, "\"");
    for (; *text != '\0'; text++)
        tnas_text_add(out, *text == '-' ? "\\-" : *text == '"' ? "\"\"" : "%c", *text);
    tnas_text_add(out, "\"");
}

static void add_head(tnas_text *out, const char *name, const char *summary)
{
    tnas_text_add(out, ".\\\" Written from cli/commands.h and cli/command_texts.def.\n.Dd %s\n.Dt ",
                  TNAS_VERSION_DATE);
    for (const char *c = name; *c != '\0'; c++)
        tnas_text_add(out, "%c", *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    tnas_text_add(out, " 1\n.Os tinynas %s\n.Sh NAME\n.Nm %s\n.Nd ", TNAS_VERSION, name);
    add_text(out, summary);
}

static void add_option(tnas_text *out, const tnas_option_entry *o)
{
    tnas_text_add(out, ".It Fl \\-%s", o->flag);
    if (o->value[0] != '\0') {
        tnas_text_add(out, " Ar ");
        add_argument(out, o->value);
    }
    tnas_text_add(out, "\n");
    add_text(out, o->help);
    if (o->kind == TNAS_VALUE_COUNT || o->kind == TNAS_VALUE_NUMBER)
        tnas_text_add(out, "(%s%.15g to %.15g)\n",
                      o->kind == TNAS_VALUE_COUNT ? "whole number, " : "", o->min, o->max);
    if (o->fallback != NULL) {
        tnas_text_add(out, ".br\nDefault: ");
        add_text(out, o->fallback);
    }
}

static void add_exit_codes(tnas_text *out)
{
    tnas_text_add(out, ".Sh EXIT STATUS\n.Bl -tag -width 4n -compact\n");
#define ROW(name, exit_code, meaning) tnas_text_add(out, ".It %d\n%s\n", exit_code, meaning);
    TNAS_STATUSES(ROW)
#undef ROW
    tnas_text_add(out, ".El\n");
}

static void add_examples(tnas_text *out, tnas_command command)
{
    const tnas_command_example *example;
    for (int i = 0; (example = tnas_command_example_at(command, i)) != NULL; i++) {
        char what[256];
        snprintf(what, sizeof what, "%c%s:", example->what[0] - 'a' + 'A', example->what + 1);
        tnas_text_add(out, i == 0 ? ".Sh EXAMPLES\n" : ".Pp\n");
        add_text(out, what);
        tnas_text_add(out, ".Bd -literal -offset 2n\n");
        add_word(out, example->line, strlen(example->line));
        tnas_text_add(out, "\n.Ed\n");
    }
}

void tnas_page_manual_of(tnas_command command, tnas_text *out)
{
    const tnas_command_entry *const c = tnas_command_entry_of(command);
    const char *const text = tnas_command_text(command);
    char name[64];
    snprintf(name, sizeof name, "tinynas-%s", c->name);
    add_head(out, name, c->summary);
    tnas_text_add(out, ".Sh SYNOPSIS\n.Nm tinynas %s\n", c->name);
    if (c->operands[0] != '\0') {
        tnas_text_add(out, ".Ar ");
        add_argument(out, c->operands);
        tnas_text_add(out, "\n");
    }
    tnas_text_add(out, ".Op Ar OPTIONS\n.Sh DESCRIPTION\n");
    add_text(out, text != NULL ? text : c->summary);
    tnas_text_add(out, ".Pp\nThe options are:\n.Bl -tag -width Ds\n");
    for (int o = 0; o < TNAS_OPTION_COUNT; o++)
        if (tnas_option_applies((tnas_option)o, command))
            add_option(out, tnas_option_entry_of((tnas_option)o));
    tnas_text_add(out, ".El\n");
    add_exit_codes(out);
    add_examples(out, command);
    tnas_text_add(out, ".Sh SEE ALSO\n.Xr tinynas 1\n");
}

/* In alphabetical order. */
static void add_see_also(tnas_text *out)
{
    const char *before = "";
    tnas_text_add(out, ".Sh SEE ALSO\n");
    for (int i = 0; i < TNAS_COMMAND_COUNT; i++) {
        const char *next = NULL;
        for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
            const char *const name = tnas_command_entry_of((tnas_command)c)->name;
            if (strcmp(name, before) > 0 && (next == NULL || strcmp(name, next) < 0))
                next = name;
        }
        tnas_text_add(out, ".Xr tinynas-%s 1%s\n", next, i + 1 < TNAS_COMMAND_COUNT ? " ," : "");
        before = next;
    }
}

void tnas_page_manual(tnas_text *out)
{
    add_head(out, "tinynas", "neural architecture search for microcontrollers");
    tnas_text_add(out, ".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTIONS\n.Nm\n.Cm help\n"
                       ".Op Ar COMMAND\n.Nm\n.Fl \\-version\n.Sh DESCRIPTION\n");
    add_text(out, "tinynas finds neural networks that fit a microcontroller, trains them on your "
                  "data, makes them int8 and writes them as C. Flash and SRAM are exact, "
                  "latencies have an interval and a source. Results go to standard output, "
                  "progress and errors to standard error. The commands are:");
    tnas_text_add(out, ".Bl -tag -width Ds\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        const tnas_command_entry *const entry = tnas_command_entry_of((tnas_command)c);
        tnas_text_add(out, ".It Xr tinynas-%s 1\n", entry->name);
        add_text(out, entry->summary);
    }
    tnas_text_add(out, ".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev TINYNAS_HOME\n");
    add_text(out, "Folder that holds configs/; before the program's own and its share/tinynas.");
    tnas_text_add(out, ".It Ev TINYNAS_ISA\n");
    add_text(out, "Instruction set that computes, instead of the best that the processor has: one "
                  "of");
#define NAME(id, name) tnas_text_add(out, "%s\n", name);
    TNAS_ISAS(NAME)
#undef NAME
    tnas_text_add(out, ".El\n");
    add_exit_codes(out);
    add_see_also(out);
}
