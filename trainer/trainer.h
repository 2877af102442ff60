/* Training: stochastic gradient descent on a weight store.
 *
 * The trainer does not know what it trains: a unit source says which networks a step runs,
 * the engine gives their gradient, the trainer moves the weights. Order and randomness depend
 * on seed, epoch and index only. */
#ifndef TNAS_TRAINER_TRAINER_H
#define TNAS_TRAINER_TRAINER_H

#include "common/progress.h"
#include "data/dataset.h"
#include "nn/engine.h"
#include "trainer/recipe.h"

/* Where the units of a step come from: a supernet draws sub-networks, a fixed network is
 * always the same unit. Must be a pure function of the step. At most TNAS_UNITS_MAX; all nets
 * of all steps have one input shape. */
typedef struct tnas_unit_source {
    void *context;
    tnas_status (*units)(void *context, long step, tnas_unit *units, int *unit_count);
} tnas_unit_source;

/* Trains the store in place with an engine of recipe->shards shards. Fails with
 * TNAS_ERR_USAGE when the recipe breaks a rule, with TNAS_ERR_DIVERGED naming step, rate and
 * rule when loss or gradient are not finite, with TNAS_ERR_STOPPED when the progress says so;
 * after the last two the store is of no use. The progress's remark is the loss and the share
 * of right answers, each the mean over a step's units smoothed over the last steps. */
tnas_status tnas_train(tnas_store *store, const tnas_unit_source *source, tnas_engine *engine,
                       const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                       const tnas_progress *progress);

/* The same for one fixed network on hard labels, with the recipe's label smoothing. */
tnas_status tnas_train_net(const tnas_net *net, tnas_store *store, tnas_engine *engine,
                           const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                           const tnas_progress *progress);

#endif
