#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/source.h"
#include "data/split_words.h"
#include "tests/idx_fixture.h"
#include "tests/picture_writer.h"

/* ---- splits ---- */

START_TEST(a_path_says_its_split_by_whole_words)
{
    static const struct {
        const char *path;
        tnas_split split;
    } rows[] = {
        {"train-images-idx3-ubyte", TNAS_SPLIT_TRAIN},
        {"t10k-labels-idx1-ubyte.gz", TNAS_SPLIT_TEST},
        {"T10K-images.idx", TNAS_SPLIT_TEST},
        {"cifar-10/test_batch.bin", TNAS_SPLIT_TEST},
        {"data_batch_1.bin.xz", TNAS_SPLIT_TRAIN},
        {"x_val2.npy", TNAS_SPLIT_VALIDATION},
        {"valid/testing/a.bin", TNAS_SPLIT_TEST},
        {"validation/a.bin", TNAS_SPLIT_VALIDATION},
        {"contest/x_train.npy", TNAS_SPLIT_TRAIN},
        {"latest.bin", TNAS_SPLIT_TRAIN},
        {"values-images.idx", TNAS_SPLIT_TRAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(tnas_split_of_path(rows[i].path) == rows[i].split, "%s", rows[i].path);
    ck_assert_int_eq(tnas_split_of_word("testimony", 4), TNAS_SPLIT_TEST);
    ck_assert_int_eq(tnas_split_of_word("testimony", 9), TNAS_SPLIT_NONE);
}
END_TEST

START_TEST(test_images_that_change_after_loading_are_refused)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(f->folder, 0.2, &dataset));
    f->files[TEST_IMAGES].values[71] ^= 1;
    write_file(f, TEST_IMAGES);
    ck_fails(TNAS_ERR_INPUT, "the test split is not what it was when the data set was loaded",
             tnas_dataset_read_test(dataset, &test));
    ck_assert_ptr_null(test.pixels);
    f->files[TEST_IMAGES].values[71] ^= 1;
    write_file(f, TEST_IMAGES);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_mem_eq(test.pixels, f->files[TEST_IMAGES].values, 72);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(a_test_split_replaced_after_loading_is_refused)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(f->folder, 0.2, &dataset));
    f->files[TEST_IMAGES].sizes[0] = 11;
    f->files[TEST_IMAGES].value_bytes = 66;
    write_file(f, TEST_IMAGES);
    ck_fails(TNAS_ERR_INPUT, "11 images of 3x2x1, but 12 of 3x2x1 when the data set was opened",
             tnas_dataset_read_test(dataset, &test));
    f->files[TEST_IMAGES].sizes[0] = 12;
    f->files[TEST_IMAGES].value_bytes = 71;
    write_file(f, TEST_IMAGES);
    ck_fails(TNAS_ERR_INPUT, "t10k-images-idx3-ubyte: ends after 87 bytes",
             tnas_dataset_read_test(dataset, &test));
    f->files[TEST_IMAGES].value_bytes = 72;
    write_file(f, TEST_IMAGES);
    ck_assert_ptr_null(test.pixels);
    remove_file(f, file_names[TEST_IMAGES]);
    ck_fails(TNAS_ERR_IO, "t10k-images-idx3-ubyte: No such file",
             tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(dataset->test_reads, 3);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

static bool holds(const tnas_images *images, const uint8_t *pixels, size_t bytes)
{
    for (int i = 0; i < images->count; i++)
        if (memcmp(images->pixels + (size_t)i * bytes, pixels, bytes) == 0)
            return true;
    return false;
}

START_TEST(validation_images_leave_the_training_split)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    ck_ok(load_share(f->folder, 0.25, &dataset));
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 40);
    const idx_file *const images = &f->files[TRAIN_IMAGES];
    for (int i = 0, t = 0, v = 0; i < 40; i++) {
        const uint8_t *const pixels = images->values + 6 * i;
        ck_assert(holds(&dataset->train, pixels, 6) != holds(&dataset->validation, pixels, 6));
        /* Both keep the order of the file, and labels go with their images. */
        if (t < dataset->train.count && memcmp(dataset->train.pixels + 6 * t, pixels, 6) == 0)
            ck_assert_int_eq(dataset->train.labels[t++], i % 3);
        else
            ck_assert_int_eq(dataset->validation.labels[v++], i % 3);
    }
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(appended_images_do_not_reshuffle)
{
    fixture *f = fixture_create();
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    fill_split(&f->files[TRAIN_IMAGES], &f->files[TRAIN_LABELS], 1300, &rng);
    write_files(f);
    tnas_dataset *more, *fewer;
    ck_ok(load_share(f->folder, 0.2, &more));
    f->files[TRAIN_IMAGES].sizes[0] = f->files[TRAIN_LABELS].sizes[0] = 900;
    f->files[TRAIN_IMAGES].value_bytes = 900 * 6;
    f->files[TRAIN_LABELS].value_bytes = 900;
    write_files(f);
    ck_ok(load_share(f->folder, 0.2, &fewer));
    ck_assert(more->content_hash != fewer->content_hash);
    for (int i = 0; i < fewer->validation.count; i++)
        ck_assert(holds(&more->validation, fewer->validation.pixels + 6 * i, 6));
    for (int i = 0; i < fewer->train.count; i++)
        ck_assert(holds(&more->train, fewer->train.pixels + 6 * i, 6));
    tnas_dataset_destroy(more);
    tnas_dataset_destroy(fewer);
    tnas_free(f);
}
END_TEST

