#include "trainer/schedule.h"

#include <assert.h>
#include <math.h>

long tnas_schedule_warmup_steps(const tnas_recipe *recipe)
{
    return lround(recipe->warmup_frac * recipe->steps);
}

double tnas_schedule_rate(const tnas_recipe *recipe, long step)
{
    assert(step >= 0 && step < recipe->steps);
    const double pi = 3.14159265358979323846;
    const long warmup = tnas_schedule_warmup_steps(recipe);
    if (step < warmup)
        return recipe->learning_rate * (double)(step + 1) / (double)warmup;
    const double way = (double)(step - warmup) / (double)(recipe->steps - warmup);
    return recipe->learning_rate * 0.5 * (1.0 + cos(pi * way));
}
