#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/text.h"
#include "tests/testing.h"
#include "tests/toy_training.h"
#include "trainer/ema.h"
#include "trainer/prefetch.h"
#include "trainer/schedule.h"
#include "trainer/trainer.h"

static const tnas_train_options seeded = {.seed = SEED};

static int count_right(const toy_training *b, const tnas_images *images)
{
    tnas_bn_stats stats;
    ck_ok(tnas_bn_stats_init(&b->net, &stats));
    ck_ok(tnas_engine_recalibrate(b->engine, b->store, &b->net, images->pixels, 2,
                                  images->count / 2, &stats));
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    int right;
    ck_ok(tnas_engine_count_correct(b->engine, b->store, &b->net, &stats, &batch, &right));
    tnas_bn_stats_deinit(&stats);
    return right;
}

/* Recipe */

START_TEST(the_default_recipe_obeys_its_own_rules)
{
    const tnas_recipe recipe = tnas_recipe_default();
    ck_ok(tnas_recipe_check(&recipe, "recipe"));
}
END_TEST

START_TEST(a_recipe_out_of_range_is_refused_by_name)
{
    tnas_recipe recipe = tnas_recipe_default();
    recipe.learning_rate = 1e6;
    ck_fails(TNAS_ERR_USAGE, "supernet.learning_rate = 1000000 is outside 1e-06..10",
             tnas_recipe_check(&recipe, "supernet"));
    recipe.learning_rate = NAN;
    ck_fails(TNAS_ERR_USAGE, "learning_rate", tnas_recipe_check(&recipe, "supernet"));
    recipe = tnas_recipe_default();
    recipe.steps = 0;
    ck_fails(TNAS_ERR_USAGE, "steps = 0", tnas_recipe_check(&recipe, "supernet"));
    recipe = tnas_recipe_default();
    recipe.shards = 3;
    ck_fails(TNAS_ERR_USAGE, "batch = 128 must be a multiple of finetune.shards = 3",
             tnas_recipe_check(&recipe, "finetune"));
}
END_TEST

START_TEST(every_value_of_a_recipe_is_checked_by_its_own_name)
{
    tnas_recipe recipe = tnas_recipe_default();
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 65};
    ck_fails(TNAS_ERR_USAGE, "recipe.augment.shift.amount = 65 is outside 0..64",
             tnas_recipe_check(&recipe, "recipe"));
    recipe = tnas_recipe_default();
    recipe.augment.doses[TNAS_AUGMENT_BAND_MASK].probability = NAN;
    ck_fails(TNAS_ERR_USAGE, "recipe.augment.band_mask.probability",
             tnas_recipe_check(&recipe, "recipe"));
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    recipe = tnas_recipe_default();
    tnas_recipe_list(&recipe, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(values[i].name, values[j].name);
    ck_assert_str_eq(values[0].name, "steps");
    ck_assert_double_eq(values[0].value, 1000);
}
END_TEST

static void check_page_has(const uint8_t *page, const tnas_text *row)
{
    ck_assert_msg(strstr((const char *)page, row->chars) != NULL, "no row %s", row->chars);
}

START_TEST(the_documentation_lists_the_recipe)
{
    uint8_t *page;
    size_t byte_count;
    ck_ok(tnas_file_read("docs/training.md", 1 << 20, &page, &byte_count));
    const tnas_recipe recipe = tnas_recipe_default();
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&recipe, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT - 2 * TNAS_AUGMENT_COUNT; i++) {
        tnas_text row;
        tnas_text_init(&row);
        tnas_text_add(&row, "| `%s` | %.9g | %.9g to %.9g |", values[i].name, values[i].value,
                      values[i].min, values[i].max);
        check_page_has(page, &row);
        tnas_text_deinit(&row);
    }
    for (int i = 0; i < TNAS_AUGMENT_COUNT; i++) {
        const tnas_augmentation augmentation = (tnas_augmentation)i;
        tnas_text row;
        tnas_text_init(&row);
        tnas_text_add(&row, "| `%s` | %s", tnas_augmentation_name(augmentation),
                      tnas_augmentation_unit(augmentation));
        if (tnas_augmentation_largest(augmentation) > 0)
            tnas_text_add(&row, " | %d |", tnas_augmentation_largest(augmentation));
        check_page_has(page, &row);
        tnas_text_deinit(&row);
    }
    tnas_free(page);
}
END_TEST

