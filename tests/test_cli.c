/* The program as its users meet it: results, sentences, exit codes, nothing half-written. */
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tests/toy_data.h"

START_TEST(every_command_has_help_and_unknown_words_are_refused)
{
    static const char *const commands[] = {"search",  "estimate", "export", "eval",
                                           "compare", "mcu",      "data"};
    outcome *o = run("--help");
    ck_assert_int_eq(o->exit_code, 0);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        ck_assert_ptr_nonnull(strstr(o->out, commands[i]));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        o = run("%s --help", commands[i]);
        ck_assert_int_eq(o->exit_code, 0);
        ck_assert_ptr_nonnull(strstr(o->out, "--format"));
    }
    check_failure(run("%s", ""), 2, "a command is missing");
    check_failure(run("serch"), 2, "unknown command \"serch\"");
    check_failure(run("search --mcy x"), 2, "unknown option --mcy");
    check_failure(run("search --mcu stm32h743 --layers"), 2, "not an option of `tinynas search`");
    check_failure(run("search --mcu stm32h743 --seed 1.5"), 2, "--seed 1.5: must be a whole");
    check_failure(run("search --mcu stm32h743 --max-sram-kib -3"), 2, "--max-sram-kib -3");
    check_failure(run("search --mcu stm32h743 --max-sram-kib nan"), 2, "must be a number");
    check_failure(run("search --mcu"), 2, "--mcu needs a value");
    check_failure(run("search"), 2, "needs --mcu");
    check_failure(run("search --mcu stm32h743 --preset slow"), 2, "--preset slow");
    check_failure(
        run("search --mcu stm32h743 --supernet-recipe hamburger"), 2,
        "supernet.recipe = hamburger: must be one of uniform|sandwich|mcunet|progressive");
    check_failure(run("search --mcu stm32h743 --format xml"), 2, "--format xml");
    check_failure(run("search --mcu stm32h743 now"), 2, "\"now\"");
}
END_TEST

START_TEST(an_unknown_part_or_space_lists_the_known_ones)
{
    check_failure(run("search --mcu stm32x999"), 2, "stm32f746");
    check_failure(run("mcu show stm32x999"), 2, "stm32h743");
    check_failure(run("search --mcu stm32h743 --space nowhere"), 2, "small-image");
    check_failure(run("search --mcu stm32h743 --data builtin:nothing"), 2, "shapes");
}
END_TEST

START_TEST(bad_data_ends_in_a_sentence_with_place_value_and_rule)
{
    char data[TNAS_PATH_BYTES];
    check_failure(run("search --mcu stm32h743 --data /nowhere/at/all"), 4, "/nowhere/at/all");
    temporary_folder(data);
    check_failure(run("data info %s", data), 4, "holds no data set");
    write_toy_data(data);
    truncate_file(data, "train-images-idx3-ubyte", 5);
    check_failure(run("search --mcu stm32h743 --data %s", data), 4, "train-images-idx3-ubyte");
    write_toy_data(data);
    poke_file(data, "train-images-idx3-ubyte", 3, 1);
    check_failure(run("data info %s", data), 4, "magic");
    write_toy_data(data);
    poke_file(data, "train-labels-idx1-ubyte", 7, 7);
    check_failure(run("data info %s", data), 4, "train-labels-idx1-ubyte");
    write_toy_data(data);
    for (int i = 0; i < TOY_TRAIN; i++)
        poke_file(data, "train-labels-idx1-ubyte", 8 + i, 0);
    check_failure(run("data info %s", data), 4, "class");
}
END_TEST

START_TEST(malformed_json_and_unknown_keys_are_refused_with_their_path)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "space.json"));
    static const char broken[] = "{\"format\": \"tinynas-space\",\n \"version\": 1,,}";
    ck_ok(tnas_file_write(path, broken, sizeof broken - 1));
    check_failure(run("search --mcu stm32h743 --space %s", path), 4, "line 2");
    static const char unknown[] =
        "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"x\", \"colour\": 3}";
    ck_ok(tnas_file_write(path, unknown, sizeof unknown - 1));
    check_failure(run("search --mcu stm32h743 --space %s", path), 4, "colour");
    static const char profile[] =
        "{\"format\": \"tinynas-mcu\", \"version\": 1, \"part\": \"x\", \"speed\": 3}";
    ck_ok(tnas_file_write(path, profile, sizeof profile - 1));
    check_failure(run("search --mcu %s", path), 4, "speed");
}
END_TEST

