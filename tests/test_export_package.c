/* An export as a package: CMake, Zephyr, Arduino, PlatformIO, CMSIS-Pack; every compiler, as C and
 * as C++; two exports in one program. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/export_build.h"

#define STRICT "-pedantic -Wall -Wextra -Werror"

/* random_image: even indices are plain C, odd ones have the DSP kernels. */
enum { PLAIN = 6000, DSP = 6001 };

static bool have(const char *program)
{
    if (have_program(program))
        return true;
    printf("SKIP: %s is not installed\n", program);
    return false;
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

static char *read_text(const char *folder, const char *name)
{
    char path[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_read(path, 1 << 20, &bytes, &byte_count));
    return (char *)bytes;
}

/* Exports of random models `first` and `second` as alpha and beta below `folder`. */
static void export_two(const char *folder, uint64_t first, uint64_t second)
{
    char path[TNAS_PATH_BYTES];
    tnas_image *const images[] = {random_image(first), random_image(second)};
    export_into(images[0], folder, "alpha", path);
    export_into(images[1], folder, "beta", path);
    tnas_image_destroy(images[0]);
    tnas_image_destroy(images[1]);
}

/* Runs the test vectors of alpha and beta; C and C++. */
static const char both[] =
    "#include \"alpha.h\"\n#include \"beta.h\"\n"
    "#include \"alpha/alpha_vectors.h\"\n#include \"beta/beta_vectors.h\"\n"
    "#include <string.h>\n"
    "static ALPHA_ALIGNED(16) uint8_t a[ALPHA_ARENA_BYTES];\n"
    "static BETA_ALIGNED(16) uint8_t b[BETA_ARENA_BYTES];\n"
    "int wrong_bytes(void);\n"
    "int wrong_bytes(void)\n"
    "{\n"
    "    int v, wrong = 0;\n"
    "    for (v = 0; v < ALPHA_VECTOR_COUNT && v < BETA_VECTOR_COUNT; v++) {\n"
    "        alpha_invoke(a, alpha_vector_inputs[v], NULL);\n"
    "        beta_invoke(b, beta_vector_inputs[v], NULL);\n"
    "        wrong += memcmp(alpha_output(a), alpha_vector_outputs[v], ALPHA_OUTPUT_BYTES) != 0;\n"
    "        wrong += memcmp(beta_output(b), beta_vector_outputs[v], BETA_OUTPUT_BYTES) != 0;\n"
    "    }\n"
    "    return wrong;\n"
    "}\n";

/* ---- Compilers ---- */

static const struct {
    const char *program, *flags;
} compilers[] = {
    {"gcc", "-std=c99"},
    {"clang", "-std=c99"},
    {"g++", "-x c++ -std=c++11"},
    {"clang++", "-x c++ -std=c++11"},
    {"g++", "-x c++ -std=c++20"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m0plus -mthumb -std=c99"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m4 -mthumb -std=c99"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard -std=c11"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m33 -mthumb -std=c99"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m33+nodsp -mthumb -std=c99"},
    {"arm-none-eabi-gcc", "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard -std=c99"},
    {"arm-none-eabi-g++", "-x c++ -mcpu=cortex-m0plus -mthumb -std=gnu++11"},
    {"arm-none-eabi-g++", "-x c++ -mcpu=cortex-m7 -mthumb -std=gnu++17"},
    {"riscv64-unknown-elf-gcc", "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs -std=c99"},
    {"riscv64-unknown-elf-g++", "-x c++ -march=rv32imc -mabi=ilp32 --specs=picolibc.specs"},
};

START_TEST(every_source_compiles_without_a_warning)
{
    char folder[TNAS_PATH_BYTES];
    if (!have(compilers[_i].program))
        return;
    temporary_folder(folder);
    export_two(folder, PLAIN, DSP);
    must_run("cd %s && %s %s -O2 " STRICT " -Wshadow -c $(find alpha/src beta/src/beta*.c "
             "beta/src/runtime/*/ -name '*.c')",
             folder, compilers[_i].program, compilers[_i].flags);
}
END_TEST

/* ---- CMake and Zephyr ---- */

START_TEST(cmake_builds_an_export_and_runs_its_vectors)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    if (!have("cmake"))
        return;
    temporary_folder(folder);
    tnas_image *const image = random_image(PLAIN + (uint64_t)_i);
    export_into(image, folder, "net", path);
    must_run("cd %s && cmake -B build -DCMAKE_C_FLAGS='" STRICT "' && cmake --build build && "
             "ctest --test-dir build --output-on-failure",
             path);
    tnas_image_destroy(image);
}
END_TEST

static const char cmake_of_two[] =
    "cmake_minimum_required(VERSION 3.13)\n"
    "project(two LANGUAGES C)\n"
    "add_subdirectory(alpha)\nadd_subdirectory(beta)\n"
    "add_executable(two both.c main.c)\n"
    "target_include_directories(two PRIVATE .)\n"
    "target_link_libraries(two PRIVATE tinynas::alpha tinynas::beta)\n";

static const char main_of_two[] = "int wrong_bytes(void);\n"
                                  "int main(void)\n{\n    return wrong_bytes();\n}\n";

START_TEST(exports_of_two_variants_share_their_kernels_in_cmake)
{
    char folder[TNAS_PATH_BYTES];
    if (!have("cmake"))
        return;
    temporary_folder(folder);
    export_two(folder, _i == 0 ? PLAIN : DSP, _i == 0 ? DSP : PLAIN);
    write_text(folder, "CMakeLists.txt", cmake_of_two);
    write_text(folder, "both.c", both);
    write_text(folder, "main.c", main_of_two);
    must_run("cd %s && cmake -B build && cmake --build build && build/two", folder);
    must_run("cd %s && find build -name 'tnrt_*.o' | sed 's/.*[/]//' | sort | uniq -d >twice && "
             "! test -s twice && find build -name tnrt_add_s8_dsp.c.o | grep .",
             folder);
}
END_TEST

START_TEST(runtimes_of_two_versions_are_refused_by_cmake)
{
    char folder[TNAS_PATH_BYTES], output[COMMAND_OUTPUT_BYTES];
    if (!have("cmake"))
        return;
    temporary_folder(folder);
    export_two(folder, PLAIN, PLAIN + 2);
    write_text(folder, "CMakeLists.txt", cmake_of_two);
    must_run("echo '/* other */' >>%s/beta/src/runtime/tnrt_requant.h", folder);
    ck_assert_int_ne(run_command(output, "cd %s && cmake -B build", folder), 0);
    ck_assert_ptr_nonnull(strstr(output, "tnrt_requant.h"));
    ck_assert_ptr_nonnull(strstr(output, "same version of tinynas"));
}
END_TEST

/* What a module's files use of Zephyr's build system, with Zephyr's meaning of each; whole archives
 * are linked, as Zephyr does. */
static const char zephyr_stand_in[] =
    "cmake_minimum_required(VERSION 3.13)\n"
    "project(app LANGUAGES C)\n"
    "add_executable(app both.c main.c)\n"
    "target_include_directories(app PRIVATE .)\n"
    "macro(zephyr_library_named name)\n"
    "  set(ZEPHYR_CURRENT_LIBRARY ${name})\n"
    "  add_library(${name} STATIC \"\")\n"
    "  target_link_libraries(app PRIVATE -Wl,--whole-archive ${name} -Wl,--no-whole-archive)\n"
    "endmacro()\n"
    "function(zephyr_library_sources)\n"
    "  foreach(source ${ARGN})\n"
    "    get_filename_component(path ${source} ABSOLUTE)\n"
    "    target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${path})\n"
    "  endforeach()\n"
    "endfunction()\n"
    "function(zephyr_include_directories)\n"
    "  foreach(directory ${ARGN})\n"
    "    get_filename_component(path ${directory} ABSOLUTE)\n"
    "    target_include_directories(app PRIVATE ${path})\n"
    "  endforeach()\n"
    "endfunction()\n"
    "set(CONFIG_TINYNAS_ALPHA y)\nset(CONFIG_TINYNAS_BETA y)\n"
    "add_subdirectory(alpha/zephyr)\nadd_subdirectory(beta/zephyr)\n";

START_TEST(two_exports_are_zephyr_modules_with_one_runtime)
{
    char folder[TNAS_PATH_BYTES];
    if (!have("cmake"))
        return;
    temporary_folder(folder);
    export_two(folder, PLAIN, DSP);
    write_text(folder, "CMakeLists.txt", zephyr_stand_in);
    write_text(folder, "both.c", both);
    write_text(folder, "main.c", main_of_two);
    must_run("cd %s && cmake -B build && cmake --build build && build/app", folder);
    char *const module = read_text(folder, "alpha/zephyr/module.yml");
    ck_assert_str_eq(strstr(module, "name:"), "name: tinynas_alpha\n"
                                              "build:\n"
                                              "  cmake: zephyr\n"
                                              "  kconfig: zephyr/Kconfig\n");
    char *const kconfig = read_text(folder, "alpha/zephyr/Kconfig");
    ck_assert_ptr_nonnull(strstr(kconfig, "\nconfig TINYNAS_ALPHA\n\tbool \""));
    tnas_free(kconfig);
    tnas_free(module);
}
END_TEST

/* ---- Arduino and PlatformIO ---- */

/* Arduino compiles every source below src/ with src/ alone in the include path, and each library
 * that asks for it into an archive; the sketch is C++ with Arduino.h before it. */
static const char sketch[] = "extern \"C\" void setup(void);\n"
                             "#include \"both.c\"\n"
                             "void setup(void)\n{\n}\n"
                             "int main(void)\n{\n    setup();\n    return wrong_bytes();\n}\n";

START_TEST(two_exports_are_arduino_libraries_of_one_sketch)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    export_two(folder, _i == 0 ? PLAIN : DSP, _i == 0 ? DSP : PLAIN);
    write_text(folder, "both.c", both);
    write_text(folder, "sketch.cpp", sketch);
    for (int library = 0; library < 2; library++)
        must_run("cd %s/%s && grep -q '^dot_a_linkage=true$' library.properties && mkdir objects "
                 "&& cd objects && gcc -std=gnu11 -Os -I../src -c $(find ../src -name '*.c') && "
                 "ar rcs ../../lib%d.a *.o",
                 folder, library == 0 ? "alpha" : "beta", library);
    must_run(
        "cd %s && g++ -std=gnu++11 -Wall -Wextra -Werror -I. -Ialpha/src -Ibeta/src sketch.cpp "
        "lib0.a lib1.a -o sketch && ./sketch",
        folder);
    if (have("arm-none-eabi-g++"))
        must_run("cd %s && arm-none-eabi-g++ -mcpu=cortex-m0plus -mthumb -std=gnu++11 -Wall "
                 "-Wextra -Werror -I. -Ialpha/src -Ibeta/src -c sketch.cpp",
                 folder);
}
END_TEST

