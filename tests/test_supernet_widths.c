/* Blocks of their own widths in the supernet: a network that uses the first channels of its sites
 * answers as the network that has these channels alone. */
#include <string.h>

#include "common/alloc.h"
#include "nn/engine.h"
#include "supernet/supernet.h"
#include "tests/testing.h"
#include "tests/toy_spaces.h"

enum { SIDE = 12, CLASSES = 3, IMAGES = 20 };

typedef struct bench {
    tnas_space_config config;
    tnas_supernet *supernet;
    tnas_pool *pool;
    tnas_engine *engine;
    uint8_t pixels[IMAGES * SIDE * SIDE];
} bench;

static void set_up(bench *b, tnas_rng *rng)
{
    tnas_space space;
    ck_ok(tnas_space_parse(flexible_space, "test.json", &space));
    ck_ok(tnas_space_configure(&space, 0, 1, SIDE, SIDE, 1, CLASSES, &b->config));
    ck_ok(tnas_supernet_create(&b->config, TNAS_KERNEL_CROP, SEED, &b->supernet));
    ck_ok(tnas_pool_create(1, &b->pool));
    ck_ok(tnas_engine_create(&(tnas_engine_config){.pool = b->pool, .shards = 1}, &b->engine));
    tnas_store *const store = b->supernet->store;
    for (size_t i = 0; i < store->value_count; i++) /* so that a wrong channel shows */
        store->values[i] += 0.2f * (float)tnas_rng_normal(rng);
    for (size_t i = 0; i < sizeof b->pixels; i++)
        b->pixels[i] = (uint8_t)tnas_rng_below(rng, 256);
}

static void tear_down(bench *b)
{
    tnas_engine_destroy(b->engine);
    tnas_pool_destroy(b->pool);
    tnas_supernet_destroy(b->supernet);
}

static void predict(const bench *b, const tnas_store *store, const tnas_net *net,
                    float logits[IMAGES * CLASSES])
{
    tnas_bn_stats stats;
    ck_ok(tnas_bn_stats_init(net, &stats));
    ck_ok(tnas_engine_recalibrate(b->engine, store, net, b->pixels, 2, IMAGES / 2, &stats));
    ck_ok(tnas_engine_predict(b->engine, store, net, &stats, b->pixels, IMAGES, logits));
    tnas_bn_stats_deinit(&stats);
}

START_TEST(a_network_of_narrow_blocks_answers_like_the_one_extracted)
{
    static bench b;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    set_up(&b, &rng);
    tnas_arch arch;
    tnas_net view, own;
    tnas_store *store;
    float seen[IMAGES * CLASSES], wanted[IMAGES * CLASSES];
    tnas_arch_sample(&b.config.genes, &rng, &arch);
    ck_ok(tnas_supernet_view(b.supernet, &arch, &view));
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &own, &store));
    ck_assert(store->value_count < b.supernet->store->value_count);
    predict(&b, b.supernet->store, &view, wanted);
    predict(&b, store, &own, seen);
    ck_assert_mem_eq(seen, wanted, sizeof wanted);
    for (int i = 1; i < IMAGES; i++) /* and it answers at all */
        if (memcmp(wanted, wanted + (size_t)i * CLASSES, CLASSES * sizeof *wanted) != 0)
            break;
        else
            ck_assert_int_lt(i, IMAGES - 1);
    tnas_store_destroy(store);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("supernet widths");
    TCase *const views = tcase_create("views");
    tcase_add_loop_test(views, a_network_of_narrow_blocks_answers_like_the_one_extracted, 0, 20);
    suite_add_tcase(suite, views);
    return run_suite(suite);
}
