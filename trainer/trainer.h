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

/*  field            type    default  min   max    help */
#define TNAS_RECIPE_FIELDS(X)                                                                      \
    X(steps, int, 1000, 1, 10000000, "training steps")                                             \
    X(batch, int, 128, 1, 4096, "images a step, a multiple of shards")                             \
    X(shards, int, 2, 1, 64, "parts of a batch with their own batch-norm statistics")              \
    X(learning_rate, double, 0.3, 1e-6, 10.0, "at the end of the warm-up")                         \
    X(warmup_frac, double, 0.05, 0.0, 0.5, "share of the steps with a rising rate")                \
    X(momentum, double, 0.9, 0.0, 0.999, "Nesterov momentum")                                      \
    X(weight_decay, double, 1e-4, 0.0, 0.1, "on weights, not on batch norm and biases")            \
    X(label_smoothing, double, 0.1, 0.0, 0.9, "share of the target spread over all classes")       \
    X(clip_norm, double, 5.0, 0.0, 1e6, "largest gradient norm, 0: no limit")

typedef struct tnas_recipe {
#define TNAS_RECIPE_FIELD(name, type, value, min, max, help) type name;
    TNAS_RECIPE_FIELDS(TNAS_RECIPE_FIELD)
#undef TNAS_RECIPE_FIELD
} tnas_recipe;

tnas_recipe tnas_recipe_default(void);

/* Where the units of a step come from: a supernet draws sub-networks, a fixed network is
 * always the same unit. Must be a pure function of the step. At most TNAS_UNITS_MAX. */
typedef struct tnas_unit_source {
    void *context;
    tnas_status (*units)(void *context, long step, tnas_unit *units, int *unit_count);
} tnas_unit_source;

/* Trains the store in place. Fails with TNAS_ERR_DIVERGED naming step, rate and rule, with
 * TNAS_ERR_STOPPED when the progress says so; the store is then of no use. */
tnas_status tnas_train(tnas_store *store, const tnas_unit_source *source, tnas_engine *engine,
                       const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                       const tnas_progress *progress);

/* The same for one fixed network on hard labels, with the recipe's label smoothing. */
tnas_status tnas_train_net(const tnas_net *net, tnas_store *store, tnas_engine *engine,
                           const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                           const tnas_progress *progress);

#endif
