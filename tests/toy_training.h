/* A network that trains in a blink, on a toy set that it can learn. */
#ifndef TNAS_TESTS_TOY_TRAINING_H
#define TNAS_TESTS_TOY_TRAINING_H

#include "data/dataset.h"
#include "nn/engine.h"
#include "trainer/recipe.h"

/* 8 x 8 grey noise with one brighter quadrant, which is the class; random by index. */
tnas_images toy_training_images(int count, uint64_t index);
void toy_images_free(tnas_images *images);

/* A network with its store, and threads to train it. */
typedef struct toy_training {
    tnas_net net;
    tnas_store *store;
    tnas_pool *pool;
    tnas_engine *engine;
} toy_training;

void toy_training_init(toy_training *t, int threads, int shards);
void toy_training_deinit(toy_training *t);

tnas_recipe toy_training_recipe(void);

#endif
