/* What a report shows of a study, table by table of the store. cJSON prints numbers that are not
 * finite as null, which is what a reader of the report should see. */
#include "study/study_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "study/front_rows.h"
#include "study/work.h"

typedef struct gathering {
    tnas_store_db *db;
    const tnas_target_row *target;
    cJSON *out;
} gathering;

static tnas_status add_meta(gathering *g, cJSON *o, const char *key, const char *name)
{
    char text[TNAS_PATH_BYTES];
    bool found;
    TNAS_TRY(tnas_db_get_meta(g->db, key, text, sizeof text, &found));
    if (found)
        cJSON_AddStringToObject(o, name, text);
    else
        cJSON_AddNullToObject(o, name);
    return TNAS_OK;
}

static tnas_status add_classes(gathering *g, cJSON *o)
{
    char(*names)[TNAS_CLASS_NAME_BYTES];
    int count;
    TNAS_TRY(tnas_db_get_classes(g->db, &names, &count));
    cJSON *const list = cJSON_AddArrayToObject(o, "classes");
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(names[i]));
    tnas_free(names);
    return TNAS_OK;
}

static tnas_status add_study(gathering *g, const char *folder)
{
    static const struct {
        const char *key, *name;
    } metas[] = {{"data_location", "data"},
                 {"space", "space"},
                 {"seed", "seed"},
                 {"preset", "preset"},
                 {"supernet.steps", "supernet_steps"}};
    cJSON *const o = cJSON_AddObjectToObject(g->out, "study");
    cJSON_AddStringToObject(o, "folder", folder);
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++)
        TNAS_TRY(add_meta(g, o, metas[i].key, metas[i].name));
    TNAS_TRY(add_classes(g, o));
    tnas_target_row *rows;
    int count;
    TNAS_TRY(tnas_db_get_targets(g->db, &rows, &count));
    tnas_free(rows);
    cJSON_AddNumberToObject(o, "target_count", count);
    return TNAS_OK;
}

static double limit_bytes(size_t bytes)
{
    return bytes == SIZE_MAX ? NAN : (double)bytes;
}

static tnas_status add_target(gathering *g)
{
    const tnas_target_row *const row = g->target;
    const tnas_limits *const limits = &row->target.limits;
    double seconds;
    TNAS_TRY(tnas_db_get_seconds(g->db, row->id, &seconds));
    cJSON *const o = cJSON_AddObjectToObject(g->out, "target");
    cJSON_AddNumberToObject(o, "id", row->id);
    cJSON_AddStringToObject(o, "mcu", row->target.mcu);
    cJSON_AddStringToObject(o, "runtime", row->target.runtime);
    cJSON_AddNumberToObject(o, "clock_mhz", row->clock_mhz);
    cJSON_AddStringToObject(o, "latency_source", row->latency_source);
    cJSON_AddBoolToObject(o, "finished", row->finished);
    cJSON_AddNumberToObject(o, "seconds", seconds);
    cJSON_AddNumberToObject(o, "flash_limit_bytes", limit_bytes(limits->flash_bytes));
    cJSON_AddNumberToObject(o, "sram_limit_bytes", limit_bytes(limits->sram_bytes));
    cJSON_AddNumberToObject(o, "latency_limit_ms", limits->latency_ms);
    cJSON_AddStringToObject(o, "latency_at", limits->latency_at_mean ? "mean" : "upper");
    cJSON_AddNumberToObject(o, "reserve_flash_bytes", (double)limits->reserve_flash_bytes);
    cJSON_AddNumberToObject(o, "reserve_sram_bytes", (double)limits->reserve_sram_bytes);
    return TNAS_OK;
}

/* ---- Candidates, as columns ---- */

static bool is_within(double value, double reserve, double limit)
{
    return isnan(value) || value + reserve <= limit;
}

