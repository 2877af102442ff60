#include "trainer/recipe.h"

#include <stdio.h>
#include <string.h>

static const char *const optimizer_texts[TNAS_OPTIMIZER_COUNT] = {
#define TNAS_OPTIMIZER_TEXT(name, text, what) text,
    TNAS_OPTIMIZERS(TNAS_OPTIMIZER_TEXT)
#undef TNAS_OPTIMIZER_TEXT
};

const char *tnas_optimizer_text(tnas_optimizer_kind kind)
{
    return optimizer_texts[kind];
}

tnas_status tnas_optimizer_parse(const char *text, tnas_optimizer_kind *out)
{
    *out = TNAS_OPTIMIZER_SGD;
    for (int i = 0; i < TNAS_OPTIMIZER_COUNT; i++) {
        if (strcmp(text, optimizer_texts[i]) == 0) {
            *out = (tnas_optimizer_kind)i;
            return TNAS_OK;
        }
    }
#define TNAS_OPTIMIZER_LIST(name, text, what) " " text
    return tnas_fail(TNAS_ERR_USAGE, "unknown optimizer \"%s\", known are:%s", text,
                     "" TNAS_OPTIMIZERS(TNAS_OPTIMIZER_LIST));
#undef TNAS_OPTIMIZER_LIST
}

tnas_recipe tnas_recipe_default(void)
{
    return (tnas_recipe){
#define TNAS_RECIPE_VALUE(name, type, value, min, max, help) .name = (value),
        TNAS_RECIPE_FIELDS(TNAS_RECIPE_VALUE)
#undef TNAS_RECIPE_VALUE
            .augment = {.fill = 128},
    };
}

static void list_augment(const tnas_augment *augment, tnas_recipe_value *at)
{
    *at++ = (tnas_recipe_value){"augment.fill", augment->fill, 0, 255};
    for (int i = 0; i < TNAS_AUGMENT_COUNT; i++) {
        const tnas_augment_dose dose = augment->doses[i];
        const char *const name = tnas_augmentation_name((tnas_augmentation)i);
        at[0] = (tnas_recipe_value){"", dose.probability, 0, 1};
        at[1] = (tnas_recipe_value){"", dose.amount, 0,
                                    tnas_augmentation_largest((tnas_augmentation)i)};
        snprintf(at[0].name, sizeof at[0].name, "augment.%s.probability", name);
        snprintf(at[1].name, sizeof at[1].name, "augment.%s.amount", name);
        at += 2;
    }
}

void tnas_recipe_list(const tnas_recipe *recipe, tnas_recipe_value out[TNAS_RECIPE_VALUE_COUNT])
{
    tnas_recipe_value *at = out;
#define TNAS_RECIPE_ITEM(name, type, value, min, max, help)                                        \
    *at++ = (tnas_recipe_value){#name, (double)recipe->name, (double)(min), (double)(max)};
    TNAS_RECIPE_FIELDS(TNAS_RECIPE_ITEM)
#undef TNAS_RECIPE_ITEM
    list_augment(&recipe->augment, at);
}

tnas_status tnas_recipe_check(const tnas_recipe *recipe, const char *name)
{
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(recipe, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++) {
        const tnas_recipe_value *const v = &values[i];
        if (!(v->value >= v->min && v->value <= v->max)) /* a NaN is outside */
            return tnas_fail(TNAS_ERR_USAGE, "%s.%s = %.9g is outside %.9g..%.9g", name, v->name,
                             v->value, v->min, v->max);
    }
    if (recipe->batch % recipe->shards != 0)
        return tnas_fail(TNAS_ERR_USAGE, "%s.batch = %d must be a multiple of %s.shards = %d", name,
                         recipe->batch, name, recipe->shards);
    return TNAS_OK;
}
