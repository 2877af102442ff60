/* Exports on this PC: the generated C compiles everywhere, answers like the host, takes the
 * bytes that were predicted; folders are replaced or refused as promised. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "export/export_folder_internal.h"
#include "tests/export_build.h"

#define STRICT "-pedantic -Wall -Wextra -Werror"

static const char *const compilers[] = {"gcc", "clang"};
static const char *const cpp_compilers[] = {"g++", "clang++"};

START_TEST(host_runner_agrees_under_every_compiler)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image((uint64_t)_i);
    export_into(image, folder, "net", path);
    for (size_t c = 0; c < 2; c++) {
        if (!have_program(compilers[c])) {
            printf("SKIP: %s is not installed\n", compilers[c]);
            continue;
        }
        must_run("make -s -C %s clean && make -s -C %s CC=%s", path, path, compilers[c]);
        ck_assert_int_eq(run_command(output, "%s/build/net_host", path), 0);
        ck_assert_msg(strncmp(output, "{\"vectors\":4,\"mismatches\":0,\"crc\":\"", 35) == 0,
                      "model %d: %s", _i, output);
    }
    tnas_image_destroy(image);
}
END_TEST

/* Reads inputs from stdin, writes outputs and winners. */
static const char stream_driver[] =
    "#include <stdio.h>\n"
    "#include \"net.h\"\n"
    "static NET_ALIGNED(NET_ARENA_ALIGN) int8_t arena[NET_ARENA_BYTES];\n"
    "int main(void)\n"
    "{\n"
    "    static int8_t in[NET_INPUT_BYTES], out[NET_OUTPUT_BYTES];\n"
    "    while (fread(in, 1, sizeof in, stdin) == sizeof in) {\n"
    "        const int winner = net_invoke(arena, in, out);\n"
    "        fwrite(out, 1, sizeof out, stdout);\n"
    "        putchar(winner);\n"
    "    }\n"
    "    return 0;\n"
    "}\n";

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

/* Random inputs as a file, and the bytes that the driver must answer. */
static uint8_t *answer_on_host(const tnas_image *image, int count, const char *input_path,
                               size_t *byte_count)
{
    const size_t in_bytes = image->model.input_bytes, out_bytes = image->model.output_bytes;
    int8_t *const inputs = tnas_alloc_zero((size_t)count, in_bytes);
    uint8_t *const answers = tnas_alloc_zero((size_t)count, out_bytes + 1);
    void *const arena = tnas_alloc_zero(image->model.arena_bytes, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_DATA, in_bytes);
    for (size_t i = 0; i < (size_t)count * in_bytes; i++)
        inputs[i] = (int8_t)((int)tnas_rng_below(&rng, 256) - 128);
    for (int i = 0; i < count; i++) {
        int8_t *const out = (int8_t *)answers + (size_t)i * (out_bytes + 1);
        tnas_image_run(image, arena, inputs + (size_t)i * in_bytes, out);
        out[out_bytes] = (int8_t)tnas_image_argmax(out, (int)out_bytes);
    }
    ck_ok(tnas_file_write(input_path, inputs, (size_t)count * in_bytes));
    tnas_free(arena);
    tnas_free(inputs);
    *byte_count = (size_t)count * (out_bytes + 1);
    return answers;
}

