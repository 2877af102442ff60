/* The strict readers of JSON and CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/csv.h"
#include "common/json.h"
#include "common/paths.h"
#include "tests/testing.h"

static char folder[TNAS_PATH_BYTES]; /* of the test case */

static void make_folder(void)
{
    temporary_folder(folder);
}

static const char *in_folder(const char *name)
{
    static char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    return path;
}

static const char *write_text(const char *name, const char *text)
{
    ck_ok(tnas_file_write(in_folder(name), text, strlen(text)));
    return in_folder(name);
}

/* ---- JSON ---- */

static tnas_json *parse_ok(const char *text)
{
    tnas_json *document;
    ck_ok(tnas_json_parse(text, "x.json", "f", 1, &document));
    return document;
}

#define ROOT(members) "{\"format\":\"f\",\"version\":1" members "}"

START_TEST(a_json_file_must_say_what_it_is)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"{\"format\":\"f\",\n\n\"version\":}", "x.json: line 3: not valid JSON near `}`"},
        {"{\"format\":\"f\",\"version\":1} x", "x.json: line 1: not valid JSON"},
        {"7", "x.json: must be a JSON object"},
        {"{}", "x.json: key \"format\" is missing"},
        {"{\"format\":\"f\"}", "x.json: key \"version\" is missing"},
        {"{\"format\":\"g\",\"version\":1}", "x.json: format = \"g\": must be \"f\""},
        {"{\"format\":\"f\",\"version\":3}", "version = 3: this program reads version 1"},
        {"{\"format\":\"f\",\"version\":\"1\"}", "x.json: version: must be a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tnas_json *document;
        ck_fails(TNAS_ERR_INPUT, rows[i].sentence,
                 tnas_json_parse(rows[i].text, "x.json", "f", 1, &document));
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(json_failures_name_file_and_path)
{
    tnas_json *const document = parse_ok(
        ROOT(",\"stages\":[{},{\"kernel\":[3,4.5,\"x\"],\"depth\":99,\"skip\":1,\"name\":[]}]"));
    const tnas_json_at root = tnas_json_root(document);
    tnas_json_at stages, kernel;
    ck_ok(tnas_json_array(&root, "stages", &stages));
    ck_assert_int_eq(tnas_json_length(&stages), 2);
    const tnas_json_at stage = tnas_json_item(&stages, 1);
    ck_ok(tnas_json_array(&stage, "kernel", &kernel));
    const tnas_json_at half = tnas_json_item(&kernel, 1), text = tnas_json_item(&kernel, 2);
    int64_t whole;
    double number;
    bool truth;
    const char *string;
    tnas_json_at place;
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].kernel[1]: 4.5 must be a whole number",
             tnas_json_int(&half, NULL, 0, 9, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].kernel[2]: must be a number",
             tnas_json_number(&text, NULL, 0, 9, &number));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].depth: 99 is outside 1..8",
             tnas_json_int(&stage, "depth", 1, 8, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].depth: 99 is outside 0..0.5",
             tnas_json_number(&stage, "depth", 0, 0.5, &number));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].skip: must be true or false",
             tnas_json_bool(&stage, "skip", &truth));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].name: must be a text",
             tnas_json_string(&stage, "name", &string));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1].name: must be an object",
             tnas_json_object(&stage, "name", &place));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1]: key \"width\" is missing",
             tnas_json_int(&stage, "width", 0, 9, &whole));
    ck_fails(TNAS_ERR_INPUT, "x.json: stages[1]: must be 5 apart",
             tnas_json_fail(&stage, "must be %d apart", 5));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(json_values_arrive)
{
    tnas_json *const document =
        parse_ok(ROOT(",\"i\":-12,\"d\":2.5e-1,\"t\":true,\"s\":\"\\u00e4\\n\",\"o\":{\"i\":3}"));
    const tnas_json_at root = tnas_json_root(document);
    int64_t whole;
    double number;
    bool truth;
    const char *string;
    tnas_json_at object;
    ck_ok(tnas_json_int(&root, "i", -12, -12, &whole));
    ck_assert_int_eq(whole, -12);
    ck_ok(tnas_json_number(&root, "d", 0.25, 0.25, &number));
    ck_assert_double_eq(number, 0.25);
    ck_ok(tnas_json_bool(&root, "t", &truth));
    ck_assert(truth);
    ck_ok(tnas_json_string(&root, "s", &string));
    ck_assert_str_eq(string, "\xc3\xa4\n");
    ck_ok(tnas_json_object(&root, "o", &object));
    ck_ok(tnas_json_int(&object, "i", 0, 9, &whole));
    ck_assert_int_eq(whole, 3);
    ck_assert(tnas_json_has(&root, "i") && !tnas_json_has(&root, "I"));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(keys_nobody_knows_are_errors)
{
    tnas_json *const document = parse_ok(ROOT(",\"ab\":{\"a\":1,\"format\":2},\"c\":2"));
    const tnas_json_at root = tnas_json_root(document);
    ck_ok(tnas_json_allow_keys(&root, "ab,c"));
    ck_ok(tnas_json_allow_keys(&root, "c,d,ab"));
    ck_fails(TNAS_ERR_INPUT, "x.json: unknown key \"ab\"; known here: a,b,abc,c",
             tnas_json_allow_keys(&root, "a,b,abc,c"));
    tnas_json_at inner;
    ck_ok(tnas_json_object(&root, "ab", &inner));
    ck_fails(TNAS_ERR_INPUT, "x.json: ab: unknown key \"format\"", /* a root's privilege */
             tnas_json_allow_keys(&inner, "a"));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(a_key_that_is_there_twice_is_an_error)
{
    tnas_json *const document = parse_ok(ROOT(",\"a\":{\"b\":1,\"c\":2,\"b\":1}"));
    const tnas_json_at root = tnas_json_root(document);
    tnas_json_at inner;
    ck_ok(tnas_json_allow_keys(&root, "a"));
    ck_ok(tnas_json_object(&root, "a", &inner));
    ck_fails(TNAS_ERR_INPUT, "x.json: a: key \"b\" is there twice",
             tnas_json_allow_keys(&inner, "b,c"));
    tnas_json_destroy(document);
}
END_TEST

START_TEST(a_json_file_with_a_zero_byte_is_refused)
{
    static const char bytes[] = "{\"format\":\"f\",\"version\":1}\0{}";
    tnas_json *document;
    ck_ok(tnas_file_write(in_folder("zero.json"), bytes, sizeof bytes - 1));
    ck_fails(TNAS_ERR_INPUT, "zero.json: not a text file",
             tnas_json_load(in_folder("zero.json"), "f", 1, &document));
    ck_fails(TNAS_ERR_IO, "none.json", tnas_json_load(in_folder("none.json"), "f", 1, &document));
    tnas_json_destroy(NULL);
}
END_TEST

/* ---- CSV ---- */

START_TEST(csv_fields_lines_and_numbers_arrive)
{
    tnas_csv *csv;
    ck_ok(tnas_csv_load(write_text("a.csv", "name,value,note\n"
                                            "plain,1.5,\n"
                                            "\"comma, quote \"\" and\nline\",-2e3,x\n"
                                            "last,abc,\"\""),
                        &csv));
    ck_assert_int_eq(tnas_csv_row_count(csv), 3);
    ck_assert_int_eq(tnas_csv_column_count(csv), 3);
    ck_assert_str_eq(tnas_csv_column_name(csv, 2), "note");
    ck_assert_int_eq(tnas_csv_column(csv, "value"), 1);
    ck_assert_int_eq(tnas_csv_column(csv, "Value"), -1);
    ck_assert_str_eq(tnas_csv_text(csv, 1, 0), "comma, quote \" and\nline");
    ck_assert_str_eq(tnas_csv_text(csv, 2, 2), "");
    ck_assert_str_eq(tnas_csv_text(csv, 0, -1), "");
    ck_assert_int_eq(tnas_csv_line(csv, 0), 2);
    ck_assert_int_eq(tnas_csv_line(csv, 1), 4); /* where the row ends */
    ck_assert_int_eq(tnas_csv_line(csv, 2), 5);
    double number;
    bool present;
    ck_ok(tnas_csv_number(csv, 1, 1, &number, &present));
    ck_assert(present && number == -2000);
    ck_ok(tnas_csv_number(csv, 0, 2, &number, &present));
    ck_assert(!present);
    ck_ok(tnas_csv_number(csv, 0, -1, &number, &present));
    ck_assert(!present);
    ck_fails(TNAS_ERR_INPUT, "a.csv: line 5: value = \"abc\" is not a finite number",
             tnas_csv_number(csv, 2, 1, &number, &present));
    tnas_csv_destroy(csv);
}
END_TEST

START_TEST(broken_csv_files_are_refused_with_their_line)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "b.csv: empty, a header line is required"},
        {"a,b\n1,2\n3\n", "b.csv: line 3 has 1 fields, the header has 2"},
        {"a,b\n1,2\n3,4,5\n", "b.csv: line 3 has 3 fields, the header has 2"},
        {"a,b\n1,2\n3", "b.csv: line 3 has 1 fields, the header has 2"},
        {"a,b\n1,\"2\n", "b.csv: the last field is not closed"},
        {"a,b\n1,\"2\"x\n", "b.csv: line 2: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tnas_csv *csv;
        ck_fails(TNAS_ERR_INPUT, rows[i].sentence,
                 tnas_csv_load(write_text("b.csv", rows[i].text), &csv));
        ck_assert_ptr_null(csv);
    }
    tnas_csv_destroy(NULL);
}
END_TEST

