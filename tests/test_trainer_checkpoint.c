/* A training that was stopped, anywhere, ends with the bytes of one that was not; and no file
 * that is damaged or another training's is taken for its own. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/testing.h"
#include "tests/toy_training.h"
#include "trainer/checkpoint.h"
#include "trainer/trainer.h"

/* 3 batches an epoch: most stops are in the middle of one. */
enum { IMAGES = 100, STEPS = 10, FILE_BYTES_MAX = 1 << 20 };

/* _i: both optimisers, without and with an average. */
static tnas_recipe recipe_of(int index)
{
    tnas_recipe recipe = toy_training_recipe();
    recipe.steps = STEPS;
    recipe.checkpoint_steps = 0;
    recipe.optimizer = index % 2 == 0 ? TNAS_OPTIMIZER_SGD : TNAS_OPTIMIZER_ADAMW;
    recipe.learning_rate = index % 2 == 0 ? 0.1 : 0.01;
    recipe.ema_decay = index < 2 ? 0 : 0.9;
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){0.5, 1};
    return recipe;
}

/* A progress that stops after some steps and knows what was said. */
typedef struct watcher {
    long steps, stop_after;
    char stage[32], note[1200];
} watcher;

static void watch_report(void *context, const char *stage, long done, long total, const char *unit,
                         const char *remark)
{
    (void)done, (void)total, (void)unit, (void)remark;
    watcher *const w = context;
    w->steps++;
    snprintf(w->stage, sizeof w->stage, "%s", stage);
}

static void watch_note(void *context, const char *sentence)
{
    watcher *const w = context;
    snprintf(w->note, sizeof w->note, "%s", sentence);
}

static bool watch_stop(void *context)
{
    const watcher *const w = context;
    return w->steps >= w->stop_after;
}

static tnas_progress progress_of(watcher *w)
{
    return (tnas_progress){
        .context = w, .report = watch_report, .note = watch_note, .stop = watch_stop};
}

/* Trains at most `steps` steps, with a checkpoint at `path`. */
static tnas_status train_some(toy_training *t, const tnas_recipe *recipe, const tnas_images *images,
                              const char *path, long steps)
{
    watcher w = {.stop_after = steps};
    const tnas_progress progress = progress_of(&w);
    const tnas_train_options options = {
        .seed = SEED, .progress = &progress, .checkpoint_path = path};
    return tnas_train_net(&t->net, t->store, t->engine, recipe, images, &options);
}

static void checkpoint_path(char out[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(out, folder, "toy.ckpt"));
}

static void check_same_values(const tnas_store *a, const tnas_store *b)
{
    ck_assert_uint_eq(a->value_count, b->value_count);
    ck_assert_mem_eq(a->values, b->values, a->value_count * sizeof(float));
}

static void check_same_files(const char *path_a, const char *path_b)
{
    uint8_t *a, *b;
    size_t a_bytes, b_bytes;
    ck_ok(tnas_file_read(path_a, FILE_BYTES_MAX, &a, &a_bytes));
    ck_ok(tnas_file_read(path_b, FILE_BYTES_MAX, &b, &b_bytes));
    ck_assert_uint_eq(a_bytes, b_bytes);
    ck_assert_mem_eq(a, b, a_bytes);
    tnas_free(a);
    tnas_free(b);
}

/* Resuming */

START_TEST(a_training_stopped_every_few_steps_ends_with_the_same_weights)
{
    tnas_images images = toy_training_images(IMAGES, 1);
    const tnas_recipe recipe = recipe_of(_i);
    char path[TNAS_PATH_BYTES];
    checkpoint_path(path);
    toy_training whole;
    toy_training_init(&whole, 1, 2);
    ck_ok(tnas_train_net(&whole.net, whole.store, whole.engine, &recipe, &images,
                         &(tnas_train_options){.seed = SEED}));
    for (int every = 1; every < STEPS; every++) {
        int stops = 0;
        tnas_status status = TNAS_ERR_STOPPED;
        while (status == TNAS_ERR_STOPPED) {
            /* Each time as in a new process: fresh weights, another number of threads. */
            toy_training part;
            toy_training_init(&part, 1 + stops % 3, 2);
            status = train_some(&part, &recipe, &images, path, every);
            if (status == TNAS_OK)
                check_same_values(part.store, whole.store);
            ck_assert_int_eq(tnas_file_exists(path), status == TNAS_ERR_STOPPED);
            toy_training_deinit(&part);
            stops += status == TNAS_ERR_STOPPED;
        }
        ck_ok(status);
        ck_assert_int_eq(stops, (STEPS - 1) / every);
    }
    toy_training_deinit(&whole);
    toy_images_free(&images);
}
END_TEST

