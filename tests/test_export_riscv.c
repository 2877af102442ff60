/* Exports on an emulated RV32IMC core: every byte as on the host. A plain core is what GAP8's
 * fabric controller and any small RISC-V are to the exported C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/export_build.h"

enum { NETWORK_COUNT = 8 };

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

/* An export for the part configs/mcus/rv32imc.json, whose firmware is for the emulated core. */
static void export_for_riscv(const tnas_image *image, const char *folder,
                             char path[TNAS_PATH_BYTES])
{
    tnas_mcu *mcu;
    ck_ok(tnas_path_join(path, folder, "net"));
    ck_ok(tnas_mcu_load("rv32imc", &mcu));
    const tnas_export_options options = {.name = "net", .folder = path, .mcu = mcu};
    ck_ok(tnas_export_c(image, &options));
    tnas_mcu_destroy(mcu);
}

/* Random networks of both variants: DSP kernels are portable C here. */
START_TEST(an_emulated_rv32imc_gives_every_byte_of_the_host)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    char device[256], host[256];
    if (!can_run())
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(5000 + (uint64_t)_i);
    export_for_riscv(image, folder, path);
    must_run("make -s -C %s firmware RAM_BYTES=0x1000000", path);
    const int status = run_command(output, "make -s -C %s run RAM_BYTES=0x1000000", path);
    ck_assert_msg(status == 0, "network %d: status %d: %s", _i, status, output);
    compared_part(output, device, sizeof device);
    ck_assert_ptr_nonnull(strstr(device, "\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    ck_assert_int_eq(run_command(output, "make -s -C %s host && %s/build/net_host", path, path), 0);
    compared_part(output, host, sizeof host);
    ck_assert_str_eq(device, host);
    must_run("make -s -C %s size RAM_BYTES=0x1000000 | grep '^library  *0 '", path);
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
    export_for_riscv(image, folder, path);
    must_run("cd %s && sed -i '/vector_outputs/,$ s/^    {\\(-*[0-9]*\\)/    {(\\1) ^ 1/' "
             "net_vectors.h",
             path);
    must_run("make -s -C %s firmware RAM_BYTES=0x1000000", path);
    ck_assert_int_ne(run_command(output, "make -s -C %s run RAM_BYTES=0x1000000", path), 0);
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
    tcase_add_test(tc, a_wrong_byte_is_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
