#include "trainer/recipe.h"

#include <stdio.h>

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
    const size_t start = offsetof(tnas_recipe, augment);
    *at++ = (tnas_recipe_value){.name = "augment.fill",
                                .value = augment->fill,
                                .max = 255,
                                .kind = TNAS_RECIPE_WHOLE,
                                .at = start + offsetof(tnas_augment, fill)};
    for (int i = 0; i < TNAS_AUGMENT_COUNT; i++) {
        const tnas_augment_dose dose = augment->doses[i];
        const char *const name = tnas_augmentation_name((tnas_augmentation)i);
        const size_t here = start + offsetof(tnas_augment, doses) + (size_t)i * sizeof dose;
        at[0] = (tnas_recipe_value){.value = dose.probability,
                                    .max = 1,
                                    .kind = TNAS_RECIPE_REAL,
                                    .at = here + offsetof(tnas_augment_dose, probability)};
        at[1] = (tnas_recipe_value){.value = dose.amount,
                                    .max = tnas_augmentation_largest((tnas_augmentation)i),
                                    .kind = TNAS_RECIPE_WHOLE,
                                    .at = here + offsetof(tnas_augment_dose, amount)};
        snprintf(at[0].name, sizeof at[0].name, "augment.%s.probability", name);
        snprintf(at[1].name, sizeof at[1].name, "augment.%s.amount", name);
        at += 2;
    }
}

#define KIND_OF(member)                                                                            \
    _Generic((member), int                                                                         \
             : TNAS_RECIPE_WHOLE, double                                                           \
             : TNAS_RECIPE_REAL, default                                                           \
             : TNAS_RECIPE_OPTIMIZER)

void tnas_recipe_list(const tnas_recipe *recipe, tnas_recipe_value out[TNAS_RECIPE_VALUE_COUNT])
{
    tnas_recipe_value *at = out;
#define TNAS_RECIPE_ITEM(name, type, value, min, max, help)                                        \
    *at++ = (tnas_recipe_value){#name,         (double)recipe->name, (double)(min),                \
                                (double)(max), KIND_OF((type){0}),   offsetof(tnas_recipe, name)};
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
