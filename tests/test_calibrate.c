/* Calibration, the suggestion of a network to measure, and profiles derived from a kin. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/calibrate.h"
#include "estimators/mcu_derive.h"
#include "estimators/regions.h"
#include "estimators/suggest.h"
#include "tests/testing.h"

enum { ROWS = 12 };

/* Networks of two families (separable, plain) whose cycles are exact multiples of the prior's. */
static void make_rows(tnas_measurement *rows)
{
    tnas_latency_model truth;
    tnas_latency_prior(&truth);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 7);
    for (int i = 0; i < ROWS; i++) {
        rows[i] = (tnas_measurement){.mcu = "m",
                                     .runtime = "r",
                                     .version = "1",
                                     .model = "net",
                                     .layer = "",
                                     .source = "",
                                     .clock_mhz = 100,
                                     .line = i + 2,
                                     .has_graph = true};
        double *const x = rows[i].x;
        const double scale = 1 + tnas_rng_unit(&rng) * 4;
        x[TNAS_FEATURE_layer] = 20;
        x[TNAS_FEATURE_stem_mac] = 1e5 * scale;
        x[TNAS_FEATURE_stem_out] = 1e4 * scale;
        x[TNAS_FEATURE_conv1_mac] = 1e6 * (1 + tnas_rng_unit(&rng)) * scale;
        x[TNAS_FEATURE_conv1_out] = 2e4 * (1 + tnas_rng_unit(&rng)) * scale;
        if (i < ROWS / 2)
            x[TNAS_FEATURE_dw_out] = 2e4 * (1 + tnas_rng_unit(&rng)) * scale;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            rows[i].cycles += 1.5 * x[f] * truth.coefficient[f];
    }
}

START_TEST(exact_rows_are_predicted_without_being_seen)
{
    tnas_measurement storage[ROWS];
    make_rows(storage);
    const tnas_measurements rows = {.count = ROWS, .rows = storage};
    tnas_calibration c;
    ck_ok(tnas_calibrate(&rows, NULL, &c));
    ck_assert_int_eq(c.count, ROWS);
    ck_assert_int_eq(c.network_count, ROWS);
    ck_assert_int_eq(c.outlier_count, 0);
    ck_assert_double_lt(c.fitted_scores.mape, 0.01);
    ck_assert_double_lt(c.net_out_scores.mape, 0.02);
    ck_assert_ptr_nonnull(c.family_out);
    ck_assert_int_eq(c.family_out_scores.n, ROWS);
    ck_assert_double_gt(c.net_out_scores.macs_only_mape, 0.02);
    tnas_calibration_deinit(&c);
}
END_TEST

START_TEST(a_held_out_prediction_is_that_of_a_fit_without_the_row)
{
    tnas_measurement storage[ROWS], others[ROWS];
    make_rows(storage);
    const tnas_measurements rows = {.count = ROWS, .rows = storage};
    tnas_calibration c;
    ck_ok(tnas_calibrate(&rows, NULL, &c));
    enum { LEFT_OUT = 3 };
    tnas_measurements some = {.rows = others};
    for (int i = 0; i < ROWS; i++)
        if (i != LEFT_OUT)
            others[some.count++] = storage[i];
    tnas_latency_model model;
    tnas_latency predicted;
    ck_ok(tnas_latency_fit(&some, NULL, &model));
    tnas_latency_predict(&model, storage[LEFT_OUT].x, &predicted);
    ck_assert_double_eq(c.net_out[LEFT_OUT].predicted.cycles, predicted.cycles);
    ck_assert_double_eq(c.net_out[LEFT_OUT].predicted.high_cycles, predicted.high_cycles);
    /* Its family left out: the six plain networks predict the six separable ones. */
    some.count = 0;
    for (int i = ROWS / 2; i < ROWS; i++)
        others[some.count++] = storage[i];
    ck_ok(tnas_latency_fit(&some, NULL, &model));
    tnas_latency_predict(&model, storage[LEFT_OUT].x, &predicted);
    ck_assert_double_eq(c.family_out[LEFT_OUT].predicted.cycles, predicted.cycles);
    tnas_calibration_deinit(&c);
}
END_TEST

START_TEST(a_slip_of_the_pen_is_an_outlier_and_nothing_else_is)
{
    tnas_measurement storage[ROWS];
    make_rows(storage);
    storage[4].cycles *= 1.5;
    const tnas_measurements rows = {.count = ROWS, .rows = storage};
    tnas_calibration c;
    ck_ok(tnas_calibrate(&rows, NULL, &c));
    for (int i = 0; i < ROWS; i++)
        ck_assert_msg(c.residuals[i].is_outlier == (i == 4), "row %d: %g deviations", i,
                      c.residuals[i].deviations);
    ck_assert_double_gt(c.residuals[4].deviations, 0); /* slower than predicted */
    ck_assert_double_lt(c.net_out[4].error, -0.25);
    tnas_calibration_deinit(&c);
}
END_TEST

