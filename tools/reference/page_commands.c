/* docs/reference/commands.md: every command with its options, ranges, defaults and examples. */
#include <ctype.h>
#include <stddef.h>

#include "cli/command_texts.h"
#include "common/status.h"
#include "tools/reference/reference.h"

static const struct {
    int exit_code;
    const char *meaning;
} statuses[] = {
#define ROW(name, exit_code, meaning) {exit_code, meaning},
    TNAS_STATUSES(ROW)
#undef ROW
};

/* A bar would end the cell of a table, a "<" start a tag. */
static void add_cell(tnas_text *out, const char *text)
{
    for (; *text != '\0'; text++)
        tnas_text_add(out, *text == '|' ? "\\|" : *text == '<' ? "&lt;" : "%c", *text);
}

static void add_capitalised(tnas_text *out, const char *text)
{
    tnas_text_add(out, "%c%s", toupper((unsigned char)text[0]), text + 1);
}

static void add_range(tnas_text *out, const tnas_option_entry *o)
{
    if (o->kind == TNAS_VALUE_COUNT)
        tnas_text_add(out, "whole, %.15g to %.15g", o->min, o->max);
    else if (o->kind == TNAS_VALUE_NUMBER)
        tnas_text_add(out, "%.15g to %.15g", o->min, o->max);
}

static void add_option(tnas_text *out, const tnas_option_entry *o)
{
    tnas_text_add(out, "| `--%s%s", o->flag, o->value[0] != '\0' ? " " : "");
    add_cell(out, o->value);
    tnas_text_add(out, "` | ");
    add_cell(out, o->help);
    tnas_text_add(out, " | ");
    add_range(out, o);
    tnas_text_add(out, " | %s |\n", o->fallback != NULL ? o->fallback : "");
}

static bool is_common(tnas_option option)
{
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++)
        if (!tnas_option_applies(option, (tnas_command)c))
            return false;
    return true;
}

static void add_option_head(tnas_text *out)
{
    tnas_text_add(out, "| option | meaning | range | default |\n|---|---|---|---|\n");
}

static void add_command(tnas_text *out, tnas_command command)
{
    const tnas_command_entry *const c = tnas_command_entry_of(command);
    const char *const text = tnas_command_text(command);
    const tnas_command_example *example;
    tnas_text_add(out, "\n## tinynas %s\n\n    tinynas %s %s%s[OPTIONS]\n\n", c->name, c->name,
                  c->operands, c->operands[0] != '\0' ? " " : "");
    add_capitalised(out, c->summary);
    tnas_text_add(out, ".\n\n");
    if (text != NULL)
        tnas_text_add(out, "%s\n\n", text);
    add_option_head(out);
    for (int o = 0; o < TNAS_OPTION_COUNT; o++)
        if (tnas_option_applies((tnas_option)o, command) && !is_common((tnas_option)o))
            add_option(out, tnas_option_entry_of((tnas_option)o));
    for (int i = 0; (example = tnas_command_example_at(command, i)) != NULL; i++) {
        tnas_text_add(out, "\n");
        add_capitalised(out, example->what);
        tnas_text_add(out, ":\n\n    %s\n", example->line);
    }
}

void tnas_page_commands(tnas_text *out)
{
    tnas_text_add(out, "# Commands\n\n"
                       "<!-- `make docs` writes this page from cli/commands.h and "
                       "cli/command_texts.def. -->\n\n"
                       "    tinynas COMMAND [OPTIONS]\n    tinynas help [COMMAND]\n"
                       "    tinynas --version\n\n"
                       "Results go to stdout, progress and errors to stderr. An option's value "
                       "follows it as the next word or after `=`.\n\n"
                       "| command | |\n|---|---|\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        const tnas_command_entry *const entry = tnas_command_entry_of((tnas_command)c);
        tnas_text_add(out, "| [%s](#tinynas-%s) | ", entry->name, entry->name);
        add_cell(out, entry->summary);
        tnas_text_add(out, " |\n");
    }
    tnas_text_add(out, "\nOptions of every command:\n\n");
    add_option_head(out);
    for (int o = 0; o < TNAS_OPTION_COUNT; o++)
        if (is_common((tnas_option)o))
            add_option(out, tnas_option_entry_of((tnas_option)o));
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++)
        add_command(out, (tnas_command)c);
    tnas_text_add(out, "\n## Exit codes\n\n| code | after |\n|---|---|\n");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        tnas_text_add(out, "| %d | %s |\n", statuses[i].exit_code, statuses[i].meaning);
}
