/* The store's file and the few lines of SQLite that its parts share. Private to study/. */
#ifndef TNAS_STUDY_STORE_INTERNAL_H
#define TNAS_STUDY_STORE_INTERNAL_H

#include <sqlite3.h>

#include "study/store.h"

struct tnas_store_db {
    sqlite3 *handle;
    char path[TNAS_PATH_BYTES];
};

/* "FILE: cannot DOING: why". */
tnas_status tnas_sql_fail(const tnas_store_db *db, const char *doing);

/* Statements without values or rows. */
tnas_status tnas_sql_execute(tnas_store_db *db, const char *sql, const char *doing);

/* A prepared statement; bound with the sqlite3_bind functions, ended with tnas_sql_run or
 * sqlite3_finalize. */
tnas_status tnas_sql_prepare(tnas_store_db *db, const char *sql, sqlite3_stmt **out);
/* Runs a statement that returns no row, and ends it. */
tnas_status tnas_sql_run(tnas_store_db *db, sqlite3_stmt *statement, const char *doing);
/* Steps to the next row; *row is false at the end. */
tnas_status tnas_sql_next(tnas_store_db *db, sqlite3_stmt *statement, bool *row);

void tnas_sql_bind_text(sqlite3_stmt *statement, int index, const char *text);
/* NAN is stored as NULL and read back as NAN. */
void tnas_sql_bind_double(sqlite3_stmt *statement, int index, double value);
/* SIZE_MAX, no limit, is stored as NULL. */
void tnas_sql_bind_limit(sqlite3_stmt *statement, int index, size_t bytes);
/* The answer to a count(*) whose first parameter is a target, its second, if any, a finalist. */
tnas_status tnas_sql_count(tnas_store_db *db, const char *sql, int target, int finalist,
                           int *count);
void tnas_sql_text(char *out, size_t out_bytes, sqlite3_stmt *statement, int column);
double tnas_sql_double(sqlite3_stmt *statement, int column);

/* migrate.c. The version of an open file; 0 when nothing was ever committed. */
tnas_status tnas_sql_version(tnas_store_db *db, int *version);
/* Of an earlier version: all tables become those of TNAS_STORE_VERSION, in one transaction. */
tnas_status tnas_store_upgrade(tnas_store_db *db);

#endif
