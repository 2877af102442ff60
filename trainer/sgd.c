/* One rule for every value, whether this step's networks touched it or not.
 *
 * In a supernet most values are outside most steps' networks and then have gradient 0. They
 * still coast on their momentum and still decay. That is plain SGD on the mean loss over the
 * networks: a step's gradient is a sample of that loss's gradient, zeros included, and the
 * momentum averages samples. Freezing untouched values instead would keep old velocities alive
 * and let a value's effective rate depend on how often it is drawn. */
#include "trainer/sgd.h"

#include <math.h>

#include "common/alloc.h"

tnas_status tnas_sgd_init(tnas_sgd *sgd, const tnas_store *store)
{
    *sgd = (tnas_sgd){.value_count = store->value_count,
                      .velocity = tnas_alloc_zero(store->value_count, sizeof(float)),
                      .decay_mask = tnas_alloc_zero(store->value_count, sizeof(float))};
    if (sgd->velocity == NULL || sgd->decay_mask == NULL) {
        tnas_sgd_deinit(sgd);
        return tnas_fail(TNAS_ERR_NOMEM, "optimiser state of %zu values", store->value_count);
    }
    tnas_store_decay_mask(store, sgd->decay_mask);
    return TNAS_OK;
}

void tnas_sgd_deinit(tnas_sgd *sgd)
{
    tnas_free(sgd->velocity);
    tnas_free(sgd->decay_mask);
    *sgd = (tnas_sgd){0};
}

double tnas_sgd_norm(const float *grads, size_t value_count)
{
    /* Value i goes to sum i % LANES: the order is fixed, and no addition waits for the last. */
    enum { LANES = 8 };
    double sums[LANES] = {0};
    size_t first = 0;
    for (; first + LANES <= value_count; first += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += (double)grads[first + lane] * (double)grads[first + lane];
    for (size_t i = first; i < value_count; i++)
        sums[i % LANES] += (double)grads[i] * (double)grads[i];
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sqrt(sum);
}

float tnas_sgd_clip(double norm, const tnas_recipe *recipe)
{
    const double limit = recipe->clip_norm;
    return limit > 0 && norm > limit ? (float)(limit / norm) : 1.0f;
}

void tnas_sgd_update(tnas_sgd *sgd, float *values, const float *grads, double norm, double rate,
                     const tnas_recipe *recipe)
{
    const float clip = tnas_sgd_clip(norm, recipe);
    const float decay = (float)recipe->weight_decay;
    const float momentum = (float)recipe->momentum;
    const float step = (float)rate;
    float *restrict const velocity = sgd->velocity;
    const float *restrict const mask = sgd->decay_mask;
    for (size_t i = 0; i < sgd->value_count; i++) {
        const float g = clip * grads[i] + decay * mask[i] * values[i];
        velocity[i] = momentum * velocity[i] + g;
        values[i] -= step * (g + momentum * velocity[i]);
    }
}
