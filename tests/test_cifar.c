/* CIFAR-10 and CIFAR-100 records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/idx_fixture.h"
#include "tests/picture_writer.h"

enum { PIXEL_BYTES = 3072, COUNT = 40 };

typedef struct records {
    int label_bytes, count;
    size_t byte_count;
    uint8_t *bytes;
} records;

/* Random images whose classes take turns; of CIFAR-100 the coarse label is a fifth of it. */
static records make_records(int label_bytes, int class_count, int count, uint64_t index)
{
    records r = {label_bytes, count, (size_t)count * (size_t)(label_bytes + PIXEL_BYTES), NULL};
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    r.bytes = tnas_alloc_zero(r.byte_count, 1);
    for (int i = 0; i < count; i++) {
        uint8_t *const at = r.bytes + (size_t)i * (size_t)(label_bytes + PIXEL_BYTES);
        at[0] = (uint8_t)(label_bytes == 2 ? i % class_count / 5 : i % class_count);
        at[label_bytes - 1] = (uint8_t)(i % class_count);
        for (int k = 0; k < PIXEL_BYTES; k++)
            at[label_bytes + k] = (uint8_t)tnas_rng_below(&rng, 256);
    }
    return r;
}

/* A training and a test file; the caller releases train. */
static records write_set(const char *folder, int label_bytes, int class_count)
{
    records train = make_records(label_bytes, class_count, 5 * class_count, 1);
    records test = make_records(label_bytes, class_count, class_count, 2);
    write_bytes(folder, "data_batch_1.bin", train.bytes, train.byte_count);
    write_bytes(folder, "test_batch.bin", test.bytes, test.byte_count);
    tnas_free(test.bytes);
    return train;
}

START_TEST(planes_become_pixels_and_the_published_names_are_known)
{
    const int label_bytes = 1 + _i, class_count = _i == 0 ? 10 : 100;
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    records train = write_set(folder, label_bytes, class_count);
    ck_ok(load_share(folder, 0, &dataset));
    ck_assert_str_eq(dataset->format, _i == 0 ? "CIFAR-10" : "CIFAR-100");
    ck_assert_int_eq(dataset->class_count, class_count);
    ck_assert_str_eq(dataset->class_names[3], _i == 0 ? "cat" : "bear");
    ck_assert_str_eq(dataset->class_names[class_count - 1], _i == 0 ? "truck" : "worm");
    ck_assert_int_eq(dataset->train.count, 5 * class_count);
    ck_assert_int_eq(dataset->test_count, class_count);
    for (int i = 0; i < 3; i++) {
        const uint8_t *const record =
            train.bytes + (size_t)i * (size_t)(label_bytes + PIXEL_BYTES) + label_bytes;
        ck_assert_int_eq(dataset->train.labels[i], i);
        for (int p = 0; p < 1024; p++)
            for (int k = 0; k < 3; k++)
                ck_assert_int_eq(dataset->train.pixels[(size_t)i * PIXEL_BYTES + 3 * p + k],
                                 record[1024 * k + p]);
    }
    tnas_dataset_destroy(dataset);
    tnas_free(train.bytes);
}
END_TEST

static const char *const packers[] = {"gzip", "xz", "gzip -k", "tar czf"};

START_TEST(packed_records_give_the_same_data_set)
{
    char folder[TNAS_PATH_BYTES], command[3 * TNAS_PATH_BYTES], archive[TNAS_PATH_BYTES + 8];
    tnas_dataset *plain, *packed;
    fresh_folder(folder);
    records train = write_set(folder, 1, 10);
    ck_ok(load_share(folder, 0.2, &plain));
    snprintf(archive, sizeof archive, "%s", folder);
    if (_i < 3) {
        snprintf(command, sizeof command, "%s %s/*.bin", packers[_i], folder);
    } else {
        snprintf(archive, sizeof archive, "%s.x", folder);
        snprintf(command, sizeof command, "cd %s/.. && tar czf %s %s", folder, archive,
                 strrchr(folder, '/') + 1);
    }
    ck_assert_int_eq(system(command), 0);
    ck_ok(load_share(archive, 0.2, &packed));
    ck_assert_uint_eq(plain->content_hash, packed->content_hash);
    ck_assert_uint_eq(plain->test_hash, packed->test_hash);
    tnas_dataset_destroy(plain);
    tnas_dataset_destroy(packed);
    tnas_free(train.bytes);
}
END_TEST