START_TEST(every_class_has_images_on_both_sides)
{
    static const double shares[] = {1e-9, 0.02, 0.5};
    fixture *f = fixture_create();
    for (int i = 0; i < 40; i++) /* 37 x class 0, 2 x class 1, 1 x class 2 */
        f->files[TRAIN_LABELS].values[i] = i < 37 ? 0 : i < 39 ? 1 : 2;
    write_files(f);
    for (size_t s = 0; s < sizeof shares / sizeof shares[0]; s++) {
        tnas_dataset *dataset;
        ck_ok(load_share(f->folder, shares[s], &dataset));
        int train[3] = {0}, validation[3] = {0};
        for (int i = 0; i < dataset->train.count; i++)
            train[dataset->train.labels[i]]++;
        for (int i = 0; i < dataset->validation.count; i++)
            validation[dataset->validation.labels[i]]++;
        ck_assert_int_ge(train[0], 1);
        ck_assert_int_ge(validation[0], 1);
        ck_assert_int_eq(train[1], 1);
        ck_assert_int_eq(validation[1], 1);
        ck_assert_int_eq(train[2], 1);
        tnas_dataset_destroy(dataset);
    }
    tnas_free(f);
}
END_TEST

START_TEST(each_class_gives_its_share)
{
    static const double shares[] = {0.05, 0.1, 0.3, 0.5};
    tnas_dataset *dataset;
    ck_ok(load_share("builtin:shapes", shares[_i], &dataset));
    int counts[10] = {0};
    for (int i = 0; i < dataset->validation.count; i++)
        counts[dataset->validation.labels[i]]++;
    const double expected = 1000 * shares[_i];
    const double sigma = sqrt(expected * (1 - shares[_i]));
    for (int k = 0; k < 10; k++)
        ck_assert_msg(fabs(counts[k] - expected) < 4 * sigma, "class %d: %d of %g +- %g", k,
                      counts[k], expected, sigma);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* Images that differ in their last byte alone: FNV-1a's top bits hardly see it. */
START_TEST(images_that_differ_in_one_byte_are_split_evenly)
{
    fixture *f = fixture_create();
    idx_file *const images = &f->files[TRAIN_IMAGES];
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    fill_split(images, &f->files[TRAIN_LABELS], 256, &rng);
    for (int i = 0; i < 256; i++) {
        memset(images->values + 6 * i, 7, 5);
        images->values[6 * i + 5] = (uint8_t)i;
    }
    write_files(f);
    tnas_dataset *dataset;
    ck_ok(load_share(f->folder, 0.25, &dataset));
    ck_assert_int_le(abs(dataset->validation.count - 64), 28); /* 4 sigma */
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

/* ---- groups ---- */

/* Images below folder/CLASS/GROUP_i.png, of six speakers and three classes, n each. */
static void write_speakers(const char *folder, int n)
{
    static const char *const speakers[] = {"ann", "bob", "cy", "dan", "eve", "fay"};
    static const char *const classes[] = {"no", "stop", "yes"};
    for (int s = 0; s < 6; s++)
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < n; i++) {
                uint8_t pixels[16];
                char name[64];
                tnas_rng rng =
                    tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)(100 * (3 * s + k) + i));
                for (int p = 0; p < 16; p++)
                    pixels[p] = (uint8_t)tnas_rng_below(&rng, 256);
                snprintf(name, sizeof name, "%s/%s_%d.png", classes[k], speakers[s], i);
                write_png(folder, name, pixels, 4, 4, 1);
            }
}

