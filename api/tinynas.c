/* The installed library's face. Each function makes the words of a command, lets the command's own
 * reader understand them, and hands over numbers in place of printed lines: there is one meaning of
 * "tflm-cmsis-nn" and of a limit, and it is the program's. */
#include "tinynas/tinynas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compared.h"
#include "cli/exported.h"
#include "cli/limits.h"
#include "cli/priced.h"
#include "cli/search_request.h"
#include "common/version.h"

enum { WORDS_MAX = 24, NUMBER_BYTES = 32 };

typedef struct command_words {
    int count;
    char *words[WORDS_MAX];
    int number_count;
    char numbers[WORDS_MAX][NUMBER_BYTES];
} command_words;

/* The parser takes argv, whose words are not const; it only reads them. */
static void add_word(command_words *w, const char *word)
{
    w->words[w->count++] = (char *)word;
}

/* Nothing for NULL. */
static void add_option(command_words *w, const char *flag, const char *value)
{
    if (value == NULL)
        return;
    add_word(w, flag);
    add_word(w, value);
}

/* Nothing for 0. */
static void add_number(command_words *w, const char *flag, double value)
{
    if (value == 0)
        return;
    char *const text = w->numbers[w->number_count++];
    snprintf(text, NUMBER_BYTES, "%.17g", value);
    add_option(w, flag, text);
}

static void add_limits(command_words *w, const tinynas_limits *limits)
{
    add_number(w, "--max-flash-kib", limits->max_flash_kib);
    add_number(w, "--max-sram-kib", limits->max_sram_kib);
    add_number(w, "--max-latency-ms", limits->max_latency_ms);
    add_number(w, "--reserve-flash-kib", limits->reserve_flash_kib);
    add_number(w, "--reserve-sram-kib", limits->reserve_sram_kib);
}

static command_words begin(const char *command)
{
    command_words w = {0};
    add_word(&w, "tinynas");
    add_word(&w, command);
    return w;
}

static tinynas_status status_of(tnas_status status)
{
    return (tinynas_status)tnas_status_exit_code(status);
}

static tnas_status need(const void *pointer, const char *what)
{
    return pointer != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_USAGE, "%s is NULL", what);
}

const char *tinynas_version(void)
{
    return TNAS_VERSION;
}

const char *tinynas_error(void)
{
    return tnas_error_text();
}

/* ---- Price --------------------------------------------------------------------------------- */

static void fill_price(const tnas_priced *priced, tinynas_price *out)
{
    const tnas_cost *const cost = &priced->cost;
    const tnas_footprint *const f = &cost->footprint;
    *out = (tinynas_price){
        .macs = cost->macs,
        .flash_bytes = f->flash_bytes,
        .weights_bytes = f->weights_bytes,
        .channels_bytes = f->channels_bytes,
        .table_bytes = f->table_bytes,
        .code_bytes = f->code_bytes,
        .sram_bytes = f->sram_bytes,
        .stack_bytes = f->stack_bytes,
        .latency_ms = cost->has_latency ? cost->latency_ms : NAN,
        .latency_low_ms = cost->has_latency ? cost->latency_low_ms : NAN,
        .latency_high_ms = cost->has_latency ? cost->latency_high_ms : NAN,
        .fits = cost->over == 0,
    };
    if (priced->estimator.latency == NULL)
        return;
    out->latency_rows = priced->estimator.latency->row_count;
    tnas_latency_describe(priced->estimator.latency, out->latency_source,
                          sizeof out->latency_source);
}

static tnas_status estimate(const char *model, const char *mcu, const char *runtime,
                            const tinynas_limits *limits, tinynas_price *out)
{
    TNAS_TRY(need(model, "model"));
    TNAS_TRY(need(mcu, "mcu"));
    command_words w = begin("estimate");
    add_word(&w, model);
    add_option(&w, "--mcu", mcu);
    add_option(&w, "--runtime", runtime);
    if (limits != NULL)
        add_limits(&w, limits);
    tnas_arguments arguments;
    TNAS_TRY(tnas_arguments_parse(w.count, w.words, &arguments));
    tnas_priced *priced;
    TNAS_TRY(tnas_priced_load(&arguments, model, &priced));
    fill_price(priced, out);
    tnas_priced_destroy(priced);
    return TNAS_OK;
}

tinynas_status tinynas_estimate(const char *model, const char *mcu, const char *runtime,
                                const tinynas_limits *limits, tinynas_price *out)
{
    memset(out, 0, sizeof *out);
    return status_of(estimate(model, mcu, runtime, limits, out));
}

/* ---- Compare ------------------------------------------------------------------------------- */

