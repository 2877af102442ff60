/* Exports with a sound front end: the way from samples to scores on the host, on emulated boards
 * and from a WAV file; flash and SRAM as predicted. */
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "export/boards.h"
#include "runtime/tnrt_crc32.h"
#include "tests/export_build.h"
#include "tests/random_model.h"
#include "tests/sound_signals.h"

static const char *const core_names[] = {"cortex-m7", "cortex-m4", "cortex-m0plus", "rv32imc"};
enum { CORE_COUNT = sizeof core_names / sizeof core_names[0] };

typedef struct sound_export {
    tnas_mcu *mcu;
    tnas_image *image;
    tnas_sound_features *features;
    tnas_code_sizes sizes;
    tnas_cost cost;
    char (*names)[TNAS_CLASS_NAME_BYTES];
    char path[TNAS_PATH_BYTES];
} sound_export;

/* Features of the input's shape, log-mel or cepstra. */
static tnas_sound_features *features_for(const tnas_image *image, bool cepstra)
{
    const tnas_tensor *const input = &image->graph.tensors[0];
    tnas_sound_config config = tnas_sound_defaults;
    tnas_sound_features *features;
    config.frames = input->h;
    config.bands = cepstra ? 40 : input->w * input->c;
    config.coefficients = cepstra ? input->w * input->c : 0;
    ck_ok(tnas_sound_features_create(&config, &features));
    return features;
}

/* A random network whose input can be features of sound. */
static tnas_image *image_for(const tnas_mcu *mcu, uint64_t seed)
{
    for (uint64_t index = 9000 + 100 * seed;; index++) {
        tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
        tnas_model *const model = random_int8_model(&rng);
        const tnas_tensor input = model->graph.tensors[0];
        tnas_image *image = NULL;
        if (input.w * input.c >= 4 && input.w * input.c <= 36)
            ck_ok(tnas_image_build(model, tnas_runtime_find("tinynas", mcu->core)->target, &image));
        tnas_model_destroy(model);
        if (image != NULL)
            return image;
    }
}

static void export_sound(const char *core, uint64_t seed, bool cepstra, const char *folder,
                         sound_export *e)
{
    ck_ok(tnas_mcu_load("stm32h743", &e->mcu));
    snprintf(e->mcu->core, sizeof e->mcu->core, "Arm %s", core);
    e->image = image_for(e->mcu, seed);
    e->features = features_for(e->image, cepstra);
    ck_ok(tnas_code_sizes_load_for(e->mcu->core, &e->sizes, NULL));
    const tnas_front_end front_end = tnas_front_end_of(e->features);
    const tnas_estimator estimator = {.mcu = e->mcu,
                                      .runtime = tnas_runtime_find("tinynas", e->mcu->core),
                                      .sizes = &e->sizes,
                                      .limits = TNAS_LIMITS_NONE,
                                      .front_end = &front_end};
    ck_ok(tnas_estimate(&estimator, &e->image->graph, &e->cost));
    const size_t class_count = e->image->model.output_bytes;
    e->names = tnas_alloc_zero(class_count, sizeof *e->names);
    for (size_t i = 0; i < class_count; i++)
        snprintf(e->names[i], sizeof e->names[i], "class %zu", i);
    ck_ok(tnas_path_join(e->path, folder, "net"));
    const tnas_export_options options = {.name = "net",
                                         .folder = e->path,
                                         .class_names =
                                             (const char(*)[TNAS_CLASS_NAME_BYTES])e->names,
                                         .class_count = (int)class_count,
                                         .features = e->features,
                                         .cost = &e->cost,
                                         .mcu = e->mcu,
                                         .toolchain = e->sizes.toolchain};
    ck_ok(tnas_export_c(e->image, &options));
}

static void deinit(sound_export *e)
{
    tnas_sound_features_destroy(e->features);
    tnas_image_destroy(e->image);
    tnas_mcu_destroy(e->mcu);
    tnas_free(e->names);
}

static const tnas_device_core *core_named(const char *name)
{
    for (int c = 0; c < tnas_device_core_count(); c++)
        if (strcmp(tnas_device_core_at(c)->name, name) == 0)
            return tnas_device_core_at(c);
    ck_abort_msg("no core %s", name);
    return NULL;
}

