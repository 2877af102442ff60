/* The finish of a network: from weights, random or inherited, to an int8 model.
 *
 *   train ─► batch-norm statistics ─► float.tnm ─► ranges ─► int8 ─► validation
 *                                                     │ loses more than qat_drop
 *                                                     ▼
 *                                loss per layer ─► clipped ranges ─► quantisation-aware training
 *
 * One path for a search's finalists and for networks drawn by hand. The test set is none of its
 * business. Everything is a pure function of the job; what a folder holds of it is not done again,
 * so that a job that was killed goes on where it was, to the same bytes. */
#ifndef TNAS_TRAINER_FINISH_H
#define TNAS_TRAINER_FINISH_H

#include "graph/model.h"
#include "quant/image.h"
#include "trainer/int8_loss.h"
#include "trainer/metric.h"
#include "trainer/trainer.h"

/*  field              type    default  min   max       help */
#define TNAS_FINISH_FIELDS(X)                                                                      \
    X(augment_epochs_min, int, 10, 0, 100000, "fewer passes over the images: no augmentation")     \
    X(augment_weights_min, int, 15000, 0, 100000000, "smaller networks: no augmentation")          \
    X(qat_drop, double, 0.005, 0.0, 1.0, "int8 loses more on validation: trained again")           \
    X(qat_steps_frac, double, 0.25, 0.0, 10.0, "steps of that training, of the first's")           \
    X(qat_learning_rate, double, 0.001, 1e-6, 10.0, "of that training, by adamw")                  \
    X(qat_distill_share, double, 0.5, 0.0, 1.0, "of the float network in that training's target")  \
    X(qat_clip_db, double, 20, -100, 200, "tensors whose int8 alone leaves less may saturate")     \
    X(qat_range_decay, double, 0.95, 0.0, 1.0, "of the moving average of the ranges, a step")      \
    X(inherit_weights, int, 1, 0, 1,                                                               \
      "of a search: finalists start from the supernet's; 0: random")                               \
    X(with_validation, int, 0, 0, 1,                                                               \
      "1: learns from the validation images too, so they judge nothing")

typedef struct tnas_finish_recipe {
#define TNAS_FINISH_FIELD(name, type, value, min, max, help) type name;
    TNAS_FINISH_FIELDS(TNAS_FINISH_FIELD)
#undef TNAS_FINISH_FIELD
} tnas_finish_recipe;

tnas_finish_recipe tnas_finish_recipe_default(void);

/* The recipe as this network is trained: without augmentation where it has too few weights, or the
 * training too few epochs, to gain from it (docs/finish.md), without shifts by more than an eighth
 * of a side, and without a share for a teacher that is not there. */
tnas_recipe tnas_finish_train_recipe(const tnas_finish_recipe *finish, const tnas_recipe *recipe,
                                     const tnas_graph *graph, int image_count, bool has_teacher);

/* Steps of the quantisation-aware training after one of so many. */
int tnas_finish_int8_steps(const tnas_finish_recipe *finish, int steps);

/* `count` images drawn from the training images by the seed, [count, h, w, c]. Release *out with
 * tnas_free. */
tnas_status tnas_finish_sample_calibration(const tnas_images *train, size_t image_bytes, int count,
                                           uint64_t seed, uint8_t **out);

/* A float network with its statistics as an int8 model, batch norm folded, ranges from the images
 * [image_count, h, w, c]. Release *out with tnas_model_destroy. */
tnas_status tnas_net_quantize(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                              const tnas_bn_stats *stats, const uint8_t *images, int image_count,
                              tnas_model **out);

typedef struct tnas_finish_job {
    tnas_engine *engine; /* of recipe->shards shards */
    tnas_pool *pool;
    const tnas_images *train, *validation;
    const uint8_t *calibration_images;       /* training images, as many as the counts below need */
    int recalibration_batches, batch_images; /* behind the batch-norm statistics */
    int range_images;                        /* behind the int8 ranges */
    const tnas_recipe *recipe;   /* of the training, as tnas_finish_train_recipe gives it */
    tnas_finish_recipe finish;   /* with_validation: the training has both, and scores of validation
                                    are scores of what was learned */
    tnas_metric metric;          /* what the validation images are to give most of */
    const tnas_teacher *teacher; /* NULL: none */
    uint64_t seed;
    const tnas_progress *progress;
    const char *stage;  /* what the progress calls it; NULL: "training" */
    const char *folder; /* exists; keeps float.tnm, qat.tnm, train.ckpt, qat.ckpt */
    /* The curves of the training, and of the quantisation-aware one when there is one: both as
     * tnas_train_options.see. NULL: nobody. */
    void (*see)(void *context, long step, double loss, double right);
    void *see_context;
    void (*see_int8)(void *context, long step, double loss, double right);
    void *see_int8_context;
} tnas_finish_job;

/* A network after its finish. */
typedef struct tnas_finished {
    tnas_net *net; /* float, with its weights and statistics */
    tnas_store *store;
    tnas_bn_stats stats;
    tnas_model *model; /* int8 */
    tnas_image *image; /* of the model, plain C: every reported figure is its */
    double validation_float, validation_int8; /* by the job's metric, as the next */
    double validation_int8_before; /* quantisation-aware training, or NAN: there was none */
    bool qat_kept;                 /* it was better */
    int loss_count;                /* layers measured, before that training; 0: none were */
    tnas_int8_loss losses[TNAS_GRAPH_OPS_MAX];
} tnas_finished;

/* Trains `net` from what `store` holds, which is left of no use. Release *out with
 * tnas_finished_deinit, also after a failure. Fails as tnas_train does. */
tnas_status tnas_finish(const tnas_finish_job *job, const tnas_net *net, tnas_store *store,
                        tnas_finished *out);
void tnas_finished_deinit(tnas_finished *finished);

/* What a finished network says of labelled images: right answers of the float network and of the
 * int8 image, whose answers are counted in confusion [label][answer] when that is not NULL. */
typedef struct tnas_finish_counts {
    int images, float_right, int8_right;
} tnas_finish_counts;

tnas_status tnas_finished_count(const tnas_finished *finished, tnas_engine *engine, tnas_pool *pool,
                                const tnas_images *images, tnas_finish_counts *out, int *confusion);

#endif
