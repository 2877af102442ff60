#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/board_rows.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/table.h"
#include "common/alloc.h"
#include "common/pool.h"
#include "data/dataset.h"
#include "nas/space_table.h"

/* What the table is made of, opened. */
typedef struct inputs {
    tnas_space space;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
    char data[64]; /* "fashion-mnist", or "" */
    tnas_space_task task;
    tnas_pool *pool;
} inputs;

static tnas_status open_estimator(const tnas_arguments *arguments, inputs *in)
{
    char name[TNAS_RUNTIME_BYTES], what[96];
    tnas_estimator *const e = &in->estimator;
    TNAS_TRY(tnas_mcu_load(arguments->text[TNAS_OPTION_mcu], &in->mcu));
    TNAS_TRY(tnas_arguments_runtime(arguments, name));
    snprintf(what, sizeof what, "--runtime %s", name);
    e->mcu = in->mcu;
    TNAS_TRY(tnas_runtime_need(name, in->mcu->core, what, &e->runtime));
    TNAS_TRY(tnas_arguments_latency_model(arguments, in->mcu, name, &e->latency));
    TNAS_TRY(tnas_code_sizes_load_for(in->mcu->core, &in->sizes, NULL));
    e->sizes = &in->sizes;
    TNAS_TRY(tnas_arguments_limits(arguments, &e->limits));
    tnas_limits_clip(in->mcu, e->runtime, &e->limits);
    if (!arguments->given[TNAS_OPTION_code])
        return TNAS_OK;
    if (e->runtime->code_bytes == NULL)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--code-kib: the code of runtime %s is measured, kernel by kernel",
                         e->runtime->name);
    e->code_bytes = (size_t)(arguments->number[TNAS_OPTION_code] * 1024);
    return TNAS_OK;
}

/* Shape and classes of a data set, whose images are not looked at. */
static tnas_status take_data(const tnas_arguments *arguments, const char *data, inputs *in)
{
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    TNAS_TRY(tnas_arguments_data(arguments, &options));
    TNAS_TRY(tnas_study_fit_options(&in->space, &options));
    TNAS_TRY(tnas_dataset_load(data, &options, &dataset));
    snprintf(in->data, sizeof in->data, "%s", dataset->name);
    in->task.h = dataset->h;
    in->task.w = dataset->w;
    in->task.c = dataset->c;
    in->task.class_count = dataset->class_count;
    in->task.most_h = dataset->own_h;
    in->task.most_w = dataset->own_w;
    tnas_dataset_destroy(dataset);
    return TNAS_OK;
}

/* "28x28" */
static tnas_status parse_size(const char *text, inputs *in)
{
    char end;
    if (sscanf(text, "%dx%d%c", &in->task.h, &in->task.w, &end) == 2 && in->task.h > 0 &&
        in->task.w > 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_USAGE, "--size %s: must be HxW, as 28x28", text);
}

static int count_option(const tnas_arguments *arguments, tnas_option option, int fallback)
{
    return arguments->given[option] ? (int)arguments->number[option] : fallback;
}

static tnas_status describe_data(const tnas_arguments *arguments, inputs *in)
{
    in->task.class_count = count_option(arguments, TNAS_OPTION_classes, 10);
    in->task.c = count_option(arguments, TNAS_OPTION_channels, 3);
    if (arguments->given[TNAS_OPTION_size])
        return parse_size(arguments->text[TNAS_OPTION_size], in);
    if (in->space.input_count == 0)
        return tnas_fail(TNAS_ERR_USAGE,
                         "space %s takes the data's own size: tinynas space needs --data D, or "
                         "--size HxW beside --classes",
                         in->space.name);
    return TNAS_OK;
}

static tnas_status choose_data(const tnas_arguments *arguments, const tnas_progress *progress,
                               inputs *in)
{
    static const tnas_option descriptions[] = {TNAS_OPTION_classes, TNAS_OPTION_channels,
                                               TNAS_OPTION_size};
    const char *const data = arguments->text[TNAS_OPTION_data];
    bool described = false;
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++)
        described = described || arguments->given[descriptions[i]];
    if (data != NULL && described)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--data says classes, channels and size: leave --classes, --channels and "
                         "--size out");
    if (described)
        return describe_data(arguments, in);
    if (data == NULL)
        tnas_progress_note(progress, "no --data: the built-in set builtin:shapes");
    return take_data(arguments, data != NULL ? data : "builtin:shapes", in);
}

static tnas_status open_inputs(const tnas_arguments *arguments, const tnas_progress *progress,
                               inputs *in)
{
    TNAS_TRY(open_estimator(arguments, in));
    TNAS_TRY(tnas_space_load(arguments->text[TNAS_OPTION_space], &in->space));
    in->task.space = &in->space;
    in->task.estimator = &in->estimator;
    in->task.seed = (uint64_t)arguments->number[TNAS_OPTION_seed];
    in->task.samples = (int)arguments->number[TNAS_OPTION_samples];
    TNAS_TRY(choose_data(arguments, progress, in));
    return tnas_pool_create(tnas_arguments_threads(arguments), &in->pool);
}