START_TEST(rows_of_one_network_are_left_out_together_and_compared)
{
    tnas_measurement storage[ROWS];
    make_rows(storage);
    memcpy(storage[5].x, storage[2].x, sizeof storage[5].x);
    storage[5].cycles = 1.1 * storage[2].cycles;
    const tnas_measurements rows = {.count = ROWS, .rows = storage};
    tnas_calibration c;
    ck_ok(tnas_calibrate(&rows, NULL, &c));
    ck_assert_int_eq(c.network_count, ROWS - 1);
    ck_assert_int_eq(c.residuals[5].repeats_line, storage[2].line);
    ck_assert_double_eq_tol(c.residuals[5].repeat_ratio, 1.1, 1e-12);
    ck_assert_int_eq(c.residuals[2].repeats_line, 0);
    ck_assert_double_eq(c.net_out[5].predicted.cycles, c.net_out[2].predicted.cycles);
    tnas_calibration_deinit(&c);
}
END_TEST

START_TEST(one_family_has_no_other_to_learn_from)
{
    tnas_measurement storage[ROWS];
    make_rows(storage);
    const tnas_measurements rows = {.count = ROWS / 2, .rows = storage};
    tnas_calibration c;
    ck_ok(tnas_calibrate(&rows, NULL, &c));
    ck_assert_ptr_null(c.family_out);
    ck_assert_int_eq(c.family_out_scores.n, 0);
    tnas_calibration_deinit(&c);
    storage[0].has_graph = false;
    const tnas_measurements none = {.count = 1, .rows = storage};
    ck_fails(TNAS_ERR_INPUT, "nothing to fit", tnas_calibrate(&none, NULL, &c));
    ck_assert_ptr_null(c.fitted);
}
END_TEST

START_TEST(a_calibration_without_memory_fails_cleanly)
{
    tnas_measurement storage[3];
    tnas_measurement all[ROWS];
    make_rows(all);
    memcpy(storage, all, sizeof storage);
    const tnas_measurements rows = {.count = 3, .rows = storage};
    tnas_calibration c;
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    for (; status != TNAS_OK && n < 1000; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_calibrate(&rows, NULL, &c);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        if (status != TNAS_OK)
            ck_assert_ptr_null(c.fitted);
    }
    ck_ok(status);
    ck_assert_int_gt(n, 6);
    tnas_calibration_deinit(&c);
}
END_TEST

/* Two independent terms, one known much worse than the other; no family effect. */
static void make_uncertain(tnas_latency_model *model)
{
    tnas_latency_prior(model);
    memset(model->covariance, 0, sizeof model->covariance);
    memset(model->coefficient, 0, sizeof model->coefficient);
    model->coefficient[TNAS_FEATURE_conv1_mac] = model->coefficient[TNAS_FEATURE_fc_mac] = 1;
    model->covariance[TNAS_FEATURE_conv1_mac][TNAS_FEATURE_conv1_mac] = 1;
    model->covariance[TNAS_FEATURE_fc_mac][TNAS_FEATURE_fc_mac] = 0.04;
    model->sigma = 0.1;
}

START_TEST(the_next_network_is_the_one_that_tells_most)
{
    tnas_latency_model model;
    make_uncertain(&model);
    tnas_pool_network pool[3] = {{.name = "fc"}, {.name = "conv"}, {.name = "both"}};
    pool[0].x[TNAS_FEATURE_fc_mac] = 5;
    pool[1].x[TNAS_FEATURE_conv1_mac] = 3;
    pool[2].x[TNAS_FEATURE_conv1_mac] = pool[2].x[TNAS_FEATURE_fc_mac] = 7;
    double now;
    ck_assert_int_eq(tnas_suggest_next(&model, pool, 3, &now), 1);
    /* Variances 0.04, 1 and (1 + 0.04) / 4; 0.01 is sigma^2. */
    ck_assert_double_eq_tol(now, sqrt((0.04 + 1 + 0.26) / 3 + 0.01), 1e-12);
    /* After "conv": its term's variance is 1 - 1 / 1.01. */
    const double left = 1 - 1 / 1.01;
    ck_assert_double_eq_tol(pool[1].spread, sqrt((0.04 + left + (left + 0.04) / 4) / 3 + 0.01),
                            1e-12);
    ck_assert_double_eq_tol(pool[1].own_deviation, sqrt(1.01), 1e-12);
    pool[1].is_measured = true;
    ck_assert_int_eq(tnas_suggest_next(&model, pool, 3, &now), 2);
    pool[0].is_measured = pool[2].is_measured = true;
    ck_assert_int_eq(tnas_suggest_next(&model, pool, 3, &now), TNAS_NONE);
    ck_assert_int_eq(tnas_suggest_next(&model, pool, 0, &now), TNAS_NONE);
}
END_TEST

