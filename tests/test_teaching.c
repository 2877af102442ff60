/* Learning from a frozen network: what the teacher is asked, and what comes of it. */
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "tests/testing.h"
#include "tests/toy_training.h"
#include "trainer/loader.h"
#include "trainer/teaching.h"
#include "trainer/trainer.h"

/* A trained network with its statistics, on images of its own. */
typedef struct master {
    toy_training t;
    tnas_images train;
    tnas_bn_stats stats;
    tnas_teacher teacher;
} master;

static void master_init(master *m)
{
    toy_training_init(&m->t, 2, 2);
    m->train = toy_training_images(400, 1);
    const tnas_recipe recipe = toy_training_recipe();
    ck_ok(tnas_train_net(&m->t.net, m->t.store, m->t.engine, &recipe, &m->train,
                         &(tnas_train_options){.seed = SEED}));
    ck_ok(tnas_bn_stats_init(&m->t.net, &m->stats));
    ck_ok(tnas_engine_recalibrate(m->t.engine, m->t.store, &m->t.net, m->train.pixels, 4, 64,
                                  &m->stats));
    m->teacher = (tnas_teacher){&m->t.net, m->t.store, &m->stats};
}

static void master_deinit(master *m)
{
    tnas_bn_stats_deinit(&m->stats);
    toy_images_free(&m->train);
    toy_training_deinit(&m->t);
}

static int count_right(toy_training *t, const tnas_images *images)
{
    tnas_bn_stats stats;
    ck_ok(tnas_bn_stats_init(&t->net, &stats));
    ck_ok(tnas_engine_recalibrate(t->engine, t->store, &t->net, images->pixels, 4, 64, &stats));
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    int right;
    ck_ok(tnas_engine_count_correct(t->engine, t->store, &t->net, &stats, &batch, &right));
    tnas_bn_stats_deinit(&stats);
    return right;
}

static tnas_recipe taught_recipe(void)
{
    tnas_recipe recipe = toy_training_recipe();
    recipe.distill_share = 0.7;
    recipe.distill_temperature = 2;
    return recipe;
}

/* Trains a fresh network on the master's answers. */
static void train_student(toy_training *student, const master *m, const tnas_recipe *recipe,
                          int threads)
{
    toy_training_init(student, threads, 2);
    tnas_store_init_random(student->store, SEED + 1);
    ck_ok(tnas_train_net(&student->net, student->store, student->engine, recipe, &m->train,
                         &(tnas_train_options){.seed = SEED, .teacher = &m->teacher}));
}

static void check_same_values(const toy_training *a, const toy_training *b)
{
    ck_assert_mem_eq(a->store->values, b->store->values, a->store->value_count * sizeof(float));
}

START_TEST(a_student_learns_what_its_teacher_knows_and_the_labels_deny)
{
    master m;
    master_init(&m);
    int16_t *const truth = m.train.labels;
    int16_t lies[400];
    for (int i = 0; i < 400; i++)
        lies[i] = (int16_t)((truth[i] + 1) % 4);
    m.train.labels = lies;
    tnas_recipe recipe = taught_recipe();
    recipe.distill_share = 1;
    toy_training student;
    train_student(&student, &m, &recipe, 2);
    m.train.labels = truth;
    ck_assert_int_ge(count_right(&m.t, &m.train), 380);
    ck_assert_int_ge(count_right(&student, &m.train), 370);
    toy_training_deinit(&student);
    master_deinit(&m);
}
END_TEST

START_TEST(a_teacher_asked_once_says_what_it_says_when_asked_every_time)
{
    master m;
    master_init(&m);
    const tnas_recipe once = taught_recipe();
    tnas_recipe every = once;
    every.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 0}; /* changes nothing */
    toy_training a, b;
    train_student(&a, &m, &once, 2);
    train_student(&b, &m, &every, 2);
    check_same_values(&a, &b);
    toy_training_deinit(&a);
    toy_training_deinit(&b);
    master_deinit(&m);
}
END_TEST

START_TEST(a_teacher_sees_the_pixels_its_student_sees)
{
    master m;
    master_init(&m);
    tnas_recipe recipe = taught_recipe();
    recipe.mixup_prob = 0.5;
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 2};
    tnas_loader loader;
    ck_ok(tnas_loader_init(&loader, &m.train, &m.t.net.graph.tensors[0], &recipe, SEED));
    uint8_t pixels[32 * 64];
    int16_t labels[32], second_labels[32];
    float second_shares[32], wanted[32 * 4];
    tnas_loader_gather(&loader, 3,
                       &(tnas_batch_buffer){.pixels = pixels,
                                            .labels = labels,
                                            .second_labels = second_labels,
                                            .second_shares = second_shares});
    ck_ok(tnas_engine_predict(m.t.engine, m.t.store, &m.t.net, &m.stats, pixels, 32, wanted));

    tnas_teaching teaching;
    ck_ok(tnas_teaching_init(&teaching, &m.teacher, m.t.engine, &recipe, &m.train));
    ck_assert(teaching.every_batch);
    tnas_batch batch = {.images = pixels, .labels = labels, .count = 32};
    ck_ok(tnas_teaching_attend(&teaching, m.t.engine, &batch));
    ck_assert_mem_eq(batch.teacher_logits, wanted, sizeof wanted);
    tnas_teaching_deinit(&teaching);
    tnas_loader_deinit(&loader);
    master_deinit(&m);
}
END_TEST

