/* compare, calibrate, mcu and estimate as their users meet them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "tests/program.h"
#include "tests/testing.h"

#define TINYENGINE_ROWS "configs/measurements/tinyengine_h743_f746.csv"
#define LAYER_ROWS      "configs/measurements/h743_mobilenet_layers.csv"

static void write_file(const char *folder, const char *name, const char *content, char *path)
{
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_write(path, content, strlen(content)));
}

static void check_ok(const outcome *o)
{
    ck_assert_msg(o->exit_code == 0, "exit %d: %s", o->exit_code, o->err);
}

START_TEST(compare_scores_rows_and_names_those_it_cannot)
{
    cJSON *const json = check_json(run("compare --mcu stm32h743 --runtime TinyEngine "
                                       "--measurements " TINYENGINE_ROWS " --format json"));
    static const char *const keys[] = {
        "n",        "mape",        "median_ape",    "p90_ape", "worst_ape",
        "within_5", "within_10",   "within_15",     "pearson", "spearman",
        "kendall",  "coverage_90", "macs_only_mape"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        number(json, keys[i]);
    ck_assert_double_ge(number(json, "n"), 7);
    ck_assert_double_lt(number(json, "mape"), 0.05);
    ck_assert_double_gt(number(json, "macs_only_mape"), number(json, "mape"));
    const cJSON *const rows = cJSON_GetObjectItem(json, "rows");
    ck_assert_int_eq(cJSON_GetArraySize(rows), (int)number(json, "n"));
    double n = 0;
    static const char *const roles[] = {"fitted", "held_out", "untold"};
    for (int i = 0; i < 3; i++)
        n += number(cJSON_GetObjectItem(json, roles[i]), "n");
    ck_assert_double_eq(n, number(json, "n"));
    const cJSON *const names = cJSON_GetObjectItem(json, "without_graph_names");
    ck_assert_int_eq(cJSON_GetArraySize(names), 2);
    ck_assert_str_eq(cJSON_GetArrayItem(names, 0)->valuestring, "mcunet-vww0");
    cJSON_Delete(json);
    const outcome *const o =
        run("compare --mcu stm32h743 --runtime tinyengine --measurements " TINYENGINE_ROWS);
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "mcunet-vww0"));
    ck_assert_ptr_nonnull(strstr(o->out, "MACs alone"));
}
END_TEST

START_TEST(compare_fails_with_the_code_that_fits)
{
#define COMPARE "compare --mcu stm32h743 --runtime tinyengine --measurements "
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_assert_int_eq(run(COMPARE TINYENGINE_ROWS " --fail-above 0.0001")->exit_code, 5);
    ck_assert_int_eq(run(COMPARE TINYENGINE_ROWS " --fail-above 50")->exit_code, 0);
    check_failure(run("compare --mcu stm32h743"), 2, "needs --measurements");
    check_failure(run("compare --mcu stm32h743 --runtime foo --measurements " TINYENGINE_ROWS), 2,
                  "no such latency model");
    check_failure(run(COMPARE "%s/none.csv", folder), 4, "none.csv");
    check_failure(run(COMPARE TINYENGINE_ROWS " --graphs %s/none", folder), 4, "no such folder");
    check_failure(run(COMPARE TINYENGINE_ROWS " --plot %s/none/x.svg", folder), 4, "none/x.svg");
    check_failure(run("compare --mcu stm32f746 --runtime tinyengine --measurements "
                      "" TINYENGINE_ROWS),
                  4, "it has STM32H743");
    static const struct {
        const char *rows, *sentence;
    } broken[] = {
        {"mcunet-in0,-3\n", "line 2: latency_ms"},
        {"mcunet-in0,0\n", "line 2: latency_ms"},
        {"mcunet-in0,nan\n", "line 2"},
        {"mcunet-in0,1e999\n", "line 2"},
        {"mcunet-in0,abc\n", "line 2"},
        {"mcunet-in0,5\nmcunet-in1\n", "line 3"},
        {"nobody,5\n", "nothing to compare: 1 row, none with a graph and a clock: nobody"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char content[300];
        snprintf(content, sizeof content, "mcu,runtime,model,latency_ms\n%s%s",
                 "STM32H743,TinyEngine,", broken[i].rows);
        write_file(folder, "broken.csv", content, path);
        check_failure(run(COMPARE "%s", path), 4, broken[i].sentence);
    }
    write_file(folder, "broken.csv", "mcu,runtime,model\nSTM32H743,TinyEngine,x\n", path);
    check_failure(run(COMPARE "%s", path), 4, "latency_ms");
    write_file(folder, "broken.csv", "", path);
    check_failure(run(COMPARE "%s", path), 4, "broken.csv");
#undef COMPARE
}
END_TEST

/* Tags of a text that stay open, or -1 when one closes that is not. Enough for what we write. */
static int open_tags(const char *xml)
{
    int depth = 0;
    for (const char *p = strchr(xml, '<'); p != NULL; p = strchr(p + 1, '<')) {
        const char *const end = strchr(p, '>');
        if (end == NULL)
            return -1;
        if (p[1] == '/')
            depth--;
        else if (p[1] != '?' && end[-1] != '/')
            depth++;
        if (depth < 0)
            return -1;
    }
    return depth;
}

