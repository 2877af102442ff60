/* The tables of a store, and how a store of an earlier version becomes one of this.
 *
 * Version 2 had no refused architectures. Version 1 had no finalists, for the one network that was
 * fine-tuned was the winner, whose row held what a finalist's holds now; its settings of search and
 * finish belonged to the study, its optimisers were numbers, and its targets' limits were in their
 * keys alone. That upgrade moves the old tables aside, makes the new ones, copies, and drops the
 * old: the result cannot differ from a new store's tables. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store_internal.h"

#define REFUSED_TABLE                                                                              \
    "CREATE TABLE refused(target INTEGER NOT NULL, hash TEXT NOT NULL, generation INTEGER,"        \
    "  arch TEXT NOT NULL, macs INTEGER, flash_bytes INTEGER, sram_bytes INTEGER,"                 \
    "  latency_ms REAL, latency_upper_ms REAL, PRIMARY KEY(target, hash));"

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE class(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE target(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, mcu TEXT NOT NULL,"
    "  profile TEXT NOT NULL, runtime TEXT NOT NULL, flash_limit_bytes INTEGER,"
    "  sram_limit_bytes INTEGER, latency_limit_ms REAL, latency_at TEXT NOT NULL,"
    "  flash_reserve_bytes INTEGER NOT NULL, sram_reserve_bytes INTEGER NOT NULL,"
    "  clock_mhz REAL, latency_source TEXT, seconds REAL NOT NULL);"
    "CREATE TABLE setting(target INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    "  PRIMARY KEY(target, key));"
    "CREATE TABLE candidate(target INTEGER NOT NULL, id INTEGER NOT NULL, generation INTEGER,"
    "  hash TEXT NOT NULL, arch TEXT NOT NULL, source TEXT NOT NULL, accuracy REAL,"
    "  accuracy_int8 REAL, on_front INTEGER NOT NULL, macs INTEGER, flash_bytes INTEGER,"
    "  sram_bytes INTEGER, latency_ms REAL, latency_upper_ms REAL, PRIMARY KEY(target, id));"
    "CREATE UNIQUE INDEX candidate_hash ON candidate(target, hash);" REFUSED_TABLE
    "CREATE TABLE finalist(target INTEGER NOT NULL, id INTEGER NOT NULL, candidate INTEGER,"
    "  arch TEXT NOT NULL, accuracy_supernet REAL, validation_float REAL, validation_int8 REAL,"
    "  test_float REAL, test_int8 REAL, test_count INTEGER, macs INTEGER, flash_bytes INTEGER,"
    "  sram_bytes INTEGER, stack_bytes INTEGER, latency_ms REAL, latency_low_ms REAL,"
    "  latency_high_ms REAL, latency_upper_ms REAL, model TEXT NOT NULL,"
    "  chosen INTEGER NOT NULL, PRIMARY KEY(target, id));"
    "CREATE TABLE layer_loss(target INTEGER NOT NULL, finalist INTEGER NOT NULL,"
    "  layer INTEGER NOT NULL, before_tuning INTEGER NOT NULL, name TEXT NOT NULL, sqnr_db REAL,"
    "  accuracy REAL, PRIMARY KEY(target, finalist, layer, before_tuning));"
    "CREATE TABLE confusion(target INTEGER NOT NULL, finalist INTEGER NOT NULL,"
    "  label INTEGER NOT NULL, answer INTEGER NOT NULL, count INTEGER NOT NULL,"
    "  PRIMARY KEY(target, finalist, label, answer));"
    "CREATE TABLE winner(target INTEGER PRIMARY KEY, finished INTEGER NOT NULL,"
    "  finalist INTEGER NOT NULL, candidates INTEGER, drawn INTEGER, feasible INTEGER,"
    "  over_flash INTEGER, over_sram INTEGER, over_latency INTEGER, seconds REAL);"
    "CREATE TABLE vector(target INTEGER NOT NULL, id INTEGER NOT NULL, pixels BLOB NOT NULL,"
    "  PRIMARY KEY(target, id));"
    "CREATE TABLE curve(target INTEGER NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL,"
    "  loss REAL, right REAL, PRIMARY KEY(target, stage, step));";

/* What of a version 1 store is copied as it is; limits follow, target by target. */
static const char aside[] = "DROP INDEX candidate_hash;"
                            "ALTER TABLE meta RENAME TO old_meta;"
                            "ALTER TABLE class RENAME TO old_class;"
                            "ALTER TABLE target RENAME TO old_target;"
                            "ALTER TABLE candidate RENAME TO old_candidate;"
                            "ALTER TABLE winner RENAME TO old_winner;"
                            "ALTER TABLE vector RENAME TO old_vector;";

