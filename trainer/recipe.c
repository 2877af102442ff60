#include "trainer/recipe.h"

tnas_recipe tnas_recipe_default(void)
{
    return (tnas_recipe){
#define TNAS_RECIPE_VALUE(name, type, value, min, max, help) .name = (value),
        TNAS_RECIPE_FIELDS(TNAS_RECIPE_VALUE)
#undef TNAS_RECIPE_VALUE
    };
}

/* Written so that a NaN is outside. */
static tnas_status check_range(const char *name, const char *field, double value, double min,
                               double max)
{
    if (value >= min && value <= max)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_USAGE, "%s.%s = %.9g is outside %.9g..%.9g", name, field, value, min,
                     max);
}

tnas_status tnas_recipe_check(const tnas_recipe *recipe, const char *name)
{
#define TNAS_RECIPE_RANGE(field, type, value, min, max, help)                                      \
    TNAS_TRY(check_range(name, #field, (double)recipe->field, (double)(min), (double)(max)));
    TNAS_RECIPE_FIELDS(TNAS_RECIPE_RANGE)
#undef TNAS_RECIPE_RANGE
    if (recipe->batch % recipe->shards != 0)
        return tnas_fail(TNAS_ERR_USAGE, "%s.batch = %d must be a multiple of %s.shards = %d", name,
                         recipe->batch, name, recipe->shards);
    return TNAS_OK;
}
