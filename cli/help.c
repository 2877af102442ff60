#include <stdio.h>
#include <string.h>

#include "cli/command_texts.h"
#include "cli/output.h"

enum { LINE_WIDTH = 96 };

typedef struct command_line {
    const char *name, *operands, *summary;
} command_line;

static const command_line commands[] = {
#define ROW(name, operands, summary) {#name, operands, summary},
    TNAS_COMMANDS(ROW)
#undef ROW
};

typedef struct option_text {
    const char *flag, *value, *fallback, *help;
} option_text;

static const option_text options[] = {
#define ROW(id, flag, kind, value, min, max, commands, fallback, help)                             \
    {flag, value, fallback, help},
    TNAS_OPTIONS(ROW)
#undef ROW
};

void tnas_help_print(void)
{
    printf("tinynas %s: neural architecture search for microcontrollers\n\n", TNAS_VERSION);
    printf("usage: tinynas COMMAND [OPTIONS]\n\n");
    for (int i = 0; i < TNAS_COMMAND_COUNT; i++)
        printf("  %-9s %-23s %s\n", commands[i].name, commands[i].operands, commands[i].summary);
    printf("\n`tinynas help COMMAND` explains a command; `tinynas --version` prints the version.\n"
           "Results go to stdout, progress to stderr.\n"
           "Exit: 0 done, 1 internal error, 2 usage, 3 nothing feasible, 4 a file cannot be used,\n"
           "      5 outside the tolerance asked for, 130 stopped with the state saved.\n");
}

static void print_wrapped(const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        const size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > LINE_WIDTH) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column > 0 ? " " : "", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    putchar('\n');
}

static void print_examples(tnas_command command)
{
    const tnas_command_example *example;
    for (int i = 0; (example = tnas_command_example_at(command, i)) != NULL; i++)
        printf("%s  %s:\n    %s\n", i == 0 ? "\nexamples:\n" : "", example->what, example->line);
}

void tnas_help_print_command(tnas_command command)
{
    const command_line *const c = &commands[command];
    const char *const text = tnas_command_text(command);
    printf("usage: tinynas %s %s%s[OPTIONS]\n%s\n\n", c->name, c->operands,
           c->operands[0] != '\0' ? " " : "", c->summary);
    for (int i = 0; i < TNAS_OPTION_COUNT; i++) {
        if (!tnas_option_applies((tnas_option)i, command))
            continue;
        char flag[64];
        snprintf(flag, sizeof flag, "--%s %s", options[i].flag, options[i].value);
        printf("  %-24s %s", flag, options[i].help);
        if (options[i].fallback != NULL)
            printf(" [%s]", options[i].fallback);
        printf("\n");
    }
    if (text != NULL) {
        putchar('\n');
        print_wrapped(text);
    }
    print_examples(command);
}