static bool does_fit(const tnas_limits *limits, const tnas_candidate_row *row)
{
    return is_within((double)row->flash_bytes, (double)limits->reserve_flash_bytes,
                     (double)limits->flash_bytes) &&
           is_within((double)row->sram_bytes, (double)limits->reserve_sram_bytes,
                     (double)limits->sram_bytes) &&
           is_within(limits->latency_at_mean ? row->latency_ms : row->latency_upper_ms, 0,
                     limits->latency_ms);
}

#define CANDIDATE_COLUMNS(X)                                                                       \
    X(id, row->id)                                                                                 \
    X(predicted, row->predicted)                                                                   \
    X(accuracy, row->accuracy)                                                                     \
    X(accuracy_int8, row->accuracy_int8)                                                           \
    X(on_front, row->on_front)                                                                     \
    X(fits, does_fit(limits, row))

#define COST_COLUMNS(X)                                                                            \
    X(generation, row->generation)                                                                 \
    X(macs, (double)row->macs)                                                                     \
    X(flash_bytes, (double)row->flash_bytes)                                                       \
    X(sram_bytes, (double)row->sram_bytes)                                                         \
    X(latency_ms, row->latency_ms)                                                                 \
    X(latency_upper_ms, row->latency_upper_ms)

#define ADD_COLUMN(name, value)                                                                    \
    {                                                                                              \
        cJSON *const column = cJSON_AddArrayToObject(o, #name);                                    \
        for (int i = 0; i < count; i++) {                                                          \
            const tnas_candidate_row *const row = &rows[i];                                        \
            cJSON_AddItemToArray(column, cJSON_CreateNumber(value));                               \
        }                                                                                          \
    }

void tnas_report_add_costs(cJSON *o, const tnas_candidate_row *rows, int count)
{
    cJSON_AddNumberToObject(o, "count", count);
    COST_COLUMNS(ADD_COLUMN)
    cJSON *const archs = cJSON_AddArrayToObject(o, "arch");
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(archs, cJSON_CreateString(rows[i].arch));
}

static void add_judgements(cJSON *o, const tnas_limits *limits, const tnas_candidate_row *rows,
                           int count)
{
    CANDIDATE_COLUMNS(ADD_COLUMN)
}

static tnas_status add_candidates(gathering *g)
{
    tnas_candidate_row *rows;
    int count, front;
    TNAS_TRY(tnas_db_get_candidates(g->db, g->target->id, &rows, &count));
    const tnas_status status = tnas_front_rows_mark(rows, count, &front);
    if (status == TNAS_OK) {
        cJSON *const o = cJSON_AddObjectToObject(g->out, "candidates");
        cJSON_AddNumberToObject(o, "front_count", front);
        add_judgements(o, &g->target->target.limits, rows, count);
        tnas_report_add_costs(o, rows, count);
    }
    tnas_candidate_rows_free(rows, count);
    return status;
}

static tnas_status add_refused(gathering *g)
{
    tnas_candidate_row *rows;
    int count;
    TNAS_TRY(tnas_db_get_refused(g->db, g->target->id, &rows, &count));
    tnas_report_add_costs(cJSON_AddObjectToObject(g->out, "refused"), rows, count);
    tnas_candidate_rows_free(rows, count);
    return TNAS_OK;
}

/* ---- Curves ---- */

static tnas_status add_curve(gathering *g, cJSON *list, int target, const char *stage)
{
    tnas_curve_point *points;
    int count;
    TNAS_TRY(tnas_db_get_curve(g->db, target, stage, &points, &count));
    if (count > 0) {
        cJSON *const o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddStringToObject(o, "stage", stage);
        cJSON *const step = cJSON_AddArrayToObject(o, "step");
        cJSON *const loss = cJSON_AddArrayToObject(o, "loss");
        cJSON *const right = cJSON_AddArrayToObject(o, "right");
        for (int i = 0; i < count; i++) {
            cJSON_AddItemToArray(step, cJSON_CreateNumber((double)points[i].step));
            cJSON_AddItemToArray(loss, cJSON_CreateNumber(points[i].loss));
            cJSON_AddItemToArray(right, cJSON_CreateNumber(points[i].right));
        }
    }
    tnas_free(points);
    return TNAS_OK;
}

static tnas_status add_curves(gathering *g)
{
    cJSON *const list = cJSON_AddArrayToObject(g->out, "curves");
    TNAS_TRY(add_curve(g, list, 0, "supernet"));
    TNAS_TRY(add_curve(g, list, g->target->id, "predictor"));
    for (int finalist = TNAS_CURVE_WINNER; finalist <= TNAS_FINALISTS_MAX; finalist++) {
        for (int int8 = 0; int8 < 2; int8++) {
            char stage[TNAS_CURVE_STAGE_BYTES];
            tnas_curve_stage_of_finalist(finalist, int8 != 0, stage);
            TNAS_TRY(add_curve(g, list, g->target->id, stage));
        }
    }
    return TNAS_OK;
}

/* ---- Finalists and the winner ---- */

static void add_finalist(cJSON *list, const tnas_finalist *f)
{
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddNumberToObject(o, "id", f->id);
    cJSON_AddNumberToObject(o, "candidate", f->candidate);
    cJSON_AddStringToObject(o, "arch", f->arch);
    cJSON_AddBoolToObject(o, "chosen", f->chosen);
    cJSON_AddNumberToObject(o, "accuracy_supernet", f->accuracy_supernet);
    cJSON_AddNumberToObject(o, "validation_float", f->validation_float);
    cJSON_AddNumberToObject(o, "validation_int8", f->validation_int8);
    cJSON_AddNumberToObject(o, "test_float", f->test_float);
    cJSON_AddNumberToObject(o, "test_int8", f->test_int8);
    cJSON_AddNumberToObject(o, "test_count", f->test_count);
    cJSON_AddNumberToObject(o, "macs", (double)f->macs);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)f->flash_bytes);
    cJSON_AddNumberToObject(o, "sram_bytes", (double)f->sram_bytes);
    cJSON_AddNumberToObject(o, "latency_ms", f->has_latency ? f->latency_ms : NAN);
    cJSON_AddNumberToObject(o, "latency_low_ms", f->has_latency ? f->latency_low_ms : NAN);
    cJSON_AddNumberToObject(o, "latency_high_ms", f->has_latency ? f->latency_high_ms : NAN);
    cJSON_AddNumberToObject(o, "latency_upper_ms", f->has_latency ? f->latency_upper_ms : NAN);
}

