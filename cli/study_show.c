#include "cli/study_show.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/winner_json.h"
#include "common/alloc.h"
#include "study/front_rows.h"
#include "study/progress_file.h"

/* A target with all that is shown of it. */
typedef struct shown_target {
    tnas_target_row row;
    tnas_winner winner;
    bool finished;
    int candidates, measured, front;
    double best; /* accuracy of the best measured candidate; NAN */
    tnas_finalist *finalists;
    int finalist_count;
} shown_target;

typedef struct shown_study {
    const char *folder;
    tnas_store_db *db;
    shown_target *targets;
    int count;
} shown_study;

static tnas_status read_candidates(tnas_store_db *db, shown_target *out)
{
    tnas_candidate_row *rows;
    TNAS_TRY(tnas_db_get_candidates(db, out->row.id, &rows, &out->candidates));
    const tnas_status status = tnas_front_rows_mark(rows, out->candidates, &out->front);
    out->best = NAN;
    for (int i = 0; i < out->candidates; i++) {
        if (rows[i].predicted)
            continue;
        out->measured++;
        out->best = fmax(out->best, rows[i].accuracy);
    }
    tnas_candidate_rows_free(rows, out->candidates);
    return status;
}

static tnas_status read_target(tnas_store_db *db, shown_target *out)
{
    TNAS_TRY(read_candidates(db, out));
    TNAS_TRY(tnas_db_get_winner(db, out->row.id, &out->winner, &out->finished));
    return tnas_db_get_finalists(db, out->row.id, &out->finalists, &out->finalist_count);
}

/* With `only` > 0 that target alone. */
static tnas_status read_targets(shown_study *study, int only)
{
    tnas_target_row *rows;
    int count;
    TNAS_TRY(tnas_db_get_targets(study->db, &rows, &count));
    study->targets = tnas_alloc_zero((size_t)count + 1, sizeof *study->targets);
    tnas_status status =
        study->targets != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "%d targets", count);
    for (int i = 0; status == TNAS_OK && i < count; i++) {
        if (only > 0 && rows[i].id != only)
            continue;
        shown_target *const target = &study->targets[study->count++];
        target->row = rows[i];
        status = read_target(study->db, target);
    }
    tnas_free(rows);
    if (status == TNAS_OK && only > 0 && study->count == 0)
        status = tnas_fail(TNAS_ERR_USAGE, "--target %d: study %s has targets 1 to %d", only,
                           study->folder, count);
    return status;
}

static void text_of(const shown_study *study, const char *key, char out[TNAS_PATH_BYTES])
{
    bool found;
    if (tnas_db_get_meta(study->db, key, out, TNAS_PATH_BYTES, &found) != TNAS_OK || !found)
        snprintf(out, TNAS_PATH_BYTES, "-");
}

static const char *state_of(const shown_target *target)
{
    return target->finished             ? "finished"
           : target->finalist_count > 0 ? "finishing"
           : target->candidates > 0     ? "searching"
                                        : "new";
}

static bool has_supernet(const shown_study *study)
{
    char path[TNAS_PATH_BYTES];
    return tnas_path_join(path, study->folder, "supernet.bin") == TNAS_OK && tnas_file_exists(path);
}

static void print_head(const tnas_arguments *arguments, const shown_study *study)
{
    char data[TNAS_PATH_BYTES], space[TNAS_PATH_BYTES], steps[TNAS_PATH_BYTES],
        seed[TNAS_PATH_BYTES], who[320];
    text_of(study, "data_location", data);
    text_of(study, "space", space);
    text_of(study, "supernet.steps", steps);
    text_of(study, "seed", seed);
    const bool running = tnas_study_is_running(study->folder, who);
    tnas_print_header(arguments);
    printf(
        "study      %s%s%s\ndata       %s\nspace      %s\nseed       %s\nsupernet   %s steps, %s\n",
        study->folder, running ? ", written by " : "", running ? who : "", data, space, seed, steps,
        has_supernet(study) ? "trained" : "not trained yet");
}

/* "123,456 of 262,144", or without a limit the value alone. */
static const char *of_limit(size_t value, size_t limit, char out[72])
{
    char a[32], b[32];
    tnas_with_commas((long long)value, a);
    if (limit == SIZE_MAX)
        snprintf(out, 72, "%s", a);
    else
        snprintf(out, 72, "%s of %s", a, tnas_with_commas((long long)limit, b));
    return out;
}

static const char *latency_cell(const shown_target *target, char out[64])
{
    const tnas_limits *const limits = &target->row.target.limits;
    const tnas_winner *const w = &target->winner;
    char value[24];
    tnas_ms_text(limits->latency_at_mean ? w->latency_ms : w->latency_upper_ms, value);
    if (!w->has_latency)
        return "-";
    if (isfinite(limits->latency_ms))
        snprintf(out, 64, "%s of %g", value, limits->latency_ms);
    else
        snprintf(out, 64, "%s", value);
    return out;
}

