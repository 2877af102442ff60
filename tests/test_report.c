/* Reports: what the page holds is what the store holds, names stay text, what is missing is said,
 * and thousands of candidates stay small. REPORT_PAGES, a folder, keeps the pages for a browser
 * (scripts/test_report.sh). */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "study/study.h"
#include "study/study_report.h"
#include "tests/program.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

enum { CLASSES = 3, PAGE_BYTES_MAX = 3 * 1024 * 1024 };

static const char hostile[] = "</script><img src=x onerror=alert(1)>";

/* ---- Studies ------------------------------------------------------------------------------- */

static tnas_candidate candidate_of(int i)
{
    tnas_candidate candidate = {.hash = 1000 + (uint64_t)i,
                                .generation = i / 100,
                                .accuracy = 0.5 + 0.4 * (double)(i % 977) / 977};
    candidate.cost = (tnas_cost){.macs = 100000 + 1000 * (i % 613),
                                 .has_latency = true,
                                 .latency_ms = 3 + (double)(i % 613) / 50,
                                 .latency_upper_ms = 4 + (double)(i % 613) / 40};
    candidate.cost.footprint.flash_bytes = 20000 + (size_t)(i % 541) * 64;
    candidate.cost.footprint.sram_bytes = 9000 + (size_t)(i % 401) * 48;
    return candidate;
}

static const char *arch_of(int i, char out[256])
{
    snprintf(
        out, 256,
        "s0.depth=2,s0.b0.kernel=5,s0.b0.expand=4,s0.b1.kernel=7,s0.b1.expand=6,s1.depth=2,s1.b0."
        "kernel=5,s1.b0.expand=3,s1.b1.kernel=3,s1.b1.expand=4,head.channels=%d",
        8 * i);
    return out;
}

static void put_candidates(tnas_store_db *db, int target, int count, bool timed)
{
    char arch[256];
    for (int i = 0; i < count; i++) {
        tnas_candidate candidate = candidate_of(i);
        candidate.cost.has_latency = timed;
        ck_ok(tnas_db_add_candidate(db, target, i, arch_of(i, arch), &candidate, i % 5 == 0));
    }
    if (count > 7) {
        ck_ok(tnas_db_rescore_candidate(db, target, 7, 0.4375));
        ck_ok(tnas_db_put_front(db, target, (int[]){3, 7}, 2));
    }
}

static void put_curve(tnas_store_db *db, int target, const char *stage, int count)
{
    for (int i = 0; i < count; i++) {
        const tnas_curve_point point = {
            .step = 10L * i, .loss = 2.0 / (i + 1), .right = i == 0 ? NAN : 0.25 * i};
        ck_ok(tnas_db_put_curve(db, target, stage, &point));
    }
}

static double column_bytes(const tnas_candidate *candidate)
{
    return (double)candidate->cost.footprint.sram_bytes;
}

/* All over the limit of SRAM, numbered on from the six hundredth candidate. */
static void put_refused(tnas_store_db *db, int count)
{
    char arch[256];
    ck_ok(tnas_db_begin(db));
    for (int i = 0; i < count; i++) {
        tnas_candidate candidate = candidate_of(600 + i);
        candidate.cost.footprint.sram_bytes += 40000;
        ck_ok(tnas_db_add_refused(db, 1, arch_of(5000 + i, arch), &candidate));
    }
    ck_ok(tnas_db_commit(db));
}

