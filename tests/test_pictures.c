/* Folders of images: decoding, layout, sizes, bad files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/picture.h"
#include "data/source.h"
#include "tests/idx_fixture.h"
#include "tests/picture_writer.h"

enum { SIDE = 6, PIXELS = SIDE * SIDE };

static void random_pixels(uint64_t index, uint8_t *pixels, int count)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (int i = 0; i < count; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
}

/* Decodes a file in memory as c channels of SIDE x SIDE. */
static tnas_status decode(const uint8_t *bytes, size_t byte_count, int c, uint8_t *pixels)
{
    tnas_picture_header header;
    bool needs_more;
    TNAS_TRY(tnas_picture_read_header(bytes, byte_count, true, "x", &header, &needs_more));
    ck_assert(!needs_more);
    ck_assert_int_eq(header.h, SIDE);
    ck_assert_int_eq(header.w, SIDE);
    return tnas_picture_decode(bytes, byte_count, "x", &header, c, pixels);
}

/* ---- decoding ---- */

START_TEST(png_pixels_arrive_as_written)
{
    uint8_t pixels[PIXELS * 4], out[PIXELS * 3];
    size_t byte_count;
    random_pixels(1, pixels, sizeof pixels);
    uint8_t *grey = png_bytes(pixels, SIDE, SIDE, 1, &byte_count);
    ck_ok(decode(grey, byte_count, 1, out));
    ck_assert_mem_eq(out, pixels, PIXELS);
    ck_ok(decode(grey, byte_count, 3, out));
    for (int i = 0; i < 3 * PIXELS; i++)
        ck_assert_int_eq(out[i], pixels[i / 3]);
    uint8_t *rgb = png_bytes(pixels, SIDE, SIDE, 3, &byte_count);
    ck_ok(decode(rgb, byte_count, 3, out));
    ck_assert_mem_eq(out, pixels, 3 * PIXELS);
    ck_ok(decode(rgb, byte_count, 1, out));
    for (int i = 0; i < PIXELS; i++)
        ck_assert_int_eq(out[i], (int)floor(0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] +
                                            0.114 * pixels[3 * i + 2] + 0.5));
    tnas_free(grey);
    tnas_free(rgb);
}
END_TEST

START_TEST(alpha_lies_over_black)
{
    uint8_t pixels[PIXELS * 4], out[PIXELS * 3];
    size_t byte_count;
    random_pixels(2, pixels, sizeof pixels);
    uint8_t *rgba = png_bytes(pixels, SIDE, SIDE, 4, &byte_count);
    ck_ok(decode(rgba, byte_count, 3, out));
    for (int i = 0; i < PIXELS; i++)
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(out[3 * i + k],
                             (int)floor(pixels[4 * i + k] * pixels[4 * i + 3] / 255.0 + 0.5));
    uint8_t *grey_alpha = png_bytes(pixels, SIDE, SIDE, 2, &byte_count);
    ck_ok(decode(grey_alpha, byte_count, 1, out));
    for (int i = 0; i < PIXELS; i++)
        ck_assert_int_eq(out[i], (int)floor(pixels[2 * i] * pixels[2 * i + 1] / 255.0 + 0.5));
    tnas_free(rgba);
    tnas_free(grey_alpha);
}
END_TEST

START_TEST(sixteen_bits_are_rounded_to_eight)
{
    uint8_t pixels[PIXELS * 2], out[PIXELS];
    size_t byte_count;
    random_pixels(3, pixels, sizeof pixels);
    uint8_t *bytes = png_bytes_16(pixels, SIDE, SIDE, 1, &byte_count);
    ck_ok(decode(bytes, byte_count, 1, out));
    for (int i = 0; i < PIXELS; i++)
        ck_assert_int_eq(out[i],
                         (int)floor((256 * pixels[2 * i] + pixels[2 * i + 1]) / 257.0 + 0.5));
    tnas_free(bytes);
}
END_TEST

START_TEST(palettes_and_interlaced_files_are_resolved)
{
    uint8_t indices[PIXELS], palette[768], out[PIXELS * 3];
    size_t byte_count;
    random_pixels(4, indices, PIXELS);
    random_pixels(5, palette, 768);
    uint8_t *bytes = png_bytes_palette(indices, SIDE, SIDE, palette, _i, &byte_count);
    ck_ok(decode(bytes, byte_count, 3, out));
    for (int i = 0; i < 3 * PIXELS; i++)
        ck_assert_int_eq(out[i], palette[3 * indices[i / 3] + i % 3]);
    tnas_free(bytes);
}
END_TEST

