#include "study/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"

struct tnas_store_db {
    sqlite3 *handle;
    char path[TNAS_PATH_BYTES];
};

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE class(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE target(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, mcu TEXT NOT NULL,"
    "  profile TEXT NOT NULL, runtime TEXT NOT NULL);"
    "CREATE TABLE candidate(target INTEGER NOT NULL, id INTEGER NOT NULL, generation INTEGER,"
    "  hash TEXT NOT NULL, arch TEXT NOT NULL, accuracy REAL, macs INTEGER, flash_bytes INTEGER,"
    "  sram_bytes INTEGER, latency_ms REAL, latency_upper_ms REAL, PRIMARY KEY(target, id));"
    "CREATE UNIQUE INDEX candidate_hash ON candidate(target, hash);"
    "CREATE TABLE winner(target INTEGER PRIMARY KEY, finished INTEGER, arch TEXT NOT NULL,"
    "  accuracy_supernet REAL, accuracy_validation REAL, accuracy_float REAL,"
    "  accuracy_int8 REAL, test_count INTEGER, macs INTEGER, flash_bytes INTEGER,"
    "  sram_bytes INTEGER, stack_bytes INTEGER, latency_ms REAL, latency_low_ms REAL,"
    "  latency_high_ms REAL, latency_upper_ms REAL, candidates INTEGER, drawn INTEGER,"
    "  feasible INTEGER, over_flash INTEGER, over_sram INTEGER, over_latency INTEGER,"
    "  seconds REAL);"
    "CREATE TABLE vector(target INTEGER NOT NULL, id INTEGER NOT NULL, pixels BLOB NOT NULL,"
    "  PRIMARY KEY(target, id));";

static tnas_status db_error(const tnas_store_db *db, const char *doing)
{
    return tnas_fail(TNAS_ERR_IO, "%s: cannot %s: %s", db->path, doing, sqlite3_errmsg(db->handle));
}

static tnas_status execute(tnas_store_db *db, const char *sql, const char *doing)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? TNAS_OK
                                                                        : db_error(db, doing);
}

/* A prepared statement; bound with the sqlite3_bind functions, ended with finish(). */
static tnas_status prepare(tnas_store_db *db, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(db->handle, sql, -1, out, NULL) == SQLITE_OK
               ? TNAS_OK
               : db_error(db, "prepare a query");
}

/* Runs a statement that returns no row. */
static tnas_status run_and_finish(tnas_store_db *db, sqlite3_stmt *statement, const char *doing)
{
    const int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? TNAS_OK : db_error(db, doing);
}

/* Steps to the next row; *row is false at the end. */
static tnas_status next_row(tnas_store_db *db, sqlite3_stmt *statement, bool *row)
{
    const int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? TNAS_OK : db_error(db, "read");
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

static void copy_text(char *out, size_t out_bytes, sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, out_bytes, "%s", text != NULL ? (const char *)text : "");
}

static tnas_status read_version(tnas_store_db *db, int *version)
{
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, "PRAGMA user_version", &statement));
    bool row;
    const tnas_status status = next_row(db, statement, &row);
    *version = row ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_check_version(tnas_store_db *db, bool *empty)
{
    int version;
    TNAS_TRY(read_version(db, &version));
    *empty = version == 0;
    if (version == 0 || version == TNAS_STORE_VERSION)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "%s: study version %d; this program reads version %d",
                     db->path, version, TNAS_STORE_VERSION);
}

tnas_status tnas_db_create_tables(tnas_store_db *db)
{
    TNAS_TRY(execute(db, schema, "create its tables"));
    char pragma[48];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", TNAS_STORE_VERSION);
    return execute(db, pragma, "set its version");
}

static tnas_status open_file(const char *folder, tnas_status (*open)(tnas_store_db *db),
                             tnas_store_db **out)
{
    *out = NULL;
    tnas_store_db *db = tnas_alloc_zero(1, sizeof *db);
    if (db == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "study store of %s", folder);
    tnas_status status = tnas_path_join(db->path, folder, "study.db");
    if (status == TNAS_OK)
        status = open(db);
    if (status != TNAS_OK) {
        tnas_db_close(db);
        return status;
    }
    *out = db;
    return TNAS_OK;
}

static tnas_status open_for_writing(tnas_store_db *db)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(db->path, &db->handle, flags, NULL) != SQLITE_OK)
        return db_error(db, "open");
    return execute(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "open");
}

/* A store in a folder that cannot be written has no writer, so its file alone is the truth
 * (immutable); elsewhere a log may wait to be read as well. */
