/* Tables of code sizes: reading them, finding a core's, and that each has what its cores run. */
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "estimators/estimate.h"
#include "tests/testing.h"

static void write_text(const char *text, char path[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "rows.csv"));
    ck_ok(tnas_file_write(path, text, strlen(text)));
}

#define TEXT_OF_40 "gcc -many-flags gcc -many-flags gcc -man"
#define HEADER     "function,code_bytes,stack_bytes,needs,toolchain\n"

static const struct {
    const char *text, *sentence;
} broken_sizes[] = {
    {"function,code_bytes,stack_bytes\nf,1,2\n", "column \"toolchain\" is required"},
    {HEADER, "0 functions"},
    {HEADER "f,-1,2,,gcc\n", "line 2: code_bytes must be"},
    {HEADER "f,1,,,gcc\n", "line 2: stack_bytes must be"},
    {HEADER "f,1,2.5,,gcc\n", "line 2: stack_bytes must be"},
    {HEADER "f,1,nan,,gcc\n", "is not a finite number"},
    {HEADER ",1,2,,gcc\n", "line 2: function = \"\""},
    {HEADER "f,1,2,,a\ng,1,2,,b\n", "line 3: toolchain = \"b\""},
    {HEADER "f,1,2,," TEXT_OF_40 TEXT_OF_40 TEXT_OF_40 TEXT_OF_40 TEXT_OF_40 TEXT_OF_40 TEXT_OF_40
         TEXT_OF_40 "\n",
     "line 2: toolchain has 320 characters: must be at most 319"},
    {HEADER "f,1,2,,a\nf,1,2,,a\n", "line 3: f stands twice"},
    {HEADER "g,1,2,,a\nf,1,2,g h,a\n", "line 3: f needs h, which has no row"},
    {HEADER "f,1,2,f f f f f f f f f,a\n", "line 2: f needs more than 8 functions"},
};

START_TEST(a_malformed_size_table_names_the_line)
{
    char path[TNAS_PATH_BYTES];
    write_text(broken_sizes[_i].text, path);
    static tnas_code_sizes loaded;
    ck_fails(TNAS_ERR_INPUT, broken_sizes[_i].sentence, tnas_code_sizes_load(path, &loaded));
}
END_TEST

START_TEST(a_size_table_is_read_as_written)
{
    char path[TNAS_PATH_BYTES];
    write_text("toolchain,function,stack_bytes,code_bytes,needs\n"
               "\"gcc 12, -O2\",tnrt_invoke,72,64,\n"
               "\"gcc 12, -O2\",model_entry,0,36,  libgcc._muldi3 tnrt_invoke\n"
               "\"gcc 12, -O2\",libgcc._muldi3,8,16,\n",
               path);
    static tnas_code_sizes loaded;
    ck_ok(tnas_code_sizes_load(path, &loaded));
    ck_assert_str_eq(loaded.toolchain, "gcc 12, -O2");
    ck_assert_int_eq(loaded.entry_count, 3);
    ck_assert_int_eq(tnas_code_sizes_find(&loaded, "tnrt_invoke")->stack_bytes, 72);
    const tnas_code_size *const entry = tnas_code_sizes_find(&loaded, "model_entry");
    ck_assert_int_eq(entry->code_bytes, 36);
    ck_assert_int_eq(entry->need_count, 2);
    ck_assert_str_eq(loaded.entries[entry->needs[0]].function, "libgcc._muldi3");
    ck_assert_str_eq(loaded.entries[entry->needs[1]].function, "tnrt_invoke");
    ck_assert_ptr_null(tnas_code_sizes_find(&loaded, "model"));
    ck_assert(!tnas_code_sizes_exact_for(&loaded, "Arm Cortex-M7"));
}
END_TEST

static const struct {
    const char *core, *device;
    bool exact;
} cores[] = {
    {"Arm Cortex-M0+, one-cycle multiplier", "cortex-m0plus", true},
    {"Arm Cortex-M4, single precision FPU", "cortex-m4", true},
    {"ARM CORTEX-M7 and M4", "cortex-m7", true},
    {"Arm Cortex-M33 with DSP instructions", "cortex-m33", true},
    {"Arm Cortex-M55", "cortex-m55", true},
    {"Arm Cortex-M85", "cortex-m85", true},
    {"RISC-V RV32IMC, one core, no vectors", "rv32imc", true},
    {"8 + 1 RISC-V RV32IMC with XpulpV2", "gap8", false},
    {"Xtensa LX7", "cortex-m7", false},
};

START_TEST(a_profile_gets_the_sizes_of_its_core)
{
    static tnas_code_sizes loaded;
    ck_ok(tnas_code_sizes_load_for(cores[_i].core, &loaded, NULL));
    ck_assert_str_eq(loaded.device->name, cores[_i].device);
    ck_assert(strncmp(loaded.toolchain, loaded.device->cross, strlen(loaded.device->cross)) == 0);
    ck_assert_msg(strstr(loaded.toolchain, loaded.device->flags) != NULL, "\"%s\" lacks \"%s\"",
                  loaded.toolchain, loaded.device->flags);
    ck_assert_int_eq(tnas_code_sizes_exact_for(&loaded, cores[_i].core), cores[_i].exact);
}
END_TEST

START_TEST(a_core_has_the_size_of_every_kernel_that_it_may_run)
{
    static tnas_code_sizes loaded;
    ck_ok(tnas_code_sizes_load_for(cores[_i].core, &loaded, NULL));
    const tnas_target *const target = tnas_runtime_find("tinynas", cores[_i].core)->target;
    for (int k = 0; k < target->kernel_count; k++)
        ck_assert_msg(tnas_code_sizes_find(&loaded, target->kernel_name(k)) != NULL, "%s lacks %s",
                      loaded.device->name, target->kernel_name(k));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("code_sizes");
    TCase *const tc = tcase_create("code_sizes");
    tcase_add_loop_test(tc, a_malformed_size_table_names_the_line, 0,
                        sizeof broken_sizes / sizeof broken_sizes[0]);
    tcase_add_test(tc, a_size_table_is_read_as_written);
    tcase_add_loop_test(tc, a_profile_gets_the_sizes_of_its_core, 0,
                        sizeof cores / sizeof cores[0]);
    tcase_add_loop_test(tc, a_core_has_the_size_of_every_kernel_that_it_may_run, 0,
                        sizeof cores / sizeof cores[0]);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
