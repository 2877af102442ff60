/* What is written for eyes: lines and tables that fit the terminal, colours where they are wanted,
 * the clock of progress, words of command lines. The program runs in a pseudo-terminal. */
#include <math.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/progress_log.h"
#include "cli/screen.h"
#include "cli/shell_word.h"
#include "common/pace.h"
#include "tests/testing.h"

START_TEST(a_text_is_measured_and_cut_in_columns_not_in_bytes)
{
    char text[32] = "naïve café";
    ck_assert_int_eq(tnas_text_columns(text), 10);
    ck_assert_int_eq(tnas_text_columns("\033[31mOVER\033[0m"), 4);
    tnas_text_cut(text, 10);
    ck_assert_str_eq(text, "naïve café");
    tnas_text_cut(text, 6);
    ck_assert_str_eq(text, "naïve…");
    char two[] = "ab";
    tnas_text_cut(two, 1);
    ck_assert_int_eq(tnas_text_columns(two), 1);
}
END_TEST

START_TEST(a_word_is_quoted_only_where_a_shell_would_break_it)
{
    char out[TNAS_SHELL_WORD_BYTES];
    ck_assert_str_eq(tnas_shell_word("studies/my-data_1", out), "studies/my-data_1");
    ck_assert_str_eq(tnas_shell_word("my data", out), "'my data'");
    ck_assert_str_eq(tnas_shell_word("it's $HOME", out), "'it'\\''s $HOME'");
    ck_assert_str_eq(tnas_shell_word("-x", out), "'-x'");
    ck_assert_str_eq(tnas_shell_word("", out), "''");
}
END_TEST

START_TEST(a_pace_has_no_rate_before_its_second_report_and_leaves_out_earlier_work)
{
    tnas_pace pace = {0};
    ck_assert(tnas_pace_report(&pace, "supernet", 500, 1000, 0));
    ck_assert(pace.is_new);
    ck_assert_double_eq(pace.rate, 0);
    ck_assert(isnan(pace.seconds_left));
    usleep(20000);
    ck_assert(tnas_pace_report(&pace, "supernet", 510, 1000, 0));
    ck_assert(!pace.is_new);
    ck_assert_double_gt(pace.rate, 0);
    ck_assert_double_le(pace.rate, 10 / 0.02); /* ten units in 20 ms or more, not 510 */
    ck_assert_double_eq_tol(pace.seconds_left, 490 / pace.rate, 1e-9);
    ck_assert(!tnas_pace_report(&pace, "supernet", 511, 1000, 3600));
    ck_assert(tnas_pace_report(&pace, "supernet", 1000, 1000, 3600)); /* the last */
    ck_assert(tnas_pace_report(&pace, "search", 1, 10, 3600));        /* the first */
}
END_TEST

START_TEST(a_log_has_loss_and_accuracy_of_steps_and_a_line_per_candidate)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "log.jsonl"));
    tnas_progress_log log;
    ck_ok(tnas_progress_log_open(&log, path));
    const tnas_figure step[] = {{"loss", 1.5}, {"accuracy", 0.25}};
    tnas_progress_log_figures(&log, "progress", "supernet", step, 2);
    tnas_progress_log_report(&log, "supernet", 1, 2, "steps", "loss 1.5");
    tnas_progress_log_report(&log, "search", 1, 2, "candidates", NULL); /* no figures of its own */
    const tnas_figure candidate[] = {{"candidate", 7}, {"latency_ms", NAN}};
    tnas_progress_log_figures(&log, "candidate", "s0.depth=1", candidate, 2);
    tnas_progress_log_close(&log);
    uint8_t *bytes;
    size_t count;
    ck_ok(tnas_file_read(path, 4096, &bytes, &count));
    char text[4096];
    snprintf(text, sizeof text, "%.*s", (int)count, (const char *)bytes);
    free(bytes);
    ck_assert_ptr_nonnull(strstr(text, "\"rate\":0,\"loss\":1.5,\"accuracy\":0.25,\"remark\""));
    ck_assert_ptr_nonnull(strstr(text, "\"unit\":\"candidates\",\"rate\":0}"));
    ck_assert_ptr_nonnull(strstr(text, "\"event\":\"candidate\",\"name\":\"s0.depth=1\","
                                       "\"candidate\":7,\"latency_ms\":null}"));
}
END_TEST