static const char *string_of(const cJSON *object, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItemCaseSensitive(object, key);
    ck_assert_msg(cJSON_IsString(item), "no string \"%s\"", key);
    return item->valuestring;
}

static void check_json_manifest(const char *path, const char *name)
{
    char *const text = read_text(path, "library.json"), header[TNAS_EXPORT_NAME_BYTES + 8];
    cJSON *const json = cJSON_Parse(text);
    ck_assert_msg(json != NULL, "not JSON: %s", text);
    snprintf(header, sizeof header, "%s.h", name);
    ck_assert_str_eq(string_of(json, "name"), name);
    ck_assert_str_eq(string_of(json, "headers"), header);
    ck_assert_str_eq(string_of(cJSON_GetObjectItemCaseSensitive(json, "build"), "srcDir"), "src");
    cJSON_Delete(json);
    tnas_free(text);
}

/* Every line KEY=VALUE, every key that Arduino requires. */
static void check_properties(const char *path)
{
    must_run(
        "cd %s && ! grep -Ev '^[a-z_]+=.*$' library.properties && for key in name version author "
        "maintainer sentence paragraph category url architectures includes; do "
        "grep -q \"^$key=\" library.properties || exit 1; done && "
        "grep -Eq '^name=[A-Za-z0-9][A-Za-z0-9 _.-]*$' library.properties",
        path);
}