START_TEST(jpeg_pixels_are_close_to_what_was_written)
{
    uint8_t pixels[PIXELS * 3], out[PIXELS * 3];
    size_t byte_count;
    for (int i = 0; i < PIXELS; i++)
        for (int k = 0; k < 3; k++)
            pixels[3 * i + k] = (uint8_t)(40 * k + 5 * (i % SIDE) + 3 * (i / SIDE));
    for (int c = 1; c <= 3; c += 2) {
        uint8_t *bytes = jpeg_bytes(pixels, SIDE, SIDE, c, 98, &byte_count);
        ck_ok(decode(bytes, byte_count, c, out));
        for (int i = 0; i < c * PIXELS; i++)
            ck_assert_msg(abs(out[i] - pixels[i]) <= (c == 1 ? 64 : 6), "c %d, %d: %d for %d", c, i,
                          out[i], pixels[i]);
        tnas_free(bytes);
    }
}
END_TEST

/* Whatever is missing: refused, with the file's name, and never read past its end. */
START_TEST(a_cut_image_is_refused)
{
    uint8_t pixels[PIXELS * 3], out[PIXELS * 3];
    size_t byte_count;
    random_pixels(6, pixels, sizeof pixels);
    uint8_t *bytes = _i == 0 ? jpeg_bytes(pixels, SIDE, SIDE, 3, 90, &byte_count)
                             : png_bytes(pixels, SIDE, SIDE, 3, &byte_count);
    const size_t trailer = _i == 0 ? 2 : 12; /* EOI; IEND */
    for (size_t length = 0; length <= byte_count - trailer; length++) {
        uint8_t *cut = tnas_alloc_zero(length + 1, 1);
        memcpy(cut, bytes, length);
        ck_fails(TNAS_ERR_INPUT, "x: ", decode(cut, length, 3, out));
        tnas_free(cut);
    }
    tnas_free(bytes);
}
END_TEST

START_TEST(a_changed_byte_of_an_image_is_harmless)
{
    uint8_t pixels[PIXELS * 3], out[PIXELS * 3];
    size_t byte_count;
    random_pixels(7, pixels, sizeof pixels);
    uint8_t *bytes = _i == 0 ? jpeg_bytes(pixels, SIDE, SIDE, 3, 90, &byte_count)
                             : png_bytes(pixels, SIDE, SIDE, 3, &byte_count);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 8);
    for (int i = 0; i < 3000; i++) {
        const size_t at = tnas_rng_below(&rng, (uint32_t)byte_count);
        const uint8_t kept = bytes[at];
        tnas_picture_header header;
        bool needs_more;
        bytes[at] = (uint8_t)tnas_rng_below(&rng, 256);
        if (tnas_picture_read_header(bytes, byte_count, true, "x", &header, &needs_more) ==
                TNAS_OK &&
            header.h == SIDE && header.w == SIDE) {
            const tnas_status status = tnas_picture_decode(bytes, byte_count, "x", &header, 3, out);
            ck_assert(status == TNAS_OK || status == TNAS_ERR_INPUT);
        }
        bytes[at] = kept;
    }
    tnas_free(bytes);
}
END_TEST

START_TEST(an_image_of_a_billion_pixels_is_refused_by_its_header)
{
    uint8_t pixels[PIXELS] = {0};
    size_t byte_count;
    tnas_picture_header header;
    bool needs_more;
    uint8_t *bytes = png_bytes(pixels, SIDE, SIDE, 1, &byte_count);
    memcpy(bytes + 16, "\x00\x00\x40\x00\x00\x00\x40\x00", 8);
    ck_fails(TNAS_ERR_INPUT, "an image of 16384x16384",
             tnas_picture_read_header(bytes, byte_count, true, "x", &header, &needs_more));
    memcpy(bytes + 16, "\x00\x00\x00\x00", 4);
    ck_fails(TNAS_ERR_INPUT, "an image of 16384x0",
             tnas_picture_read_header(bytes, byte_count, true, "x", &header, &needs_more));
    tnas_free(bytes);
}
END_TEST

/* ---- folders ---- */

