#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "data/dataset.h"
#include "tests/testing.h"

/* A folder of IDX files that a test changes before it writes them. */
typedef struct idx_file {
    uint32_t magic;
    uint32_t sizes[4]; /* as many as the magic's last byte says */
    uint8_t values[8192];
    size_t value_bytes;
} idx_file;

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILE_COUNT };
static const char *const file_names[FILE_COUNT] = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

typedef struct fixture {
    char folder[TNAS_PATH_BYTES];
    idx_file files[FILE_COUNT];
} fixture;

/* Small random images of three classes in turn. */
static void fill_split(idx_file *images, idx_file *labels, int count, tnas_rng *rng)
{
    *images = (idx_file){.magic = 0x803, .sizes = {(uint32_t)count, 3, 2}};
    *labels = (idx_file){.magic = 0x801, .sizes = {(uint32_t)count}};
    images->value_bytes = (size_t)count * 6;
    labels->value_bytes = (size_t)count;
    ck_assert_uint_le(images->value_bytes, sizeof images->values);
    for (size_t i = 0; i < images->value_bytes; i++)
        images->values[i] = (uint8_t)tnas_rng_below(rng, 256);
    for (int i = 0; i < count; i++)
        labels->values[i] = (uint8_t)(i % 3);
}

/* A fresh folder a call, below one temporary folder a process. */
static void fresh_folder(char out[TNAS_PATH_BYTES])
{
    static char top[TNAS_PATH_BYTES];
    static int count;
    char name[16];
    if (count == 0)
        temporary_folder(top);
    snprintf(name, sizeof name, "set%d", count++);
    ck_ok(tnas_path_join(out, top, name));
    ck_ok(tnas_dir_create(out));
}

static fixture *fixture_create(void)
{
    fixture *f = tnas_alloc_zero(1, sizeof *f);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    fresh_folder(f->folder);
    fill_split(&f->files[TRAIN_IMAGES], &f->files[TRAIN_LABELS], 40, &rng);
    fill_split(&f->files[TEST_IMAGES], &f->files[TEST_LABELS], 12, &rng);
    return f;
}

static size_t encode(const idx_file *file, uint8_t *out)
{
    const uint32_t dims = file->magic & 0xff;
    size_t used = 0;
    for (uint32_t i = 0; i <= dims; i++) {
        const uint32_t word = i == 0 ? file->magic : file->sizes[i - 1];
        for (int shift = 24; shift >= 0; shift -= 8)
            out[used++] = (uint8_t)(word >> shift);
    }
    memcpy(out + used, file->values, file->value_bytes);
    return used + file->value_bytes;
}

static void write_at(const char *folder, const char *name, const void *bytes, size_t byte_count)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_write(path, bytes, byte_count));
}

static void write_file(const fixture *f, int file)
{
    uint8_t bytes[sizeof f->files[0].values + 32];
    write_at(f->folder, file_names[file], bytes, encode(&f->files[file], bytes));
}

static void write_files(const fixture *f)
{
    for (int file = 0; file < FILE_COUNT; file++)
        write_file(f, file);
}

static void remove_file(const fixture *f, const char *name)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, f->folder, name));
    ck_assert_int_eq(unlink(path), 0);
}

/* Loads what the fixture holds and expects the failure. */
static void expect_failure(const fixture *f, tnas_status status, const char *part)
{
    tnas_dataset *dataset;
    write_files(f);
    ck_fails(status, part, tnas_dataset_load(f->folder, 0.2, &dataset));
    ck_assert_ptr_null(dataset);
}

/* ---- reading ---- */

