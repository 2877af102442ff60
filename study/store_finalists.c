/* The store's finalists, what int8 costs them, and the winner among them. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "study/store_internal.h"

tnas_status tnas_db_put_finalist(tnas_store_db *db, int target, const tnas_finalist *finalist)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "INSERT OR REPLACE INTO finalist VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        &statement));
    int column = 0;
    sqlite3_bind_int(statement, ++column, target);
    sqlite3_bind_int(statement, ++column, finalist->id);
    column++;
    if (finalist->candidate >= 0)
        sqlite3_bind_int(statement, column, finalist->candidate);
    tnas_sql_bind_text(statement, ++column, finalist->arch);
    tnas_sql_bind_double(statement, ++column, finalist->accuracy_supernet);
    tnas_sql_bind_double(statement, ++column, finalist->validation_float);
    tnas_sql_bind_double(statement, ++column, finalist->validation_int8);
    tnas_sql_bind_double(statement, ++column, finalist->test_float);
    tnas_sql_bind_double(statement, ++column, finalist->test_int8);
    sqlite3_bind_int(statement, ++column, finalist->test_count);
    sqlite3_bind_int64(statement, ++column, finalist->macs);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)finalist->flash_bytes);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)finalist->sram_bytes);
    sqlite3_bind_int64(statement, ++column, (sqlite3_int64)finalist->stack_bytes);
    const double latency[] = {finalist->latency_ms, finalist->latency_low_ms,
                              finalist->latency_high_ms, finalist->latency_upper_ms};
    for (int i = 0; i < 4; i++)
        tnas_sql_bind_double(statement, ++column, finalist->has_latency ? latency[i] : NAN);
    tnas_sql_bind_text(statement, ++column, finalist->model);
    sqlite3_bind_int(statement, ++column, finalist->chosen);
    return tnas_sql_run(db, statement, "write a finalist");
}

#define FINALIST_COLUMNS                                                                           \
    "finalist.id, candidate, arch, accuracy_supernet, validation_float, validation_int8, "         \
    "test_float, test_int8, test_count, macs, flash_bytes, sram_bytes, stack_bytes, latency_ms, "  \
    "latency_low_ms, latency_high_ms, latency_upper_ms, model, chosen"
enum { FINALIST_COLUMN_COUNT = 19 };

static void read_finalist(sqlite3_stmt *statement, tnas_finalist *out)
{
    int column = 0;
    out->id = sqlite3_column_int(statement, column++);
    const bool known = sqlite3_column_type(statement, column) != SQLITE_NULL;
    out->candidate = known ? sqlite3_column_int(statement, column) : -1;
    column++;
    tnas_sql_text(out->arch, sizeof out->arch, statement, column++);
    out->accuracy_supernet = tnas_sql_double(statement, column++);
    out->validation_float = tnas_sql_double(statement, column++);
    out->validation_int8 = tnas_sql_double(statement, column++);
    out->test_float = tnas_sql_double(statement, column++);
    out->test_int8 = tnas_sql_double(statement, column++);
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
    tnas_sql_text(out->model, sizeof out->model, statement, column++);
    out->chosen = sqlite3_column_int(statement, column) != 0;
}

tnas_status tnas_db_get_finalists(tnas_store_db *db, int target, tnas_finalist **finalists,
                                  int *count)
{
    *finalists = NULL;
    *count = 0;
    int most;
    TNAS_TRY(
        tnas_sql_count(db, "SELECT count(*) FROM finalist WHERE target = ?", target, 0, &most));
    *finalists = tnas_alloc_zero((size_t)most + 1, sizeof **finalists);
    if (*finalists == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "finalists of %s", db->path);
    sqlite3_stmt *statement;
    tnas_status status = tnas_sql_prepare(
        db, "SELECT " FINALIST_COLUMNS " FROM finalist WHERE target = ? ORDER BY id", &statement);
    if (status == TNAS_OK)
        sqlite3_bind_int(statement, 1, target);
    bool row = status == TNAS_OK;
    while (row && *count < most) {
        status = tnas_sql_next(db, statement, &row);
        if (row)
            read_finalist(statement, &(*finalists)[(*count)++]);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*finalists);
        *finalists = NULL;
        *count = 0;
    }
    return status;
}

tnas_status tnas_db_put_layer_loss(tnas_store_db *db, int target, int finalist,
                                   const tnas_layer_loss *loss)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT OR REPLACE INTO layer_loss VALUES(?,?,?,?,?,?,?)",
                              &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, finalist);
    sqlite3_bind_int(statement, 3, loss->layer);
    sqlite3_bind_int(statement, 4, loss->before_tuning);
    tnas_sql_bind_text(statement, 5, loss->name);
    tnas_sql_bind_double(statement, 6, loss->sqnr_db);
    tnas_sql_bind_double(statement, 7, loss->accuracy);
    return tnas_sql_run(db, statement, "write a layer's loss");
}

tnas_status tnas_db_get_layer_losses(tnas_store_db *db, int target, int finalist,
                                     tnas_layer_loss **losses, int *count)
{
    *losses = NULL;
    *count = 0;
    int most;
    TNAS_TRY(tnas_sql_count(db, "SELECT count(*) FROM layer_loss WHERE target = ? AND finalist = ?",
                            target, finalist, &most));
    *losses = tnas_alloc_zero((size_t)most + 1, sizeof **losses);
    if (*losses == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "layers of %s", db->path);
    sqlite3_stmt *statement;
    tnas_status status =
        tnas_sql_prepare(db,
                         "SELECT layer, before_tuning, name, sqnr_db, accuracy FROM layer_loss "
                         "WHERE target = ? AND finalist = ? ORDER BY before_tuning DESC, layer",
                         &statement);
    if (status == TNAS_OK) {
        sqlite3_bind_int(statement, 1, target);
        sqlite3_bind_int(statement, 2, finalist);
    }
    bool row = status == TNAS_OK;
    while (row && *count < most) {
        status = tnas_sql_next(db, statement, &row);
        if (!row)
            break;
        tnas_layer_loss *const loss = &(*losses)[(*count)++];
        loss->layer = sqlite3_column_int(statement, 0);
        loss->before_tuning = sqlite3_column_int(statement, 1) != 0;
        tnas_sql_text(loss->name, sizeof loss->name, statement, 2);
        loss->sqnr_db = tnas_sql_double(statement, 3);
        loss->accuracy = tnas_sql_double(statement, 4);
    }
    sqlite3_finalize(statement);
    if (status != TNAS_OK) {
        tnas_free(*losses);
        *losses = NULL;
        *count = 0;
    }
    return status;
}

tnas_status tnas_db_put_confusion(tnas_store_db *db, int target, int finalist, const int *counts,
                                  int class_count)
{
    for (int i = 0; i < class_count * class_count; i++) {
        if (counts[i] == 0)
            continue;
        sqlite3_stmt *statement;
        TNAS_TRY(
            tnas_sql_prepare(db, "INSERT OR REPLACE INTO confusion VALUES(?,?,?,?,?)", &statement));
        sqlite3_bind_int(statement, 1, target);
        sqlite3_bind_int(statement, 2, finalist);
        sqlite3_bind_int(statement, 3, i / class_count);
        sqlite3_bind_int(statement, 4, i % class_count);
        sqlite3_bind_int(statement, 5, counts[i]);
        TNAS_TRY(tnas_sql_run(db, statement, "write the confusion matrix"));
    }
    return TNAS_OK;
}

tnas_status tnas_db_get_confusion(tnas_store_db *db, int target, int finalist, int *counts,
                                  int class_count)
{
    memset(counts, 0, sizeof *counts * (size_t)class_count * (size_t)class_count);
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db, "SELECT label, answer, count FROM confusion WHERE target = ? AND finalist = ?",
        &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, finalist);
    tnas_status status;
    bool row;
    while ((status = tnas_sql_next(db, statement, &row)) == TNAS_OK && row) {
        const int label = sqlite3_column_int(statement, 0);
        const int answer = sqlite3_column_int(statement, 1);
        if (label < 0 || label >= class_count || answer < 0 || answer >= class_count) {
            status = tnas_fail(TNAS_ERR_INPUT, "%s: confusion of class %d with %d, there are %d",
                               db->path, label, answer, class_count);
            break;
        }
        counts[label * class_count + answer] = sqlite3_column_int(statement, 2);
    }
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_winner(tnas_store_db *db, int target, const tnas_winner *winner)
{
    const tnas_draw_counts *const draws = &winner->draws;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db,
                              "INSERT INTO winner VALUES"
                              "(?,(SELECT coalesce(max(finished), 0) + 1 FROM winner),"
                              "?,?,?,?,?,?,?,?)",
                              &statement));
    int column = 0;
    sqlite3_bind_int(statement, ++column, target);
    sqlite3_bind_int(statement, ++column, winner->finalist);
    sqlite3_bind_int(statement, ++column, winner->candidates);
    sqlite3_bind_int64(statement, ++column, draws->drawn);
    sqlite3_bind_int64(statement, ++column, draws->feasible);
    sqlite3_bind_int64(statement, ++column, draws->over[TNAS_LIMIT_INDEX_FLASH]);
    sqlite3_bind_int64(statement, ++column, draws->over[TNAS_LIMIT_INDEX_SRAM]);
    sqlite3_bind_int64(statement, ++column, draws->over[TNAS_LIMIT_INDEX_LATENCY]);
    sqlite3_bind_double(statement, ++column, winner->seconds);
    return tnas_sql_run(db, statement, "write the winner");
}

void tnas_winner_take_finalist(tnas_winner *winner, const tnas_finalist *finalist)
{
    winner->finalist = finalist->id;
    memcpy(winner->arch, finalist->arch, sizeof winner->arch);
    winner->accuracy_supernet = finalist->accuracy_supernet;
    winner->accuracy_validation = finalist->validation_int8;
    winner->accuracy_float = finalist->test_float;
    winner->accuracy_int8 = finalist->test_int8;
    winner->test_count = finalist->test_count;
    winner->macs = finalist->macs;
    winner->flash_bytes = finalist->flash_bytes;
    winner->sram_bytes = finalist->sram_bytes;
    winner->stack_bytes = finalist->stack_bytes;
    winner->has_latency = finalist->has_latency;
    winner->latency_ms = finalist->latency_ms;
    winner->latency_low_ms = finalist->latency_low_ms;
    winner->latency_high_ms = finalist->latency_high_ms;
    winner->latency_upper_ms = finalist->latency_upper_ms;
    memcpy(winner->model, finalist->model, sizeof winner->model);
}

static void read_winner(sqlite3_stmt *statement, tnas_winner *out)
{
    tnas_finalist finalist;
    read_finalist(statement, &finalist);
    tnas_winner_take_finalist(out, &finalist);
    int column = FINALIST_COLUMN_COUNT;
    tnas_sql_text(out->mcu, sizeof out->mcu, statement, column++);
    tnas_sql_text(out->runtime, sizeof out->runtime, statement, column++);
    tnas_sql_text(out->profile, sizeof out->profile, statement, column++);
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
    *found = false;
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(
        db,
        "SELECT " FINALIST_COLUMNS ", mcu, runtime, profile, candidates, drawn, feasible, "
        "over_flash, over_sram, over_latency, winner.seconds FROM winner "
        "JOIN target ON target.id = winner.target "
        "JOIN finalist ON finalist.target = winner.target AND finalist.id = winner.finalist "
        "WHERE winner.target = ?",
        &statement));
    sqlite3_bind_int(statement, 1, target);
    const tnas_status status = tnas_sql_next(db, statement, found);
    if (*found)
        read_winner(statement, out);
    sqlite3_finalize(statement);
    return status;
}

tnas_status tnas_db_put_vector(tnas_store_db *db, int target, int id, const uint8_t *pixels,
                               size_t byte_count)
{
    sqlite3_stmt *statement;
    TNAS_TRY(tnas_sql_prepare(db, "INSERT OR REPLACE INTO vector VALUES(?, ?, ?)", &statement));
    sqlite3_bind_int(statement, 1, target);
    sqlite3_bind_int(statement, 2, id);
    sqlite3_bind_blob64(statement, 3, pixels, byte_count, SQLITE_TRANSIENT);
    return tnas_sql_run(db, statement, "add a test vector");
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
        tnas_sql_prepare(db, "SELECT pixels FROM vector WHERE target = ? ORDER BY id", &statement);
    if (status == TNAS_OK)
        sqlite3_bind_int(statement, 1, target);
    bool row = status == TNAS_OK;
    while (row && *count < VECTORS_MAX) {
        status = tnas_sql_next(db, statement, &row);
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
