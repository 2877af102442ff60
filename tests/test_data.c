#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "tests/idx_fixture.h"

/* ---- reading ---- */

START_TEST(pixels_and_labels_arrive_as_written)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(f->folder, 0, &dataset));
    ck_assert_str_eq(dataset->format, "IDX");
    ck_assert_str_eq(dataset->name, strrchr(f->folder, '/') + 1);
    ck_assert_int_eq(dataset->h, 3);
    ck_assert_int_eq(dataset->w, 2);
    ck_assert_int_eq(dataset->c, 1);
    ck_assert_int_eq(dataset->class_count, 3);
    ck_assert_str_eq(dataset->class_names[2], "2");
    ck_assert_int_eq(dataset->train.count, 40);
    ck_assert_int_eq(dataset->validation.count, 0);
    ck_assert_mem_eq(dataset->train.pixels, f->files[TRAIN_IMAGES].values, 240);
    ck_assert_int_eq(dataset->test_count, 12);
    ck_assert_int_eq(dataset->test_reads, 0);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(dataset->test_reads, 1);
    ck_assert_int_eq(test.count, 12);
    ck_assert_mem_eq(test.pixels, f->files[TEST_IMAGES].values, 72);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(dataset->train.labels[i], i % 3);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(test.labels[i], i % 3);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(images_with_channels_keep_their_order)
{
    fixture *f = fixture_create();
    for (int file = 0; file < FILE_COUNT; file += 2) {
        f->files[file].magic = 0x804;
        f->files[file].sizes[1] = 1;
        f->files[file].sizes[3] = 3;
    }
    write_files(f);
    tnas_dataset *dataset;
    ck_ok(load_share(f->folder, 0, &dataset));
    ck_assert_int_eq(dataset->h, 1);
    ck_assert_int_eq(dataset->w, 2);
    ck_assert_int_eq(dataset->c, 3);
    ck_assert_mem_eq(dataset->train.pixels, f->files[TRAIN_IMAGES].values, 240);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

static const char *const packers[] = {"gzip", "xz", "bzip2", "zstd -q --rm"};

START_TEST(packed_files_give_the_same_data_set)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *plain, *packed;
    ck_ok(load_share(f->folder, 0.2, &plain));
    char command[TNAS_PATH_BYTES + 64];
    snprintf(command, sizeof command, "%s %s/*ubyte 2>/dev/null", packers[_i], f->folder);
    if (system(command) == 0) {
        ck_ok(load_share(f->folder, 0.2, &packed));
        ck_assert_uint_eq(plain->content_hash, packed->content_hash);
        tnas_images test;
        ck_ok(tnas_dataset_read_test(packed, &test));
        ck_assert_mem_eq(test.pixels, f->files[TEST_IMAGES].values, 72);
        tnas_images_deinit(&test);
        tnas_dataset_destroy(packed);
    } else {
        printf("SKIP: %s is not there\n", packers[_i]);
    }
    tnas_dataset_destroy(plain);
    tnas_free(f);
}
END_TEST