/* One die with and without cryptography: a file names it by the one, the profile by the other. */
START_TEST(rows_of_another_part_of_the_die_are_taken_when_asked_for)
{
    static const char line[] = "compare --mcu stm32u585 --runtime x-cube-ai --measurements "
                               "configs/measurements/mlperf_tiny.csv --runtime-version 10.2.0";
    check_failure(run("%s", line), 4, "--part P takes the rows of a part of the same die");
    cJSON *const json = check_json(run("%s --part STM32U575 --format json", line));
    ck_assert_double_eq(number(json, "n"), 4);
    cJSON_Delete(json);
}
END_TEST

START_TEST(a_plot_is_well_formed_whatever_a_network_is_called)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], words[2 * TNAS_PATH_BYTES];
    static char svg[OUTPUT_BYTES];
    temporary_folder(folder);
    uint8_t *graph;
    size_t byte_count;
    ck_ok(tnas_file_read("configs/graphs/mcunet-in0.json", 1 << 20, &graph, &byte_count));
    ck_ok(tnas_path_join(path, folder, "a<b>&\"c'.json"));
    ck_ok(tnas_file_write(path, graph, byte_count));
    ck_ok(tnas_path_join(path, folder, "\xc3\xa4\x01,.json"));
    ck_ok(tnas_file_write(path, graph, byte_count));
    tnas_free(graph);
    write_file(folder, "rows.csv",
               "mcu,runtime,model,latency_ms\nSTM32H743,TinyEngine,\"a<b>&\"\"c'\",26\n"
               "STM32H743,TinyEngine,\"\xc3\xa4\x01,\",27\n",
               path);
    const outcome *const o = run("compare --mcu stm32h743 --runtime tinyengine --measurements %s "
                                 "--graphs %s --plot %s/plot.svg --format csv",
                                 path, folder, folder);
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "\n\"a<b>&\"\"c'\",2,"));
    ck_ok(tnas_path_join(path, folder, "plot.svg"));
    read_text(path, svg);
    ck_assert_int_eq(open_tags(svg), 0);
    ck_assert_ptr_nonnull(strstr(svg, "a&lt;b&gt;&amp;&quot;c'"));
    ck_assert_ptr_nonnull(strstr(svg, "<title>???,: measured 27 ms"));
    snprintf(words, sizeof words, "! command -v xmllint >/dev/null || xmllint --noout %.4000s",
             path);
    ck_assert_int_eq(system(words), 0);
}
END_TEST