static tnas_status open_for_reading(tnas_store_db *db)
{
    char folder[TNAS_PATH_BYTES], uri[TNAS_PATH_BYTES * 3 + 32] = "file:";
    snprintf(folder, sizeof folder, "%s", db->path);
    *strrchr(folder, '/') = '\0';
    size_t length = strlen(uri);
    for (const char *p = db->path; *p != '\0'; p++) /* what a URI would take for syntax */
        length += (size_t)snprintf(uri + length, 4, strchr("%?#", *p) != NULL ? "%%%02X" : "%c",
                                   (unsigned char)*p);
    const bool writable = access(folder, W_OK) == 0;
    snprintf(uri + length, sizeof uri - length, writable ? "?mode=rw" : "?immutable=1");
    const int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_URI;
    if (sqlite3_open_v2(uri, &db->handle, flags, NULL) != SQLITE_OK)
        return db_error(db, "open");
    bool empty;
    TNAS_TRY(tnas_db_check_version(db, &empty));
    return empty ? tnas_fail(TNAS_ERR_INPUT, "%s: nothing was ever stored in it", db->path)
                 : TNAS_OK;
}

tnas_status tnas_db_open(const char *folder, tnas_store_db **out)
{
    return open_file(folder, open_for_writing, out);
}

tnas_status tnas_db_open_read(const char *folder, tnas_store_db **out)
{
    *out = NULL;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "study.db"));
    if (!tnas_file_exists(path))
        return tnas_fail(TNAS_ERR_INPUT, "%s is not a study: there is no study.db in it", folder);
    return open_file(folder, open_for_reading, out);
}

void tnas_db_close(tnas_store_db *db)
{
    if (db == NULL)
        return;
    sqlite3_close(db->handle);
    tnas_free(db);
}

tnas_status tnas_db_begin(tnas_store_db *db)
{
    return execute(db, "BEGIN IMMEDIATE", "start a transaction");
}

tnas_status tnas_db_commit(tnas_store_db *db)
{
    return execute(db, "COMMIT", "commit");
}

tnas_status tnas_db_put_meta(tnas_store_db *db, const char *key, const char *value)
{
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, "INSERT INTO meta VALUES(?, ?)", &statement));
    bind_text(statement, 1, key);
    bind_text(statement, 2, value);
    return run_and_finish(db, statement, "write meta");
}

tnas_status tnas_db_get_meta(tnas_store_db *db, const char *key, char *value, size_t value_bytes,
                             bool *found)
{
    value[0] = '\0';
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, "SELECT value FROM meta WHERE key = ?", &statement));
    bind_text(statement, 1, key);
    const tnas_status status = next_row(db, statement, found);
    if (*found)
        copy_text(value, value_bytes, statement, 0);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_classes(tnas_store_db *db, char (*names)[TNAS_CLASS_NAME_BYTES],
                                int class_count)
{
    for (int i = 0; i < class_count; i++) {
        sqlite3_stmt *statement;
        TNAS_TRY(prepare(db, "INSERT INTO class VALUES(?, ?)", &statement));
        sqlite3_bind_int(statement, 1, i);
        bind_text(statement, 2, names[i]);
        TNAS_TRY(run_and_finish(db, statement, "write classes"));
    }
    return TNAS_OK;
}

tnas_status tnas_db_get_classes(tnas_store_db *db, char (**names)[TNAS_CLASS_NAME_BYTES],
                                int *class_count)
{
    *class_count = 0;
    *names = tnas_alloc_zero(TNAS_CLASSES_MAX, TNAS_CLASS_NAME_BYTES);
    if (*names == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "class names of %s", db->path);
    sqlite3_stmt *statement;
    tnas_status status = prepare(db, "SELECT name FROM class ORDER BY id", &statement);
    bool row = status == TNAS_OK;
    while (row && *class_count < TNAS_CLASSES_MAX) {
        status = next_row(db, statement, &row);
        if (row)
            copy_text((*names)[(*class_count)++], TNAS_CLASS_NAME_BYTES, statement, 0);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*names);
        *names = NULL;
    }
    return status;
}

static tnas_status select_id(tnas_store_db *db, const char *sql, const char *text, int *id)
{
    *id = -1;
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, sql, &statement));
    if (text != NULL)
        bind_text(statement, 1, text);
    bool row;
    const tnas_status status = next_row(db, statement, &row);
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
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, "INSERT INTO target(key, mcu, profile, runtime) VALUES(?, ?, ?, ?)",
                     &statement));
    bind_text(statement, 1, key);
    bind_text(statement, 2, target->mcu);
    bind_text(statement, 3, target->profile);
    bind_text(statement, 4, target->runtime);
    TNAS_TRY(run_and_finish(db, statement, "add a target"));
    *id = (int)sqlite3_last_insert_rowid(db->handle);
    return TNAS_OK;
}

