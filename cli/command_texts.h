/* The longer texts of the commands: cli/command_texts.def. */
#ifndef TNAS_CLI_COMMAND_TEXTS_H
#define TNAS_CLI_COMMAND_TEXTS_H

#include "cli/commands.h"

typedef struct tnas_command_example {
    const char *line, *what; /* "tinynas mcu list", "the shipped profiles" */
} tnas_command_example;

/* NULL: nobody has written it yet. */
const char *tnas_command_text(tnas_command command);

/* The command's example number `index`, from 0; NULL: it has no more. */
const tnas_command_example *tnas_command_example_at(tnas_command command, int index);

#endif
