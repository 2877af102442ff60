#include "data/options.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 512

#define AS_IT_IS(text) text
static const tnas_data_field_info fields[TNAS_DATA_FIELD_COUNT] = {
#define INFO(field, flag, kind, value, min, max, commands, fallback, help)                         \
    {#field, flag, TNAS_DATA_##kind, value, min, max, fallback, help},
    TNAS_DATA_FIELDS(INFO, , AS_IT_IS)
#undef INFO
};

static const size_t places[TNAS_DATA_FIELD_COUNT] = {
#define PLACE(field, flag, kind, value, min, max, commands, fallback, help)                        \
    offsetof(tnas_data_options, field),
    TNAS_DATA_FIELDS(PLACE, , )
#undef PLACE
};

const tnas_data_field_info *tnas_data_field_describe(tnas_data_field field)
{
    return &fields[field];
}

tnas_data_options tnas_data_options_default(void)
{
    tnas_data_options options = {0};
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++)
        (void)tnas_data_options_set(&options, (tnas_data_field)i, fields[i].fallback);
    return options;
}

static bool is_word(const char *words, const char *text)
{
    const size_t length = strlen(text);
    for (const char *p = words; *p != '\0'; p += *p == '|') {
        const size_t word = strcspn(p, "|");
        if (word == length && memcmp(p, text, length) == 0)
            return true;
        p += word;
    }
    return false;
}

static tnas_status parse_number(const tnas_data_field_info *info, const char *text, double *out)
{
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be a number", info->flag, text);
    if (value < info->min || value > info->max)
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be within %g..%g", info->flag, text,
                         info->min, info->max);
    if (info->kind == TNAS_DATA_COUNT && value != floor(value))
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be a whole number", info->flag, text);
    *out = value;
    return TNAS_OK;
}

static tnas_status set_text(const tnas_data_field_info *info, const char *text, char *out)
{
    if (strlen(text) >= TNAS_DATA_TEXT_BYTES)
        return tnas_fail(TNAS_ERR_USAGE, "--%s %.40s...: must be at most %d bytes", info->flag,
                         text, TNAS_DATA_TEXT_BYTES - 1);
    if (strchr(info->value, '|') != NULL && !is_word(info->value, text))
        return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be one of %s", info->flag, text,
                         info->value);
    memcpy(out, text, strlen(text) + 1);
    return TNAS_OK;
}

tnas_status tnas_data_options_set(tnas_data_options *options, tnas_data_field field,
                                  const char *text)
{
    const tnas_data_field_info *const info = &fields[field];
    char *const place = (char *)options + places[field];
    double number;
    switch (info->kind) {
    case TNAS_DATA_NUMBER:
        return parse_number(info, text, (double *)(void *)place);
    case TNAS_DATA_COUNT:
        TNAS_TRY(parse_number(info, text, &number));
        *(int *)(void *)place = (int)number;
        return TNAS_OK;
    case TNAS_DATA_FLAG:
        if (!is_word("true|false", text))
            return tnas_fail(TNAS_ERR_USAGE, "--%s %s: must be true or false", info->flag, text);
        *(bool *)(void *)place = text[0] == 't';
        return TNAS_OK;
    default:
        return set_text(info, text, place);
    }
}

/* As short as reads back the same: 0.1, not 0.10000000000000001. */
static void print_number(double value, char out[TNAS_DATA_TEXT_BYTES])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

void tnas_data_options_text(const tnas_data_options *options, tnas_data_field field,
                            char out[TNAS_DATA_TEXT_BYTES])
{
    const char *const place = (const char *)options + places[field];
    switch (fields[field].kind) {
    case TNAS_DATA_NUMBER:
        print_number(*(const double *)(const void *)place, out);
        break;
    case TNAS_DATA_COUNT:
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%d", *(const int *)(const void *)place);
        break;
    case TNAS_DATA_FLAG:
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%s",
                 *(const bool *)(const void *)place ? "true" : "false");
        break;
    default:
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%s", place);
    }
}

void tnas_data_options_size(const tnas_data_options *options, int *h, int *w)
{
    *h = *w = 0;
    (void)sscanf(options->resize, "%4dx%4d", h, w);
}

/* "96x128" and nothing more. */
static bool is_size(const char *text)
{
    int h = 0, w = 0, used = 0;
    return sscanf(text, "%4dx%4d%n", &h, &w, &used) == 2 && text[used] == '\0' && h >= 1 &&
           h <= SIDE_MAX && w >= 1 && w <= SIDE_MAX;
}

static tnas_status check_split(const tnas_data_options *options)
{
    if (strcmp(options->split_by, "content") == 0 &&
        (options->test_groups[0] != '\0' || options->validation_groups[0] != '\0'))
        return tnas_fail(TNAS_ERR_USAGE,
                         "--%s: content has no groups; say with --split-by what they are",
                         options->test_groups[0] != '\0' ? "test-groups" : "validation-groups");
    if (options->split_by[0] == '\0')
        return tnas_fail(TNAS_ERR_USAGE, "--split-by: must not be empty");
    return TNAS_OK;
}

static tnas_status check_range(const char *text)
{
    double low, high;
    int used = 0;
    if (sscanf(text, "%lf,%lf%n", &low, &high, &used) != 2 || text[used] != '\0' ||
        !isfinite(low) || !isfinite(high) || low >= high)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--value-range %s: must be LOW,HIGH, two numbers that rise", text);
    return TNAS_OK;
}

tnas_status tnas_data_options_check(const tnas_data_options *options)
{
    tnas_data_options again;
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        char text[TNAS_DATA_TEXT_BYTES];
        tnas_data_options_text(options, (tnas_data_field)i, text);
        TNAS_TRY(tnas_data_options_set(&again, (tnas_data_field)i, text));
    }
    if (options->resize[0] != '\0' && !is_size(options->resize))
        return tnas_fail(TNAS_ERR_USAGE, "--resize %s: must be HxW, each 1 to %d", options->resize,
                         SIDE_MAX);
    if (options->value_range[0] != '\0')
        TNAS_TRY(check_range(options->value_range));
    return check_split(options);
}

bool tnas_data_name_fits(const char *name, size_t length, const char *item)
{
    char glob[TNAS_DATA_TEXT_BYTES];
    if (length == strlen(item) && memcmp(name, item, length) == 0)
        return true;
    if (length >= sizeof glob)
        return false;
    memcpy(glob, name, length);
    glob[length] = '\0';
    return fnmatch(glob, item, 0) == 0;
}

bool tnas_data_list_has(const char *list, const char *item)
{
    for (const char *p = list; *p != '\0'; p += *p == ',') {
        const size_t part = strcspn(p, ",");
        if (tnas_data_name_fits(p, part, item))
            return true;
        p += part;
    }
    return false;
}
