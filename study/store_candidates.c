/* The store's candidates, every architecture that a search scored, some that it refused, and
 * training curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "study/store_internal.h"

static void print_hash(uint64_t hash, char out[20])
{
    snprintf(out, 20, "%016llx", (unsigned long long)hash);
}

static const char *source_text(bool predicted)
{
    return tnas_score_source_text(predicted ? TNAS_SCORE_PREDICTED : TNAS_SCORE_MEASURED);
}

/* macs, flash_bytes, sram_bytes, latency_ms, latency_upper_ms, from parameter `first` on. */
static void bind_cost(sqlite3_stmt *statement, int first, const tnas_cost *cost)
{
    sqlite3_bind_int64(statement, first, cost->macs);
    sqlite3_bind_int64(statement, first + 1, (sqlite3_int64)cost->footprint.flash_bytes);
    sqlite3_bind_int64(statement, first + 2, (sqlite3_int64)cost->footprint.sram_bytes);
    if (cost->has_latency) {
        sqlite3_bind_double(statement, first + 3, cost->latency_ms);
        sqlite3_bind_double(statement, first + 4, cost->latency_upper_ms);
    }
}

/* What a search that is resumed draws is what it drew before. */
static tnas_status check_candidate(tnas_store_db *db, int target, int id, uint64_t hash)
{
    char drawn[20], stored[20] = "";
    print_hash(hash, drawn);
    sqlite3_stmt *statement;
    TNAS_TRY(
        tnas_sql_prepare(db, "SELECT hash FROM candidate WHERE target = ? AND id = ?", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    bool row;
    const tnas_status status = tnas_sql_next(db, statement, &row);
    if (row)
        tnas_sql_text(stored, sizeof stored, statement, 0);
    sqlite3_finalize(statement);
    if (status != TNAS_OK || strcmp(stored, drawn) == 0)
        return status;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: candidate %d of target %d is another network than this search draws; the "
                     "study was searched by another program or on another kind of processor; "
                     "choose another --study",
                     db->path, id, target);
}

tnas_status tnas_db_add_candidate(tnas_store_db *db, int target, int id, const char *arch,
                                  const tnas_candidate *candidate, bool predicted)
{
    char hash[20];
    print_hash(candidate->hash, hash);
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "INSERT OR IGNORE INTO candidate VALUES(?,?,?,?,?,?,?,NULL,0,?,?,?,?,?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    sqlite3_bind_int(statement, 3, candidate->generation);
    tnas_sql_bind_text(statement, 4, hash);
    tnas_sql_bind_text(statement, 5, arch);
    tnas_sql_bind_text(statement, 6, source_text(predicted));
    tnas_sql_bind_double(statement, 7, candidate->accuracy);
    bind_cost(statement, 8, &candidate->cost);
    TNAS_TRY(tnas_sql_run(db, statement, "add a candidate"));
    return sqlite3_changes(db->handle) > 0 ? TNAS_OK
                                           : check_candidate(db, target, id, candidate->hash);
}

tnas_status tnas_db_rescore_candidate(tnas_store_db *db, int target, int id, double accuracy_int8)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "UPDATE candidate SET accuracy_int8 = ?3 WHERE target = ?1 AND id = ?2", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    tnas_sql_bind_double(statement, 3, accuracy_int8);
    return tnas_sql_run(db, statement, "score a candidate");
}

tnas_status tnas_db_put_front(tnas_store_db *db, int target, const int *ids, int count)
{
    sqlite3_stmt *statement;
    TNAS_TRY(
        tnas_sql_prepare(db, "UPDATE candidate SET on_front = 0 WHERE target = ?", &statement));
    sqlite3_bind_int(statement, 1, target);
    TNAS_TRY(tnas_sql_run(db, statement, "clear the front"));
    for (int i = 0; i < count; i++) {
        TNAS_TRY(tnas_sql_prepare(
            db, "UPDATE candidate SET on_front = 1 WHERE target = ? AND id = ?", &statement));
        sqlite3_bind_int(statement, 1, target);
        sqlite3_bind_int(statement, 2, ids[i]);
        TNAS_TRY(tnas_sql_run(db, statement, "write the front"));
    }
    return TNAS_OK;
}