START_TEST(a_teacher_is_asked_once_an_image_where_that_is_less)
{
    tnas_recipe recipe = taught_recipe(); /* 120 steps of 32 */
    ck_assert_double_eq(tnas_teaching_passes(&recipe, 400, 4), 400);
    ck_assert_double_eq(tnas_teaching_passes(&recipe, 4000, 4), 3840);
    recipe.mixup_prob = 0.1;
    ck_assert_double_eq(tnas_teaching_passes(&recipe, 400, 4), 3840);
    recipe.distill_share = 0;
    ck_assert_double_eq(tnas_teaching_passes(&recipe, 400, 4), 0);
}
END_TEST

START_TEST(students_are_the_same_for_1_2_and_3_threads)
{
    master m;
    master_init(&m);
    tnas_recipe recipe = taught_recipe();
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, _i}; /* every batch */
    toy_training first;
    train_student(&first, &m, &recipe, 1);
    for (int threads = 2; threads <= 3; threads++) {
        toy_training other;
        train_student(&other, &m, &recipe, threads);
        check_same_values(&first, &other);
        toy_training_deinit(&other);
    }
    toy_training_deinit(&first);
    master_deinit(&m);
}
END_TEST

static bool stop_later(void *context)
{
    int *const questions_left = context;
    return (*questions_left)-- <= 0;
}

START_TEST(a_stopped_student_goes_on_to_the_same_bytes_with_the_same_teacher_only)
{
    master m;
    master_init(&m);
    const tnas_recipe recipe = taught_recipe();
    toy_training whole, stopped;
    train_student(&whole, &m, &recipe, 2);

    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "student.ckpt"));
    toy_training_init(&stopped, 2, 2);
    tnas_store_init_random(stopped.store, SEED + 1);
    int questions_left = 50;
    const tnas_progress progress = {.context = &questions_left, .stop = stop_later};
    tnas_train_options options = {
        .seed = SEED, .progress = &progress, .checkpoint_path = path, .teacher = &m.teacher};
    ck_fails(
        TNAS_ERR_STOPPED, "stopped after step 50",
        tnas_train_net(&stopped.net, stopped.store, stopped.engine, &recipe, &m.train, &options));
    options.progress = NULL;
    m.t.store->values[0] += 1;
    ck_fails(
        TNAS_ERR_INPUT, "belongs to another training, of other networks",
        tnas_train_net(&stopped.net, stopped.store, stopped.engine, &recipe, &m.train, &options));
    m.t.store->values[0] -= 1;
    master_deinit(&m);
    master_init(&m);
    options.teacher = &m.teacher;
    ck_ok(tnas_train_net(&stopped.net, stopped.store, stopped.engine, &recipe, &m.train, &options));
    check_same_values(&whole, &stopped);
    toy_training_deinit(&whole);
    toy_training_deinit(&stopped);
    master_deinit(&m);
}
END_TEST

START_TEST(a_share_for_a_teacher_without_a_teacher_is_refused)
{
    toy_training t;
    toy_training_init(&t, 1, 2);
    tnas_images train = toy_training_images(64, 1);
    const tnas_recipe recipe = taught_recipe();
    ck_fails(TNAS_ERR_USAGE, "recipe.distill_share = 0.7 needs a teacher",
             tnas_train_net(&t.net, t.store, t.engine, &recipe, &train,
                            &(tnas_train_options){.seed = SEED}));
    toy_images_free(&train);
    toy_training_deinit(&t);
}
END_TEST

START_TEST(a_teacher_without_a_share_is_not_asked)
{
    toy_training t;
    toy_training_init(&t, 1, 2);
    tnas_images train = toy_training_images(64, 1);
    tnas_recipe recipe = taught_recipe();
    recipe.distill_share = 0;
    const tnas_teacher nobody = {0}; /* who asks it, falls */
    ck_ok(tnas_train_net(&t.net, t.store, t.engine, &recipe, &train,
                         &(tnas_train_options){.seed = SEED, .teacher = &nobody}));
    toy_images_free(&train);
    toy_training_deinit(&t);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("teaching");
    TCase *const tc = tcase_create("teaching");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_student_learns_what_its_teacher_knows_and_the_labels_deny);
    tcase_add_test(tc, a_teacher_asked_once_says_what_it_says_when_asked_every_time);
    tcase_add_test(tc, a_teacher_sees_the_pixels_its_student_sees);
    tcase_add_test(tc, a_teacher_is_asked_once_an_image_where_that_is_less);
    tcase_add_loop_test(tc, students_are_the_same_for_1_2_and_3_threads, 0, 2);
    tcase_add_test(tc, a_stopped_student_goes_on_to_the_same_bytes_with_the_same_teacher_only);
    tcase_add_test(tc, a_share_for_a_teacher_without_a_teacher_is_refused);
    tcase_add_test(tc, a_teacher_without_a_share_is_not_asked);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
