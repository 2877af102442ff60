#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/board_rows.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/pool.h"
#include "cli/scores.h"
#include "cli/shell_word.h"
#include "cli/table.h"
#include "common/alloc.h"
#include "estimators/calibrate.h"
#include "estimators/priors.h"

/* All that a calibration holds. */
typedef struct report {
    tnas_mcu *mcu;
    char runtime[TNAS_RUNTIME_BYTES], version[TNAS_RUNTIME_BYTES];
    tnas_latency_model prior;
    char prior_text[256];
    int rows_in_prior; /* that the prior was fitted to already */
    tnas_measurements rows;
    tnas_calibration calibration;
    tnas_graph_pool pool;
} report;

static double percent_slower(double log_ratio)
{
    return 100 * expm1(log_ratio);
}

static void add_row(cJSON *list, const report *r, int i)
{
    const tnas_calibration *const c = &r->calibration;
    const double clock = c->model.clock_mhz;
    const tnas_row_times fitted = tnas_row_times_of(&c->fitted[i], clock);
    const tnas_row_times net_out = tnas_row_times_of(&c->net_out[i], clock);
    char name[128];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", tnas_measurement_name(c->fitted[i].row, name, sizeof name));
    cJSON_AddNumberToObject(o, "line", c->fitted[i].row->line);
    cJSON_AddStringToObject(o, "family", tnas_family_text(tnas_family_of(c->fitted[i].row->x)));
    tnas_json_add(o, "measured_ms", fitted.measured);
    tnas_json_add(o, "fitted_ms", fitted.predicted);
    tnas_json_add(o, "net_out_ms", net_out.predicted);
    tnas_json_add(o, "net_out_low_ms", net_out.low);
    tnas_json_add(o, "net_out_high_ms", net_out.high);
    tnas_json_add(o, "net_out_error", c->net_out[i].error);
    tnas_json_add(o, "family_out_error", c->family_out != NULL ? c->family_out[i].error : NAN);
    tnas_json_add(o, "deviations", c->residuals[i].deviations);
    cJSON_AddBoolToObject(o, "outlier", c->residuals[i].is_outlier);
    cJSON_AddItemToArray(list, o);
}

static void add_suggestion(cJSON *o, const tnas_graph_pool *pool)
{
    cJSON *next = cJSON_AddObjectToObject(o, "measure_next");
    cJSON_AddNumberToObject(next, "pool", pool->count);
    tnas_json_add(next, "spread_now", pool->spread_now);
    if (pool->best == TNAS_NONE)
        return;
    cJSON_AddStringToObject(next, "name", pool->networks[pool->best].name);
    tnas_json_add(next, "spread_after", pool->networks[pool->best].spread);
}

static void print_result(const tnas_arguments *arguments, const report *r)
{
    const tnas_calibration *const c = &r->calibration;
    cJSON *o = tnas_json_result("tinynas-calibrate");
    cJSON_AddStringToObject(o, "mcu", r->mcu->name);
    cJSON_AddStringToObject(o, "runtime", r->runtime);
    cJSON_AddStringToObject(o, "runtime_version", r->version);
    cJSON_AddStringToObject(o, "profile", arguments->text[TNAS_OPTION_out]);
    cJSON_AddStringToObject(o, "prior", r->prior_text);
    cJSON_AddNumberToObject(o, "rows_in_prior", r->rows_in_prior);
    cJSON_AddNumberToObject(o, "n", c->count);
    cJSON_AddNumberToObject(o, "networks", c->network_count);
    cJSON_AddNumberToObject(o, "without_graph", c->without_graph);
    cJSON_AddItemToObject(o, "without_graph_names", tnas_board_rows_without_graph(&r->rows));
    cJSON_AddNumberToObject(o, "other_rows", r->rows.other_rows);
    cJSON_AddStringToObject(o, "ignored_columns", r->rows.ignored_columns);
    cJSON_AddNumberToObject(o, "clock_mhz", c->model.clock_mhz);
    tnas_json_add(o, "kappa", c->model.kappa);
    cJSON_AddNumberToObject(o, "outliers", c->outlier_count);
    tnas_json_add_scores(cJSON_AddObjectToObject(o, "fitted"), &c->fitted_scores);
    tnas_json_add_scores(cJSON_AddObjectToObject(o, "net_out"), &c->net_out_scores);
    tnas_json_add_scores(cJSON_AddObjectToObject(o, "family_out"), &c->family_out_scores);
    add_suggestion(o, &r->pool);
    cJSON *rows = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < c->count; i++)
        add_row(rows, r, i);
    tnas_result_print(arguments, o, "rows");
}