#define OF_TARGETS "(m.key LIKE 'search.%' OR m.key LIKE 'finetune.%' OR m.key LIKE 'finish.%')"

static const char copies[] =
    "INSERT INTO meta SELECT * FROM old_meta AS m WHERE NOT " OF_TARGETS ";"
    "INSERT INTO class SELECT * FROM old_class;"
    "INSERT INTO target SELECT id, key, mcu, profile, runtime, NULL, NULL, NULL, 'upper', 0, 0,"
    "  NULL, NULL, 0 FROM old_target;"
    "INSERT INTO meta SELECT 'choice.samples', value FROM old_meta WHERE key ="
    "  'search.space_samples';"
    "INSERT INTO setting SELECT t.id, m.key, m.value FROM old_target AS t, old_meta AS m"
    "  WHERE " OF_TARGETS " AND m.key != 'search.space_samples';"
    "UPDATE meta SET value = iif(value = '1', 'adamw', 'sgd') WHERE key LIKE '%.optimizer';"
    "UPDATE setting SET value = iif(value = '1', 'adamw', 'sgd') WHERE key LIKE '%.optimizer';"
    "INSERT INTO candidate SELECT target, id, generation, hash, arch, 'measured', accuracy, NULL,"
    "  0, macs, flash_bytes, sram_bytes, latency_ms, latency_upper_ms FROM old_candidate;"
    "INSERT INTO finalist SELECT target, 1, (SELECT id FROM old_candidate AS c WHERE c.target ="
    "  w.target AND c.arch = w.arch), arch, accuracy_supernet, NULL, accuracy_validation,"
    "  accuracy_float, accuracy_int8, test_count, macs, flash_bytes, sram_bytes, stack_bytes,"
    "  latency_ms, latency_low_ms, latency_high_ms, latency_upper_ms,"
    "  'targets/' || target || '/model.tnm', 1 FROM old_winner AS w;"
    "INSERT INTO winner SELECT target, finished, 1, candidates, drawn, feasible, over_flash,"
    "  over_sram, over_latency, seconds FROM old_winner;"
    "INSERT INTO vector SELECT * FROM old_vector;"
    "UPDATE target SET seconds = coalesce((SELECT w.seconds FROM old_winner AS w WHERE w.target ="
    "  target.id), 0);"
    "DROP TABLE old_meta; DROP TABLE old_class; DROP TABLE old_target; DROP TABLE old_candidate;"
    "DROP TABLE old_winner; DROP TABLE old_vector;";

tnas_status tnas_sql_version(tnas_store_db *db, int *version)
{
    *version = 0;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "PRAGMA user_version", &statement));
    bool row;
    const tnas_status status = tnas_sql_next(db, statement, &row);
    if (row)
        *version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_check_version(tnas_store_db *db, bool *empty)
{
    int version;
    TNAS_TRY(tnas_sql_version(db, &version));
    *empty = version == 0;
    if (version == 0 || version == TNAS_STORE_VERSION)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: study version %d; this program reads version %d and older", db->path,
                     version, TNAS_STORE_VERSION);
}

static tnas_status set_version(tnas_store_db *db)
{
    char pragma[48];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", TNAS_STORE_VERSION);
    return tnas_sql_execute(db, pragma, "set its version");
}

tnas_status tnas_db_create_tables(tnas_store_db *db)
{
    TNAS_TRY(tnas_sql_execute(db, schema, "create its tables"));
    return set_version(db);
}