START_TEST(pixels_and_labels_arrive_as_written)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(tnas_dataset_load(f->folder, 0, &dataset));
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
    ck_ok(tnas_dataset_load(f->folder, 0, &dataset));
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
    ck_ok(tnas_dataset_load(f->folder, 0.2, &plain));
    char command[TNAS_PATH_BYTES + 64];
    snprintf(command, sizeof command, "%s %s/*ubyte 2>/dev/null", packers[_i], f->folder);
    if (system(command) == 0) {
        ck_ok(tnas_dataset_load(f->folder, 0.2, &packed));
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
    ck_ok(tnas_dataset_load(f->folder, 0, &dataset));
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
    ck_fails(TNAS_ERR_INPUT, "ubyte.gz", tnas_dataset_load(f->folder, 0, &dataset));
    tnas_free(f);
}
END_TEST

START_TEST(classes_txt_names_the_classes)
{
    fixture *f = fixture_create();
    write_files(f);
    write_at(f->folder, "classes.txt", "cat\r\nT-shirt/top\nowl", 20);
    tnas_dataset *dataset;
    ck_ok(tnas_dataset_load(f->folder, 0, &dataset));
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
        ck_fails(TNAS_ERR_INPUT, rows[i].part, tnas_dataset_load(f->folder, 0, &dataset));
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
        ck_ok(tnas_dataset_load(location, 0, &dataset));
        ck_assert_str_eq(dataset->name, strrchr(f->folder, '/') + 1);
        tnas_dataset_destroy(dataset);
    }
    char before[TNAS_PATH_BYTES];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(f->folder), 0);
    tnas_dataset *dataset;
    ck_ok(tnas_dataset_load("./", 0, &dataset));
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
    ck_ok(tnas_dataset_load(path, 0.1, &dataset));
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
            ck_fails(TNAS_ERR_INPUT, part, tnas_dataset_load(f->folder, 0, &dataset));
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
        tnas_status status = tnas_dataset_load(f->folder, 0.2, &dataset);
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
    expect_failure(f, TNAS_ERR_INPUT,
                   "train-labels-idx1-ubyte: no image has label 3, but labels go up to 200");
    memset(labels, 5, 40);
    expect_failure(f, TNAS_ERR_INPUT, "all 40 labels are 5: a classifier needs at least two");
    tnas_free(f);
}
END_TEST