START_TEST(calibrate_writes_a_profile_that_every_command_reads)
{
    char folder[TNAS_PATH_BYTES], profile[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(profile, folder, "board.json"));
    cJSON *json = check_json(
        run("calibrate --mcu stm32h743 --runtime tinyengine --measurements " TINYENGINE_ROWS
            " --from stm32f746 --out %s --format json",
            profile));
    ck_assert_double_eq(number(json, "n"), 8);
    const cJSON *const net_out = cJSON_GetObjectItem(json, "net_out");
    ck_assert_double_lt(number(net_out, "mape"), 0.04);
    ck_assert_ptr_nonnull(strstr(text_of(json, "prior"), "stm32f746 tinyengine"));
    ck_assert_double_eq(number(json, "rows_in_prior"), 0);
    text_of(cJSON_GetObjectItem(json, "measure_next"), "name");
    check_ok(run("mcu check %s", profile));
    cJSON *const again =
        check_json(run("calibrate --mcu stm32h743 --runtime tinyengine --from %s "
                       "--measurements " TINYENGINE_ROWS " --out %s/again.json --format json",
                       profile, folder));
    ck_assert_double_eq(number(again, "rows_in_prior"), 8);
    cJSON_Delete(again);
    cJSON *const compared = check_json(run("compare --mcu %s --runtime tinyengine --measurements "
                                           "" TINYENGINE_ROWS " --format json",
                                           profile));
    ck_assert_double_eq_tol(number(compared, "mape"),
                            number(cJSON_GetObjectItem(json, "fitted"), "mape"), 1e-4);
    ck_assert_double_eq(number(cJSON_GetObjectItem(compared, "fitted"), "n"), 8);
    ck_assert_double_eq(number(cJSON_GetObjectItem(compared, "held_out"), "n"), 0);
    cJSON_Delete(compared);
    cJSON_Delete(json);
    char path[TNAS_PATH_BYTES];
    write_file(folder, "new.csv", "model,latency_ms\nmcunet-in0,25\nmcunet-in1,55\n", path);
    json = check_json(run("compare --mcu %s --runtime tinyengine --measurements %s --format json",
                          profile, path));
    ck_assert_double_eq(number(cJSON_GetObjectItem(json, "fitted"), "n"), 1);
    ck_assert_double_eq(number(cJSON_GetObjectItem(json, "held_out"), "n"), 1);
    cJSON_Delete(json);
    check_ok(run("estimate configs/graphs/mcunet-in0.json --mcu %s", profile));
}
END_TEST

START_TEST(calibrate_takes_any_columns_that_suffice)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    /* Milliseconds of networks, no part, no runtime, one column too many. */
    write_file(folder, "a.csv", "model,latency_ms,mood\nmcunet-in0,30,good\nmcunet-in1,60.1,bad\n",
               path);
    cJSON *json = check_json(run("calibrate --mcu stm32f746 --runtime mylib --runtime-version 2 "
                                 "--measurements %s --out %s/p.json --format json",
                                 path, folder));
    ck_assert_double_eq(number(json, "n"), 2);
    ck_assert_double_eq(number(json, "clock_mhz"), 216);
    ck_assert_str_eq(text_of(json, "runtime_version"), "2");
    ck_assert_str_eq(text_of(json, "ignored_columns"), "mood");
    cJSON_Delete(json);
    /* Cycles of single layers, with a runtime that is spelt in its own way. */
    json = check_json(run("calibrate --mcu stm32h743 --runtime 'CMSIS-NN (uint8 INTQ fork)' "
                          "--measurements " LAYER_ROWS " --out %s/q.json --format json",
                          folder));
    ck_assert_double_ge(number(json, "n"), 28);
    ck_assert_double_eq(number(json, "clock_mhz"), 400);
    ck_assert_str_eq(text_of(json, "runtime"), "cmsis-nn-(uint8-intq-fork)");
    cJSON_Delete(json);
    check_ok(run("mcu check %s/q.json", folder));
    /* Layers without any name, in a file that a spreadsheet wrote. */
    write_file(folder, "b.csv",
               "\xef\xbb\xbfop,in_h,in_w,in_c,out_h,out_w,out_c,kernel,cycles\r\n"
               "CONV_2D,8,8,16,8,8,32,1x1,90000\r\nADD,8,8,16,8,8,16,,20000\r\n",
               path);
    json = check_json(run("calibrate --mcu stm32f746 --runtime mylib --measurements %s "
                          "--out %s/p.json --format json",
                          path, folder));
    ck_assert_double_eq(number(json, "n"), 2);
    cJSON_Delete(json);
}
END_TEST

START_TEST(an_outlier_is_named_with_its_line)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    /* TinyEngine's H743 rows, mcunet-in1 twice, once with a slip of the pen. */
    write_file(folder, "a.csv",
               "model,latency_ms\nmcunet-vww1,51\nmcunet-in0,25\nmcunet-in1,56\nmcunet-in2,280\n"
               "mcunet-in3,336\nmcunet-in4,643\nproxyless-w0.3-r176,176\nmbv2-w0.3-r64,23\n"
               "mcunet-in1,65\n",
               path);
    const outcome *const o = run("calibrate --mcu stm32h743 --runtime tinyengine --from stm32f746 "
                                 "--measurements %s --out %s/p.json",
                                 path, folder);
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "line 7, mcunet-in4"));
    ck_assert_ptr_nonnull(strstr(o->out, "lines 4 and 10 are of one network"));
}
END_TEST

