/* The store's targets: what each search was asked for, and its settings. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "study/store_internal.h"

static tnas_status select_id(tnas_store_db *db, const char *sql, const char *text, int *id)
{
    *id = -1;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, sql, &statement));
    if (text != NULL)
        tnas_sql_bind_text(statement, 1, text);
    bool row;
    const tnas_status status = tnas_sql_next(db, statement, &row);
    if (row)
        *id = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_target(tnas_store_db *db, const tnas_search_target *target, int *id)
{
    char key[TNAS_TARGET_KEY_BYTES];
    tnas_search_target_key(target, key);
    TNAS_TRY(select_id(db, "SELECT id FROM target WHERE key = ?", key, id));
    if (*id >= 0)
        return TNAS_OK;
    const tnas_limits *const limits = &target->limits;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db,
                              "INSERT INTO target VALUES"
                              "((SELECT coalesce(max(id), 0) + 1 FROM target),"
                              "?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,NULL,NULL,0)",
                              &statement));
    tnas_sql_bind_text(statement, 1, key);
    tnas_sql_bind_text(statement, 2, target->mcu);
    tnas_sql_bind_text(statement, 3, target->profile);
    tnas_sql_bind_text(statement, 4, target->runtime);
    tnas_sql_bind_limit(statement, 5, limits->flash_bytes);
    tnas_sql_bind_limit(statement, 6, limits->sram_bytes);
    tnas_sql_bind_double(statement, 7, isfinite(limits->latency_ms) ? limits->latency_ms : NAN);
    tnas_sql_bind_text(statement, 8, limits->latency_at_mean ? "mean" : "upper");
    sqlite3_bind_int64(statement, 9, (sqlite3_int64)limits->reserve_flash_bytes);
    sqlite3_bind_int64(statement, 10, (sqlite3_int64)limits->reserve_sram_bytes);
    TNAS_TRY(tnas_sql_run(db, statement, "add a target"));
    *id = (int)sqlite3_last_insert_rowid(db->handle);
    return TNAS_OK;
}

tnas_status tnas_db_describe_target(tnas_store_db *db, int id, double clock_mhz,
                                    const char *latency_source)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "UPDATE target SET clock_mhz = ?2, latency_source = ?3 WHERE id = ?1", &statement));
    sqlite3_bind_int(statement, 1, id);
    tnas_sql_bind_double(statement, 2, clock_mhz);
    tnas_sql_bind_text(statement, 3, latency_source);
    return tnas_sql_run(db, statement, "describe a target");
}

tnas_status tnas_db_add_seconds(tnas_store_db *db, int id, double seconds)
{
    sqlite3_stmt *statement;
    TNAS_TRY(
        tnas_sql_prepare(db, "UPDATE target SET seconds = seconds + ?2 WHERE id = ?1", &statement));
    sqlite3_bind_int(statement, 1, id);
    sqlite3_bind_double(statement, 2, seconds);
    return tnas_sql_run(db, statement, "count a target's time");
}

tnas_status tnas_db_get_seconds(tnas_store_db *db, int id, double *seconds)
{
    *seconds = 0;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "SELECT seconds FROM target WHERE id = ?", &statement));
    sqlite3_bind_int(statement, 1, id);
    bool row;
    const tnas_status status = tnas_sql_next(db, statement, &row);
    if (row)
        *seconds = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

static size_t read_limit(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? SIZE_MAX
               : (size_t)sqlite3_column_int64(statement, column);
}

static void read_target(sqlite3_stmt *statement, tnas_target_row *out)
{
    tnas_search_target *const target = &out->target;
    out->id = sqlite3_column_int(statement, 0);
    tnas_sql_text(target->mcu, sizeof target->mcu, statement, 1);
    tnas_sql_text(target->profile, sizeof target->profile, statement, 2);
    tnas_sql_text(target->runtime, sizeof target->runtime, statement, 3);
    target->limits.flash_bytes = read_limit(statement, 4);
    target->limits.sram_bytes = read_limit(statement, 5);
    const double latency_ms = tnas_sql_double(statement, 6);
    target->limits.latency_ms = isnan(latency_ms) ? INFINITY : latency_ms;
    char at[8];
    tnas_sql_text(at, sizeof at, statement, 7);
    target->limits.latency_at_mean = strcmp(at, "mean") == 0;
    target->limits.reserve_flash_bytes = (size_t)sqlite3_column_int64(statement, 8);
    target->limits.reserve_sram_bytes = (size_t)sqlite3_column_int64(statement, 9);
    out->clock_mhz = tnas_sql_double(statement, 10);
    tnas_sql_text(out->latency_source, sizeof out->latency_source, statement, 11);
    out->finished = sqlite3_column_int(statement, 12) != 0;
}

tnas_status tnas_db_get_targets(tnas_store_db *db, tnas_target_row **rows, int *count)
{
    *rows = NULL;
    *count = 0;
    int most;
    TNAS_TRY(select_id(db, "SELECT count(*) FROM target", NULL, &most));
    *rows = tnas_alloc_zero((size_t)most + 1, sizeof **rows);
    if (*rows == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "targets of %s", db->path);
    sqlite3_stmt *statement;
    tnas_status status =
        tnas_sql_prepare(db,
                         "SELECT id, mcu, profile, runtime, flash_limit_bytes, sram_limit_bytes, "
                         "latency_limit_ms, latency_at, flash_reserve_bytes, sram_reserve_bytes, "
                         "clock_mhz, latency_source, EXISTS(SELECT 1 FROM winner WHERE "
                         "winner.target = target.id) FROM target ORDER BY id",
                         &statement);
    bool row = status == TNAS_OK;
    while (row && *count < most) {
        status = tnas_sql_next(db, statement, &row);
        if (row)
            read_target(statement, &(*rows)[(*count)++]);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*rows);
        *rows = NULL;
    }
    return status;
}

tnas_status tnas_db_find_finished(tnas_store_db *db, const char *mcu, int *id)
{
    return select_id(db,
                     "SELECT target FROM winner JOIN target ON target.id = winner.target "
                     "WHERE ?1 IS NULL OR mcu = ?1 ORDER BY finished DESC LIMIT 1",
                     mcu, id);
}

tnas_status tnas_db_put_setting(tnas_store_db *db, int target, const char *key, const char *value)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT OR REPLACE INTO setting VALUES(?, ?, ?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, key);
    tnas_sql_bind_text(statement, 3, value);
    return tnas_sql_run(db, statement, "write a setting");
}

tnas_status tnas_db_get_setting(tnas_store_db *db, int target, const char *key, char *value,
                                size_t value_bytes, bool *found)
{
    value[0] = '\0';
    *found = false;
    sqlite3_stmt *statement;
    TNAS_TRY(
        tnas_sql_prepare(db, "SELECT value FROM setting WHERE target = ? AND key = ?", &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_text(statement, 2, key);
    const tnas_status status = tnas_sql_next(db, statement, found);
    if (*found)
        tnas_sql_text(value, value_bytes, statement, 0);
    sqlite3_finalize(statement);
    return status;
}