START_TEST(a_test_label_beyond_the_training_classes_is_refused)
{
    fixture *f = fixture_create();
    f->files[TEST_LABELS].values[5] = 3;
    expect_failure(f, TNAS_ERR_INPUT,
                   "t10k-labels-idx1-ubyte: label 3 of image 5: the training labels define "
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
        ck_ok(tnas_dataset_load(f->folder, 0.2, &dataset));
    else
        ck_fails(TNAS_ERR_INPUT,
                 wrong_by < 0 ? "ubyte.gz: ends after 7215 bytes"
                              : "ubyte.gz: goes on after byte 7216",
                 tnas_dataset_load(f->folder, 0.2, &dataset));
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

START_TEST(missing_files_are_named)
{
    fixture *f = fixture_create();
    tnas_dataset *dataset;
    for (int file = 0; file < FILE_COUNT; file++) {
        write_files(f);
        remove_file(f, file_names[file]);
        char part[64];
        snprintf(part, sizeof part, "has no %s (looked for it alone and with .gz",
                 file_names[file]);
        ck_fails(TNAS_ERR_IO, part, tnas_dataset_load(f->folder, 0, &dataset));
    }
    write_files(f);
    for (int file = 0; file < FILE_COUNT; file++)
        remove_file(f, file_names[file]);
    ck_fails(TNAS_ERR_INPUT, "holds no data set: looked for the IDX files train-images-idx3-ubyte",
             tnas_dataset_load(f->folder, 0, &dataset));
    tnas_free(f);
}
END_TEST

START_TEST(locations_that_are_no_folder_are_refused)
{
    char folder[TNAS_PATH_BYTES], file[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    ck_ok(tnas_path_join(file, folder, "a.csv"));
    ck_fails(TNAS_ERR_IO, "there is no such folder", tnas_dataset_load(file, 0, &dataset));
    ck_ok(tnas_file_write(file, "a,b\n", 4));
    ck_fails(TNAS_ERR_INPUT, "a.csv: is a file", tnas_dataset_load(file, 0, &dataset));
    ck_fails(TNAS_ERR_USAGE, "builtin:unknown: no such built-in data set; there is: shapes (",
             tnas_dataset_load("builtin:unknown", 0, &dataset));
    ck_fails(TNAS_ERR_USAGE, "validation share 0.6 of builtin:shapes: must be 0 to 0.5",
             tnas_dataset_load("builtin:shapes", 0.6, &dataset));
    ck_fails(TNAS_ERR_USAGE, "validation share nan", tnas_dataset_load(folder, NAN, &dataset));
}
END_TEST

/* ---- splits ---- */

START_TEST(the_test_images_are_those_on_disk_when_they_are_read)
{
    fixture *f = fixture_create();
    write_files(f);
    tnas_dataset *dataset;
    tnas_images test;
    ck_ok(tnas_dataset_load(f->folder, 0.2, &dataset));
    memset(f->files[TEST_IMAGES].values, 77, 72);
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
    ck_ok(tnas_dataset_load(f->folder, 0.2, &dataset));
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
    f->files[TEST_LABELS].values[5] = 3;
    write_file(f, TEST_LABELS);
    ck_fails(TNAS_ERR_INPUT, "label 3 of image 5", tnas_dataset_read_test(dataset, &test));
    ck_assert_ptr_null(test.pixels);
    remove_file(f, file_names[TEST_IMAGES]);
    ck_fails(TNAS_ERR_IO, "t10k-images-idx3-ubyte: No such file",
             tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(dataset->test_reads, 4);
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
    ck_ok(tnas_dataset_load(f->folder, 0.25, &dataset));
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
    ck_ok(tnas_dataset_load(f->folder, 0.2, &more));
    f->files[TRAIN_IMAGES].sizes[0] = f->files[TRAIN_LABELS].sizes[0] = 900;
    f->files[TRAIN_IMAGES].value_bytes = 900 * 6;
    f->files[TRAIN_LABELS].value_bytes = 900;
    write_files(f);
    ck_ok(tnas_dataset_load(f->folder, 0.2, &fewer));
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
        ck_ok(tnas_dataset_load(f->folder, shares[s], &dataset));
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
    ck_ok(tnas_dataset_load("builtin:shapes", shares[_i], &dataset));
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
    ck_ok(tnas_dataset_load(f->folder, 0.25, &dataset));
    ck_assert_int_le(abs(dataset->validation.count - 64), 28); /* 4 sigma */
    tnas_dataset_destroy(dataset);
    tnas_free(f);
}
END_TEST

/* ---- writing ---- */

static void save_and_compare(int h, int w, int c, const uint8_t *header, size_t header_bytes)
{
    uint8_t pixels[24];
    int16_t labels[] = {0, 255};
    for (int i = 0; i < 24; i++)
        pixels[i] = (uint8_t)(i * 11);
    const tnas_images images = {2, pixels, labels};
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
    const tnas_images images = {2, pixels, labels};
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
    tnas_status status = tnas_dataset_load(location, 0.2, &dataset);
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
    tcase_add_test(refusing, locations_that_are_no_folder_are_refused);
    tcase_set_timeout(refusing, 30);
    suite_add_tcase(suite, refusing);

    TCase *splits = tcase_create("splits");
    tcase_add_test(splits, the_test_images_are_those_on_disk_when_they_are_read);
    tcase_add_test(splits, a_test_split_replaced_after_loading_is_refused);
    tcase_add_test(splits, validation_images_leave_the_training_split);
    tcase_add_test(splits, appended_images_do_not_reshuffle);
    tcase_add_test(splits, every_class_has_images_on_both_sides);
    tcase_add_loop_test(splits, each_class_gives_its_share, 0, 4);
    tcase_add_test(splits, images_that_differ_in_one_byte_are_split_evenly);
    tcase_set_timeout(splits, 30);
    suite_add_tcase(suite, splits);

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