/* Both streams of a command in a terminal of so many columns. */
static char *run_in_terminal(int columns, const char *no_color, const char *const *words)
{
    static char text[1 << 17];
    const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    int terminal;
    const pid_t child = forkpty(&terminal, NULL, NULL, &size);
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setenv("TERM", "xterm", 1);
        setenv("NO_COLOR", no_color, 1);
        execv(getenv("TINYNAS"), (char *const *)words);
        _exit(127);
    }
    size_t length = 0;
    ssize_t got;
    while ((got = read(terminal, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    int status;
    waitpid(child, &status, 0);
    close(terminal);
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    return text;
}

/* Lines longer than the terminal, but for commands, which stay whole to be copied. */
static int count_long_lines(char *text, int columns)
{
    int count = 0;
    for (char *line = strtok(text, "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
        if (strncmp(line, "tinynas ", 8) != 0 && tnas_text_columns(line) > columns)
            count++;
    return count;
}

static const int widths[] = {60, 80, 120};

START_TEST(results_fit_a_terminal_of_60_80_and_120_columns)
{
    static const char *const commands[][10] = {
        {"tinynas", "estimate", "mcunet-in1", "--mcu", "stm32h743", "--layers", NULL},
        {"tinynas", "compare", "--mcu", "stm32h743", "--runtime", "tinyengine", "--measurements",
         "configs/measurements/tinyengine_h743_f746.csv", NULL},
        {"tinynas", "mcu", "list", NULL},
        {"tinynas", "mcu", "show", "stm32h743", NULL},
        {"tinynas", "space", "--mcu", "stm32h743", "--samples", "100", NULL},
        {"tinynas", "data", "info", "builtin:shapes", NULL},
        {"tinynas", "help", NULL},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char *const text = run_in_terminal(widths[_i], "", commands[i]);
        ck_assert_msg(count_long_lines(text, widths[_i]) == 0, "tinynas %s at %d columns",
                      commands[i][1], widths[_i]);
    }
}
END_TEST

START_TEST(a_narrow_table_says_what_it_leaves_out)
{
    static const char *const words[] = {"tinynas",   "estimate", "mcunet-in1", "--mcu",
                                        "stm32h743", "--layers", NULL};
    ck_assert_ptr_nonnull(strstr(run_in_terminal(60, "1", words), "not shown: MACs, "));
    ck_assert_ptr_null(strstr(run_in_terminal(200, "1", words), "not shown"));
}
END_TEST

START_TEST(colours_are_for_terminals_and_not_where_they_are_refused)
{
    static const char *const words[] = {"tinynas",   "estimate",        "mcunet-in1", "--mcu",
                                        "stm32h743", "--max-flash-kib", "64",         NULL};
    char *text = run_in_terminal(80, "", words);
    ck_assert_ptr_nonnull(strstr(text, "\033[31mOVER\033[0m"));
    ck_assert_ptr_nonnull(strstr(text, "\033[32mFITS\033[0m"));
    text = run_in_terminal(80, "1", words);
    ck_assert_ptr_nonnull(strstr(text, "  OVER"));
    ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

int main(void)
{
    if (getenv("TINYNAS") == NULL) {
        printf("SKIP test_cli_screen: TINYNAS does not name the program\n");
        return 0;
    }
    Suite *suite = suite_create("cli_screen");
    TCase *tc = tcase_create("screen");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_text_is_measured_and_cut_in_columns_not_in_bytes);
    tcase_add_test(tc, a_word_is_quoted_only_where_a_shell_would_break_it);
    tcase_add_test(tc, a_pace_has_no_rate_before_its_second_report_and_leaves_out_earlier_work);
    tcase_add_test(tc, a_log_has_loss_and_accuracy_of_steps_and_a_line_per_candidate);
    tcase_add_loop_test(tc, results_fit_a_terminal_of_60_80_and_120_columns, 0,
                        sizeof widths / sizeof widths[0]);
    tcase_add_test(tc, a_narrow_table_says_what_it_leaves_out);
    tcase_add_test(tc, colours_are_for_terminals_and_not_where_they_are_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
