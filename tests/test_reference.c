/* The documents that are printed from tables: complete, current, and read by the tools they are
 * for. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command_texts.h"
#include "common/alloc.h"
#include "common/version.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tools/reference/reference.h"

static void check_page(const char *path, void (*print)(tnas_text *out))
{
    tnas_text page;
    uint8_t *file;
    size_t byte_count;
    tnas_text_init(&page);
    print(&page);
    ck_assert(!page.failed);
    ck_ok(tnas_file_read(path, 1 << 20, &file, &byte_count));
    ck_assert_msg(byte_count == page.length && memcmp(file, page.chars, byte_count) == 0,
                  "%s is not what the tables say: make docs writes it again", path);
    tnas_free(file);
    tnas_text_deinit(&page);
}

START_TEST(the_committed_pages_are_what_the_tables_say)
{
    check_page("docs/reference/commands.md", tnas_page_commands);
    check_page("docs/reference/settings.md", tnas_page_settings);
}
END_TEST

START_TEST(every_command_has_a_text_and_an_example)
{
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        const char *const name = tnas_command_name((tnas_command)c);
        const char *const text = tnas_command_text((tnas_command)c);
        ck_assert_msg(text != NULL && text[strlen(text) - 1] == '.',
                      "%s: cli/command_texts.def needs a paragraph about it", name);
        ck_assert_msg(tnas_command_example_at((tnas_command)c, 0) != NULL,
                      "%s: cli/command_texts.def needs an example of it", name);
    }
}
END_TEST

static void check_example(tnas_command command, const char *line)
{
    char words[512], *argv[32];
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL && argc < 32; word = strtok(NULL, " "))
        argv[argc++] = word;
    tnas_arguments arguments;
    ck_assert_int_ge(argc, 2);
    ck_assert_str_eq(argv[0], "tinynas");
    ck_assert_msg(tnas_arguments_parse(argc, argv, &arguments) == TNAS_OK, "%s: %s", line,
                  tnas_error_text());
    ck_assert_int_eq(arguments.command, command);
}

START_TEST(the_parser_takes_every_example)
{
    const tnas_command_example *example;
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++)
        for (int i = 0; (example = tnas_command_example_at((tnas_command)c, i)) != NULL; i++)
            check_example((tnas_command)c, example->line);
}
END_TEST

/* Commands may share a flag for what each of them means by it. */
static bool flag_applies(const char *flag, tnas_command command)
{
    bool applies = false;
    for (int o = 0; o < TNAS_OPTION_COUNT; o++)
        applies = applies || (strcmp(tnas_option_entry_of((tnas_option)o)->flag, flag) == 0 &&
                              tnas_option_applies((tnas_option)o, command));
    return applies;
}

START_TEST(every_option_of_a_command_is_in_its_manual)
{
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        tnas_text page;
        tnas_text_init(&page);
        tnas_page_manual_of((tnas_command)c, &page);
        for (int o = 0; o < TNAS_OPTION_COUNT; o++) {
            char item[64];
            snprintf(item, sizeof item, ".It Fl \\-%s", tnas_option_entry_of((tnas_option)o)->flag);
            const char *const found = strstr(page.chars, item);
            ck_assert_msg(
                (found != NULL && strchr(" \n", found[strlen(item)]) != NULL) ==
                    flag_applies(tnas_option_entry_of((tnas_option)o)->flag, (tnas_command)c),
                "tinynas-%s.1: \"%s\"", tnas_command_name((tnas_command)c), item);
        }
        tnas_text_deinit(&page);
    }
}
END_TEST

/* ---- Read by their tools ------------------------------------------------------------------- */

static bool has_program(const char *name)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
    if (system(command) == 0)
        return true;
    printf("SKIP %s is not installed (scripts/setup.sh test)\n", name);
    return false;
}

/* Saves a page in the scratch folder; returns its path. */
static const char *save(const char *name, tnas_text *page)
{
    static char path[TNAS_PATH_BYTES];
    if (scratch[0] == '\0')
        temporary_folder(scratch);
    ck_ok(tnas_path_join(path, scratch, name));
    ck_assert(!page->failed);
    ck_ok(tnas_file_write(path, page->chars, page->length));
    tnas_text_deinit(page);
    return path;
}