/* Schedule */

START_TEST(the_rate_rises_linearly_then_follows_a_cosine)
{
    tnas_recipe recipe = tnas_recipe_default();
    recipe.steps = 110;
    recipe.warmup_frac = 10.0 / 110;
    recipe.learning_rate = 0.4;
    ck_assert_int_eq(tnas_schedule_warmup_steps(&recipe), 10);
    const struct {
        long step;
        double rate;
    } rows[] = {
        {0, 0.04},           {4, 0.2},        {9, 0.4}, {10, 0.4}, {35, 0.34142135624}, {60, 0.2},
        {85, 0.05857864376}, {109, 9.8688e-5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_double_eq_tol(tnas_schedule_rate(&recipe, rows[i].step), rows[i].rate, 1e-8);
    recipe.warmup_frac = 0;
    ck_assert_double_eq(tnas_schedule_rate(&recipe, 0), 0.4);
}
END_TEST

/* Loader */

/* Images whose pixels say which image they are: [count, 2]. */
static tnas_images numbered_images(int count)
{
    tnas_images images = {.count = count,
                          .pixels = tnas_alloc_zero((size_t)count, 2),
                          .labels = tnas_alloc_zero((size_t)count, sizeof(int16_t))};
    for (int i = 0; i < count; i++) {
        images.pixels[2 * i] = (uint8_t)(i % 256);
        images.pixels[2 * i + 1] = (uint8_t)(i / 256);
        images.labels[i] = (int16_t)(i % 7);
    }
    return images;
}

static tnas_status init_loader(tnas_loader *loader, const tnas_images *images, int batch,
                               uint64_t seed)
{
    tnas_recipe recipe = tnas_recipe_default();
    recipe.batch = batch;
    return tnas_loader_init(loader, images, &(tnas_tensor){1, 1, 2}, &recipe, seed);
}

/* The batch of a step, valid until the next one of any loader. */
static tnas_batch gather(tnas_loader *loader, long step)
{
    static uint8_t pixels[4096];
    static int16_t labels[256];
    ck_assert_uint_le((size_t)loader->batch * loader->image_bytes, sizeof pixels);
    ck_assert_int_le(loader->batch, 256);
    tnas_loader_gather(loader, step, &(tnas_batch_buffer){.pixels = pixels, .labels = labels});
    return (tnas_batch){.images = pixels, .labels = labels, .count = loader->batch};
}

static int image_number(const tnas_batch *batch, int i)
{
    const int number = batch->images[2 * i] + 256 * batch->images[2 * i + 1];
    ck_assert_int_eq(batch->labels[i], number % 7);
    return number;
}

START_TEST(an_epoch_shows_every_image_at_most_once_and_no_short_batch)
{
    enum { COUNT = 331, BATCH = 32, BATCHES = COUNT / BATCH };
    tnas_images images = numbered_images(COUNT);
    tnas_loader loader;
    ck_ok(init_loader(&loader, &images, BATCH, SEED));
    ck_assert_int_eq(loader.epoch_batches, BATCHES);
    int left_out[3];
    for (int epoch = 0; epoch < 3; epoch++) {
        int seen[COUNT] = {0};
        for (long step = 0; step < BATCHES; step++) {
            const tnas_batch batch = gather(&loader, epoch * BATCHES + step);
            ck_assert_int_eq(batch.count, BATCH);
            for (int i = 0; i < BATCH; i++)
                seen[image_number(&batch, i)]++;
        }
        int count = 0;
        for (int i = 0; i < COUNT; i++) {
            ck_assert_int_le(seen[i], 1);
            count += seen[i];
            if (seen[i] == 0)
                left_out[epoch] = i;
        }
        ck_assert_int_eq(count, BATCHES * BATCH);
    }
    ck_assert(left_out[0] != left_out[1] || left_out[1] != left_out[2]);
    tnas_loader_deinit(&loader);
    toy_images_free(&images);
}
END_TEST

START_TEST(the_order_depends_on_seed_and_step_only)
{
    enum { COUNT = 100, BATCH = 20 };
    tnas_images images = numbered_images(COUNT);
    tnas_loader forward, backward, other;
    ck_ok(init_loader(&forward, &images, BATCH, SEED));
    ck_ok(init_loader(&backward, &images, BATCH, SEED));
    ck_ok(init_loader(&other, &images, BATCH, SEED + 1));
    uint8_t pixels[15][BATCH * 2];
    int differing = 0;
    for (int step = 0; step < 15; step++) {
        const tnas_batch batch = gather(&forward, step);
        memcpy(pixels[step], batch.images, sizeof pixels[step]);
        const tnas_batch foreign = gather(&other, step);
        differing += memcmp(pixels[step], foreign.images, sizeof pixels[step]) != 0;
    }
    for (int step = 14; step >= 0; step--) {
        const tnas_batch batch = gather(&backward, step);
        ck_assert_mem_eq(pixels[step], batch.images, sizeof pixels[step]);
    }
    ck_assert_int_eq(differing, 15);
    tnas_loader_deinit(&forward);
    tnas_loader_deinit(&backward);
    tnas_loader_deinit(&other);
    toy_images_free(&images);
}
END_TEST

START_TEST(a_set_smaller_than_a_batch_repeats)
{
    enum { COUNT = 5, BATCH = 12 };
    tnas_images images = numbered_images(COUNT);
    tnas_loader loader;
    ck_ok(init_loader(&loader, &images, BATCH, SEED));
    for (long step = 0; step < 4; step++) {
        const tnas_batch batch = gather(&loader, step);
        ck_assert_int_eq(batch.count, BATCH);
        int seen[COUNT] = {0};
        for (int i = 0; i < BATCH; i++)
            seen[image_number(&batch, i)]++;
        for (int i = 0; i < COUNT; i++)
            ck_assert(seen[i] == 2 || seen[i] == 3);
    }
    tnas_loader_deinit(&loader);
    toy_images_free(&images);
}
END_TEST

START_TEST(a_set_without_images_is_refused)
{
    const tnas_images none = {0};
    tnas_loader loader;
    ck_fails(TNAS_ERR_INPUT, "training set of 0 images", init_loader(&loader, &none, 4, SEED));
}
END_TEST

/* Prefetch */

START_TEST(prefetched_batches_are_the_loaders_own)
{
    enum { COUNT = 40, BATCH = 12, STEPS = 20 };
    tnas_images images = numbered_images(COUNT);
    tnas_recipe recipe = tnas_recipe_default();
    recipe.batch = BATCH;
    recipe.augment.doses[TNAS_AUGMENT_JITTER] = (tnas_augment_dose){0.5, 3};
    const tnas_tensor shape = {1, 1, 2};
    tnas_loader plain, ahead;
    ck_ok(tnas_loader_init(&plain, &images, &shape, &recipe, SEED));
    ck_ok(tnas_loader_init(&ahead, &images, &shape, &recipe, SEED));
    const long first = _i; /* also from the middle of an epoch */
    tnas_prefetch *prefetch;
    ck_ok(tnas_prefetch_create(&ahead, first, STEPS, &prefetch));
    for (long step = first; step < STEPS; step++) {
        const tnas_batch batch = tnas_prefetch_next(prefetch);
        if (step % 5 == 0)
            usleep(2000); /* time for the thread to overwrite what it should not */
        const tnas_batch expected = gather(&plain, step);
        ck_assert_int_eq(batch.count, BATCH);
        ck_assert_mem_eq(batch.images, expected.images, BATCH * 2);
        ck_assert_mem_eq(batch.labels, expected.labels, BATCH * sizeof(int16_t));
    }
    tnas_prefetch_destroy(prefetch);
    tnas_loader_deinit(&plain);
    tnas_loader_deinit(&ahead);
    toy_images_free(&images);
}
END_TEST

START_TEST(prefetching_may_end_at_any_time)
{
    tnas_images images = numbered_images(40);
    for (int steps = 0; steps < 8; steps++)
        for (int taken = 0; taken <= steps; taken++) {
            tnas_loader loader;
            tnas_prefetch *prefetch;
            ck_ok(init_loader(&loader, &images, 8, SEED));
            ck_ok(tnas_prefetch_create(&loader, 0, steps, &prefetch));
            for (int i = 0; i < taken; i++)
                (void)tnas_prefetch_next(prefetch);
            if (taken % 3 == 2)
                usleep(500); /* the thread sleeps on a full queue */
            tnas_prefetch_destroy(prefetch);
            tnas_loader_deinit(&loader);
        }
    toy_images_free(&images);
}
END_TEST

/* Training */

START_TEST(a_small_network_learns_the_toy_set)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(1000, 1), held_out = toy_training_images(400, 2);
    const tnas_recipe recipe = toy_training_recipe();
    const int before = count_right(&b, &held_out);
    ck_ok(tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded));
    const int after = count_right(&b, &held_out);
    ck_assert_int_lt(before, 200);
    ck_assert_msg(after > 390, "%d of 400 right", after);
    toy_images_free(&train);
    toy_images_free(&held_out);
    toy_training_deinit(&b);
}
END_TEST

