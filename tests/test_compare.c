/* Statistics of a comparison, against values computed by hand. */
#include <math.h>
#include <string.h>

#include "estimators/compare.h"
#include "tests/testing.h"

START_TEST(correlations_are_those_computed_by_hand)
{
    /* Deviations -1.5 -0.5 0.5 1.5 and -3 -1 0 4: 11 / sqrt(5 * 26). */
    const double a[] = {1, 2, 3, 4}, b[] = {2, 4, 5, 9};
    ck_assert_double_eq_tol(tnas_pearson(a, b, 4), 11 / sqrt(130), 1e-12);
    const double same[] = {7, 7, 7, 7};
    ck_assert(isnan(tnas_pearson(a, same, 4)));
}
END_TEST

START_TEST(a_quantile_is_a_value_of_the_list)
{
    const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    ck_assert_double_eq(tnas_quantile(values, 10, 0.9), 9);
    ck_assert_double_eq(tnas_quantile(values, 10, 0.91), 10);
    ck_assert_double_eq(tnas_quantile(values, 10, 0.5), 5);
    ck_assert_double_eq(tnas_quantile(values, 10, 0), 1);
    ck_assert_double_eq(tnas_quantile(values, 10, 1), 10);
    ck_assert_double_eq(tnas_quantile(values, 1, 0.9), 1);
    ck_assert(isnan(tnas_quantile(values, 0, 0.9)));
}
END_TEST

/* Cycles = MACs of 1x1 convolutions, interval about -15 % to +18 %. */
static void make_model(const char *version, tnas_latency_model *model)
{
    tnas_latency_prior(model);
    memset(model->covariance, 0, sizeof model->covariance);
    memset(model->coefficient, 0, sizeof model->coefficient);
    model->coefficient[TNAS_FEATURE_conv1_mac] = 1;
    model->family_sigma = 0;
    model->sigma = 0.1;
    strcpy(model->version, version);
}

static void make_row(const char *name, const char *version, double macs, double cycles,
                     tnas_measurement *row)
{
    *row = (tnas_measurement){
        .model = name, .layer = "", .version = version, .has_graph = true, .cycles = cycles};
    row->x[TNAS_FEATURE_conv1_mac] = macs;
}

START_TEST(a_comparison_is_that_computed_by_hand)
{
    tnas_latency_model model;
    make_model("1", &model);
    static const struct {
        double macs, cycles;
    } cases[] = {{100, 100}, {200, 250}, {300, 290}, {400, 380}};
    static const char *const names[] = {"a", "b", "c", "d"};
    tnas_measurement storage[5] = {{0}};
    for (int i = 0; i < 4; i++)
        make_row(names[i], "1", cases[i].macs, cases[i].cycles, &storage[i]);
    storage[4].model = "unknown";
    storage[4].layer = "";
    const tnas_measurements rows = {.count = 5, .rows = storage};
    const tnas_latency_model *const models[] = {&model};
    tnas_comparison comparison;
    tnas_compared_row compared[5];
    ck_ok(tnas_latency_compare(models, 1, &rows, &comparison, compared));
    const tnas_scores *const s = &comparison.all;
    ck_assert_int_eq(s->n, 4);
    ck_assert_int_eq(comparison.without_graph, 1);
    const double errors[] = {0, 50.0 / 250, 10.0 / 290, 20.0 / 380};
    ck_assert_double_eq_tol(s->mape, (errors[1] + errors[2] + errors[3]) / 4, 1e-12);
    ck_assert_double_eq_tol(s->median_ape, (errors[2] + errors[3]) / 2, 1e-12);
    ck_assert_double_eq_tol(s->p90_ape, 0.2, 1e-12);
    ck_assert_double_eq(s->within_5, 0.5);
    ck_assert_double_eq(s->within_10, 0.75);
    ck_assert_double_eq(s->within_15, 0.75);
    ck_assert_double_eq_tol(s->worst_ape, 0.2, 1e-12);
    ck_assert_str_eq(s->worst->row->model, "b");
    ck_assert_double_eq_tol(s->spearman, 1, 1e-12);
    ck_assert_double_eq_tol(s->kendall, 1, 1e-12);
    ck_assert_double_eq(s->coverage_90, 0.75);
    ck_assert_double_eq_tol(compared[1].error, -0.2, 1e-12);
    ck_assert(!compared[1].covered && compared[3].covered);
    /* a * MACs from the other three: a = sum r / sum r^2 with r = MACs / cycles. */
    const double r[] = {1, 0.8, 300.0 / 290, 400.0 / 380};
    double macs_only = 0;
    for (int i = 0; i < 4; i++) {
        double sum = 0, squares = 0;
        for (int k = 0; k < 4; k++) {
            sum += k == i ? 0 : r[k];
            squares += k == i ? 0 : r[k] * r[k];
        }
        macs_only += fabs(r[i] * sum / squares - 1) / 4;
    }
    ck_assert_double_eq_tol(s->macs_only_mape, macs_only, 1e-12);
    const tnas_measurements nothing = {.count = 1, .rows = &storage[4]};
    ck_fails(TNAS_ERR_INPUT, "nothing to compare",
             tnas_latency_compare(models, 1, &nothing, &comparison, compared));
}
END_TEST

