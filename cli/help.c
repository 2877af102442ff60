#include <stdio.h>

#include "cli/commands.h"
#include "cli/output.h"

typedef struct command_text {
    const char *name, *operands, *summary;
} command_text;

static const command_text commands[] = {
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
    printf(
        "\n`tinynas COMMAND --help` lists a command's options; `tinynas --version` the version.\n"
        "Results go to stdout, progress to stderr.\n"
        "Exit: 0 done, 1 internal error, 2 usage, 3 nothing feasible, 4 a file cannot be used,\n"
        "      5 outside the tolerance asked for, 130 stopped with the state saved.\n");
}

void tnas_help_print_command(tnas_command command)
{
    const command_text *const c = &commands[command];
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
}
