#include "trainer/loader.h"

#include <string.h>

#include "common/alloc.h"
#include "common/rng.h"

tnas_status tnas_loader_init(tnas_loader *loader, const tnas_images *images,
                             const tnas_tensor *shape, const tnas_recipe *recipe, uint64_t seed)
{
    *loader = (tnas_loader){0};
    if (images->count < 1)
        return tnas_fail(TNAS_ERR_INPUT, "training set of %d images: at least 1 is needed",
                         images->count);
    const int whole = images->count / recipe->batch;
    *loader = (tnas_loader){
        .images = images,
        .shape = *shape,
        .image_bytes = (size_t)tnas_tensor_count(shape),
        .batch = recipe->batch,
        .epoch_batches = whole > 0 ? whole : 1,
        .augment = recipe->augment,
        .seed = seed,
        .epoch = -1,
        .order = tnas_alloc_zero((size_t)images->count, sizeof *loader->order),
    };
    if (loader->order == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d images", images->count);
    return TNAS_OK;
}

void tnas_loader_deinit(tnas_loader *loader)
{
    tnas_free(loader->order);
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

void tnas_loader_gather(tnas_loader *loader, long step, uint8_t *pixels, int16_t *labels)
{
    const long epoch = step / loader->epoch_batches;
    if (epoch != loader->epoch)
        shuffle_epoch(loader, epoch);
    const size_t batch = (size_t)loader->batch, bytes = loader->image_bytes;
    const size_t first = (size_t)(step % loader->epoch_batches) * batch;
    for (size_t i = 0; i < batch; i++) {
        const size_t image = loader->order[(first + i) % (size_t)loader->images->count];
        memcpy(pixels + i * bytes, loader->images->pixels + image * bytes, bytes);
        labels[i] = loader->images->labels[image];
        tnas_augment_image(&loader->augment, loader->seed, (uint64_t)step * batch + i,
                           &loader->shape, pixels + i * bytes);
    }
}
