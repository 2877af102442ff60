#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/board_rows.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/plot.h"
#include "cli/scores.h"
#include "common/alloc.h"
#include "estimators/compare.h"

/* All that a comparison holds. */
typedef struct report {
    tnas_mcu *mcu;
    char runtime[TNAS_RUNTIME_BYTES];
    int model_count;
    const tnas_latency_model *models[TNAS_MCU_MODELS_MAX]; /* of the runtime, newest first */
    tnas_measurements rows;
    tnas_compared_row *compared; /* [summary.all.n] */
    tnas_comparison summary;
} report;

static void add_row(cJSON *list, const tnas_compared_row *row)
{
    char name[128];
    const tnas_row_times t = tnas_row_times_of(row, row->model->clock_mhz);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", tnas_measurement_name(row->row, name, sizeof name));
    cJSON_AddNumberToObject(o, "line", row->row->line);
    cJSON_AddStringToObject(o, "runtime_version", row->row->version);
    cJSON_AddStringToObject(o, "role", tnas_row_role_text(row->role));
    tnas_json_add(o, "predicted_ms", t.predicted);
    tnas_json_add(o, "low_ms", t.low);
    tnas_json_add(o, "high_ms", t.high);
    tnas_json_add(o, "measured_ms", t.measured);
    tnas_json_add(o, "error", row->error);
    tnas_json_add(o, "macs_only_error", row->macs_only_error);
    cJSON_AddBoolToObject(o, "covered", row->covered);
    cJSON_AddItemToArray(list, o);
}

static void print_result(const tnas_arguments *arguments, const report *r)
{
    static const char *const keys[] = {"fitted", "held_out", "untold"};
    _Static_assert(sizeof keys / sizeof keys[0] == TNAS_ROW_ROLE_COUNT, "a key per role");
    cJSON *o = tnas_json_result("tinynas-compare");
    cJSON_AddStringToObject(o, "mcu", r->mcu->name);
    cJSON_AddStringToObject(o, "runtime", r->runtime);
    tnas_json_add_scores(o, &r->summary.all);
    for (int role = 0; role < TNAS_ROW_ROLE_COUNT; role++)
        tnas_json_add_scores(cJSON_AddObjectToObject(o, keys[role]), &r->summary.by_role[role]);
    cJSON_AddNumberToObject(o, "without_graph", r->summary.without_graph);
    cJSON_AddItemToObject(o, "without_graph_names", tnas_board_rows_without_graph(&r->rows));
    cJSON_AddNumberToObject(o, "other_rows", r->rows.other_rows);
    cJSON_AddStringToObject(o, "ignored_columns", r->rows.ignored_columns);
    cJSON *models = cJSON_AddArrayToObject(o, "models");
    for (int i = 0; i < r->model_count; i++) {
        cJSON *model = cJSON_CreateObject();
        cJSON_AddStringToObject(model, "runtime_version", r->models[i]->version);
        cJSON_AddNumberToObject(model, "rows", r->models[i]->row_count);
        tnas_json_add(model, "net_out_mape", r->models[i]->error_net_out);
        cJSON_AddItemToArray(models, model);
    }
    cJSON *rows = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < r->summary.all.n; i++)
        add_row(rows, &r->compared[i]);
    tnas_result_print(arguments, o, "rows");
}

static void print_rows(const report *r)
{
    printf("%-36s %11s %21s %11s %9s  %s\n", "network or layer", "predicted", "90 % within",
           "measured ms", "error", "");
    for (int i = 0; i < r->summary.all.n; i++) {
        const tnas_compared_row *const row = &r->compared[i];
        const tnas_row_times t = tnas_row_times_of(row, row->model->clock_mhz);
        const bool of_several = r->model_count > 1 && row->row->version[0] != '\0';
        char name[128];
        printf("%-36.36s %11.3f %9.3f ..%10.3f %11.3f %+7.1f %%  %s%s%s%s\n",
               tnas_measurement_name(row->row, name, sizeof name), t.predicted, t.low, t.high,
               t.measured, 100 * row->error, tnas_row_role_text(row->role),
               row->covered ? "" : ", outside", of_several ? ", " : "",
               of_several ? row->row->version : "");
    }
}

static void print_table(const tnas_arguments *arguments, const report *r)
{
    tnas_print_header(arguments);
    print_rows(r);
    for (int i = 0; i < r->model_count; i++) {
        char source[512];
        tnas_latency_describe(r->models[i], source, sizeof source);
        printf("model      %s %s on %s: %s\n", r->runtime, r->models[i]->version, r->mcu->name,
               source);
    }
    tnas_scores_print("all", &r->summary.all);
    for (int role = 0; role < TNAS_ROW_ROLE_COUNT; role++)
        if (r->summary.by_role[role].n != r->summary.all.n)
            tnas_scores_print(tnas_row_role_text(role), &r->summary.by_role[role]);
    const int untold = r->summary.by_role[TNAS_ROW_UNTOLD].n;
    if (untold > 0)
        printf("           of %d row%s the profile does not say whether the model was fitted to "
               "them\n",
               untold, untold == 1 ? "" : "s");
    if (isfinite(r->summary.all.macs_only_mape))
        printf("MACs alone mean error %.1f %%, each network predicted from the others\n",
               100 * r->summary.all.macs_only_mape);
    tnas_board_rows_print_left_out(&r->rows);
}

