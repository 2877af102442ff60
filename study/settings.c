#include "study/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "data/features.h"
#include "study/data_settings.h"

/* Data, space and seed; how the data are read, field by field; what their bytes mean. */
enum { FIXED_COUNT = 6, IDENTITY_COUNT = FIXED_COUNT + TNAS_DATA_FIELD_COUNT };

typedef struct identity_item {
    char key[TNAS_DATA_KEY_BYTES];
    char value[TNAS_SOUND_TEXT_BYTES];
    char missing[TNAS_DATA_TEXT_BYTES]; /* what a store without the key means; "": nothing */
} identity_item;

static identity_item identity(const char *key, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static identity_item identity(const char *key, const char *format, ...)
{
    identity_item item;
    snprintf(item.key, sizeof item.key, "%s", key);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item.value, sizeof item.value, format, arguments);
    va_end(arguments);
    item.missing[0] = '\0';
    return item;
}

/* What no count says. */
static void list_identity(const tnas_run *run, identity_item out[IDENTITY_COUNT])
{
    const tnas_dataset *const data = run->dataset;
    const tnas_data_options defaults = tnas_data_options_default();
    *out++ = identity("data_hash", "%016llx", (unsigned long long)data->content_hash);
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++, out++) {
        tnas_data_setting_key((tnas_data_field)i, out->key);
        tnas_data_options_text(&data->options, (tnas_data_field)i, out->value);
        tnas_data_options_text(&defaults, (tnas_data_field)i, out->missing);
    }
    char affine[24];
    tnas_affine_text(&data->affine, affine);
    *out = identity("data_affine", "%s", affine);
    snprintf(out->missing, sizeof out->missing, "none");
    out++;
    *out = identity("data_features", "%s", "");
    if (data->features != NULL)
        tnas_sound_config_print(&data->features->config, out->value);
    out++;
    *out++ = identity("space", "%s", run->space.name);
    *out++ = identity("space_hash", "%016llx", (unsigned long long)run->space.hash);
    *out++ = identity("seed", "%llu", (unsigned long long)run->request->seed);
}

tnas_status tnas_settings_store(tnas_run *run)
{
    identity_item items[IDENTITY_COUNT];
    list_identity(run, items);
    for (int i = 0; i < IDENTITY_COUNT; i++)
        TNAS_TRY(tnas_db_put_meta(run->db, items[i].key, items[i].value));
    char affine[TNAS_AFFINE_TEXT_BYTES];
    tnas_affine_print(&run->dataset->affine, affine);
    TNAS_TRY(tnas_db_put_meta(run->db, "data_affine_values", affine));
    TNAS_TRY(tnas_db_put_meta(run->db, "preset", run->preset));
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    for (int i = 0; i < count; i++) {
        char text[TNAS_WORK_TEXT_BYTES];
        if (fields[i].scope != TNAS_WORK_STUDY)
            continue;
        tnas_work_text(&run->work, &fields[i], text);
        TNAS_TRY(tnas_db_put_meta(run->db, fields[i].key, text));
    }
    return TNAS_OK;
}

static tnas_status fail_differs(const tnas_run *run, const char *key, const char *stored,
                                const char *asked)
{
    return tnas_fail(TNAS_ERR_USAGE,
                     "study %s has %s = %s, this search has %s; choose another folder with --study",
                     run->report->folder, key, stored, asked);
}

tnas_status tnas_settings_check(tnas_run *run)
{
    identity_item items[IDENTITY_COUNT];
    list_identity(run, items);
    for (int i = 0; i < IDENTITY_COUNT; i++) {
        char stored[sizeof items[0].value];
        bool found;
        TNAS_TRY(tnas_db_get_meta(run->db, items[i].key, stored, sizeof stored, &found));
        if (!found)
            snprintf(stored, sizeof stored, "%s", items[i].missing);
        if (strcmp(stored, items[i].value) != 0)
            return fail_differs(run, items[i].key, stored[0] != '\0' ? stored : "nothing",
                                items[i].value);
    }
    return TNAS_OK;
}

/* A count of the study that was not asked for is what the study has; with another preset than
 * the study's every count was asked for. */
