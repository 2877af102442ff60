/* Candidates of the study's other targets in the report: those that this target's limits forbid.
 * They were measured with the same supernet, so they have an accuracy, and show what a larger part
 * would buy. Priced for this target's part; those that fit are left out, for its own search may
 * meet them. */
#include <math.h>

#include "cli/report_page.h"
#include "common/alloc.h"
#include "study/store.h"
#include "study/study_report.h"
#include "study/study_space.h"

enum { OTHERS_MAX = 1000 };

typedef struct others {
    tnas_store_db *db;
    const tnas_target_row *target;
    tnas_estimator estimator;
    tnas_space_config *config;
    tnas_candidate_row *rows; /* [count]; their archs are their own */
    int *targets;             /* [count]: whose candidates they are */
    int count;
} others;

static tnas_status price(const others *o, const char *text, tnas_cost *cost)
{
    tnas_arch arch;
    tnas_graph graph;
    TNAS_TRY(tnas_arch_parse(&o->config->genes, text, &arch));
    tnas_space_decode(o->config, &arch, &graph, NULL);
    return tnas_estimate(&o->estimator, &graph, cost);
}

/* A candidate of this target, or of another one that came before. */
static tnas_status is_known(const others *o, uint64_t hash, bool *known)
{
    for (int i = 0; i < o->count; i++)
        if (o->rows[i].hash == hash) {
            *known = true;
            return TNAS_OK;
        }
    tnas_candidate_row *row;
    TNAS_TRY(tnas_db_find_candidate(o->db, o->target->id, hash, &row, known));
    tnas_candidate_rows_free(row, *known ? 1 : 0);
    return TNAS_OK;
}

/* Takes the row's text when it is over a limit. */
static tnas_status consider(others *o, int target, tnas_candidate_row *row)
{
    bool known;
    tnas_cost cost;
    if (row->predicted)
        return TNAS_OK;
    TNAS_TRY(is_known(o, row->hash, &known));
    if (known)
        return TNAS_OK;
    TNAS_TRY(price(o, row->arch, &cost));
    if (cost.over == 0)
        return TNAS_OK;
    o->targets[o->count] = target;
    tnas_candidate_row *const kept = &o->rows[o->count++];
    *kept = *row;
    row->arch = NULL;
    kept->flash_bytes = cost.footprint.flash_bytes;
    kept->sram_bytes = cost.footprint.sram_bytes;
    kept->latency_ms = cost.has_latency ? cost.latency_ms : NAN;
    kept->latency_upper_ms = cost.has_latency ? cost.latency_upper_ms : NAN;
    return TNAS_OK;
}

static tnas_status consider_target(others *o, int target)
{
    tnas_candidate_row *rows;
    int count;
    TNAS_TRY(tnas_db_get_candidates(o->db, target, &rows, &count));
    tnas_status status = TNAS_OK;
    for (int i = 0; i < count && status == TNAS_OK && o->count < OTHERS_MAX; i++)
        status = consider(o, target, &rows[i]);
    tnas_candidate_rows_free(rows, count);
    return status;
}

static tnas_status consider_all(others *o)
{
    tnas_target_row *targets;
    int count;
    TNAS_TRY(tnas_db_get_targets(o->db, &targets, &count));
    tnas_status status = TNAS_OK;
    for (int i = 0; i < count && status == TNAS_OK; i++)
        if (targets[i].id != o->target->id)
            status = consider_target(o, targets[i].id);
    tnas_free(targets);
    return status;
}

static void print(const others *o, cJSON *out)
{
    cJSON *const object = cJSON_AddObjectToObject(out, "others");
    tnas_report_add_costs(object, o->rows, o->count);
    cJSON *const targets = cJSON_AddArrayToObject(object, "target");
    cJSON *const ids = cJSON_AddArrayToObject(object, "id");
    cJSON *const accuracies = cJSON_AddArrayToObject(object, "accuracy");
    for (int i = 0; i < o->count; i++) {
        cJSON_AddItemToArray(targets, cJSON_CreateNumber(o->targets[i]));
        cJSON_AddItemToArray(ids, cJSON_CreateNumber(o->rows[i].id));
        cJSON_AddItemToArray(accuracies, cJSON_CreateNumber(o->rows[i].accuracy));
    }
}

/* The winner decoded by this space and priced must be what is exported. */
static tnas_status check_winner(const others *o, const tnas_priced *winner)
{
    tnas_winner *const stored = tnas_alloc_zero(1, sizeof *stored);
    if (stored == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "winner");
    bool found;
    tnas_cost cost = {.macs = 0};
    tnas_status status = tnas_db_get_winner(o->db, o->target->id, stored, &found);
    if (status == TNAS_OK)
        status = price(o, stored->arch, &cost);
    tnas_free(stored);
    TNAS_TRY(status);
    if (cost.footprint.flash_bytes == winner->cost.footprint.flash_bytes &&
        cost.footprint.sram_bytes == winner->cost.footprint.sram_bytes)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "the winner's price is not what its space says");
}

static tnas_status gather(others *o, const tnas_priced *winner, cJSON *out)
{
    o->config = tnas_alloc_zero(1, sizeof *o->config);
    o->rows = tnas_alloc_zero(OTHERS_MAX, sizeof *o->rows);
    o->targets = tnas_alloc_zero(OTHERS_MAX, sizeof *o->targets);
    if (o->config == NULL || o->rows == NULL || o->targets == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "candidates of other targets");
    TNAS_TRY(tnas_study_space_load(o->db, &winner->graph, o->config));
    TNAS_TRY(check_winner(o, winner));
    TNAS_TRY(consider_all(o));
    print(o, out);
    return TNAS_OK;
}

tnas_status tnas_report_add_others(const char *folder, const tnas_target_row *target,
                                   const tnas_priced *winner, cJSON *out)
{
    others o = {.target = target, .estimator = winner->estimator};
    o.estimator.limits = target->target.limits;
    TNAS_TRY(tnas_db_open_read(folder, &o.db));
    const tnas_status status = gather(&o, winner, out);
    tnas_db_close(o.db);
    tnas_free(o.targets);
    tnas_candidate_rows_free(o.rows, o.count);
    tnas_free(o.config);
    /* What the space's file no longer says is not shown. */
    return status == TNAS_ERR_INPUT ? TNAS_OK : status;
}