START_TEST(impossible_limits_exit_3_with_the_nearest_candidate)
{
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    ck_ok(tnas_path_join(study, data, "study"));
    const outcome *const o =
        run("search --mcu stm32f746 --data %s --study %s --max-sram-kib 0.5", data, study);
    ck_assert_int_eq(o->exit_code, 3);
    ck_assert_ptr_nonnull(strstr(o->err, "the nearest"));
    ck_assert_ptr_nonnull(strstr(o->err, "SRAM needs"));
    ck_assert_ptr_nonnull(strstr(o->err, "times the limit"));
    ck_assert(!tnas_dir_exists(study));
}
END_TEST

/* A finished smoke study on toy data, for the tests behind it. */
static void make_study(const char *data, const char *study, outcome *o)
{
    *o = *run("search --mcu stm32h743 --data %s --study %s --preset smoke --max-flash-kib 60 "
              "--max-sram-kib 24 --max-latency-ms 50 --seed 3 --format json",
              data, study);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
}

START_TEST(a_search_reports_what_its_artefacts_say)
{
    static outcome o;
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    temporary_folder(data);
    temporary_folder(study);
    temporary_folder(out);
    write_toy_data(data);
    make_study(data, study, &o);
    cJSON *const found = check_json(&o);
    static const char *const keys[] = {"accuracy_int8", "accuracy_float", "flash_bytes",
                                       "sram_bytes",    "latency_ms",     "macs",
                                       "candidates",    "seconds"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        number(found, keys[i]);
    ck_assert_str_eq(cJSON_GetObjectItem(found, "study")->valuestring, study);
    ck_assert_double_le(number(found, "flash_bytes"), 60 * 1024);
    ck_assert_double_le(number(found, "sram_bytes"), 24 * 1024);

    cJSON *const estimate = check_json(run("estimate %s --mcu stm32h743 --format json", study));
    static const char *const equal[] = {"flash_bytes", "sram_bytes", "macs", "latency_ms"};
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++)
        ck_assert_double_eq_tol(number(estimate, equal[i]), number(found, equal[i]), 1e-9);
    number(estimate, "stack_bytes");
    number(estimate, "latency_low_ms");
    number(estimate, "latency_high_ms");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(estimate, "fits")));
    cJSON_Delete(estimate);

    cJSON *const eval = check_json(run("eval %s --data %s --format json", study, data));
    ck_assert_double_eq(number(eval, "accuracy"), number(found, "accuracy_int8"));
    cJSON_Delete(eval);

    const outcome *graph = run("export %s --as graph --name toy --out %s", study, out);
    ck_assert_msg(graph->exit_code == 0, "%s", graph->err);
    cJSON *const again = check_json(run("estimate %s/toy.json --mcu stm32h743 --format json", out));
    ck_assert_double_eq(number(again, "flash_bytes"), number(found, "flash_bytes"));
    cJSON_Delete(again);
    graph = run("export %s --as tflite --name toy --out %s", study, out);
    ck_assert_msg(graph->exit_code == 0, "%s", graph->err);
    ck_assert_ptr_nonnull(strstr(graph->out, "as toy (tflite)"));
    cJSON *const file =
        check_json(run("estimate %s/toy.tflite --mcu stm32h743 --format json", out));
    ck_assert_double_eq(number(file, "macs"), number(found, "macs"));
    cJSON_Delete(file);
    graph = run("estimate %s --mcu stm32h743 --max-flash-kib 4 --check", study);
    ck_assert_int_eq(graph->exit_code, 3);
    cJSON_Delete(found);
}
END_TEST

START_TEST(outputs_that_cannot_be_written_exit_4_and_leave_nothing)
{
    static outcome o;
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    temporary_folder(data);
    temporary_folder(study);
    temporary_folder(out);
    write_toy_data(data);
    make_study(data, study, &o);
    char file[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(file, out, "file"));
    ck_ok(tnas_file_write(file, "x", 1));
    check_failure(run("export %s --as c --out %s/inside", study, file), 4, "cannot");
    check_failure(run("export %s --as graph --out %s/inside", study, file), 4, "cannot");
    check_failure(run("export %s --as tflite --out %s/inside", study, file), 4, "cannot");
    check_failure(run("export %s --as tf --out %s", study, out), 2, "must be c, tflite or graph");
    check_failure(
        run("search --mcu stm32h743 --data %s --preset smoke --study %s/s --quiet", data, file), 4,
        "cannot");
    check_failure(run("export %s --as c --out %s", out, study), 4, "but not a study");
    uint8_t byte = 0;
    FILE *const kept = fopen(file, "rb");
    ck_assert_uint_eq(fread(&byte, 1, 1, kept), 1);
    ck_assert_int_eq(fgetc(kept), EOF);
    fclose(kept);
}
END_TEST