static void print_rows(const report *r)
{
    static const tnas_column columns[] = {
        {.heading = "line", .rank = 2},
        {.heading = "network or layer", .left = true},
        {.heading = "measured ms"},
        {.heading = "fitted", .rank = 1},
        {.heading = "net out"},
        {.heading = "error"},
        {.heading = "deviations", .rank = 3},
        {.heading = "", .left = true},
    };
    const tnas_calibration *const c = &r->calibration;
    tnas_table table;
    tnas_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < c->count; i++) {
        const tnas_row_times fitted = tnas_row_times_of(&c->fitted[i], c->model.clock_mhz);
        const tnas_row_times net_out = tnas_row_times_of(&c->net_out[i], c->model.clock_mhz);
        char name[128];
        tnas_table_row(&table, "%d\t%.48s\t%.3f\t%.3f\t%.3f\t%+.1f %%\t%+.1f\t%s",
                       c->fitted[i].row->line,
                       tnas_measurement_name(c->fitted[i].row, name, sizeof name), fitted.measured,
                       fitted.predicted, net_out.predicted, 100 * c->net_out[i].error,
                       c->residuals[i].deviations, c->residuals[i].is_outlier ? "outlier" : "");
    }
    tnas_table_print(&table);
}

/* Rows that do not agree with the rest, and rows that do not agree with each other. */
static void print_outliers(const report *r)
{
    const tnas_calibration *const c = &r->calibration;
    const double notable_ratio = 1.05;
    const char *head = "outliers";
    char name[128];
    if (c->network_count < TNAS_OUTLIER_NETWORKS_MIN) {
        printf("outliers   cannot be told: it takes %d networks\n", TNAS_OUTLIER_NETWORKS_MIN);
        return;
    }
    for (int i = 0; i < c->count; i++) {
        const tnas_residual *const residual = &c->residuals[i];
        const tnas_measurement *const row = c->fitted[i].row;
        if (residual->is_outlier) {
            printf("%-10s line %d, %s: measured %.0f %% %s than the other rows say\n", head,
                   row->line, tnas_measurement_name(row, name, sizeof name),
                   fabs(percent_slower(-log1p(c->net_out[i].error))),
                   c->net_out[i].error < 0 ? "more" : "less");
            head = "";
        }
        const double ratio = residual->repeat_ratio;
        if (residual->repeats_line > 0 && fmax(ratio, 1 / ratio) > notable_ratio) {
            printf("%-10s lines %d and %d are of one network (%s) and differ by %.0f %%\n", head,
                   residual->repeats_line, row->line, tnas_measurement_name(row, name, sizeof name),
                   fabs(100 * (ratio - 1)));
            head = "";
        }
    }
    if (head[0] != '\0')
        printf("outliers   none\n");
}

static void print_suggestion(const tnas_graph_pool *pool)
{
    if (pool->best == TNAS_NONE)
        printf("next       every graph of the pool is measured\n");
    else
        printf("next       measure %s: over %d graphs the expected deviation falls from %.1f to "
               "%.1f %%\n",
               pool->networks[pool->best].name, pool->count, 100 * pool->spread_now,
               100 * pool->networks[pool->best].spread);
}

static void print_table(const tnas_arguments *arguments, const report *r)
{
    const tnas_calibration *const c = &r->calibration;
    tnas_print_header(arguments);
    printf("part       %s (%s), %s%s%s at %g MHz\n", r->mcu->name, r->mcu->part, r->runtime,
           r->version[0] != '\0' ? " " : "", r->version, c->model.clock_mhz);
    printf("prior      %s\n", r->prior_text);
    print_rows(r);
    tnas_scores_print("fitted", &c->fitted_scores);
    tnas_scores_print("net out", &c->net_out_scores);
    if (c->family_out != NULL)
        tnas_scores_print("family out", &c->family_out_scores);
    else
        printf("family out not known: all rows are of one family\n");
    if (r->rows_in_prior > 0)
        printf("note       the prior was fitted to %d of these rows already: new networks are "
               "predicted worse than net out says\n",
               r->rows_in_prior);
    if (isfinite(c->net_out_scores.macs_only_mape))
        printf("MACs alone mean error %.1f %%, each network predicted from the others\n",
               100 * c->net_out_scores.macs_only_mape);
    print_outliers(r);
    tnas_board_rows_print_left_out(&r->rows);
    print_suggestion(&r->pool);
    const char *const out = arguments->text[TNAS_OPTION_out];
    char profile[TNAS_SHELL_WORD_BYTES], rows[TNAS_SHELL_WORD_BYTES];
    printf("wrote      %s; use it as --mcu\n", out);
    printf("next       tinynas compare --mcu %s --runtime %s --measurements %s\n",
           tnas_shell_word(out, profile), r->runtime,
           tnas_shell_word(arguments->text[TNAS_OPTION_measurements], rows));
}