START_TEST(a_checkpoint_reached_in_two_parts_is_the_same_file)
{
    tnas_images images = toy_training_images(IMAGES, 1);
    const tnas_recipe recipe = recipe_of(_i);
    char once[TNAS_PATH_BYTES], twice[TNAS_PATH_BYTES];
    checkpoint_path(once);
    checkpoint_path(twice);
    toy_training t;
    toy_training_init(&t, 1, 2);
    ck_fails(TNAS_ERR_STOPPED, "training stopped after step 7 of 10, saved in ",
             train_some(&t, &recipe, &images, once, 7));
    toy_training_deinit(&t);
    const long parts[] = {0, 4, 3};
    for (int i = 0; i < 3; i++) {
        toy_training_init(&t, 2, 2);
        ck_assert_int_eq(train_some(&t, &recipe, &images, twice, parts[i]), TNAS_ERR_STOPPED);
        toy_training_deinit(&t);
    }
    check_same_files(once, twice);
    toy_images_free(&images);
}
END_TEST

/* Keeps what lies in the checkpoint file after a step, as a process that is killed there. */
typedef struct killer {
    const char *path;
    long killed_after;
    uint8_t *bytes;
    size_t byte_count;
} killer;

static void keep_file(void *context, const char *stage, long done, long total, const char *unit,
                      const char *remark)
{
    (void)stage, (void)total, (void)unit, (void)remark;
    killer *const k = context;
    ck_assert_int_eq(tnas_file_exists(k->path), done > 3); /* written after steps 3, 6, 9 */
    if (done == k->killed_after)
        ck_ok(tnas_file_read(k->path, FILE_BYTES_MAX, &k->bytes, &k->byte_count));
}

START_TEST(a_killed_training_goes_on_from_its_last_regular_checkpoint)
{
    tnas_images images = toy_training_images(IMAGES, 1);
    tnas_recipe recipe = recipe_of(3);
    recipe.checkpoint_steps = 3;
    char path[TNAS_PATH_BYTES];
    checkpoint_path(path);
    toy_training whole, rest;
    toy_training_init(&whole, 2, 2);
    killer k = {.path = path, .killed_after = 8};
    const tnas_progress progress = {.context = &k, .report = keep_file};
    const tnas_train_options options = {
        .seed = SEED, .progress = &progress, .checkpoint_path = path};
    ck_ok(tnas_train_net(&whole.net, whole.store, whole.engine, &recipe, &images, &options));
    ck_assert(!tnas_file_exists(path));

    ck_ok(tnas_file_write(path, k.bytes, k.byte_count));
    recipe.checkpoint_steps = 5; /* how often is nobody's business */
    toy_training_init(&rest, 1, 2);
    watcher w = {.stop_after = STEPS};
    const tnas_progress watched = progress_of(&w);
    const tnas_train_options again = {
        .seed = SEED, .progress = &watched, .stage = "supernet", .checkpoint_path = path};
    ck_ok(tnas_train_net(&rest.net, rest.store, rest.engine, &recipe, &images, &again));
    check_same_values(rest.store, whole.store);
    ck_assert_int_eq(w.steps, STEPS - 6);
    ck_assert_str_eq(w.stage, "supernet");
    ck_assert_ptr_nonnull(strstr(w.note, "supernet: goes on after step 6 of 10, read from "));
    tnas_free(k.bytes);
    toy_training_deinit(&rest);
    toy_training_deinit(&whole);
    toy_images_free(&images);
}
END_TEST

/* Refusing */

/* A checkpoint after 4 steps of recipe 3, and what it takes to resume it. */
typedef struct saved {
    tnas_images images;
    tnas_recipe recipe;
    char path[TNAS_PATH_BYTES];
    toy_training training;
    uint8_t *bytes;
    size_t byte_count;
} saved;