START_TEST(exported_c_answers_like_the_image_and_stays_in_its_arena)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], name[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(100 + (uint64_t)_i);
    export_into(image, folder, "net", path);
    write_text(path, "driver.c", stream_driver);
    ck_ok(tnas_path_join(name, path, "inputs"));
    size_t byte_count, got_count;
    uint8_t *const expected = answer_on_host(image, 200, name, &byte_count);
    must_run("cd %s && gcc -std=c99 " STRICT " -O1 -fsanitize=address,undefined "
             "-fno-sanitize-recover=all -Isrc $(find src -name '*.c') driver.c "
             "-o driver && "
             "./driver <inputs >outputs",
             path);
    ck_ok(tnas_path_join(name, path, "outputs"));
    uint8_t *got;
    ck_ok(tnas_file_read(name, byte_count + 1, &got, &got_count));
    ck_assert_uint_eq(got_count, byte_count);
    ck_assert_msg(memcmp(got, expected, byte_count) == 0, "model %d: bytes differ", _i);
    tnas_free(got);
    tnas_free(expected);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(generated_c_is_cpp_as_well)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(200);
    export_into(image, folder, "net", path);
    for (size_t c = 0; c < 2; c++) {
        const char *const cpp = cpp_compilers[c];
        if (!have_program(cpp)) {
            printf("SKIP: %s is not installed\n", cpp);
            continue;
        }
        must_run("cd %s && mkdir -p cpp && cd cpp && %s -x c++ -std=c++11 " STRICT
                 " -I.. -I../src -c $(find ../src -name '*.c') ../host/main.c && "
                 "%s *.o -o host && ./host",
                 path, cpp, cpp);
    }
    tnas_image_destroy(image);
}
END_TEST

