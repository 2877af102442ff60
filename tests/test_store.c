/* The study's store: what is written is read back, a store of version 1 is upgraded to the very
 * tables of a new one, a later one is refused, and the documented columns are the real ones. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "study/store.h"
#include "tests/testing.h"

/* What version 1 of the program made, with a finished target and an unfinished one. */
static const char version_1[] =
    "PRAGMA journal_mode=WAL;"
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
    "  PRIMARY KEY(target, id));"
    "INSERT INTO meta VALUES('seed', '7'), ('supernet.steps', '60'), ('search.population', '8'),"
    "  ('finetune.steps', '61'), ('finish.calibration_images', '512'),"
    "  ('supernet.optimizer', '1'), ('finetune.optimizer', '0'), ('search.space_samples', '100');"
    "INSERT INTO class VALUES(0, 'cat'), (1, 'dog');"
    "INSERT INTO target VALUES"
    "  (1, 'stm32h743-00ff/tinynas/flash=49152-10/sram=none-20/latency=30@upper', 'stm32h743',"
    "   '/profiles/stm32h743.json', 'tinynas'),"
    "  (2, 'stm32f746-00ff/tinynas/flash=none-0/sram=32768-0/latency=none', 'stm32f746',"
    "   '/profiles/stm32f746.json', 'tinynas');"
    "INSERT INTO candidate VALUES(1, 0, 0, '00000000000000aa', 'k=3', 0.5, 1000, 2000, 3000, 4, 5),"
    "  (1, 1, 0, '00000000000000ab', 'k=5', 0.625, 1001, 2001, 3001, NULL, NULL);"
    "INSERT INTO winner VALUES(1, 1, 'k=5', 0.625, 0.75, 0.875, 0.8125, 100, 1001, 2001, 3001, 64,"
    "  4, 3, 6, 5, 2, 40, 30, 4, 5, 6, 1.5);"
    "INSERT INTO vector VALUES(1, 0, x'0102');"
    "PRAGMA user_version=1;";

static sqlite3 *open_raw(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, "study.db"));
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run_sql(const char *folder, const char *sql)
{
    sqlite3 *const db = open_raw(folder);
    char *message = NULL;
    sqlite3_exec(db, sql, NULL, NULL, &message);
    ck_assert_msg(message == NULL, "%s", message);
    sqlite3_close(db);
}