static tnas_status compare(const char *mcu, const char *runtime, const char *measurements,
                           const char *graphs, tinynas_agreement *out)
{
    TNAS_TRY(need(mcu, "mcu"));
    TNAS_TRY(need(measurements, "measurements"));
    command_words w = begin("compare");
    add_option(&w, "--mcu", mcu);
    add_option(&w, "--runtime", runtime);
    add_option(&w, "--measurements", measurements);
    add_option(&w, "--graphs", graphs);
    tnas_arguments arguments;
    TNAS_TRY(tnas_arguments_parse(w.count, w.words, &arguments));
    tnas_compared *compared;
    TNAS_TRY(tnas_compared_load(&arguments, &compared));
    const tnas_scores *const all = &compared->summary.all;
    const tnas_scores *const held_out = &compared->summary.by_role[TNAS_ROW_HELD_OUT];
    *out = (tinynas_agreement){
        .rows = all->n,
        .rows_without_graph = compared->summary.without_graph,
        .held_out_rows = held_out->n,
        .mean_error = all->mape,
        .median_error = all->median_ape,
        .worst_error = all->worst_ape,
        .held_out_mean_error = held_out->n > 0 ? held_out->mape : NAN,
        .within_10_share = all->within_10,
        .coverage_90_share = all->coverage_90,
    };
    tnas_compared_destroy(compared);
    return TNAS_OK;
}

tinynas_status tinynas_compare(const char *mcu, const char *runtime, const char *measurements,
                               const char *graphs, tinynas_agreement *out)
{
    memset(out, 0, sizeof *out);
    return status_of(compare(mcu, runtime, measurements, graphs, out));
}

/* ---- Search -------------------------------------------------------------------------------- */

/* The library's progress on top of the caller's one function. */
typedef struct listener {
    const tinynas_search_options *options;
    int stopped;
} listener;

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    listener *const l = context;
    (void)unit;
    (void)remark;
    if (l->options->progress(l->options->context, stage, done, total) != 0)
        l->stopped = 1;
}

static bool stop(void *context)
{
    return ((const listener *)context)->stopped != 0;
}

tinynas_search_options tinynas_search_defaults(void)
{
    return (tinynas_search_options){0};
}

/* Every option means what it means to the command. */
static tnas_status read_request(const tinynas_search_options *options, tnas_run_config *config,
                                tnas_search_request *out)
{
    command_words w = begin("search");
    add_option(&w, "--config", options->config);
    add_option(&w, "--mcu", options->mcu);
    add_option(&w, "--data", options->data);
    add_option(&w, "--space", options->space);
    add_option(&w, "--runtime", options->runtime);
    add_option(&w, "--preset", options->preset);
    add_option(&w, "--study", options->study);
    add_limits(&w, &options->limits);
    add_number(&w, "--seed", (double)options->seed);
    add_number(&w, "--threads", options->threads);
    tnas_arguments arguments;
    TNAS_TRY(tnas_arguments_parse(w.count, w.words, &arguments));
    /* What a request borrows is of argv, whose texts are the options' own. */
    return tnas_search_request_read(&arguments, config, out);
}

static tnas_status search(const tinynas_search_options *options, tinynas_found *out)
{
    listener l = {.options = options};
    const tnas_progress progress = {.context = &l, .report = report, .stop = stop};
    tnas_run_config config;
    tnas_search_request request;
    tnas_search_report found;
    TNAS_TRY(read_request(options, &config, &request));
    TNAS_TRY(tnas_study_search(&request, options->progress != NULL ? &progress : NULL, &found));
    const tnas_winner *const winner = &found.winner;
    *out = (tinynas_found){
        .target = found.target_id,
        .accuracy_int8 = winner->accuracy_int8,
        .accuracy_float = winner->accuracy_float,
        .test_images = winner->test_count,
        .flash_bytes = winner->flash_bytes,
        .sram_bytes = winner->sram_bytes,
        .latency_ms = winner->has_latency ? winner->latency_ms : NAN,
    };
    snprintf(out->study, sizeof out->study, "%s", found.folder);
    return TNAS_OK;
}

tinynas_status tinynas_search(const tinynas_search_options *options, tinynas_found *out)
{
    memset(out, 0, sizeof *out);
    return status_of(search(options, out));
}

/* ---- Export -------------------------------------------------------------------------------- */

static tnas_status export(const char *model, const char *mcu, const char *as, const char *name,
                          const char *folder)
{
    TNAS_TRY(need(model, "model"));
    TNAS_TRY(need(as, "as"));
    TNAS_TRY(need(folder, "folder"));
    command_words w = begin("export");
    add_word(&w, model);
    add_option(&w, "--mcu", mcu);
    add_option(&w, "--as", as);
    add_option(&w, "--name", name);
    add_option(&w, "--out", folder);
    tnas_arguments arguments;
    TNAS_TRY(tnas_arguments_parse(w.count, w.words, &arguments));
    tnas_exported exported;
    return tnas_exported_write(&arguments, &exported);
}

tinynas_status tinynas_export(const char *model, const char *mcu, const char *as, const char *name,
                              const char *folder)
{
    return status_of(export(model, mcu, as, name, folder));
}
