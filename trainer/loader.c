#include "trainer/loader.h"

#include <assert.h>
#include <stdbool.h>
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
        .mixup_prob = recipe->mixup_prob,
        .mixup_share = recipe->mixup_share,
        .seed = seed,
        .epoch = -1,
        .order = tnas_alloc_zero((size_t)images->count, sizeof *loader->order),
    };
    loader->first_image = tnas_alloc_zero(loader->image_bytes, 1);
    if (loader->order == NULL || loader->first_image == NULL) {
        tnas_loader_deinit(loader);
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d images", images->count);
    }
    return TNAS_OK;
}

void tnas_loader_deinit(tnas_loader *loader)
{
    tnas_free(loader->order);
    tnas_free(loader->first_image);
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

/* a and b in 256ths: exact, and the same on every machine. */
static void blend(uint8_t *a, const uint8_t *b, int b_share, size_t count)
{
    for (size_t i = 0; i < count; i++)
        a[i] = (uint8_t)((a[i] * (256 - b_share) + b[i] * b_share + 128) >> 8);
}

/* In 256ths, of the image shown as number `shown`. */
static int draw_share(const tnas_loader *loader, uint64_t shown)
{
    tnas_rng rng = tnas_rng_stream(loader->seed, TNAS_RNG_MIXUP, shown);
    if (tnas_rng_unit(&rng) >= loader->mixup_prob)
        return 0;
    return (int)(tnas_rng_unit(&rng) * loader->mixup_share * 256 + 0.5);
}

/* Every image with the one behind it, the last with the first as it was. */
static void mix_batch(tnas_loader *loader, long step, const tnas_batch_buffer *out)
{
    const size_t batch = (size_t)loader->batch, bytes = loader->image_bytes;
    const bool on = loader->mixup_prob > 0;
    if (out->second_labels == NULL) {
        assert(!on);
        return;
    }
    if (on)
        memcpy(loader->first_image, out->pixels, bytes);
    for (size_t i = 0; i < batch; i++) {
        const int share = on ? draw_share(loader, (uint64_t)step * batch + i) : 0;
        const bool last = i + 1 == batch;
        out->second_labels[i] = out->labels[last ? 0 : i + 1];
        out->second_shares[i] = (float)share / 256;
        if (share > 0)
            blend(out->pixels + i * bytes,
                  last ? loader->first_image : out->pixels + (i + 1) * bytes, share, bytes);
    }
}

void tnas_loader_gather(tnas_loader *loader, long step, const tnas_batch_buffer *out)
{
    const long epoch = step / loader->epoch_batches;
    if (epoch != loader->epoch)
        shuffle_epoch(loader, epoch);
    const size_t batch = (size_t)loader->batch, bytes = loader->image_bytes;
    const size_t first = (size_t)(step % loader->epoch_batches) * batch;
    for (size_t i = 0; i < batch; i++) {
        const size_t image = loader->order[(first + i) % (size_t)loader->images->count];
        memcpy(out->pixels + i * bytes, loader->images->pixels + image * bytes, bytes);
        out->labels[i] = loader->images->labels[image];
        if (loader->teacher_logits != NULL) {
            const size_t classes = (size_t)loader->teacher_classes;
            memcpy(out->teacher_logits + i * classes, loader->teacher_logits + image * classes,
                   classes * sizeof(float));
        }
        tnas_augment_image(&loader->augment, loader->seed, (uint64_t)step * batch + i,
                           &loader->shape, out->pixels + i * bytes);
    }
    mix_batch(loader, step, out);
}
