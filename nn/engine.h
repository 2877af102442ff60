/* The training engine: forward, backward and evaluation of nets over a store.
 *
 * A training step is an ordered list of units (net, loss, teacher) run on the shards of a
 * batch. A shard is a fixed part of the batch with its own batch-norm statistics; gradients
 * add in unit order within a shard, then in shard order. Results depend on the number of
 * shards, which belongs to the recipe, never on threads. */
#ifndef TNAS_NN_ENGINE_H
#define TNAS_NN_ENGINE_H

#include "common/pool.h"
#include "nn/net.h"

typedef struct tnas_engine tnas_engine;

typedef struct tnas_engine_config {
    tnas_pool *pool; /* borrowed */
    int shards;      /* parts of a training batch, >= 1 */
} tnas_engine_config;

/* Uses the best kernels for this processor, or those that the environment variable TINYNAS_ISA
 * names (v2, v3, v4, generic); fails when it names others. */
tnas_status tnas_engine_create(const tnas_engine_config *config, tnas_engine **out);
void tnas_engine_destroy(tnas_engine *engine);

/* u8 pixels are seen as (u8 - 128) / 128. */
typedef struct tnas_batch {
    const uint8_t *images; /* [count, h, w, c] */
    const int16_t *labels; /* [count] */
    int count;             /* training: a multiple of the shards */
    /* Images blended of two: the other's label and its share of the target; NULL: none is. Only
     * training looks at them, and counts an image as right when `labels` wins. */
    const int16_t *second_labels; /* [count] */
    const float *second_shares;   /* [count], 0..0.5 */
    /* What a frozen teacher says of these very pixels: logits [count, classes] of the unit that has
     * TNAS_TEACHER_FROZEN; NULL when none has. */
    const float *teacher_logits;
} tnas_batch;

#define TNAS_UNITS_MAX 16

#define TNAS_TEACHER_FROZEN (-2)

typedef struct tnas_unit {
    const tnas_net *net;
    float weight;          /* of this unit's loss in the sum, > 0 */
    float label_smoothing; /* 0..1, share of the uniform distribution in the labels' part */
    /* Whose softmax is the target: that of an earlier unit, of the batch's teacher_logits
     * (TNAS_TEACHER_FROZEN), nobody's but the labels' (TNAS_NONE). */
    int teacher;
    float label_share; /* 0..1, of the labels in the target beside a teacher */
    float temperature; /* of the teacher's part (nn/loss.h); 0: 1 */
    /* [classes], how much an image of each counts in the loss; NULL: all 1. A blended image counts
     * its labels' shares. */
    const float *label_weights;
    /* Of a net with grids, which is then the step's only unit: [tensors], receives what the tensors
     * that have one were before they were rounded, without activation. NULL: nobody wants it. */
    tnas_seen_range *seen;
} tnas_unit;

/* A network that only teaches: of any store, with its batch-norm statistics, never changed. */
typedef struct tnas_teacher {
    const tnas_net *net;
    const tnas_store *store;
    const tnas_bn_stats *stats;
} tnas_teacher;

typedef struct tnas_unit_result {
    double loss; /* mean over the batch */
    int correct;
} tnas_unit_result;

/* Labels must be below the number of classes, images of the graph's input shape, and a teacher
 * must come earlier and know the same classes: the caller's duty, not checked as input.
 *
 * grads [store->value_count] receives the mean gradient over the batch of
 * sum of weight * loss; what no unit touches is 0. Memory is reserved on the first call with
 * the largest net and reused after: a step whose nets are no larger allocates nothing. Fails with
 * TNAS_ERR_DIVERGED when a loss is not finite. */
tnas_status tnas_engine_step(tnas_engine *engine, const tnas_store *store, const tnas_unit *units,
                             int unit_count, const tnas_batch *batch, float *grads,
                             tnas_unit_result *results);

/* Batch-norm statistics of a net: each of `batches` batches of batch_images images is
 * forwarded with its own statistics, which are then averaged (biased variance). The images
 * are the first batches * batch_images of `images`. */
tnas_status tnas_engine_recalibrate(tnas_engine *engine, const tnas_store *store,
                                    const tnas_net *net, const uint8_t *images, int batches,
                                    int batch_images, tnas_bn_stats *stats);

/* logits [count, classes] with the given statistics. */
tnas_status tnas_engine_predict(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                                const tnas_bn_stats *stats, const uint8_t *images, int count,
                                float *logits);

/* Images whose winner (lowest index among equals) is the label. */
tnas_status tnas_engine_count_correct(tnas_engine *engine, const tnas_store *store,
                                      const tnas_net *net, const tnas_bn_stats *stats,
                                      const tnas_batch *batch, int *correct);

/* Smallest and largest value of every tensor of the graph over `count` images:
 * min, max [tensor_count]. */
tnas_status tnas_engine_ranges(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                               const tnas_bn_stats *stats, const uint8_t *images, int count,
                               float *min, float *max);

/* Bytes of workspace the engine holds. */
size_t tnas_engine_bytes(const tnas_engine *engine);

#endif
