/* What answers are worth: macro F1 against values worked out by hand, and class weights. */
#include <math.h>

#include "tests/testing.h"
#include "tests/toy_training.h"
#include "trainer/metric.h"
#include "trainer/trainer.h"

START_TEST(macro_f1_is_the_mean_of_the_classes_f1)
{
    /* Class 0: 8 right of 10, 8 + 1 answers: F1 16/19; class 1: 4 right of 5, 6 answers: 8/11. */
    const int confusion[4] = {8, 2, 1, 4};
    ck_assert_double_eq_tol(tnas_macro_f1(confusion, 2), (16.0 / 19 + 8.0 / 11) / 2, 1e-12);
}
END_TEST

START_TEST(a_class_nobody_names_and_nobody_answers_does_not_count)
{
    const int confusion[9] = {3, 0, 0, 0, 0, 0, 0, 0, 2};
    ck_assert_double_eq_tol(tnas_macro_f1(confusion, 3), 1.0, 1e-12);
    const int empty[4] = {0};
    ck_assert_double_eq(tnas_macro_f1(empty, 2), 0);
}
END_TEST

START_TEST(answers_score_as_their_confusion_does)
{
    const int16_t labels[8] = {0, 0, 0, 0, 0, 0, 1, 2}, answers[8] = {0, 0, 0, 0, 0, 0, 0, 2};
    const int confusion[9] = {6, 0, 0, 1, 0, 0, 0, 0, 1};
    ck_assert_double_eq(tnas_metric_score(TNAS_METRIC_ACCURACY, labels, answers, 8), 7.0 / 8);
    ck_assert_double_eq_tol(tnas_metric_score(TNAS_METRIC_MACRO_F1, labels, answers, 8),
                            tnas_macro_f1(confusion, 3), 1e-12);
    ck_assert_double_eq(tnas_metric_score(TNAS_METRIC_MACRO_F1, labels, answers, 0), 0);
}
END_TEST

/* Share of class 3 among the answers to images without their labels' help, trained with the power.
 */
static int answers_of_rare_class(double power)
{
    enum { TRAINED = 512, ASKED = 400, RARE = 3, EVERY = 16 };
    tnas_images images = toy_training_images(TRAINED, 1), asked = toy_training_images(ASKED, 2);
    int kept = 0, rare = 0, answers = 0;
    for (int i = 0; i < images.count;
         i++) /* most of the rare class's images go under another name */
        if (images.labels[i] == RARE && rare++ % EVERY != 0)
            images.labels[i] = (int16_t)(kept++ % RARE);
    toy_training t;
    toy_training_init(&t, 1, 2);
    tnas_recipe recipe = toy_training_recipe();
    recipe.class_weight_power = power;
    const tnas_train_options options = {.seed = SEED};
    ck_ok(tnas_train_net(&t.net, t.store, t.engine, &recipe, &images, &options));
    tnas_bn_stats stats;
    ck_ok(tnas_bn_stats_init(&t.net, &stats));
    ck_ok(tnas_engine_recalibrate(t.engine, t.store, &t.net, images.pixels, 4, 64, &stats));
    for (int i = 0; i < asked.count; i++)
        asked.labels[i] = RARE;
    const tnas_batch batch = {.images = asked.pixels, .labels = asked.labels, .count = ASKED};
    ck_ok(tnas_engine_count_correct(t.engine, t.store, &t.net, &stats, &batch, &answers));
    tnas_bn_stats_deinit(&stats);
    toy_training_deinit(&t);
    toy_images_free(&images);
    toy_images_free(&asked);
    return answers;
}

START_TEST(class_weights_make_a_network_answer_with_a_rare_class_more_often)
{
    ck_assert_int_gt(answers_of_rare_class(1), answers_of_rare_class(0) + 20);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("metric");
    TCase *const tcase = tcase_create("metric");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, macro_f1_is_the_mean_of_the_classes_f1);
    tcase_add_test(tcase, a_class_nobody_names_and_nobody_answers_does_not_count);
    tcase_add_test(tcase, answers_score_as_their_confusion_does);
    tcase_add_test(tcase, class_weights_make_a_network_answer_with_a_rare_class_more_often);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