static const char *const class_names[] = {"ant", "bee", "cat"};

/* n images a class below folder/prefix, named from `first` on. */
static void write_classes(const char *folder, const char *prefix, int first, int n, int side, int c)
{
    for (int k = 0; k < 3; k++)
        for (int i = first; i < first + n; i++) {
            uint8_t pixels[32 * 32 * 3];
            char name[128];
            random_pixels((uint64_t)(1000 * k + i + 7 * side), pixels, side * side * c);
            snprintf(name, sizeof name, "%s%s/%03d.png", prefix, class_names[k], i);
            write_png(folder, name, pixels, side, side, c);
        }
}

START_TEST(class_folders_give_labels_and_names)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    fresh_folder(folder);
    write_classes(folder, _i == 0 ? "" : "images/", 0, 30, SIDE, 1);
    write_bytes(folder, "README.md", "about", 5);
    ck_ok(tnas_dataset_load(folder, NULL, &dataset));
    ck_assert_str_eq(dataset->format, "images");
    ck_assert_int_eq(dataset->class_count, 3);
    for (int k = 0; k < 3; k++)
        ck_assert_str_eq(dataset->class_names[k], class_names[k]);
    ck_assert_int_eq(dataset->h, SIDE);
    ck_assert_int_eq(dataset->c, 1);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count + dataset->test_count, 90);
    ck_assert_int_gt(dataset->validation.count, 2);
    ck_assert_int_gt(dataset->test_count, 5);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(split_folders_are_honoured)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_images test;
    fresh_folder(folder);
    write_classes(folder, "train/", 0, 5, SIDE, 3);
    write_classes(folder, "Val/", 5, 3, SIDE, 3);
    write_classes(folder, "test/", 8, 2, SIDE, 3);
    ck_ok(tnas_dataset_load(folder, NULL, &dataset));
    ck_assert_int_eq(dataset->train.count, 15);
    ck_assert_int_eq(dataset->validation.count, 9);
    ck_assert_int_eq(dataset->test_count, 6);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    uint8_t pixels[PIXELS * 3];
    random_pixels((uint64_t)(2000 + 9 + 7 * SIDE), pixels, PIXELS * 3);
    ck_assert_mem_eq(test.pixels + 5 * PIXELS * 3, pixels, PIXELS * 3);
    ck_assert_int_eq(test.labels[5], 2);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(an_archive_is_the_folder_it_was_made_of)
{
    static const char *const commands[] = {"tar cf %s.tar -C %s .", "tar czf %s.tgz -C %s .",
                                           "tar cJf %s.txz -C %s .", "%s%s"};
    static const char *const suffixes[] = {".tar", ".tgz", ".txz", ".x"};
    char folder[TNAS_PATH_BYTES], archive[TNAS_PATH_BYTES + 8], command[3 * TNAS_PATH_BYTES];
    tnas_dataset *from_folder, *from_archive;
    fresh_folder(folder);
    write_classes(folder, "", 0, 12, SIDE, 1);
    ck_ok(tnas_dataset_load(folder, NULL, &from_folder));
    for (int i = 0; i < 4; i++) {
        snprintf(command, sizeof command, commands[i], folder, folder);
        if (i == 3) /* with a folder around everything */
            snprintf(command, sizeof command, "cd %s/.. && tar cf %s.x %s", folder, folder,
                     strrchr(folder, '/') + 1);
        ck_assert_int_eq(system(command), 0);
        snprintf(archive, sizeof archive, "%s%s", folder, suffixes[i]);
        ck_ok(tnas_dataset_load(archive, NULL, &from_archive));
        ck_assert_uint_eq(from_folder->content_hash, from_archive->content_hash);
        ck_assert_uint_eq(from_folder->test_hash, from_archive->test_hash);
        tnas_dataset_destroy(from_archive);
    }
    tnas_dataset_destroy(from_folder);
}
END_TEST

START_TEST(images_of_several_sizes_need_resize)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 8, SIDE, 1);
    write_classes(folder, "", 8, 8, 9, 1);
    ck_fails(TNAS_ERR_INPUT, "ant/008.png: an image of 9x9, but",
             tnas_dataset_load(folder, &options, &dataset));
    ck_fails(TNAS_ERR_INPUT, "ant/000.png has 6x6: bring them to one size with --resize",
             tnas_dataset_load(folder, &options, &dataset));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_resize, "4x5"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->h, 4);
    ck_assert_int_eq(dataset->w, 5);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* Which split an image is in does not depend on what it is resized to. */