static void add_target(tnas_table *table, const shown_target *target)
{
    const tnas_winner *const w = &target->winner;
    const tnas_limits *const limits = &target->row.target.limits;
    char accuracy[32] = "-", ms[64], sram[72] = "-", flash[72] = "-", macs[24] = "-";
    const char *latency = "-";
    if (target->finished) {
        snprintf(accuracy, sizeof accuracy, "%.2f +- %.2f %%", 100 * w->accuracy_int8,
                 100 * tnas_wilson_half_width(w->accuracy_int8, w->test_count));
        snprintf(macs, sizeof macs, "%.3f", (double)w->macs * 1e-6);
        latency = latency_cell(target, ms);
        of_limit(w->sram_bytes + limits->reserve_sram_bytes, limits->sram_bytes, sram);
        of_limit(w->flash_bytes + limits->reserve_flash_bytes, limits->flash_bytes, flash);
    }
    tnas_table_row(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s", target->row.id,
                   target->row.target.mcu, accuracy, latency, sram, flash, macs, target->candidates,
                   target->front, state_of(target));
}

static void print_targets(const shown_study *study)
{
    static const tnas_column columns[] = {
        {.heading = "target"},
        {.heading = "part", .left = true},
        {.heading = "int8 (95 %)"},
        {.heading = "ms of limit"},
        {.heading = "SRAM of limit", .rank = 1},
        {.heading = "flash of limit", .rank = 2},
        {.heading = "MMAC", .rank = 5},
        {.heading = "scored", .rank = 4},
        {.heading = "front", .rank = 3},
        {.heading = "state", .left = true},
    };
    tnas_table table;
    tnas_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < study->count; i++)
        add_target(&table, &study->targets[i]);
    printf("\n");
    tnas_table_print(&table);
}

static void print_findings(const shown_study *study)
{
    for (int i = 0; i < study->count; i++) {
        const shown_target *const target = &study->targets[i];
        printf("\ntarget %-3d runtime %s", target->row.id, target->row.target.runtime);
        if (!isnan(target->row.clock_mhz))
            printf(", %g MHz, latency %s", target->row.clock_mhz, target->row.latency_source);
        printf("\n");
        if (target->finished)
            printf("           %s\n", target->winner.arch);
        else if (!isnan(target->best))
            printf("           best so far %.2f %% of %d measured\n", 100 * target->best,
                   target->measured);
    }
}

static void print_share(const char *name, double share)
{
    if (!isnan(share))
        printf(", %s %.2f %%", name, 100 * share);
}

static void print_finalist(const tnas_finalist *f)
{
    printf("finalist %-2d%s", f->id, f->chosen ? " chosen" : "");
    if (f->candidate >= 0)
        printf(", candidate %d", f->candidate);
    print_share("inherited", f->accuracy_supernet);
    print_share("validation float", f->validation_float);
    print_share("int8", f->validation_int8);
    print_share("test float", f->test_float);
    print_share("int8", f->test_int8);
    printf("; %s\n           %s\n", f->model, f->arch);
}

static tnas_status print_layers(const shown_study *study, int target, int finalist)
{
    tnas_layer_loss *losses;
    int count;
    TNAS_TRY(tnas_db_get_layer_losses(study->db, target, finalist, &losses, &count));
    if (count > 0)
        printf("           %5s %-32s %9s %9s  %s\n", "layer", "", "SQNR dB", "alone", "");
    for (int i = 0; i < count; i++) {
        char sqnr[24] = "-", accuracy[24] = "-";
        if (!isnan(losses[i].sqnr_db))
            snprintf(sqnr, sizeof sqnr, "%.1f", losses[i].sqnr_db);
        if (!isnan(losses[i].accuracy))
            snprintf(accuracy, sizeof accuracy, "%.2f %%", 100 * losses[i].accuracy);
        printf("           %5d %-32s %9s %9s  %s\n", losses[i].layer, losses[i].name, sqnr,
               accuracy, losses[i].before_tuning ? "before tuning" : "");
    }
    tnas_free(losses);
    return TNAS_OK;
}

static tnas_status print_finalists(const shown_study *study)
{
    const shown_target *const target = &study->targets[0];
    printf("\n");
    for (int i = 0; i < target->finalist_count; i++) {
        print_finalist(&target->finalists[i]);
        TNAS_TRY(print_layers(study, target->row.id, target->finalists[i].id));
    }
    return TNAS_OK;
}

static void add_bytes_limit(cJSON *o, const char *key, size_t bytes)
{
    tnas_json_add(o, key, bytes == SIZE_MAX ? NAN : (double)bytes);
}