static void check_pack(const char *path)
{
    must_run(
        "cd %s && xmllint --noout tinynas.*.pdsc && "
        "sed -n 's/.*<file .*name=\"\\(.*\\)\".*/\\1/p' tinynas.*.pdsc >listed && "
        "while read -r file; do test -e \"$file\" || exit 1; done <listed && "
        "find src -name '*.c' | sort >sources && grep '[.]c$' listed | sort | cmp - sources && "
        "rm listed sources",
        path);
}

/* ---- Names ---- */

static const struct {
    const char *text, *name;
    bool with_cmake; /* a target or folder of that name could be in the way */
} names[] = {
    {"net", "net", false},           {"Größe <b> & \"Söhne\"", "groesse_b_soehne", false},
    {"yes: no", "yes_no", false},    {"--><!--", "model", false},
    {"class", "model_class", false}, {"Arduino", "model_arduino", false},
    {"test", "test", true},          {"runtime", "runtime", true},
    {"host", "host", true},          {"@summary@", "summary", false},
};

START_TEST(names_of_any_kind_give_manifests_that_parse)
{
    static const char classes[][TNAS_CLASS_NAME_BYTES] = {
        "</description>", "\"quoted\"", "@name@", "a\nb", "*/", "Ä & ö",
        "${x}",           "'",          "\\",     "#",    "%s"};
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], name[TNAS_EXPORT_NAME_BYTES];
    if (!have("xmllint"))
        return;
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "out"));
    tnas_export_sanitize(names[_i].text, name, sizeof name);
    ck_assert_str_eq(name, names[_i].name);
    tnas_image *image = NULL;
    for (uint64_t i = 6100; image == NULL || image->model.output_bytes > 11; i++) {
        tnas_image_destroy(image);
        image = random_image(i);
    }
    const tnas_export_options options = {.name = name,
                                         .folder = path,
                                         .class_names = classes,
                                         .class_count = (int)image->model.output_bytes};
    ck_ok(tnas_export_c(image, &options));
    check_json_manifest(path, name);
    check_properties(path);
    check_pack(path);
    must_run("cd %s && ! grep -r '@[a-z_]*@' --include=*.txt --include=*.cmake --include=*.yml "
             "--include=Makefile --include=*.pdsc --include=*.json --include=Kconfig .",
             path);
    if (names[_i].with_cmake && have("cmake"))
        must_run("cd %s && cmake -B build && cmake --build build && ctest --test-dir build", path);
    must_run("cd %s && rm -rf build && make -s test", path);
    tnas_image_destroy(image);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("export_package");
    TCase *const tc = tcase_create("export_package");
    tcase_set_timeout(tc, 180);
    tcase_add_loop_test(tc, every_source_compiles_without_a_warning, 0,
                        sizeof compilers / sizeof compilers[0]);
    tcase_add_loop_test(tc, cmake_builds_an_export_and_runs_its_vectors, 0, 2);
    tcase_add_loop_test(tc, exports_of_two_variants_share_their_kernels_in_cmake, 0, 2);
    tcase_add_test(tc, runtimes_of_two_versions_are_refused_by_cmake);
    tcase_add_test(tc, two_exports_are_zephyr_modules_with_one_runtime);
    tcase_add_loop_test(tc, two_exports_are_arduino_libraries_of_one_sketch, 0, 2);
    tcase_add_loop_test(tc, names_of_any_kind_give_manifests_that_parse, 0,
                        sizeof names / sizeof names[0]);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