/* A study whose search has scored so many candidates, with a limit of latency that some miss. */
static void make_study_on(char folder[TNAS_PATH_BYTES], const char *mcu, int count, bool timed,
                          tnas_store_db **out)
{
    static const char *const metas[][2] = {{"data_location", "/data/<b>bold</b>"},
                                           {"space", "small-image"},
                                           {"space_location", ""},
                                           {"seed", "7"}};
    tnas_store_db *db;
    char names[CLASSES][TNAS_CLASS_NAME_BYTES] = {"cat", "dog & \"cow\"", ""};
    snprintf(names[2], sizeof names[2], "%s", hostile);
    temporary_folder(folder);
    ck_ok(tnas_db_open(folder, &db));
    ck_ok(tnas_db_begin(db));
    ck_ok(tnas_db_create_tables(db));
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++)
        ck_ok(tnas_db_put_meta(db, metas[i][0], metas[i][1]));
    ck_ok(tnas_db_put_classes(db, names, CLASSES));
    tnas_search_target target = {.runtime = "tinynas", .limits = TNAS_LIMITS_NONE};
    snprintf(target.mcu, sizeof target.mcu, "%s", mcu);
    target.limits.latency_ms = 15;
    target.limits.sram_bytes = 32768;
    int id;
    ck_ok(tnas_db_target(db, &target, &id));
    ck_assert_int_eq(id, 1);
    ck_ok(tnas_db_describe_target(db, id, 480, "prior, 0 measurements"));
    put_candidates(db, id, count, timed);
    ck_ok(tnas_db_commit(db));
    *out = db;
}

static void make_study(char folder[TNAS_PATH_BYTES], int count, tnas_store_db **out)
{
    make_study_on(folder, "stm32h743", count, true, out);
}

static void put_finalists(tnas_store_db *db)
{
    tnas_finalist *const f = tnas_alloc_zero(1, sizeof *f);
    for (int i = 1; i <= 2; i++) {
        *f = (tnas_finalist){.id = i,
                             .candidate = 3 + i,
                             .accuracy_supernet = 0.5,
                             .validation_float = 0.75,
                             .validation_int8 = 0.7421875,
                             .test_float = NAN,
                             .test_int8 = 0.71875 + i / 64.0,
                             .test_count = 100,
                             .macs = 123456,
                             .flash_bytes = 30000,
                             .sram_bytes = 12000,
                             .has_latency = true,
                             .latency_ms = 5,
                             .latency_low_ms = 4,
                             .latency_high_ms = 7,
                             .latency_upper_ms = 6.5,
                             .chosen = i == 2};
        snprintf(f->arch, sizeof f->arch, "k=%d", i);
        ck_ok(tnas_db_put_finalist(db, 1, f));
    }
    tnas_free(f);
    const int counts[CLASSES * CLASSES] = {30, 2, 1, 0, 40, 3, 4, 0, 20};
    ck_ok(tnas_db_put_confusion(db, 1, 2, counts, CLASSES));
    const tnas_layer_loss loss = {
        .layer = 4, .name = "conv2d 1x1", .sqnr_db = 31.5, .accuracy = NAN};
    ck_ok(tnas_db_put_layer_loss(db, 1, 2, &loss));
}

/* ---- Pages --------------------------------------------------------------------------------- */

/* The whole page, which is longer than what a run may print. Release with tnas_free. */
static char *read_page(const char *path, size_t *byte_count)
{
    uint8_t *bytes;
    ck_ok(tnas_file_read(path, 16u << 20, &bytes, byte_count));
    return (char *)bytes;
}

/* What a browser finds in the data element: the text up to the first end of a script. */
static cJSON *data_of(const char *page)
{
    static const char opening[] = "<script type=\"application/json\" id=\"data\">";
    const char *const start = strstr(page, opening);
    ck_assert_ptr_nonnull(start);
    const char *const json = start + sizeof opening - 1;
    const char *const end = strstr(json, "</script");
    ck_assert_ptr_nonnull(end);
    cJSON *const data = cJSON_ParseWithLength(json, (size_t)(end - json));
    ck_assert_msg(data != NULL, "the data are no JSON: %.200s", json);
    return data;
}

