/* The sound front end on emulated cores: bytes of the host, and as many instructions as the price
 * says. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/text.h"
#include "data/features.h"
#include "estimators/front_end.h"
#include "export/boards.h"
#include "runtime/tnrt_crc32.h"
#include "tests/export_build.h"
#include "tests/random_model.h"
#include "tests/sound_signals.h"

/* Instructions depend on the samples where logarithms and carries do. */
#define INSTRUCTIONS_TOLERANCE 0.05

static const char *const shapes[] = {
    "frames=4",
    "frames=4,window_ms=16",
    "frames=4,bands=64,sample_rate_hz=16000,window_ms=64",
    "frames=4,window_ms=25,bands=20,pre_emphasis=0.97",
    "frames=4,sample_rate_hz=16000,window_ms=30,bands=40,coefficients=10",
    "frames=4,bands=16",
    "frames=4,sample_rate_hz=16000,window_ms=30,bands=40",
    "frames=4,window_ms=32,bands=20,coefficients=20",
    "frames=4,low_hz=1000,high_hz=3000,bands=16",
};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

static const char *const core_names[] = {"cortex-m7", "cortex-m0plus", "cortex-m33", "rv32imc"};
enum { CORE_COUNT = sizeof core_names / sizeof core_names[0] };

static tnas_sound_features *features_of(int shape)
{
    tnas_sound_config config = tnas_sound_defaults;
    tnas_sound_features *features;
    ck_ok(tnas_sound_config_parse(shapes[shape], &config));
    ck_ok(tnas_sound_features_create(&config, &features));
    return features;
}

static int16_t *clip_of(const tnas_sound_features *features, int shape)
{
    const size_t count = (size_t)features->device.clip_samples;
    int16_t *const clip = tnas_alloc_zero(count, sizeof *clip);
    make_signal(1, clip, count, (uint64_t)shape);
    return clip;
}

static uint32_t crc_on_host(const tnas_sound_features *features, const int16_t *clip)
{
    const size_t count = (size_t)(features->device.frames * features->device.features);
    int32_t *const scratch = tnas_alloc_zero(features->scratch_bytes, 1);
    int8_t *const values = tnas_alloc_zero(count, 1);
    tnrt_features_clip(&features->device, clip, scratch, values);
    const uint32_t crc = tnrt_crc32(0, values, count);
    tnas_free(scratch);
    tnas_free(values);
    return crc;
}

/* Tables and clips of all shapes. */
static void write_cases(const char *path)
{
    tnas_text text;
    tnas_text_init(&text);
    tnas_text_add(&text, "#include <stddef.h>\n#include \"runtime/tnrt_features.h\"\n"
                         "#define TEST_DATA __attribute__((section(\".test_vectors\")))\n");
    for (int s = 0; s < SHAPE_COUNT; s++) {
        tnas_sound_features *const features = features_of(s);
        int16_t *const clip = clip_of(features, s);
        char name[16];
        snprintf(name, sizeof name, "case%d", s);
        tnas_generate_feature_tables(name, features, &text);
        tnas_text_add(&text, "TEST_DATA static const int16_t %s_samples[] = {", name);
        for (int i = 0; i < features->device.clip_samples; i++)
            tnas_text_add(&text, "%d,%s", clip[i], i % 20 == 19 ? "\n" : "");
        tnas_text_add(&text, "};\n");
        tnas_free(clip);
        tnas_sound_features_destroy(features);
    }
    tnas_text_add(&text, "static const struct {\n    const tnrt_features *features;\n"
                         "    const int16_t *samples;\n} cases[] = {\n");
    for (int s = 0; s < SHAPE_COUNT; s++)
        tnas_text_add(&text, "    {&case%d_features_tables, case%d_samples},\n", s, s);
    tnas_text_add(&text, "};\n#define CASE_COUNT %d\n", SHAPE_COUNT);
    ck_assert(!text.failed);
    ck_ok(tnas_file_write(path, text.chars, text.length));
    tnas_text_deinit(&text);
}

static bool can_run(const tnas_device_core *core)
{
    char compiler[64];
    snprintf(compiler, sizeof compiler, "%sgcc", core->cross);
    if (have_program(compiler) && have_program(tnas_board_of(core)->qemu))
        return true;
    printf("SKIP: %s or %s is not installed\n", compiler, tnas_board_of(core)->qemu);
    return false;
}

static const tnas_device_core *core_named(const char *name)
{
    for (int c = 0; c < tnas_device_core_count(); c++)
        if (strcmp(tnas_device_core_at(c)->name, name) == 0)
            return tnas_device_core_at(c);
    ck_abort_msg("no core %s", name);
    return NULL;
}

/* An export for the core brings board, linker script and make; its main gives way. */
static void build_board(const tnas_device_core *core, const char *path)
{
    char cases[TNAS_PATH_BYTES];
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load("stm32h743", &mcu));
    snprintf(mcu->core, sizeof mcu->core, "%s", core->words);
    tnas_image *const image = random_image(7300);
    const tnas_export_options options = {.name = "net", .folder = path, .mcu = mcu};
    ck_ok(tnas_export_c(image, &options));
    must_run("cp tests/emulated/front_end_main.c %s/firmware/main.c", path);
    ck_ok(tnas_path_join(cases, path, "firmware/cases.h"));
    write_cases(cases);
    tnas_image_destroy(image);
    tnas_mcu_destroy(mcu);
}

START_TEST(an_emulated_core_gives_the_features_of_the_host_in_the_instructions_that_are_priced)
{
    const tnas_device_core *const core = core_named(core_names[_i]);
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_run(core))
        return;
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    build_board(core, path);
    must_run("make -s -C %s firmware", path);
    const int status = run_command(output, "make -s -C %s run QEMU='%s -icount shift=6'", path,
                                   tnas_board_of(core)->qemu);
    ck_assert_msg(status == 0, "%s, status %d: %s", core->name, status, output);
    const char *at = output;
    for (int s = 0; s < SHAPE_COUNT; s++) {
        tnas_sound_features *const features = features_of(s);
        int16_t *const clip = clip_of(features, s);
        uint32_t crc, counted;
        ck_assert_msg(sscanf(at, "%8" SCNx32 " %8" SCNx32, &crc, &counted) == 2, "%s", output);
        ck_assert_msg(crc == crc_on_host(features, clip), "%s on %s: %08" PRIx32 " for %08" PRIx32,
                      shapes[s], core->name, crc, crc_on_host(features, clip));
        const tnas_front_end front_end = tnas_front_end_of(features);
        const double priced = tnas_front_end_instructions(&front_end, core->words);
        if (getenv("TINYNAS_PRINT_COUNTS") != NULL)
            printf("%s,%d,%d,%d,%d,%d,%d,%d,%" PRIu32 ",%.0f\n", core->name, front_end.frames,
                   front_end.window_samples, front_end.fft_samples, front_end.bins, front_end.bands,
                   front_end.features, front_end.has_dct, counted, priced);
        else if (_i != 2) /* the timer of that board lies elsewhere */
            ck_assert_msg(fabs(priced / counted - 1) < INSTRUCTIONS_TOLERANCE,
                          "%s on %s: %.0f instructions priced, %" PRIu32 " counted", shapes[s],
                          core->name, priced, counted);
        at = strchr(at, '\n') + 1;
        tnas_free(clip);
        tnas_sound_features_destroy(features);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("features_device");
    TCase *const tc = tcase_create("features_device");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(
        tc, an_emulated_core_gives_the_features_of_the_host_in_the_instructions_that_are_priced, 0,
        CORE_COUNT);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