#define CANDIDATE_COLUMNS                                                                          \
    "id, generation, hash, arch, source, accuracy, accuracy_int8, on_front, macs, flash_bytes, "   \
    "sram_bytes, latency_ms, latency_upper_ms"

static tnas_status read_candidate(const tnas_store_db *db, sqlite3_stmt *statement,
                                  tnas_candidate_row *out)
{
    char text[24];
    out->id = sqlite3_column_int(statement, 0);
    out->generation = sqlite3_column_int(statement, 1);
    tnas_sql_text(text, sizeof text, statement, 2);
    out->hash = strtoull(text, NULL, 16);
    const size_t arch_bytes = (size_t)sqlite3_column_bytes(statement, 3) + 1;
    out->arch = tnas_alloc_zero(arch_bytes, 1);
    if (out->arch == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "candidate %d of %s", out->id, db->path);
    tnas_sql_text(out->arch, arch_bytes, statement, 3);
    tnas_sql_text(text, sizeof text, statement, 4);
    out->predicted = strcmp(text, source_text(true)) == 0;
    out->accuracy = tnas_sql_double(statement, 5);
    out->accuracy_int8 = tnas_sql_double(statement, 6);
    out->on_front = sqlite3_column_int(statement, 7) != 0;
    out->macs = sqlite3_column_int64(statement, 8);
    out->flash_bytes = (size_t)sqlite3_column_int64(statement, 9);
    out->sram_bytes = (size_t)sqlite3_column_int64(statement, 10);
    out->latency_ms = tnas_sql_double(statement, 11);
    out->latency_upper_ms = tnas_sql_double(statement, 12);
    return TNAS_OK;
}

tnas_status tnas_db_find_candidate(tnas_store_db *db, int target, uint64_t hash,
                                   tnas_candidate_row **row, bool *found)
{
    *row = NULL;
    *found = false;
    char text[20];
    print_hash(hash, text);
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "SELECT " CANDIDATE_COLUMNS " FROM candidate WHERE target = ? AND hash = ?",
        &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, text);
    tnas_status status = tnas_sql_next(db, statement, found);
    if (*found) {
        *row = tnas_alloc_zero(1, sizeof **row);
        status = *row != NULL ? read_candidate(db, statement, *row)
                              : tnas_fail(TNAS_ERR_NOMEM, "candidate of %s", db->path);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_candidate_rows_free(*row, 1);
        *row = NULL;
        *found = false;
    }
    return status;
}

/* All rows that `select`, whose parameter is the target, returns as CANDIDATE_COLUMNS; `count_all`
 * is the same statement's count(*). */