START_TEST(a_calibration_that_fails_leaves_no_file)
{
#define CALIBRATE "calibrate --mcu stm32h743 --runtime tinyengine --measurements "
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES], out[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(out, folder, "p.json"));
    check_failure(run(CALIBRATE TINYENGINE_ROWS), 2, "needs --out");
    check_failure(run(CALIBRATE TINYENGINE_ROWS " --out %s/none/p.json", folder), 4, "none/p.json");
    check_failure(run(CALIBRATE TINYENGINE_ROWS " --out %s --from nowhere", out), 2, "nowhere");
    check_failure(run(CALIBRATE TINYENGINE_ROWS " --out %s --from stm32f746:foo", out), 2,
                  "no model of foo");
    check_failure(run(CALIBRATE TINYENGINE_ROWS " --out %s --from stm32f746:tinyengine:9", out), 2,
                  "tinyengine 9");
    check_failure(run(CALIBRATE TINYENGINE_ROWS " --out %s --runtime-version 9", out), 4,
                  "tinyengine 9");
    write_file(folder, "a.csv",
               "model,runtime_version,latency_ms\nmcunet-in0,1,25\nmcunet-in1,2,56\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 2, "lines 2 and 3");
    check_ok(run(CALIBRATE "%s --out %s/q.json --runtime-version 2", path, folder));
    write_file(folder, "a.csv", "model,latency_ms\nmcunet-in0,25\nmcunet-in1,-56\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 4, "line 3: latency_ms = -56");
    write_file(folder, "a.csv", "model,latency_ms\nnobody,25\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 4,
                  "nothing to fit: 1 row, none with a graph and a clock: nobody");
    write_file(folder, "a.csv", "model,latency_ms\nmcunet-in0,1e9\nmcunet-in1,1e-5\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 4, "off by a factor");
    write_file(folder, "a.csv", "model,latency_ms\nmcunet-in0,1e300\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 4, "line 2: latency_ms = 1e+300");
    write_file(folder, "a.csv", "model,latency_ms,latency_ms\nmcunet-in0,1,2\n", path);
    check_failure(run(CALIBRATE "%s --out %s", path, out), 4, "stands twice");
    write_file(folder, "a.csv", "model,latency_ms\nmcunet-in0,25\n", path);
    check_failure(run(CALIBRATE "%s --out %s/./a.csv", path, folder), 2, "would replace it");
    check_failure(
        run("compare --mcu stm32h743 --runtime tinyengine --measurements %s --plot %s", path, path),
        2, "would replace it");
    check_failure(run(CALIBRATE "%s --out %s --runtime ''", path, out), 2, "--runtime");
    check_failure(run(CALIBRATE "%s --out %s --runtime-version 'a\"b'", path, out), 2,
                  "--runtime-version");
    ck_assert(!tnas_file_exists(out));
#undef CALIBRATE
}
END_TEST

START_TEST(a_part_of_ones_own_starts_from_priors)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    cJSON *json =
        check_json(run("mcu new myboard --from stm32h743 --part STM32H750 --clock-mhz 240 "
                       "--flash-kib 128 --sram-kib 300 --out %s/b.json --format json",
                       folder));
    ck_assert_double_eq(number(json, "flash_bytes"), 131072);
    ck_assert_double_eq(number(json, "clock_mhz"), 240);
    const cJSON *model;
    cJSON_ArrayForEach(model, cJSON_GetObjectItem(json, "latency"))
    {
        ck_assert_str_eq(text_of(model, "kind"), "prior");
        ck_assert_ptr_nonnull(strstr(text_of(model, "source"), "stm32h743"));
    }
    cJSON_Delete(json);
    static const char estimate[] = "estimate configs/graphs/mcunet-in0.json --format json --mcu ";
    cJSON *const kin = check_json(run("%sstm32h743", estimate));
    json = check_json(run("%s%s/b.json", estimate, folder));
    ck_assert_double_eq_tol(number(json, "latency_ms"), 2 * number(kin, "latency_ms"), 1e-3);
    ck_assert_double_gt(number(json, "latency_high_ms") / number(json, "latency_ms"),
                        number(kin, "latency_high_ms") / number(kin, "latency_ms"));
    cJSON_Delete(kin);
    cJSON_Delete(json);
    check_failure(run("mcu new myboard --from stm32h743 --out %s/b.json", folder), 2, "exists");
    check_failure(run("mcu new my/board --from stm32h743"), 2, "letters");
    check_failure(run("mcu new ..  --from stm32h743"), 2, "starts with a letter");
    check_failure(run("mcu new x --out %s/c.json", folder), 2, "needs --from");
    check_failure(run("mcu new x --from y --out %s/c.json", folder), 2, "unknown mcu");
    check_failure(run("mcu new x --from stm32h743 --part 'a\"b' --out %s/c.json", folder), 2,
                  "--part");
    check_failure(run("mcu new x --from stm32h743 --sram-kib 0 --out %s/c.json", folder), 2,
                  "--sram-kib");
    check_failure(run("mcu check %s/none.json", folder), 4, "none.json");
    check_failure(run("mcu frobnicate"), 2, "must be `list`");
    /* One measured network turns a prior into a model of the part. */
    char path[TNAS_PATH_BYTES];
    write_file(folder, "a.csv",
               "mcu,runtime,model,cycles\nSTM32H750VB,TinyEngine,mcunet-in0,12e6\n", path);
    json = check_json(run("calibrate --mcu %s/b.json --runtime tinyengine --measurements %s "
                          "--out %s/c.json --format json",
                          folder, path, folder));
    ck_assert_double_eq(number(json, "n"), 1);
    ck_assert_ptr_nonnull(strstr(text_of(json, "prior"), "stm32h743"));
    cJSON_Delete(json);
    json = check_json(
        run("estimate mcunet-in0 --mcu %s/c.json --runtime tinyengine --format json", folder));
    ck_assert_double_eq(number(json, "latency_rows"), 1);
    ck_assert_double_eq_tol(number(json, "latency_ms"), 50, 1);
    cJSON_Delete(json);
}
END_TEST

START_TEST(layers_add_up_to_the_network)
{
    cJSON *const json = check_json(run("estimate mcunet-in0 --mcu stm32h743 --runtime tinyengine "
                                       "--layers --format json"));
    const cJSON *layer;
    double ms = 0, share = 0, macs = 0, constants = 0, live = 0;
    int peaks = 0;
    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(json, "layers"))
    {
        ms += number(layer, "latency_ms");
        share += number(layer, "share");
        macs += number(layer, "macs");
        constants += number(layer, "constant_bytes");
        live = fmax(live, number(layer, "live_bytes"));
        peaks += cJSON_IsTrue(cJSON_GetObjectItem(layer, "peak"));
        ck_assert_double_lt(number(layer, "latency_low_ms"), number(layer, "latency_ms"));
        ck_assert_double_gt(number(layer, "latency_high_ms"), number(layer, "latency_ms"));
    }
    ck_assert_double_eq_tol(ms / number(json, "latency_ms"), 1, 0.02);
    ck_assert_double_eq_tol(share, 1, 1e-9);
    ck_assert_double_eq(macs, number(json, "macs"));
    ck_assert_double_eq(constants, number(json, "weights_bytes") + number(json, "channels_bytes"));
    ck_assert_int_eq(peaks, 1);
    ck_assert_double_eq(live, number(json, "activations_bytes") + number(json, "scratch_bytes"));
    ck_assert_double_eq(number(json, "flash_bytes"),
                        number(json, "weights_bytes") + number(json, "channels_bytes") +
                            number(json, "table_bytes") + number(json, "code_bytes"));
    ck_assert_double_eq(number(json, "sram_bytes"),
                        number(json, "activations_bytes") + number(json, "scratch_bytes") +
                            number(json, "gap_bytes") + number(json, "runtime_bytes"));
    cJSON_Delete(json);
}
END_TEST

START_TEST(an_error_never_reaches_below_0_ms)
{
#define ESTIMATE "estimate configs/graphs/ad01_int8.json --mcu stm32h743 --runtime "
    const outcome *o = run(ESTIMATE "tinynas"); /* a prior: wide */
    check_ok(o);
    ck_assert_ptr_null(strstr(o->out, "ms +-"));
    double ms, below, above;
    const char *const line = strstr(o->out, "\nlatency");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line, "\nlatency %lf ms -%lf +%lf (90 %%)", &ms, &below, &above), 3);
    ck_assert_double_lt(below, ms);
    ck_assert_double_gt(above, below);
    o = run("estimate configs/graphs/mcunet-in1.json --mcu stm32h743 --runtime tinyengine");
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "ms +-"));
#undef ESTIMATE
}
END_TEST