/* "flash=49152-0" or "flash=none-0": bytes, SIZE_MAX for none, and the reserve. */
static bool parse_bytes(const char *key, const char *name, size_t *limit, size_t *reserve)
{
    const char *at = strstr(key, name);
    if (at == NULL)
        return false;
    at += strlen(name);
    char *end = (char *)at;
    *limit = SIZE_MAX;
    if (strncmp(at, "none", 4) == 0)
        end += 4;
    else
        *limit = strtoull(at, &end, 10);
    if (*end != '-')
        return false;
    *reserve = strtoull(end + 1, NULL, 10);
    return true;
}

/* The limits of a version 1 key, "PART-HASH/RUNTIME/flash=49152-0/sram=none-0/latency=30@upper". */
static bool parse_limits(const char *key, tnas_limits *out)
{
    *out = (tnas_limits){.latency_ms = INFINITY};
    const char *const latency = strstr(key, "/latency=");
    if (latency == NULL ||
        !parse_bytes(key, "/flash=", &out->flash_bytes, &out->reserve_flash_bytes) ||
        !parse_bytes(key, "/sram=", &out->sram_bytes, &out->reserve_sram_bytes))
        return false;
    char *end = (char *)latency + strlen("/latency=");
    if (strcmp(end, "none") != 0)
        out->latency_ms = strtod(end, &end);
    out->latency_at_mean = strcmp(end, "@mean") == 0;
    return true;
}

static tnas_status put_limits(tnas_store_db *db, int target, const char *key)
{
    tnas_limits limits;
    if (!parse_limits(key, &limits))
        return tnas_fail(TNAS_ERR_INPUT, "%s: target %d has the key %s, which names no limits",
                         db->path, target, key);
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db,
                              "UPDATE target SET flash_limit_bytes = ?2, sram_limit_bytes = ?3, "
                              "latency_limit_ms = ?4, latency_at = ?5, flash_reserve_bytes = ?6, "
                              "sram_reserve_bytes = ?7 WHERE id = ?1",
                              &statement));
    sqlite3_bind_int(statement, 1, target);
    tnas_sql_bind_limit(statement, 2, limits.flash_bytes);
    tnas_sql_bind_limit(statement, 3, limits.sram_bytes);
    tnas_sql_bind_double(statement, 4, isfinite(limits.latency_ms) ? limits.latency_ms : NAN);
    tnas_sql_bind_text(statement, 5, limits.latency_at_mean ? "mean" : "upper");
    sqlite3_bind_int64(statement, 6, (sqlite3_int64)limits.reserve_flash_bytes);
    sqlite3_bind_int64(statement, 7, (sqlite3_int64)limits.reserve_sram_bytes);
    return tnas_sql_run(db, statement, "write limits");
}

static tnas_status put_all_limits(tnas_store_db *db)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "SELECT id, key FROM target", &statement));
    tnas_status status;
    bool row;
    while ((status = tnas_sql_next(db, statement, &row)) == TNAS_OK && row) {
        char key[TNAS_TARGET_KEY_BYTES];
        tnas_sql_text(key, sizeof key, statement, 1);
        status = put_limits(db, sqlite3_column_int(statement, 0), key);
        if (status != TNAS_OK)
            break;
    }
    sqlite3_finalize(statement);
    return status;
}

static tnas_status upgrade_tables(tnas_store_db *db)
{
    int version;
    TNAS_TRY(tnas_sql_version(db, &version));
    if (version == TNAS_STORE_VERSION)
        return TNAS_OK; /* another process has upgraded it since */
    if (version == 2) {
        TNAS_TRY(tnas_sql_execute(db, REFUSED_TABLE, "create a table"));
        return set_version(db);
    }
    TNAS_TRY(tnas_sql_execute(db, aside, "move its tables aside"));
    TNAS_TRY(tnas_db_create_tables(db));
    TNAS_TRY(tnas_sql_execute(db, copies, "copy its tables"));
    return put_all_limits(db);
}

tnas_status tnas_store_upgrade(tnas_store_db *db)
{
    TNAS_TRY(tnas_db_begin(db));
    const tnas_status status = upgrade_tables(db);
    if (status == TNAS_OK)
        return tnas_db_commit(db);
    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
