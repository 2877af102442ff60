/* Exports on an emulated Cortex-M7: flash and SRAM as predicted, every byte as on the host. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/export_build.h"

#define CODE_SIZES "configs/codesize/cortex-m7.csv"

static bool can_build(void)
{
    if (have_program("arm-none-eabi-gcc"))
        return true;
    printf("SKIP: arm-none-eabi-gcc is not installed\n");
    return false;
}

/* Code bytes are exact for the compiler that measured them. */
static bool is_measured_compiler(const tnas_code_sizes *sizes)
{
    char output[COMMAND_OUTPUT_BYTES];
    ck_assert_int_eq(run_command(output, "printf '%%s ' \"$(arm-none-eabi-gcc -dumpfullversion)\""),
                     0);
    if (strstr(sizes->toolchain, output) != NULL)
        return true;
    printf("SKIP: code sizes were measured with %s, here is %s\n", sizes->toolchain, output);
    return false;
}

static void predict(const tnas_image *image, const tnas_code_sizes *sizes, tnas_cost *out)
{
    *out = (tnas_cost){.macs = tnas_graph_macs(&image->graph)};
    ck_ok(tnas_footprint_compute(&image->graph, &image->schedule, &image->plan,
                                 tnas_runtime_find(image->variant->target->name, NULL), sizes,
                                 &out->footprint));
}

static void export_predicted(const tnas_image *image, const char *folder, tnas_code_sizes *sizes,
                             tnas_cost *cost, char path[TNAS_PATH_BYTES])
{
    ck_ok(tnas_code_sizes_load(CODE_SIZES, sizes));
    predict(image, sizes, cost);
    ck_ok(tnas_path_join(path, folder, "net"));
    const tnas_export_options options = {
        .name = "net", .folder = path, .cost = cost, .toolchain = sizes->toolchain};
    ck_ok(tnas_export_c(image, &options));
}

/* "flash  1234" in the output of linked_bytes.sh */
static size_t linked(const char *output, const char *quantity)
{
    const char *const at = strstr(output, quantity);
    ck_assert_msg(at != NULL, "no %s in\n%s", quantity, output);
    return (size_t)strtoul(at + strlen(quantity), NULL, 10);
}

START_TEST(linked_flash_and_sram_are_the_predicted_ones)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build())
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(2000 + (uint64_t)_i);
    tnas_code_sizes sizes;
    tnas_cost cost;
    export_predicted(image, folder, &sizes, &cost, path);
    const tnas_footprint *const footprint = &cost.footprint;
    must_run("make -s -C %s firmware", path);
    ck_assert_int_eq(run_command(output, "cd %s && sh linked_bytes.sh build/net.map net", path), 0);
    /* Rounding up to 4 is how sections are placed only while none is aligned to more. */
    must_run("cd %s/build/firmware && ! arm-none-eabi-objdump -h $(find src -name '*.o') | "
             "awk '$2 ~ /^.(text|rodata)/ && $7 !~ /^2..[012]$/' | grep .",
             path);
    ck_assert_uint_eq(linked(output, "sram"), footprint->sram_bytes);
    ck_assert_uint_eq(linked(output, "constants"), footprint->weights_bytes +
                                                       footprint->channels_bytes +
                                                       footprint->table_bytes);
    ck_assert_uint_eq(linked(output, "library"), 0);
    if (is_measured_compiler(&sizes)) {
        ck_assert_uint_eq(linked(output, "code"), footprint->code_bytes);
        ck_assert_uint_eq(linked(output, "flash"), footprint->flash_bytes);
    }
    tnas_image_destroy(image);
}
END_TEST

/* What main and start.c keep on the stack beside the model. */
enum { APPLICATION_STACK_BYTES = 128 };

