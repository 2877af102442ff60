#include "cli/command_texts.h"

#include <stddef.h>

static const struct {
    tnas_command command;
    const char *text;
} texts[] = {
#define TNAS_COMMAND_TEXT(name, paragraph) {TNAS_COMMAND_##name, paragraph},
#define TNAS_COMMAND_EXAMPLE(name, command_line, what)
#include "cli/command_texts.def"
#undef TNAS_COMMAND_TEXT
#undef TNAS_COMMAND_EXAMPLE
};

static const struct {
    tnas_command command;
    tnas_command_example example;
} examples[] = {
#define TNAS_COMMAND_TEXT(name, paragraph)
#define TNAS_COMMAND_EXAMPLE(name, command_line, what) {TNAS_COMMAND_##name, {command_line, what}},
#include "cli/command_texts.def"
#undef TNAS_COMMAND_TEXT
#undef TNAS_COMMAND_EXAMPLE
};

const char *tnas_command_text(tnas_command command)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].command == command)
            return texts[i].text;
    return NULL;
}

const tnas_command_example *tnas_command_example_at(tnas_command command, int index)
{
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (examples[i].command == command && index-- == 0)
            return &examples[i].example;
    return NULL;
}