START_TEST(energy_is_there_where_a_profile_has_power)
{
    /* MLPerf Tiny's rows of this part and library have 1.9 to 2.7 mJ. */
    cJSON *json = check_json(run("estimate kws_ref_model --mcu stm32h7a3 --runtime x-cube-ai "
                                 "--runtime-version 7.3.0 --format json"));
    ck_assert_double_gt(number(json, "energy_mj"), 1.9);
    ck_assert_double_lt(number(json, "energy_mj"), 2.7);
    ck_assert_double_lt(number(json, "energy_low_mj"), number(json, "energy_mj"));
    ck_assert_double_gt(number(json, "energy_high_mj"), number(json, "energy_mj"));
    cJSON_Delete(json);
    json = check_json(run("estimate kws_ref_model --mcu stm32h743 --format json"));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "energy_mj")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(a_runtime_without_a_memory_model_is_priced_in_time)
{
#define GAP8_ESTIMATE "estimate mobilenet_v1_0.25_160_quant --mcu gap8 --runtime autotiler/nntool"
    cJSON *const json = check_json(run(GAP8_ESTIMATE " --format json"));
    ck_assert_double_gt(number(json, "latency_ms"), 1);
    static const char *const unknown[] = {"flash_bytes", "sram_bytes", "code_bytes", "fits"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        ck_assert_msg(cJSON_IsNull(cJSON_GetObjectItem(json, unknown[i])), "%s", unknown[i]);
    cJSON_Delete(json);
    const outcome *const o = run(GAP8_ESTIMATE " --layers");
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "not modelled"));
    ck_assert_ptr_null(strstr(o->out, "FITS"));
    check_failure(run(GAP8_ESTIMATE " --check"), 2, "is not modelled");
    check_failure(run("estimate mcunet-in0 --mcu gap8 --runtime nobody"), 2, "is not modelled");
}
END_TEST

