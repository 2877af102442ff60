/* The loader: which images a training step sees, and in what form.
 *
 * An epoch is a random order of all images, drawn from (seed, epoch); its images are cut into
 * whole batches and the short rest is left out (another rest every epoch). A set smaller than
 * a batch is repeated in its random order until the batch is full. Whatever is to be done to
 * an image on its way from the data set into the network is done here. */
#ifndef TNAS_TRAINER_LOADER_H
#define TNAS_TRAINER_LOADER_H

#include "data/dataset.h"
#include "nn/engine.h"

typedef struct tnas_loader {
    const tnas_images *images; /* borrowed */
    size_t image_bytes;
    int batch;
    long epoch_batches; /* batches of an epoch, >= 1 */
    uint64_t seed;
    long epoch;      /* whose order is held; -1: none yet */
    uint32_t *order; /* [images->count] */
    uint8_t *pixels; /* [batch, image_bytes] */
    int16_t *labels; /* [batch] */
} tnas_loader;

/* TNAS_ERR_INPUT when there are no images. */
tnas_status tnas_loader_init(tnas_loader *loader, const tnas_images *images, size_t image_bytes,
                             int batch, uint64_t seed);
void tnas_loader_deinit(tnas_loader *loader);

/* The batch of a step, a pure function of (images, seed, step). It is the loader's and stays
 * valid until the next call. */
tnas_batch tnas_loader_batch(tnas_loader *loader, long step);

#endif