static void saved_init(saved *s)
{
    s->images = toy_training_images(IMAGES, 1);
    s->recipe = recipe_of(3);
    checkpoint_path(s->path);
    toy_training_init(&s->training, 1, 2);
    ck_assert_int_eq(train_some(&s->training, &s->recipe, &s->images, s->path, 4),
                     TNAS_ERR_STOPPED);
    ck_ok(tnas_file_read(s->path, FILE_BYTES_MAX, &s->bytes, &s->byte_count));
}

static void saved_deinit(saved *s)
{
    tnas_free(s->bytes);
    toy_training_deinit(&s->training);
    toy_images_free(&s->images);
}

static tnas_status resume(saved *s)
{
    return train_some(&s->training, &s->recipe, &s->images, s->path, 0);
}

/* Refused with this sentence; neither weights nor file are touched. */
static void check_refused(saved *s, const char *sentence)
{
    uint8_t *before, *after;
    size_t before_bytes, after_bytes;
    ck_ok(tnas_file_read(s->path, FILE_BYTES_MAX, &before, &before_bytes));
    const float first = s->training.store->values[0] = 0.125f;
    ck_fails(TNAS_ERR_INPUT, sentence, resume(s));
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), s->path));
    ck_assert_float_eq(s->training.store->values[0], first);
    ck_ok(tnas_file_read(s->path, FILE_BYTES_MAX, &after, &after_bytes));
    ck_assert_uint_eq(before_bytes, after_bytes);
    ck_assert_mem_eq(before, after, before_bytes);
    tnas_free(before);
    tnas_free(after);
}

START_TEST(a_truncated_or_longer_checkpoint_is_refused)
{
    saved s;
    saved_init(&s);
    for (size_t count = 0; count < s.byte_count; count += 1 + s.byte_count / 50) {
        ck_ok(tnas_file_write(s.path, s.bytes, count));
        check_refused(&s,
                      count < 8 ? "is not a checkpoint of this version" : "truncated or damaged");
    }
    uint8_t *const longer = tnas_alloc_zero(s.byte_count + 1, 1);
    memcpy(longer, s.bytes, s.byte_count);
    ck_ok(tnas_file_write(s.path, longer, s.byte_count + 1));
    check_refused(&s, "truncated or damaged");
    tnas_free(longer);
    saved_deinit(&s);
}
END_TEST

START_TEST(a_checkpoint_with_any_other_byte_is_refused)
{
    saved s;
    saved_init(&s);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    for (size_t at = 0; at < s.byte_count; at += at < 64 ? 1 : 1 + s.byte_count / 100) {
        const uint8_t change = (uint8_t)(1 + tnas_rng_below(&rng, 255));
        s.bytes[at] ^= change;
        ck_ok(tnas_file_write(s.path, s.bytes, s.byte_count));
        check_refused(&s, "remove it to start anew");
        s.bytes[at] ^= change;
    }
    saved_deinit(&s);
}
END_TEST

START_TEST(a_checkpoint_of_another_training_is_refused_naming_what_differs)
{
    saved s;
    saved_init(&s);
    const tnas_recipe recipe = s.recipe;
    s.recipe.learning_rate = 0.02;
    check_refused(&s, "belongs to another training: recipe.learning_rate = 0.01 there, 0.02 here");
    s.recipe = recipe;
    s.recipe.augment.doses[TNAS_AUGMENT_SHIFT].amount = 2;
    check_refused(&s, "recipe.augment.shift.amount = 1 there, 2 here");
    s.recipe = recipe;
    s.images.labels[17] ^= 1;
    check_refused(&s, "belongs to another training, of other images");
    s.images.labels[17] ^= 1;
    s.images.pixels[1234] ^= 1;
    check_refused(&s, "belongs to another training, of other images");
    s.images.pixels[1234] ^= 1;
    s.training.net.graph.ops[2].activation = TNAS_ACT_RELU;
    check_refused(&s, "belongs to another training, of other networks");
    s.training.net.graph.ops[2].activation = TNAS_ACT_RELU6;
    s.training.store->slots[1].batch_norm = false;
    check_refused(&s, "belongs to another training, of other weights");
    s.training.store->slots[1].batch_norm = true;
    const tnas_train_options other_seed = {.seed = SEED + 1, .checkpoint_path = s.path};
    ck_fails(TNAS_ERR_INPUT, "belongs to another training: seed = 20240731 there, 20240732 here",
             tnas_train_net(&s.training.net, s.training.store, s.training.engine, &s.recipe,
                            &s.images, &other_seed));
    ck_assert_int_eq(resume(&s), TNAS_ERR_STOPPED); /* its own is not */
    saved_deinit(&s);
}
END_TEST