/* What a shell command prints; fails when it does. */
static const char *output_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *output_of(const char *format, ...)
{
    static char out[8192];
    char command[2 * TNAS_PATH_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    FILE *const pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    out[fread(out, 1, sizeof out - 1, pipe)] = '\0';
    ck_assert_msg(pclose(pipe) == 0, "%s: %s", command, out);
    return out;
}

START_TEST(mandoc_has_no_warning_about_the_manuals)
{
    if (!has_program("mandoc"))
        return;
    for (int c = -1; c < TNAS_COMMAND_COUNT; c++) {
        tnas_text page;
        tnas_text_init(&page);
        if (c < 0)
            tnas_page_manual(&page);
        else
            tnas_page_manual_of((tnas_command)c, &page);
        /* Pages that it refers to are not installed where the test runs: a level below warnings. */
        output_of("mandoc -Tlint -W warning %s 2>&1", save("page.1", &page));
    }
}
END_TEST

START_TEST(bash_completes_commands_options_and_values)
{
    if (!has_program("bash"))
        return;
    static const char ask[] =
        "bash -c 'source %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tinynas; "
        "echo ${COMPREPLY[@]}' 2>&1";
    tnas_text page;
    tnas_text_init(&page);
    tnas_page_bash(&page);
    const char *const path = save("tinynas.bash", &page);
    ck_assert_str_eq(output_of(ask, path, "tinynas est"), "estimate\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas help est"), "estimate\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas search --pre"), "--preset\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas search --preset sm"), "smoke\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas eval --fail"), "\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas eval --format j"), "json\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas mcu sh"), "show\n");
    ck_assert_str_eq(output_of(ask, path, "tinynas study show --config --lim"), "--limit\n");
    /* The parts are asked for. */
    ck_assert_str_eq(output_of("PATH=\"$(dirname %s):$PATH\" bash -c 'source %s; "
                               "COMP_WORDS=(tinynas search --mcu stm32f7); COMP_CWORD=3; "
                               "_tinynas; echo ${COMPREPLY[@]}'",
                               program(), path),
                     "stm32f746 stm32f767 stm32f769\n");
}
END_TEST

START_TEST(fish_completes_commands_options_and_values)
{
    if (!has_program("fish"))
        return;
    static const char ask[] = "HOME=%s fish --no-config -c 'source %s; complete -C \"%s\"' 2>&1";
    tnas_text page;
    tnas_text_init(&page);
    tnas_page_fish(&page);
    const char *const path = save("tinynas.fish", &page);
    ck_assert_ptr_nonnull(strstr(output_of(ask, scratch, path, "tinynas est"), "estimate\t"));
    ck_assert_ptr_nonnull(
        strstr(output_of(ask, scratch, path, "tinynas search --pre"), "--preset\t"));
    ck_assert_ptr_nonnull(
        strstr(output_of(ask, scratch, path, "tinynas search --preset sm"), "smoke\t"));
    ck_assert_str_eq(output_of(ask, scratch, path, "tinynas eval --fail"), "");
}
END_TEST

START_TEST(zsh_reads_its_completion)
{
    if (!has_program("zsh"))
        return;
    tnas_text page;
    tnas_text_init(&page);
    tnas_page_zsh(&page);
    output_of("zsh -n %s 2>&1", save("_tinynas", &page));
}
END_TEST

/* ---- The program --------------------------------------------------------------------------- */

START_TEST(help_of_a_command_has_its_options_its_text_and_its_examples)
{
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        const outcome *const o = run("help %s", tnas_command_name((tnas_command)c));
        ck_assert_int_eq(o->exit_code, 0);
        for (int i = 0; i < TNAS_OPTION_COUNT; i++) {
            char flag[64];
            snprintf(flag, sizeof flag, "\n  --%s ", tnas_option_entry_of((tnas_option)i)->flag);
            ck_assert_int_eq(
                strstr(o->out, flag) != NULL,
                flag_applies(tnas_option_entry_of((tnas_option)i)->flag, (tnas_command)c));
        }
        const tnas_command_example *const example = tnas_command_example_at((tnas_command)c, 0);
        ck_assert(example == NULL || strstr(o->out, example->line) != NULL);
    }
    check_failure(run("help nonsense"), 2, "unknown command \"nonsense\"");
}
END_TEST

START_TEST(the_program_says_its_version)
{
    const outcome *const o = run("--version");
    ck_assert_int_eq(o->exit_code, 0);
    ck_assert_str_eq(o->out, "tinynas " TNAS_VERSION "\n");
}
END_TEST

START_TEST(the_changelog_starts_with_this_version)
{
    static char text[OUTPUT_BYTES];
    read_text("CHANGELOG.md", text);
    ck_assert_ptr_nonnull(strstr(text, "\n## " TNAS_VERSION));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *tc = tcase_create("tables");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_committed_pages_are_what_the_tables_say);
    tcase_add_test(tc, every_command_has_a_text_and_an_example);
    tcase_add_test(tc, the_parser_takes_every_example);
    tcase_add_test(tc, every_option_of_a_command_is_in_its_manual);
    tcase_add_test(tc, mandoc_has_no_warning_about_the_manuals);
    tcase_add_test(tc, bash_completes_commands_options_and_values);
    tcase_add_test(tc, fish_completes_commands_options_and_values);
    tcase_add_test(tc, zsh_reads_its_completion);
    tcase_add_test(tc, help_of_a_command_has_its_options_its_text_and_its_examples);
    tcase_add_test(tc, the_program_says_its_version);
    tcase_add_test(tc, the_changelog_starts_with_this_version);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