START_TEST(two_exports_share_one_runtime_in_one_program)
{
    static const char both[] =
        "#include \"alpha.h\"\n#include \"alpha_vectors.h\"\n"
        "#include \"beta.h\"\n#include \"beta_vectors.h\"\n"
        "#include <string.h>\n"
        "static ALPHA_ALIGNED(16) uint8_t a[ALPHA_ARENA_BYTES];\n"
        "static BETA_ALIGNED(16) uint8_t b[BETA_ARENA_BYTES];\n"
        "int main(void)\n"
        "{\n"
        "    int v, wrong = 0;\n"
        "    for (v = 0; v < ALPHA_VECTOR_COUNT && v < BETA_VECTOR_COUNT; v++) {\n"
        "        alpha_invoke(a, alpha_vector_inputs[v], NULL);\n"
        "        beta_invoke(b, beta_vector_inputs[v], NULL);\n"
        "        wrong += memcmp(alpha_output(a), alpha_vector_outputs[v], ALPHA_OUTPUT_BYTES) != "
        "0;\n"
        "        wrong += memcmp(beta_output(b), beta_vector_outputs[v], BETA_OUTPUT_BYTES) != 0;\n"
        "    }\n"
        "    return wrong;\n"
        "}\n";
    char folder[TNAS_PATH_BYTES], alpha[TNAS_PATH_BYTES], beta[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const images[] = {random_image(301), random_image(303)};
    export_into(images[0], folder, "alpha", alpha);
    export_into(images[1], folder, "beta", beta);
    write_text(folder, "both.c", both);
    must_run("cd %s && gcc -std=c99 " STRICT
             " -Ialpha -Ialpha/src -Ibeta -Ibeta/src alpha/src/*.c beta/src/*.c "
             "$(find alpha/src/runtime -name '*.c') both.c -o both && ./both",
             folder);
    tnas_image_destroy(images[0]);
    tnas_image_destroy(images[1]);
}
END_TEST

START_TEST(exporting_twice_gives_the_same_bytes_and_no_trace_of_this_machine)
{
    char folder[TNAS_PATH_BYTES], first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    char output[COMMAND_OUTPUT_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(400);
    export_into(image, folder, "net", first);
    must_run("mv %s/net %s/earlier", folder, folder);
    tnas_image *const again = random_image(400);
    export_into(again, folder, "net", second);
    must_run("diff -r %s/net %s/earlier", folder, folder);
    ck_assert_int_eq(run_command(output, "grep -rlF -e '%s' -e \"$(hostname)\" %s", folder, second),
                     1);
    tnas_image_destroy(image);
    tnas_image_destroy(again);
}
END_TEST

START_TEST(runner_counts_the_right_answers_of_idx_files)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(500);
    export_into(image, folder, "net", path);
    must_run("make -s -C %s", path);
    enum { COUNT = 50 };
    const tnas_tensor *const shape = &image->graph.tensors[0];
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_DATA, 500);
    const size_t pixel_count = COUNT * (size_t)image->model.input_bytes;
    uint8_t *const pixels = tnas_alloc_zero(pixel_count, 1);
    for (size_t i = 0; i < pixel_count; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
    int16_t labels[COUNT];
    tnas_pool *pool;
    ck_ok(tnas_pool_create(1, &pool));
    ck_ok(tnas_image_classify(image, pool, pixels, COUNT, labels));
    tnas_pool_destroy(pool);
    for (int i = 0; i < COUNT; i += 5)
        labels[i] = (int16_t)(labels[i] == 0); /* a wrong one */
    const tnas_images set = {.count = COUNT, .pixels = pixels, .labels = labels};
    ck_ok(tnas_images_save_idx(&set, shape->h, shape->w, shape->c, folder));

    ck_assert_int_eq(
        run_command(output, "cd %s && net/build/net_host images.idx labels.idx", folder), 0);
    ck_assert_str_eq(output, "{\"images\":50,\"correct\":40,\"accuracy\":0.800000}\n");
    ck_assert_int_eq(
        run_command(output, "cd %s && net/build/net_host labels.idx labels.idx", folder), 1);
    ck_assert_str_eq(output, "labels.idx has 1 dimensions, expected 3 to 4\n");
    ck_assert_int_eq(run_command(output,
                                 "cd %s && head -c 40 images.idx >cut.idx && "
                                 "net/build/net_host cut.idx labels.idx",
                                 folder),
                     1);
    ck_assert_str_eq(output, "cut.idx ends before item 0\n");
    ck_assert_int_eq(run_command(output, "cd %s && net/build/net_host none.idx labels.idx", folder),
                     1);
    ck_assert_str_eq(output, "cannot open none.idx\n");
    tnas_free(pixels);
    tnas_image_destroy(image);
}
END_TEST

/* Size of a symbol in an object file, by nm; 0 when it is not there. */
static size_t symbol_bytes(const char *object, const char *symbol)
{
    char output[COMMAND_OUTPUT_BYTES];
    ck_assert_int_eq(
        run_command(output, "nm -S %s | awk '$4 == \"%s\" { print $2 }'", object, symbol), 0);
    return (size_t)strtoul(output, NULL, 16);
}

static size_t macro_value(const char *folder, const char *macro)
{
    char output[COMMAND_OUTPUT_BYTES];
    ck_assert_int_eq(
        run_command(output, "awk '$2 == \"%s\" { print $3 }' %s/src/net.h", macro, folder), 0);
    return (size_t)strtoul(output, NULL, 10);
}

START_TEST(constants_in_the_object_files_are_those_of_the_target)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], table[TNAS_PATH_BYTES],
        weights[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(600 + (uint64_t)_i);
    export_into(image, folder, "net", path);
    must_run("cd %s && gcc -std=c99 -c src/net.c src/net_weights.c", path);
    ck_ok(tnas_path_join(table, path, "net.o"));
    ck_ok(tnas_path_join(weights, path, "net_weights.o"));

    const tnas_target *const target = image->variant->target;
    const tnas_packed_bytes packed =
        tnas_schedule_packed_bytes(&image->graph, &image->schedule, target);
    const size_t constant_bytes =
        symbol_bytes(weights, "net_weights") + symbol_bytes(weights, "net_params") +
        symbol_bytes(table, "net_layers") + symbol_bytes(table, "net_model");
    ck_assert_uint_eq(symbol_bytes(weights, "net_weights"), packed.weights);
    ck_assert_uint_eq(constant_bytes, packed.weights + packed.channels +
                                          target->table_bytes(&image->graph, sizeof(void *)));
    ck_assert_uint_eq(macro_value(path, "NET_WEIGHTS_BYTES"), packed.weights);
    ck_assert_uint_eq(macro_value(path, "NET_CHANNELS_BYTES"), packed.channels);
    ck_assert_uint_eq(macro_value(path, "NET_TABLE_BYTES"), target->table_bytes(&image->graph, 4));
    ck_assert_uint_eq(macro_value(path, "NET_ARENA_BYTES"), image->plan.arena_bytes);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(a_wrong_prediction_stops_the_export)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    tnas_image *const image = random_image(700);
    const tnas_cost cost = {.footprint.weights_bytes = 1};
    const tnas_export_options options = {.name = "net", .folder = path, .cost = &cost};
    ck_fails(TNAS_ERR_INTERNAL, "net: predicted 1 bytes of weights",
             tnas_export_c(image, &options));
    ck_assert(!tnas_dir_exists(path));
    tnas_image_destroy(image);
}
END_TEST