START_TEST(adamw_learns_the_toy_set_too)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(1000, 1), held_out = toy_training_images(400, 2);
    tnas_recipe recipe = toy_training_recipe();
    recipe.optimizer = TNAS_OPTIMIZER_ADAMW;
    recipe.learning_rate = 0.02;
    recipe.weight_decay = 0.02;
    recipe.ema_decay = 0.9;
    ck_ok(tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded));
    const int after = count_right(&b, &held_out);
    ck_assert_msg(after > 390, "%d of 400 right", after);
    toy_images_free(&train);
    toy_images_free(&held_out);
    toy_training_deinit(&b);
}
END_TEST

/* Averages the weights beside the training. */
typedef struct averager {
    const tnas_store *store;
    tnas_ema ema;
    double decay;
} averager;

static void average_step(void *context, const char *stage, long done, long total, const char *unit,
                         const char *remark)
{
    (void)stage, (void)total, (void)unit, (void)remark;
    averager *const a = context;
    tnas_ema_update(&a->ema, a->store->values, a->decay, done - 1);
}

START_TEST(training_returns_the_average_of_its_weights)
{
    toy_training b, plain;
    toy_training_init(&b, 1, 2);
    toy_training_init(&plain, 1, 2);
    const size_t bytes = b.store->value_count * sizeof(float);
    tnas_images train = toy_training_images(200, 1);
    tnas_recipe recipe = toy_training_recipe();
    recipe.steps = 20;
    averager a = {.store = plain.store, .decay = 0.5};
    ck_ok(tnas_ema_init(&a.ema, plain.store, a.decay));
    const tnas_progress progress = {.context = &a, .report = average_step};
    const tnas_train_options options = {.seed = SEED, .progress = &progress};
    ck_ok(tnas_train_net(&plain.net, plain.store, plain.engine, &recipe, &train, &options));
    recipe.ema_decay = a.decay;
    ck_ok(tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded));
    ck_assert_mem_eq(b.store->values, a.ema.values, bytes);
    ck_assert_mem_ne(b.store->values, plain.store->values, bytes);
    tnas_ema_deinit(&a.ema);
    toy_images_free(&train);
    toy_training_deinit(&plain);
    toy_training_deinit(&b);
}
END_TEST

