#include "cli/study_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/table.h"
#include "common/alloc.h"
#include "study/front_rows.h"

tnas_status tnas_study_choose_target(const tnas_arguments *arguments, tnas_store_db *db,
                                     const char *folder, tnas_target_row *out)
{
    *out = (tnas_target_row){0};
    int wanted = -1, count;
    tnas_target_row *rows;
    if (arguments->given[TNAS_OPTION_target])
        wanted = (int)arguments->number[TNAS_OPTION_target];
    else
        TNAS_TRY(tnas_db_find_finished(db, NULL, &wanted));
    TNAS_TRY(tnas_db_get_targets(db, &rows, &count));
    const tnas_target_row *found = NULL;
    for (int i = 0; i < count; i++)
        if (rows[i].id == wanted || wanted < 0)
            found = &rows[i];
    if (found != NULL)
        *out = *found;
    tnas_free(rows);
    if (found != NULL)
        return TNAS_OK;
    return wanted < 0 ? tnas_fail(TNAS_ERR_INPUT, "study %s has no target yet", folder)
                      : tnas_fail(TNAS_ERR_USAGE, "--target %d: study %s has targets 1 to %d",
                                  wanted, folder, count);
}

/* Columns by which rows can be sorted, the best first. */
#define SORT_KEYS(X)                                                                               \
    X(id, (double)row->id)                                                                         \
    X(generation, (double)row->generation)                                                         \
    X(accuracy, -row->accuracy)                                                                    \
    X(accuracy_int8, -row->accuracy_int8)                                                          \
    X(macs, (double)row->macs)                                                                     \
    X(flash_bytes, (double)row->flash_bytes)                                                       \
    X(sram_bytes, (double)row->sram_bytes)                                                         \
    X(latency_ms, row->latency_ms)                                                                 \
    X(latency_upper_ms, row->latency_upper_ms)