START_TEST(another_clock_than_the_measured_one_is_a_warning)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    const outcome *o = run("estimate mcunet-in1 --mcu stm32h743 --runtime tinyengine");
    check_ok(o);
    ck_assert_ptr_null(strstr(o->out, "measured at"));
    write_file(folder, "c.csv",
               "model,latency_ms,clock_mhz\nmcunet-in0,25,480\nmcunet-in1,56,480\n",
               (char[TNAS_PATH_BYTES]){0});
    check_ok(run("calibrate --mcu stm32f746 --runtime tinyengine --from stm32h743 --measurements "
                 "%s/c.csv --out %s/p.json",
                 folder, folder));
    o = run("estimate mcunet-in1 --mcu %s/p.json --runtime tinyengine", folder);
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "measured at 480 MHz"));
}
END_TEST

START_TEST(an_estimate_exits_0_when_over_and_3_with_check)
{
    const char *const over = "estimate mcunet-in0 --mcu stm32f746 --max-flash-kib 10 "
                             "--max-latency-ms 1";
    const outcome *o = run("%s", over);
    check_ok(o);
    ck_assert_ptr_nonnull(strstr(o->out, "OVER"));
    o = run("%s --check", over);
    ck_assert_int_eq(o->exit_code, 3);
    ck_assert_ptr_nonnull(strstr(o->err, "flash needs"));
    ck_assert_ptr_nonnull(strstr(o->err, "latency needs"));
    check_failure(run("estimate nothing --mcu stm32f746"), 2, "unknown graph");
    check_failure(run("estimate ./nothing.json --mcu stm32f746"), 4, "nothing.json");
    check_failure(run("estimate nothing.tflite --mcu stm32f746"), 4, "nothing.tflite");
    check_failure(run("estimate configs --mcu stm32f746"), 4, "not a study");
    check_failure(run("estimate mcunet-in0 --mcu stm32f746 --runtime abacus"), 2, "tinyengine");
    check_failure(run("estimate mcunet-in0 --mcu stm32f746 --runtime tinyengine "
                      "--runtime-version 9"),
                  2, "--runtime-version 9");
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    write_file(folder, "broken.tflite", "TFL3 is not here", path);
    check_failure(run("estimate %s --mcu stm32f746", path), 4, "broken.tflite");
}
END_TEST

