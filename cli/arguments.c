#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

typedef enum option_kind { TEXT, NUMBER, COUNT, FLAG } option_kind;

typedef struct option_info {
    const char *flag;
    option_kind kind;
    double min, max;
    const char *commands, *fallback;
} option_info;

static const option_info options[] = {
#define INFO(id, flag, kind, value, min, max, commands, fallback, help)                            \
    {flag, kind, min, max, commands, fallback},
    TNAS_OPTIONS(INFO)
#undef INFO
};

static const char *const command_names[] = {
#define NAME(name, operands, summary) #name,
    TNAS_COMMANDS(NAME)
#undef NAME
};

const char *tnas_command_name(tnas_command command)
{
    return command_names[command];
}

tnas_status tnas_command_find(const char *name, tnas_command *out)
{
    for (int i = 0; i < TNAS_COMMAND_COUNT; i++) {
        if (strcmp(command_names[i], name) == 0) {
            *out = (tnas_command)i;
            return TNAS_OK;
        }
    }
    return tnas_fail(TNAS_ERR_USAGE, "unknown command \"%s\"; see tinynas --help", name);
}

bool tnas_option_applies(tnas_option option, tnas_command command)
{
    const char *const list = options[option].commands, *const name = command_names[command];
    const size_t length = strlen(name);
    for (const char *p = list; *p != '\0';) {
        const size_t word = strcspn(p, " ");
        if (word == length && memcmp(p, name, length) == 0)
            return true;
        p += word;
        p += *p == ' ';
    }
    return strcmp(list, "*") == 0;
}

static tnas_status parse_number(const option_info *option, const char *text, double *out)
{
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be a number", option->flag, text);
    if (option->kind == COUNT && value != floor(value))
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be a whole number", option->flag, text);
    if (value < option->min || value > option->max)
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be within %g..%g", option->flag, text,
                         option->min, option->max);
    *out = value;
    return TNAS_OK;
}

static tnas_status set_option(tnas_arguments *arguments, int option, const char *value)
{
    const option_info *const info = &options[option];
    arguments->given[option] = true;
    arguments->text[option] = value;
    if (info->kind == NUMBER || info->kind == COUNT)
        return parse_number(info, value, &arguments->number[option]);
    return TNAS_OK;
}

/* --flag value, --flag=value, --flag; *used is the number of words taken. */
static tnas_status parse_option(int argc, char **argv, int at, tnas_arguments *out, int *used)
{
    const char *const word = argv[at] + 2;
    const size_t length = strcspn(word, "=");
    const char *const attached = word[length] == '=' ? word + length + 1 : NULL;
    bool is_known =
        false; /* of another command; commands may share a flag for what they mean by it */
    for (int i = 0; i < TNAS_OPTION_COUNT; i++) {
        const option_info *const info = &options[i];
        if (strlen(info->flag) != length || memcmp(info->flag, word, length) != 0)
            continue;
        is_known = true;
        if (!tnas_option_applies((tnas_option)i, out->command))
            continue;
        *used = info->kind == FLAG || attached != NULL ? 1 : 2;
        if (info->kind == FLAG)
            return attached == NULL ? set_option(out, i, "")
                                    : tnas_fail(TNAS_ERR_USAGE, "--%s takes no value", info->flag);
        if (attached == NULL && at + 1 >= argc)
            return tnas_fail(TNAS_ERR_USAGE, "--%s needs a value", info->flag);
        return set_option(out, i, attached != NULL ? attached : argv[at + 1]);
    }
    if (is_known)
        return tnas_fail(TNAS_ERR_USAGE, "--%.*s is not an option of `tinynas %s`", (int)length,
                         word, command_names[out->command]);
    return tnas_fail(TNAS_ERR_USAGE, "unknown option --%.*s; see tinynas %s --help", (int)length,
                     word, command_names[out->command]);
}

static tnas_status set_defaults(tnas_arguments *out)
{
    for (int i = 0; i < TNAS_OPTION_COUNT; i++) {
        if (options[i].fallback == NULL || !tnas_option_applies((tnas_option)i, out->command))
            continue;
        TNAS_TRY(set_option(out, i, options[i].fallback));
        out->given[i] = false;
    }
    return TNAS_OK;
}

tnas_status tnas_arguments_parse(int argc, char **argv, tnas_arguments *out)
{
    *out = (tnas_arguments){0};
    TNAS_TRY(tnas_command_find(argv[1], &out->command));
    TNAS_TRY(set_defaults(out));
    for (int i = 2; i < argc;) {
        int used = 1;
        if (strcmp(argv[i], "-h") == 0) {
            out->given[TNAS_OPTION_help] = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            TNAS_TRY(parse_option(argc, argv, i, out, &used));
        } else if (out->operand_count == TNAS_OPERANDS_MAX) {
            return tnas_fail(TNAS_ERR_USAGE, "\"%s\" is one word too many; see tinynas %s --help",
                             argv[i], command_names[out->command]);
        } else {
            out->operands[out->operand_count++] = argv[i];
        }
        i += used;
    }
    const char *const format = out->text[TNAS_OPTION_format];
    if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0 && strcmp(format, "csv") != 0)
        return tnas_fail(TNAS_ERR_USAGE, "--format %s: must be table, json or csv", format);
    return TNAS_OK;
}