START_TEST(an_emulated_cortex_m7_gives_every_byte_of_the_host)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build())
        return;
    if (!have_program("qemu-system-arm")) {
        printf("SKIP: qemu-system-arm is not installed\n");
        return;
    }
    temporary_folder(folder);
    tnas_image *const image = random_image(2100 + (uint64_t)_i);
    tnas_code_sizes sizes;
    tnas_cost cost;
    export_predicted(image, folder, &sizes, &cost, path);
    must_run("make -s -C %s firmware", path);
    const int status = run_command(output, "make -s -C %s run", path);
    ck_assert_msg(status == 0, "model %d: status %d: %s", _i, status, output);
    ck_assert_ptr_nonnull(strstr(output, "{\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    const char *const key = "\"stack_bytes\":";
    const char *const stack = strstr(output, key);
    ck_assert_ptr_nonnull(stack);
    if (is_measured_compiler(&sizes))
        ck_assert_uint_le(strtoul(stack + strlen(key), NULL, 10),
                          cost.footprint.stack_bytes + APPLICATION_STACK_BYTES);
    tnas_image_destroy(image);
}
END_TEST

/* Every depthwise kernel, one after the other, on odd sizes. */
static void depthwise_graph(tnas_graph *graph)
{
    static const struct {
        uint8_t kernel_h, kernel_w, stride;
    } windows[] = {{3, 3, 1}, {5, 5, 1}, {7, 7, 1}, {3, 5, 1}, {3, 3, 2}, {5, 5, 2}, {7, 7, 2}};
    tnas_graph_init(graph, 21, 15, 11);
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        const tnas_tensor in = graph->tensors[i];
        tnas_op op = {.kind = TNAS_OP_DWCONV2D,
                      .activation = i % 2 == 0 ? TNAS_ACT_RELU6 : TNAS_ACT_NONE,
                      .in = {(int16_t)i, TNAS_NONE},
                      .kernel_h = windows[i].kernel_h,
                      .kernel_w = windows[i].kernel_w,
                      .stride_h = windows[i].stride,
                      .stride_w = windows[i].stride};
        tnas_pad_same(in.h, op.kernel_h, op.stride_h, &op.pad_top, &op.pad_bottom);
        tnas_pad_same(in.w, op.kernel_w, op.stride_w, &op.pad_left, &op.pad_right);
        ck_assert_int_eq(tnas_graph_append(graph, &op, 0), (int)i + 1);
    }
}

static tnas_model *depthwise_model(tnas_rng *rng)
{
    tnas_graph graph;
    depthwise_graph(&graph);
    tnas_model *model;
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    model->quant[0] = (tnas_quant){0.02f, 3};
    for (int i = 0; i < graph.op_count; i++) {
        const tnas_op *const op = &graph.ops[i];
        const int64_t count = tnas_op_weight_count(&graph, i);
        ck_ok(tnas_model_add_constants(model, i, 0));
        for (int64_t w = 0; w < count; w++)
            model->constants[i].weight_s8[w] = (int8_t)((int)tnas_rng_below(rng, 255) - 127);
        for (int c = 0; c < graph.tensors[op->out].c; c++) {
            model->constants[i].weight_scale[c] = 0.01f + 0.02f * (float)tnas_rng_unit(rng);
            model->constants[i].bias_s32[c] = (int32_t)tnas_rng_below(rng, 4001) - 2000;
        }
        const float spread = 73.0f * sqrtf((float)(op->kernel_h * op->kernel_w));
        model->quant[op->out] = (tnas_quant){model->quant[op->in[0]].scale * 0.02f * spread,
                                             op->activation == TNAS_ACT_NONE ? 5 : -128};
    }
    return model;
}

START_TEST(depthwise_kernels_on_an_emulated_cortex_m7_give_the_bytes_of_the_host)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build() || !have_program("qemu-system-arm"))
        return;
    temporary_folder(folder);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2500);
    tnas_model *const model = depthwise_model(&rng);
    tnas_image *image;
    ck_ok(tnas_image_build(model, &tnas_target_tinynas_dsp, &image));
    export_into(image, folder, "net", path);
    must_run("make -s -C %s firmware", path);
    ck_assert_int_eq(run_command(output, "make -s -C %s run", path), 0);
    ck_assert_ptr_nonnull(strstr(output, "{\"vectors\":4,\"mismatches\":0,\"crc\":\""));
    tnas_image_destroy(image);
    tnas_model_destroy(model);
}
END_TEST