/* The first and only version among the rows. */
static tnas_status find_version(const tnas_arguments *arguments, report *r)
{
    const char *const wanted = arguments->text[TNAS_OPTION_runtime_version];
    const tnas_measurement *const first = &r->rows.rows[0];
    for (int i = 1; i < r->rows.count; i++)
        if (strcmp(r->rows.rows[i].version, first->version) != 0)
            return tnas_fail(TNAS_ERR_USAGE,
                             "%s: lines %d and %d are of versions \"%s\" and \"%s\": choose one "
                             "with --runtime-version",
                             arguments->text[TNAS_OPTION_measurements], first->line,
                             r->rows.rows[i].line, first->version, r->rows.rows[i].version);
    snprintf(r->version, sizeof r->version, "%.47s",
             first->version[0] == '\0' && wanted != NULL ? wanted : first->version);
    return TNAS_OK;
}

static const tnas_latency_model *find_model(const tnas_mcu *mcu, const char *runtime,
                                            const char *version)
{
    for (int i = 0; i < mcu->model_count && version != NULL; i++)
        if (strcmp(mcu->models[i].runtime, runtime) == 0 &&
            strcmp(mcu->models[i].version, version) == 0)
            return &mcu->models[i];
    return tnas_mcu_latency_model(mcu, runtime);
}

static void describe_kin(const char *from, const tnas_latency_model *kin, report *r)
{
    snprintf(r->prior_text, sizeof r->prior_text, "handed on from %s %s%s%s (%d row%s)", from,
             kin->runtime, kin->version[0] != '\0' ? " " : "", kin->version, kin->row_count,
             kin->row_count == 1 ? "" : "s");
}

/* --from PART[:RUNTIME[:VERSION]] */
static tnas_status load_kin(const char *from, report *r)
{
    char part[512], runtime[TNAS_RUNTIME_BYTES];
    const size_t part_length = strcspn(from, ":");
    const char *const after_part = from[part_length] != '\0' ? from + part_length + 1 : "";
    const size_t runtime_length = strcspn(after_part, ":");
    const char *const version =
        after_part[runtime_length] != '\0' ? after_part + runtime_length + 1 : NULL;
    char spelt[TNAS_RUNTIME_BYTES];
    snprintf(part, sizeof part, "%.*s", (int)part_length, from);
    snprintf(spelt, sizeof spelt, "%.*s", (int)runtime_length, after_part);
    TNAS_TRY(tnas_runtime_spell("--from", runtime_length > 0 ? spelt : r->runtime, runtime));
    tnas_mcu *kin;
    TNAS_TRY(tnas_mcu_load(part, &kin));
    const tnas_latency_model *const model =
        find_model(kin, runtime, version != NULL ? version : r->version);
    tnas_status status = TNAS_OK;
    if (model == NULL || (version != NULL && strcmp(model->version, version) != 0)) {
        status = tnas_fail(TNAS_ERR_USAGE,
                           "--from %s: the profile of %s has no model of %s%s%s; see tinynas mcu "
                           "show %s",
                           from, kin->name, runtime, version != NULL ? " " : "",
                           version != NULL ? version : "", part);
    } else {
        r->prior = *model;
        describe_kin(kin->name, model, r);
    }
    tnas_mcu_destroy(kin);
    return status;
}

/* --from, else what the profile itself hands on for this runtime, else what is known of the
 * library, with the memories of the profile's models of it. */