START_TEST(budgets_are_checked_by_the_preprocessor)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(800);
    export_into(image, folder, "net", path);
    const unsigned arena_bytes = (unsigned)image->model.arena_bytes;
    must_run("cd %s && gcc -std=c99 -DNET_ARENA_LIMIT=%u -fsyntax-only src/net.h", path,
             arena_bytes);
    ck_assert_int_ne(run_command(output,
                                 "cd %s && gcc -std=c99 -DNET_ARENA_LIMIT=%u -fsyntax-only "
                                 "src/net.h",
                                 path, arena_bytes - 1),
                     0);
    ck_assert_ptr_nonnull(strstr(output, "the arena is larger than NET_ARENA_LIMIT"));
    ck_assert_int_ne(run_command(output,
                                 "cd %s && gcc -std=c99 -DNET_FLASH_LIMIT=28 -fsyntax-only "
                                 "src/net.h",
                                 path),
                     0);
    ck_assert_ptr_nonnull(strstr(output, "flash is larger than NET_FLASH_LIMIT"));
    tnas_image_destroy(image);
}
END_TEST

START_TEST(sections_can_be_chosen)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(850);
    export_into(image, folder, "net", path);
    must_run("cd %s && for file in src/net_weights host/main; do "
             "gcc -std=c99 " STRICT " -I. -Isrc -c $file.c -o part.o "
             "-D'NET_WEIGHTS_SECTION=__attribute__((section(\".qspi\")))' "
             "-D'NET_ARENA_SECTION=__attribute__((section(\".dtcm\")))' && "
             "objdump -h part.o >>sections || exit 1; done; "
             "grep -q ' .qspi ' sections && grep -q ' .dtcm ' sections",
             path);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(the_part_and_the_price_reach_makefile_and_readme)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    tnas_image *const image = random_image(860);
    const tnas_target *const target = image->variant->target;
    tnas_cost cost = {
        .has_latency = true, .latency_ms = 41.2, .latency_low_ms = 38.1, .latency_high_ms = 44.3};
    const tnas_packed_bytes packed =
        tnas_schedule_packed_bytes(&image->graph, &image->schedule, target);
    cost.footprint.weights_bytes = packed.weights;
    cost.footprint.channels_bytes = packed.channels;
    cost.footprint.table_bytes = target->table_bytes(&image->graph, 4);
    cost.footprint.arena_bytes = image->plan.arena_bytes;
    const tnas_mcu mcu = {.part = "STM32H743ZI",
                          .flash_bytes = 2 << 20,
                          .region_count = 2,
                          .regions = {{.name = "DTCM", .bytes = 128 << 10, .arena = true},
                                      {.name = "AXI SRAM", .bytes = 512 << 10, .arena = true}}};
    const tnas_export_options options = {
        .name = "net", .folder = path, .cost = &cost, .mcu = &mcu, .toolchain = "a compiler"};
    ck_ok(tnas_export_c(image, &options));
    must_run("cd %s && grep -q '^FLASH_BYTES ?= 2097152$' Makefile && "
             "grep -q '^RAM_BYTES   ?= 524288$' Makefile && "
             "grep -q 'latency on STM32H743ZI, predicted | 41.2 ms, 90 %% between 38.1 and 44.3' "
             "README.md && grep -q '`a compiler`' README.md && ! grep -q '@[A-Za-z_]*@' README.md "
             "Makefile",
             path);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(class_names_survive_as_c_strings)
{
    static const char names[][TNAS_CLASS_NAME_BYTES] = {"plain",
                                                        "with \"quotes\"",
                                                        "back\\slash",
                                                        "what?\?=",
                                                        "gr\xc3\xbcn",
                                                        "line\nbreak",
                                                        "1",
                                                        "b",
                                                        "c",
                                                        "d",
                                                        "e"};
    static const char check[] = "#include <string.h>\n#include \"net.h\"\n"
                                "static const char *const names[] = NET_CLASS_NAMES;\n"
                                "int main(void)\n{\n"
                                "    return strcmp(names[1], \"with \\\"quotes\\\"\") != 0 ||\n"
                                "           strcmp(names[0], \"plain\") != 0;\n}\n";
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    tnas_image *image = NULL;
    for (uint64_t i = 900; image == NULL || image->model.output_bytes > 11; i++) {
        tnas_image_destroy(image);
        image = random_image(i);
    }
    tnas_export_options options = {.name = "net",
                                   .folder = path,
                                   .class_names = names,
                                   .class_count = (int)image->model.output_bytes};
    ck_ok(tnas_export_c(image, &options));
    write_text(folder, "check.c", check);
    must_run("cd %s && gcc -std=c99 " STRICT " -Inet/src check.c -o check && ./check", folder);
    options.class_count++;
    ck_fails(TNAS_ERR_INPUT, "class names for a model of", tnas_export_c(image, &options));
    tnas_image_destroy(image);
}
END_TEST

