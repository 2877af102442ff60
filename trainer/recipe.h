/* The recipe: every number that decides how a store is trained. */
#ifndef TNAS_TRAINER_RECIPE_H
#define TNAS_TRAINER_RECIPE_H

#include "common/status.h"

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

/* Every field within its range and the batch a multiple of the shards. TNAS_ERR_USAGE with
 * the sentence `NAME.field = value ...`; `name` is what the user calls the recipe. */
tnas_status tnas_recipe_check(const tnas_recipe *recipe, const char *name);

#endif