/* The half width of the 90 % interval, as a logarithm. */
static double half_width(const tnas_latency_model *model, const double *x)
{
    tnas_latency p;
    tnas_latency_predict(model, x, &p);
    return log(p.high_cycles / p.cycles);
}

START_TEST(a_derived_part_has_priors_that_are_wider_the_further_away)
{
    tnas_mcu *kin, *same, *slower, *grandchild;
    tnas_measurement rows[ROWS];
    make_rows(rows);
    ck_ok(tnas_mcu_load("stm32h743", &kin));
    ck_ok(tnas_mcu_derive(kin, &(tnas_mcu_change){.name = "same"}, &same));
    ck_ok(tnas_mcu_derive(kin, &(tnas_mcu_change){.name = "slower", .clock_mhz = 120}, &slower));
    ck_ok(tnas_mcu_derive(same, &(tnas_mcu_change){.name = "grandchild"}, &grandchild));
    ck_assert_int_eq(same->model_count, kin->model_count);
    ck_assert_str_eq(same->part, "same");
    ck_assert_double_eq(slower->clock_mhz, 120);
    for (int i = 0; i < kin->model_count; i++) {
        const tnas_latency_model *const m = &same->models[i];
        ck_assert_int_eq(m->row_count, 0);
        ck_assert_ptr_nonnull(strstr(m->source, "prior, 0 measurements"));
        ck_assert_str_eq(m->version, kin->models[i].version);
        tnas_latency a, b;
        tnas_latency_predict(&kin->models[i], rows[0].x, &a);
        tnas_latency_predict(m, rows[0].x, &b);
        /* The family's offset is the kin's own. */
        ck_assert_double_eq_tol(a.cycles, b.cycles, 0.05 * a.cycles);
        /* 16-25 % off on average means some 45 % at 90 %. */
        ck_assert_double_ge(half_width(m, rows[0].x), 0.4);
        ck_assert_double_gt(half_width(m, rows[0].x), half_width(&kin->models[i], rows[0].x));
        ck_assert_double_gt(half_width(&slower->models[i], rows[0].x), half_width(m, rows[0].x));
        ck_assert_double_gt(half_width(&grandchild->models[i], rows[0].x),
                            half_width(m, rows[0].x));
    }
    tnas_mcu_destroy(grandchild);
    tnas_mcu_destroy(slower);
    tnas_mcu_destroy(same);
    tnas_mcu_destroy(kin);
}
END_TEST

START_TEST(a_derived_part_is_what_was_said_of_it)
{
    tnas_mcu *kin, *mcu, *again;
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_mcu_load("stm32h743", &kin));
    const tnas_mcu_change change = {
        .name = "b", .part = "STM32H750", .flash_bytes = 131072, .sram_bytes = 300000};
    ck_ok(tnas_mcu_derive(kin, &change, &mcu));
    ck_assert_int_eq(mcu->region_count, 1);
    ck_assert_uint_eq(tnas_arena_room(mcu, true), 300000);
    ck_assert_uint_eq(mcu->flash_bytes, 131072);
    ck_ok(tnas_path_join(path, folder, "b.json"));
    ck_ok(tnas_mcu_save(mcu, path));
    ck_ok(tnas_mcu_load(path, &again));
    ck_assert_str_eq(again->name, "b");
    ck_assert_str_eq(again->part, "STM32H750");
    ck_assert_int_eq(again->model_count, kin->model_count);
    tnas_mcu_destroy(again);
    tnas_mcu_destroy(mcu);
    ck_fails(TNAS_ERR_USAGE, "--part",
             tnas_mcu_derive(kin, &(tnas_mcu_change){.name = "b", .part = "a\"b"}, &mcu));
    ck_assert_ptr_null(mcu);
    ck_fails(TNAS_ERR_USAGE, "name", tnas_mcu_derive(kin, &(tnas_mcu_change){.name = ""}, &mcu));
    tnas_mcu_destroy(kin);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("calibrate");
    TCase *const tc = tcase_create("calibrate");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, exact_rows_are_predicted_without_being_seen);
    tcase_add_test(tc, a_held_out_prediction_is_that_of_a_fit_without_the_row);
    tcase_add_test(tc, a_slip_of_the_pen_is_an_outlier_and_nothing_else_is);
    tcase_add_test(tc, rows_of_one_network_are_left_out_together_and_compared);
    tcase_add_test(tc, one_family_has_no_other_to_learn_from);
    tcase_add_test(tc, a_calibration_without_memory_fails_cleanly);
    tcase_add_test(tc, the_next_network_is_the_one_that_tells_most);
    tcase_add_test(tc, a_derived_part_has_priors_that_are_wider_the_further_away);
    tcase_add_test(tc, a_derived_part_is_what_was_said_of_it);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