/* Writes a report of the study and leaves it under this name for the browser, too. */
static cJSON *report(const char *folder, const char *name, char **page, size_t *byte_count)
{
    char path[TNAS_PATH_BYTES], kept[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, "report.html"));
    cJSON *const result = check_json(run("report %s --out %s --format json", folder, path));
    *page = read_page(path, byte_count);
    ck_assert_double_eq(number(result, "bytes"), (double)*byte_count);
    cJSON_Delete(result);
    const char *const pages = getenv("REPORT_PAGES");
    if (pages != NULL) {
        snprintf(kept, sizeof kept, "%.2000s/%s.html", pages, name);
        ck_ok(tnas_file_write(kept, *page, *byte_count));
    }
    return data_of(*page);
}

static const cJSON *in(const cJSON *object, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItem(object, key);
    ck_assert_msg(item != NULL, "no \"%s\"", key);
    return item;
}

static double column(const cJSON *candidates, const char *key, int i)
{
    const cJSON *const item = cJSON_GetArrayItem(in(candidates, key), i);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

#define DIGITS 1e-13 /* of JSON's 15 */

/* ---- Tests --------------------------------------------------------------------------------- */

START_TEST(a_report_holds_what_the_store_holds)
{
    enum { COUNT = 40 };
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study(folder, COUNT, &db);
    put_finalists(db);
    put_curve(db, 0, "supernet", 3);
    put_curve(db, 1, "finalist-2", 2);
    put_curve(db, 1, "finalist-2-int8", 4);
    put_curve(db, 1, "winner", 3);
    put_refused(db, 30);
    tnas_candidate_row *rows;
    int count;
    ck_ok(tnas_db_get_candidates(db, 1, &rows, &count));
    tnas_db_close(db);
    cJSON *const data = report(folder, "searching", &page, &byte_count);

    const cJSON *const candidates = in(data, "candidates");
    ck_assert_int_eq((int)number(candidates, "count"), count);
    for (int i = 0; i < count; i++) {
        ck_assert_double_eq(column(candidates, "id", i), rows[i].id);
        ck_assert_double_eq(column(candidates, "generation", i), rows[i].generation);
        ck_assert_double_eq(column(candidates, "predicted", i), rows[i].predicted);
        ck_assert_double_eq_tol(column(candidates, "accuracy", i), rows[i].accuracy, DIGITS);
        ck_assert_double_eq(column(candidates, "on_front", i), rows[i].on_front);
        ck_assert_double_eq(column(candidates, "macs", i), (double)rows[i].macs);
        ck_assert_double_eq(column(candidates, "flash_bytes", i), (double)rows[i].flash_bytes);
        ck_assert_double_eq(column(candidates, "sram_bytes", i), (double)rows[i].sram_bytes);
        ck_assert_double_eq_tol(column(candidates, "latency_ms", i), rows[i].latency_ms, DIGITS);
        ck_assert_double_eq_tol(column(candidates, "latency_upper_ms", i), rows[i].latency_upper_ms,
                                DIGITS);
        ck_assert_str_eq(cJSON_GetArrayItem(in(candidates, "arch"), i)->valuestring, rows[i].arch);
        ck_assert(isnan(rows[i].accuracy_int8) == isnan(column(candidates, "accuracy_int8", i)));
    }
    ck_assert_double_eq(column(candidates, "accuracy_int8", 7), 0.4375);
    tnas_candidate_rows_free(rows, count);

    ck_assert_double_eq(number(in(data, "target"), "latency_limit_ms"), 15);
    ck_assert_double_eq(number(in(data, "target"), "sram_limit_bytes"), 32768);
    ck_assert(cJSON_IsNull(in(in(data, "target"), "flash_limit_bytes")));
    const cJSON *const second = cJSON_GetArrayItem(in(data, "finalists"), 1);
    ck_assert_double_eq(number(second, "test_int8"), 0.71875 + 2 / 64.0);
    ck_assert(cJSON_IsTrue(in(second, "chosen")));
    ck_assert(cJSON_IsNull(in(second, "test_float")));
    ck_assert(cJSON_IsNull(in(second, "test_float_half")));
    ck_assert_double_eq_tol(number(second, "test_int8_half"), 0.08380,
                            0.00001); /* Wilson, 75 of 100 */
    ck_assert_int_eq(cJSON_GetArrayItem(cJSON_GetArrayItem(in(data, "confusion"), 2), 0)->valueint,
                     4);
    ck_assert_double_eq(number(cJSON_GetArrayItem(in(data, "layer_loss"), 0), "sqnr_db"), 31.5);
    const cJSON *const curve = cJSON_GetArrayItem(in(data, "curves"), 0);
    ck_assert_int_eq(cJSON_GetArraySize(in(curve, "step")), 3);
    ck_assert_double_eq(cJSON_GetArrayItem(in(curve, "loss"), 1)->valuedouble, 1);
    ck_assert(cJSON_IsNull(cJSON_GetArrayItem(in(curve, "right"), 0)));
    static const char *const stages[] = {"supernet", "winner", "finalist-2", "finalist-2-int8"};
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(text_of(cJSON_GetArrayItem(in(data, "curves"), i), "stage"), stages[i]);
    ck_assert_int_eq(cJSON_GetArraySize(in(cJSON_GetArrayItem(in(data, "curves"), 2), "loss")), 2);
    const cJSON *const refused = in(data, "refused");
    ck_assert_int_eq((int)number(refused, "count"), 30);
    ck_assert_int_eq(cJSON_GetArraySize(in(refused, "arch")), 30);
    const tnas_candidate first = candidate_of(600); /* of the smallest generation and hash */
    ck_assert_double_eq(column(refused, "sram_bytes", 0), 40000 + column_bytes(&first));
    ck_assert_double_eq(column(refused, "generation", 0), 6);
    ck_assert_ptr_null(cJSON_GetObjectItem(refused, "accuracy"));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(a_candidate_over_a_limit_is_marked)
{
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study(folder, 600, &db);
    tnas_db_close(db);
    cJSON *const data = report(folder, "over", &page, &byte_count);
    const cJSON *const candidates = in(data, "candidates");
    /* Upper ends are 4 + i / 40 ms of 15, SRAM at most 28,200 of 32,768. */
    ck_assert_double_eq(column(candidates, "fits", 440), 1);
    ck_assert_double_eq(column(candidates, "fits", 441), 0);
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(markup_in_names_stays_text)
{
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study(folder, 10, &db);
    put_finalists(db);
    tnas_db_close(db);
    cJSON *const data = report(folder, "hostile", &page, &byte_count);
    ck_assert_str_eq(cJSON_GetArrayItem(in(in(data, "study"), "classes"), 2)->valuestring, hostile);
    ck_assert_str_eq(in(in(data, "study"), "data")->valuestring, "/data/<b>bold</b>");
    ck_assert_ptr_null(strstr(page, "<img"));
    ck_assert_ptr_null(strstr(page, "<b>bold"));
    /* Nothing that a name could be put into as markup. */
    ck_assert_ptr_null(strstr(strstr(page, "\"use strict\";\n"), ".innerHTML"));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(a_search_that_has_just_begun_has_a_report)
{
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study(folder, 0, &db);
    tnas_db_close(db);
    cJSON *const data = report(folder, "begun", &page, &byte_count);
    ck_assert_int_eq((int)number(in(data, "candidates"), "count"), 0);
    ck_assert_int_eq(cJSON_GetArraySize(in(data, "finalists")), 0);
    ck_assert(cJSON_IsNull(in(data, "winner")));
    ck_assert(cJSON_IsNull(in(data, "network")));
    ck_assert(cJSON_IsNull(in(data, "confusion")));
    ck_assert_ptr_nonnull(strstr(text_of(data, "network_missing"), "has not finished"));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(a_part_without_measurements_and_a_search_without_latencies_are_said)
{
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study_on(folder, "cortex-m33", 20, false, &db);
    tnas_db_close(db);
    cJSON *const data = report(folder, "untimed", &page, &byte_count);
    ck_assert_int_eq(cJSON_GetArraySize(in(data, "boards")), 0);
    ck_assert_ptr_nonnull(
        strstr(text_of(data, "boards_missing"), "no shipped measurements of cortex-m33"));
    for (int i = 0; i < 20; i++)
        ck_assert(isnan(column(in(data, "candidates"), "latency_ms", i)));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(three_thousand_candidates_stay_below_three_mebibytes)
{
    char folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    tnas_store_db *db;
    make_study(folder, 3000, &db);
    put_finalists(db);
    put_refused(db, TNAS_REFUSED_MAX);
    ck_ok(tnas_db_begin(db));
    for (int finalist = 1; finalist <= 4; finalist++)
        for (int int8 = 0; int8 < 2; int8++) {
            char stage[TNAS_CURVE_STAGE_BYTES];
            tnas_curve_stage_of_finalist(finalist, int8 != 0, stage);
            put_curve(db, 1, stage, 200);
        }
    ck_ok(tnas_db_commit(db));
    tnas_db_close(db);
    cJSON_Delete(report(folder, "large", &page, &byte_count));
    printf("3,000 candidates: %zu bytes\n", byte_count);
    ck_assert_uint_lt(byte_count, PAGE_BYTES_MAX);
    tnas_free(page);
}
END_TEST

/* ---- A search's own study ------------------------------------------------------------------- */

static char searched[TNAS_PATH_BYTES];

static void search_once(void)
{
    char images[TNAS_PATH_BYTES];
    temporary_folder(images);
    temporary_folder(searched);
    write_toy_data(images);
    cJSON_Delete(
        check_json(run("search --mcu stm32h743 --data %s --study %s --preset smoke --finalists 2 "
                       "--max-sram-kib 24 --seed 3 --format json",
                       images, searched)));
}

START_TEST(the_winner_is_priced_as_estimate_prices_it)
{
    char *page;
    size_t byte_count;
    cJSON *const data = report(searched, "searched", &page, &byte_count);
    cJSON *const priced =
        check_json(run("estimate %s --mcu stm32h743 --layers --format json", searched));
    const cJSON *const network = in(data, "network");
    ck_assert_double_eq(number(network, "flash_bytes"), number(priced, "flash_bytes"));
    ck_assert_double_eq(number(network, "sram_bytes"), number(priced, "sram_bytes"));
    ck_assert(cJSON_Compare(in(network, "layers"), in(priced, "layers"), true));
    ck_assert_int_ge(cJSON_GetArraySize(in(network, "layers")), 4);
    cJSON_Delete(priced);
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

static bool live_together(const cJSON *a, const cJSON *b)
{
    return number(a, "first_step") <= number(b, "last_step") &&
           number(b, "first_step") <= number(a, "last_step");
}

static bool overlap(const cJSON *a, const cJSON *b)
{
    return number(a, "offset_bytes") < number(b, "offset_bytes") + number(b, "bytes") &&
           number(b, "offset_bytes") < number(a, "offset_bytes") + number(a, "bytes");
}

/* But for the output of an in-place layer, which starts where its input ends. */
START_TEST(rectangles_of_the_memory_plot_lie_in_the_arena_and_beside_each_other)
{
    char *page;
    size_t byte_count;
    cJSON *const data = report(searched, "searched", &page, &byte_count);
    const cJSON *const network = in(data, "network"), *a, *b;
    double top = 0;
    cJSON_ArrayForEach(a, in(network, "arena"))
    {
        top = fmax(top, number(a, "offset_bytes") + number(a, "bytes"));
        for (b = a->next; b != NULL; b = b->next) {
            const bool handed_over = number(a, "last_step") == number(b, "first_step") ||
                                     number(b, "last_step") == number(a, "first_step");
            ck_assert_msg(!live_together(a, b) || !overlap(a, b) || handed_over, "%s over %s",
                          text_of(a, "name"), text_of(b, "name"));
        }
    }
    ck_assert_double_eq(top, number(network, "arena_bytes"));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

/* Rows of the target that were measured and need more SRAM than this. */
static int count_over(const char *folder, int target, double sram_bytes, double *least_bytes)
{
    tnas_store_db *db;
    tnas_candidate_row *rows;
    int count, over = 0;
    ck_ok(tnas_db_open_read(folder, &db));
    ck_ok(tnas_db_get_candidates(db, target, &rows, &count));
    *least_bytes = INFINITY;
    for (int i = 0; i < count; i++) {
        over += !rows[i].predicted && (double)rows[i].sram_bytes > sram_bytes;
        *least_bytes = fmin(*least_bytes, (double)rows[i].sram_bytes);
    }
    tnas_candidate_rows_free(rows, count);
    tnas_db_close(db);
    return over;
}

/* On one part, so that what the first target's search stored is what the second one is shown. */
START_TEST(candidates_of_another_target_that_are_over_a_limit_of_this_one_are_shown)
{
    enum { STEP_BYTES = 1024 };
    char images[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    double least, second_least;
    temporary_folder(images);
    temporary_folder(folder);
    write_toy_data(images);
    static const char line[] = "search --mcu stm32h743 --data %s --study %s --preset smoke "
                               "--finalists 1 --max-sram-kib %.17g --seed 3 --format json";
    cJSON_Delete(check_json(run(line, images, folder, 24.0)));
    count_over(folder, 1, 0, &least);
    const double limit = least + STEP_BYTES;
    cJSON_Delete(check_json(run(line, images, folder, limit / 1024)));
    const int over = count_over(folder, 1, limit, &least);
    ck_assert_int_eq(count_over(folder, 2, limit, &second_least), 0);
    ck_assert_int_gt(over, 0);

    cJSON *data = report(folder, "two-targets", &page, &byte_count);
    ck_assert_double_eq(number(in(data, "target"), "id"), 2);
    const cJSON *const shown = in(data, "others");
    ck_assert_int_eq((int)number(shown, "count"), over);
    tnas_store_db *db;
    tnas_candidate_row *rows;
    int count;
    ck_ok(tnas_db_open_read(folder, &db));
    ck_ok(tnas_db_get_candidates(db, 1, &rows, &count));
    for (int i = 0; i < over; i++) {
        const int id = (int)column(shown, "id", i);
        ck_assert_int_lt(id, count);
        ck_assert_double_eq(column(shown, "target", i), 1);
        ck_assert_double_eq_tol(column(shown, "accuracy", i), rows[id].accuracy, DIGITS);
        ck_assert_double_eq(column(shown, "sram_bytes", i), (double)rows[id].sram_bytes);
        ck_assert_double_eq(column(shown, "flash_bytes", i), (double)rows[id].flash_bytes);
        ck_assert_double_eq_tol(column(shown, "latency_upper_ms", i), rows[id].latency_upper_ms,
                                1e-9);
        ck_assert_str_eq(cJSON_GetArrayItem(in(shown, "arch"), i)->valuestring, rows[id].arch);
    }
    tnas_candidate_rows_free(rows, count);
    tnas_db_close(db);
    ck_assert_double_gt(number(in(data, "winner"), "over_sram"), 0);
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(the_commands_of_a_report_run)
{
    char *page;
    size_t byte_count;
    cJSON *const data = report(searched, "searched", &page, &byte_count);
    const cJSON *command;
    int tried = 0;
    cJSON_ArrayForEach(command, in(data, "commands"))
    {
        const char *const line = text_of(command, "line");
        ck_assert_int_eq(strncmp(line, "tinynas ", 8), 0);
        if (strstr(line, " estimate ") == NULL && strstr(line, " eval ") == NULL)
            continue;
        tried++;
        const outcome *const o = run("%s", line + 8);
        ck_assert_msg(o->exit_code == 0, "%s: %s", line, o->err);
    }
    ck_assert_int_eq(tried, 2);
    cJSON *const config = cJSON_Parse(text_of(data, "config"));
    ck_assert_str_eq(text_of(config, "format"), "tinynas-run");
    cJSON_Delete(config);
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(measurements_of_the_part_are_shown_and_their_absence_is_said)
{
    char *page;
    size_t byte_count;
    cJSON *const data = report(searched, "searched", &page, &byte_count);
    ck_assert_int_ge(cJSON_GetArraySize(in(data, "boards")), 5);
    const cJSON *row;
    cJSON_ArrayForEach(row, in(data, "boards"))
    {
        ck_assert_double_le(number(row, "low_ms"), number(row, "predicted_ms"));
        ck_assert_double_gt(number(row, "measured_ms"), 0);
        ck_assert_str_ne(text_of(row, "source"), "");
    }
    ck_assert_ptr_nonnull(
        strstr(text_of(data, "boards_missing"), "No shipped measurement is of tinynas"));
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(a_study_whose_model_is_gone_gets_a_report_that_says_so)
{
    char model[TNAS_PATH_BYTES], away[TNAS_PATH_BYTES], *page;
    size_t byte_count;
    ck_ok(tnas_path_join(model, searched, "targets/1/model.tnm"));
    ck_ok(tnas_path_join(away, searched, "targets/1/away.tnm"));
    ck_assert_int_eq(rename(model, away), 0);
    cJSON *const data = report(searched, "gone", &page, &byte_count);
    ck_assert_int_eq(rename(away, model), 0);
    ck_assert(cJSON_IsNull(in(data, "network")));
    ck_assert_ptr_nonnull(strstr(text_of(data, "network_missing"), "model.tnm"));
    ck_assert_int_eq(cJSON_GetArraySize(in(data, "finalists")), 2);
    cJSON_Delete(data);
    tnas_free(page);
}
END_TEST

START_TEST(what_cannot_be_reported_ends_with_its_exit_code)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    check_failure(run("report"), 2, "STUDY");
    check_failure(run("report %s", searched), 2, "--out");
    check_failure(run("report %s --out %s/r.html", folder, folder), 4, folder);
    check_failure(run("report %s --target 9 --out %s/r.html", searched, folder), 2,
                  "targets 1 to 1");
    check_failure(run("report %s --out %s/none/r.html", searched, folder), 4, "none/r.html");
    ck_ok(tnas_path_join(path, folder, "r.html"));
    ck_assert(!tnas_file_exists(path));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("report");
    TCase *const stored = tcase_create("stored");
    tcase_add_test(stored, a_report_holds_what_the_store_holds);
    tcase_add_test(stored, a_candidate_over_a_limit_is_marked);
    tcase_add_test(stored, markup_in_names_stays_text);
    tcase_add_test(stored, a_search_that_has_just_begun_has_a_report);
    tcase_add_test(stored, a_part_without_measurements_and_a_search_without_latencies_are_said);
    tcase_add_test(stored, three_thousand_candidates_stay_below_three_mebibytes);
    tcase_set_timeout(stored, 60);
    suite_add_tcase(suite, stored);
    TCase *const found = tcase_create("searched");
    tcase_add_unchecked_fixture(found, search_once, NULL);
    tcase_add_test(found, the_winner_is_priced_as_estimate_prices_it);
    tcase_add_test(found, rectangles_of_the_memory_plot_lie_in_the_arena_and_beside_each_other);
    tcase_add_test(found, candidates_of_another_target_that_are_over_a_limit_of_this_one_are_shown);
    tcase_add_test(found, the_commands_of_a_report_run);
    tcase_add_test(found, measurements_of_the_part_are_shown_and_their_absence_is_said);
    tcase_add_test(found, a_study_whose_model_is_gone_gets_a_report_that_says_so);
    tcase_add_test(found, what_cannot_be_reported_ends_with_its_exit_code);
    tcase_set_timeout(found, 120);
    suite_add_tcase(suite, found);
    return run_suite(suite);
}
