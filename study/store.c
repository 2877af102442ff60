/* The store's file: opened, upgraded, closed; what the study is; transactions. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "study/store_internal.h"

tnas_status tnas_sql_fail(const tnas_store_db *db, const char *doing)
{
    return tnas_fail(TNAS_ERR_IO, "%s: cannot %s: %s", db->path, doing, sqlite3_errmsg(db->handle));
}

tnas_status tnas_sql_execute(tnas_store_db *db, const char *sql, const char *doing)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? TNAS_OK
                                                                        : tnas_sql_fail(db, doing);
}

tnas_status tnas_sql_prepare(tnas_store_db *db, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(db->handle, sql, -1, out, NULL) == SQLITE_OK
               ? TNAS_OK
               : tnas_sql_fail(db, "prepare a query");
}

tnas_status tnas_sql_run(tnas_store_db *db, sqlite3_stmt *statement, const char *doing)
{
    const int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? TNAS_OK : tnas_sql_fail(db, doing);
}

tnas_status tnas_sql_next(tnas_store_db *db, sqlite3_stmt *statement, bool *row)
{
    const int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? TNAS_OK : tnas_sql_fail(db, "read");
}

void tnas_sql_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

void tnas_sql_bind_double(sqlite3_stmt *statement, int index, double value)
{
    if (!isnan(value)) /* what is not bound is NULL */
        sqlite3_bind_double(statement, index, value);
}

void tnas_sql_bind_limit(sqlite3_stmt *statement, int index, size_t bytes)
{
    if (bytes != SIZE_MAX)
        sqlite3_bind_int64(statement, index, (sqlite3_int64)bytes);
}

tnas_status tnas_sql_count(tnas_store_db *db, const char *sql, int target, int finalist, int *count)
{
    *count = 0;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, sql, &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, finalist);
    bool row;
    const tnas_status status = tnas_sql_next(db, statement, &row);
    if (row)
        *count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

void tnas_sql_text(char *out, size_t out_bytes, sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, out_bytes, "%s", text != NULL ? (const char *)text : "");
}

double tnas_sql_double(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(statement, column);
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
        return tnas_sql_fail(db, "open");
    int version;
    TNAS_TRY(tnas_sql_execute(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "open"));
    TNAS_TRY(tnas_sql_version(db, &version));
    return version > 0 && version < TNAS_STORE_VERSION ? tnas_store_upgrade(db) : TNAS_OK;
}

/* A store in a folder that cannot be written has no writer, so its file alone is the truth
 * (immutable); elsewhere a log may wait to be read as well. */
static tnas_status open_file_for_reading(tnas_store_db *db)
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
        return tnas_sql_fail(db, "open");
    return TNAS_OK;
}

/* The file's content moves into memory, where it may be changed. */
static tnas_status copy_to_memory(tnas_store_db *db)
{
    sqlite3 *memory;
    const bool opened = sqlite3_open(":memory:", &memory) == SQLITE_OK;
    sqlite3_backup *backup =
        opened ? sqlite3_backup_init(memory, "main", db->handle, "main") : NULL;
    const bool copied = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    sqlite3_backup_finish(backup);
    if (!copied) {
        const tnas_status status = tnas_fail(TNAS_ERR_IO, "%s: cannot copy it into memory: %s",
                                             db->path, sqlite3_errmsg(memory));
        sqlite3_close(memory);
        return status;
    }
    sqlite3_close(db->handle);
    db->handle = memory;
    return TNAS_OK;
}

static tnas_status open_for_reading(tnas_store_db *db)
{
    TNAS_TRY(open_file_for_reading(db));
    int version;
    TNAS_TRY(tnas_sql_version(db, &version));
    if (version > 0 && version < TNAS_STORE_VERSION) {
        TNAS_TRY(copy_to_memory(db));
        TNAS_TRY(tnas_store_upgrade(db));
    }
    return TNAS_OK;
}

tnas_status tnas_db_open(const char *folder, tnas_store_db **out)
{
    return open_file(folder, open_for_writing, out);
}

tnas_status tnas_db_open_look(const char *folder, tnas_store_db **out, bool *empty)
{
    *out = NULL;
    *empty = true;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "study.db"));
    if (!tnas_file_exists(path))
        return tnas_fail(TNAS_ERR_INPUT, "%s is not a study: there is no study.db in it", folder);
    TNAS_TRY(open_file(folder, open_for_reading, out));
    const tnas_status status = tnas_db_check_version(*out, empty);
    if (status != TNAS_OK) {
        tnas_db_close(*out);
        *out = NULL;
    }
    return status;
}

tnas_status tnas_db_open_read(const char *folder, tnas_store_db **out)
{
    bool empty;
    TNAS_TRY(tnas_db_open_look(folder, out, &empty));
    if (!empty)
        return TNAS_OK;
    const tnas_status status =
        tnas_fail(TNAS_ERR_INPUT, "%s: nothing was ever stored in it", (*out)->path);
    tnas_db_close(*out);
    *out = NULL;
    return status;
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
    return tnas_sql_execute(db, "BEGIN IMMEDIATE", "start a transaction");
}

tnas_status tnas_db_commit(tnas_store_db *db)
{
    return tnas_sql_execute(db, "COMMIT", "commit");
}

tnas_status tnas_db_put_meta(tnas_store_db *db, const char *key, const char *value)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)", &statement));
    tnas_sql_bind_text(statement, 1, key);
    tnas_sql_bind_text(statement, 2, value);
    return tnas_sql_run(db, statement, "write meta");
}

tnas_status tnas_db_get_meta(tnas_store_db *db, const char *key, char *value, size_t value_bytes,
                             bool *found)
{
    value[0] = '\0';
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "SELECT value FROM meta WHERE key = ?", &statement));
    tnas_sql_bind_text(statement, 1, key);
    const tnas_status status = tnas_sql_next(db, statement, found);
    if (*found)
        tnas_sql_text(value, value_bytes, statement, 0);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_classes(tnas_store_db *db, char (*names)[TNAS_CLASS_NAME_BYTES],
                                int class_count)
{
    for (int i = 0; i < class_count; i++) {
        sqlite3_stmt *statement;
        TNAS_TRY(tnas_sql_prepare(db, "INSERT INTO class VALUES(?, ?)", &statement));
        sqlite3_bind_int(statement, 1, i);
        tnas_sql_bind_text(statement, 2, names[i]);
        TNAS_TRY(tnas_sql_run(db, statement, "write classes"));
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
    tnas_status status = tnas_sql_prepare(db, "SELECT name FROM class ORDER BY id", &statement);
    bool row = status == TNAS_OK;
    while (row && *class_count < TNAS_CLASSES_MAX) {
        status = tnas_sql_next(db, statement, &row);
        if (row)
            tnas_sql_text((*names)[(*class_count)++], TNAS_CLASS_NAME_BYTES, statement, 0);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*names);
        *names = NULL;
    }
    return status;
}