tnas_status tnas_db_find_finished(tnas_store_db *db, const char *mcu, int *id)
{
    return select_id(db,
                     "SELECT target FROM winner JOIN target ON target.id = winner.target "
                     "WHERE ?1 IS NULL OR mcu = ?1 ORDER BY finished DESC LIMIT 1",
                     mcu, id);
}

static void print_hash(uint64_t hash, char out[20])
{
    snprintf(out, 20, "%016llx", (unsigned long long)hash);
}

tnas_status tnas_db_add_candidate(tnas_store_db *db, int target, int id, const char *arch,
                                  const tnas_candidate *candidate)
{
    const tnas_cost *const cost = &candidate->cost;
    char hash[20];
    print_hash(candidate->hash, hash);
    sqlite3_stmt *statement;
    TNAS_TRY(
        prepare(db, "INSERT OR IGNORE INTO candidate VALUES(?,?,?,?,?,?,?,?,?,?,?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    sqlite3_bind_int(statement, 3, candidate->generation);
    bind_text(statement, 4, hash);
    bind_text(statement, 5, arch);
    sqlite3_bind_double(statement, 6, candidate->accuracy);
    sqlite3_bind_int64(statement, 7, cost->macs);
    sqlite3_bind_int64(statement, 8, (sqlite3_int64)cost->footprint.flash_bytes);
    sqlite3_bind_int64(statement, 9, (sqlite3_int64)cost->footprint.sram_bytes);
    if (cost->has_latency) {
        sqlite3_bind_double(statement, 10, cost->latency_ms);
        sqlite3_bind_double(statement, 11, cost->latency_upper_ms);
    }
    return run_and_finish(db, statement, "add a candidate");
}

tnas_status tnas_db_find_accuracy(tnas_store_db *db, int target, uint64_t hash, double *accuracy,
                                  bool *found)
{
    *accuracy = 0;
    char text[20];
    print_hash(hash, text);
    sqlite3_stmt *statement;
    TNAS_TRY(
        prepare(db, "SELECT accuracy FROM candidate WHERE target = ? AND hash = ?", &statement));
    sqlite3_bind_int(statement, 1, target);
    bind_text(statement, 2, text);
    const tnas_status status = next_row(db, statement, found);
    if (*found)
        *accuracy = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_winner(tnas_store_db *db, int target, const tnas_winner *winner)
{
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db,
                     "INSERT INTO winner VALUES"
                     "(?,(SELECT coalesce(max(finished), 0) + 1 FROM "
                     "winner),?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                     &statement));
    int column = 0;
    sqlite3_bind_int(statement, ++column, target);
    bind_text(statement, ++column, winner->arch);
    sqlite3_bind_double(statement, ++column, winner->accuracy_supernet);
    sqlite3_bind_double(statement, ++column, winner->accuracy_validation);
    sqlite3_bind_double(statement, ++column, winner->accuracy_float);
    sqlite3_bind_double(statement, ++column, winner->accuracy_int8);
    sqlite3_bind_int(statement, ++column, winner->test_count);
    sqlite3_bind_int64(statement, ++column, winner->macs);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)winner->flash_bytes);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)winner->sram_bytes);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)winner->stack_bytes);
    const double latency[] = {winner->latency_ms, winner->latency_low_ms, winner->latency_high_ms,
                              winner->latency_upper_ms};
    for (int i = 0; i < 4; i++) {
        column++;
        if (winner->has_latency)
            sqlite3_bind_double(statement, column, latency[i]);
    }
    sqlite3_bind_int(statement, ++column, winner->candidates);
    sqlite3_bind_int64(statement, ++column, winner->draws.drawn);
    sqlite3_bind_int64(statement, ++column, winner->draws.feasible);
    sqlite3_bind_int64(statement, ++column, winner->draws.over[TNAS_LIMIT_INDEX_FLASH]);
    sqlite3_bind_int64(statement, ++column, winner->draws.over[TNAS_LIMIT_INDEX_SRAM]);
    sqlite3_bind_int64(statement, ++column, winner->draws.over[TNAS_LIMIT_INDEX_LATENCY]);
    sqlite3_bind_double(statement, ++column, winner->seconds);
    return run_and_finish(db, statement, "write the winner");
}