START_TEST(the_weights_are_the_same_for_any_number_of_threads)
{
    tnas_images train = toy_training_images(200, 1);
    tnas_recipe recipe = toy_training_recipe();
    recipe.steps = 15;
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 1};
    toy_training first;
    toy_training_init(&first, 1, recipe.shards);
    ck_ok(tnas_train_net(&first.net, first.store, first.engine, &recipe, &train, &seeded));
    for (int threads = 2; threads <= 3; threads++) {
        toy_training b;
        toy_training_init(&b, threads, recipe.shards);
        ck_ok(tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded));
        ck_assert_mem_eq(b.store->values, first.store->values,
                         b.store->value_count * sizeof(float));
        toy_training_deinit(&b);
    }
    toy_training other;
    const tnas_train_options other_seed = {.seed = SEED + 1};
    toy_training_init(&other, 1, recipe.shards);
    ck_ok(tnas_train_net(&other.net, other.store, other.engine, &recipe, &train, &other_seed));
    ck_assert_mem_ne(other.store->values, first.store->values,
                     other.store->value_count * sizeof(float));
    toy_training_deinit(&other);
    toy_training_deinit(&first);
    toy_images_free(&train);
}
END_TEST

/* A fixed network whose bias is spoilt before the sixth step. */
static tnas_status spoilt_units(void *context, long step, tnas_unit *units, int *unit_count)
{
    toy_training *const b = context;
    units[0] = (tnas_unit){.net = &b->net, .weight = 1, .teacher = TNAS_NONE};
    *unit_count = 1;
    if (step == 5)
        b->store->values[b->store->slots[3].shift_at] = NAN;
    return TNAS_OK;
}