static size_t number_after(const char *text, const char *key)
{
    const char *const at = strstr(text, key);
    ck_assert_msg(at != NULL, "no %s in\n%s", key, text);
    return (size_t)strtoul(at + strlen(key), NULL, 10);
}

START_TEST(a_board_goes_from_samples_to_the_scores_of_the_host_in_the_predicted_bytes)
{
    const tnas_device_core *const core = core_named(core_names[_i]);
    char folder[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES], compiler[64];
    snprintf(compiler, sizeof compiler, "%sgcc", core->cross);
    if (!have_program(compiler) || !have_program(tnas_board_of(core)->qemu)) {
        printf("SKIP: %s or %s is not installed\n", compiler, tnas_board_of(core)->qemu);
        return;
    }
    sound_export e;
    temporary_folder(folder);
    export_sound(core->words, (uint64_t)_i, _i % 2 == 1, folder, &e);
    must_run("make -s -C %s firmware", e.path);
    const int status = run_command(output, "make -s -C %s run", e.path);
    ck_assert_msg(status == 0, "%s, status %d: %s", core->name, status, output);
    ck_assert_ptr_nonnull(strstr(output, "\"mismatches\":0,"));
    ck_assert_uint_eq(number_after(output, "\"stack_bound_bytes\":"), e.cost.footprint.stack_bytes);
    ck_assert_int_eq(run_command(output, "make -s -C %s size", e.path), 0);
    ck_assert_msg(number_after(output, "sram") == e.cost.footprint.sram_bytes, "%s", output);
    const size_t flash_bytes = number_after(output, "flash");
    if (run_command(output, "grep -qF \"$(%sgcc -dumpfullversion) \" %s/README.md", core->cross,
                    e.path) == 0)
        ck_assert_msg(flash_bytes == e.cost.footprint.flash_bytes,
                      "%s: %zu bytes of flash, %zu "
                      "predicted",
                      core->name, flash_bytes, e.cost.footprint.flash_bytes);
    ck_assert_uint_gt(e.cost.footprint.features_code_bytes, 1000);
    ck_assert(e.cost.front_end.ms > 0);
    deinit(&e);
}
END_TEST

START_TEST(the_host_runner_gives_the_features_of_a_wav_file)
{
    enum { SAMPLES = 5000 };
    char folder[TNAS_PATH_BYTES], wav[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES], wanted[64];
    int16_t samples[SAMPLES];
    sound_export e;
    temporary_folder(folder);
    export_sound("Cortex-M7", 50 + (uint64_t)_i, _i == 1, folder, &e);
    make_signal(1, samples, SAMPLES, 5);
    ck_ok(tnas_path_join(wav, folder, "a.wav"));
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *const file = sf_open(wav, SFM_WRITE, &info);
    ck_assert_int_eq((int)sf_write_short(file, samples, SAMPLES), SAMPLES);
    sf_close(file);
    uint8_t *const values = tnas_alloc_zero(e.image->model.input_bytes, 1);
    ck_ok(tnas_sound_features_compute(e.features, samples, SAMPLES, values));
    for (size_t i = 0; i < e.image->model.input_bytes; i++)
        values[i] = (uint8_t)(values[i] ^ 0x80); /* u8 - 128 as a byte */
    snprintf(wanted, sizeof wanted, "\"features_crc\":\"%08lx\"",
             (unsigned long)tnrt_crc32(0, values, e.image->model.input_bytes));
    must_run("make -s -C %s test", e.path);
    ck_assert_int_eq(run_command(output, "%s/build/net_host %s", e.path, wav), 0);
    ck_assert_msg(strstr(output, wanted) != NULL, "%s is not in %s", wanted, output);
    ck_assert_int_eq(run_command(output, "%s/build/net_host %s/Makefile", e.path, e.path), 1);
    ck_assert_ptr_nonnull(strstr(output, "is no WAV file"));
    tnas_free(values);
    deinit(&e);
}
END_TEST

START_TEST(an_export_with_a_front_end_is_c99_and_c_plus_plus_without_a_warning)
{
    char folder[TNAS_PATH_BYTES];
    sound_export e;
    temporary_folder(folder);
    export_sound("Cortex-M7", 60, _i == 1, folder, &e);
    must_run(
        "cd %s && for f in src/*.c src/runtime/tnrt_features*.c; do "
        "gcc -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror -Isrc -c $f -o /dev/null && "
        "g++ -x c++ -std=c++11 -pedantic -Wall -Wextra -Werror -Isrc -c $f -o /dev/null || exit 1; "
        "done",
        e.path);
    deinit(&e);
}
END_TEST