START_TEST(a_checkpoint_beyond_the_last_step_is_refused)
{
    float values[3] = {1, 2, 3};
    tnas_identity identity = {.seed = SEED};
    char path[TNAS_PATH_BYTES];
    checkpoint_path(path);
    tnas_checkpoint checkpoint = {.identity = &identity,
                                  .array_count = 1,
                                  .value_count = 3,
                                  .arrays = {values},
                                  .step = STEPS};
    ck_ok(tnas_checkpoint_save(path, &checkpoint));
    checkpoint.step = 0;
    ck_fails(TNAS_ERR_INPUT, "1 arrays of 3 values at step 10, must be 1 of 3 below step 10",
             tnas_checkpoint_load(path, STEPS, &checkpoint));
    ck_ok(tnas_checkpoint_load(path, STEPS + 1, &checkpoint));
    ck_assert_int_eq(checkpoint.step, STEPS);
}
END_TEST

START_TEST(a_checkpoint_that_cannot_be_written_is_an_error)
{
    tnas_images images = toy_training_images(IMAGES, 1);
    const tnas_recipe recipe = recipe_of(0);
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "missing/toy.ckpt"));
    toy_training t;
    toy_training_init(&t, 1, 2);
    ck_fails(TNAS_ERR_IO, "missing/toy.ckpt", train_some(&t, &recipe, &images, path, 2));
    toy_training_deinit(&t);
    toy_images_free(&images);
}
END_TEST

START_TEST(resuming_survives_every_failing_allocation)
{
    saved s;
    saved_init(&s);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status == TNAS_ERR_NOMEM; n++) {
        ck_assert_int_lt(n, 1000);
        tnas_alloc_fail_after(n);
        status = resume(&s);
        tnas_alloc_fail_after(-1);
        ck_assert(tnas_file_exists(s.path));
    }
    ck_assert_int_eq(status, TNAS_ERR_STOPPED);
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(s.path, FILE_BYTES_MAX, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, s.byte_count);
    ck_assert_mem_eq(bytes, s.bytes, byte_count);
    tnas_free(bytes);
    saved_deinit(&s);
}
END_TEST

START_TEST(saving_takes_no_memory)
{
    float values[3] = {1, 2, 3};
    tnas_identity identity = {.seed = SEED};
    char path[TNAS_PATH_BYTES];
    checkpoint_path(path);
    const tnas_checkpoint checkpoint = {
        .identity = &identity, .array_count = 1, .value_count = 3, .arrays = {values}};
    tnas_alloc_fail_after(0);
    const tnas_status status = tnas_checkpoint_save(path, &checkpoint);
    tnas_alloc_fail_after(-1);
    ck_ok(status);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("trainer, checkpoints");
    TCase *const resuming = tcase_create("resuming");
    tcase_set_timeout(resuming, 60);
    tcase_add_loop_test(resuming, a_training_stopped_every_few_steps_ends_with_the_same_weights, 0,
                        4);
    tcase_add_loop_test(resuming, a_checkpoint_reached_in_two_parts_is_the_same_file, 0, 4);
    tcase_add_test(resuming, a_killed_training_goes_on_from_its_last_regular_checkpoint);
    suite_add_tcase(suite, resuming);
    TCase *const refusing = tcase_create("refusing");
    tcase_set_timeout(refusing, 60);
    tcase_add_test(refusing, a_truncated_or_longer_checkpoint_is_refused);
    tcase_add_test(refusing, a_checkpoint_with_any_other_byte_is_refused);
    tcase_add_test(refusing, a_checkpoint_of_another_training_is_refused_naming_what_differs);
    tcase_add_test(refusing, a_checkpoint_beyond_the_last_step_is_refused);
    tcase_add_test(refusing, a_checkpoint_that_cannot_be_written_is_an_error);
    tcase_add_test(refusing, resuming_survives_every_failing_allocation);
    tcase_add_test(refusing, saving_takes_no_memory);
    suite_add_tcase(suite, refusing);
    return run_suite(suite);
}