static const struct {
    const char *text, *name;
} sanitized[] = {
    {"kws", "kws"},
    {"Person Detection v2.1", "person_detection_v2_1"},
    {"2net", "model_2net"},
    {"int", "model_int"},
    {"Class", "model_class"},
    {"stdint", "model_stdint"},
    {"tnrt", "model_tnrt"},
    {"tnrt_invoke", "model_tnrt_invoke"},
    {"M\xc3\xbcll \xc3\x84pfel Stra\xc3\x9f"
     "e",
     "muell_aepfel_strasse"},
    {"\xe7\x8c\xab", "model"},
    {"\xc3", "model"},
    {"", "model"},
    {"__x__", "x"},
    {"../../etc/passwd", "etc_passwd"},
};

START_TEST(names_become_identifiers)
{
    char name[TNAS_EXPORT_NAME_BYTES], small[16], again[TNAS_EXPORT_NAME_BYTES];
    tnas_export_sanitize(sanitized[_i].text, name, sizeof name);
    ck_assert_str_eq(name, sanitized[_i].name);
    tnas_export_sanitize(name, again, sizeof again);
    ck_assert_str_eq(again, name);
    tnas_export_sanitize("1234567890123456789", small, sizeof small);
    ck_assert_uint_lt(strlen(small), sizeof small);
}
END_TEST

START_TEST(other_names_are_refused_with_one_that_works)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(1000);
    const tnas_export_options options = {.name = "2 fast", .folder = folder};
    ck_fails(TNAS_ERR_USAGE, "\"model_2_fast\" can", tnas_export_c(image, &options));
    tnas_image_destroy(image);
}
END_TEST

/* Number of entries beside the named one: temporary folders that were left behind. */
static int entries_in(const char *folder)
{
    char output[COMMAND_OUTPUT_BYTES];
    ck_assert_int_eq(run_command(output, "ls -A %s | wc -l", folder), 0);
    return atoi(output);
}

START_TEST(an_earlier_export_is_replaced_whole)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], old_path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(1100), *const other = random_image(1101);
    export_into(image, folder, "net", old_path);
    must_run("make -s -C %s", old_path);
    const tnas_export_options options = {.name = "fresh", .folder = old_path};
    ck_ok(tnas_export_c(other, &options));
    must_run("cd %s && test -f src/fresh.c && ! test -e src/net.c && ! test -e build", old_path);
    ck_assert_int_eq(entries_in(folder), 1);
    must_run("rm -r %s && mkdir %s", old_path, old_path); /* an empty folder is free */
    export_into(image, folder, "net", path);
    ck_assert_int_eq(entries_in(folder), 1);
    tnas_image_destroy(image);
    tnas_image_destroy(other);
}
END_TEST