START_TEST(divergence_names_step_and_rate)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(200, 1);
    tnas_recipe recipe = toy_training_recipe();
    recipe.warmup_frac = 0.1; /* 12 steps: the sixth runs at half the rate */
    const tnas_unit_source source = {.context = &b, .units = spoilt_units};
    ck_fails(TNAS_ERR_DIVERGED, "training diverged at step 6 of 120, learning rate 0.05: ",
             tnas_train(b.store, &source, b.engine, &recipe, &train, &seeded));
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), "must stay finite"));
    toy_images_free(&train);
    toy_training_deinit(&b);
}
END_TEST

START_TEST(an_overflowing_gradient_of_a_finite_loss_is_divergence_too)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(200, 1);
    const tnas_recipe recipe = toy_training_recipe();
    /* The 1x1 convolution says 3 whatever it sees, with a gain of 1e15, and fc multiplies the
     * gradient by 1e25 before it arrives there. */
    const tnas_slot *const point = &b.store->slots[2], *const fc = &b.store->slots[3];
    for (size_t i = 0; i < point->weight_count; i++)
        b.store->values[point->weight_at + i] = 0;
    for (int32_t c = 0; c < point->out_c; c++) {
        b.store->values[point->scale_at + (size_t)c] = 1e15f;
        b.store->values[point->shift_at + (size_t)c] = 3;
    }
    for (size_t i = 0; i < fc->weight_count; i++)
        b.store->values[fc->weight_at + i] *= 1e25f;
    ck_fails(TNAS_ERR_DIVERGED, "the gradient is not finite",
             tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded));
    toy_images_free(&train);
    toy_training_deinit(&b);
}
END_TEST

/* A progress that counts reports and stops after some. */
typedef struct counter {
    long reports, stop_after;
    long last_done, last_total;
    char first_remark[64], last_remark[64];
} counter;

static void count_report(void *context, const char *stage, long done, long total, const char *unit,
                         const char *remark)
{
    counter *const c = context;
    ck_assert_str_eq(stage, "training");
    ck_assert_str_eq(unit, "steps");
    if (c->reports++ == 0)
        snprintf(c->first_remark, sizeof c->first_remark, "%s", remark);
    snprintf(c->last_remark, sizeof c->last_remark, "%s", remark);
    c->last_done = done;
    c->last_total = total;
}

static bool stop_late(void *context)
{
    const counter *const c = context;
    return c->reports >= c->stop_after;
}

START_TEST(progress_is_reported_every_step_with_a_falling_loss)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(400, 1);
    const tnas_recipe recipe = toy_training_recipe();
    counter c = {.stop_after = 1000};
    const tnas_progress progress = {.context = &c, .report = count_report, .stop = stop_late};
    const tnas_train_options options = {.seed = SEED, .progress = &progress};
    ck_ok(tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &options));
    ck_assert_int_eq(c.reports, recipe.steps);
    ck_assert_int_eq(c.last_done, recipe.steps);
    ck_assert_int_eq(c.last_total, recipe.steps);
    double first, last, right;
    ck_assert_int_eq(sscanf(c.first_remark, "loss %lf", &first), 1);
    ck_assert_int_eq(sscanf(c.last_remark, "loss %lf, %lf %% right", &last, &right), 2);
    ck_assert_double_lt(last, 0.6 * first);
    ck_assert_double_gt(right, 90);
    toy_images_free(&train);
    toy_training_deinit(&b);
}
END_TEST

