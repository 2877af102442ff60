/* tinynas report: all of a study as one HTML file. */
#include <math.h>
#include <stdio.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/report_page.h"
#include "cli/study_rows.h"
#include "study/study_report.h"

static double number_or_nan(const cJSON *o, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItem(o, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void add_half_width(cJSON *finalist, const char *key, const char *half_key)
{
    const double accuracy = number_or_nan(finalist, key);
    const double images = number_or_nan(finalist, "test_count");
    const bool known = !isnan(accuracy) && images > 0;
    tnas_json_add(finalist, half_key, known ? tnas_wilson_half_width(accuracy, (int)images) : NAN);
}

/* Everything: what the study keeps, and what follows from it. */
static tnas_status gather(const char *folder, const tnas_target_row *target, cJSON **out)
{
    TNAS_TRY(tnas_study_report(folder, target, out));
    cJSON_AddStringToObject(*out, "format", "tinynas-report");
    cJSON_AddStringToObject(*out, "tool", TNAS_VERSION);
    cJSON *finalist;
    cJSON_ArrayForEach(finalist, cJSON_GetObjectItem(*out, "finalists"))
    {
        add_half_width(finalist, "test_float", "test_float_half");
        add_half_width(finalist, "test_int8", "test_int8_half");
    }
    TNAS_TRY(tnas_report_add_network(folder, target, *out));
    TNAS_TRY(tnas_report_add_boards(target, *out));
    return tnas_report_add_commands(folder, target, *out);
}

static void print_result(const tnas_arguments *arguments, const char *folder,
                         const tnas_target_row *target, const cJSON *data, size_t byte_count)
{
    const char *const path = arguments->text[TNAS_OPTION_out];
    const int candidates = (int)number_or_nan(cJSON_GetObjectItem(data, "candidates"), "count");
    if (tnas_wants_table(arguments)) {
        char bytes[32];
        tnas_print_header(arguments);
        printf(
            "study      %s, target %d: %s, runtime %s%s, %d candidates\nreport     %s, %s bytes\n",
            folder, target->id, target->target.mcu, target->target.runtime,
            target->finished ? "" : ", not finished", candidates, path,
            tnas_with_commas((long long)byte_count, bytes));
        return;
    }
    cJSON *const o = tnas_json_result("tinynas-report-written");
    cJSON_AddStringToObject(o, "study", folder);
    cJSON_AddNumberToObject(o, "target", target->id);
    cJSON_AddBoolToObject(o, "finished", target->finished);
    cJSON_AddNumberToObject(o, "candidates", candidates);
    cJSON_AddStringToObject(o, "out", path);
    cJSON_AddNumberToObject(o, "bytes", (double)byte_count);
    tnas_result_print(arguments, o, NULL);
}

static tnas_status choose_target(const tnas_arguments *arguments, const char *folder,
                                 tnas_target_row *target)
{
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    const tnas_status status = tnas_study_choose_target(arguments, db, folder, target);
    tnas_db_close(db);
    return status;
}

tnas_status tnas_cmd_report(const tnas_arguments *arguments)
{
    const char *folder;
    TNAS_TRY(tnas_arguments_operand(arguments, "STUDY", &folder));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    tnas_target_row target;
    TNAS_TRY(choose_target(arguments, folder, &target));
    cJSON *data = NULL;
    size_t byte_count;
    tnas_status status = gather(folder, &target, &data);
    if (status == TNAS_OK)
        status = tnas_report_write(data, arguments->text[TNAS_OPTION_out], &byte_count);
    if (status == TNAS_OK)
        print_result(arguments, folder, &target, data, byte_count);
    cJSON_Delete(data);
    return status;
}