static tnas_status adopt_or_compare(tnas_run *run, const tnas_work_field *field, bool adopt)
{
    char stored[TNAS_WORK_TEXT_BYTES], asked[TNAS_WORK_TEXT_BYTES];
    bool found;
    TNAS_TRY(tnas_db_get_meta(run->db, field->key, stored, sizeof stored, &found));
    tnas_work_text(&run->work, field, asked);
    if (!found)
        return tnas_fail(TNAS_ERR_USAGE,
                         "study %s has no %s: it was made by an earlier version of the program, "
                         "whose studies are read, shown and exported, but not searched further; "
                         "choose another folder with --study",
                         run->report->folder, field->key);
    if (adopt && tnas_overrides_text(run->request->overrides, field->key) == NULL)
        return tnas_work_set(&run->work, field->key, stored);
    tnas_plan_of_work parsed = run->work; /* versions may write a number in other digits */
    TNAS_TRY(tnas_work_set(&parsed, field->key, stored));
    tnas_work_text(&parsed, field, stored);
    return strcmp(stored, asked) == 0 ? TNAS_OK : fail_differs(run, field->key, stored, asked);
}

static tnas_status adopt_study(tnas_run *run, const char *study_preset)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    const bool adopt = strcmp(run->preset, study_preset) == 0;
    for (int i = 0; i < count; i++)
        if (fields[i].scope == TNAS_WORK_STUDY)
            TNAS_TRY(adopt_or_compare(run, &fields[i], adopt));
    return TNAS_OK;
}

static uint64_t hash_target_work(const tnas_plan_of_work *work)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    uint64_t hash = TNAS_HASH_START;
    for (int i = 0; i < count; i++) {
        char text[TNAS_WORK_TEXT_BYTES], line[160];
        if (fields[i].scope != TNAS_WORK_TARGET)
            continue;
        tnas_work_text(work, &fields[i], text);
        const int length = snprintf(line, sizeof line, "%s=%s\n", fields[i].key, text);
        hash = tnas_hash_bytes(hash, line, (size_t)length);
    }
    return hash;
}

tnas_status tnas_run_plan_work(tnas_run *run, bool exists)
{
    const tnas_search_request *const request = run->request;
    char study_preset[sizeof run->preset] = "quick";
    bool found = false;
    if (exists)
        TNAS_TRY(tnas_db_get_meta(run->db, "preset", study_preset, sizeof study_preset, &found));
    snprintf(run->preset, sizeof run->preset, "%s",
             request->preset != NULL ? request->preset : study_preset);
    const tnas_preset *const preset = tnas_preset_find(run->preset);
    if (preset == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "study %s has preset = %s, which does not exist",
                         run->report->folder, run->preset);
    const int validation_count = run->dataset->validation.count;
    tnas_preset_resolve(preset, run->dataset->train.count, validation_count, &run->work);
    TNAS_TRY(tnas_overrides_apply(request->overrides, &run->work));
    if (exists) {
        TNAS_TRY(tnas_settings_check(run));
        TNAS_TRY(adopt_study(run, study_preset));
    }
    TNAS_TRY(tnas_work_check(&run->work, validation_count));
    run->target.work_hash = hash_target_work(&run->work);
    run->target.budget_minutes = request->budget_minutes;
    tnas_engine_destroy(run->engine);
    const tnas_engine_config engine = {.pool = run->pool, .shards = run->work.supernet.shards};
    return tnas_engine_create(&engine, &run->engine);
}

tnas_status tnas_settings_of_target(tnas_run *run)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    TNAS_TRY(tnas_db_put_setting(run->db, run->target_id, "preset", run->preset));
    for (int i = 0; i < count; i++) {
        char text[TNAS_WORK_TEXT_BYTES];
        bool found;
        if (fields[i].scope != TNAS_WORK_TARGET)
            continue;
        TNAS_TRY(
            tnas_db_get_setting(run->db, run->target_id, fields[i].key, text, sizeof text, &found));
        if (found) {
            TNAS_TRY(tnas_work_set(&run->work, fields[i].key, text));
        } else {
            tnas_work_text(&run->work, &fields[i], text);
            TNAS_TRY(tnas_db_put_setting(run->db, run->target_id, fields[i].key, text));
        }
    }
    return TNAS_OK;
}