START_TEST(resizing_does_not_reshuffle)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *plain, *small;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 20, 8, 1);
    ck_ok(tnas_dataset_load(folder, &options, &plain));
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_resize, "4x4"));
    ck_ok(tnas_dataset_load(folder, &options, &small));
    for (int i = 0; i < plain->source->sample_count; i++)
        ck_assert_int_eq(plain->source->samples[i].split, small->source->samples[i].split);
    tnas_dataset_destroy(plain);
    tnas_dataset_destroy(small);
}
END_TEST

START_TEST(one_colour_image_makes_all_of_them_colour)
{
    char folder[TNAS_PATH_BYTES];
    uint8_t pixels[PIXELS * 3];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 6, SIDE, 1);
    random_pixels(77, pixels, sizeof pixels);
    write_jpeg(folder, "bee/colour.jpeg", pixels, SIDE, SIDE, 3);
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->c, 3);
    tnas_dataset_destroy(dataset);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_colour, "grey"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->c, 1);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* ---- bad ones ---- */

typedef struct bad_image {
    const char *name, *bytes;
    size_t byte_count;
    const char *part;
} bad_image;

static const bad_image bad_images[] = {
    {"bee/empty.png", "", 0, "bee/empty.png: is empty: must be a JPEG or PNG image"},
    {"bee/text.jpg", "hello", 5, "bee/text.jpg: begins with bytes 0x6865: must be a JPEG or PNG"},
    {"bee/old.bmp", "BM....", 6, "bee/old.bmp: begins with bytes 0x424d"},
    {"bee/cut.png", "\x89PNG\r\n\x1a\n\0\0", 10, "bee/cut.png: a PNG that cannot be read"},
    {"bee/cut.jpg", "\xff\xd8\xff\xe0", 4, "bee/cut.jpg: a JPEG that cannot be read"},
    {"loose.png", "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x06\0\0\0\x06\x08\0\0\0\0....", 33,
     "loose.png: must lie in a folder with the name of its class"},
};
enum { BAD_IMAGE_COUNT = sizeof bad_images / sizeof bad_images[0] };

START_TEST(a_bad_image_is_refused_or_skipped_and_counted)
{
    const bad_image *const bad = &bad_images[_i];
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 8, SIDE, 1);
    write_bytes(folder, bad->name, bad->bytes, bad->byte_count);
    ck_fails(TNAS_ERR_INPUT, bad->part, tnas_dataset_load(folder, &options, &dataset));
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 1);
    ck_assert_ptr_nonnull(strstr(dataset->source->first_skipped, bad->part));
    ck_assert_int_eq(dataset->train.count + dataset->validation.count + dataset->test_count, 24);
    tnas_dataset_destroy(dataset);
}
END_TEST

/* The header is good, the pixels are not: found when they are read, wherever the image belongs. */
START_TEST(an_image_that_is_cut_behind_its_header_is_found)
{
    static const char *const places[] = {"train/bee/bad.png", "val/bee/bad.png",
                                         "test/bee/bad.png"};
    char folder[TNAS_PATH_BYTES];
    uint8_t pixels[PIXELS];
    size_t byte_count;
    tnas_dataset *dataset;
    tnas_images test;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "train/", 0, 4, SIDE, 1);
    write_classes(folder, "val/", 4, 4, SIDE, 1);
    write_classes(folder, "test/", 8, 4, SIDE, 1);
    random_pixels(5, pixels, PIXELS);
    uint8_t *bytes = png_bytes(pixels, SIDE, SIDE, 1, &byte_count);
    write_bytes(folder, places[_i], bytes, byte_count - 20);
    ck_fails(TNAS_ERR_INPUT, "bee/bad.png: a PNG that cannot be read: the file ends too early",
             tnas_dataset_load(folder, &options, &dataset));
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 1);
    ck_assert_int_eq(dataset->train.count, 12);
    ck_assert_int_eq(dataset->validation.count, 12);
    ck_ok(tnas_dataset_read_test(dataset, &test));
    ck_assert_int_eq(test.count, 12);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    tnas_free(bytes);
}
END_TEST

