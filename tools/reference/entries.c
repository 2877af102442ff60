/* The lists of cli/commands.h as arrays. */
#include <ctype.h>
#include <string.h>

#include "tools/reference/reference.h"

#define TEXT   TNAS_VALUE_TEXT
#define NUMBER TNAS_VALUE_NUMBER
#define COUNT  TNAS_VALUE_COUNT
#define FLAG   TNAS_VALUE_FLAG

static const tnas_command_entry commands[] = {
#define ENTRY(name, operands, summary) {#name, operands, summary},
    TNAS_COMMANDS(ENTRY)
#undef ENTRY
};

static const tnas_option_entry options[] = {
#define ENTRY(id, flag, kind, value, min, max, commands, fallback, help)                           \
    {flag, kind, value, min, max, fallback, help},
    TNAS_OPTIONS(ENTRY)
#undef ENTRY
};

const tnas_command_entry *tnas_command_entry_of(tnas_command command)
{
    return &commands[command];
}

const tnas_option_entry *tnas_option_entry_of(tnas_option option)
{
    return &options[option];
}

int tnas_next_alternative(const char **list, const char **word)
{
    *word = *list + strspn(*list, " |");
    int length = (int)strcspn(*word, "|");
    *list = *word + length;
    while (length > 0 && (*word)[length - 1] == ' ')
        length--;
    return length;
}

bool tnas_value_is_choice(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && strchr("|-", *c) == NULL)
            return false;
    return strchr(value, '|') != NULL;
}