static void add_limits(cJSON *o, const tnas_limits *limits)
{
    add_bytes_limit(o, "flash_limit_bytes", limits->flash_bytes);
    add_bytes_limit(o, "sram_limit_bytes", limits->sram_bytes);
    tnas_json_add(o, "latency_limit_ms", limits->latency_ms);
    cJSON_AddStringToObject(o, "latency_at", limits->latency_at_mean ? "mean" : "upper");
    cJSON_AddNumberToObject(o, "flash_reserve_bytes", (double)limits->reserve_flash_bytes);
    cJSON_AddNumberToObject(o, "sram_reserve_bytes", (double)limits->reserve_sram_bytes);
}

static cJSON *finalist_object(const tnas_finalist *f)
{
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", f->id);
    tnas_json_add(o, "candidate", f->candidate >= 0 ? f->candidate : NAN);
    cJSON_AddBoolToObject(o, "chosen", f->chosen);
    tnas_json_add(o, "accuracy_supernet", f->accuracy_supernet);
    tnas_json_add(o, "validation_float", f->validation_float);
    tnas_json_add(o, "validation_int8", f->validation_int8);
    tnas_json_add(o, "test_float", f->test_float);
    tnas_json_add(o, "test_int8", f->test_int8);
    cJSON_AddStringToObject(o, "model", f->model);
    cJSON_AddStringToObject(o, "arch", f->arch);
    return o;
}

/* The fields of a row are the same whether it is finished or not: what is not there is null. */
static cJSON *target_object(const shown_target *target)
{
    static const tnas_winner nothing = {.accuracy_int8 = NAN,
                                        .accuracy_float = NAN,
                                        .accuracy_validation = NAN,
                                        .accuracy_supernet = NAN};
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "target", target->row.id);
    cJSON_AddStringToObject(o, "mcu", target->row.target.mcu);
    cJSON_AddStringToObject(o, "runtime", target->row.target.runtime);
    tnas_json_add(o, "clock_mhz", target->row.clock_mhz);
    cJSON_AddStringToObject(o, "latency_source", target->row.latency_source);
    cJSON_AddStringToObject(o, "state", state_of(target));
    add_limits(o, &target->row.target.limits);
    cJSON_AddNumberToObject(o, "candidates", target->candidates);
    cJSON_AddNumberToObject(o, "measured", target->measured);
    cJSON_AddNumberToObject(o, "front", target->front);
    tnas_json_add(o, "best_accuracy", target->best);
    tnas_winner_add_json(o, target->finished ? &target->winner : &nothing);
    cJSON *const finalists = cJSON_AddArrayToObject(o, "finalists");
    for (int i = 0; i < target->finalist_count; i++)
        cJSON_AddItemToArray(finalists, finalist_object(&target->finalists[i]));
    return o;
}

static void print_objects(const tnas_arguments *arguments, const shown_study *study)
{
    char text[TNAS_PATH_BYTES];
    cJSON *const o = tnas_json_result("tinynas-study");
    cJSON_AddStringToObject(o, "study", study->folder);
    text_of(study, "data_location", text);
    cJSON_AddStringToObject(o, "data", text);
    text_of(study, "space", text);
    cJSON_AddStringToObject(o, "space", text);
    text_of(study, "seed", text);
    cJSON_AddStringToObject(o, "seed", text);
    cJSON_AddBoolToObject(o, "supernet_trained", has_supernet(study));
    cJSON *const rows = cJSON_AddArrayToObject(o, "targets");
    for (int i = 0; i < study->count; i++)
        cJSON_AddItemToArray(rows, target_object(&study->targets[i]));
    tnas_result_print(arguments, o, "targets");
}

static tnas_status print_study(const tnas_arguments *arguments, const shown_study *study)
{
    if (!tnas_wants_table(arguments)) {
        print_objects(arguments, study);
        return TNAS_OK;
    }
    print_head(arguments, study);
    print_targets(study);
    print_findings(study);
    return arguments->given[TNAS_OPTION_target] ? print_finalists(study) : TNAS_OK;
}

tnas_status tnas_study_show(const tnas_arguments *arguments, const char *folder)
{
    const int only =
        arguments->given[TNAS_OPTION_target] ? (int)arguments->number[TNAS_OPTION_target] : 0;
    shown_study study = {.folder = folder};
    TNAS_TRY(tnas_db_open_read(folder, &study.db));
    tnas_status status = read_targets(&study, only);
    if (status == TNAS_OK)
        status = print_study(arguments, &study);
    for (int i = 0; i < study.count; i++)
        tnas_free(study.targets[i].finalists);
    tnas_free(study.targets);
    tnas_db_close(study.db);
    return status;
}