/* All rows of a query, columns with | and rows with line feeds between them. */
static void query(const char *folder, const char *sql, char *out, size_t out_bytes)
{
    sqlite3 *const db = open_raw(folder);
    sqlite3_stmt *statement;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    size_t used = 0;
    out[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *const text = (const char *)sqlite3_column_text(statement, i);
            const char *const end = i + 1 < sqlite3_column_count(statement) ? "|" : "\n";
            used += (size_t)snprintf(out + used, out_bytes - used, "%s%s",
                                     text != NULL ? text : "-", end);
            ck_assert_uint_lt(used, out_bytes);
        }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void check_query(const char *folder, const char *sql, const char *expected)
{
    char text[4096];
    query(folder, sql, text, sizeof text);
    ck_assert_msg(strcmp(text, expected) == 0, "%s gives \"%s\", not \"%s\"", sql, text, expected);
}

static const char tables_and_columns[] =
    "SELECT m.name, p.name, p.type, p.\"notnull\", p.pk FROM sqlite_master AS m "
    "JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' ORDER BY m.name, p.cid";

static tnas_store_db *new_store(char folder[TNAS_PATH_BYTES])
{
    temporary_folder(folder);
    tnas_store_db *db;
    ck_ok(tnas_db_open(folder, &db));
    ck_ok(tnas_db_begin(db));
    ck_ok(tnas_db_create_tables(db));
    ck_ok(tnas_db_commit(db));
    return db;
}

START_TEST(a_store_of_version_1_gets_the_tables_of_a_new_one_and_keeps_its_content)
{
    char old[TNAS_PATH_BYTES], fresh[TNAS_PATH_BYTES], expected[16384], got[16384];
    temporary_folder(old);
    run_sql(old, version_1);
    tnas_store_db *db;
    ck_ok(tnas_db_open(old, &db));
    tnas_db_close(db);
    tnas_db_close(new_store(fresh));
    query(fresh, tables_and_columns, expected, sizeof expected);
    query(old, tables_and_columns, got, sizeof got);
    ck_assert_str_eq(got, expected);
    check_query(old, "PRAGMA user_version", "3\n");
    check_query(old, "SELECT * FROM meta",
                "seed|7\nsupernet.steps|60\nsupernet.optimizer|adamw\nchoice.samples|100\n");
    check_query(old, "SELECT * FROM class", "0|cat\n1|dog\n");
    check_query(old, "SELECT * FROM setting ORDER BY target, key",
                "1|finetune.optimizer|sgd\n1|finetune.steps|61\n1|finish.calibration_images|512\n1|"
                "search.population|8\n"
                "2|finetune.optimizer|sgd\n2|finetune.steps|61\n2|finish.calibration_images|512\n2|"
                "search.population|8\n");
    check_query(old,
                "SELECT id, mcu, profile, flash_limit_bytes, sram_limit_bytes, latency_limit_ms, "
                "latency_at, flash_reserve_bytes, sram_reserve_bytes, clock_mhz FROM target",
                "1|stm32h743|/profiles/stm32h743.json|49152|-|30.0|upper|10|20|-\n"
                "2|stm32f746|/profiles/stm32f746.json|-|32768|-|upper|0|0|-\n");
    check_query(old, "SELECT * FROM candidate",
                "1|0|0|00000000000000aa|k=3|measured|0.5|-|0|1000|2000|3000|4.0|5.0\n"
                "1|1|0|00000000000000ab|k=5|measured|0.625|-|0|1001|2001|3001|-|-\n");
    check_query(old, "SELECT * FROM finalist",
                "1|1|1|k=5|0.625|-|0.75|0.875|0.8125|100|1001|2001|3001|64|4.0|3.0|6.0|5.0|"
                "targets/1/model.tnm|1\n");
    check_query(old, "SELECT * FROM winner", "1|1|1|2|40|30|4|5|6|1.5\n");
    check_query(old, "SELECT target, id, hex(pixels) FROM vector", "1|0|0102\n");
}
END_TEST

static tnas_candidate some_candidate(uint64_t hash)
{
    return (tnas_candidate){
        .hash = hash,
        .accuracy = 0.25,
        .generation = 3,
        .cost = {.macs = 77,
                 .footprint = {.flash_bytes = 11, .sram_bytes = 12},
                 .has_latency = true,
                 .latency_ms = 1.5,
                 .latency_upper_ms = 1.75},
    };
}

START_TEST(a_store_of_version_2_gets_what_is_new_and_keeps_its_content)
{
    char old[TNAS_PATH_BYTES], fresh[TNAS_PATH_BYTES], expected[16384], got[16384];
    tnas_store_db *db = new_store(old);
    const tnas_candidate a = some_candidate(5);
    ck_ok(tnas_db_add_candidate(db, 1, 0, "k=3", &a, false));
    tnas_db_close(db);
    run_sql(old, "DROP TABLE refused; PRAGMA user_version=2");
    tnas_candidate_row *rows;
    int count;
    ck_ok(tnas_db_open_read(old, &db));
    ck_ok(tnas_db_get_refused(db, 1, &rows, &count));
    ck_assert_int_eq(count, 0);
    tnas_candidate_rows_free(rows, count);
    tnas_db_close(db);
    check_query(old, "PRAGMA user_version", "2\n");
    ck_ok(tnas_db_open(old, &db));
    tnas_db_close(db);
    tnas_db_close(new_store(fresh));
    query(fresh, tables_and_columns, expected, sizeof expected);
    query(old, tables_and_columns, got, sizeof got);
    ck_assert_str_eq(got, expected);
    check_query(old, "PRAGMA user_version", "3\n");
    check_query(old, "SELECT id, arch FROM candidate", "0|k=3\n");
}
END_TEST

/* The winner as a reader of an old store sees it. */
static void check_old_winner(const char *folder)
{
    tnas_store_db *db;
    ck_ok(tnas_db_open_read(folder, &db));
    tnas_winner winner;
    bool found;
    ck_ok(tnas_db_get_winner(db, 1, &winner, &found));
    ck_assert(found);
    ck_assert_str_eq(winner.arch, "k=5");
    ck_assert_str_eq(winner.mcu, "stm32h743");
    ck_assert_str_eq(winner.model, "targets/1/model.tnm");
    ck_assert_double_eq(winner.accuracy_int8, 0.8125);
    ck_assert_double_eq(winner.accuracy_validation, 0.75);
    ck_assert_int_eq(winner.draws.over[TNAS_LIMIT_INDEX_LATENCY], 6);
    ck_ok(tnas_db_get_winner(db, 2, &winner, &found));
    ck_assert(!found);
    tnas_db_close(db);
}

START_TEST(reading_a_store_of_version_1_leaves_its_file_as_it_is)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    run_sql(folder, version_1);
    check_old_winner(folder);
    check_query(folder, "PRAGMA user_version", "1\n");
    ck_assert_int_eq(chmod(folder, 0555), 0);
    check_old_winner(folder);
    ck_assert_int_eq(chmod(folder, 0755), 0);
}
END_TEST

