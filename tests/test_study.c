/* Whole searches on a toy data set: the same result for any number of threads, stopped or not,
 * within the limits, from the best candidate, with the test set read at the end only. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/alloc.h"
#include "tests/testing.h"
#include "tests/toy_data.h"
#include "tests/toy_study.h"

static bool has_file(const char *folder, const char *name)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    return tnas_file_exists(path);
}

/* Stops at the n-th question. */
typedef struct stopper {
    int questions_left;
} stopper;

static bool stop_later(void *context)
{
    stopper *const s = context;
    return s->questions_left-- <= 0;
}

START_TEST(a_stopped_search_resumes_to_the_same_study)
{
    char data[TNAS_PATH_BYTES], whole[TNAS_PATH_BYTES], stopped[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(whole);
    temporary_folder(stopped);
    tnas_search_report report;
    const tnas_search_request request = toy_request(data, whole);
    ck_ok(tnas_study_search(&request, NULL, &report));
    const tnas_search_request again = toy_request(data, stopped);
    int stops = 0, inside_supernet = 0, inside_finetuning = 0;
    for (;; stops++) {
        ck_assert_int_lt(stops, 60);
        stopper s = {.questions_left = 1 + 2 * stops};
        const tnas_progress progress = {.context = &s, .stop = stop_later};
        const tnas_status status = tnas_study_search(&again, &progress, &report);
        if (status == TNAS_OK)
            break;
        ck_assert_int_eq(status, TNAS_ERR_STOPPED);
        inside_supernet += has_file(stopped, "supernet.ckpt");
        inside_finetuning += has_file(stopped, "targets/1/finalist-1/train.ckpt");
    }
    ck_assert_int_gt(stops, 3);
    ck_assert_int_gt(inside_supernet, 0);
    ck_assert_int_gt(inside_finetuning, 0);
    ck_assert(!has_file(stopped, "supernet.ckpt") &&
              !has_file(stopped, "targets/1/finalist-1/train.ckpt"));
    check_same_study(whole, stopped);
}
END_TEST

START_TEST(a_study_keeps_its_recipe_and_the_curve_of_all_its_phases)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_overrides overrides = {.count = 0};
    ck_ok(tnas_overrides_put(&overrides, "supernet.recipe", "progressive"));
    ck_ok(tnas_overrides_put(&overrides, "supernet.steps", "12"));
    tnas_search_request request = toy_request(data, folder);
    request.overrides = &overrides;
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));

    tnas_store_db *db;
    tnas_curve_point *points;
    int count;
    ck_ok(tnas_db_open_read(folder, &db));
    ck_ok(tnas_db_get_curve(db, 0, "supernet", &points, &count));
    ck_assert_int_eq(count, 12);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(points[i].step, i + 1);
        ck_assert(points[i].loss > 0 && points[i].right >= 0 && points[i].right <= 1);
    }
    tnas_free(points);
    tnas_db_close(db);
    ck_assert(has_file(folder, "supernet.bin") && !has_file(folder, "supernet.ckpt") &&
              !has_file(folder, "supernet.ckpt.1"));

    ck_ok(tnas_overrides_put(&overrides, "supernet.recipe", "uniform"));
    ck_fails(TNAS_ERR_USAGE, "supernet.recipe = progressive, this search has uniform",
             tnas_study_search(&request, NULL, &report));
}
END_TEST

/* Four finalists that learn from the largest network, int8 that is mended however little it loses,
 * and a winner that is trained once more with the validation images. */
static tnas_search_request finalists_request(const char *data, const char *folder)
{
    static tnas_overrides overrides;
    overrides.count = 0;
    ck_ok(tnas_overrides_put(&overrides, "finish.finalists", "4"));
    ck_ok(tnas_overrides_put(&overrides, "finish.qat_drop", "0"));
    ck_ok(tnas_overrides_put(&overrides, "finish.with_validation", "1"));
    ck_ok(tnas_overrides_put(&overrides, "finetune.distill_share", "0.5"));
    tnas_search_request request = toy_request(data, folder);
    request.overrides = &overrides;
    return request;
}

