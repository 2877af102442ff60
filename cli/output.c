#include "cli/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tnas_wants_json(const tnas_arguments *arguments)
{
    return strcmp(arguments->text[TNAS_OPTION_format], "json") == 0;
}

cJSON *tnas_json_result(const char *format)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "format", format);
    cJSON_AddNumberToObject(object, "version", 1);
    return object;
}

void tnas_json_add(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
    else
        cJSON_AddNullToObject(object, key);
}

void tnas_json_print(cJSON *object)
{
    char *text = cJSON_Print(object);
    if (text != NULL)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(object);
}

const char *tnas_with_commas(long long value, char out[32])
{
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%lld", value < 0 ? -value : value);
    int at = 0;
    if (value < 0)
        out[at++] = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

double tnas_wilson_half_width(double p, int n)
{
    const double z = 1.959963984540054;
    if (n <= 0)
        return 1;
    return z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n));
}

void tnas_print_header(const tnas_arguments *arguments)
{
    static const char *const flags[] = {
#define FLAG_OF(id, flag, kind, value, min, max, commands, fallback, help) flag,
        TNAS_OPTIONS(FLAG_OF)
#undef FLAG_OF
    };
    printf("tinynas %s %s", TNAS_VERSION, tnas_command_name(arguments->command));
    for (int i = 0; i < arguments->operand_count; i++)
        printf(" %s", arguments->operands[i]);
    for (int i = 0; i < TNAS_OPTION_COUNT; i++)
        if (arguments->text[i] != NULL && i != TNAS_OPTION_format && i != TNAS_OPTION_quiet)
            printf(" --%s%s%s", flags[i], arguments->text[i][0] != '\0' ? " " : "",
                   arguments->text[i]);
    printf("\n");
}
