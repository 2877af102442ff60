#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "common/alloc.h"
#include "common/paths.h"
#include "estimators/mcu.h"
#include "estimators/measurements.h"

static void print_json(const tnas_mcu *mcu, const tnas_latency_model *model,
                       const tnas_comparison *c)
{
    cJSON *o = tnas_json_result("tinynas-compare");
    cJSON_AddStringToObject(o, "mcu", mcu->name);
    cJSON_AddStringToObject(o, "runtime", model->runtime);
    cJSON_AddNumberToObject(o, "n", c->compared);
    cJSON_AddNumberToObject(o, "without_graph", c->without_graph);
    tnas_json_add(o, "mape", c->mape);
    tnas_json_add(o, "median_ape", c->median_ape);
    tnas_json_add(o, "within_10", c->within_10);
    tnas_json_add(o, "worst_ape", c->worst_ape);
    cJSON_AddStringToObject(o, "worst_model", c->worst_model != NULL ? c->worst_model : "");
    tnas_json_add(o, "spearman", c->spearman);
    tnas_json_add(o, "coverage_90", c->coverage_90);
    tnas_json_add(o, "macs_only_mape", c->macs_only_mape);
    tnas_json_add(o, "net_out_mape", model->error_net_out);
    tnas_json_print(o);
}

static void print_rows(const tnas_latency_model *model, const tnas_compared_row *rows, int count)
{
    printf("%-34s %12s %22s %12s %8s\n", "network or layer", "predicted ms", "90 % within",
           "measured ms", "error");
    for (int i = 0; i < count; i++) {
        const tnas_compared_row *const row = &rows[i];
        const double clock = row->row->clock_mhz > 0 ? row->row->clock_mhz : model->clock_mhz;
        char name[80];
        const bool whole = strcmp(row->row->layer, "network") == 0;
        snprintf(name, sizeof name, "%.40s%s%.20s", row->row->model, whole ? "" : " layer ",
                 whole ? "" : row->row->layer);
        printf("%-34.34s %12.3f %10.3f..%10.3f %12.3f %+7.1f %%\n", name,
               tnas_cycles_to_ms(row->predicted.cycles, clock),
               tnas_cycles_to_ms(row->predicted.low_cycles, clock),
               tnas_cycles_to_ms(row->predicted.high_cycles, clock),
               tnas_cycles_to_ms(row->row->cycles, clock), 100 * row->error);
    }
}

static void print_summary(const tnas_mcu *mcu, const tnas_latency_model *model,
                          const tnas_comparison *c)
{
    printf("compare    %s, %s %s: %d rows, mean error %.1f %%, median %.1f, worst %.1f (%s), "
           "within 10 %%: %.0f %%, Spearman %.3f, 90 %% interval covers %.0f %%; MACs alone %.1f "
           "%%",
           mcu->name, model->runtime, model->version, c->compared, 100 * c->mape,
           100 * c->median_ape, 100 * c->worst_ape,
           c->worst_model != NULL ? c->worst_model : "none", 100 * c->within_10, c->spearman,
           100 * c->coverage_90, 100 * c->macs_only_mape);
    if (isfinite(model->error_net_out))
        printf("; with each network held out %.1f %%", 100 * model->error_net_out);
    printf("\n");
    if (c->without_graph > 0)
        printf("           %d rows have no graph and were left out\n", c->without_graph);
}

static tnas_status compare(const tnas_arguments *arguments, const tnas_mcu *mcu,
                           const tnas_latency_model *model, const tnas_measurements *rows,
                           tnas_comparison *summary)
{
    tnas_compared_row *compared = tnas_alloc_zero((size_t)rows->count, sizeof *compared);
    if (compared == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "comparison of %d rows", rows->count);
    const tnas_status status = tnas_latency_compare(model, rows, summary, compared);
    if (status == TNAS_OK && tnas_wants_json(arguments)) {
        print_json(mcu, model, summary);
    } else if (status == TNAS_OK) {
        tnas_print_header(arguments);
        print_rows(model, compared, summary->compared);
        print_summary(mcu, model, summary);
    }
    tnas_free(compared);
    return status;
}

static tnas_status load_and_compare(const tnas_arguments *arguments, const tnas_mcu *mcu,
                                    tnas_comparison *summary)
{
    const char *const runtime = arguments->text[TNAS_OPTION_runtime];
    const char *const wanted = runtime != NULL ? runtime : "tinynas";
    const tnas_latency_model *const model = tnas_mcu_latency_model(mcu, wanted);
    if (model == NULL)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--runtime %s: the profile of %s has no such latency model; see tinynas "
                         "mcu show %s",
                         wanted, mcu->name, mcu->name);
    char graphs[TNAS_PATH_BYTES];
    if (arguments->given[TNAS_OPTION_graphs])
        snprintf(graphs, sizeof graphs, "%s", arguments->text[TNAS_OPTION_graphs]);
    else
        TNAS_TRY(tnas_config_path("graphs", graphs));
    tnas_measurements rows;
    if (!tnas_dir_exists(graphs))
        return tnas_fail(TNAS_ERR_IO, "--graphs %s: there is no such folder", graphs);
    const tnas_measurement_query query = {
        .mcu = mcu->name,
        .runtime = wanted,
        .graphs = graphs,
        .assumed_clock_mhz = mcu->clock_mhz,
    };
    TNAS_TRY(tnas_measurements_load(arguments->text[TNAS_OPTION_measurements], &query, &rows));
    tnas_status status;
    if (rows.count == 0)
        status = tnas_fail(TNAS_ERR_INPUT,
                           "%s: no row of %s with runtime %s and a time among its %d; --runtime "
                           "chooses another (tinynas mcu show %s lists them)",
                           arguments->text[TNAS_OPTION_measurements], mcu->name, wanted,
                           rows.other_rows, mcu->name);
    else
        status = compare(arguments, mcu, model, &rows, summary);
    tnas_measurements_deinit(&rows);
    return status;
}

tnas_status tnas_cmd_compare(const tnas_arguments *arguments)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_measurements, "measurements"));
    tnas_mcu *mcu;
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &mcu));
    tnas_comparison summary = {0};
    tnas_status status = load_and_compare(arguments, mcu, &summary);
    const double tolerance = arguments->number[TNAS_OPTION_fail_above];
    if (status == TNAS_OK && arguments->given[TNAS_OPTION_fail_above] &&
        100 * summary.mape > tolerance)
        status = tnas_fail(TNAS_ERR_TOLERANCE, "mean error %.2f %% is above --fail-above %g",
                           100 * summary.mape, tolerance);
    tnas_mcu_destroy(mcu);
    return status;
}