/* Sensors: real values to the very bytes. */
START_TEST(real_values_become_the_bytes_of_the_first_vector_on_every_compiler)
{
    static const char *const compilers[] = {"gcc", "clang", "gcc -O3"};
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    tnas_image *const image = random_image(9500 + (uint64_t)_i);
    const int channels = image->graph.tensors[0].c;
    tnas_affine affine = {.channel_count = _i % 2 == 0 ? channels : 1, .unit = "m/s2"};
    for (int k = 0; k < affine.channel_count; k++)
        tnas_affine_set_range(&affine, k, -3.7 - 100 * k, 1e-3 + 17.1 * k);
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    const tnas_export_options options = {.name = "net", .folder = path, .affine = &affine};
    ck_ok(tnas_export_c(image, &options));
    if (have_program("clang") || _i != 1)
        must_run("make -s -C %s CC='%s' CFLAGS='-pedantic -Wall -Wextra -Werror -std=c99' test",
                 path, compilers[_i]);
    must_run(
        "g++ -x c++ -std=c++11 -pedantic -Wall -Wextra -Werror -Wno-unused-function -I%s -I%s/src "
        "-c %s/src/net_invoke.c -o /dev/null",
        path, path, path);
    must_run("grep -q 'NET_CHANNEL_SCALE' %s/src/net.h && grep -q 'net_quantize' %s/README.md",
             path, path);
    tnas_image_destroy(image);
}
END_TEST

/* A flipped channel would go unseen if the runner did not look. */
START_TEST(a_wrong_scale_is_noticed_by_the_runner)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    tnas_image *const image = random_image(9500);
    tnas_affine affine = {.channel_count = 1};
    tnas_affine_set_range(&affine, 0, -4, 4);
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    const tnas_export_options options = {.name = "net", .folder = path, .affine = &affine};
    ck_ok(tnas_export_c(image, &options));
    must_run("sed -i '/_CHANNEL_INVERSE/,/}/s/3[0-9.]*f/30.0f/g' %s/src/net.h", path);
    ck_assert_int_ne(run_command(output, "make -s -C %s test", path), 0);
    tnas_image_destroy(image);
}
END_TEST

/* A small arena: the scratch must not lie on the input, and the arena says so. */
START_TEST(the_arena_holds_input_and_scratch_side_by_side)
{
    char folder[TNAS_PATH_BYTES];
    sound_export e;
    temporary_folder(folder);
    export_sound("Cortex-M7", 70 + (uint64_t)_i, false, folder, &e);
    const tnas_front_end front_end = tnas_front_end_of(e.features);
    const tnas_placement *const input = &e.image->plan.tensors[0];
    const size_t at = tnas_front_end_scratch_offset(&front_end, input->offset_bytes, input->bytes);
    ck_assert(at + front_end.scratch_bytes <= input->offset_bytes ||
              at >= input->offset_bytes + input->bytes);
    ck_assert_uint_ge(e.cost.footprint.sram_bytes, at + front_end.scratch_bytes);
    ck_assert_uint_eq(e.cost.footprint.sram_bytes,
                      e.cost.footprint.arena_bytes + e.cost.footprint.features_sram_bytes);
    deinit(&e);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export_sound");
    TCase *const tc = tcase_create("export_sound");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc,
                        a_board_goes_from_samples_to_the_scores_of_the_host_in_the_predicted_bytes,
                        0, CORE_COUNT);
    tcase_add_loop_test(tc, the_host_runner_gives_the_features_of_a_wav_file, 0, 2);
    tcase_add_loop_test(tc, an_export_with_a_front_end_is_c99_and_c_plus_plus_without_a_warning, 0,
                        2);
    tcase_add_loop_test(tc, real_values_become_the_bytes_of_the_first_vector_on_every_compiler, 0,
                        3);
    tcase_add_test(tc, a_wrong_scale_is_noticed_by_the_runner);
    tcase_add_loop_test(tc, the_arena_holds_input_and_scratch_side_by_side, 0, 3);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