START_TEST(a_signal_stops_with_130_and_the_same_command_goes_on)
{
    static outcome o;
    char data[TNAS_PATH_BYTES], whole[TNAS_PATH_BYTES], stopped[TNAS_PATH_BYTES];
    temporary_folder(data);
    temporary_folder(whole);
    temporary_folder(stopped);
    write_toy_data(data);
    make_study(data, whole, &o);
    cJSON *const expected = check_json(&o);
    char words[TNAS_PATH_BYTES * 3];
    snprintf(words, sizeof words,
             "search --mcu stm32h743 --data %s --study %s --preset smoke --max-flash-kib 60 "
             "--max-sram-kib 24 --max-latency-ms 50 --seed 3 --format json",
             data, stopped);
    const pid_t child = start(scratch, words);
    /* As soon as the study is there, training has begun. */
    char db[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(db, stopped, "study.db"));
    for (int i = 0; i < 10000 && !tnas_file_exists(db); i++)
        usleep(1000);
    kill(child, SIGINT);
    finish(scratch, child, &o);
    if (o.exit_code == 130) /* it may have been faster than the signal */
        ck_assert_ptr_nonnull(strstr(o.err, "stopped"));
    else
        ck_assert_int_eq(o.exit_code, 0);
    make_study(data, stopped, &o);
    cJSON *const found = check_json(&o);
    ck_assert_str_eq(cJSON_GetObjectItem(found, "arch")->valuestring,
                     cJSON_GetObjectItem(expected, "arch")->valuestring);
    ck_assert_double_eq(number(found, "accuracy_int8"), number(expected, "accuracy_int8"));
    cJSON_Delete(found);
    cJSON_Delete(expected);
}
END_TEST

START_TEST(each_result_of_a_study_can_be_chosen)
{
    static outcome o;
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], profile[TNAS_PATH_BYTES];
    temporary_folder(data);
    temporary_folder(study);
    write_toy_data(data);
    make_study(data, study, &o);
    cJSON *const first = check_json(&o);
    /* A profile file of the user's own, and a part without a latency model. */
    ck_ok(tnas_path_join(profile, data, "board.json"));
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read("configs/mcus/stm32f746.json", 1 << 20, &bytes, &byte_count));
    ck_ok(tnas_file_write(profile, bytes, byte_count));
    tnas_free(bytes);
    cJSON *const second = check_json(run("search --mcu %s --data %s --study %s --preset smoke "
                                         "--max-flash-kib 40 --seed 3 --format json",
                                         profile, data, study));
    cJSON *const third = check_json(run("search --mcu gap8 --data %s --study %s --preset smoke "
                                        "--seed 3 --format json",
                                        data, study));
    cJSON *const found[] = {first, second, third};
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq(number(found[i], "target"), i + 1);
        cJSON *const export = check_json(
            run("export %s --target %d --out %s/x%d --format json", study, i + 1, data, i));
        ck_assert_double_eq(number(export, "flash_bytes"), number(found[i], "flash_bytes"));
        cJSON_Delete(export);
    }
    cJSON *const by_part =
        check_json(run("export %s --mcu %s --out %s/y --format json", study, profile, data));
    ck_assert_double_eq(number(by_part, "target"), 2);
    cJSON_Delete(by_part);
    check_failure(run("export %s --target 9 --out %s/z", study, data), 4, "no finished target 9");
    for (int i = 0; i < 3; i++)
        cJSON_Delete(found[i]);
}
END_TEST

START_TEST(lists_and_infos_are_one_json_object)
{
    char data[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    cJSON *json = check_json(run("mcu list --format json"));
    ck_assert_int_ge(cJSON_GetArraySize(cJSON_GetObjectItem(json, "mcus")), 3);
    cJSON_Delete(json);
    json = check_json(run("mcu show stm32f746 --format json"));
    ck_assert_double_eq(number(json, "clock_mhz"), 216);
    cJSON_Delete(json);
    json = check_json(run("data info %s --format json", data));
    ck_assert_double_eq(number(json, "train") + number(json, "validation"), TOY_TRAIN);
    ck_assert_double_eq(number(json, "test"), TOY_TEST);
    cJSON_Delete(json);
    json = check_json(run("compare --mcu stm32h743 --runtime tinyengine --measurements "
                          "configs/measurements/tinyengine_h743_f746.csv --format json"));
    ck_assert_double_ge(number(json, "n"), 7);
    ck_assert_double_le(number(json, "mape"), 0.1);
    cJSON_Delete(json);
    const outcome *const o =
        run("compare --mcu stm32h743 --runtime tinyengine --measurements "
            "configs/measurements/tinyengine_h743_f746.csv --fail-above 0.0001");
    ck_assert_int_eq(o->exit_code, 5);
}
END_TEST

START_TEST(a_result_that_stdout_cannot_take_exits_4)
{
    char out[TNAS_PATH_BYTES], command[2 * TNAS_PATH_BYTES];
    temporary_folder(out);
    /* Short enough for one flush at the end, long enough for several before it, and closed. */
    static const char *const cases[] = {
        "mcu list >/dev/full",
        "estimate configs/graphs/mbv2-w0.35.json --mcu stm32h743 --layers --format json >/dev/full",
        "mcu list >&-",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(command, sizeof command, "%s %s 2>%.4000s/err", program(), cases[i], out);
        const int status = system(command);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 4, "%s: status %d", cases[i],
                      status);
    }
}
END_TEST