START_TEST(finalists_are_the_same_for_any_threads_and_however_often_stopped)
{
    char data[TNAS_PATH_BYTES], whole[TNAS_PATH_BYTES], stopped[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(whole);
    temporary_folder(stopped);
    tnas_search_report report;
    tnas_search_request request = finalists_request(data, whole);
    ck_ok(tnas_study_search(&request, NULL, &report));
    request = finalists_request(data, stopped);
    int between = 0;
    for (int stops = 0;; stops++) {
        ck_assert_int_lt(stops, 60);
        request.threads = 1 + stops % 3;
        stopper s = {.questions_left = 1 + 3 * stops};
        const tnas_progress progress = {.context = &s, .stop = stop_later};
        const tnas_status status = tnas_study_search(&request, &progress, &report);
        if (status == TNAS_OK)
            break;
        ck_assert_int_eq(status, TNAS_ERR_STOPPED);
        between += has_file(stopped, "targets/1/finalist-1/model.tnm");
        ck_assert(!has_file(stopped, "targets/1/model.tnm"));
    }
    ck_assert_int_gt(between, 0);
    check_same_study(whole, stopped);
}
END_TEST

START_TEST(a_finalist_that_inherits_no_weights_is_the_same_network_with_others)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    static tnas_overrides overrides;
    overrides.count = 0;
    tnas_search_report inherited, random;
    tnas_search_request request = toy_request(data, folder);
    ck_ok(tnas_study_search(&request, NULL, &inherited));
    ck_ok(tnas_overrides_put(&overrides, "finish.inherit_weights", "0"));
    request.overrides = &overrides;
    ck_ok(tnas_study_search(&request, NULL, &random));
    ck_assert_str_eq(inherited.winner.arch, random.winner.arch);
    ck_assert_str_eq(random.winner.model, "targets/2/model.tnm");
    uint8_t *bytes[2];
    size_t counts[2];
    for (int i = 0; i < 2; i++) {
        char name[48];
        snprintf(name, sizeof name, "targets/%d/finalist-1/float.tnm", i + 1);
        ck_ok(tnas_path_join(path, folder, name));
        ck_ok(tnas_file_read(path, 1 << 24, &bytes[i], &counts[i]));
    }
    ck_assert_uint_eq(counts[0], counts[1]);
    ck_assert_mem_ne(bytes[0], bytes[1], counts[0]);
    tnas_free(bytes[0]);
    tnas_free(bytes[1]);
}
END_TEST

static void keep_sentence(void *context, const char *sentence)
{
    if (strstr(sentence, "over 4 finalists") != NULL)
        ++*(int *)context;
}

START_TEST(the_best_finalist_on_validation_wins_and_all_meet_the_test_set)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_report report;
    int ranked = 0;
    const tnas_progress progress = {.context = &ranked, .note = keep_sentence};
    const tnas_search_request request = finalists_request(data, folder);
    ck_ok(tnas_study_search(&request, &progress, &report));
    ck_assert_int_eq(ranked, 1);
    tnas_store_db *db;
    tnas_finalist *rows;
    int count, confusion[TOY_CLASSES * TOY_CLASSES], right = 0, all = 0, chosen = -1;
    ck_ok(tnas_db_open_read(folder, &db));
    ck_ok(tnas_db_get_finalists(db, 1, &rows, &count));
    ck_assert_int_eq(count, 4);
    double best = 0;
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(rows[i].test_count, TOY_TEST);
        ck_assert(rows[i].test_int8 >= 0 && rows[i].test_float >= 0);
        ck_assert_int_ge(rows[i].candidate, 0);
        best = fmax(best, rows[i].validation_int8);
        if (rows[i].chosen) {
            ck_assert_int_eq(chosen, -1);
            chosen = i;
        }
        ck_assert(has_file(folder, rows[i].model));
    }
    ck_assert_int_ge(chosen, 0);
    const double sigma = 1.5 * sqrt(best * (1 - best) / (TOY_TRAIN / 10)); /* about */
    ck_assert_double_ge(rows[chosen].validation_int8, best - sigma - 1e-9);
    for (int i = 0; i < count; i++)
        if (rows[i].validation_int8 >= best)
            ck_assert_double_ge(rows[i].latency_ms, rows[chosen].latency_ms - 1e-9);
    ck_assert_int_eq(report.winner.finalist, rows[chosen].id);
    ck_assert_double_eq(report.winner.accuracy_int8, rows[chosen].test_int8);
    ck_assert_str_eq(report.winner.model, "targets/1/model.tnm");
    ck_assert(has_file(folder, "targets/1/winner/float.tnm"));
    ck_ok(tnas_db_get_confusion(db, 1, rows[chosen].id, confusion, TOY_CLASSES));
    for (int label = 0; label < TOY_CLASSES; label++)
        for (int answer = 0; answer < TOY_CLASSES; answer++) {
            all += confusion[label * TOY_CLASSES + answer];
            right += label == answer ? confusion[label * TOY_CLASSES + answer] : 0;
        }
    ck_assert_int_eq(all, TOY_TEST);
    ck_assert_int_eq(right, (int)lround(rows[chosen].test_int8 * TOY_TEST));
    tnas_free(rows);
    static const char *const trained[] = {"finalist-1", "finalist-4", "winner"};
    for (int i = 0; i < 3; i++) {
        tnas_curve_point *points;
        ck_ok(tnas_db_get_curve(db, 1, trained[i], &points, &count));
        ck_assert_int_gt(count, 0);
        tnas_free(points);
    }
    tnas_db_close(db);
}
END_TEST