static tnas_status add_losses(gathering *g, int finalist)
{
    tnas_layer_loss *losses;
    int count;
    TNAS_TRY(tnas_db_get_layer_losses(g->db, g->target->id, finalist, &losses, &count));
    cJSON *const list = cJSON_AddArrayToObject(g->out, "layer_loss");
    for (int i = 0; i < count; i++) {
        cJSON *const o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddNumberToObject(o, "layer", losses[i].layer);
        cJSON_AddStringToObject(o, "name", losses[i].name);
        cJSON_AddNumberToObject(o, "sqnr_db", losses[i].sqnr_db);
        cJSON_AddNumberToObject(o, "accuracy", losses[i].accuracy);
        cJSON_AddBoolToObject(o, "before_tuning", losses[i].before_tuning);
    }
    tnas_free(losses);
    return TNAS_OK;
}

/* Rows are labels, columns answers; null when nothing was counted. */
static tnas_status add_confusion(gathering *g, int finalist)
{
    const cJSON *const study = cJSON_GetObjectItem(g->out, "study");
    const int classes = cJSON_GetArraySize(cJSON_GetObjectItem(study, "classes"));
    size_t cells;
    if (!tnas_size_mul((size_t)classes, (size_t)classes, &cells))
        return tnas_fail(TNAS_ERR_INPUT, "%d classes are too many", classes);
    int *const counts = tnas_alloc_zero(cells + 1, sizeof *counts);
    if (counts == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "confusion of %d classes", classes);
    const tnas_status status =
        tnas_db_get_confusion(g->db, g->target->id, finalist, counts, classes);
    long long sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += counts[i];
    if (status == TNAS_OK && sum > 0) {
        cJSON *const list = cJSON_AddArrayToObject(g->out, "confusion");
        for (int label = 0; label < classes; label++)
            cJSON_AddItemToArray(list, cJSON_CreateIntArray(counts + label * classes, classes));
    } else {
        cJSON_AddNullToObject(g->out, "confusion");
    }
    tnas_free(counts);
    return status;
}

