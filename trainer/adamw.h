/* AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019), in
 * PyTorch's form; t counts updates from 1:
 *
 *   g = clip(gradient)
 *   mean   = beta1 * mean   + (1 - beta1) * g
 *   square = beta2 * square + (1 - beta2) * g^2
 *   value -= rate * (mean / (1 - beta1^t) / (sqrt(square / (1 - beta2^t)) + epsilon)
 *                    + weight_decay * decay_mask * value) */
#ifndef TNAS_TRAINER_ADAMW_H
#define TNAS_TRAINER_ADAMW_H

#include "nn/store.h"
#include "trainer/recipe.h"

typedef struct tnas_adamw {
    size_t value_count;
    float *mean, *square; /* [value_count] */
    float *decay_mask;    /* [value_count], 1 where weight decay applies */
} tnas_adamw;

/* Averages 0 and the decay mask of this store. */
tnas_status tnas_adamw_init(tnas_adamw *adamw, const tnas_store *store);
void tnas_adamw_deinit(tnas_adamw *adamw);

/* The update of training step `step`, counted from 0; the gradient has the given norm. */
void tnas_adamw_update(tnas_adamw *adamw, float *values, const float *grads, double norm,
                       double rate, long step, const tnas_recipe *recipe);

#endif