START_TEST(the_winner_is_the_best_candidate_and_within_the_limits)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    const tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    ck_assert_uint_le(report.winner.flash_bytes, request.limits.flash_bytes);
    ck_assert_uint_le(report.winner.sram_bytes, request.limits.sram_bytes);
    ck_assert_double_le(report.winner.latency_upper_ms, request.limits.latency_ms);
    /* Against the stored candidates: within one sigma of the best, and none within it faster. */
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, "study.db"));
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_stmt *statement;
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT arch, accuracy, latency_ms, latency_upper_ms, "
                                        "flash_bytes, sram_bytes FROM candidate",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    double best = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        best = fmax(best, sqlite3_column_double(statement, 1));
        ck_assert_double_le(sqlite3_column_double(statement, 3), request.limits.latency_ms);
        ck_assert_int_le(sqlite3_column_int(statement, 4), (int)request.limits.flash_bytes);
        ck_assert_int_le(sqlite3_column_int(statement, 5), (int)request.limits.sram_bytes);
    }
    sqlite3_reset(statement);
    const int validation = TOY_TRAIN / 10; /* about; the sigma below is generous by 1.5 */
    const double sigma = 1.5 * sqrt(best * (1 - best) / validation);
    ck_assert_double_ge(report.winner.accuracy_supernet, best - sigma - 1e-9);
    while (sqlite3_step(statement) == SQLITE_ROW)
        if (sqlite3_column_double(statement, 1) >= best)
            ck_assert_double_ge(sqlite3_column_double(statement, 2),
                                report.winner.latency_ms - 1e-9);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}
END_TEST

/* Cuts the test images of the data folder as soon as the search reports anything. */
static void cut_test_images(void *context, const char *stage, long done, long total,
                            const char *unit, const char *remark)
{
    (void)stage, (void)done, (void)total, (void)unit, (void)remark;
    const char **const data = context;
    if (*data != NULL)
        truncate_file(*data, "t10k-images-idx3-ubyte", 10);
    *data = NULL;
}

START_TEST(the_test_images_are_first_read_when_the_winner_is_ready)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    const tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    const char *uncut = data; /* whole while it is loaded, cut before the first training step */
    const tnas_progress progress = {.context = &uncut, .report = cut_test_images};
    ck_fails(TNAS_ERR_INPUT, "t10k-images", tnas_study_search(&request, &progress, &report));
    char *const content = study_content(folder);
    ck_assert_msg(strlen(content) > 100, "the candidates were scored before");
    free(content);
}
END_TEST

START_TEST(the_same_target_is_answered_from_the_store)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    tnas_search_report first, second;
    ck_ok(tnas_study_search(&request, NULL, &first));
    ck_ok(tnas_study_search(&request, NULL, &second));
    ck_assert(!first.from_store && second.from_store);
    ck_assert_str_eq(first.winner.arch, second.winner.arch);
    ck_assert_double_eq(first.winner.accuracy_int8, second.winner.accuracy_int8);
    /* Another part on the same study: a search of its own, the supernet is reused. */
    request.mcu = "stm32f746";
    ck_ok(tnas_study_search(&request, NULL, &second));
    ck_assert(!second.from_store);
    ck_assert_str_eq(second.winner.mcu, "stm32f746");
    request.seed = 8;
    ck_fails(TNAS_ERR_USAGE, "seed = 7, this search has 8",
             tnas_study_search(&request, NULL, &second));
}
END_TEST

/* Not even upgraded, nor locked: it may be looked at while another process writes it. */
START_TEST(a_dry_run_on_a_study_leaves_it_as_it_is)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    sqlite3 *db;
    ck_ok(tnas_path_join(path, folder, "study.db"));
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db, "DROP TABLE refused; PRAGMA user_version=2;", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    ck_ok(tnas_path_join(path, folder, "lock"));
    ck_assert_int_eq(unlink(path), 0);
    char *const before = study_content(folder);
    request.dry_run = true;
    request.limits.sram_bytes = 20 * 1024; /* a target that is not there yet */
    ck_ok(tnas_study_search(&request, NULL, &report));
    ck_assert_double_gt(report.forecast.search_seconds, 0);
    ck_assert_double_eq(report.forecast.supernet_seconds, 0);
    char *const after = study_content(folder);
    ck_assert_str_eq(before, after);
    ck_assert(!has_file(folder, "lock"));
    free(before);
    free(after);
    request.seed = 8;
    ck_fails(TNAS_ERR_USAGE, "seed = 7, this search has 8",
             tnas_study_search(&request, NULL, &report));
}
END_TEST

