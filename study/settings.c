#include "study/settings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(tnas_settings *settings, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(tnas_settings *settings, const char *key, const char *format, ...)
{
    assert(settings->count < TNAS_SETTINGS_ITEMS_MAX);
    snprintf(settings->items[settings->count].key, sizeof settings->items[0].key, "%s", key);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(settings->items[settings->count].value, sizeof settings->items[0].value, format,
              arguments);
    va_end(arguments);
    settings->count++;
}

static void add_recipe(tnas_settings *settings, const char *name, const tnas_recipe *recipe)
{
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(recipe, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++) {
        char key[80];
        snprintf(key, sizeof key, "%.16s.%.47s", name, values[i].name);
        add(settings, key, "%.17g", values[i].value);
    }
}

void tnas_settings_of(const tnas_run *run, tnas_settings *out)
{
    const tnas_plan_of_work *const work = &run->work;
    out->count = 0;
    add(out, "data_hash", "%016llx", (unsigned long long)run->dataset->content_hash);
    add(out, "space", "%s", run->space.name);
    add(out, "space_hash", "%016llx", (unsigned long long)run->space.hash);
    add(out, "preset", "%s", run->request->preset);
    add(out, "seed", "%llu", (unsigned long long)run->request->seed);
    add(out, "supernet.recipe", "%s", tnas_supernet_recipe_text(work->recipe));
    add_recipe(out, "supernet", &work->supernet);
    add_recipe(out, "finetune", &work->finetune);
#define ADD_FIELD(name, type, value, min, max, help)                                               \
    add(out, "search." #name, "%.17g", (double)work->evolution.name);
    TNAS_EVOLUTION_FIELDS(ADD_FIELD)
#undef ADD_FIELD
    add(out, "search.space_samples", "%d", work->space_samples);
    add(out, "search.validation_images", "%d", work->validation_images);
    add(out, "search.recalibration_batches", "%d", work->recalibration_batches);
    add(out, "search.batch_images", "%d", work->batch_images);
    add(out, "finish.calibration_images", "%d", work->calibration_images);
}

tnas_status tnas_settings_store(const tnas_settings *settings, tnas_store_db *db)
{
    for (int i = 0; i < settings->count; i++)
        TNAS_TRY(tnas_db_put_meta(db, settings->items[i].key, settings->items[i].value));
    return TNAS_OK;
}

tnas_status tnas_settings_check(const tnas_settings *settings, tnas_store_db *db,
                                const char *folder)
{
    for (int i = 0; i < settings->count; i++) {
        char stored[sizeof settings->items[0].value];
        bool found;
        TNAS_TRY(tnas_db_get_meta(db, settings->items[i].key, stored, sizeof stored, &found));
        if (!found || strcmp(stored, settings->items[i].value) != 0)
            return tnas_fail(TNAS_ERR_USAGE,
                             "study %s has %s = %s, this search has %s; choose another folder "
                             "with --study",
                             folder, settings->items[i].key, found ? stored : "nothing",
                             settings->items[i].value);
    }
    return TNAS_OK;
}
