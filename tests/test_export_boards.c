/* Exports for every core on its emulated board: bytes of the host, flash and SRAM as linked, stack
 * as painted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "export/boards.h"
#include "tests/export_build.h"
#include "tests/random_model.h"

/* The stated bound may exceed what is painted: by alignment, and by paths within a kernel that the
 * model does not take, some of which call a function more. */
enum { PAINTED_SHARE_MIN = 50 };

static bool can_run(const tnas_device_core *core)
{
    char compiler[64];
    snprintf(compiler, sizeof compiler, "%sgcc", core->cross);
    if (have_program(compiler) && have_program(tnas_board_of(core)->qemu))
        return true;
    printf("SKIP: %s or %s is not installed\n", compiler, tnas_board_of(core)->qemu);
    return false;
}

/* A part with this core, and the memories of an STM32H743. */
static tnas_mcu *part_with(const tnas_device_core *core)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load("stm32h743", &mcu));
    snprintf(mcu->core, sizeof mcu->core, "Arm %s", core->words);
    return mcu;
}

/* An image for a target that the core runs. */
static tnas_image *image_for(const tnas_mcu *mcu, uint64_t index)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    tnas_model *const model = random_int8_model(&rng);
    tnas_image *image;
    ck_ok(tnas_image_build(model, tnas_runtime_find("tinynas", mcu->core)->target, &image));
    tnas_model_destroy(model);
    return image;
}

static void export_for(const tnas_mcu *mcu, const tnas_image *image, const char *path,
                       tnas_footprint *footprint)
{
    static tnas_code_sizes sizes;
    tnas_cost cost = {.macs = tnas_graph_macs(&image->graph)};
    ck_ok(tnas_code_sizes_load_for(mcu->core, &sizes, NULL));
    ck_ok(tnas_footprint_compute(&image->graph, &image->schedule, &image->plan,
                                 tnas_runtime_find("tinynas", mcu->core), &sizes, &cost.footprint));
    const tnas_export_options options = {
        .name = "net", .folder = path, .cost = &cost, .mcu = mcu, .toolchain = sizes.toolchain};
    ck_ok(tnas_export_c(image, &options));
    *footprint = cost.footprint;
}

static size_t number_after(const char *text, const char *key)
{
    const char *const at = strstr(text, key);
    ck_assert_msg(at != NULL, "no %s in\n%s", key, text);
    return (size_t)strtoul(at + strlen(key), NULL, 10);
}

/* Sizes are those of the compiler that measured them. */
static bool is_measured_compiler(const tnas_device_core *core, const char *path)
{
    char output[COMMAND_OUTPUT_BYTES];
    if (run_command(output, "grep -qF \"$(%sgcc -dumpfullversion) \" %s/README.md", core->cross,
                    path) == 0)
        return true;
    printf("SKIP: code sizes of %s are another compiler's\n", core->name);
    return false;
}

START_TEST(a_board_gives_the_bytes_of_the_host_in_the_memory_that_was_stated)
{
    const tnas_device_core *const core = tnas_device_core_at(_i);
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_run(core))
        return;
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    tnas_mcu *const mcu = part_with(core);
    tnas_image *const image = image_for(mcu, 7000 + (uint64_t)_i);
    tnas_footprint footprint;
    export_for(mcu, image, path, &footprint);
    must_run("make -s -C %s firmware", path);
    const int status = run_command(output, "make -s -C %s run", path);
    ck_assert_msg(status == 0, "%s, status %d: %s", core->name, status, output);
    ck_assert_ptr_nonnull(strstr(output, "{\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    const size_t painted = number_after(output, "\"stack_bytes\":");
    ck_assert_uint_eq(number_after(output, "\"stack_bound_bytes\":"), footprint.stack_bytes);
    ck_assert_int_eq(run_command(output, "make -s -C %s size", path), 0);
    ck_assert_uint_eq(number_after(output, "sram"), footprint.sram_bytes);
    if (is_measured_compiler(core, path)) {
        ck_assert_msg(number_after(output, "flash") == footprint.flash_bytes, "%s:\n%s", core->name,
                      output);
        ck_assert_msg(painted <= footprint.stack_bytes &&
                          100 * painted >= PAINTED_SHARE_MIN * footprint.stack_bytes,
                      "%s: %zu bytes of stack painted, %zu stated", core->name, painted,
                      footprint.stack_bytes);
    }
    tnas_image_destroy(image);
    tnas_mcu_destroy(mcu);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export_boards");
    TCase *const tc = tcase_create("export_boards");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_board_gives_the_bytes_of_the_host_in_the_memory_that_was_stated, 0,
                        tnas_device_core_count());
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
