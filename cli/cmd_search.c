#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/search_request.h"
#include "cli/shell_word.h"
#include "cli/study_show.h"
#include "cli/winner_json.h"

static void print_result(const tnas_arguments *arguments, const tnas_search_report *report)
{
    const tnas_winner *const w = &report->winner;
    cJSON *o = tnas_json_result("tinynas-search");
    cJSON_AddStringToObject(o, "study", report->folder);
    cJSON_AddNumberToObject(o, "target", report->target_id);
    cJSON_AddStringToObject(o, "mcu", report->target.mcu);
    cJSON_AddStringToObject(o, "runtime", report->target.runtime);
    cJSON_AddNumberToObject(o, "clock_mhz", report->clock_mhz);
    tnas_winner_add_json(o, w);
    cJSON_AddNumberToObject(o, "macro_f1_int8", report->macro_f1_int8);
    cJSON_AddStringToObject(o, "latency_source", report->latency_source);
    if (report->features_flash_bytes > 0) {
        cJSON_AddNumberToObject(o, "features_flash_bytes", (double)report->features_flash_bytes);
        cJSON_AddNumberToObject(o, "features_scratch_bytes",
                                (double)report->features_scratch_bytes);
        cJSON_AddNumberToObject(o, "features_ms", report->features_time.ms);
    }
    cJSON_AddNumberToObject(o, "candidates", w->candidates);
    tnas_result_print(arguments, o, NULL);
}

/* The front end's part of flash and latency, in which it is counted. */
static void print_features(const tnas_search_report *report)
{
    char a[24], b[24], c[24];
    if (report->features_flash_bytes == 0)
        return;
    printf("features   %zu bytes of flash, %zu of scratch within the arena, %s ms within %s..%s ms "
           "(%s); within flash, SRAM and latency\n",
           report->features_flash_bytes, report->features_scratch_bytes,
           tnas_ms_text(report->features_time.ms, a), tnas_ms_text(report->features_time.low_ms, b),
           tnas_ms_text(report->features_time.high_ms, c), TNAS_FRONT_END_SOURCE);
}

static void print_table(const tnas_arguments *arguments, const tnas_search_report *report)
{
    const tnas_winner *const w = &report->winner;
    const tnas_limits *const limits = &report->target.limits;
    char where[64];
    tnas_print_header(arguments);
    printf("part       %s at %g MHz, runtime %s\n", report->target.mcu, report->clock_mhz,
           report->target.runtime);
    printf("study      %s\n", report->folder);
    printf("network    %s\n", w->arch);
    printf("accuracy   int8 %.2f %% +- %.2f (95 %%), float %.2f %%, macro F1 %.2f %%, on %d test "
           "images\n",
           100 * w->accuracy_int8, 100 * tnas_wilson_half_width(w->accuracy_int8, w->test_count),
           100 * w->accuracy_float, 100 * report->macro_f1_int8, w->test_count);
    printf("work       %.3f MMAC\n", (double)w->macs * 1e-6);
    tnas_report_bytes("flash", w->flash_bytes, limits->reserve_flash_bytes, limits->flash_bytes,
                      NULL);
    snprintf(where, sizeof where, "in %s", report->region);
    tnas_report_bytes("SRAM", w->sram_bytes, limits->reserve_sram_bytes, limits->sram_bytes, where);
    printf("stack      %zu bytes\n", w->stack_bytes);
    print_features(report);
    if (w->has_latency)
        tnas_report_latency(&(tnas_latency_line){
            .ms = w->latency_ms,
            .low_ms = w->latency_low_ms,
            .high_ms = w->latency_high_ms,
            .upper_ms = w->latency_upper_ms,
            .limit_ms = limits->latency_ms,
            .limit_at_mean = limits->latency_at_mean,
            .facts = report->latency_source,
        });
    const double percent = w->draws.drawn > 0 ? 100.0 / (double)w->draws.drawn : 0;
    printf("search     %d candidates scored; drawn %ld, pruned by SRAM %.1f %%, flash %.1f %%, "
           "latency %.1f %% (a draw may break several limits); %.0f s\n",
           w->candidates, w->draws.drawn, percent * (double)w->draws.over[TNAS_LIMIT_INDEX_SRAM],
           percent * (double)w->draws.over[TNAS_LIMIT_INDEX_FLASH],
           percent * (double)w->draws.over[TNAS_LIMIT_INDEX_LATENCY], w->seconds);
    char folder[TNAS_SHELL_WORD_BYTES];
    printf("next       tinynas export %s --target %d --as c --out DIR\n",
           tnas_shell_word(report->folder, folder), report->target_id);
}

