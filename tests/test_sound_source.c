/* WAV files as a data set: names, folders, splits, and what is refused. */
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/dataset.h"
#include "data/features.h"
#include "data/source.h"
#include "tests/sound_signals.h"
#include "tests/testing.h"

#define SHORT "frames=4,bands=16"

static tnas_data_options options_with(const char *features)
{
    tnas_data_options options = tnas_data_options_default();
    ck_ok(tnas_data_options_set(&options, TNAS_DATA_FIELD_features, features));
    return options;
}

/* The folder of a path is made first. */
static void write_sound(const char *root, const char *relative, int channels, int rate, int samples,
                        int seed)
{
    char path[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    static int16_t values[8000];
    ck_ok(tnas_path_join(path, root, relative));
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    char *const parent = strrchr(folder, '/');
    *parent = '\0';
    ck_ok(tnas_dir_create(folder));
    *parent = '/';
    ck_ok(tnas_dir_create(folder));
    make_signal(1, values, 8000, (uint64_t)seed);
    SF_INFO info = {
        .samplerate = rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *const file = sf_open(path, SFM_WRITE, &info);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq((int)sf_write_short(file, values, samples * channels), samples * channels);
    sf_close(file);
}

/* Two labels, two speakers, indices 0 to 3, all sounds different. */
static void write_named(const char *root)
{
    static const char *const labels[] = {"yes", "no_way"}, *const speakers[] = {"ann", "bob"};
    for (int l = 0; l < 2; l++)
        for (int s = 0; s < 2; s++)
            for (int i = 0; i < 4; i++) {
                char name[64];
                snprintf(name, sizeof name, "%s_%s_%d.wav", labels[l], speakers[s], i);
                write_sound(root, name, 1, 8000, 700 + 10 * i, l * 100 + s * 10 + i);
            }
}

START_TEST(names_give_label_speaker_and_index)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_named(folder);
    tnas_data_options options = options_with(SHORT);
    snprintf(options.split_by, sizeof options.split_by, "speaker");
    snprintf(options.test_groups, sizeof options.test_groups, "bob");
    options.validation_share = 0;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_str_eq(dataset->format, "WAV");
    ck_assert_int_eq(dataset->h, 4);
    ck_assert_int_eq(dataset->w, 16);
    ck_assert_int_eq(dataset->c, 1);
    ck_assert_int_eq(dataset->class_count, 2);
    ck_assert_str_eq(dataset->class_names[0], "no_way");
    ck_assert_str_eq(dataset->class_names[1], "yes");
    ck_assert_int_eq(dataset->train.count, 8);
    ck_assert_int_eq(dataset->test_count, 8);
    ck_assert_ptr_nonnull(dataset->features);
    for (int i = 0; i < dataset->source->sample_count; i++) {
        char place[TNAS_PATH_BYTES];
        tnas_dataset_source_place(dataset->source, i, place);
        ck_assert((strstr(place, "_bob_") != NULL) ==
                  (dataset->source->samples[i].split == TNAS_SPLIT_TEST));
    }
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_named_part_of_the_name_makes_the_standard_split)
{
    char folder[TNAS_PATH_BYTES], name[64];
    tnas_dataset *dataset;
    temporary_folder(folder);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%s_ann_%d.wav", i % 2 == 0 ? "on" : "off", i / 2);
        write_sound(folder, name, 1, 8000, 600, i);
    }
    tnas_data_options options = options_with(SHORT);
    snprintf(options.split_by, sizeof options.split_by, "*_*_{index}.wav");
    snprintf(options.test_groups, sizeof options.test_groups, "0,3");
    options.validation_share = 0;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->train.count, 8);
    ck_assert_int_eq(dataset->test_count, 4);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(pixels_are_the_features_of_the_recording)
{
    char folder[TNAS_PATH_BYTES];
    static int16_t samples[8000];
    uint8_t wanted[4 * 16];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_named(folder);
    tnas_data_options options = options_with(SHORT);
    options.test_share = options.validation_share = 0;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    make_signal(1, samples, 8000, 100); /* no_way_ann_0 is the first */
    ck_ok(tnas_sound_features_compute(dataset->features, samples, 700, wanted));
    ck_assert_mem_eq(dataset->train.pixels, wanted, sizeof wanted);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(folders_give_labels_and_stated_splits)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    for (int i = 0; i < 12; i++) {
        char name[64];
        ck_ok(tnas_path_join(path, folder, i % 3 == 2 ? "test" : "train"));
        ck_ok(tnas_dir_create(path));
        snprintf(name, sizeof name, "%s/%s/a%d.wav", i % 3 == 2 ? "test" : "train",
                 i % 2 == 0 ? "on" : "off", i);
        write_sound(folder, name, 1, 8000, 500, i);
    }
    tnas_data_options options = options_with(SHORT);
    options.validation_share = 0;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->train.count, 8);
    ck_assert_int_eq(dataset->test_count, 4);
    ck_assert_str_eq(dataset->class_names[0], "off");
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_bad_recording_is_refused_with_file_value_and_rule_or_left_out_and_counted)
{
    static const struct {
        int channels, rate, samples;
        const char *sentence;
    } bad[] = {
        {1, 16000, 700,
         "16000 samples a second: must be 8000, or say --features sample_rate_hz=16000"},
        {2, 8000, 700, "2 channels: must be 1"},
        {1, 8000, 0, "has no samples: a recording must have some"},
        {0, 0, 0, "is empty: a recording must have samples"},
        {0, 0, 1, "is no sound that can be read"},
    };
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    temporary_folder(folder);
    write_named(folder);
    ck_ok(tnas_path_join(path, folder, "yes_cid_7.wav"));
    if (bad[_i].channels > 0)
        write_sound(folder, "yes_cid_7.wav", bad[_i].channels, bad[_i].rate, bad[_i].samples, 7);
    else
        ck_ok(tnas_file_write(path, "this is no sound", bad[_i].samples == 0 ? 0 : 16));
    tnas_data_options options = options_with(SHORT);
    ck_fails(TNAS_ERR_INPUT, bad[_i].sentence, tnas_dataset_load(folder, &options, &dataset));
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), "yes_cid_7.wav"));
    ck_assert_ptr_null(dataset);
    options.skip_bad = true;
    ck_ok(tnas_dataset_load(folder, &options, &dataset));
    ck_assert_int_eq(dataset->skipped_count, 1);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count + dataset->test_count, 16);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(the_standard_split_of_the_spoken_digits_has_300_test_recordings)
{
    char path[TNAS_PATH_BYTES];
    const char *const digits = shared_path("data/free-spoken-digits/recordings.tar.gz", path);
    if (digits == NULL)
        return;
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    snprintf(options.split_by, sizeof options.split_by, "*_*_{index}.wav");
    snprintf(options.test_groups, sizeof options.test_groups, "0,1,2,3,4");
    ck_ok(tnas_dataset_load(digits, &options, &dataset));
    ck_assert_int_eq(dataset->test_count, 300);
    ck_assert_int_eq(dataset->train.count + dataset->validation.count, 2700);
    ck_assert_int_eq(dataset->class_count, 10);
    ck_assert_int_eq(dataset->h * 1000 + dataset->w, 40032);
    for (int i = 0; i < dataset->source->sample_count; i++) {
        char place[TNAS_PATH_BYTES];
        tnas_dataset_source_place(dataset->source, i, place);
        const int index = atoi(strrchr(place, '_') + 1);
        ck_assert((index < 5) == (dataset->source->samples[i].split == TNAS_SPLIT_TEST));
    }
    tnas_dataset_destroy(dataset);
    snprintf(options.split_by, sizeof options.split_by, "speaker");
    snprintf(options.test_groups, sizeof options.test_groups, "theo");
    ck_ok(tnas_dataset_load(digits, &options, &dataset));
    ck_assert_int_eq(dataset->test_count, 500);
    tnas_dataset_destroy(dataset);
}
END_TEST

START_TEST(a_failed_allocation_leaves_nothing_behind)
{
    char folder[TNAS_PATH_BYTES];
    tnas_dataset *dataset;
    tnas_status status = TNAS_ERR_NOMEM;
    temporary_folder(folder);
    write_named(folder);
    const tnas_data_options options = options_with(SHORT);
    for (int n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_dataset_load(folder, &options, &dataset);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || (status == TNAS_ERR_NOMEM && dataset == NULL),
                      "allocation %d: %s", n, tnas_error_text());
    }
    tnas_dataset_destroy(dataset);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("sound_source");
    TCase *const tc = tcase_create("sound_source");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, names_give_label_speaker_and_index);
    tcase_add_test(tc, a_named_part_of_the_name_makes_the_standard_split);
    tcase_add_test(tc, pixels_are_the_features_of_the_recording);
    tcase_add_test(tc, folders_give_labels_and_stated_splits);
    tcase_add_loop_test(
        tc, a_bad_recording_is_refused_with_file_value_and_rule_or_left_out_and_counted, 0, 5);
    tcase_add_test(tc, the_standard_split_of_the_spoken_digits_has_300_test_recordings);
    tcase_add_test(tc, a_failed_allocation_leaves_nothing_behind);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
