/* `tinynas train`: a network drawn by hand, from its graph to an export. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tests/toy_data.h"

/* conv3 8 s2, conv1 `width`, global average, fc: for the toy images. */
static void write_graph_of(const char *path, int width)
{
    FILE *const file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(
        file,
        "{\"format\":\"tinynas-graph\",\"version\":1,\"name\":\"toy\",\"input\":[12,12,1],\"ops\":["
        "{\"op\":\"conv2d\",\"in\":[0],\"kernel\":[3,3],\"stride\":[2,2],\"pad\":[0,1,0,1],"
        "\"out_c\":8,\"activation\":\"relu6\"},"
        "{\"op\":\"conv2d\",\"in\":[1],\"kernel\":[1,1],\"out_c\":%d,\"activation\":\"relu6\"},"
        "{\"op\":\"avgpool\",\"in\":[2],\"kernel\":[6,6]},"
        "{\"op\":\"fc\",\"in\":[3],\"out_c\":3}]}",
        width);
    fclose(file);
}

static void write_graph(const char *path)
{
    write_graph_of(path, 12);
}

/* Data and graph in a fresh folder. */
static void toy_files(char data[TNAS_PATH_BYTES], char graph[TNAS_PATH_BYTES],
                      char out[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    ck_ok(tnas_path_join(graph, folder, "toy.json"));
    ck_ok(tnas_path_join(out, folder, "trained"));
    write_graph(graph);
}

/* Both names follow `stem`. */
static void copy_file(const char *stem, const char *from, const char *to)
{
    char path[TNAS_PATH_BYTES + 32];
    uint8_t *bytes;
    size_t byte_count;
    snprintf(path, sizeof path, "%s%s", stem, from);
    ck_ok(tnas_file_read(path, 1 << 24, &bytes, &byte_count));
    snprintf(path, sizeof path, "%s%s", stem, to);
    ck_ok(tnas_file_write(path, bytes, byte_count));
    tnas_free(bytes);
}

START_TEST(a_hand_drawn_network_is_trained_measured_and_exported)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    toy_files(data, graph, out);
    cJSON *json = check_json(
        run("train --data %s --net %s --epochs 20 --out %s --format json", data, graph, out));
    ck_assert_double_eq(number(json, "weights"), 8 * 9 + 8 * 12 + 12 * 3);
    ck_assert_double_eq(number(json, "test_images"), TOY_TEST);
    ck_assert_double_gt(number(json, "validation_int8"), 0.5);
    ck_assert_double_gt(number(json, "accuracy_int8"), 0.5);
    ck_assert_double_gt(number(json, "accuracy_95_half_width"), 0);
    const cJSON *const rows = cJSON_GetObjectItem(json, "confusion");
    int all = 0, right = 0;
    for (int label = 0; label < TOY_CLASSES; label++)
        for (int answer = 0; answer < TOY_CLASSES; answer++) {
            const int count = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, label), answer)->valueint;
            all += count;
            right += label == answer ? count : 0;
        }
    ck_assert_int_eq(all, TOY_TEST);
    ck_assert_int_eq(right, (int)lround(number(json, "accuracy_int8") * TOY_TEST));
    cJSON_Delete(json);

    outcome *o = run("estimate %s/model.tnm --mcu stm32h743", out);
    ck_assert_int_eq(o->exit_code, 0);
    o = run("export %s/model.tnm --mcu stm32h743 --as c --name toy --out %s/c", out, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    o = run("export %s/model.tnm --mcu stm32h743 --as tflite --name toy --out %s/tflite", out, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    check_failure(run("estimate %s/float.tnm --mcu stm32h743", out), 4, "is a float model");
}
END_TEST

START_TEST(a_folder_belongs_to_one_training)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    toy_files(data, graph, out);
    outcome *o = run("train --data %s --net %s --epochs 2 --out %s", data, graph, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    check_failure(run("train --data %s --net %s --epochs 2 --out %s", data, graph, out), 2,
                  "this training is finished already");
    check_failure(run("train --data %s --net %s --epochs 2 --seed 2 --out %s", data, graph, out), 2,
                  "the folder holds another training");
}
END_TEST

START_TEST(an_edited_graph_or_teacher_makes_another_training)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    toy_files(data, graph, out);
#define TRAIN  "train --data %s --net %s --epochs 1 --seed %d --out %s-%d"
#define TAUGHT "train --data %s --net %s --epochs 1 --teacher %s-teacher.tnm --out %s-taught"
    outcome *o = run(TRAIN, data, graph, 1, out, 1);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    write_graph_of(graph, 16);
    check_failure(run(TRAIN, data, graph, 1, out, 1), 2, "the folder holds another training");
    write_graph(graph);
    check_failure(run(TRAIN, data, graph, 1, out, 1), 2, "this training is finished already");

    o = run(TRAIN, data, graph, 2, out, 2);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    copy_file(out, "-1/float.tnm", "-teacher.tnm");
    o = run(TAUGHT, data, graph, out, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    copy_file(out, "-2/float.tnm", "-teacher.tnm");
    check_failure(run(TAUGHT, data, graph, out, out), 2, "the folder holds another training");
    copy_file(out, "-1/float.tnm", "-teacher.tnm");
    check_failure(run(TAUGHT, data, graph, out, out), 2, "this training is finished already");
}
END_TEST

START_TEST(a_configuration_says_what_a_training_is_judged_by)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    char config[TNAS_PATH_BYTES + 16];
    toy_files(data, graph, out);
    static const char *const metrics[] = {"accuracy", "macro-f1"};
    for (int i = 0; i < 2; i++) {
        snprintf(config, sizeof config, "%s-%d.json", out, i);
        FILE *const file = fopen(config, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file,
                "{\"format\":\"tinynas-run\",\"version\":1,\"preset\":\"smoke\","
                "\"search\":{\"metric\":\"%s\"}}",
                metrics[i]);
        fclose(file);
        cJSON *const json = check_json(run("train --data %s --net %s --epochs 1 --config %s "
                                           "--validation-only --out %s-%d --format json",
                                           data, graph, config, out, i));
        ck_assert_str_eq(text_of(json, "metric"), metrics[i]);
        const double difference =
            number(json, "validation_int8") - number(json, "validation_macro_f1_int8");
        ck_assert_msg((fabs(difference) < 1e-9) == (i == 1), "%s: %g", metrics[i], difference);
        cJSON_Delete(json);
    }
}
END_TEST