static tnas_status save_plot(const char *path, const report *r)
{
    const int count = r->summary.all.n;
    tnas_plot_point *points = tnas_alloc_zero((size_t)count, sizeof *points);
    char(*names)[128] = tnas_alloc_zero((size_t)count, sizeof *names);
    tnas_status status = TNAS_OK;
    if (points == NULL || names == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "plot of %d rows", count);
        goto done;
    }
    for (int i = 0; i < count; i++) {
        const tnas_compared_row *const row = &r->compared[i];
        const tnas_row_times t = tnas_row_times_of(row, row->model->clock_mhz);
        points[i] = (tnas_plot_point){
            .name = tnas_measurement_name(row->row, names[i], sizeof names[i]),
            .measured = t.measured,
            .predicted = t.predicted,
            .low = t.low,
            .high = t.high,
            .held_out = row->role == TNAS_ROW_HELD_OUT,
        };
    }
    char title[160];
    snprintf(title, sizeof title, "%s, %s: %d rows, mean error %.1f %%", r->mcu->name, r->runtime,
             count, 100 * r->summary.all.mape);
    status = tnas_plot_save(path, title, points, count);
done:
    tnas_free(points);
    tnas_free(names);
    return status;
}

/* The runtime's models of the profile, newest first; with --runtime-version that one alone. */
static tnas_status choose_models(const tnas_arguments *arguments, report *r)
{
    const char *const version = arguments->text[TNAS_OPTION_runtime_version];
    TNAS_TRY(tnas_arguments_runtime(arguments, r->runtime));
    r->models[0] = tnas_mcu_latency_model(r->mcu, r->runtime);
    if (r->models[0] == NULL)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--runtime %s: the profile of %s has no such latency model; see tinynas "
                         "mcu show %s",
                         r->runtime, r->mcu->name, r->mcu->name);
    r->model_count = 1;
    for (int i = 0; i < r->mcu->model_count; i++) {
        const tnas_latency_model *const model = &r->mcu->models[i];
        if (model == r->models[0] || strcmp(model->runtime, r->runtime) != 0)
            continue;
        if (version != NULL && strcasecmp(model->version, version) == 0)
            r->models[0] = model;
        else if (version == NULL)
            r->models[r->model_count++] = model;
    }
    /* One reading of the rows counts one set of memory terms. */
    for (int i = 1; i < r->model_count; i++)
        if (memcmp(&r->models[i]->memory, &r->models[0]->memory, sizeof r->models[0]->memory) != 0)
            return tnas_fail(TNAS_ERR_USAGE,
                             "the models of %s %s and %s count memory differently: choose one with "
                             "--runtime-version",
                             r->runtime, r->models[0]->version, r->models[i]->version);
    return TNAS_OK;
}

static tnas_status compare(const tnas_arguments *arguments, report *r)
{
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &r->mcu));
    TNAS_TRY(choose_models(arguments, r));
    TNAS_TRY(tnas_board_rows_load(arguments, r->mcu, r->models[0]->clock_mhz, &r->models[0]->memory,
                                  &r->rows));
    r->compared = tnas_alloc_zero((size_t)r->rows.count, sizeof *r->compared);
    if (r->compared == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "comparison of %d rows", r->rows.count);
    TNAS_TRY(tnas_latency_compare(r->models, r->model_count, &r->rows, &r->summary, r->compared));
    if (arguments->given[TNAS_OPTION_plot])
        TNAS_TRY(save_plot(arguments->text[TNAS_OPTION_plot], r));
    if (tnas_wants_table(arguments))
        print_table(arguments, r);
    else
        print_result(arguments, r);
    const double tolerance = arguments->number[TNAS_OPTION_fail_above];
    if (arguments->given[TNAS_OPTION_fail_above] && 100 * r->summary.all.mape > tolerance)
        return tnas_fail(TNAS_ERR_TOLERANCE, "mean error %.2f %% is above --fail-above %g",
                         100 * r->summary.all.mape, tolerance);
    return TNAS_OK;
}

tnas_status tnas_cmd_compare(const tnas_arguments *arguments)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_measurements, "measurements"));
    report r = {0};
    const tnas_status status = compare(arguments, &r);
    tnas_free(r.compared);
    tnas_measurements_deinit(&r.rows);
    tnas_mcu_destroy(r.mcu);
    return status;
}