static tnas_status read_rows(tnas_store_db *db, const char *count_all, const char *select,
                             int target, tnas_candidate_row **rows, int *count)
{
    *rows = NULL;
    *count = 0;
    int most;
    TNAS_TRY(tnas_sql_count(db, count_all, target, 0, &most));
    *rows = tnas_alloc_zero((size_t)most + 1, sizeof **rows);
    if (*rows == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d candidates of %s", most, db->path);
    sqlite3_stmt *statement;
    tnas_status status = tnas_sql_prepare(db, select, &statement);
    if (status == TNAS_OK)
        sqlite3_bind_int(statement, 1, target);
    bool row = status == TNAS_OK;
    while (row && *count < most) {
        status = tnas_sql_next(db, statement, &row);
        if (row)
            status = read_candidate(db, statement, &(*rows)[(*count)++]);
        row = row && status == TNAS_OK;
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_candidate_rows_free(*rows, *count);
        *rows = NULL;
        *count = 0;
    }
    return status;
}

#define COUNT_CANDIDATES "SELECT count(*) FROM candidate WHERE target = ?"

tnas_status tnas_db_count_candidates(tnas_store_db *db, int target, int *count)
{
    return tnas_sql_count(db, COUNT_CANDIDATES, target, 0, count);
}

tnas_status tnas_db_get_candidates(tnas_store_db *db, int target, tnas_candidate_row **rows,
                                   int *count)
{
    return read_rows(db, COUNT_CANDIDATES,
                     "SELECT " CANDIDATE_COLUMNS " FROM candidate WHERE target = ? ORDER BY id",
                     target, rows, count);
}

tnas_status tnas_db_get_refused(tnas_store_db *db, int target, tnas_candidate_row **rows,
                                int *count)
{
    return read_rows(db, "SELECT count(*) FROM refused WHERE target = ?",
                     "SELECT -1, generation, hash, arch, '', NULL, NULL, 0, macs, flash_bytes, "
                     "sram_bytes, latency_ms, latency_upper_ms FROM refused WHERE target = ? "
                     "ORDER BY generation, hash",
                     target, rows, count);
}

tnas_status tnas_db_clear_refused(tnas_store_db *db, int target)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "DELETE FROM refused WHERE target = ?", &statement));
    sqlite3_bind_int(statement, 1, target);
    return tnas_sql_run(db, statement, "clear what was refused");
}

tnas_status tnas_db_add_refused(tnas_store_db *db, int target, const char *arch,
                                const tnas_candidate *candidate)
{
    char hash[20];
    print_hash(candidate->hash, hash);
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT INTO refused VALUES(?,?,?,?,?,?,?,?,?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, hash);
    sqlite3_bind_int(statement, 3, candidate->generation);
    tnas_sql_bind_text(statement, 4, arch);
    bind_cost(statement, 5, &candidate->cost);
    return tnas_sql_run(db, statement, "add what was refused");
}

void tnas_candidate_rows_free(tnas_candidate_row *rows, int count)
{
    if (rows == NULL)
        return;
    for (int i = 0; i < count; i++)
        tnas_free(rows[i].arch);
    tnas_free(rows);
}

void tnas_curve_stage_of_finalist(int finalist, bool int8, char out[TNAS_CURVE_STAGE_BYTES])
{
    char name[TNAS_CURVE_STAGE_BYTES - 8] = "winner";
    if (finalist != TNAS_CURVE_WINNER)
        snprintf(name, sizeof name, "finalist-%d", finalist);
    snprintf(out, TNAS_CURVE_STAGE_BYTES, "%s%s", name, int8 ? "-int8" : "");
}

tnas_status tnas_db_put_curve(tnas_store_db *db, int target, const char *stage,
                              const tnas_curve_point *point)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT OR REPLACE INTO curve VALUES(?,?,?,?,?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, stage);
    sqlite3_bind_int64(statement, 3, point->step);
    tnas_sql_bind_double(statement, 4, point->loss);
    tnas_sql_bind_double(statement, 5, point->right);
    return tnas_sql_run(db, statement, "write a curve");
}

tnas_status tnas_db_get_curve(tnas_store_db *db, int target, const char *stage,
                              tnas_curve_point **points, int *count)
{
    *points = NULL;
    *count = 0;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db,
                              "SELECT step, loss, right, count(*) OVER () FROM curve "
                              "WHERE target = ? AND stage = ? ORDER BY step",
                              &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, stage);
    tnas_status status;
    bool row;
    while ((status = tnas_sql_next(db, statement, &row)) == TNAS_OK && row) {
        if (*points == NULL)
            *points = tnas_alloc_zero((size_t)sqlite3_column_int(statement, 3), sizeof **points);
        if (*points == NULL) {
            status = tnas_fail(TNAS_ERR_NOMEM, "curve of %s", db->path);
            break;
        }
        (*points)[(*count)++] = (tnas_curve_point){
            .step = (long)sqlite3_column_int64(statement, 0),
            .loss = tnas_sql_double(statement, 1),
            .right = tnas_sql_double(statement, 2),
        };
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*points);
        *points = NULL;
        *count = 0;
    }
    return status;
}
