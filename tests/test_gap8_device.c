/* GAP8's kernels as code of its processor: the packed instructions, executed by a trap handler on
 * an emulated RV32IMC core; the port for PMSIS, compiled against prototypes. What plain code of
 * these exports does on that core is in test_export_boards.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "estimators/device_cores.h"
#include "tests/export_build.h"
#include "tests/random_model.h"

enum { NETWORK_COUNT = 4 };

static bool can_build(void)
{
    if (have_program("riscv64-unknown-elf-gcc"))
        return true;
    printf("SKIP: riscv64-unknown-elf-gcc is not installed\n");
    return false;
}

static void export_for_gap8(uint64_t index, const char *folder, char path[TNAS_PATH_BYTES])
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    tnas_model *const model = random_int8_model(&rng);
    tnas_image *image;
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load("gap8", &mcu));
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_gap8, &image));
    ck_ok(tnas_path_join(path, folder, "net"));
    const tnas_export_options options = {.name = "net", .folder = path, .mcu = mcu};
    ck_ok(tnas_export_c(image, &options));
    tnas_mcu_destroy(mcu);
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}

static unsigned long count_after(const char *text, const char *key)
{
    const char *const at = strstr(text, key);
    ck_assert_msg(at != NULL, "no%s in %s", key, text);
    return strtoul(at + strlen(key), NULL, 10);
}

/* The host computed the expected bytes with portable C. */
START_TEST(packed_instructions_give_the_bytes_of_the_host)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build() || !have_program("qemu-system-riscv32"))
        return;
    temporary_folder(folder);
    export_for_gap8(5300 + (uint64_t)_i, folder, path);
    must_run("cp tests/gap8/xpulp_trap.c %s/src/runtime/gap8/", path);
    const int status = run_command(
        output,
        "make -s -C %s run DEVICE_FLAGS='%s -Isrc/runtime/gap8 -DTNRT_XPULP=2 -Wl,--wrap=main'",
        path, tnas_device_core_of("XpulpV2")->flags);
    ck_assert_msg(status == 0, "network %d: status %d: %s", _i, status, output);
    ck_assert_msg(strstr(output, "instructions right, ") != NULL, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "{\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    ck_assert_uint_gt(count_after(output, " sdotsp "), 1000);
}
END_TEST

/* As C99 and as C++, with portable C and with packed instructions. */
START_TEST(the_pmsis_port_and_all_kernels_compile_against_its_prototypes)
{
    static const char *const languages[] = {"gcc -std=c99", "g++ -x c++"};
    if (!can_build())
        return;
    if (_i / 2 == 1 && !have_program("riscv64-unknown-elf-g++"))
        return;
    must_run("for source in runtime/gap8/*.c; do riscv64-unknown-elf-%s -march=rv32imc -mabi=ilp32 "
             "--specs=picolibc.specs -O2 -pedantic -Wall -Wextra -Werror -DTNRT_GAP8_PMSIS=1 "
             "-DTNRT_XPULP=%d -Itests/gap8 -c $source -o /dev/null || exit 1; done",
             languages[_i / 2], _i % 2 * 2);
}
END_TEST

/* What is written by name for the vendor's assembler is what is written as .insn. */
START_TEST(the_kernels_hold_the_encodings_of_the_manual)
{
    char output[COMMAND_OUTPUT_BYTES], folder[TNAS_PATH_BYTES];
    static const struct {
        const char *kernel, *word; /* of which opcode, funct3 and funct7 stay */
    } uses[] = {
        {"tnrt_conv2d_s8_gap8", "b8001057"},   /* pv.sdotsp.b */
        {"tnrt_dwconv2d_s8_gap8", "c8001057"}, /* pv.shuffle2.b */
        {"tnrt_maxpool_s8_gap8", "30001057"},  /* pv.max.b */
        {"tnrt_maxpool_s8_gap8", "20001057"},  /* pv.min.b */
    };
    if (!can_build())
        return;
    temporary_folder(folder);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        must_run("riscv64-unknown-elf-gcc -std=c99 -march=rv32imc -mabi=ilp32 "
                 "--specs=picolibc.specs -O2 -DTNRT_XPULP=2 -c runtime/gap8/%s.c -o %s/k.o",
                 uses[i].kernel, folder);
        run_command(output,
                    "riscv64-unknown-elf-objdump -d %s/k.o | awk '{ print $2 }' | while read w; do "
                    "case $w in [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]) "
                    "printf '%%08x\\n' $((0x$w & 0xfe00707f));; esac; done | grep -c %s",
                    folder, uses[i].word);
        ck_assert_msg(atoi(output) > 0, "%s: no %s", uses[i].kernel, uses[i].word);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("gap8_device");
    TCase *const tc = tcase_create("gap8_device");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, packed_instructions_give_the_bytes_of_the_host, 0, NETWORK_COUNT);
    tcase_add_loop_test(tc, the_pmsis_port_and_all_kernels_compile_against_its_prototypes, 0, 4);
    tcase_add_test(tc, the_kernels_hold_the_encodings_of_the_manual);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
