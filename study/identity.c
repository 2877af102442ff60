#include "study/identity.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(tnas_identity *identity, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(tnas_identity *identity, const char *key, const char *format, ...)
{
    assert(identity->count < TNAS_IDENTITY_ITEMS_MAX);
    snprintf(identity->items[identity->count].key, sizeof identity->items[0].key, "%s", key);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(identity->items[identity->count].value, sizeof identity->items[0].value, format,
              arguments);
    va_end(arguments);
    identity->count++;
}

static void add_recipe(tnas_identity *identity, const char *name, const tnas_recipe *recipe)
{
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(recipe, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++) {
        char key[80];
        snprintf(key, sizeof key, "%s.%s", name, values[i].name);
        add(identity, key, "%.17g", values[i].value);
    }
}

void tnas_identity_of(const tnas_run *run, tnas_identity *out)
{
    const tnas_plan_of_work *const work = &run->work;
    out->count = 0;
    add(out, "data", "%s", run->dataset->name);
    add(out, "data_hash", "%016llx", (unsigned long long)run->dataset->content_hash);
    add(out, "space", "%s", run->space.name);
    add(out, "space_hash", "%016llx", (unsigned long long)run->space.hash);
    add(out, "preset", "%s", run->request->preset);
    add(out, "seed", "%llu", (unsigned long long)run->request->seed);
    add(out, "supernet.rule", "%s", tnas_supernet_rule_text(work->rule));
    add(out, "supernet.subnets", "%d", work->subnets);
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

tnas_status tnas_identity_store(const tnas_identity *identity, tnas_store_db *db)
{
    for (int i = 0; i < identity->count; i++)
        TNAS_TRY(tnas_db_put_meta(db, identity->items[i].key, identity->items[i].value));
    return TNAS_OK;
}

tnas_status tnas_identity_check(const tnas_identity *identity, tnas_store_db *db,
                                const char *folder)
{
    for (int i = 0; i < identity->count; i++) {
        char stored[sizeof identity->items[0].value];
        bool found;
        TNAS_TRY(tnas_db_get_meta(db, identity->items[i].key, stored, sizeof stored, &found));
        if (!found || strcmp(stored, identity->items[i].value) != 0)
            return tnas_fail(TNAS_ERR_USAGE,
                             "study %s has %s = %s, this search has %s; choose another folder "
                             "with --study",
                             folder, identity->items[i].key, found ? stored : "nothing",
                             identity->items[i].value);
    }
    return TNAS_OK;
}
