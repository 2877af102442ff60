/* JSON and CSV files from anybody: cut short, with every number and every field replaced by
 * what should not be there. Each ends well or with a sentence that names the file, and exit 4.
 * `make fuzz` looks further; .tflite files have tests/test_tflite_hostile.c, models test_graph.c.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/footprint.h"
#include "estimators/layer_table.h"
#include "estimators/mcu.h"
#include "estimators/measurements.h"
#include "search_space/space.h"
#include "study/run_config.h"
#include "tests/testing.h"

static char path[TNAS_PATH_BYTES]; /* of the file being tried */

static void make_folder(void)
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "hostile.txt"));
}

/* ---- The readers ---- */

static tnas_status read_graph(void)
{
    static tnas_graph graph;
    return tnas_graph_load(path, &graph);
}

static tnas_status read_space(void)
{
    static tnas_space space;
    return tnas_space_load(path, &space);
}

static tnas_status read_run(void)
{
    static tnas_run_config config;
    return tnas_run_config_load(path, &config);
}

static tnas_status read_profile(void)
{
    tnas_mcu *mcu;
    const tnas_status status = tnas_mcu_load(path, &mcu);
    double x[TNAS_FEATURE_COUNT];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = 1000;
    for (int m = 0; mcu != NULL && m < mcu->model_count; m++) {
        tnas_latency latency;
        tnas_latency_predict(&mcu->models[m], x, &latency);
        ck_assert(isfinite(latency.cycles) && latency.low_cycles <= latency.high_cycles);
    }
    tnas_mcu_destroy(mcu);
    return status;
}

static tnas_status read_measurements(void)
{
    tnas_measurements rows;
    const tnas_measurement_query query = {.mcu = NULL};
    TNAS_TRY(tnas_measurements_load(path, &query, &rows));
    for (int i = 0; i < rows.count; i++)
        ck_assert(isfinite(rows.rows[i].cycles) && rows.rows[i].cycles >= 0);
    tnas_measurements_deinit(&rows);
    return TNAS_OK;
}

static tnas_status read_layers(void)
{
    tnas_layer_table *table;
    TNAS_TRY(tnas_layer_table_load(path, &table));
    tnas_layer_table_destroy(table);
    return TNAS_OK;
}

static tnas_status read_code_sizes(void)
{
    tnas_code_sizes sizes;
    return tnas_code_sizes_load(path, &sizes);
}

static const char layers[] = "model,op,in_h,in_w,in_c,out_h,out_w,out_c,kernel_h,kernel_w,"
                             "const_bytes\n"
                             "a,CONV_2D,8,8,3,4,4,16,3,3,500\n"
                             "a,ADD,4,4,16,4,4,16,,,0\n"
                             "b,FULLY_CONNECTED,1,1,16,1,1,2,,,40\n";

/* Files of configs/, or the text itself. */
static const struct {
    const char *file, *text;
    bool is_csv;
    tnas_status (*read)(void);
} readers[] = {
    {"configs/graphs/kws_ref_model.json", NULL, false, read_graph},
    {"configs/spaces/small-image.json", NULL, false, read_space},
    {"configs/mcus/stm32f446.json", NULL, false, read_profile},
    {"configs/measurements/h743_mobilenet_layers.csv", NULL, true, read_measurements},
    {NULL, layers, true, read_layers},
    {"configs/codesize/cortex-m0plus.csv", NULL, true, read_code_sizes},
    {"configs/runs/small-image-f746.json", NULL, false, read_run},
};
enum { READER_COUNT = sizeof readers / sizeof readers[0], TEXT_BYTES = 1 << 16, LINES_MAX = 3 };

/* ---- Trying ---- */

/* The reader's own text, without its end where it is a table of many lines. */
static size_t good_text(int reader, char text[TEXT_BYTES])
{
    if (readers[reader].file == NULL) {
        strcpy(text, readers[reader].text);
        return strlen(text);
    }
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(readers[reader].file, TEXT_BYTES - 1, &bytes, &byte_count));
    memcpy(text, bytes, byte_count + 1);
    tnas_free(bytes);
    int lines = 0;
    for (size_t i = 0; readers[reader].is_csv && i < byte_count; i++)
        if (text[i] == '\n' && ++lines == LINES_MAX) {
            text[i + 1] = '\0';
            return i + 1;
        }
    return byte_count;
}

static tnas_status try_text(int reader, const char *text, size_t length)
{
    FILE *const file = fopen(path, "wb"); /* no sync: thousands of them */
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
    const tnas_status status = readers[reader].read();
    if (status != TNAS_OK) {
        ck_assert_int_eq(tnas_status_exit_code(status), 4);
        ck_assert_msg(strncmp(tnas_error_text(), path, strlen(path)) == 0 &&
                          strlen(tnas_error_text()) > strlen(path) + 10,
                      "\"%s\"", tnas_error_text());
    }
    return status;
}

/* The text with `length` characters at `at` replaced. */
static void try_replaced(int reader, const char *text, size_t at, size_t length, const char *by)
{
    static char changed[TEXT_BYTES + 64];
    const size_t total = (size_t)snprintf(changed, sizeof changed, "%.*s%s%s", (int)at, text, by,
                                          text + at + length);
    try_text(reader, changed, total);
}