START_TEST(a_packed_file_needs_no_suffix)
{
    fixture *f = fixture_create();
    write_files(f);
    char command[2 * TNAS_PATH_BYTES + 64];
    snprintf(command, sizeof command, "cd %s && gzip %s && mv %s.gz %s", f->folder, file_names[0],
             file_names[0], file_names[0]);
    ck_assert_int_eq(system(command), 0);
    tnas_dataset *dataset;
    ck_ok(load_share(f->folder, 0, &dataset));
    ck_assert_mem_eq(dataset->train.pixels, f->files[TRAIN_IMAGES].values, 240);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(a_cut_gzip_file_is_an_input_error)
{
    fixture *f = fixture_create();
    write_files(f);
    char command[TNAS_PATH_BYTES + 128], path[TNAS_PATH_BYTES];
    snprintf(command, sizeof command, "gzip %s/%s", f->folder, file_names[TRAIN_IMAGES]);
    ck_assert_int_eq(system(command), 0);
    snprintf(path, sizeof path, "%.3000s/%s.gz", f->folder, file_names[TRAIN_IMAGES]);
    ck_assert_int_eq(truncate(path, 150), 0);
    tnas_dataset *dataset;
    ck_fails(TNAS_ERR_INPUT, "ubyte.gz", load_share(f->folder, 0, &dataset));
    tnas_free(f);
}
END_TEST

START_TEST(classes_txt_names_the_classes)
{
    fixture *f = fixture_create();
    write_files(f);
    write_at(f->folder, "classes.txt", "cat\r\nT-shirt/top\nowl", 20);
    tnas_dataset *dataset;
    ck_ok(load_share(f->folder, 0, &dataset));
    ck_assert_str_eq(dataset->class_names[0], "cat");
    ck_assert_str_eq(dataset->class_names[1], "T-shirt/top");
    ck_assert_str_eq(dataset->class_names[2], "owl");
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(classes_txt_must_fit_the_labels)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"a\nb\n", "2 names, but the training labels define 3 classes"},
        {"a\nb\nc\nd\n", "4 names, but the training labels define 3 classes"},
        {"a\n\nc\n", "line 2 has 0 bytes: a class name has 1 to 47"},
        {"a\nb\x01\nc\n", "line 2 has the control character 0x01"},
    };
    fixture *f = fixture_create();
    write_files(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_at(f->folder, "classes.txt", rows[i].text, strlen(rows[i].text));
        tnas_dataset *dataset;
        ck_fails(TNAS_ERR_INPUT, rows[i].part, load_share(f->folder, 0, &dataset));
        ck_assert_ptr_nonnull(strstr(tnas_error_text(), "classes.txt"));
    }
    tnas_free(f);
}
END_TEST

START_TEST(the_name_is_the_last_part_of_the_path)
{
    fixture *f = fixture_create();
    write_files(f);
    static const char *const endings[] = {"", "/", "//"};
    for (int i = 0; i < 3; i++) {
        char location[TNAS_PATH_BYTES + 8];
        snprintf(location, sizeof location, "%s%s", f->folder, endings[i]);
        tnas_dataset *dataset;
        ck_ok(load_share(location, 0, &dataset));
        ck_assert_str_eq(dataset->name, strrchr(f->folder, '/') + 1);
        tnas_dataset_destroy(dataset);
    }
    char before[TNAS_PATH_BYTES];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(f->folder), 0);
    tnas_dataset *dataset;
    ck_ok(load_share("./", 0, &dataset));
    ck_assert_str_eq(dataset->name, strrchr(f->folder, '/') + 1);
    ck_assert_int_eq(chdir(before), 0);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(fashion_mnist_is_read_whole)
{
    char path[TNAS_PATH_BYTES];
    if (shared_path("data/fashion-mnist", path) == NULL)
        return;
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(path, 0.1, &dataset));
    ck_assert_str_eq(dataset->name, "fashion-mnist");
    ck_assert_int_eq(dataset->h, 28);
    ck_assert_int_eq(dataset->w, 28);
    ck_assert_int_eq(dataset->c, 1);
    ck_assert_int_eq(dataset->class_count, 10);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 60000);
    /* 6000 +- 73 by the binomial distribution. */
    ck_assert_int_le(abs(dataset->validation.count - 6000), 5 * 73);
    ck_assert_int_eq(dataset->test_count, 10000);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(test.count, 10000);
    ck_assert_int_eq(test.labels[0], 9); /* an ankle boot, as everybody knows */
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* ---- refusing ---- */

/* One change of a good data set, and what must be said about it. */
typedef struct bad_file {
    const char *what;
    int file;
    enum { MAGIC, SIZE, VALUES_LESS, VALUES_MORE } change;
    int place; /* which size */
    uint32_t value;
    const char *part;
} bad_file;

