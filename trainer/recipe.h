/* The recipe: every number that decides how a store is trained. docs/training.md explains the
 * fields and has the figures behind their defaults. */
#ifndef TNAS_TRAINER_RECIPE_H
#define TNAS_TRAINER_RECIPE_H

#include <stddef.h>

#include "common/status.h"
#include "trainer/augment.h"

/*  name   text     what moves the weights */
#define TNAS_OPTIMIZERS(X)                                                                         \
    X(SGD, "sgd", "gradient descent with Nesterov momentum")                                       \
    X(ADAMW, "adamw", "Adam with decoupled weight decay")

typedef enum tnas_optimizer_kind {
#define TNAS_OPTIMIZER_ENUM(name, text, what) TNAS_OPTIMIZER_##name,
    TNAS_OPTIMIZERS(TNAS_OPTIMIZER_ENUM)
#undef TNAS_OPTIMIZER_ENUM
        TNAS_OPTIMIZER_COUNT
} tnas_optimizer_kind;

/*  field            type    default  min   max    help */
#define TNAS_RECIPE_FIELDS(X)                                                                      \
    X(steps, int, 1000, 1, 10000000, "training steps")                                             \
    X(batch, int, 128, 1, 4096, "images a step, a multiple of shards")                             \
    X(shards, int, 2, 1, 64, "parts of a batch with their own batch-norm statistics")              \
    X(optimizer, tnas_optimizer_kind, TNAS_OPTIMIZER_SGD, 0, TNAS_OPTIMIZER_COUNT - 1,             \
      "sgd or adamw")                                                                              \
    X(learning_rate, double, 0.3, 1e-6, 10.0, "at the end of the warm-up")                         \
    X(warmup_frac, double, 0.05, 0.0, 0.5, "share of the steps with a rising rate")                \
    X(momentum, double, 0.9, 0.0, 0.999, "of sgd: Nesterov momentum")                              \
    X(beta1, double, 0.9, 0.0, 0.9999, "of adamw: decay of the gradient's mean")                   \
    X(beta2, double, 0.999, 0.0, 0.99999, "of adamw: decay of the squared gradient's mean")        \
    X(epsilon, double, 1e-8, 1e-12, 1.0, "of adamw: added to the root of the latter")              \
    X(weight_decay, double, 1e-4, 0.0, 1.0, "on weights, not on batch norm and biases")            \
    X(label_smoothing, double, 0.1, 0.0, 0.9, "share of the target spread over all classes")       \
    X(clip_norm, double, 5.0, 0.0, 1e6, "largest gradient norm, 0: no limit")                      \
    X(class_weight_power, double, 0.0, 0.0, 1.0,                                                   \
      "images of a class of n count n^-this in the loss; 1: all classes the same")                 \
    X(ema_decay, double, 0.0, 0.0, 0.99999, "of the average that training returns, 0: no average") \
    X(mixup_prob, double, 0.0, 0.0, 1.0, "chance of an image to be blended with another")          \
    X(mixup_share, double, 0.5, 0.0, 0.5, "largest share of the other, uniform from 0")            \
    X(distill_share, double, 0.0, 0.0, 1.0, "of a teacher in the target, the rest is the labels'") \
    X(distill_temperature, double, 1.0, 0.1, 100.0, "of the softmax that is learned from it")      \
    X(checkpoint_steps, int, 500, 0, 10000000, "steps between checkpoints, 0: only when stopped")

typedef struct tnas_recipe {
#define TNAS_RECIPE_FIELD(name, type, value, min, max, help) type name;
    TNAS_RECIPE_FIELDS(TNAS_RECIPE_FIELD)
#undef TNAS_RECIPE_FIELD
    tnas_augment augment; /* off by default */
} tnas_recipe;

tnas_recipe tnas_recipe_default(void);

/* Every field within its range and the batch a multiple of the shards. TNAS_ERR_USAGE with
 * the sentence `NAME.field = value ...`; `name` is what the user calls the recipe. */
tnas_status tnas_recipe_check(const tnas_recipe *recipe, const char *name);

/* The recipe as a list of numbers with names, for files and comparisons, and where each is: keys of
 * settings (study/work.h) are made from it, too. */
enum {
#define TNAS_RECIPE_COUNT(name, type, value, min, max, help) +1
    /* the fields; the fill; probability and amount of each augmentation */
    TNAS_RECIPE_VALUE_COUNT = 0 TNAS_RECIPE_FIELDS(TNAS_RECIPE_COUNT) + 1 + 2 * TNAS_AUGMENT_COUNT
#undef TNAS_RECIPE_COUNT
};

/* Members of type int, double, tnas_optimizer_kind. */
typedef enum tnas_recipe_kind {
    TNAS_RECIPE_WHOLE,
    TNAS_RECIPE_REAL,
    TNAS_RECIPE_OPTIMIZER
} tnas_recipe_kind;

typedef struct tnas_recipe_value {
    char name[48]; /* "learning_rate", "augment.shift.amount" */
    double value, min, max;
    tnas_recipe_kind kind;
    size_t at; /* of the member in tnas_recipe */
} tnas_recipe_value;

void tnas_recipe_list(const tnas_recipe *recipe, tnas_recipe_value out[TNAS_RECIPE_VALUE_COUNT]);

#endif
