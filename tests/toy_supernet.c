#include "tests/toy_supernet.h"

#include "common/alloc.h"
#include "tests/testing.h"

tnas_stage toy_stage(tnas_block_kind block, int channels, uint8_t stride)
{
    tnas_stage stage = {.block = block,
                        .channels = channels,
                        .stride = {stride, stride},
                        .kernel_count = 2,
                        .kernels = {{3, 3}, {5, 5}},
                        .expand_count = 1,
                        .expands = {1},
                        .depth_count = 2,
                        .depths = {1, 2}};
    if (block == TNAS_BLOCK_MBCONV) {
        stage.expand_count = 3;
        stage.expands[0] = 1.5;
        stage.expands[1] = 2;
        stage.expands[2] = 3;
    }
    return stage;
}

tnas_space_config *toy_supernet_config(int head_channels)
{
    tnas_space space = {.name = "toy",
                        .width_count = 1,
                        .widths = {1},
                        .divisor = 4,
                        .stem_channels = 8,
                        .stem_kernel = {3, 3},
                        .stem_stride = {1, 1},
                        .head_count = head_channels > 0,
                        .head_channels = {head_channels},
                        .stage_count = 3,
                        .stages = {toy_stage(TNAS_BLOCK_DSCONV, 8, 1),
                                   toy_stage(TNAS_BLOCK_MBCONV, 8, 2),
                                   toy_stage(TNAS_BLOCK_RESBLOCK, 12, 2)}};
    tnas_space_config *config = tnas_alloc_zero(1, sizeof *config);
    ck_assert_ptr_nonnull(config);
    ck_ok(tnas_space_configure(&space, 0, 0, TOY_SUPERNET_H, TOY_SUPERNET_W, TOY_SUPERNET_C,
                               TOY_SUPERNET_CLASSES, config));
    return config;
}

void toy_supernet_init(toy_supernet *b, tnas_kernel_source kernels, int threads, int shards)
{
    b->config = toy_supernet_config(16);
    ck_ok(tnas_supernet_create(b->config, kernels, SEED, &b->supernet));
    ck_ok(tnas_pool_create(threads, &b->pool));
    ck_ok(tnas_engine_create(&(tnas_engine_config){.pool = b->pool, .shards = shards}, &b->engine));
}

void toy_supernet_deinit(toy_supernet *b)
{
    tnas_engine_destroy(b->engine);
    tnas_pool_destroy(b->pool);
    tnas_supernet_destroy(b->supernet);
    tnas_free(b->config);
}

/* All values away from their start, so that a wrong channel shows. */
void toy_supernet_scatter(tnas_store *store, tnas_rng *rng)
{
    for (size_t i = 0; i < store->value_count; i++)
        store->values[i] += 0.2f * (float)tnas_rng_normal(rng);
}

/* Noise with a brighter third of the rows, which is the class. */
tnas_images toy_supernet_images(int count)
{
    tnas_images images = {.count = count,
                          .pixels = tnas_alloc_zero((size_t)count, TOY_SUPERNET_PIXELS),
                          .labels = tnas_alloc_zero((size_t)count, sizeof(int16_t))};
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 77);
    for (int i = 0; i < count; i++) {
        images.labels[i] = (int16_t)(i % TOY_SUPERNET_CLASSES);
        for (int p = 0; p < TOY_SUPERNET_PIXELS; p++) {
            const bool inside =
                p / (TOY_SUPERNET_W * TOY_SUPERNET_C) / (TOY_SUPERNET_H / TOY_SUPERNET_CLASSES) ==
                i % TOY_SUPERNET_CLASSES;
            images.pixels[i * TOY_SUPERNET_PIXELS + p] =
                (uint8_t)(tnas_rng_below(&rng, 160) + (inside ? 80 : 0));
        }
    }
    return images;
}

void toy_supernet_images_free(tnas_images *images)
{
    tnas_free(images->pixels);
    tnas_free(images->labels);
}

/* Recalibrated logits of `count` images. */
void toy_supernet_predict(const toy_supernet *b, const tnas_store *store, const tnas_net *net,
                          const tnas_images *images, float *logits)
{
    tnas_bn_stats stats;
    ck_ok(tnas_bn_stats_init(net, &stats));
    ck_ok(tnas_engine_recalibrate(b->engine, store, net, images->pixels, 2, images->count / 2,
                                  &stats));
    ck_ok(
        tnas_engine_predict(b->engine, store, net, &stats, images->pixels, images->count, logits));
    tnas_bn_stats_deinit(&stats);
}