static const bad_file bad_files[] = {
    {"labels for images", TRAIN_IMAGES, MAGIC, 0, 0x801,
     "magic 0x00000801 at byte 0: image files have 0x00000803"},
    {"images for labels", TRAIN_LABELS, MAGIC, 0, 0x803,
     "magic 0x00000803 at byte 0: label files have 0x00000801"},
    {"float images", TEST_IMAGES, MAGIC, 0, 0xd03,
     "t10k-images-idx3-ubyte: magic 0x00000d03 at byte 0"},
    {"no images", TRAIN_IMAGES, SIZE, 0, 0, "count 0 at byte 4: must be 1 to 50000000"},
    {"no test images", TEST_IMAGES, SIZE, 0, 0, "count 0 at byte 4: must be 1 to 50000000"},
    {"no height", TRAIN_IMAGES, SIZE, 1, 0, "height 0 at byte 8: must be 1 to 512"},
    {"too wide", TRAIN_IMAGES, SIZE, 2, 513, "width 513 at byte 12: must be 1 to 512"},
    {"too many", TRAIN_IMAGES, SIZE, 0, 4000000000u, "count 4000000000 at byte 4"},
    {"truncated images", TRAIN_IMAGES, VALUES_LESS, 0, 1,
     "ends after 255 bytes: its header promises 40 values of 3x2x1, 256 bytes"},
    {"truncated labels", TRAIN_LABELS, VALUES_LESS, 0, 7, "ends after 41 bytes"},
    {"trailing images", TRAIN_IMAGES, VALUES_MORE, 0, 1,
     "goes on after byte 256, where its header says it ends"},
    {"trailing labels", TRAIN_LABELS, VALUES_MORE, 0, 100, "goes on after byte 48"},
    {"truncated test images", TEST_IMAGES, VALUES_LESS, 0, 1,
     "ends after 87 bytes: its header promises 12 values of 3x2x1, 88 bytes"},
    {"trailing test images", TEST_IMAGES, VALUES_MORE, 0, 1, "goes on after byte 88"},
    {"truncated test labels", TEST_LABELS, VALUES_LESS, 0, 12, "ends after 8 bytes"},
    {"trailing test labels", TEST_LABELS, VALUES_MORE, 0, 1, "goes on after byte 20"},
    {"fewer labels", TRAIN_LABELS, SIZE, 0, 39, "39 labels, but "},
    {"more test labels", TEST_LABELS, SIZE, 0, 13, "13 labels, but "},
    {"other test shape", TEST_IMAGES, SIZE, 1, 4, "images of 4x2x1, but "},
};
enum { BAD_FILE_COUNT = sizeof bad_files / sizeof bad_files[0] };

START_TEST(a_bad_file_is_refused_with_its_place)
{
    const bad_file *const bad = &bad_files[_i];
    fixture *f = fixture_create();
    idx_file *const file = &f->files[bad->file];
    if (bad->change == MAGIC)
        file->magic = bad->value;
    else if (bad->change == SIZE)
        file->sizes[bad->place] = bad->value;
    else if (bad->change == VALUES_LESS)
        file->value_bytes -= bad->value;
    else
        file->value_bytes += bad->value;
    expect_failure(f, TNAS_ERR_INPUT, bad->part);
    ck_assert_msg(strstr(tnas_error_text(), file_names[bad->file]) != NULL, "%s: \"%s\"", bad->what,
                  tnas_error_text());
    tnas_free(f);
}
END_TEST

START_TEST(sizes_that_fill_the_memory_are_refused)
{
    fixture *f = fixture_create();
    const uint32_t sizes[4] = {40000000, 512, 512, 4};
    f->files[TRAIN_IMAGES].magic = 0x804;
    memcpy(f->files[TRAIN_IMAGES].sizes, sizes, sizeof sizes);
    expect_failure(f, TNAS_ERR_INPUT, "40000000 images take more than 4 GiB");
    tnas_free(f);
}
END_TEST

START_TEST(too_many_channels_are_refused)
{
    fixture *f = fixture_create();
    f->files[TRAIN_IMAGES].magic = 0x804;
    f->files[TRAIN_IMAGES].sizes[3] = 5;
    expect_failure(f, TNAS_ERR_INPUT, "channels 5 at byte 16: must be 1 to 4");
    tnas_free(f);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_an_input_error)
{
    fixture *f = fixture_create();
    write_files(f);
    for (int file = TRAIN_IMAGES; file <= TRAIN_LABELS; file++) {
        char path[TNAS_PATH_BYTES];
        ck_ok(tnas_path_join(path, f->folder, file_names[file]));
        const int whole = file == TRAIN_IMAGES ? 256 : 48;
        for (int length = whole - 1; length >= 0; length--) {
            ck_assert_int_eq(truncate(path, length), 0);
            tnas_dataset *dataset;
            char part[64];
            snprintf(part, sizeof part, "%s: ends after %d bytes", file_names[file], length);
            ck_fails(TNAS_ERR_INPUT, part, load_share(f->folder, 0, &dataset));
        }
        write_file(f, file);
    }
    tnas_free(f);
}
END_TEST

