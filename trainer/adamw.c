/* As in trainer/sgd.c, every value obeys one rule, whether a network of this step touched it
 * or not: a gradient of 0 is a sample like any other. */
#include "trainer/adamw.h"

#include <math.h>

#include "common/alloc.h"
#include "trainer/sgd.h"

tnas_status tnas_adamw_init(tnas_adamw *adamw, const tnas_store *store)
{
    *adamw = (tnas_adamw){.value_count = store->value_count,
                          .mean = tnas_alloc_zero(store->value_count, sizeof(float)),
                          .square = tnas_alloc_zero(store->value_count, sizeof(float)),
                          .decay_mask = tnas_alloc_zero(store->value_count, sizeof(float))};
    if (adamw->mean == NULL || adamw->square == NULL || adamw->decay_mask == NULL) {
        tnas_adamw_deinit(adamw);
        return tnas_fail(TNAS_ERR_NOMEM, "optimiser state of %zu values", store->value_count);
    }
    tnas_store_decay_mask(store, adamw->decay_mask);
    return TNAS_OK;
}

void tnas_adamw_deinit(tnas_adamw *adamw)
{
    tnas_free(adamw->mean);
    tnas_free(adamw->square);
    tnas_free(adamw->decay_mask);
    *adamw = (tnas_adamw){0};
}

void tnas_adamw_update(tnas_adamw *adamw, float *values, const float *grads, double norm,
                       double rate, long step, const tnas_recipe *recipe)
{
    const double updates = (double)step + 1;
    const float clip = tnas_sgd_clip(norm, recipe);
    const float mean_share = (float)(1 - recipe->beta1), mean_kept = (float)recipe->beta1;
    const float square_share = (float)(1 - recipe->beta2), square_kept = (float)recipe->beta2;
    /* The averages start at 0 and are too small by these factors. */
    const float mean_scale = (float)(1 / (1 - pow(recipe->beta1, updates)));
    const float square_scale = (float)(1 / (1 - pow(recipe->beta2, updates)));
    const float epsilon = (float)recipe->epsilon;
    const float decay = (float)recipe->weight_decay;
    const float move = (float)rate;
    float *restrict const mean = adamw->mean;
    float *restrict const square = adamw->square;
    const float *restrict const mask = adamw->decay_mask;
    for (size_t i = 0; i < adamw->value_count; i++) {
        const float g = clip * grads[i];
        mean[i] = mean_kept * mean[i] + mean_share * g;
        square[i] = square_kept * square[i] + square_share * g * g;
        const float direction = mean_scale * mean[i] / (sqrtf(square_scale * square[i]) + epsilon);
        values[i] -= move * (direction + decay * mask[i] * values[i]);
    }
}