static int split_of_speaker(const tnas_dataset *dataset, const char *speaker)
{
    int found = -2;
    for (int i = 0; i < dataset->source->sample_count; i++) {
        const tnas_sample *const sample = &dataset->source->samples[i];
        const char *const name = tnas_files_last(dataset->source->files, sample->file);
        if (strncmp(name, speaker, strlen(speaker)) != 0)
            continue;
        ck_assert_msg(found == -2 || found == sample->split, "%s is in two splits", speaker);
        found = sample->split;
    }
    return found;
}

START_TEST(named_groups_are_their_splits_and_nothing_else_is)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_speakers(folder, 4);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, "{speaker}_*"));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_test_groups, "cy"));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_validation_groups, "ann,eve"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->origins[TNAS_SPLIT_TEST], TNAS_SPLIT_ORIGIN_NAMED);
    ck_assert_int_eq(split_of_speaker(dataset, "cy"), TNAS_SPLIT_TEST);
    ck_assert_int_eq(split_of_speaker(dataset, "ann"), TNAS_SPLIT_VALIDATION);
    ck_assert_int_eq(split_of_speaker(dataset, "eve"), TNAS_SPLIT_VALIDATION);
    ck_assert_int_eq(split_of_speaker(dataset, "bob"), TNAS_SPLIT_TRAIN);
    ck_assert_int_eq(dataset->test_count, 12);
    ck_assert_int_eq(dataset->validation.count, 24);
    ck_assert_int_eq(dataset->train.count, 36);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* Every speaker can be left out in turn, whatever test split the data came with. */
START_TEST(named_groups_replace_the_split_that_the_data_state)
{
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    write_files(f);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, "file"));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_test_groups, file_names[TRAIN_LABELS]));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_validation_share, "0"));
    ck_ok(tnas_dataset_load(f->folder, &options, &dataset));
    ck_assert_int_eq(dataset->test_count, 40);
    ck_assert_int_eq(dataset->train.count, 12);
    ck_assert_mem_eq(dataset->train.pixels, f->files[TEST_IMAGES].values, 72);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(carved_groups_are_whole_and_stay_when_others_come)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *few, *more;
    tnas_data_options options = tnas_data_options_default();
    static const char *const speakers[] = {"ann", "bob", "cy", "dan", "eve", "fay"};
    fresh_folder(folder);
    write_speakers(folder, 2);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, "{speaker}_*"));
    ck_ok(tnas_dataset_load(folder, &options, &few));
    write_speakers(folder, 5);
    ck_ok(tnas_dataset_load(folder, &options, &more));
    for (int s = 0; s < 6; s++)
        ck_assert_int_eq(split_of_speaker(few, speakers[s]), split_of_speaker(more, speakers[s]));
    ck_assert_int_eq(more->origins[TNAS_SPLIT_TEST], TNAS_SPLIT_ORIGIN_GROUPS);
    ck_assert_int_gt(more->test_count, 0);
    ck_assert_int_gt(more->validation.count, 0);
    ck_assert_int_gt(more->train.count, 0);
    tnas_dataset_destroy(few);
    tnas_dataset_destroy(more);
}
END_TEST

typedef struct bad_groups {
    const char *split_by, *test, *validation;
    tnas_status status;
    const char *part;
} bad_groups;

static const bad_groups bad_group_rows[] = {
    {"{speaker}_*", "zoe", "", TNAS_ERR_USAGE,
     "--test-groups: there is no group zoe among the 6: ann, bob"},
    {"{speaker}_*", "ann", "bob,ann", TNAS_ERR_USAGE,
     "group ann: must not be in --test-groups and in --validation-groups"},
    {"{speaker}-*", "", "", TNAS_ERR_INPUT, "no/ann_0.png: does not match --split-by {speaker}-*"},
    {"speaker", "", "", TNAS_ERR_USAGE,
     "--split-by speaker: must be content, file, or a pattern with one {name} in it"},
    {"{speaker}_*", "ann,bob,cy,dan,eve,fay", "", TNAS_ERR_INPUT, "no training image is of class"},
};
enum { BAD_GROUP_COUNT = sizeof bad_group_rows / sizeof bad_group_rows[0] };

START_TEST(groups_that_cannot_be_are_refused)
{
    const bad_groups *const bad = &bad_group_rows[_i];
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_speakers(folder, 1);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, bad->split_by));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_test_groups, bad->test));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_validation_groups, bad->validation));
    ck_fails(bad->status, bad->part, tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(split_by_file_keeps_a_file_together)
{
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    write_files(f);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_split_by, "file"));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_validation_groups,
                                file_names[TEST_LABELS]));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_test_share, "0"));
    ck_ok(tnas_dataset_load(f->folder, &options, &dataset));
    ck_assert_int_eq(dataset->validation.count, 12);
    ck_assert_int_eq(dataset->train.count, 40);
    ck_assert_int_eq(dataset->test_count, 0);
    tnas_images test;
    ck_fails(TNAS_ERR_INPUT, "has no test split: see --test-share",
             tnas_dataset_read_test(dataset, &test));
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