static bool can_exchange(const char *folder)
{
#ifdef RENAME_EXCHANGE
    char a[TNAS_PATH_BYTES], b[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(a, folder, "a"));
    ck_ok(tnas_path_join(b, folder, "b"));
    must_run("mkdir %s %s", a, b);
    const bool can = renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
    must_run("rmdir %s %s", a, b);
    if (can)
        return true;
#endif
    printf("SKIP: %s is on a file system that cannot exchange names\n", folder);
    return false;
}

static void write_folder(const char *path)
{
    tnas_export_folder export = {0};
    ck_ok(tnas_export_folder_begin(&export, path));
    ck_ok(tnas_export_folder_add(&export, "a.c", "int a;\n", 7));
    ck_ok(tnas_export_folder_commit(&export));
    tnas_export_folder_deinit(&export);
}

/* Another process looks for the folder all the time that it is replaced. */
START_TEST(an_export_is_there_at_every_moment_of_its_replacement)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], file[TNAS_PATH_BYTES];
    temporary_folder(folder);
    if (!can_exchange(folder))
        return;
    ck_ok(tnas_path_join(path, folder, "net"));
    ck_ok(tnas_path_join(file, path, "a.c"));
    write_folder(path);
    const pid_t watcher = fork();
    if (watcher == 0)
        for (;;)
            if (access(file, F_OK) != 0)
                _exit(1);
    for (int i = 0; i < 300; i++)
        write_folder(path);
    kill(watcher, SIGKILL);
    int status;
    ck_assert_int_eq(waitpid(watcher, &status, 0), watcher);
    ck_assert_msg(WIFSIGNALED(status), "the folder was missing for a moment");
}
END_TEST

START_TEST(what_killed_exports_left_is_removed_by_the_next)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    const pid_t ended = fork(); /* a process number that is free again */
    if (ended == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(ended, NULL, 0), ended);
    const int gone = (int)ended;
    must_run("cd %s && mkdir -p net.tmp%d-0/runtime net.tmp%d-1.old && touch net.tmp%d-0/runtime/a",
             folder, gone, gone, gone);
    /* Of a living process, another export's, no process number, a longer name, a file. */
    must_run("cd %s && mkdir net.tmp%d-7 kws.tmp%d-0 net.tmpx-0 net.tmp%d-0.orig", folder,
             (int)getpid(), gone, gone);
    must_run("touch %s/net.tmp%d-2", folder, gone);
    write_folder(path);
    ck_assert_int_eq(entries_in(folder), 6);
    must_run("cd %s && ! test -e net.tmp%d-0 && ! test -e net.tmp%d-1.old", folder, gone, gone);
}
END_TEST

START_TEST(a_symbolic_link_is_not_replaced)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "link"));
    tnas_image *const image = random_image(1201);
    must_run("cd %s && mkdir real && ln -s real link", folder);
    const tnas_export_options options = {.name = "net", .folder = path};
    ck_fails(TNAS_ERR_IO, "link: it is a symbolic link; name the folder itself",
             tnas_export_c(image, &options));
    must_run("cd %s && test -L link && rmdir real", folder);
    ck_fails(TNAS_ERR_IO, "symbolic link", tnas_export_c(image, &options));
    ck_assert_int_eq(entries_in(folder), 1);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(a_folder_with_other_files_is_refused_and_left_alone)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(1200);
    export_into(image, folder, "net", path);
    const tnas_export_options options = {.name = "net", .folder = path};
    must_run("echo precious >%s/firmware/notes.txt && cp -r %s %s/before", path, path, folder);
    ck_fails(TNAS_ERR_IO, "holds firmware/notes.txt, which no earlier export wrote",
             tnas_export_c(image, &options));
    must_run("diff -r %s %s/before", path, folder);

    must_run("rm -r %s && mkdir %s && echo precious >%s/main.c", path, path, path);
    ck_fails(TNAS_ERR_IO, "holds main.c", tnas_export_c(image, &options));
    must_run("echo 'a project' >%s/manifest.txt", path);
    ck_fails(TNAS_ERR_IO, "manifest.txt", tnas_export_c(image, &options));
    must_run("rm -r %s && echo precious >%s", path, path);
    ck_fails(TNAS_ERR_IO, "a file is in the way", tnas_export_c(image, &options));
    must_run("test \"$(cat %s)\" = precious", path);
    ck_assert_int_eq(entries_in(folder), 2);
    tnas_image_destroy(image);
}
END_TEST

