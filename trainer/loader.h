/* The loader: which images a training step sees, and in what form.
 *
 * An epoch is a random order of all images, drawn from (seed, epoch); its images are cut into
 * whole batches and the short rest is left out (another rest every epoch). A set smaller than
 * a batch is repeated in its random order until the batch is full. Whatever is to be done to
 * an image on its way from the data set into the network is done here: the recipe's
 * augmentation. Nothing depends on what was gathered before. */
#ifndef TNAS_TRAINER_LOADER_H
#define TNAS_TRAINER_LOADER_H

#include <stddef.h>

#include "data/dataset.h"
#include "trainer/recipe.h"

typedef struct tnas_loader {
    const tnas_images *images; /* borrowed */
    tnas_tensor shape;         /* of an image */
    size_t image_bytes;
    int batch;
    long epoch_batches; /* batches of an epoch, >= 1 */
    tnas_augment augment;
    double mixup_prob, mixup_share;
    uint64_t seed;
    /* What a teacher says of every image as it is: logits [images->count, teacher_classes], set by
     * the owner, borrowed; NULL: nothing. */
    const float *teacher_logits;
    int teacher_classes;
    uint8_t *first_image; /* [image_bytes], of a batch that is being blended */
    long epoch;           /* whose order is held; -1: none yet */
    uint32_t *order;      /* [images->count] */
} tnas_loader;

/* Batch and augmentation are the recipe's. TNAS_ERR_INPUT when there are no images. */
tnas_status tnas_loader_init(tnas_loader *loader, const tnas_images *images,
                             const tnas_tensor *shape, const tnas_recipe *recipe, uint64_t seed);
void tnas_loader_deinit(tnas_loader *loader);

/* Where a batch goes: pixels [batch, h, w, c], the rest [batch]. */
typedef struct tnas_batch_buffer {
    uint8_t *pixels;
    int16_t *labels, *second_labels; /* of the image, of the one blended into it */
    float *second_shares;            /* this and second_labels: NULL will do without mixup */
    float *teacher_logits;           /* [batch, teacher_classes]; NULL will do without a teacher */
} tnas_batch_buffer;

/* The batch of a step, a pure function of (images, recipe, seed, step). Blending (Zhang et al.,
 * "mixup", ICLR 2018) mixes an image with the next one of the batch after augmentation, by a
 * share drawn uniformly; unblended images have the share 0. */
void tnas_loader_gather(tnas_loader *loader, long step, const tnas_batch_buffer *out);

#endif