START_TEST(a_file_cut_short_is_refused_or_shorter)
{
    char text[TEXT_BYTES];
    const size_t length = good_text(_i, text);
    ck_ok(try_text(_i, text, length));
    const size_t step = length / 1000 + 1;
    for (size_t cut = 0; cut + 1 < length; cut += step) {
        const tnas_status status = try_text(_i, text, cut);
        /* A table may end after any line, a JSON text nowhere but in the last blanks. */
        ck_assert(readers[_i].is_csv || status != TNAS_OK || strspn(text + cut, " \n") > 0);
    }
}
END_TEST

static size_t token_length(const char *text, bool is_csv)
{
    return is_csv ? strcspn(text, ",\n") : strspn(text, "+-.0123456789eE");
}

START_TEST(a_file_with_any_number_or_field_replaced_does_no_harm)
{
    static const char *const values[] = {"-1",
                                         "0",
                                         "1e300",
                                         "1e-300",
                                         "1e999",
                                         "-1e999",
                                         "nan",
                                         "inf",
                                         "32768",
                                         "2147483648",
                                         "9223372036854775808",
                                         "0.5",
                                         "",
                                         "\"\"",
                                         "x",
                                         "null",
                                         "[[[[[[",
                                         "-",
                                         "0x10",
                                         "\""};
    char text[TEXT_BYTES];
    const size_t length = good_text(_i, text);
    const bool is_csv = readers[_i].is_csv;
    int tokens = 0;
    for (size_t at = 0; at < length; at++) {
        const bool starts =
            is_csv ? at == 0 || text[at - 1] == ',' || text[at - 1] == '\n'
                   : isdigit((unsigned char)text[at]) && !isalnum((unsigned char)text[at - 1]);
        /* Every number of a short file, every seventh of a profile's covariances. */
        if (!starts || (++tokens % 7 != 0 && length > 5000))
            continue;
        const size_t token = token_length(text + at, is_csv);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            try_replaced(_i, text, at, token, values[v]);
    }
    ck_assert_int_gt(tokens, 10);
}
END_TEST

START_TEST(a_file_of_another_kind_is_refused)
{
    static const char *const texts[] = {
        "",       "\n\n\n",
        "{",      "[]",
        "{}",     "\xff\xfe",
        "TFL3",   "{\"format\":\"tinynas-graph\"}",
        "a,b\n1", "{\"format\":\"tinynas-graph\",\"version\":1e400}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_int_ne(try_text(_i, texts[i], strlen(texts[i])), TNAS_OK);
    const char zeros[64] = {0};
    ck_assert_int_ne(try_text(_i, zeros, sizeof zeros), TNAS_OK);
}
END_TEST

START_TEST(depth_and_length_without_end_are_refused)
{
    static char text[1 << 20];
    for (int kind = 0; kind < 3; kind++) {
        memset(text, "[,\""[kind], sizeof text);
        ck_assert_int_ne(try_text(_i, text, sizeof text), TNAS_OK);
    }
}
END_TEST

/* ---- Sentences ---- */

static const struct {
    int reader;
    const char *text, *sentence;
} lies[] = {
    {0,
     "{\"format\":\"tinynas-graph\",\"version\":1,\"input\":[8,8,1],\"ops\":[{\"op\":\"softmax\","
     "\"in\":[1]}]}",
     "ops[0].in[0]: 1 is outside 0..0"}, /* a cycle: it reads what it writes */
    {0, "{\"format\":\"tinynas-graph\",\"version\":1,\"input\":[-8,8,1],\"ops\":[]}",
     "input[0]: -8 is outside 1..32767"},
    {0, "{\"format\":\"tinynas-graph\",\"version\":1,\"input\":[1e999,8,1],\"ops\":[]}",
     "input[0]"},
    {0, "{\"format\":\"tinynas-graph\",\"version\":1,\"input\":[NaN,8,1],\"ops\":[]}",
     "not valid JSON"},
    {4, "model,op,in_h,in_w,in_c,out_h,out_w,out_c\na,CONV_2D,-8,8,3,4,4,16\n", "line 2: in_h"},
    {4, "model,op,in_h,in_w,in_c,out_h,out_w,out_c\na,CONV_2D,nan,8,3,4,4,16\n", "line 2: in_h"},
    {4, "model,op,in_h,in_w,in_c,out_h,out_w,out_c\na,CONV_2D,1e9,8,3,4,4,16\n", "line 2: in_h"},
};
enum { LIE_COUNT = sizeof lies / sizeof lies[0] };

START_TEST(a_lie_has_its_sentence)
{
    const char *const text = lies[_i].text;
    ck_fails(TNAS_ERR_INPUT, lies[_i].sentence, try_text(lies[_i].reader, text, strlen(text)));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("hostile files");
    TCase *const files = tcase_create("files");
    tcase_add_unchecked_fixture(files, make_folder, NULL);
    tcase_set_timeout(files, 60);
    tcase_add_loop_test(files, a_file_cut_short_is_refused_or_shorter, 0, READER_COUNT);
    tcase_add_loop_test(files, a_file_with_any_number_or_field_replaced_does_no_harm, 0,
                        READER_COUNT);
    tcase_add_loop_test(files, a_file_of_another_kind_is_refused, 0, READER_COUNT);
    tcase_add_loop_test(files, depth_and_length_without_end_are_refused, 0, READER_COUNT);
    tcase_add_loop_test(files, a_lie_has_its_sentence, 0, LIE_COUNT);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
