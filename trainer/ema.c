#include "trainer/ema.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"

tnas_status tnas_ema_init(tnas_ema *ema, const tnas_store *store, double decay)
{
    *ema = (tnas_ema){.value_count = store->value_count};
    if (decay <= 0)
        return TNAS_OK;
    ema->values = tnas_alloc_zero(store->value_count, sizeof(float));
    if (ema->values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "average of %zu values", store->value_count);
    memcpy(ema->values, store->values, store->value_count * sizeof(float));
    return TNAS_OK;
}

void tnas_ema_deinit(tnas_ema *ema)
{
    tnas_free(ema->values);
    *ema = (tnas_ema){0};
}

void tnas_ema_update(tnas_ema *ema, const float *values, double decay, long step)
{
    if (ema->values == NULL)
        return;
    const double d = fmin(decay, (1.0 + (double)step) / (10.0 + (double)step));
    const float kept = (float)d, share = (float)(1 - d);
    for (size_t i = 0; i < ema->value_count; i++)
        ema->values[i] = kept * ema->values[i] + share * values[i];
}

void tnas_ema_copy(const tnas_ema *ema, tnas_store *store)
{
    if (ema->values != NULL)
        memcpy(store->values, ema->values, ema->value_count * sizeof(float));
}
