/* A small space with every block, kernel, expansion and depth choices: 9 x 10 x 2 pixels,
 * three classes; its supernet, and images that it can learn. */
#ifndef TNAS_TESTS_TOY_SUPERNET_H
#define TNAS_TESTS_TOY_SUPERNET_H

#include "data/dataset.h"
#include "supernet/supernet.h"

enum {
    TOY_SUPERNET_H = 9,
    TOY_SUPERNET_W = 10,
    TOY_SUPERNET_C = 2,
    TOY_SUPERNET_PIXELS = TOY_SUPERNET_H * TOY_SUPERNET_W * TOY_SUPERNET_C,
    TOY_SUPERNET_CLASSES = 3
};

tnas_stage toy_stage(tnas_block_kind block, int channels, uint8_t stride);
tnas_space_config *toy_supernet_config(int head_channels); /* release with tnas_free */

/* A supernet with threads and an engine. */
typedef struct toy_supernet {
    tnas_space_config *config;
    tnas_supernet *supernet;
    tnas_pool *pool;
    tnas_engine *engine;
} toy_supernet;

void toy_supernet_init(toy_supernet *b, tnas_kernel_source kernels, int threads, int shards);
void toy_supernet_deinit(toy_supernet *b);

/* All values away from their start, so that a wrong channel shows. */
void toy_supernet_scatter(tnas_store *store, tnas_rng *rng);

/* Noise with a brighter third of the rows, which is the class. */
tnas_images toy_supernet_images(int count);
void toy_supernet_images_free(tnas_images *images);

/* Recalibrated logits of `count` images. */
void toy_supernet_predict(const toy_supernet *b, const tnas_store *store, const tnas_net *net,
                          const tnas_images *images, float *logits);

#endif