static double sort_value(const char *key, const tnas_candidate_row *row)
{
#define VALUE_OF(name, value)                                                                      \
    if (strcmp(key, #name) == 0)                                                                   \
        return value;
    SORT_KEYS(VALUE_OF)
#undef VALUE_OF
    return 0;
}

static tnas_status check_sort_key(const char *key)
{
#define ACCEPT(name, value)                                                                        \
    if (strcmp(key, #name) == 0)                                                                   \
        return TNAS_OK;
    SORT_KEYS(ACCEPT)
#undef ACCEPT
#define LIST(name, value) " " #name
    return tnas_fail(TNAS_ERR_USAGE, "--sort %s: must be one of%s", key, SORT_KEYS(LIST));
#undef LIST
}

typedef struct sorted_row {
    double value; /* what is not known comes last */
    const tnas_candidate_row *row;
} sorted_row;

static int compare_rows(const void *a, const void *b)
{
    const sorted_row *const x = a, *const y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->row->id < y->row->id ? -1 : x->row->id > y->row->id;
}

static const char *source_text(const tnas_candidate_row *row)
{
    return tnas_score_source_text(row->predicted ? TNAS_SCORE_PREDICTED : TNAS_SCORE_MEASURED);
}

static cJSON *row_object(const tnas_candidate_row *row)
{
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", row->id);
    cJSON_AddNumberToObject(o, "generation", row->generation);
    cJSON_AddStringToObject(o, "source", source_text(row));
    tnas_json_add(o, "accuracy", row->accuracy);
    tnas_json_add(o, "accuracy_int8", row->accuracy_int8);
    cJSON_AddBoolToObject(o, "on_front", row->on_front);
    cJSON_AddNumberToObject(o, "macs", (double)row->macs);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)row->flash_bytes);
    cJSON_AddNumberToObject(o, "sram_bytes", (double)row->sram_bytes);
    tnas_json_add(o, "latency_ms", row->latency_ms);
    tnas_json_add(o, "latency_upper_ms", row->latency_upper_ms);
    cJSON_AddStringToObject(o, "arch", row->arch);
    return o;
}

static const char *percent_text(double share, char out[16])
{
    if (isnan(share))
        return "-";
    snprintf(out, 16, "%.2f %%", 100 * share);
    return out;
}

static void add_row(tnas_table *table, const tnas_candidate_row *row)
{
    char ms[24] = "-", upper[24] = "-", flash[32], sram[32], accuracy[16], int8[16];
    if (!isnan(row->latency_ms)) {
        tnas_ms_text(row->latency_ms, ms);
        tnas_ms_text(row->latency_upper_ms, upper);
    }
    tnas_table_row(table, "%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.3f\t%s %s", row->id,
                   row->generation, source_text(row), percent_text(row->accuracy, accuracy),
                   percent_text(row->accuracy_int8, int8), ms, upper,
                   tnas_with_commas((long long)row->sram_bytes, sram),
                   tnas_with_commas((long long)row->flash_bytes, flash), (double)row->macs * 1e-6,
                   row->on_front ? "*" : " ", row->arch);
}

static void print_rows_table(const tnas_arguments *arguments, const char *folder,
                             const tnas_target_row *target, const sorted_row *rows, int count,
                             int of)
{
    static const tnas_column columns[] = {
        {.heading = "id"},
        {.heading = "gen", .rank = 4},
        {.heading = "source", .left = true, .rank = 5},
        {.heading = "accuracy"},
        {.heading = "int8", .rank = 1},
        {.heading = "ms"},
        {.heading = "90 %", .rank = 3},
        {.heading = "SRAM"},
        {.heading = "flash"},
        {.heading = "MMAC", .rank = 6},
        {.heading = "network (* on the front)", .left = true, .cut = true, .rank = 2},
    };
    tnas_print_header(arguments);
    printf("study      %s\ntarget     %d: %s, runtime %s%s\nrows       %d of %d candidates\n\n",
           folder, target->id, target->target.mcu, target->target.runtime,
           target->finished ? "" : ", not finished", count, of);
    tnas_table table;
    tnas_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < count; i++)
        add_row(&table, rows[i].row);
    tnas_table_print(&table);
}

static void print_rows(const tnas_arguments *arguments, const char *folder, const char *format,
                       const tnas_target_row *target, const sorted_row *rows, int count, int of)
{
    if (tnas_wants_table(arguments)) {
        print_rows_table(arguments, folder, target, rows, count, of);
        return;
    }
    cJSON *const o = tnas_json_result(format);
    cJSON_AddStringToObject(o, "study", folder);
    cJSON_AddNumberToObject(o, "target", target->id);
    cJSON_AddStringToObject(o, "mcu", target->target.mcu);
    cJSON_AddBoolToObject(o, "finished", target->finished);
    cJSON_AddNumberToObject(o, "candidates", of);
    cJSON *const list = cJSON_AddArrayToObject(o, "rows");
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(list, row_object(rows[i].row));
    tnas_result_print(arguments, o, "rows");
}

/* All rows or those of the front, sorted, as many as --limit says. */
static tnas_status select_and_print(const tnas_arguments *arguments, const char *folder,
                                    const tnas_target_row *target, const tnas_candidate_row *rows,
                                    int count, bool front)
{
    const char *const given = arguments->text[TNAS_OPTION_sort];
    const char *const key = given != NULL ? given : front ? "latency_ms" : "id";
    TNAS_TRY(check_sort_key(key));
    sorted_row *const sorted = tnas_alloc_zero((size_t)count + 1, sizeof *sorted);
    if (sorted == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d rows", count);
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (front && !rows[i].on_front)
            continue;
        const double value = sort_value(key, &rows[i]);
        sorted[kept++] = (sorted_row){isnan(value) ? INFINITY : value, &rows[i]};
    }
    qsort(sorted, (size_t)kept, sizeof *sorted, compare_rows);
    if (arguments->given[TNAS_OPTION_limit] && arguments->number[TNAS_OPTION_limit] < kept)
        kept = (int)arguments->number[TNAS_OPTION_limit];
    print_rows(arguments, folder, front ? "tinynas-pareto" : "tinynas-trials", target, sorted, kept,
               count);
    tnas_free(sorted);
    return TNAS_OK;
}

static tnas_status print_candidates(const tnas_arguments *arguments, const char *folder, bool front)
{
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    tnas_target_row target;
    tnas_candidate_row *rows = NULL;
    int count = 0;
    tnas_status status = tnas_study_choose_target(arguments, db, folder, &target);
    if (status == TNAS_OK)
        status = tnas_db_get_candidates(db, target.id, &rows, &count);
    tnas_db_close(db);
    int front_count;
    if (status == TNAS_OK)
        status = tnas_front_rows_mark(rows, count, &front_count);
    if (status == TNAS_OK)
        status = select_and_print(arguments, folder, &target, rows, count, front);
    tnas_candidate_rows_free(rows, count);
    return status;
}

tnas_status tnas_study_print_trials(const tnas_arguments *arguments, const char *folder)
{
    return print_candidates(arguments, folder, false);
}

tnas_status tnas_study_print_pareto(const tnas_arguments *arguments, const char *folder)
{
    return print_candidates(arguments, folder, true);
}