static tnas_status add_finalists(gathering *g)
{
    tnas_finalist *rows;
    int count, chosen = -1;
    TNAS_TRY(tnas_db_get_finalists(g->db, g->target->id, &rows, &count));
    cJSON *const list = cJSON_AddArrayToObject(g->out, "finalists");
    for (int i = 0; i < count; i++) {
        add_finalist(list, &rows[i]);
        if (rows[i].chosen)
            chosen = rows[i].id;
    }
    tnas_free(rows);
    if (chosen < 0) {
        cJSON_AddArrayToObject(g->out, "layer_loss");
        cJSON_AddNullToObject(g->out, "confusion");
        return TNAS_OK;
    }
    TNAS_TRY(add_losses(g, chosen));
    return add_confusion(g, chosen);
}

static tnas_status add_winner(gathering *g)
{
    tnas_winner *const w = tnas_alloc_zero(1, sizeof *w);
    if (w == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "winner");
    bool found;
    const tnas_status status = tnas_db_get_winner(g->db, g->target->id, w, &found);
    if (status == TNAS_OK && found) {
        cJSON *const o = cJSON_AddObjectToObject(g->out, "winner");
        cJSON_AddNumberToObject(o, "finalist", w->finalist);
        cJSON_AddNumberToObject(o, "candidates", w->candidates);
        cJSON_AddNumberToObject(o, "drawn", (double)w->draws.drawn);
        cJSON_AddNumberToObject(o, "feasible", (double)w->draws.feasible);
        cJSON_AddNumberToObject(o, "over_flash", (double)w->draws.over[TNAS_LIMIT_INDEX_FLASH]);
        cJSON_AddNumberToObject(o, "over_sram", (double)w->draws.over[TNAS_LIMIT_INDEX_SRAM]);
        cJSON_AddNumberToObject(o, "over_latency", (double)w->draws.over[TNAS_LIMIT_INDEX_LATENCY]);
        cJSON_AddNumberToObject(o, "seconds", w->seconds);
        cJSON_AddNumberToObject(o, "stack_bytes", (double)w->stack_bytes);
    } else if (status == TNAS_OK) {
        cJSON_AddNullToObject(g->out, "winner");
    }
    tnas_free(w);
    return status;
}

static tnas_status gather(gathering *g, const char *folder)
{
    TNAS_TRY(add_study(g, folder));
    TNAS_TRY(add_target(g));
    TNAS_TRY(add_candidates(g));
    TNAS_TRY(add_refused(g));
    TNAS_TRY(add_curves(g));
    TNAS_TRY(add_finalists(g));
    return add_winner(g);
}

tnas_status tnas_study_report(const char *folder, const tnas_target_row *target, cJSON **out)
{
    *out = NULL;
    gathering g = {.target = target, .out = cJSON_CreateObject()};
    if (g.out == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "report of %s", folder);
    tnas_status status = tnas_db_open_read(folder, &g.db);
    if (status == TNAS_OK) {
        status = gather(&g, folder);
        tnas_db_close(g.db);
    }
    if (status == TNAS_OK)
        *out = g.out;
    else
        cJSON_Delete(g.out);
    return status;
}