START_TEST(a_failed_write_leaves_nothing_behind)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    tnas_image *const image = random_image(1300);
    export_into(image, folder, "net", path);
    must_run("cp -r %s %s/before", path, folder);
    const tnas_export_options options = {.name = "net", .folder = path};
    /* No file may grow beyond 3000 bytes: writing starts and breaks off. */
    struct rlimit limit, short_limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    short_limit = (struct rlimit){3000, limit.rlim_max};
    void (*const earlier)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &short_limit), 0);
    const tnas_status status = tnas_export_c(image, &options);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, earlier);
    ck_assert_int_eq(status, TNAS_ERR_IO);
    ck_assert_ptr_nonnull(strstr(tnas_error_text(), "File too large"));
    must_run("diff -r %s %s/before", path, folder);
    ck_assert_int_eq(entries_in(folder), 2);

    const tnas_export_options nowhere = {.name = "net", .folder = "/dev/null/net"};
    ck_fails(TNAS_ERR_IO, "/dev/null", tnas_export_c(image, &nowhere));
    const tnas_export_options empty = {.name = "net", .folder = ""};
    ck_fails(TNAS_ERR_IO, "the path is empty", tnas_export_c(image, &empty));
    tnas_image_destroy(image);
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "net"));
    tnas_image *const image = random_image(1400);
    const tnas_export_options options = {.name = "net", .folder = path};
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    for (; status != TNAS_OK && n < 1000; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_export_c(image, &options);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "allocation %ld: %s", n,
                      tnas_error_text());
        ck_assert_int_eq(entries_in(folder), status == TNAS_OK ? 1 : 0);
    }
    ck_assert_int_gt(n, 10);
    ck_ok(status);
    tnas_image_destroy(image);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export");
    TCase *const tc = tcase_create("export");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, host_runner_agrees_under_every_compiler, 0, 2);
    tcase_add_loop_test(tc, exported_c_answers_like_the_image_and_stays_in_its_arena, 0, 5);
    tcase_add_test(tc, generated_c_is_cpp_as_well);
    tcase_add_test(tc, two_exports_share_one_runtime_in_one_program);
    tcase_add_test(tc, exporting_twice_gives_the_same_bytes_and_no_trace_of_this_machine);
    tcase_add_test(tc, runner_counts_the_right_answers_of_idx_files);
    tcase_add_loop_test(tc, constants_in_the_object_files_are_those_of_the_target, 0, 5);
    tcase_add_test(tc, a_wrong_prediction_stops_the_export);
    tcase_add_test(tc, budgets_are_checked_by_the_preprocessor);
    tcase_add_test(tc, sections_can_be_chosen);
    tcase_add_test(tc, the_part_and_the_price_reach_makefile_and_readme);
    tcase_add_test(tc, class_names_survive_as_c_strings);
    tcase_add_loop_test(tc, names_become_identifiers, 0,
                        (int)(sizeof sanitized / sizeof sanitized[0]));
    tcase_add_test(tc, other_names_are_refused_with_one_that_works);
    tcase_add_test(tc, an_earlier_export_is_replaced_whole);
    tcase_add_test(tc, an_export_is_there_at_every_moment_of_its_replacement);
    tcase_add_test(tc, what_killed_exports_left_is_removed_by_the_next);
    tcase_add_test(tc, a_symbolic_link_is_not_replaced);
    tcase_add_test(tc, a_folder_with_other_files_is_refused_and_left_alone);
    tcase_add_test(tc, a_failed_write_leaves_nothing_behind);
    tcase_add_test(tc, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
