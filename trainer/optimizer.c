#include "trainer/optimizer.h"

#include <assert.h>

tnas_status tnas_optimizer_init(tnas_optimizer *optimizer, const tnas_recipe *recipe,
                                const tnas_store *store)
{
    *optimizer = (tnas_optimizer){.recipe = recipe};
    if (recipe->optimizer == TNAS_OPTIMIZER_ADAMW)
        return tnas_adamw_init(&optimizer->adamw, store);
    assert(recipe->optimizer == TNAS_OPTIMIZER_SGD);
    return tnas_sgd_init(&optimizer->sgd, store);
}

void tnas_optimizer_deinit(tnas_optimizer *optimizer)
{
    if (optimizer->recipe == NULL)
        return;
    if (optimizer->recipe->optimizer == TNAS_OPTIMIZER_ADAMW)
        tnas_adamw_deinit(&optimizer->adamw);
    else
        tnas_sgd_deinit(&optimizer->sgd);
    optimizer->recipe = NULL;
}

void tnas_optimizer_update(tnas_optimizer *optimizer, float *values, const float *grads,
                           double norm, double rate, long step)
{
    const tnas_recipe *const recipe = optimizer->recipe;
    if (recipe->optimizer == TNAS_OPTIMIZER_ADAMW)
        tnas_adamw_update(&optimizer->adamw, values, grads, norm, rate, step, recipe);
    else
        tnas_sgd_update(&optimizer->sgd, values, grads, norm, rate, recipe);
}

int tnas_optimizer_list_states(tnas_optimizer *optimizer, float *states[TNAS_OPTIMIZER_STATES_MAX])
{
    if (optimizer->recipe->optimizer == TNAS_OPTIMIZER_ADAMW) {
        states[0] = optimizer->adamw.mean;
        states[1] = optimizer->adamw.square;
        return 2;
    }
    states[0] = optimizer->sgd.velocity;
    return 1;
}