START_TEST(a_class_without_images_is_refused)
{
    char folder[TNAS_PATH_BYTES], empty[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 8, SIDE, 1);
    ck_ok(tnas_path_join(empty, folder, "axolotl"));
    ck_ok(tnas_dir_create(empty));
    ck_fails(TNAS_ERR_INPUT, "/axolotl: a class without images: each needs some",
             tnas_dataset_load(folder, &options, &dataset));
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->class_count, 3);
    ck_assert_str_eq(dataset->class_names[0], "ant");
    ck_assert_int_eq(dataset->skipped_count, 1);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_class_that_is_in_test_alone_is_refused)
{
    char folder[TNAS_PATH_BYTES];
    uint8_t pixels[PIXELS] = {0};
    tnas_dataset *dataset;
    fresh_folder(folder);
    write_classes(folder, "train/", 0, 6, SIDE, 1);
    write_classes(folder, "test/", 6, 2, SIDE, 1);
    write_png(folder, "test/dog/1.png", pixels, SIDE, SIDE, 1);
    ck_fails(TNAS_ERR_INPUT, "no training image is of class dog",
             tnas_dataset_load(folder, NULL, &dataset));
}
END_TEST

START_TEST(include_chooses_files)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    fresh_folder(folder);
    write_classes(folder, "", 0, 12, SIDE, 1);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_include, "00?.png"));
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->source->sample_count, 30);
    tnas_dataset_destroy(dataset);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_include, "*.jpg"));
    ck_fails(TNAS_ERR_INPUT, "none of its 0 files that --include leaves",
             tnas_dataset_load(folder, &options, &dataset));
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_images test;
    tnas_data_options options = tnas_data_options_default();
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    fresh_folder(folder);
    write_classes(folder, "", 0, 3, SIDE, 1);
    write_classes(folder, "", 3, 3, 9, 1);
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_resize, "4x4"));
    for (; status != TNAS_OK && n < 400; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_dataset_load(folder, &options, &dataset);
        if (status == TNAS_OK) {
            status = tnas_dataset_read_test(dataset, &test);
            tnas_images_deinit(&test);
            tnas_dataset_destroy(dataset);
        }
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "allocation %ld: %s", n,
                      tnas_error_text());
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pictures");
    TCase *decoding = tcase_create("decoding");
    tcase_add_test(decoding, png_pixels_arrive_as_written);
    tcase_add_test(decoding, alpha_lies_over_black);
    tcase_add_test(decoding, sixteen_bits_are_rounded_to_eight);
    tcase_add_loop_test(decoding, palettes_and_interlaced_files_are_resolved, 0, 2);
    tcase_add_test(decoding, jpeg_pixels_are_close_to_what_was_written);
    tcase_add_loop_test(decoding, a_cut_image_is_refused, 0, 2);
    tcase_add_loop_test(decoding, a_changed_byte_of_an_image_is_harmless, 0, 2);
    tcase_add_test(decoding, an_image_of_a_billion_pixels_is_refused_by_its_header);
    tcase_set_timeout(decoding, 30);
    suite_add_tcase(suite, decoding);

    TCase *folders = tcase_create("folders");
    tcase_add_loop_test(folders, class_folders_give_labels_and_names, 0, 2);
    tcase_add_test(folders, split_folders_are_honoured);
    tcase_add_test(folders, an_archive_is_the_folder_it_was_made_of);
    tcase_add_test(folders, images_of_several_sizes_need_resize);
    tcase_add_test(folders, resizing_does_not_reshuffle);
    tcase_add_test(folders, one_colour_image_makes_all_of_them_colour);
    tcase_add_test(folders, include_chooses_files);
    tcase_set_timeout(folders, 60);
    suite_add_tcase(suite, folders);

    TCase *bad = tcase_create("bad");
    tcase_add_loop_test(bad, a_bad_image_is_refused_or_skipped_and_counted, 0, BAD_IMAGE_COUNT);
    tcase_add_loop_test(bad, an_image_that_is_cut_behind_its_header_is_found, 0, 3);
    tcase_add_test(bad, a_class_without_images_is_refused);
    tcase_add_test(bad, a_class_that_is_in_test_alone_is_refused);
    tcase_add_test(bad, every_failed_allocation_is_reported);
    tcase_set_timeout(bad, 60);
    suite_add_tcase(suite, bad);
    return run_suite(suite);
}