/* Whatever a byte of a file becomes, it is loaded or refused, never read past its end. */
START_TEST(a_changed_byte_is_harmless)
{
    fixture *f = fixture_create();
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    write_files(f);
    for (int i = 0; i < 300; i++) {
        const int file = (int)tnas_rng_below(&rng, FILE_COUNT);
        uint8_t bytes[sizeof f->files[0].values + 32];
        const size_t byte_count = encode(&f->files[file], bytes);
        bytes[tnas_rng_below(&rng, 20)] = (uint8_t)tnas_rng_below(&rng, 256);
        write_at(f->folder, file_names[file], bytes, byte_count);
        tnas_dataset *dataset;
        tnas_images test;
        tnas_status status = load_share(f->folder, 0.2, &dataset);
        if (status == TNAS_OK)
            status = tnas_dataset_read_test(dataset, &test);
        if (status == TNAS_OK)
            tnas_images_deinit(&test);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_INPUT, "change %d: %s", i,
                      tnas_error_text());
        tnas_dataset_destroy(dataset);
        write_file(f, file);
    }
    tnas_free(f);
}
END_TEST

START_TEST(labels_are_numbered_from_zero_without_gaps)
{
    fixture *f = fixture_create();
    uint8_t *const labels = f->files[TRAIN_LABELS].values;
    labels[17] = 200;
    expect_failure(f, TNAS_ERR_INPUT, "no training image has label 3, but labels go up to 200");
    memset(labels, 0, 40);
    memset(f->files[TEST_LABELS].values, 0, 12);
    expect_failure(f, TNAS_ERR_INPUT, "all 52 labels are 0: a classifier needs at least two");
    tnas_free(f);
}
END_TEST

START_TEST(a_test_label_beyond_the_training_classes_is_refused)
{
    fixture *f = fixture_create();
    f->files[TEST_LABELS].values[5] = 3;
    expect_failure(f, TNAS_ERR_INPUT,
                   "t10k-labels-idx1-ubyte: image 5: label 3: the training labels define "
                   "classes 0 to 2");
    tnas_free(f);
}
END_TEST