static tnas_status choose_prior(const tnas_arguments *arguments, report *r)
{
    if (arguments->given[TNAS_OPTION_from])
        return load_kin(arguments->text[TNAS_OPTION_from], r);
    const tnas_latency_model *const own = find_model(r->mcu, r->runtime, r->version);
    if (own != NULL && own->row_count == 0) {
        static const char said[] = "prior, 0 measurements; ";
        const bool repeats = strncmp(own->source, said, sizeof said - 1) == 0;
        r->prior = *own;
        snprintf(r->prior_text, sizeof r->prior_text, "the profile's, %.230s",
                 own->source + (repeats ? sizeof said - 1 : 0));
        return TNAS_OK;
    }
    const tnas_prior_kind kind = tnas_prior_kind_of(r->runtime);
    tnas_prior_of(kind, &r->prior);
    if (own != NULL)
        r->prior.memory = own->memory;
    snprintf(r->prior_text, sizeof r->prior_text,
             "orders of magnitude of %s, 0 measurements; --from PART starts from a kin's model",
             tnas_prior_kind_text(kind));
    return TNAS_OK;
}

/* Profiles keep texts free of quotes, backslashes and control characters. */
static void make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            *text = '_';
}

static void label(const tnas_arguments *arguments, report *r)
{
    tnas_latency_model *const model = &r->calibration.model;
    const char *const path = arguments->text[TNAS_OPTION_measurements];
    const char *const slash = strrchr(path, '/');
    memcpy(model->runtime, r->runtime, sizeof model->runtime);
    memcpy(model->version, r->version, sizeof model->version);
    snprintf(model->source, sizeof model->source, "%.80s; prior: %.150s",
             slash != NULL ? slash + 1 : path, r->prior_text);
    make_plain(model->version);
    make_plain(model->source);
}

/* Rows that no library could have produced, a column of other units say, would make a profile
 * that does not load. */
static tnas_status check_sense(const tnas_arguments *arguments, const report *r)
{
    const double error_max = 1e3;
    const tnas_scores *const s = &r->calibration.net_out_scores;
    char name[128];
    if (s->worst_ape <= error_max && r->calibration.model.kappa <= error_max &&
        r->calibration.model.kappa_new <= error_max)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: line %d: %s is off by a factor of %.3g from what is to be expected: "
                     "these are not times of one library on one part",
                     arguments->text[TNAS_OPTION_measurements], s->worst->row->line,
                     tnas_measurement_name(s->worst->row, name, sizeof name), 1 + s->worst_ape);
}

static tnas_status calibrate(const tnas_arguments *arguments, report *r)
{
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &r->mcu));
    TNAS_TRY(tnas_arguments_runtime(arguments, r->runtime));
    TNAS_TRY(tnas_board_rows_load(arguments, r->mcu, r->mcu->clock_mhz, NULL, &r->rows));
    TNAS_TRY(find_version(arguments, r));
    TNAS_TRY(choose_prior(arguments, r));
    tnas_measurements_deinit(&r->rows); /* again, now that it is known how memory counts */
    TNAS_TRY(
        tnas_board_rows_load(arguments, r->mcu, r->mcu->clock_mhz, &r->prior.memory, &r->rows));
    for (int i = 0; i < r->rows.count; i++) {
        tnas_measurement *const row = &r->rows.rows[i];
        memmove(row->x, tnas_measurement_features(row, &r->prior), sizeof row->x);
    }
    TNAS_TRY(tnas_calibrate(&r->rows, &r->prior, &r->calibration));
    TNAS_TRY(check_sense(arguments, r));
    for (int i = 0; i < r->calibration.count; i++)
        r->rows_in_prior +=
            tnas_row_role_of(&r->prior, r->calibration.fitted[i].row) == TNAS_ROW_FITTED;
    label(arguments, r);
    char graphs[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_arguments_graphs(arguments, graphs));
    TNAS_TRY(tnas_graph_pool_load(graphs, &r->rows, &r->pool));
    r->pool.best = tnas_suggest_next(&r->calibration.model, r->pool.networks, r->pool.count,
                                     &r->pool.spread_now);
    TNAS_TRY(tnas_mcu_replace_latency_models(r->mcu, &r->calibration.model));
    TNAS_TRY(tnas_mcu_save(r->mcu, arguments->text[TNAS_OPTION_out]));
    if (tnas_wants_table(arguments))
        print_table(arguments, r);
    else
        print_result(arguments, r);
    return TNAS_OK;
}

tnas_status tnas_cmd_calibrate(const tnas_arguments *arguments)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_runtime, "runtime"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_measurements, "measurements"));
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_out, "out"));
    report *r = tnas_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "calibration");
    const tnas_status status = calibrate(arguments, r);
    tnas_graph_pool_deinit(&r->pool);
    tnas_calibration_deinit(&r->calibration);
    tnas_measurements_deinit(&r->rows);
    tnas_mcu_destroy(r->mcu);
    tnas_free(r);
    return status;
}
