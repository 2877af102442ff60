#include "tests/toy_training.h"

#include "common/alloc.h"
#include "tests/testing.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 4 };

tnas_images toy_training_images(int count, uint64_t index)
{
    tnas_images images = {.count = count,
                          .pixels = tnas_alloc_zero((size_t)count, PIXELS),
                          .labels = tnas_alloc_zero((size_t)count, sizeof(int16_t))};
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (int i = 0; i < count; i++) {
        const int label = i % CLASSES;
        images.labels[i] = (int16_t)label;
        for (int p = 0; p < PIXELS; p++) {
            const bool inside =
                p / SIDE / (SIDE / 2) == label / 2 && p % SIDE / (SIDE / 2) == label % 2;
            const uint32_t brightness = tnas_rng_below(&rng, 160) + (inside ? 60 : 0);
            images.pixels[i * PIXELS + p] = (uint8_t)brightness;
        }
    }
    return images;
}

void toy_images_free(tnas_images *images)
{
    tnas_free(images->pixels);
    tnas_free(images->labels);
}

/* conv3 8 s2, dw3, conv1 16, a 2 x 2 average, fc on the four places that are left. */
static tnas_graph toy_graph(void)
{
    tnas_graph graph;
    tnas_graph_init(&graph, SIDE, SIDE, 1);
    const tnas_op conv = {.kind = TNAS_OP_CONV2D,
                          .activation = TNAS_ACT_RELU6,
                          .in = {0, TNAS_NONE},
                          .kernel_h = 3,
                          .kernel_w = 3,
                          .stride_h = 2,
                          .stride_w = 2,
                          .pad_bottom = 1,
                          .pad_right = 1};
    const tnas_op depthwise = {.kind = TNAS_OP_DWCONV2D,
                               .activation = TNAS_ACT_RELU6,
                               .in = {1, TNAS_NONE},
                               .kernel_h = 3,
                               .kernel_w = 3,
                               .stride_h = 1,
                               .stride_w = 1,
                               .pad_top = 1,
                               .pad_bottom = 1,
                               .pad_left = 1,
                               .pad_right = 1};
    const tnas_op point = {.kind = TNAS_OP_CONV2D,
                           .activation = TNAS_ACT_RELU6,
                           .in = {2, TNAS_NONE},
                           .kernel_h = 1,
                           .kernel_w = 1,
                           .stride_h = 1,
                           .stride_w = 1};
    const tnas_op pool = {.kind = TNAS_OP_AVGPOOL,
                          .in = {3, TNAS_NONE},
                          .kernel_h = 2,
                          .kernel_w = 2,
                          .stride_h = 2,
                          .stride_w = 2};
    const tnas_op fc = {.kind = TNAS_OP_FC,
                        .in = {4, TNAS_NONE},
                        .kernel_h = 1,
                        .kernel_w = 1,
                        .stride_h = 1,
                        .stride_w = 1};
    ck_assert_int_eq(tnas_graph_append(&graph, &conv, 8), 1);
    ck_assert_int_eq(tnas_graph_append(&graph, &depthwise, 0), 2);
    ck_assert_int_eq(tnas_graph_append(&graph, &point, 16), 3);
    ck_assert_int_eq(tnas_graph_append(&graph, &pool, 0), 4);
    ck_assert_int_eq(tnas_graph_append(&graph, &fc, CLASSES), 5);
    return graph;
}

void toy_training_init(toy_training *t, int threads, int shards)
{
    const tnas_graph graph = toy_graph();
    ck_ok(tnas_net_build_fixed(&graph, &t->net, &t->store));
    tnas_store_init_random(t->store, SEED);
    ck_ok(tnas_pool_create(threads, &t->pool));
    ck_ok(tnas_engine_create(&(tnas_engine_config){.pool = t->pool, .shards = shards}, &t->engine));
}

void toy_training_deinit(toy_training *t)
{
    tnas_engine_destroy(t->engine);
    tnas_pool_destroy(t->pool);
    tnas_store_destroy(t->store);
}

tnas_recipe toy_training_recipe(void)
{
    tnas_recipe recipe = tnas_recipe_default();
    recipe.steps = 120;
    recipe.batch = 32;
    recipe.learning_rate = 0.1;
    return recipe;
}