/* The file that a program opens first takes the lowest number that is free. */
START_TEST(closed_streams_do_not_write_into_the_study)
{
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    char command[4 * TNAS_PATH_BYTES];
    static char lock[OUTPUT_BYTES];
    temporary_folder(data);
    temporary_folder(study);
    write_toy_data(data);
    snprintf(command, sizeof command,
             "%s search --mcu stm32h743 --data %.4000s --study %.4000s --preset smoke "
             "--max-flash-kib 60 --max-sram-kib 24 --max-latency-ms 50 >/dev/null 2>&-",
             program(), data, study);
    const int status = system(command);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_ok(tnas_path_join(path, study, "lock"));
    read_text(path, lock);
    const char *const end = strchr(lock, '\n');
    ck_assert_msg(end != NULL && end[1] == '\0' && strstr(lock, " process ") != NULL, "lock: %s",
                  lock);
}
END_TEST

START_TEST(an_export_is_evaluated_whatever_its_folder_is_called)
{
    static const char runner[] = "#!/bin/sh\necho '{\"images\": 60, \"correct\": 45}'\n";
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    ck_ok(tnas_path_join(folder, data, "[a]*{b}?"));
    ck_ok(tnas_path_join(path, folder, "build"));
    check_failure(run("eval '%s' --data %s", folder, data), 4, "neither a study nor an export");
    ck_ok(tnas_dir_create(path));
    check_failure(run("eval '%s' --data %s", folder, data), 4, "neither a study nor an export");
    ck_ok(tnas_path_join(path, folder, "build/kws_host"));
    ck_ok(tnas_file_write(path, runner, sizeof runner - 1));
    ck_assert_int_eq(chmod(path, 0755), 0);
    cJSON *const json = check_json(run("eval '%s' --data %s --format json", folder, data));
    ck_assert_double_eq(number(json, "accuracy"), 0.75);
    cJSON_Delete(json);
    ck_ok(tnas_path_join(path, folder, "build/other_host"));
    ck_ok(tnas_file_write(path, runner, sizeof runner - 1));
    check_failure(run("eval '%s' --data %s", folder, data), 4, "neither a study nor an export");
}
END_TEST

START_TEST(a_bad_test_split_is_refused_before_any_training)
{
    char data[TNAS_PATH_BYTES], study[TNAS_PATH_BYTES];
    temporary_folder(data);
    ck_ok(tnas_path_join(study, data, "study"));
    write_toy_data(data);
    truncate_file(data, "t10k-images-idx3-ubyte", 1);
    check_failure(run("data info %s", data), 4, "t10k-images-idx3-ubyte: ends after");
    check_failure(run("search --mcu stm32h743 --data %s --study %s --quiet", data, study), 4,
                  "t10k-images-idx3-ubyte: ends after");
    write_toy_data(data);
    poke_file(data, "t10k-labels-idx1-ubyte", 8 + 7, TOY_CLASSES);
    check_failure(run("data info %s", data), 4, "image 7: label 3");
    check_failure(run("search --mcu stm32h743 --data %s --study %s --quiet", data, study), 4,
                  "image 7: label 3");
    ck_assert(!tnas_dir_exists(study));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("cli");
    TCase *const tc = tcase_create("cli");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_command_has_help_and_unknown_words_are_refused);
    tcase_add_test(tc, an_unknown_part_or_space_lists_the_known_ones);
    tcase_add_test(tc, bad_data_ends_in_a_sentence_with_place_value_and_rule);
    tcase_add_test(tc, malformed_json_and_unknown_keys_are_refused_with_their_path);
    tcase_add_test(tc, impossible_limits_exit_3_with_the_nearest_candidate);
    tcase_add_test(tc, a_search_reports_what_its_artefacts_say);
    tcase_add_test(tc, outputs_that_cannot_be_written_exit_4_and_leave_nothing);
    tcase_add_test(tc, a_signal_stops_with_130_and_the_same_command_goes_on);
    tcase_add_test(tc, each_result_of_a_study_can_be_chosen);
    tcase_add_test(tc, lists_and_infos_are_one_json_object);
    tcase_add_test(tc, a_result_that_stdout_cannot_take_exits_4);
    tcase_add_test(tc, closed_streams_do_not_write_into_the_study);
    tcase_add_test(tc, an_export_is_evaluated_whatever_its_folder_is_called);
    tcase_add_test(tc, a_bad_test_split_is_refused_before_any_training);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