static void print_forecast(const tnas_arguments *arguments, const tnas_forecast *f)
{
    if (!tnas_wants_table(arguments)) {
        cJSON *o = tnas_json_result("tinynas-forecast");
        cJSON_AddNumberToObject(o, "supernet_seconds", f->supernet_seconds);
        cJSON_AddNumberToObject(o, "search_seconds", f->search_seconds);
        cJSON_AddNumberToObject(o, "finetune_seconds", f->finetune_seconds);
        cJSON_AddNumberToObject(o, "memory_bytes", f->memory_bytes);
        cJSON_AddNumberToObject(o, "disk_bytes", f->disk_bytes);
        tnas_result_print(arguments, o, NULL);
        return;
    }
    tnas_print_header(arguments);
    printf("supernet   %.0f s\nsearch     %.0f s\nfine-tune  %.0f s\nmemory     %.0f MiB\n"
           "disk       %.1f MiB\n",
           f->supernet_seconds, f->search_seconds, f->finetune_seconds, f->memory_bytes / 1048576,
           f->disk_bytes / 1048576);
}

static tnas_status search_part(const tnas_search_request *request, tnas_terminal *terminal,
                               tnas_search_report *report)
{
    const tnas_status status = tnas_study_search(request, &terminal->progress, report);
    tnas_terminal_end(terminal);
    tnas_progress_log_event(&terminal->log, status == TNAS_OK ? "done" : "failed",
                            status == TNAS_OK ? report->folder : tnas_error_text());
    return status;
}

/* The next name of "a,b,c"; false at the end. */
static bool next_part(const char **list, char out[TNAS_PATH_BYTES])
{
    if (**list == '\0')
        return false;
    const size_t length = strcspn(*list, ",");
    snprintf(out, TNAS_PATH_BYTES, "%.*s", (int)length, *list);
    *list += length;
    *list += **list == ',';
    return true;
}

/* One part after the other on the same study. A part on which nothing fits does not keep the others
 * from being searched for; it is the command's failure in the end. */
static tnas_status search_parts(const tnas_arguments *arguments, const tnas_search_request *request,
                                tnas_terminal *terminal)
{
    tnas_search_report report;
    char part[TNAS_PATH_BYTES], sentence[1024] = "";
    const char *list = request->mcu;
    tnas_search_request of_part = *request;
    of_part.mcu = part;
    while (next_part(&list, part)) {
        tnas_progress_note(&terminal->progress, "part %s", part);
        const tnas_status status = search_part(&of_part, terminal, &report);
        if (status == TNAS_ERR_INFEASIBLE)
            snprintf(sentence, sizeof sentence, "%s", tnas_error_text());
        else
            TNAS_TRY(status);
    }
    if (tnas_is_study(report.folder))
        TNAS_TRY(tnas_study_show(arguments, report.folder));
    return sentence[0] == '\0' ? TNAS_OK : tnas_fail(TNAS_ERR_INFEASIBLE, "%s", sentence);
}

static tnas_status search_one(const tnas_arguments *arguments, const tnas_search_request *request,
                              tnas_terminal *terminal)
{
    tnas_search_report report;
    TNAS_TRY(search_part(request, terminal, &report));
    if (request->dry_run)
        print_forecast(arguments, &report.forecast);
    else if (tnas_wants_table(arguments))
        print_table(arguments, &report);
    else
        print_result(arguments, &report);
    return TNAS_OK;
}

tnas_status tnas_cmd_search(const tnas_arguments *arguments)
{
    if (arguments->operand_count > 0)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas search takes options only, not \"%s\"",
                         arguments->operands[0]);
    tnas_run_config config;
    tnas_search_request request;
    TNAS_TRY(tnas_search_request_read(arguments, &config, &request));
    tnas_terminal terminal;
    tnas_terminal_init(&terminal, arguments);
    TNAS_TRY(tnas_terminal_log(&terminal, arguments->text[TNAS_OPTION_log]));
    if (arguments->text[TNAS_OPTION_data] == NULL && config.data[0] == '\0')
        tnas_progress_note(&terminal.progress, "no --data: the built-in set builtin:shapes");
    const bool several = strchr(request.mcu, ',') != NULL && !tnas_file_exists(request.mcu);
    if (several && request.dry_run)
        return tnas_fail(TNAS_ERR_USAGE, "--dry-run forecasts for one --mcu, not for %s",
                         request.mcu);
    const tnas_status status = several ? search_parts(arguments, &request, &terminal)
                                       : search_one(arguments, &request, &terminal);
    tnas_progress_log_close(&terminal.log);
    return status;
}