START_TEST(csv_numbers_must_be_finite)
{
    static const char *const texts[] = {"nan", "inf", "-inf", "1e999", "1,5", "1 2", "1x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "v\n\"%s\"\n", texts[i]);
        tnas_csv *csv;
        ck_ok(tnas_csv_load(write_text("n.csv", text), &csv));
        double number;
        bool present;
        ck_fails(TNAS_ERR_INPUT, "is not a finite number",
                 tnas_csv_number(csv, 0, 0, &number, &present));
        tnas_csv_destroy(csv);
    }
}
END_TEST

START_TEST(readers_survive_every_failing_allocation)
{
    static char text[40000];
    size_t length = 0;
    for (int i = 0; i < 1000; i++) /* enough rows for several growths */
        length += (size_t)snprintf(text + length, sizeof text - length, "field %d,%d\n", i, i);
    write_text("big.csv", text);
    write_text("small.json", ROOT(",\"a\":1"));
    for (int reader = 0; reader < 2; reader++) {
        tnas_status status = TNAS_ERR_NOMEM;
        for (long n = 0; status != TNAS_OK; n++) {
            tnas_csv *csv = NULL;
            tnas_json *json = NULL;
            tnas_alloc_fail_after(n);
            status = reader == 0 ? tnas_csv_load(in_folder("big.csv"), &csv)
                                 : tnas_json_load(in_folder("small.json"), "f", 1, &json);
            tnas_alloc_fail_after(-1);
            ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
            ck_assert_int_eq(status == TNAS_OK, csv != NULL || json != NULL);
            ck_assert_int_lt(n, 100);
            tnas_csv_destroy(csv);
            tnas_json_destroy(json);
        }
    }
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *const tcase = tcase_create(name);
    tcase_add_unchecked_fixture(tcase, make_folder, NULL);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *const suite = suite_create("readers");
    TCase *const readers = add_case(suite, "json and csv");
    tcase_add_test(readers, a_json_file_must_say_what_it_is);
    tcase_add_test(readers, json_failures_name_file_and_path);
    tcase_add_test(readers, json_values_arrive);
    tcase_add_test(readers, keys_nobody_knows_are_errors);
    tcase_add_test(readers, a_key_that_is_there_twice_is_an_error);
    tcase_add_test(readers, a_json_file_with_a_zero_byte_is_refused);
    tcase_add_test(readers, csv_fields_lines_and_numbers_arrive);
    tcase_add_test(readers, broken_csv_files_are_refused_with_their_line);
    tcase_add_test(readers, csv_numbers_must_be_finite);
    tcase_add_test(readers, readers_survive_every_failing_allocation);
    return run_suite(suite);
}