START_TEST(a_row_is_predicted_by_the_model_of_its_version)
{
    tnas_latency_model newest, older;
    make_model("10.0.0", &newest);
    make_model("8.1.0", &older);
    older.coefficient[TNAS_FEATURE_conv1_mac] = 2;
    older.row_count = newest.row_count = 4;
    const tnas_latency_model *const models[] = {&newest, &older};
    tnas_measurement storage[3];
    make_row("a", "8.1.0", 100, 220, &storage[0]);
    make_row("a", "10.0.0", 100, 100, &storage[1]);
    make_row("a", "9.0.0", 100, 125, &storage[2]);
    const tnas_measurements rows = {.count = 3, .rows = storage};
    tnas_comparison comparison;
    tnas_compared_row compared[3];
    ck_ok(tnas_latency_compare(models, 2, &rows, &comparison, compared));
    ck_assert_ptr_eq(compared[0].model, &older);
    ck_assert_ptr_eq(compared[1].model, &newest);
    ck_assert_ptr_eq(compared[2].model, &newest);
    ck_assert_int_eq(compared[2].role, TNAS_ROW_HELD_OUT); /* no model is of its version */
    ck_assert_int_ne(compared[1].role, TNAS_ROW_HELD_OUT);
    ck_assert_int_eq(comparison.by_role[TNAS_ROW_HELD_OUT].n, 1);
    ck_assert_double_eq_tol(comparison.by_role[TNAS_ROW_HELD_OUT].mape, 0.2, 1e-12);
    ck_assert_double_eq_tol(comparison.all.mape, (20.0 / 220 + 0.2) / 3, 1e-12);
    ck_assert(isnan(comparison.all.macs_only_mape)); /* one network has no others */
}
END_TEST

START_TEST(a_model_that_drops_dead_channels_sees_the_live_network)
{
    tnas_latency_model model;
    make_model("1", &model);
    const tnas_latency_model *const models[] = {&model};
    tnas_measurement row;
    make_row("a", "1", 100, 60, &row);
    row.live_x[TNAS_FEATURE_conv1_mac] = 60;
    const tnas_measurements rows = {.count = 1, .rows = &row};
    tnas_comparison comparison;
    tnas_compared_row compared;
    const double expected[2][2] = {{100, 100}, {100, 60}}; /* [drops_dead][has_live] */
    for (int i = 0; i < 4; i++) {
        model.drops_dead = i / 2;
        row.has_live = i % 2;
        ck_ok(tnas_latency_compare(models, 1, &rows, &comparison, &compared));
        ck_assert_double_eq(compared.predicted.cycles, expected[i / 2][i % 2]);
    }
}
END_TEST

START_TEST(a_prior_has_seen_no_row)
{
    tnas_latency_model prior;
    make_model("1", &prior);
    tnas_measurement row;
    make_row("a", "1", 100, 100, &row);
    ck_assert_int_eq(tnas_row_role_of(&prior, &row), TNAS_ROW_HELD_OUT);
}
END_TEST

START_TEST(a_model_remembers_the_rows_it_was_fitted_to)
{
    tnas_latency_model model;
    make_model("1", &model);
    tnas_measurement seen, again, other;
    make_row("a \"b\"", "1", 100, 120, &seen);
    make_row("a \"b\"", "1", 100, 121, &again); /* another measurement of it */
    make_row("c", "1", 100, 120, &other);
    model.row_count = 1;
    ck_assert_int_eq(tnas_row_role_of(&model, &seen), TNAS_ROW_UNTOLD);
    tnas_measurement_remember(&seen, &model.fitted[0]);
    model.fitted_count = 1;
    ck_assert_str_eq(model.fitted[0].name, "a _b_");
    ck_assert_int_eq(tnas_row_role_of(&model, &seen), TNAS_ROW_FITTED);
    ck_assert_int_eq(tnas_row_role_of(&model, &again), TNAS_ROW_HELD_OUT);
    ck_assert_int_eq(tnas_row_role_of(&model, &other), TNAS_ROW_HELD_OUT);
    model.row_count = 2; /* one that is not remembered: it may be any */
    ck_assert_int_eq(tnas_row_role_of(&model, &other), TNAS_ROW_UNTOLD);
}
END_TEST

START_TEST(scores_of_no_row_say_nothing)
{
    tnas_scores scores;
    ck_ok(tnas_scores_compute(NULL, 0, TNAS_ROW_HELD_OUT, &scores));
    ck_assert_int_eq(scores.n, 0);
    ck_assert(isnan(scores.mape) && isnan(scores.median_ape) && isnan(scores.worst_ape));
    ck_assert(isnan(scores.coverage_90) && isnan(scores.macs_only_mape));
    ck_assert_ptr_null(scores.worst);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("compare");
    TCase *const tc = tcase_create("compare");
    tcase_add_test(tc, correlations_are_those_computed_by_hand);
    tcase_add_test(tc, a_quantile_is_a_value_of_the_list);
    tcase_add_test(tc, a_comparison_is_that_computed_by_hand);
    tcase_add_test(tc, a_row_is_predicted_by_the_model_of_its_version);
    tcase_add_test(tc, a_model_that_drops_dead_channels_sees_the_live_network);
    tcase_add_test(tc, a_prior_has_seen_no_row);
    tcase_add_test(tc, a_model_remembers_the_rows_it_was_fitted_to);
    tcase_add_test(tc, scores_of_no_row_say_nothing);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