START_TEST(a_list_beside_the_records_names_the_classes)
{
    static const char list[] = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    records train = write_set(folder, 1, 10);
    write_bytes(folder, "batches.meta.txt", list, sizeof list - 1);
    ck_ok(load_share(folder, 0, &dataset));
    ck_assert_str_eq(dataset->class_names[9], "j");
    tnas_dataset_destroy(dataset);
    tnas_free(train.bytes);
}
END_TEST

/* The first batch stays good, so that the set is recognised. */
START_TEST(damaged_records_are_refused_with_their_place)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    records train = write_set(folder, 1, 10);
    records more = make_records(1, 10, 12, 3);
    more.bytes[7 * 3073] = 200;
    write_bytes(folder, "data_batch_2.bin", more.bytes, more.byte_count);
    ck_fails(TNAS_ERR_INPUT, "data_batch_2.bin: image 7: label 200: must be 0 to 9",
             load_share(folder, 0, &dataset));
    more.bytes[7 * 3073] = 7;
    write_bytes(folder, "data_batch_2.bin", more.bytes, more.byte_count - 1);
    ck_fails(TNAS_ERR_INPUT,
             "data_batch_2.bin: ends after 36875 bytes, inside image 11: CIFAR-10 has records of "
             "3073 bytes",
             load_share(folder, 0, &dataset));
    tnas_free(train.bytes);
    tnas_free(more.bytes);
}
END_TEST

START_TEST(records_of_both_kinds_are_not_mixed)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    records train = write_set(folder, 1, 10), other = make_records(2, 100, 100, 4);
    write_bytes(folder, "train.bin", other.bytes, other.byte_count);
    ck_fails(TNAS_ERR_INPUT, "holds CIFAR-10 and CIFAR-100: choose with --include",
             load_share(folder, 0, &dataset));
    tnas_free(train.bytes);
    tnas_free(other.bytes);
}
END_TEST

/* The same pixels in both files: an accuracy on them is memory. */
START_TEST(test_records_that_are_training_records_are_refused)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    records train = write_set(folder, 1, 10);
    write_bytes(folder, "test_batch.bin", train.bytes + 3073, 3 * 3073);
    options.validation_share = 0;
    ck_fails(TNAS_ERR_INPUT, "3 samples of one split are in another too, the first:",
             tnas_dataset_load(folder, &options, &dataset));
    ck_fails(TNAS_ERR_INPUT,
             "data_batch_1.bin: image 1 (train) = ", tnas_dataset_load(folder, &options, &dataset));
    ck_fails(TNAS_ERR_INPUT, "test_batch.bin: image 0 (test); remove them, or say",
             tnas_dataset_load(folder, &options, &dataset));
    options.allow_duplicates = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->duplicates.across_count, 3);
    tnas_dataset_destroy(dataset);
    tnas_free(train.bytes);
}
END_TEST

START_TEST(cifar10_is_read_whole)
{
    char path[TNAS_PATH_BYTES];
    if (shared_path("data/cifar10", path) == NULL)
        return;
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(path, 0.1, &dataset));
    ck_assert_str_eq(dataset->format, "CIFAR-10");
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 20000);
    ck_assert_int_eq(dataset->test_count, 10000);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    int counts[10] = {0};
    for (int i = 0; i < test.count; i++)
        counts[test.labels[i]]++;
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(counts[k], 1000);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    char folder[TNAS_PATH_BYTES];
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    fresh_folder(folder);
    records train = write_set(folder, 1, 10);
    for (; status != TNAS_OK && n < 300; n++) {
        tnas_dataset *dataset;
        tnas_alloc_fail_after(n);
        status = load_share(folder, 0.2, &dataset);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "allocation %ld: %s", n,
                      tnas_error_text());
        tnas_dataset_destroy(dataset);
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 30);
    tnas_free(train.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cifar");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, planes_become_pixels_and_the_published_names_are_known, 0, 2);
    tcase_add_loop_test(all, packed_records_give_the_same_data_set, 0, 4);
    tcase_add_test(all, a_list_beside_the_records_names_the_classes);
    tcase_add_test(all, damaged_records_are_refused_with_their_place);
    tcase_add_test(all, records_of_both_kinds_are_not_mixed);
    tcase_add_test(all, test_records_that_are_training_records_are_refused);
    tcase_add_test(all, cifar10_is_read_whole);
    tcase_add_test(all, every_failed_allocation_is_reported);
    tcase_set_timeout(all, 120);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