static double share(long count, const tnas_space_row *row)
{
    return row->score.drawn > 0 ? (double)count / row->score.drawn : 0;
}

static void add_row(cJSON *list, const tnas_space_row *row, bool is_chosen)
{
    const tnas_space_score *const score = &row->score;
    const bool any = score->feasible > 0;
    cJSON *o = cJSON_CreateObject();
    const int size[2] = {row->h, row->w};
    cJSON_AddItemToObject(o, "input", cJSON_CreateIntArray(size, 2));
    cJSON_AddNumberToObject(o, "width", row->factor);
    cJSON_AddNumberToObject(o, "networks", row->networks);
    cJSON_AddNumberToObject(o, "drawn", score->drawn);
    cJSON_AddNumberToObject(o, "fit", share(score->feasible, row));
    cJSON_AddNumberToObject(o, "pruned_by_flash", share(score->over[TNAS_LIMIT_INDEX_FLASH], row));
    cJSON_AddNumberToObject(o, "pruned_by_sram", share(score->over[TNAS_LIMIT_INDEX_SRAM], row));
    cJSON_AddNumberToObject(o, "pruned_by_latency",
                            share(score->over[TNAS_LIMIT_INDEX_LATENCY], row));
    tnas_json_add(o, "mean_macs", any ? score->mean_macs : NAN);
    tnas_json_add(o, "p20_macs", any ? score->p20_macs : NAN);
    tnas_json_add(o, "p50_macs", any ? score->p50_macs : NAN);
    tnas_json_add(o, "p80_macs", any ? score->p80_macs : NAN);
    cJSON_AddBoolToObject(o, "chosen", is_chosen);
    cJSON_AddItemToArray(list, o);
}

static void print_result(const tnas_arguments *arguments, const inputs *in,
                         const tnas_space_table *table)
{
    const tnas_limits *const limits = &in->estimator.limits;
    char why[TNAS_SPACE_REASON_BYTES];
    cJSON *o = tnas_json_result("tinynas-spaces");
    cJSON_AddStringToObject(o, "space", in->space.name);
    cJSON_AddStringToObject(o, "mcu", in->mcu->name);
    cJSON_AddStringToObject(o, "runtime", in->estimator.runtime->name);
    cJSON_AddNumberToObject(o, "clock_mhz", in->mcu->clock_mhz);
    cJSON_AddNumberToObject(o, "channels", in->task.c);
    cJSON_AddNumberToObject(o, "classes", in->task.class_count);
    for (int i = 0; i < TNAS_LIMIT_COUNT; i++) {
        static const char *const keys[TNAS_LIMIT_COUNT] = {"flash_limit_bytes", "sram_limit_bytes",
                                                           "latency_limit_ms"};
        tnas_json_add(o, keys[i], tnas_limit_value(limits, i));
    }
    cJSON_AddNumberToObject(o, "seed", (double)in->task.seed);
    cJSON_AddNumberToObject(o, "drawn", (double)table->drawn);
    tnas_space_table_explain(table, why);
    cJSON_AddStringToObject(o, "why", why);
    cJSON *rows = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < table->row_count; i++)
        add_row(rows, &table->rows[i], i == table->chosen);
    tnas_result_print(arguments, o, "rows");
}

/* Largest mean first; what does not fit at all last, as in the file. */
static int by_mean(const void *a, const void *b)
{
    const tnas_space_row *const x = *(const tnas_space_row *const *)a;
    const tnas_space_row *const y = *(const tnas_space_row *const *)b;
    if (x->score.mean_macs != y->score.mean_macs)
        return x->score.mean_macs < y->score.mean_macs ? 1 : -1;
    return x < y ? -1 : 1;
}

static void add_setting(tnas_table *out, const tnas_space_row *row, const tnas_space_table *table)
{
    const tnas_space_score *const score = &row->score;
    tnas_table_row(out, "%s\t%dx%d\t%g\t%.3g\t%.1f\t%.1f\t%.1f\t%.1f\t%.3f\t%.3f\t%.3f\t%.3f",
                   row - table->rows == table->chosen ? "*" : " ", row->h, row->w, row->factor,
                   row->networks, 100 * share(score->feasible, row),
                   100 * share(score->over[TNAS_LIMIT_INDEX_FLASH], row),
                   100 * share(score->over[TNAS_LIMIT_INDEX_SRAM], row),
                   100 * share(score->over[TNAS_LIMIT_INDEX_LATENCY], row), score->mean_macs * 1e-6,
                   score->p20_macs * 1e-6, score->p50_macs * 1e-6, score->p80_macs * 1e-6);
}

