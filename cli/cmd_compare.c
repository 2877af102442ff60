#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compared.h"
#include "cli/output.h"
#include "cli/plot.h"
#include "cli/scores.h"
#include "cli/table.h"
#include "common/alloc.h"

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

static void print_result(const tnas_arguments *arguments, const tnas_compared *r)
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

static void print_rows(const tnas_compared *r)
{
    static const tnas_column columns[] = {
        {.heading = "network or layer", .left = true},
        {.heading = "predicted ms"},
        {.heading = "90 % within", .rank = 1},
        {.heading = "measured ms"},
        {.heading = "error"},
        {.heading = "the row was", .left = true},
    };
    tnas_table table;
    tnas_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < r->summary.all.n; i++) {
        const tnas_compared_row *const row = &r->compared[i];
        const tnas_row_times t = tnas_row_times_of(row, row->model->clock_mhz);
        const bool of_several = r->model_count > 1 && row->row->version[0] != '\0';
        char name[128];
        tnas_table_row(&table, "%.48s\t%.3f\t%.3f .. %.3f\t%.3f\t%+.1f %%\t%s%s%s%s",
                       tnas_measurement_name(row->row, name, sizeof name), t.predicted, t.low,
                       t.high, t.measured, 100 * row->error, tnas_row_role_text(row->role),
                       row->covered ? "" : ", outside", of_several ? ", " : "",
                       of_several ? row->row->version : "");
    }
    tnas_table_print(&table);
}

static void print_table(const tnas_arguments *arguments, const tnas_compared *r)
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

static tnas_status save_plot(const char *path, const tnas_compared *r)
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

static tnas_status report(const tnas_arguments *arguments, const tnas_compared *r)
{
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
    tnas_compared *compared;
    TNAS_TRY(tnas_compared_load(arguments, &compared));
    const tnas_status status = report(arguments, compared);
    tnas_compared_destroy(compared);
    return status;
}
