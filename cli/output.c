#include "cli/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/shell_word.h"

bool tnas_wants_table(const tnas_arguments *arguments)
{
    return strcmp(arguments->text[TNAS_OPTION_format], "table") == 0;
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

static void print_csv_text(const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv_field(const cJSON *value)
{
    if (cJSON_IsString(value)) {
        print_csv_text(value->valuestring);
    } else if (cJSON_IsBool(value)) {
        fputs(cJSON_IsTrue(value) ? "true" : "false", stdout);
    } else if (cJSON_IsNumber(value)) {
        printf("%.15g", value->valuedouble);
    } else if (cJSON_IsArray(value)) {
        for (const cJSON *item = value->child; item != NULL; item = item->next) {
            print_csv_field(item);
            if (item->next != NULL)
                putchar('x');
        }
    }
}

/* Nested objects and arrays of objects have no place in a line. */
static bool is_csv_field(const cJSON *value)
{
    return !cJSON_IsObject(value) &&
           !(cJSON_IsArray(value) &&
             (value->child == NULL || cJSON_IsObject(value->child) || cJSON_IsArray(value->child)));
}

static void print_csv_header(const cJSON *object)
{
    const char *comma = "";
    for (const cJSON *value = object->child; value != NULL; value = value->next) {
        if (!is_csv_field(value))
            continue;
        fputs(comma, stdout);
        print_csv_text(value->string);
        comma = ",";
    }
    putchar('\n');
}

static void print_csv_line(const cJSON *object)
{
    const char *comma = "";
    for (const cJSON *value = object->child; value != NULL; value = value->next) {
        if (!is_csv_field(value))
            continue;
        fputs(comma, stdout);
        print_csv_field(value);
        comma = ",";
    }
    putchar('\n');
}

static void print_csv(const cJSON *object, const char *rows)
{
    if (rows == NULL) {
        print_csv_header(object);
        print_csv_line(object);
        return;
    }
    const cJSON *const list = cJSON_GetObjectItem(object, rows);
    if (list != NULL && list->child != NULL)
        print_csv_header(list->child);
    for (const cJSON *item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
        print_csv_line(item);
}

void tnas_result_print(const tnas_arguments *arguments, cJSON *object, const char *rows)
{
    if (strcmp(arguments->text[TNAS_OPTION_format], "csv") == 0) {
        print_csv(object, rows);
    } else {
        char *text = cJSON_Print(object);
        if (text != NULL)
            puts(text);
        cJSON_free(text);
    }
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
    char word[TNAS_SHELL_WORD_BYTES];
    printf("tinynas %s %s", TNAS_VERSION, tnas_command_name(arguments->command));
    for (int i = 0; i < arguments->operand_count; i++)
        printf(" %s", tnas_shell_word(arguments->operands[i], word));
    for (int i = 0; i < TNAS_OPTION_COUNT; i++)
        if (arguments->text[i] != NULL && i != TNAS_OPTION_format && i != TNAS_OPTION_quiet)
            printf(" --%s%s%s", flags[i], arguments->text[i][0] != '\0' ? " " : "",
                   arguments->text[i][0] != '\0' ? tnas_shell_word(arguments->text[i], word) : "");
    printf("\n");
}