START_TEST(an_upgrade_that_fails_changes_nothing)
{
    char folder[TNAS_PATH_BYTES], before[16384], after[16384];
    temporary_folder(folder);
    run_sql(folder, version_1);
    run_sql(folder, "UPDATE target SET key = 'what is this' WHERE id = 2");
    query(folder, tables_and_columns, before, sizeof before);
    tnas_store_db *db;
    ck_fails(TNAS_ERR_INPUT, "target 2 has the key what is this", tnas_db_open(folder, &db));
    ck_assert_ptr_null(db);
    query(folder, tables_and_columns, after, sizeof after);
    ck_assert_str_eq(before, after);
    check_query(folder, "PRAGMA user_version", "1\n");
    check_query(folder, "SELECT count(*) FROM candidate", "2\n");
}
END_TEST

START_TEST(a_store_of_a_later_version_is_refused)
{
    char folder[TNAS_PATH_BYTES];
    tnas_db_close(new_store(folder));
    run_sql(folder, "PRAGMA user_version=4");
    tnas_store_db *db;
    ck_fails(TNAS_ERR_INPUT, "study version 4; this program reads version 3 and older",
             tnas_db_open_read(folder, &db));
    ck_assert_ptr_null(db);
    ck_ok(tnas_db_open(folder, &db));
    bool empty;
    ck_fails(TNAS_ERR_INPUT, "study version 4", tnas_db_check_version(db, &empty));
    tnas_db_close(db);
}
END_TEST