/* Packed, the size is known only by unpacking: one byte too few, right, one too many. */
START_TEST(packed_test_images_are_counted)
{
    fixture *f = fixture_create();
    enum { COUNT = 1200 };
    f->files[TEST_IMAGES].sizes[0] = f->files[TEST_LABELS].sizes[0] = COUNT;
    f->files[TEST_LABELS].value_bytes = COUNT;
    f->files[TEST_IMAGES].sizes[1] = f->files[TRAIN_IMAGES].sizes[1] = 6;
    f->files[TEST_IMAGES].sizes[2] = f->files[TRAIN_IMAGES].sizes[2] = 1;
    const int wrong_by = _i - 1;
    f->files[TEST_IMAGES].value_bytes = (size_t)(COUNT * 6 + wrong_by);
    write_files(f);
    char command[TNAS_PATH_BYTES + 64];
    snprintf(command, sizeof command, "gzip %s/%s", f->folder, file_names[TEST_IMAGES]);
    ck_assert_int_eq(system(command), 0);
    tnas_dataset *dataset = NULL;
    if (wrong_by == 0)
        ck_ok(load_share(f->folder, 0.2, &dataset));
    else
        ck_fails(TNAS_ERR_INPUT,
                 wrong_by < 0 ? "ubyte.gz: ends after 7215 bytes"
                              : "ubyte.gz: goes on after byte 7216",
                 load_share(f->folder, 0.2, &dataset));
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(missing_files_are_named)
{
    static const char *const parts[FILE_COUNT] = {
        "has no IDX file with images whose name has \"train\"",
        "has no IDX file with labels whose name has \"train\"",
        "has no IDX file with images whose name has \"t10k or test\"",
        "has no IDX file with labels whose name has \"t10k or test\""};
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    for (int file = 0; file < FILE_COUNT; file++) {
        write_files(f);
        remove_file(f, file_names[file]);
        ck_fails(TNAS_ERR_INPUT, parts[file], load_share(f->folder, 0, &dataset));
    }
    write_files(f);
    for (int file = 0; file < FILE_COUNT; file++)
        remove_file(f, file_names[file]);
    ck_fails(TNAS_ERR_INPUT, "holds no data set: none of its 0 files is one of IDX",
             load_share(f->folder, 0, &dataset));
    tnas_free(f);
}
END_TEST

/* Without t10k files a fifth of the training images becomes the test split. */
START_TEST(idx_without_test_files_gets_a_test_split)
{
    fixture *f = fixture_create();
    write_files(f);
    remove_file(f, file_names[TEST_IMAGES]);
    remove_file(f, file_names[TEST_LABELS]);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(load_share(f->folder, 0.2, &dataset));
    ck_assert_int_gt(dataset->test_count, 0);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count + dataset->test_count, 40);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(test.count, dataset->test_count);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(locations_that_are_no_folder_are_refused)
{
    char folder[TNAS_PATH_BYTES], file[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    ck_ok(tnas_path_join(file, folder, "a.csv"));
    ck_fails(TNAS_ERR_IO, "there is no such file or folder", load_share(file, 0, &dataset));
    ck_ok(tnas_file_write(file, "a,b\n", 4));
    ck_fails(TNAS_ERR_INPUT, "a.csv: holds no data set: none of its 1 files",
             load_share(file, 0, &dataset));
    ck_fails(TNAS_ERR_USAGE, "builtin:unknown: no such built-in data set; there is: shapes (",
             load_share("builtin:unknown", 0, &dataset));
    ck_fails(TNAS_ERR_USAGE, "--validation-share 0.6", load_share("builtin:shapes", 0.6, &dataset));
    ck_fails(TNAS_ERR_USAGE, "--validation-share nan: must be a number",
             load_share(folder, NAN, &dataset));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data");
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, pixels_and_labels_arrive_as_written);
    tcase_add_test(reading, images_with_channels_keep_their_order);
    tcase_add_loop_test(reading, packed_files_give_the_same_data_set, 0, 4);
    tcase_add_test(reading, a_packed_file_needs_no_suffix);
    tcase_add_test(reading, a_cut_gzip_file_is_an_input_error);
    tcase_add_test(reading, classes_txt_names_the_classes);
    tcase_add_test(reading, classes_txt_must_fit_the_labels);
    tcase_add_test(reading, the_name_is_the_last_part_of_the_path);
    tcase_add_test(reading, fashion_mnist_is_read_whole);
    tcase_set_timeout(reading, 30);
    suite_add_tcase(suite, reading);

    TCase *refusing = tcase_create("refusing");
    tcase_add_loop_test(refusing, a_bad_file_is_refused_with_its_place, 0, BAD_FILE_COUNT);
    tcase_add_test(refusing, sizes_that_fill_the_memory_are_refused);
    tcase_add_test(refusing, too_many_channels_are_refused);
    tcase_add_test(refusing, a_file_cut_anywhere_is_an_input_error);
    tcase_add_test(refusing, a_changed_byte_is_harmless);
    tcase_add_test(refusing, labels_are_numbered_from_zero_without_gaps);
    tcase_add_test(refusing, a_test_label_beyond_the_training_classes_is_refused);
    tcase_add_loop_test(refusing, packed_test_images_are_counted, 0, 3);
    tcase_add_test(refusing, missing_files_are_named);
    tcase_add_test(refusing, idx_without_test_files_gets_a_test_split);
    tcase_add_test(refusing, locations_that_are_no_folder_are_refused);
    tcase_set_timeout(refusing, 30);
    suite_add_tcase(suite, refusing);

    return run_suite(suite);
}