static void read_winner(sqlite3_stmt *statement, tnas_winner *out)
{
    int column = 0;
    copy_text(out->mcu, sizeof out->mcu, statement, column++);
    copy_text(out->runtime, sizeof out->runtime, statement, column++);
    copy_text(out->profile, sizeof out->profile, statement, column++);
    copy_text(out->arch, sizeof out->arch, statement, column++);
    out->accuracy_supernet = sqlite3_column_double(statement, column++);
    out->accuracy_validation = sqlite3_column_double(statement, column++);
    out->accuracy_float = sqlite3_column_double(statement, column++);
    out->accuracy_int8 = sqlite3_column_double(statement, column++);
    out->test_count = sqlite3_column_int(statement, column++);
    out->macs = sqlite3_column_int64(statement, column++);
    out->flash_bytes = (size_t)sqlite3_column_int64(statement, column++);
    out->sram_bytes = (size_t)sqlite3_column_int64(statement, column++);
    out->stack_bytes = (size_t)sqlite3_column_int64(statement, column++);
    out->has_latency = sqlite3_column_type(statement, column) != SQLITE_NULL;
    out->latency_ms = sqlite3_column_double(statement, column++);
    out->latency_low_ms = sqlite3_column_double(statement, column++);
    out->latency_high_ms = sqlite3_column_double(statement, column++);
    out->latency_upper_ms = sqlite3_column_double(statement, column++);
    out->candidates = sqlite3_column_int(statement, column++);
    out->draws.drawn = sqlite3_column_int64(statement, column++);
    out->draws.feasible = sqlite3_column_int64(statement, column++);
    out->draws.over[TNAS_LIMIT_INDEX_FLASH] = sqlite3_column_int64(statement, column++);
    out->draws.over[TNAS_LIMIT_INDEX_SRAM] = sqlite3_column_int64(statement, column++);
    out->draws.over[TNAS_LIMIT_INDEX_LATENCY] = sqlite3_column_int64(statement, column++);
    out->seconds = sqlite3_column_double(statement, column);
}

tnas_status tnas_db_get_winner(tnas_store_db *db, int target, tnas_winner *out, bool *found)
{
    *out = (tnas_winner){0};
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db,
                     "SELECT mcu, runtime, profile, arch, accuracy_supernet, accuracy_validation, "
                     "accuracy_float, accuracy_int8, test_count, macs, flash_bytes, sram_bytes, "
                     "stack_bytes, latency_ms, latency_low_ms, latency_high_ms, "
                     "latency_upper_ms, candidates, drawn, feasible, over_flash, over_sram, "
                     "over_latency, seconds "
                     "FROM winner JOIN target ON target.id = winner.target WHERE target = ?",
                     &statement));
    sqlite3_bind_int(statement, 1, target);
    const tnas_status status = next_row(db, statement, found);
    if (*found)
        read_winner(statement, out);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_vector(tnas_store_db *db, int target, int id, const uint8_t *pixels,
                               size_t byte_count)
{
    sqlite3_stmt *statement;
    TNAS_TRY(prepare(db, "INSERT OR REPLACE INTO vector VALUES(?, ?, ?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    sqlite3_bind_blob64(statement, 3, pixels, byte_count, SQLITE_TRANSIENT);
    return run_and_finish(db, statement, "add a test vector");
}

tnas_status tnas_db_get_vectors(tnas_store_db *db, int target, size_t byte_count, uint8_t **pixels,
                                int *count)
{
    enum { VECTORS_MAX = 64 };
    *count = 0;
    *pixels = tnas_alloc_zero(VECTORS_MAX, byte_count);
    if (*pixels == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "test vectors of %s", db->path);
    sqlite3_stmt *statement;
    tnas_status status =
        prepare(db, "SELECT pixels FROM vector WHERE target = ? ORDER BY id", &statement);
    if (status == TNAS_OK)
        sqlite3_bind_int(statement, 1, target);
    bool row = status == TNAS_OK;
    while (row && *count < VECTORS_MAX) {
        status = next_row(db, statement, &row);
        if (!row)
            break;
        if ((size_t)sqlite3_column_bytes(statement, 0) != byte_count) {
            status = tnas_fail(TNAS_ERR_INPUT, "%s: test vector %d has %d bytes, must have %zu",
                               db->path, *count, sqlite3_column_bytes(statement, 0), byte_count);
            break;
        }
        memcpy(*pixels + (size_t)(*count)++ * byte_count, sqlite3_column_blob(statement, 0),
               byte_count);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*pixels);
        *pixels = NULL;
    }
    return status;
}
