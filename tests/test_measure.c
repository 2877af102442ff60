/* tinynas measure: the firmware prints what calibrate reads, checks its own outputs, and what it
 * measured predicts networks it has not seen. On an emulated Cortex-M7, whose cycles are
 * instructions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/measure.h"
#include "tests/export_build.h"
#include "tests/program.h"

static bool can_run(void)
{
    const bool can = have_program("arm-none-eabi-gcc") && have_program("qemu-system-arm");
    if (!can)
        printf("SKIP: arm-none-eabi-gcc or qemu-system-arm is not installed\n");
    return can;
}

/* Two random networks, of DSP kernels. */
static void write_folder(const char *folder)
{
    static const tnas_mcu mcu = {
        .part = "Some, \"part\"", .core = "Arm Cortex-M7", .clock_mhz = 100};
    tnas_image *const images[] = {random_image(3001), random_image(3003)};
    const tnas_measure_network networks[] = {{"one, two", images[0]}, {"One; Two", images[1]}};
    const tnas_measure_options options = {.folder = folder,
                                          .mcu = &mcu,
                                          .runtime = "tinynas",
                                          .version = "1",
                                          .networks = networks,
                                          .network_count = 2};
    ck_ok(tnas_export_measure(&options));
    tnas_image_destroy(images[0]);
    tnas_image_destroy(images[1]);
}

START_TEST(every_network_and_layer_is_a_row)
{
    char folder[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_run())
        return;
    temporary_folder(folder);
    write_folder(folder);
    must_run("make -s -C %s run >%s/rows.csv", folder, folder);
    /* One row a network and one a kernel; names that are one in C stay two; no field is broken. */
    must_run("cd %s && grep -c '{\"' measure_models.c >wanted && sed 1d rows.csv | wc -l >got",
             folder);
    must_run("cd %s && awk -F, 'NF != 15 || (NR > 1 && !($15 > 0)) { bad = 1 } END { exit bad }' "
             "rows.csv",
             folder);
    must_run("cd %s && test $(grep -c ',network,' rows.csv) = 2 && test -f models/one_two.c && "
             "test -f models/one_two_2.c",
             folder);
    /* A network takes at least what its layers take, and little more. */
    must_run("cd %s && awk -F, 'NR == 1 { next } $6 == \"network\" { whole[$1] = $15; next } "
             "{ sum[$1] += $15 } END { for (n in whole) { ratio = whole[n] / sum[n]; "
             "if (ratio < 0.9 || ratio > 1.1) exit 1 } }' rows.csv",
             folder);
    ck_assert_int_eq(run_command(output, "make -s -C %s library", folder), 0);
    must_run("arm-none-eabi-nm %s/build/libmeasure.a | grep -q ' T measure_run'", folder);
}
END_TEST

START_TEST(a_network_with_other_bytes_than_the_hosts_is_left_out)
{
    char folder[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_run())
        return;
    temporary_folder(folder);
    write_folder(folder);
    must_run("cd %s && awk '/one_two_measured_input, 0x/ { sub(/0x[0-9a-f]*u/, \"0x1u\") } "
             "{ print }' measure_models.c >other && mv other measure_models.c",
             folder);
    ck_assert_int_ne(run_command(output, "make -s -C %s run", folder), 0);
    ck_assert_ptr_nonnull(strstr(output, "One; Two,"));
    ck_assert_ptr_null(strstr(output, "one_ two,"));
}
END_TEST

START_TEST(measured_layers_predict_networks)
{
    char folder[TNAS_PATH_BYTES];
    if (!can_run())
        return;
    temporary_folder(folder);
    ck_assert_int_eq(run("measure --mcu stm32h743 --out %s/layers", folder)->exit_code, 0);
    ck_assert_int_eq(
        run("measure kws_ref_model mbv2-w0.3-r64 --mcu stm32h743 --out %s/networks", folder)
            ->exit_code,
        0);
    must_run("cd %s && make -s -C layers run >layers.csv && make -s -C networks run >networks.csv "
             "&& grep 'layer,\\|,network,' networks.csv >held_out.csv",
             folder);
    ck_assert_int_eq(run("calibrate --mcu stm32h743 --runtime tinynas --measurements "
                         "%s/layers.csv --out %s/part.json",
                         folder, folder)
                         ->exit_code,
                     0);
    const outcome *const o = run("compare --mcu %s/part.json --runtime tinynas --measurements "
                                 "%s/held_out.csv --fail-above 20",
                                 folder, folder);
    ck_assert_msg(o->exit_code == 0, "%s%s", o->out, o->err);
    ck_assert_ptr_nonnull(strstr(o->out, "held out"));
}
END_TEST

START_TEST(what_does_not_fit_or_does_not_exist_is_refused)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    check_failure(run("measure quantized_v2_224_140 --mcu stm32f746 --out %s/m", folder), 4,
                  "bytes of SRAM");
    check_failure(run("measure no-such-graph --mcu stm32f746 --out %s/m", folder), 2,
                  "no-such-graph");
    check_failure(run("measure --mcu stm32f746 --runtime tflm --out %s/m", folder), 2, "tflm");
    check_failure(run("measure --mcu stm32f746"), 2, "--out");
    must_run("test ! -e %s/m", folder);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("measure");
    TCase *const tc = tcase_create("measure");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, every_network_and_layer_is_a_row);
    tcase_add_test(tc, a_network_with_other_bytes_than_the_hosts_is_left_out);
    tcase_add_test(tc, measured_layers_predict_networks);
    tcase_add_test(tc, what_does_not_fit_or_does_not_exist_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
