/* Exports on an emulated RV32IMC core: every byte as on the host. A plain core is what GAP8's
 * fabric controller and any small RISC-V are to the exported C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/export_build.h"
#include "tests/random_model.h"

enum { NETWORK_COUNT = 9 };

static bool can_run(void)
{
    if (have_program("riscv64-unknown-elf-gcc") && have_program("qemu-system-riscv32"))
        return true;
    printf("SKIP: riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed\n");
    return false;
}

/* What an emulated run prints, without the stack: "{"vectors":4,"mismatches":0,"crc":"..."". */
static void compared_part(const char *output, char *part, size_t part_bytes)
{
    const char *const start = strchr(output, '{');
    ck_assert_msg(start != NULL, "no JSON in \"%s\"", output);
    snprintf(part, part_bytes, "%.*s", (int)strcspn(start, "}"), start);
    char *const stack = strstr(part, ",\"stack_bytes\"");
    if (stack != NULL)
        *stack = '\0';
}

static const tnas_target *const targets[] = {
    &tnas_target_tinynas_c, &tnas_target_tinynas_dsp, /* portable C here */
    &tnas_target_tinynas_gap8,                        /* on one core, in portable C */
};
enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

static tnas_image *image_for(const tnas_target *target, uint64_t index)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    tnas_model *const model = random_int8_model(&rng);
    tnas_image *image;
    ck_ok(tnas_image_build(model, target, &image));
    tnas_model_destroy(model);
    return image;
}

START_TEST(an_emulated_rv32imc_gives_every_byte_of_the_host)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    char device[256], host[256];
    if (!can_run())
        return;
    temporary_folder(folder);
    tnas_image *const image = image_for(targets[_i % TARGET_COUNT], 5000 + (uint64_t)_i);
    export_into(image, folder, "net", path);
    const int status = run_command(output, "sh scripts/test_riscv.sh %s", path);
    ck_assert_msg(status == 0, "network %d: status %d: %s", _i, status, output);
    compared_part(output, device, sizeof device);
    ck_assert_ptr_nonnull(strstr(device, "\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    ck_assert_int_eq(run_command(output, "make -s -C %s host && %s/build/net_host", path, path), 0);
    compared_part(output, host, sizeof host);
    ck_assert_str_eq(device, host);
    tnas_image_destroy(image);
}
END_TEST

/* "flash  1234  1234": linked, predicted. */
static void check_predicted(const char *output, const char *quantity)
{
    const char *const at = strstr(output, quantity);
    long linked, predicted;
    ck_assert_msg(at != NULL, "no %s in\n%s", quantity, output);
    ck_assert_int_eq(sscanf(at + strlen(quantity), "%ld %ld", &linked, &predicted), 2);
    ck_assert_msg(linked == predicted, "%s: %ld linked, %ld predicted", quantity, linked,
                  predicted);
}

/* The kernels of GAP8 with what they share: the size table of its stand-in compiler. */
START_TEST(linked_bytes_of_gap8_are_the_predicted_ones)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    tnas_code_sizes sizes;
    tnas_cost cost = {0};
    if (!can_run())
        return;
    temporary_folder(folder);
    tnas_image *const image = image_for(&tnas_target_tinynas_gap8, 5200);
    ck_ok(tnas_code_sizes_load("configs/codesize/gap8.csv", &sizes));
    ck_ok(tnas_footprint_compute(&image->graph, &image->schedule, &image->plan,
                                 tnas_runtime_find("tinynas-gap8", NULL), &sizes, &cost.footprint));
    ck_ok(tnas_path_join(path, folder, "net"));
    const tnas_export_options options = {
        .name = "net", .folder = path, .cost = &cost, .toolchain = sizes.toolchain};
    ck_ok(tnas_export_c(image, &options));
    const int status = run_command(output, "sh scripts/test_riscv.sh %s", path);
    ck_assert_msg(status == 0, "status %d: %s", status, output);
    check_predicted(output, "sram");
    check_predicted(output, "constants");
    check_predicted(output, "code");
    check_predicted(output, "flash");
    tnas_image_destroy(image);
}
END_TEST

START_TEST(a_wrong_byte_is_noticed)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_run())
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(5100);
    export_into(image, folder, "net", path);
    must_run("cd %s && sed -i '/vector_outputs/,$ s/^    {\\(-*[0-9]*\\)/    {(\\1) ^ 1/' "
             "net_vectors.h",
             path);
    ck_assert_int_eq(run_command(output, "sh scripts/test_riscv.sh %s", path), 1);
    ck_assert_ptr_nonnull(strstr(output, "\"mismatches\":4,"));
    tnas_image_destroy(image);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export_riscv");
    TCase *const tc = tcase_create("export_riscv");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, an_emulated_rv32imc_gives_every_byte_of_the_host, 0, NETWORK_COUNT);
    tcase_add_test(tc, linked_bytes_of_gap8_are_the_predicted_ones);
    tcase_add_test(tc, a_wrong_byte_is_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