START_TEST(a_tflite_file_is_priced_and_its_import_told)
{
    char path[TNAS_PATH_BYTES];
    if (shared_path("models/vww_96_int8.tflite", path) == NULL)
        return;
    cJSON *json =
        check_json(run("estimate %s --mcu stm32h743 --runtime x-cube-ai --format json", path));
    ck_assert_double_eq_tol(number(json, "macs"), 7489664, 1);
    ck_assert_ptr_nonnull(strstr(text_of(json, "notes"), "weights of 0 alone"));
    cJSON_Delete(json);
    json = check_json(run("estimate %s --mcu stm32h743 --format json", path));
    ck_assert_ptr_null(strstr(text_of(json, "notes"), "softmax"));
    cJSON_Delete(json);
    json = check_json(run("estimate %s --mcu stm32h743 --runtime tinyengine --format json", path));
    ck_assert_ptr_nonnull(
        strstr(text_of(json, "notes"), "softmax at the end left to the application"));
    cJSON_Delete(json);
    /* Rows find their networks among .tflite files as well. */
    char folder[TNAS_PATH_BYTES], rows[TNAS_PATH_BYTES];
    temporary_folder(folder);
    write_file(folder, "a.csv", "model,latency_ms\nvww_96_int8,50.6\nnobody,3\n", rows);
    *strrchr(path, '/') = '\0';
    json = check_json(run("compare --mcu stm32h7a3 --runtime x-cube-ai --runtime-version 7.3.0 "
                          "--measurements %s --graphs %s --format json",
                          rows, path));
    ck_assert_double_eq(number(json, "n"), 1);
    ck_assert_double_eq(number(json, "without_graph"), 1);
    ck_assert_double_lt(number(json, "mape"), 0.1);
    cJSON_Delete(json);
}
END_TEST

START_TEST(every_result_can_be_had_as_csv)
{
    static const struct {
        const char *words, *header;
    } cases[] = {
        {"mcu list", "name,part,"},
        {"mcu show stm32h743", "runtime,runtime_version,"},
        {"compare --mcu stm32h743 --runtime tinyengine --measurements " TINYENGINE_ROWS,
         "name,line,runtime_version,role,"},
        {"estimate configs/graphs/mcunet-in0.json --mcu stm32h743", "format,version,"},
        {"estimate configs/graphs/mcunet-in0.json --mcu stm32h743 --layers", "index,"},
        {"data info builtin:shapes", "name,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const outcome *const o = run("%s --format csv", cases[i].words);
        check_ok(o);
        ck_assert_msg(strncmp(o->out, cases[i].header, strlen(cases[i].header)) == 0, "%s: %.80s",
                      cases[i].words, o->out);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("cli_estimates");
    TCase *const tc = tcase_create("cli_estimates");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, compare_scores_rows_and_names_those_it_cannot);
    tcase_add_test(tc, compare_fails_with_the_code_that_fits);
    tcase_add_test(tc, rows_of_another_part_of_the_die_are_taken_when_asked_for);
    tcase_add_test(tc, a_plot_is_well_formed_whatever_a_network_is_called);
    tcase_add_test(tc, calibrate_writes_a_profile_that_every_command_reads);
    tcase_add_test(tc, calibrate_takes_any_columns_that_suffice);
    tcase_add_test(tc, an_outlier_is_named_with_its_line);
    tcase_add_test(tc, a_calibration_that_fails_leaves_no_file);
    tcase_add_test(tc, a_part_of_ones_own_starts_from_priors);
    tcase_add_test(tc, layers_add_up_to_the_network);
    tcase_add_test(tc, an_error_never_reaches_below_0_ms);
    tcase_add_test(tc, energy_is_there_where_a_profile_has_power);
    tcase_add_test(tc, an_estimate_exits_0_when_over_and_3_with_check);
    tcase_add_test(tc, a_runtime_without_a_memory_model_is_priced_in_time);
    tcase_add_test(tc, another_clock_than_the_measured_one_is_a_warning);
    tcase_add_test(tc, a_tflite_file_is_priced_and_its_import_told);
    tcase_add_test(tc, every_result_can_be_had_as_csv);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
