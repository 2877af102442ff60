/* Export of networks that come as .tflite files: the C builds, answers like the host's kernels and
 * takes the bytes that were foretold; what cannot run is named before anything is written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "graph/tflite_schema.h"
#include "tests/export_build.h"
#include "tests/program.h"
#include "tests/tflite_writer.h"

/* The int8 files of $SHARED/models that peers are measured with. */
static const char *const models[] = {"kws_ref_model", "pretrainedResnet_quant", "vww_96_int8",
                                     "ad01_int8", "mcunet-vww1"};
enum { MODEL_COUNT = sizeof models / sizeof models[0] };

/* The net as a file in `folder`; its path. */
static void save(const written_net *net, const char *folder, char path[TNAS_PATH_BYTES])
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = written_file(net, bytes);
    ck_ok(tnas_path_join(path, folder, "net.tflite"));
    ck_ok(tnas_file_write(path, bytes, byte_count));
}

/* Exports, builds with the host's compiler, and compares the test vectors, which the host's kernels
 * have computed. */
static void check_export(const char *model, const char *folder)
{
    char output[COMMAND_OUTPUT_BYTES];
    cJSON *const result = check_json(run(
        "export '%s' --as c --name net --mcu stm32h743 --out %s/net --format json", model, folder));
    ck_assert_str_eq(text_of(result, "name"), "net");
    must_run("make -s -C %s/net host", folder);
    ck_assert_int_eq(run_command(output, "%s/net/build/net_host", folder), 0);
    ck_assert_msg(strstr(output, "\"mismatches\":0") != NULL, "%s: %s", model, output);
    cJSON_Delete(result);
}

/* "flash  1234" in the output of linked_bytes.sh */
static double linked(const char *output, const char *quantity)
{
    const char *const at = strstr(output, quantity);
    ck_assert_msg(at != NULL, "no %s in\n%s", quantity, output);
    return strtod(at + strlen(quantity), NULL);
}

/* Flash and SRAM of the firmware are what `tinynas estimate` says. */
static void check_linked(const char *model, const char *folder)
{
    char output[COMMAND_OUTPUT_BYTES];
    if (!have_program("arm-none-eabi-gcc")) {
        printf("SKIP: arm-none-eabi-gcc is not installed\n");
        return;
    }
    cJSON *const result =
        check_json(run("estimate '%s' --runtime tinynas --mcu stm32h743 --format json", model));
    must_run("make -s -C %s/net firmware", folder);
    ck_assert_int_eq(
        run_command(output, "cd %s/net && sh linked_bytes.sh build/net.map net", folder), 0);
    ck_assert_double_eq(linked(output, "flash"), number(result, "flash_bytes"));
    ck_assert_double_eq(linked(output, "sram"), number(result, "sram_bytes"));
    cJSON_Delete(result);
}

START_TEST(a_network_of_every_operator_is_exported)
{
    static written_net net;
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    temporary_folder(folder);
    written_wide_net(&net);
    save(&net, folder, path);
    check_export(path, folder);
    check_linked(path, folder);
    /* Its outputs have no names. */
    ck_assert_int_ne(run_command(output, "grep -i class %s/net/src/net.h", folder), 0);
    ck_assert_int_eq(run_command(output, "grep 'NET_OUTPUT_C 5' %s/net/src/net.h", folder), 0);
    ck_assert_int_eq(
        run("export %s --as graph --mcu stm32h743 --out %s/g", path, folder)->exit_code, 0);
    ck_assert_int_eq(run("estimate %s/g/net.json --mcu stm32h743", folder)->exit_code, 0);
    ck_assert_int_eq(
        run("export %s --as tflite --mcu stm32h743 --out %s/t", path, folder)->exit_code, 0);
    ck_assert_int_eq(run("estimate %s/t/net.tflite --mcu stm32h743", folder)->exit_code, 0);
}
END_TEST

START_TEST(a_shared_model_is_exported)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], relative[96];
    snprintf(relative, sizeof relative, "models/%s.tflite", models[_i]);
    if (shared_path(relative, path) == NULL)
        return;
    temporary_folder(folder);
    check_export(path, folder);
    ck_assert_int_eq(
        run("estimate '%s' --runtime tinynas --mcu stm32h743 --format json", path)->exit_code, 0);
}
END_TEST

START_TEST(what_cannot_run_is_named_before_anything_is_written)
{
    static written_net net;
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(out, folder, "out"));
    /* A softmax of an input that is too fine for it, and a mean to a scale that is. */
    const int32_t axes[] = {1, 2};
    net = (written_net){.description = "", .version = TFL_VERSION};
    net.input = written_map(&net, TFL_INT8, 1, 1, 4, 1e-9f, 1);
    const int chances = written_map(&net, TFL_INT8, 1, 1, 4, 1.0f / 256, -128);
    const int mean = written_vector(&net, TFL_INT8, 4, 1e-12f, 1);
    written_option(
        written_append(&net, TFL_SOFTMAX, TFL_OPTIONS_SOFTMAX, net.input, -1, -1, chances),
        TFL_SOFTMAX_BETA, 0x3f800000);
    written_append(&net, TFL_MEAN, TFL_OPTIONS_REDUCER, chances, written_numbers(&net, 2, axes), -1,
                   mean);
    save(&net, folder, path);
    const outcome *const o = run("export %s --as c --mcu stm32h743 --out %s", path, out);
    check_failure(o, 4,
                  "2 of 2 operators cannot run on tinynas-dsp: 0 softmax: scale 1e-09 of its "
                  "input is too small; 1 mean: the factor from scale 0.00390625 to 1e-12");
    ck_assert(!tnas_dir_exists(out));
    net.ops[0].code = 100; /* and what does not import at all */
    save(&net, folder, path);
    check_failure(run("export %s --as c --mcu stm32h743 --out %s", path, out), 4,
                  "1 of 2 operators cannot be imported: 0 ");
    check_failure(run("export %s --as tflite --mcu stm32h743 --out %s", path, out), 4,
                  "cannot be imported");
    ck_assert(!tnas_dir_exists(out));
    check_failure(run("export %s --as c --out %s", path, out), 4, "cannot be imported");
    written_wide_net(&net);
    save(&net, folder, path);
    check_failure(run("export %s --as c --out %s", path, out), 2, "--mcu is missing");
    check_failure(run("export %s/nothing --as c --mcu stm32h743 --out %s", folder, out), 4,
                  "neither a study nor a .tflite file");
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export models");
    TCase *const written = tcase_create("written");
    TCase *const shared = tcase_create("shared");
    tcase_set_timeout(written, 180);
    tcase_set_timeout(shared, 180);
    tcase_add_test(written, a_network_of_every_operator_is_exported);
    tcase_add_test(written, what_cannot_run_is_named_before_anything_is_written);
    tcase_add_loop_test(shared, a_shared_model_is_exported, 0, MODEL_COUNT);
    suite_add_tcase(suite, written);
    suite_add_tcase(suite, shared);
    return run_suite(suite);
}
