#include "tests/toy_study.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/testing.h"

tnas_search_request toy_request(const char *data, const char *folder)
{
    return (tnas_search_request){
        .data_options = tnas_data_options_default(),
        .data = data,
        .space = "small-image",
        .mcu = "stm32h743",
        .runtime = "tinynas",
        .preset = "smoke",
        .folder = folder,
        .limits = {.flash_bytes = 60 * 1024, .sram_bytes = 24 * 1024, .latency_ms = 50},
        .seed = 7,
        .threads = 2,
    };
}

/* One row a line; what may differ between equal searches is left out: how long they took. */
static void print_table(sqlite3 *db, const char *table, FILE *out)
{
    sqlite3_stmt *columns;
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &columns, NULL), SQLITE_OK);
    const bool wide = sqlite3_column_count(columns) > 3; /* no key has more than four columns */
    sqlite3_finalize(columns);
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2%s", table, wide ? ", 3, 4" : "");
    sqlite3_stmt *statement;
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        fprintf(out, "%s:", table);
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            if (strcmp(sqlite3_column_name(statement, i), "seconds") != 0)
                fprintf(out, " %s=%s", sqlite3_column_name(statement, i),
                        (const char *)sqlite3_column_text(statement, i));
        fputc('\n', out);
    }
    sqlite3_finalize(statement);
}

/* Every table of the study as one text. */
char *study_content(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, "study.db"));
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    char *content = NULL;
    size_t bytes;
    FILE *const text = open_memstream(&content, &bytes);
    sqlite3_stmt *tables;
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_master WHERE type = 'table' "
                                        "ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        print_table(db, (const char *)sqlite3_column_text(tables, 0), text);
    sqlite3_finalize(tables);
    sqlite3_close(db);
    fclose(text);
    return content;
}

void check_same_file(const char *folder_a, const char *folder_b, const char *name)
{
    char path[TNAS_PATH_BYTES];
    uint8_t *a, *b;
    size_t a_bytes, b_bytes;
    ck_ok(tnas_path_join(path, folder_a, name));
    ck_ok(tnas_file_read(path, 1 << 24, &a, &a_bytes));
    ck_ok(tnas_path_join(path, folder_b, name));
    ck_ok(tnas_file_read(path, 1 << 24, &b, &b_bytes));
    ck_assert_msg(a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0, "%s differs", name);
    tnas_free(a);
    tnas_free(b);
}

void rich_overrides(tnas_overrides *overrides)
{
    static const char *const values[][2] = {
        {"supernet.steps", "6"},
        {"supernet.checkpoint_steps", "2"},
        {"search.population", "12"},
        {"search.generations", "4"},
        {"search.screen_after", "20"},
        {"search.screen_rank", "-1"},
        {"search.screen_best", "0.25"},
        {"finish.finalists", "2"},
        {"finish.qat_drop", "0"},
        {"finish.calibration_images", "1"},
        {"finetune.distill_share", "0.5"},
        {"finetune.steps", "4"},
        {"finetune.checkpoint_steps", "1"},
    };
    overrides->count = 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ck_ok(tnas_overrides_put(overrides, values[i][0], values[i][1]));
}

/* What a study's folder must have in common with another's; nftw has no context. */
static const char *folder_a, *folder_b;

static bool is_of_this_run(const char *name)
{
    return strncmp(name, "study.db", 8) == 0 || strcmp(name, "lock") == 0 ||
           strncmp(name, "progress.json", 13) == 0;
}

static int compare_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    const char *const name = path + strlen(folder_a) + 1;
    if (type == FTW_F && !is_of_this_run(path + walk->base))
        check_same_file(folder_a, folder_b, name);
    return 0;
}

void check_same_study(const char *a, const char *b)
{
    char *const content_a = study_content(a);
    char *const content_b = study_content(b);
    ck_assert_msg(strcmp(content_a, content_b) == 0, "%s and %s have different rows", a, b);
    free(content_a);
    free(content_b);
    folder_a = a;
    folder_b = b;
    nftw(a, compare_entry, 8, FTW_PHYS);
    folder_a = b; /* and nothing more */
    folder_b = a;
    nftw(b, compare_entry, 8, FTW_PHYS);
}
