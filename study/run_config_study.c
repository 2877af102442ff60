/* The effective configuration of a study's target. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/paths.h"
#include "study/data_settings.h"
#include "study/run_config.h"

/* The short name when it stands for this very file, for the shipped ones; else the file. */
static void name_or_file(const char *kind, const char *name, const char *file,
                         char out[TNAS_PATH_BYTES])
{
    char found[TNAS_PATH_BYTES], real[TNAS_PATH_BYTES];
    const bool is_shipped = tnas_config_find(kind, name, found) == TNAS_OK &&
                            realpath(found, real) != NULL && strcmp(real, file) == 0;
    snprintf(out, TNAS_PATH_BYTES, "%s", is_shipped || file[0] == '\0' ? name : file);
}

static tnas_status read_number(tnas_store_db *db, const char *key, int *out, bool *found)
{
    char text[32];
    TNAS_TRY(tnas_db_get_meta(db, key, text, sizeof text, found));
    *out = atoi(text);
    return TNAS_OK;
}

static tnas_status read_study(tnas_store_db *db, tnas_run_config *out)
{
    bool found, has_input, has_width;
    char name[256], file[TNAS_PATH_BYTES], seed[32];
    TNAS_TRY(tnas_db_get_meta(db, "data_location", out->data, sizeof out->data, &found));
    TNAS_TRY(tnas_data_settings_load(db, &out->data_options));
    TNAS_TRY(tnas_db_get_meta(db, "space", name, sizeof name, &found));
    TNAS_TRY(tnas_db_get_meta(db, "space_location", file, sizeof file, &found));
    name_or_file("spaces", name, file, out->space);
    TNAS_TRY(tnas_db_get_meta(db, "seed", seed, sizeof seed, &out->has_seed));
    out->seed = strtoull(seed, NULL, 10);
    TNAS_TRY(read_number(db, "space_input", &out->choice.input, &has_input));
    TNAS_TRY(read_number(db, "space_width", &out->choice.width, &has_width));
    out->choice.given = has_input && has_width;
    return TNAS_OK;
}

/* Counts that a store of an older version does not have are left out. */
static tnas_status read_counts(tnas_store_db *db, int target, tnas_run_config *out)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    for (int i = 0; i < count; i++) {
        char text[TNAS_WORK_TEXT_BYTES];
        bool found;
        const char *const key = fields[i].key;
        TNAS_TRY(fields[i].scope == TNAS_WORK_STUDY
                     ? tnas_db_get_meta(db, key, text, sizeof text, &found)
                     : tnas_db_get_setting(db, target, key, text, sizeof text, &found));
        if (found)
            TNAS_TRY(tnas_overrides_put(&out->overrides, key, text));
    }
    bool found;
    return tnas_db_get_setting(db, target, "preset", out->preset, sizeof out->preset, &found);
}

static tnas_status read_target(tnas_store_db *db, const char *folder, int target,
                               tnas_run_config *out)
{
    tnas_target_row *rows;
    int count;
    if (target == 0)
        TNAS_TRY(tnas_db_find_finished(db, NULL, &target));
    TNAS_TRY(tnas_db_get_targets(db, &rows, &count));
    const tnas_target_row *row = NULL;
    for (int i = 0; i < count; i++)
        if (rows[i].id == target || (target < 0 && i == 0))
            row = &rows[i];
    if (row == NULL) {
        tnas_free(rows);
        return tnas_fail(TNAS_ERR_INPUT, "study %s has no target %d", folder, target);
    }
    name_or_file("mcus", row->target.mcu, row->target.profile, out->mcu);
    snprintf(out->runtime, sizeof out->runtime, "%s", row->target.runtime);
    out->limits = row->target.limits;
    const int id = row->id;
    tnas_free(rows);
    return read_counts(db, id, out);
}

tnas_status tnas_run_config_of_study(const char *folder, int target, tnas_run_config *out)
{
    tnas_run_config_init(out);
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    tnas_status status = read_study(db, out);
    if (status == TNAS_OK)
        status = read_target(db, folder, target, out);
    tnas_db_close(db);
    return status;
}
