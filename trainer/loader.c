#include "trainer/loader.h"

#include <string.h>

#include "common/alloc.h"
#include "common/rng.h"

tnas_status tnas_loader_init(tnas_loader *loader, const tnas_images *images, size_t image_bytes,
                             int batch, uint64_t seed)
{
    *loader = (tnas_loader){0};
    if (images->count < 1)
        return tnas_fail(TNAS_ERR_INPUT, "training set of %d images: at least 1 is needed",
                         images->count);
    const int whole = images->count / batch;
    *loader = (tnas_loader){
        .images = images,
        .image_bytes = image_bytes,
        .batch = batch,
        .epoch_batches = whole > 0 ? whole : 1,
        .seed = seed,
        .epoch = -1,
        .order = tnas_alloc_zero((size_t)images->count, sizeof *loader->order),
        .pixels = tnas_alloc_zero((size_t)batch, image_bytes),
        .labels = tnas_alloc_zero((size_t)batch, sizeof *loader->labels),
    };
    if (loader->order == NULL || loader->pixels == NULL || loader->labels == NULL) {
        tnas_loader_deinit(loader);
        return tnas_fail(TNAS_ERR_NOMEM, "batches of %d images of %zu bytes", batch, image_bytes);
    }
    return TNAS_OK;
}

void tnas_loader_deinit(tnas_loader *loader)
{
    tnas_free(loader->order);
    tnas_free(loader->pixels);
    tnas_free(loader->labels);
    *loader = (tnas_loader){0};
}

static void shuffle_epoch(tnas_loader *loader, long epoch)
{
    const uint32_t count = (uint32_t)loader->images->count;
    for (uint32_t i = 0; i < count; i++)
        loader->order[i] = i;
    tnas_rng rng = tnas_rng_stream(loader->seed, TNAS_RNG_SHUFFLE, (uint64_t)epoch);
    tnas_rng_shuffle(&rng, loader->order, count);
    loader->epoch = epoch;
}

tnas_batch tnas_loader_batch(tnas_loader *loader, long step)
{
    const long epoch = step / loader->epoch_batches;
    if (epoch != loader->epoch)
        shuffle_epoch(loader, epoch);
    const size_t first = (size_t)(step % loader->epoch_batches) * (size_t)loader->batch;
    for (size_t i = 0; i < (size_t)loader->batch; i++) {
        const size_t image = loader->order[(first + i) % (size_t)loader->images->count];
        memcpy(loader->pixels + i * loader->image_bytes,
               loader->images->pixels + image * loader->image_bytes, loader->image_bytes);
        loader->labels[i] = loader->images->labels[image];
    }
    return (tnas_batch){loader->pixels, loader->labels, loader->batch};
}