START_TEST(a_stop_ends_training_at_the_next_step)
{
    toy_training b;
    toy_training_init(&b, 2, 2);
    tnas_images train = toy_training_images(200, 1);
    const tnas_recipe recipe = toy_training_recipe();
    counter c = {.stop_after = 7};
    const tnas_progress progress = {.context = &c, .report = count_report, .stop = stop_late};
    const tnas_train_options options = {.seed = SEED, .progress = &progress};
    ck_fails(TNAS_ERR_STOPPED, "training stopped after step 7 of 120",
             tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &options));
    ck_assert_int_eq(c.reports, 7);
    toy_images_free(&train);
    toy_training_deinit(&b);
}
END_TEST

static void forbid_allocations(void *context, const char *stage, long done, long total,
                               const char *unit, const char *remark)
{
    (void)context, (void)stage, (void)done, (void)total, (void)unit, (void)remark;
    tnas_alloc_fail_after(0);
}

START_TEST(nothing_is_allocated_after_the_first_step)
{
    tnas_images train = toy_training_images(100, 1);
    tnas_recipe recipe = toy_training_recipe();
    recipe.steps = 10; /* more than an epoch */
    toy_training b;
    toy_training_init(&b, 1, recipe.shards);
    const tnas_progress progress = {.report = forbid_allocations};
    const tnas_train_options options = {.seed = SEED, .progress = &progress};
    const tnas_status status = tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &options);
    tnas_alloc_fail_after(-1);
    ck_ok(status);
    toy_training_deinit(&b);
    toy_images_free(&train);
}
END_TEST

START_TEST(training_survives_every_failing_allocation)
{
    tnas_images train = toy_training_images(100, 1);
    tnas_recipe recipe = toy_training_recipe();
    recipe.steps = 2;
    toy_training b;
    toy_training_init(&b, 1, recipe.shards);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        ck_assert_int_lt(n, 1000);
        tnas_alloc_fail_after(n);
        status = tnas_train_net(&b.net, b.store, b.engine, &recipe, &train, &seeded);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
    }
    toy_training_deinit(&b);
    toy_images_free(&train);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer");
    TCase *parts = tcase_create("parts");
    tcase_add_test(parts, the_default_recipe_obeys_its_own_rules);
    tcase_add_test(parts, a_recipe_out_of_range_is_refused_by_name);
    tcase_add_test(parts, every_value_of_a_recipe_is_checked_by_its_own_name);
    tcase_add_test(parts, the_documentation_lists_the_recipe);
    tcase_add_test(parts, the_rate_rises_linearly_then_follows_a_cosine);
    tcase_add_test(parts, an_epoch_shows_every_image_at_most_once_and_no_short_batch);
    tcase_add_test(parts, the_order_depends_on_seed_and_step_only);
    tcase_add_test(parts, a_set_smaller_than_a_batch_repeats);
    tcase_add_test(parts, a_set_without_images_is_refused);
    tcase_add_loop_test(parts, prefetched_batches_are_the_loaders_own, 0, 5);
    tcase_add_test(parts, prefetching_may_end_at_any_time);
    suite_add_tcase(suite, parts);
    TCase *training = tcase_create("training");
    tcase_set_timeout(training, 60);
    tcase_add_test(training, a_small_network_learns_the_toy_set);
    tcase_add_test(training, adamw_learns_the_toy_set_too);
    tcase_add_test(training, training_returns_the_average_of_its_weights);
    tcase_add_test(training, the_weights_are_the_same_for_any_number_of_threads);
    tcase_add_test(training, divergence_names_step_and_rate);
    tcase_add_test(training, an_overflowing_gradient_of_a_finite_loss_is_divergence_too);
    tcase_add_test(training, progress_is_reported_every_step_with_a_falling_loss);
    tcase_add_test(training, a_stop_ends_training_at_the_next_step);
    tcase_add_test(training, nothing_is_allocated_after_the_first_step);
    tcase_add_test(training, training_survives_every_failing_allocation);
    suite_add_tcase(suite, training);
    return run_suite(suite);
}