START_TEST(what_was_refused_is_read_back_and_replaced_as_a_whole)
{
    char folder[TNAS_PATH_BYTES];
    tnas_store_db *const db = new_store(folder);
    tnas_candidate late = some_candidate(1), early = some_candidate(2);
    late.generation = 5;
    early.cost.has_latency = false;
    ck_ok(tnas_db_add_refused(db, 1, "k=7", &late));
    ck_ok(tnas_db_add_refused(db, 1, "k=9", &early));
    ck_ok(tnas_db_add_refused(db, 2, "k=9", &early));
    tnas_candidate_row *rows;
    int count;
    ck_ok(tnas_db_get_refused(db, 1, &rows, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_str_eq(rows[0].arch, "k=9");
    ck_assert(isnan(rows[0].latency_ms) && isnan(rows[0].accuracy) && rows[0].id == -1);
    ck_assert_int_eq(rows[1].generation, 5);
    ck_assert_uint_eq(rows[1].hash, 1);
    ck_assert_int_eq(rows[1].macs, late.cost.macs);
    ck_assert_uint_eq(rows[1].sram_bytes, late.cost.footprint.sram_bytes);
    ck_assert_uint_eq(rows[1].flash_bytes, late.cost.footprint.flash_bytes);
    ck_assert_double_eq(rows[1].latency_upper_ms, late.cost.latency_upper_ms);
    tnas_candidate_rows_free(rows, count);
    ck_ok(tnas_db_clear_refused(db, 1));
    ck_ok(tnas_db_get_refused(db, 1, &rows, &count));
    ck_assert_int_eq(count, 0);
    tnas_candidate_rows_free(rows, count);
    ck_ok(tnas_db_get_refused(db, 2, &rows, &count));
    ck_assert_int_eq(count, 1);
    tnas_candidate_rows_free(rows, count);
    tnas_db_close(db);
}
END_TEST

START_TEST(candidates_are_read_back_as_they_were_scored)
{
    char folder[TNAS_PATH_BYTES];
    tnas_store_db *const db = new_store(folder);
    const tnas_candidate a = some_candidate(0xfedcba9876543210u), b = some_candidate(2);
    ck_ok(tnas_db_add_candidate(db, 1, 0, "k=3", &a, true));
    ck_ok(tnas_db_add_candidate(db, 1, 1, "k=5", &b, false));
    ck_ok(tnas_db_add_candidate(db, 1, 1, "k=7", &b, true)); /* there already */
    ck_fails(TNAS_ERR_INPUT, "candidate 1 of target 1 is another network than this search draws",
             tnas_db_add_candidate(db, 1, 1, "k=3", &a, true));
    ck_fails(TNAS_ERR_INPUT, "candidate 2 of target 1 is another network",
             tnas_db_add_candidate(db, 1, 2, "k=3", &a, true));
    ck_ok(tnas_db_rescore_candidate(db, 1, 1, 0.125));
    ck_ok(tnas_db_put_front(db, 1, (int[]){0}, 1));
    ck_ok(tnas_db_put_front(db, 1, (int[]){1}, 1));
    tnas_candidate_row *rows, *row;
    int count;
    ck_ok(tnas_db_get_candidates(db, 1, &rows, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(rows[0].hash, a.hash);
    ck_assert(rows[0].predicted && !rows[1].predicted);
    ck_assert(!rows[0].on_front && rows[1].on_front);
    ck_assert_double_eq(rows[0].accuracy, 0.25);
    ck_assert(isnan(rows[0].accuracy_int8));
    ck_assert_double_eq(rows[1].accuracy_int8, 0.125);
    ck_assert_str_eq(rows[1].arch, "k=5");
    ck_assert_int_eq(rows[1].generation, 3);
    ck_assert_double_eq(rows[1].latency_upper_ms, 1.75);
    tnas_candidate_rows_free(rows, count);
    bool found;
    ck_ok(tnas_db_find_candidate(db, 1, 2, &row, &found));
    ck_assert(found);
    ck_assert_int_eq(row->id, 1);
    tnas_candidate_rows_free(row, 1);
    ck_ok(tnas_db_find_candidate(db, 2, 2, &row, &found));
    ck_assert(!found);
    ck_assert_ptr_null(row);
    tnas_db_close(db);
}
END_TEST

START_TEST(a_finalist_its_layers_and_its_confusion_are_read_back)
{
    char folder[TNAS_PATH_BYTES];
    tnas_store_db *const db = new_store(folder);
    const tnas_finalist in = {.id = 1,
                              .candidate = 4,
                              .arch = "k=3",
                              .accuracy_supernet = 0.5,
                              .validation_float = 0.75,
                              .validation_int8 = 0.625,
                              .test_float = NAN,
                              .test_int8 = NAN,
                              .macs = 5,
                              .stack_bytes = 6,
                              .model = "targets/1/1.tnm"};
    ck_ok(tnas_db_put_finalist(db, 1, &in));
    tnas_finalist *out;
    int count;
    ck_ok(tnas_db_get_finalists(db, 1, &out, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(out[0].candidate, 4);
    ck_assert_double_eq(out[0].validation_int8, 0.625);
    ck_assert(isnan(out[0].test_int8) && !out[0].has_latency && !out[0].chosen);
    ck_assert_str_eq(out[0].model, in.model);
    tnas_free(out);
    const tnas_layer_loss losses[] = {
        {.layer = 0, .name = "conv2d 3x3", .sqnr_db = 30.5, .accuracy = NAN},
        {.layer = 0, .name = "conv2d 3x3", .sqnr_db = 20, .accuracy = 0.5, .before_tuning = true},
    };
    for (int i = 0; i < 2; i++)
        ck_ok(tnas_db_put_layer_loss(db, 1, 1, &losses[i]));
    tnas_layer_loss *read;
    ck_ok(tnas_db_get_layer_losses(db, 1, 1, &read, &count));
    ck_assert_int_eq(count, 2);
    ck_assert(read[0].before_tuning && !read[1].before_tuning);
    ck_assert_double_eq(read[0].accuracy, 0.5);
    ck_assert(isnan(read[1].accuracy));
    ck_assert_double_eq(read[1].sqnr_db, 30.5);
    tnas_free(read);
    const int counts[4] = {5, 0, 2, 7};
    int confusion[4];
    ck_ok(tnas_db_put_confusion(db, 1, 1, counts, 2));
    ck_ok(tnas_db_get_confusion(db, 1, 1, confusion, 2));
    ck_assert_mem_eq(confusion, counts, sizeof counts);
    ck_fails(TNAS_ERR_INPUT, "there are 1", tnas_db_get_confusion(db, 1, 1, confusion, 1));
    tnas_db_close(db);
}
END_TEST

START_TEST(targets_settings_and_curves_are_read_back)
{
    char folder[TNAS_PATH_BYTES], value[16];
    tnas_store_db *const db = new_store(folder);
    tnas_search_target target = {
        .mcu = "stm32h743",
        .runtime = "tinynas",
        .profile = "/profiles/stm32h743.json",
        .limits = {.flash_bytes = 1000, .sram_bytes = SIZE_MAX, .latency_ms = INFINITY}};
    int id;
    ck_ok(tnas_db_target(db, &target, &id));
    ck_assert_int_eq(id, 1);
    ck_ok(tnas_db_describe_target(db, id, 480, "prior, 0 measurements"));
    target.limits.latency_ms = 12.5;
    target.limits.latency_at_mean = true;
    ck_ok(tnas_db_target(db, &target, &id));
    ck_assert_int_eq(id, 2);
    ck_ok(tnas_db_target(db, &target, &id));
    ck_assert_int_eq(id, 2);
    tnas_target_row *rows;
    int count;
    ck_ok(tnas_db_get_targets(db, &rows, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(rows[0].target.limits.flash_bytes, 1000);
    ck_assert_uint_eq(rows[0].target.limits.sram_bytes, SIZE_MAX);
    ck_assert(isinf(rows[0].target.limits.latency_ms) && !rows[0].finished);
    ck_assert_double_eq(rows[0].clock_mhz, 480);
    ck_assert_str_eq(rows[0].latency_source, "prior, 0 measurements");
    ck_assert_double_eq(rows[1].target.limits.latency_ms, 12.5);
    ck_assert(rows[1].target.limits.latency_at_mean && isnan(rows[1].clock_mhz));
    tnas_free(rows);
    bool found;
    ck_ok(tnas_db_put_setting(db, 2, "search.generations", "5"));
    ck_ok(tnas_db_put_setting(db, 2, "search.generations", "4"));
    ck_ok(tnas_db_get_setting(db, 2, "search.generations", value, sizeof value, &found));
    ck_assert(found);
    ck_assert_str_eq(value, "4");
    ck_ok(tnas_db_get_setting(db, 1, "search.generations", value, sizeof value, &found));
    ck_assert(!found);
    const tnas_curve_point points[] = {{20, 1.5, 0.5}, {10, 2.5, 0.25}, {20, 1.25, 0.75}};
    for (int i = 0; i < 3; i++)
        ck_ok(tnas_db_put_curve(db, 0, "supernet", &points[i]));
    tnas_curve_point *curve;
    ck_ok(tnas_db_get_curve(db, 0, "supernet", &curve, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(curve[0].step, 10);
    ck_assert_double_eq(curve[1].loss, 1.25);
    tnas_free(curve);
    tnas_db_close(db);
}
END_TEST

/* docs/formats.md, made of lines "### Table `NAME`" and "| `COLUMN` | TYPE | meaning |", as
 * "NAME|COLUMN|TYPE" lines sorted by table. */
static void read_documented_columns(char *out, size_t out_bytes)
{
    FILE *const file = fopen("docs/formats.md", "r");
    ck_assert_ptr_nonnull(file);
    char line[2048], table[48] = "", column[48], type[16];
    size_t used = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            table[0] = '\0';
        if (sscanf(line, "### Table `%47[a-z_]`", table) == 1)
            continue;
        if (table[0] != '\0' && sscanf(line, "| `%47[a-z_0-9]` | %15[A-Z] |", column, type) == 2)
            used +=
                (size_t)snprintf(out + used, out_bytes - used, "%s|%s|%s\n", table, column, type);
        ck_assert_uint_lt(used, out_bytes);
    }
    fclose(file);
}

START_TEST(the_documented_tables_and_columns_are_those_of_a_store)
{
    char folder[TNAS_PATH_BYTES], documented[8192] = "", real[8192];
    tnas_db_close(new_store(folder));
    read_documented_columns(documented, sizeof documented);
    /* Tables in the order of their making, as the page has them. */
    query(folder,
          "SELECT m.name, p.name, p.type FROM sqlite_master AS m "
          "JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' ORDER BY m.rowid, p.cid",
          real, sizeof real);
    ck_assert_str_eq(documented, real);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("store");
    TCase *const tc = tcase_create("store");
    tcase_add_test(tc, a_store_of_version_1_gets_the_tables_of_a_new_one_and_keeps_its_content);
    tcase_add_test(tc, a_store_of_version_2_gets_what_is_new_and_keeps_its_content);
    tcase_add_test(tc, reading_a_store_of_version_1_leaves_its_file_as_it_is);
    tcase_add_test(tc, an_upgrade_that_fails_changes_nothing);
    tcase_add_test(tc, a_store_of_a_later_version_is_refused);
    tcase_add_test(tc, what_was_refused_is_read_back_and_replaced_as_a_whole);
    tcase_add_test(tc, candidates_are_read_back_as_they_were_scored);
    tcase_add_test(tc, a_finalist_its_layers_and_its_confusion_are_read_back);
    tcase_add_test(tc, targets_settings_and_curves_are_read_back);
    tcase_add_test(tc, the_documented_tables_and_columns_are_those_of_a_store);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
