/* The exponential moving average of the weights (Polyak and Juditsky, 1992; with the decay's
 * warm-up that TensorFlow made common):
 *
 *   d = min(ema_decay, (1 + step) / (10 + step))
 *   average = d * average + (1 - d) * value
 *
 * With a rate that falls to 0 it ends where the weights end; its use is in the middle of
 * training, where it is ahead of them. */
#ifndef TNAS_TRAINER_EMA_H
#define TNAS_TRAINER_EMA_H

#include "nn/store.h"

typedef struct tnas_ema {
    size_t value_count;
    float *values; /* [value_count]; NULL: there is no average */
} tnas_ema;

/* Starts at the store's values; with a decay of 0 there is no average, and update and copy do
 * nothing. */
tnas_status tnas_ema_init(tnas_ema *ema, const tnas_store *store, double decay);
void tnas_ema_deinit(tnas_ema *ema);

/* After the update of step `step`, counted from 0. */
void tnas_ema_update(tnas_ema *ema, const float *values, double decay, long step);

/* Replaces the store's values by their average. */
void tnas_ema_copy(const tnas_ema *ema, tnas_store *store);

#endif
