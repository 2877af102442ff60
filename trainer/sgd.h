/* Stochastic gradient descent with Nesterov momentum (Sutskever et al., "On the importance of
 * initialization and momentum in deep learning", ICML 2013, in PyTorch's form):
 *
 *   g = clip(gradient) + weight_decay * decay_mask * value
 *   velocity = momentum * velocity + g
 *   value   -= rate * (g + momentum * velocity)
 *
 * The gradient is clipped by the norm over all values, before the decay is added. */
#ifndef TNAS_TRAINER_SGD_H
#define TNAS_TRAINER_SGD_H

#include "nn/store.h"
#include "trainer/recipe.h"

typedef struct tnas_sgd {
    size_t value_count;
    float *velocity;   /* [value_count] */
    float *decay_mask; /* [value_count], 1 where weight decay applies */
} tnas_sgd;

/* Velocity 0 and the decay mask of this store. */
tnas_status tnas_sgd_init(tnas_sgd *sgd, const tnas_store *store);
void tnas_sgd_deinit(tnas_sgd *sgd);

/* The Euclidean norm, summed in double in a fixed order; not finite when a value is not. */
double tnas_sgd_norm(const float *grads, size_t value_count);

/* What a gradient of this norm is multiplied with to be no longer than clip_norm. */
float tnas_sgd_clip(double norm, const tnas_recipe *recipe);

/* Moves values [value_count] against their gradient of the given norm at this rate; momentum,
 * decay and clipping are the recipe's. */
void tnas_sgd_update(tnas_sgd *sgd, float *values, const float *grads, double norm, double rate,
                     const tnas_recipe *recipe);

#endif