START_TEST(the_firmware_notices_a_wrong_byte)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build() || !have_program("qemu-system-arm"))
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(2200);
    export_into(image, folder, "net", path);
    must_run("cd %s && sed -i '/vector_outputs/,$ s/^    {\\(-*[0-9]*\\)/    {(\\1) ^ 1/' "
             "net_vectors.h && make -s firmware && make -s host",
             path);
    ck_assert_int_ne(run_command(output, "make -s -C %s run", path), 0);
    ck_assert_ptr_nonnull(strstr(output, "\"mismatches\":4,"));
    ck_assert_int_eq(run_command(output, "%s/build/net_host", path), 1);
    ck_assert_ptr_nonnull(strstr(output, "\"mismatches\":4,"));
    tnas_image_destroy(image);
}
END_TEST

START_TEST(the_entry_code_does_not_depend_on_the_model)
{
    char folder[TNAS_PATH_BYTES], first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    if (!can_build())
        return;
    temporary_folder(folder);
    tnas_image *const images[] = {random_image(2301), random_image(2303)};
    export_into(images[0], folder, "net", first);
    must_run("make -s -C %s firmware && mv %s %s/first", first, first, folder);
    export_into(images[1], folder, "net", second);
    must_run("make -s -C %s firmware", second);
    must_run(
        "cd %s && cmp net/build/firmware/src/net_invoke.o first/build/firmware/src/net_invoke.o",
        folder);
    must_run("cd %s && ! cmp -s net/build/firmware/src/net.o first/build/firmware/src/net.o",
             folder);
    tnas_image_destroy(images[0]);
    tnas_image_destroy(images[1]);
}
END_TEST

START_TEST(the_size_tables_are_those_of_the_sources)
{
    char folder[TNAS_PATH_BYTES];
    static tnas_code_sizes sizes;
    if (!can_build())
        return;
    ck_ok(tnas_code_sizes_load(CODE_SIZES, &sizes));
    if (!is_measured_compiler(&sizes))
        return;
    temporary_folder(folder);
    must_run("sh scripts/codesize.sh %s && diff -ru configs/codesize %s", folder, folder);
}
END_TEST

START_TEST(a_part_that_is_too_small_fails_to_link)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!can_build())
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(2400);
    export_into(image, folder, "net", path);
    const unsigned arena_bytes = (unsigned)image->model.arena_bytes;
    must_run("make -s -C %s firmware RAM_BYTES=%u STACK_BYTES=1024", path, arena_bytes + 1024 + 64);
    must_run("make -s -C %s clean", path);
    ck_assert_int_ne(run_command(output, "make -s -C %s firmware RAM_BYTES=%u STACK_BYTES=1024",
                                 path, arena_bytes + 512),
                     0);
    ck_assert_ptr_nonnull(strstr(output, "RAM is too small"));
    ck_assert_int_ne(run_command(output, "make -s -C %s firmware FLASH_BYTES=1024", path), 0);
    ck_assert_ptr_nonnull(strstr(output, "`FLASH' overflowed"));
    tnas_image_destroy(image);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export_device");
    TCase *const tc = tcase_create("export_device");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, linked_flash_and_sram_are_the_predicted_ones, 0, 3);
    tcase_add_loop_test(tc, an_emulated_cortex_m7_gives_every_byte_of_the_host, 0, 3);
    tcase_add_test(tc, depthwise_kernels_on_an_emulated_cortex_m7_give_the_bytes_of_the_host);
    tcase_add_test(tc, the_firmware_notices_a_wrong_byte);
    tcase_add_test(tc, the_entry_code_does_not_depend_on_the_model);
    tcase_add_test(tc, the_size_tables_are_those_of_the_sources);
    tcase_add_test(tc, a_part_that_is_too_small_fails_to_link);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
