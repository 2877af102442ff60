/* The optimiser a recipe names, behind one interface: the training loop and the checkpoint do
 * not know which it is. To add one: a line in TNAS_OPTIMIZERS (trainer/recipe.h) and a branch in
 * each function of optimizer.c. */
#ifndef TNAS_TRAINER_OPTIMIZER_H
#define TNAS_TRAINER_OPTIMIZER_H

#include "trainer/adamw.h"
#include "trainer/sgd.h"

#define TNAS_OPTIMIZER_STATES_MAX 2

typedef struct tnas_optimizer {
    const tnas_recipe *recipe; /* borrowed */
    union {
        tnas_sgd sgd;
        tnas_adamw adamw;
    };
} tnas_optimizer;

tnas_status tnas_optimizer_init(tnas_optimizer *optimizer, const tnas_recipe *recipe,
                                const tnas_store *store);
void tnas_optimizer_deinit(tnas_optimizer *optimizer);

/* Moves values [value_count of the store] against their gradient of the given norm: the update
 * of training step `step`, counted from 0, at this rate. */
void tnas_optimizer_update(tnas_optimizer *optimizer, float *values, const float *grads,
                           double norm, double rate, long step);

/* Everything it remembers between steps: arrays of value_count floats. Returns their number. */
int tnas_optimizer_list_states(tnas_optimizer *optimizer, float *states[TNAS_OPTIMIZER_STATES_MAX]);

#endif
