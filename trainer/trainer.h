/* Training: gradient descent on a weight store.
 *
 * The trainer does not know what it trains: a unit source says which networks a step runs,
 * the engine gives their gradient, the trainer moves the weights. Order and randomness depend
 * on seed, epoch and index only: the same weights for any number of threads, interrupted or
 * not. */
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

/* Work around a step's gradient, for trainings whose nets compute with something else than the
 * values that are trained: straight-through estimators. */
typedef struct tnas_train_around {
    void *context;
    /* Before: *used, of the same slots, computes in place of the store. */
    tnas_status (*before)(void *context, const tnas_store *store, const tnas_store **used);
    /* After the optimiser: values without a gradient of their own may be set. */
    void (*after)(void *context, tnas_store *store);
} tnas_train_around;

typedef struct tnas_train_options {
    uint64_t seed;
    const tnas_progress *progress; /* NULL: none */
    const char *stage;             /* what the progress calls it; NULL: "training" */
    const char *checkpoint_path;   /* NULL: a training that is stopped is lost */
    bool leaves_checkpoint; /* the last file stays, for the caller to remove once the result is safe
                             */
    /* Called after every step, counted from 1, with the smoothed loss and share of right answers
     * that the progress shows: the training curve. After a resume it goes on behind the
     * checkpoint's step with the values it would have had. NULL: nobody. */
    void (*see)(void *context, long step, double loss, double right);
    void *see_context;
    /* Gives the batches teacher_logits, for units that have TNAS_TEACHER_FROZEN; borrowed. NULL:
     * none do. It sees images of the same shape and knows the same classes. */
    const tnas_teacher *teacher;
    const tnas_train_around *around; /* NULL: nothing */
} tnas_train_options;

/* Trains the store in place with an engine of recipe->shards shards; it then holds the last
 * weights or, with recipe->ema_decay, their average. The progress's remark is the loss and the
 * share of right answers, each the mean over a step's units smoothed over the last steps.
 *
 * With a checkpoint path the file there is written every recipe->checkpoint_steps steps and
 * when the progress says stop; the same call then goes on where it was, to the same bytes, and
 * removes the file at the end unless the options say otherwise. A file that is damaged or belongs
 * to another training is an error (TNAS_ERR_INPUT): it is never overwritten or ignored. Which
 * weights a training starts from is not checked; the file replaces them.
 *
 * Fails with TNAS_ERR_USAGE when the recipe breaks a rule, with TNAS_ERR_DIVERGED naming step,
 * rate and rule when loss or gradient are not finite, with TNAS_ERR_STOPPED when the progress
 * says so; the store is then of no use. */
tnas_status tnas_train(tnas_store *store, const tnas_unit_source *source, tnas_engine *engine,
                       const tnas_recipe *recipe, const tnas_images *images,
                       const tnas_train_options *options);

/* The same for one fixed network on the labels, with the recipe's label smoothing, and with
 * recipe->distill_share > 0 on what options->teacher says (TNAS_ERR_USAGE without one); a
 * teacher without a share is not asked. */
tnas_status tnas_train_net(const tnas_net *net, tnas_store *store, tnas_engine *engine,
                           const tnas_recipe *recipe, const tnas_images *images,
                           const tnas_train_options *options);

#endif
