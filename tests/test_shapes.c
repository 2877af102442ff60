#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "data/dataset.h"
#include "tests/idx_fixture.h"
#include "tests/testing.h"

enum { PIXELS = 24 * 24, CLASSES = 10 };

START_TEST(shapes_have_the_same_bytes_everywhere)
{
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(tnas_dataset_load("builtin:shapes", NULL, &dataset));
    ck_assert_str_eq(dataset->name, "builtin:shapes");
    ck_assert_str_eq(dataset->format, "builtin");
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 10000);
    ck_assert_int_eq(dataset->test_count, 2000);
    ck_assert_str_eq(dataset->class_names[0], "disc");
    ck_assert_str_eq(dataset->class_names[9], "checker");
    ck_ok(tnas_dataset_read_test(dataset, &test));
    /* Golden: changes only when somebody means to change the data set. */
    ck_assert_uint_eq(dataset->content_hash, UINT64_C(0x1ca65c1476c7da25));
    ck_assert_uint_eq(tnas_hash_bytes(TNAS_HASH_START, test.pixels, 2000 * 24 * 24),
                      UINT64_C(0x8b767d9aa6bae434));
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* Softmax regression on pixels: weight [classes, pixels + 1], the last column the bias. */
enum { ROW = PIXELS + 1 };

static void take_row(const uint8_t *pixels, float row[ROW])
{
    for (int i = 0; i < PIXELS; i++)
        row[i] = (float)(pixels[i] - 128) / 128;
    row[PIXELS] = 1;
}

static void score(const float *weight, const float row[ROW], float logits[CLASSES])
{
    for (int k = 0; k < CLASSES; k++) {
        float sum = 0;
        for (int i = 0; i < ROW; i++)
            sum += weight[k * ROW + i] * row[i];
        logits[k] = sum;
    }
}

static void learn(float *weight, const float row[ROW], int label, float rate)
{
    float logits[CLASSES], total = 0, largest = -INFINITY;
    score(weight, row, logits);
    for (int k = 0; k < CLASSES; k++)
        largest = fmaxf(largest, logits[k]);
    for (int k = 0; k < CLASSES; k++)
        total += logits[k] = expf(logits[k] - largest);
    for (int k = 0; k < CLASSES; k++) {
        const float step = rate * (logits[k] / total - (k == label));
        for (int i = 0; i < ROW; i++)
            weight[k * ROW + i] -= step * row[i];
    }
}

static double accuracy(const float *weight, const tnas_images *images)
{
    int right = 0;
    for (int n = 0; n < images->count; n++) {
        float row[ROW], logits[CLASSES];
        take_row(images->pixels + (size_t)n * PIXELS, row);
        score(weight, row, logits);
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = logits[k] > logits[best] ? k : best;
        right += best == images->labels[n];
    }
    return (double)right / images->count;
}

START_TEST(a_linear_classifier_fails_on_shapes)
{
    tnas_dataset *dataset;
    ck_ok(tnas_dataset_load("builtin:shapes", NULL, &dataset));
    float *weight = tnas_alloc_zero(CLASSES * ROW, sizeof *weight);
    for (int epoch = 0; epoch < 6; epoch++)
        for (int n = 0; n < dataset->train.count; n++) {
            float row[ROW];
            take_row(dataset->train.pixels + (size_t)n * PIXELS, row);
            learn(weight, row, dataset->train.labels[n], 0.003f / (float)(1 + epoch));
        }
    const double linear = accuracy(weight, &dataset->validation);
    /* It must learn something, or this would test the learner. */
    ck_assert_msg(linear < 0.8, "a linear classifier reaches %g", linear);
    ck_assert_msg(accuracy(weight, &dataset->train) > 0.15, "it did not even fit");
    tnas_free(weight);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(classes_are_balanced_and_images_differ)
{
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share("builtin:shapes", 0, &dataset));
    ck_ok(tnas_dataset_read_test(dataset, &test));
    int train_counts[CLASSES] = {0}, test_counts[CLASSES] = {0};
    for (int i = 0; i < dataset->train.count; i++)
        train_counts[dataset->train.labels[i]]++;
    for (int i = 0; i < test.count; i++)
        test_counts[test.labels[i]]++;
    for (int k = 0; k < CLASSES; k++) {
        ck_assert_int_eq(train_counts[k], 1000);
        ck_assert_int_eq(test_counts[k], 200);
    }
    /* The same index in the two splits is another image. */
    for (int i = 0; i < test.count; i++)
        ck_assert_mem_ne(dataset->train.pixels + i * PIXELS, test.pixels + i * PIXELS, PIXELS);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shapes");
    TCase *drawing = tcase_create("drawing");
    tcase_add_test(drawing, shapes_have_the_same_bytes_everywhere);
    tcase_add_test(drawing, classes_are_balanced_and_images_differ);
    suite_add_tcase(suite, drawing);

    TCase *difficulty = tcase_create("difficulty");
    tcase_add_test(difficulty, a_linear_classifier_fails_on_shapes);
    tcase_set_timeout(difficulty, 60);
    suite_add_tcase(suite, difficulty);
    return run_suite(suite);
}