START_TEST(test_images_are_left_alone_where_recipes_are_compared)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    toy_files(data, graph, out);
    cJSON *const json = check_json(run("train --data %s --net %s --epochs 1 --validation-only "
                                       "--out %s --format json",
                                       data, graph, out));
    ck_assert_double_eq(number(json, "test_images"), 0);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "accuracy_int8")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(a_teacher_is_a_float_model_of_the_same_images_and_classes)
{
    char data[TNAS_PATH_BYTES], graph[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    toy_files(data, graph, out);
    outcome *o = run("train --data %s --net %s --epochs 20 --out %s", data, graph, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    o = run("train --data %s --net %s --epochs 4 --teacher %s/float.tnm --out %s-taught", data,
            graph, out, out);
    ck_assert_msg(o->exit_code == 0, "%s", o->err);
    check_failure(
        run("train --data %s --net %s --teacher %s/model.tnm --out %s-2", data, graph, out, out), 4,
        "int8 weights cannot be trained");
    check_failure(run("train --data %s --net mcunet-in0 --out %s-3", data, out), 4,
                  "mcunet-in0 wants 48x48x3");
    check_failure(run("train --data %s --net %s --teacher %s/float.tnm --out %s-4",
                      "builtin:shapes", "hand-28-11k", out, out),
                  4, "builtin:shapes has images of 24x24x1");
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("cli train");
    TCase *const tc = tcase_create("train");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_hand_drawn_network_is_trained_measured_and_exported);
    tcase_add_test(tc, a_folder_belongs_to_one_training);
    tcase_add_test(tc, an_edited_graph_or_teacher_makes_another_training);
    tcase_add_test(tc, a_configuration_says_what_a_training_is_judged_by);
    tcase_add_test(tc, test_images_are_left_alone_where_recipes_are_compared);
    tcase_add_test(tc, a_teacher_is_a_float_model_of_the_same_images_and_classes);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