/* The settings of which a network fits; returns how many they are. */
static int print_settings(const tnas_space_row *const *order, const tnas_space_table *table)
{
    static const tnas_column columns[] = {
        {.heading = " ", .left = true},
        {.heading = "input", .left = true},
        {.heading = "width", .left = true},
        {.heading = "networks", .rank = 5},
        {.heading = "fit %"},
        {.heading = "over: flash %", .rank = 3},
        {.heading = "SRAM %", .rank = 2},
        {.heading = "latency %", .rank = 1},
        {.heading = "MMAC that fit: mean"},
        {.heading = "20 % <=", .rank = 7},
        {.heading = "50 % <=", .rank = 6},
        {.heading = "80 % <=", .rank = 4},
    };
    tnas_table out;
    tnas_table_init(&out, columns, sizeof columns / sizeof columns[0]);
    int shown = 0;
    while (shown < table->row_count && order[shown]->score.feasible > 0)
        add_setting(&out, order[shown++], table);
    printf("\n");
    tnas_table_print(&out);
    return shown;
}

static void print_limits(const inputs *in)
{
    const tnas_limits *const limits = &in->estimator.limits;
    char flash[32], sram[32];
    printf("limits     flash %s bytes, SRAM %s bytes",
           tnas_with_commas((long long)limits->flash_bytes, flash),
           tnas_with_commas((long long)limits->sram_bytes, sram));
    if (isfinite(limits->latency_ms))
        printf(", latency %g ms (%s)", limits->latency_ms,
               limits->latency_at_mean ? "mean" : "upper end of 90 %");
    if (limits->reserve_flash_bytes + limits->reserve_sram_bytes > 0)
        printf("; of them kept for the application: flash %zu, SRAM %zu bytes",
               limits->reserve_flash_bytes, limits->reserve_sram_bytes);
    putchar('\n');
}

static tnas_status print_table(const tnas_arguments *arguments, const inputs *in,
                               const tnas_space_table *table)
{
    const tnas_space_row **order = tnas_alloc_zero((size_t)table->row_count, sizeof *order);
    if (order == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "table of space %s", in->space.name);
    for (int i = 0; i < table->row_count; i++)
        order[i] = &table->rows[i];
    qsort(order, (size_t)table->row_count, sizeof *order, by_mean);
    char why[TNAS_SPACE_REASON_BYTES];
    tnas_print_header(arguments);
    printf("part       %s at %g MHz, runtime %s\n", in->mcu->name, in->mcu->clock_mhz,
           in->estimator.runtime->name);
    print_limits(in);
    printf("space      %s: %d settings, %d networks drawn of each; %s%simages of %d "
           "channel%s, %d classes\n",
           in->space.name, table->row_count, in->task.samples, in->data,
           in->data[0] != '\0' ? ", " : "", in->task.c, in->task.c > 1 ? "s" : "",
           in->task.class_count);
    const int shown = print_settings(order, table);
    if (shown < table->row_count)
        printf("%s%d %s of which no network fits\n", shown > 0 ? "  and " : "  ",
               table->row_count - shown, table->row_count - shown > 1 ? "settings" : "setting");
    tnas_space_table_explain(table, why);
    printf("\nchosen     %s\n", why);
    tnas_free(order);
    return TNAS_OK;
}

static tnas_status make_table(const tnas_arguments *arguments, const tnas_progress *progress,
                              inputs *in, tnas_space_table *table)
{
    TNAS_TRY(open_inputs(arguments, progress, in));
    const double start = tnas_clock_seconds();
    TNAS_TRY(tnas_space_table_build(&in->task, in->pool, progress, table));
    const double seconds = tnas_clock_seconds() - start;
    tnas_progress_note(progress, "%ld networks drawn and priced in %.2f s, %.0f a second",
                       table->drawn, seconds, (double)table->drawn / seconds);
    return TNAS_OK;
}

tnas_status tnas_cmd_space(const tnas_arguments *arguments)
{
    if (arguments->operand_count > 0)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas space takes options only, not \"%s\"",
                         arguments->operands[0]);
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_mcu, "mcu"));
    inputs *in = tnas_alloc_zero(1, sizeof *in);
    if (in == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space");
    tnas_space_table table = {0};
    tnas_terminal terminal;
    tnas_terminal_init(&terminal, arguments);
    tnas_status status = make_table(arguments, &terminal.progress, in, &table);
    tnas_terminal_end(&terminal);
    if (status == TNAS_OK && tnas_wants_table(arguments))
        status = print_table(arguments, in, &table);
    else if (status == TNAS_OK)
        print_result(arguments, in, &table);
    if (status == TNAS_OK && table.chosen == TNAS_NONE)
        status = tnas_space_table_fail(&in->task, &table);
    tnas_space_table_deinit(&table);
    tnas_pool_destroy(in->pool);
    tnas_mcu_destroy(in->mcu);
    tnas_free(in);
    return status;
}