/* ---- duplicates ---- */

START_TEST(duplicates_are_counted_with_their_first_example)
{
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    uint8_t *const train = f->files[TRAIN_IMAGES].values, *const test =
                                                              f->files[TEST_IMAGES].values;
    memcpy(train + 6 * 9, train + 6 * 3, 6);   /* the same class twice */
    memcpy(train + 6 * 20, train + 6 * 10, 6); /* class 1 and class 2 */
    memcpy(test + 6 * 5, train + 6 * 30, 6);   /* class 2 and class 0, in test */
    write_files(f);
    options.validation_share = 0;
    ck_fails(TNAS_ERR_INPUT, "1 samples of one split are in another too",
             tnas_dataset_load(f->folder, &options, &dataset));
    options.allow_duplicates = true;
    ck_ok(tnas_dataset_load(f->folder, &options, &dataset));
    const tnas_duplicates *const d = &dataset->duplicates;
    ck_assert_int_eq(d->across_count, 1);
    ck_assert_int_eq(d->across[0], 30);
    ck_assert_int_eq(d->across[1], 45);
    ck_assert_int_eq(d->inside_count, 2);
    ck_assert_int_eq(d->inside[0], 3);
    ck_assert_int_eq(d->inside[1], 9);
    ck_assert_int_eq(d->conflict_count, 2);
    ck_assert_int_eq(d->conflict[0], 10);
    ck_assert_int_eq(d->conflict[1], 20);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

/* Carved by content, copies fall on one side. */
START_TEST(carving_never_makes_duplicates_across_splits)
{
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    for (int i = 0; i < 20; i++)
        memcpy(f->files[TRAIN_IMAGES].values + 6 * (20 + i), f->files[TRAIN_IMAGES].values + 6 * i,
               6);
    write_files(f);
    remove_file(f, file_names[TEST_IMAGES]);
    remove_file(f, file_names[TEST_LABELS]);
    ck_ok(load_share(f->folder, 0.3, &dataset));
    ck_assert_int_eq(dataset->duplicates.across_count, 0);
    ck_assert_int_eq(dataset->duplicates.inside_count, 20);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

/* ---- blocks ---- */

START_TEST(a_block_beyond_the_limit_is_a_mapped_file)
{
    const size_t image_bytes = 1 << 20;
    const int capacity = (int)(TNAS_SAMPLES_HEAP_BYTES / image_bytes) + 1;
    tnas_images images;
    uint8_t *pixels = tnas_alloc_zero(image_bytes, 1);
    memset(pixels, 7, image_bytes);
    ck_ok(tnas_images_init(&images, capacity, image_bytes));
    ck_assert_uint_eq(images.mapped_bytes, (size_t)capacity * image_bytes);
    tnas_images_add(&images, image_bytes, pixels, 3);
    ck_assert_int_eq(images.pixels[image_bytes - 1], 7);
    ck_assert_int_eq(images.pixels[(size_t)capacity * image_bytes - 1], 0);
    tnas_images_deinit(&images);
    ck_ok(tnas_images_init(&images, 3, image_bytes));
    ck_assert_uint_eq(images.mapped_bytes, 0);
    tnas_images_deinit(&images);
    tnas_free(pixels);
}
END_TEST

/* ---- writing ---- */

static void save_and_compare(int h, int w, int c, const uint8_t *header, size_t header_bytes)
{
    uint8_t pixels[24];
    int16_t labels[] = {0, 255};
    for (int i = 0; i < 24; i++)
        pixels[i] = (uint8_t)(i * 11);
    const tnas_images images = {.count = 2, .pixels = pixels, .labels = labels};
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    fresh_folder(folder);
    ck_ok(tnas_images_save_idx(&images, h, w, c, folder));
    ck_ok(tnas_path_join(path, folder, "images.idx"));
    ck_ok(tnas_file_read(path, 1024, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, header_bytes + 24);
    ck_assert_mem_eq(bytes, header, header_bytes);
    ck_assert_mem_eq(bytes + header_bytes, pixels, 24);
    tnas_free(bytes);
    ck_ok(tnas_path_join(path, folder, "labels.idx"));
    ck_ok(tnas_file_read(path, 1024, &bytes, &byte_count));
    ck_assert_uint_eq(byte_count, 10);
    ck_assert_mem_eq(bytes, "\0\0\x08\x01\0\0\0\x02\0\xff", 10);
    tnas_free(bytes);
}

START_TEST(saved_splits_are_idx_files)
{
    save_and_compare(3, 4, 1, (const uint8_t *)"\0\0\x08\x03\0\0\0\x02\0\0\0\x03\0\0\0\x04", 16);
    save_and_compare(2, 2, 3,
                     (const uint8_t *)"\0\0\x08\x04\0\0\0\x02\0\0\0\x02\0\0\0\x02\0\0\0\x03", 20);
}
END_TEST

START_TEST(splits_that_cannot_be_saved_say_why)
{
    uint8_t pixels[4] = {0};
    int16_t labels[] = {0, 256};
    const tnas_images images = {.count = 2, .pixels = pixels, .labels = labels};
    char folder[TNAS_PATH_BYTES];
    fresh_folder(folder);
    ck_fails(TNAS_ERR_INPUT, "labels.idx: label 256 of image 1: IDX label files hold 0 to 255",
             tnas_images_save_idx(&images, 2, 1, 1, folder));
    labels[1] = 1;
    ck_fails(TNAS_ERR_IO, "/nowhere/labels.idx",
             tnas_images_save_idx(&images, 2, 1, 1, "/nowhere"));
}
END_TEST

/* ---- faults ---- */

static tnas_status load_and_read(const char *location)
{
    tnas_dataset *dataset;
    tnas_images test;
    tnas_status status = load_share(location, 0.2, &dataset);
    if (status != TNAS_OK) {
        ck_assert_ptr_null(dataset);
        return status;
    }
    status = tnas_dataset_read_test(dataset, &test);
    if (status == TNAS_OK)
        tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    return status;
}

START_TEST(every_failed_allocation_is_reported)
{
    fixture *f = fixture_create();
    write_files(f);
    write_at(f->folder, "classes.txt", "a\nb\nc\n", 6);
    const char *const locations[] = {f->folder, "builtin:shapes"};
    for (int i = 0; i < 2; i++) {
        tnas_status status = TNAS_ERR_NOMEM;
        long n = 0;
        for (; status != TNAS_OK && n < 100; n++) {
            tnas_alloc_fail_after(n);
            status = load_and_read(locations[i]);
            tnas_alloc_fail_after(-1);
            if (status != TNAS_OK)
                ck_assert_msg(status == TNAS_ERR_NOMEM, "allocation %ld: %s", n, tnas_error_text());
        }
        ck_assert_int_eq(status, TNAS_OK);
        ck_assert_int_gt(n, 8);
    }
    tnas_free(f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("splits");
    TCase *splits = tcase_create("splits");
    tcase_add_test(splits, a_path_says_its_split_by_whole_words);
    tcase_add_test(splits, test_images_that_change_after_loading_are_refused);
    tcase_add_test(splits, a_test_split_replaced_after_loading_is_refused);
    tcase_add_test(splits, validation_images_leave_the_training_split);
    tcase_add_test(splits, appended_images_do_not_reshuffle);
    tcase_add_test(splits, every_class_has_images_on_both_sides);
    tcase_add_loop_test(splits, each_class_gives_its_share, 0, 4);
    tcase_add_test(splits, images_that_differ_in_one_byte_are_split_evenly);
    tcase_set_timeout(splits, 30);
    suite_add_tcase(suite, splits);

    TCase *groups = tcase_create("groups");
    tcase_add_test(groups, named_groups_are_their_splits_and_nothing_else_is);
    tcase_add_test(groups, named_groups_replace_the_split_that_the_data_state);
    tcase_add_test(groups, carved_groups_are_whole_and_stay_when_others_come);
    tcase_add_loop_test(groups, groups_that_cannot_be_are_refused, 0, BAD_GROUP_COUNT);
    tcase_add_test(groups, split_by_file_keeps_a_file_together);
    tcase_add_test(groups, duplicates_are_counted_with_their_first_example);
    tcase_add_test(groups, carving_never_makes_duplicates_across_splits);
    tcase_add_test(groups, a_block_beyond_the_limit_is_a_mapped_file);
    tcase_set_timeout(groups, 30);
    suite_add_tcase(suite, groups);

    TCase *writing = tcase_create("writing");
    tcase_add_test(writing, saved_splits_are_idx_files);
    tcase_add_test(writing, splits_that_cannot_be_saved_say_why);
    suite_add_tcase(suite, writing);

    TCase *faults = tcase_create("faults");
    tcase_add_test(faults, every_failed_allocation_is_reported);
    tcase_set_timeout(faults, 30);
    suite_add_tcase(suite, faults);
    return run_suite(suite);
}