START_TEST(a_folder_where_creation_was_cut_short_is_a_new_study)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "study.db"));
    ck_ok(tnas_file_write(path, "", 0));
    const tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    ck_assert(!report.from_store);
}
END_TEST

START_TEST(what_a_killed_process_had_not_renamed_is_removed_by_the_next)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    const tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    ck_ok(tnas_study_search(&request, NULL, &report));
    static const char *const names[] = {"supernet.ckpt.tmp123", "targets/1/model.tnm.tmp4",
                                        "notes.tmp", "notes.tmp4.txt"};
    for (int i = 0; i < 4; i++) {
        ck_ok(tnas_path_join(path, folder, names[i]));
        ck_ok(tnas_file_write(path, "x", 1));
    }
    ck_ok(tnas_study_search(&request, NULL, &report));
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(has_file(folder, names[i]), i >= 2);
}
END_TEST

START_TEST(a_folder_of_other_things_is_refused)
{
    char data[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    const tnas_search_request request = toy_request(data, data);
    tnas_search_report report;
    ck_fails(TNAS_ERR_USAGE, "is no study", tnas_study_search(&request, NULL, &report));
}
END_TEST

START_TEST(limits_that_nothing_meets_fail_before_a_folder_is_made)
{
    char data[TNAS_PATH_BYTES], parent[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(parent);
    ck_ok(tnas_path_join(folder, parent, "study"));
    tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    request.limits.sram_bytes = 200;
    ck_fails(TNAS_ERR_INFEASIBLE, "SRAM needs", tnas_study_search(&request, NULL, &report));
    request = toy_request(data, folder);
    request.limits.flash_bytes = 1000;
    ck_fails(TNAS_ERR_INFEASIBLE, "flash needs", tnas_study_search(&request, NULL, &report));
    request = toy_request(data, folder);
    request.limits.latency_ms = 0.001;
    ck_fails(TNAS_ERR_INFEASIBLE, "latency needs", tnas_study_search(&request, NULL, &report));
    ck_assert(!tnas_dir_exists(folder));
}
END_TEST

START_TEST(a_study_that_another_process_writes_is_refused)
{
    char data[TNAS_PATH_BYTES], folder[TNAS_PATH_BYTES], lock[TNAS_PATH_BYTES];
    temporary_folder(data);
    write_toy_data(data);
    temporary_folder(folder);
    ck_ok(tnas_path_join(lock, folder, "lock"));
    FILE *const other = fopen(lock, "w"); /* a lock belongs to the open file, not the process */
    ck_assert_ptr_nonnull(other);
    fprintf(other, "somewhere process 1\n");
    fflush(other);
    ck_assert_int_eq(flock(fileno(other), LOCK_EX), 0);
    const tnas_search_request request = toy_request(data, folder);
    tnas_search_report report;
    ck_fails(TNAS_ERR_IO, "is being written by somewhere process 1",
             tnas_study_search(&request, NULL, &report));
    fclose(other);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("study");
    TCase *const tc = tcase_create("study");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_stopped_search_resumes_to_the_same_study);
    tcase_add_test(tc, a_study_keeps_its_recipe_and_the_curve_of_all_its_phases);
    tcase_add_test(tc, a_finalist_that_inherits_no_weights_is_the_same_network_with_others);
    tcase_add_test(tc, finalists_are_the_same_for_any_threads_and_however_often_stopped);
    tcase_add_test(tc, the_best_finalist_on_validation_wins_and_all_meet_the_test_set);
    tcase_add_test(tc, the_winner_is_the_best_candidate_and_within_the_limits);
    tcase_add_test(tc, the_test_images_are_first_read_when_the_winner_is_ready);
    tcase_add_test(tc, the_same_target_is_answered_from_the_store);
    tcase_add_test(tc, a_dry_run_on_a_study_leaves_it_as_it_is);
    tcase_add_test(tc, a_folder_where_creation_was_cut_short_is_a_new_study);
    tcase_add_test(tc, what_a_killed_process_had_not_renamed_is_removed_by_the_next);
    tcase_add_test(tc, a_folder_of_other_things_is_refused);
    tcase_add_test(tc, limits_that_nothing_meets_fail_before_a_folder_is_made);
    tcase_add_test(tc, a_study_that_another_process_writes_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
