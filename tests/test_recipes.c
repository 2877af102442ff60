/* What the shipped latency models reach on rows they have not seen (docs/latency-model.md). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/testing.h"
#include "tools/recipes/few_shot.h"
#include "tools/recipes/held_out.h"
#include "tools/recipes/refit.h"

/* The bounds that were asked for; family_out 0: none was. */
static const struct {
    const char *mcu, *runtime, *version;
    int rows;
    double net_out, family_out;
} asked[] = {
    {"stm32h747", "x-cube-ai", "10.0.0", 29, 0.03, 0.06},
    {"stm32h747", "x-cube-ai", "8.1.0", 30, 0.04, 0},
    {"stm32h747", "x-cube-ai", "7.3.0", 24, 0.04, 0},
    {"gap8", "autotiler/nntool", "GAP SDK 3.5 (README)", 32, 0.043, 0},
    {"gap8", "autotiler/nntool", "SDK 3.5", 32, 0.043, 0},
    {"stm32f746", "tinyengine", "2022-08", 7, 0.022, 0},
    {"stm32h743", "tinyengine", "0363956", 8, 0.020, 0},
    {"stm32h743", "x-cube-ai", "7.3.0", 8, 0.025, 0},
    {"stm32f746", "x-cube-ai", "7.1.0", 5, 0.025, 0},
    {"stm32h743", "cmsis-nn-(uint8-intq-fork)", "", 30, 0.04, 0},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

static const tnas_recipe *available(int index)
{
    const tnas_recipe *const recipe =
        tnas_recipe_find(asked[index].mcu, asked[index].runtime, asked[index].version);
    ck_assert_ptr_nonnull(recipe);
    if (tnas_recipe_available(recipe))
        return recipe;
    printf("SKIP %s %s: its rows are in $SHARED/boards\n", recipe->mcu, recipe->version);
    return NULL;
}

START_TEST(held_out_errors_are_within_what_was_asked_for)
{
    const tnas_recipe *const recipe = available(_i);
    if (recipe == NULL)
        return;
    tnas_latency_model model;
    ck_ok(tnas_recipe_fit(recipe, &model));
    ck_assert_int_eq(model.row_count, asked[_i].rows);
    ck_assert_msg(model.error_net_out <= asked[_i].net_out, "%s %s: net out %.4f", recipe->mcu,
                  recipe->version, model.error_net_out);
}
END_TEST

START_TEST(another_architecture_is_predicted_with_a_wider_interval)
{
    const tnas_recipe *const recipe = available(0);
    if (recipe == NULL)
        return;
    tnas_latency_model prior;
    tnas_recipe_rows rows;
    tnas_held_out net, family;
    ck_ok(tnas_recipe_prior(recipe, &prior));
    ck_ok(tnas_recipe_rows_load(recipe, &rows));
    ck_ok(tnas_hold_out(&rows.all, &prior, tnas_group_by_network, &net));
    ck_ok(tnas_hold_out(&rows.all, &prior, tnas_group_by_architecture, &family));
    ck_assert_double_ge(net.within_10, 0.95);
    ck_assert_msg(family.mean <= asked[0].family_out, "family out %.4f", family.mean);
    ck_assert_double_gt(family.half_width, 1.5 * net.half_width);
    ck_assert_double_gt(net.macs_only, 3 * net.mean);
    ck_assert_double_gt(tnas_binomial_p(net.covered, net.count), 0.05);
    ck_assert_double_gt(tnas_binomial_p(family.covered, family.count), 0.05);
    tnas_recipe_rows_deinit(&rows);
}
END_TEST

START_TEST(mobilenet_v1_predicts_v2_and_v3_on_gap8)
{
    const tnas_recipe *const recipe = tnas_recipe_find("gap8", "autotiler/nntool", "SDK 3.5");
    tnas_latency_model prior;
    tnas_recipe_rows rows;
    ck_ok(tnas_recipe_prior(recipe, &prior));
    ck_ok(tnas_recipe_rows_load(recipe, &rows));
    static tnas_measurement storage[2][64];
    tnas_measurements sides[2] = {{.memory = rows.all.memory, .rows = storage[0]},
                                  {.memory = rows.all.memory, .rows = storage[1]}};
    for (int i = 0; i < rows.all.count; i++) {
        ck_assert_ptr_null(strstr(rows.all.rows[i].model, "quantized_v2_224_140"));
        const bool v1 = strstr(rows.all.rows[i].model, "mobilenet_v1") != NULL;
        sides[v1].rows[sides[v1].count++] = rows.all.rows[i];
    }
    ck_assert_int_eq(sides[1].count, 16);
    tnas_held_out held;
    ck_ok(tnas_hold_out_pair(&sides[1], &sides[0], &prior, &held));
    ck_assert_int_eq(held.count, 16);
    ck_assert_msg(held.mean <= 0.056, "%.4f", held.mean);
    tnas_recipe_rows_deinit(&rows);
}
END_TEST

START_TEST(few_measurements_and_a_kin_suffice)
{
    static const double bounds[] = {0.060, 0.052, 0.047};
    tnas_held_out held;
    int pairs;
    ck_ok(tnas_few_shot_mlperf("x-cube-ai", _i + 1, &pairs, &held));
    ck_assert_int_eq(pairs, 32);
    ck_assert_msg(held.mean <= bounds[_i], "%d measured: %.4f", _i + 1, held.mean);
    ck_assert_double_ge((double)held.covered / held.count, 0.9);
    ck_assert_double_gt(held.macs_only, 4 * held.mean);
}
END_TEST

START_TEST(the_binomial_test_is_exact)
{
    /* Two rows at 90 %: both in 0.81, one 0.18, none 0.01. */
    ck_assert_double_eq_tol(tnas_binomial_p(2, 2), 1, 1e-12);
    ck_assert_double_eq_tol(tnas_binomial_p(1, 2), 0.19, 1e-12);
    ck_assert_double_eq_tol(tnas_binomial_p(0, 2), 0.01, 1e-12);
    ck_assert_double_lt(tnas_binomial_p(60, 80), 0.001);
    ck_assert_double_lt(tnas_binomial_p(80, 80), 0.05);
}
END_TEST

START_TEST(rows_that_are_not_ours_to_pass_on_are_not_in_the_profiles)
{
    const tnas_recipe *const recipe = available(0);
    if (recipe == NULL)
        return;
    tnas_latency_model model;
    ck_ok(tnas_recipe_fit(recipe, &model));
    ck_assert_int_eq(model.fitted_count, 0);
    ck_assert_int_eq(model.row_count, 29);
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load("stm32h747", &mcu));
    for (int i = 0; i < mcu->model_count; i++)
        ck_assert_int_eq(mcu->models[i].fitted_count, 0);
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(a_model_handed_on_says_so_and_is_wider)
{
    static const struct {
        const char *mcu, *runtime, *sentence;
        double shift; /* at least this is unknown of the common factor */
    } cases[] = {
        {"stm32f767", "tflm-cmsis-nn", "handed on from tflm-cmsis-nn of stm32f746", 0.03},
        {"stm32h747", "tinynas", "instructions of tinynas-dsp counted", 0.35},
        {"cortex-m33", "tinynas", "instructions of tinynas-dsp counted", 0.5},
        {"cortex-m55", "tinynas", "instructions of tinynas-mve counted", 0.6},
        {"cortex-m0plus", "tinynas", "4 rows measured on both", 0.6},
        {"rv32imc", "tinynas", "guessed", 0.6},
        {"gap8", "tinynas", "guessed", 0.7},
    };
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(cases[_i].mcu, &mcu));
    const tnas_latency_model *const model = tnas_mcu_latency_model(mcu, cases[_i].runtime);
    ck_assert_ptr_nonnull(model);
    ck_assert_int_eq(model->row_count, 0);
    ck_assert(strncmp(model->source, "prior, 0 measurements", 21) == 0);
    ck_assert_msg(strstr(model->source, cases[_i].sentence) != NULL, "%s", model->source);
    tnas_graph graph;
    double x[TNAS_FEATURE_COUNT];
    tnas_latency latency;
    ck_ok(tnas_graph_load("configs/graphs/mcunet-in1.json", &graph));
    tnas_features_of_graph(&model->memory, &graph, x);
    tnas_latency_predict(model, x, &latency);
    ck_assert_double_gt(log(latency.high_cycles / latency.cycles), 1.64 * cases[_i].shift);
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(every_profile_has_a_model_of_our_own_runtime)
{
    static const char *const names[] = {"stm32h743",     "stm32f746", "stm32h747",  "stm32f767",
                                        "stm32f769",     "stm32f446", "stm32h7a3",  "stm32l4r5",
                                        "stm32u585",     "cortex-m4", "cortex-m33", "cortex-m55",
                                        "cortex-m0plus", "rv32imc",   "gap8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tnas_mcu *mcu;
        ck_ok(tnas_mcu_load(names[i], &mcu));
        ck_assert_msg(tnas_mcu_latency_model(mcu, "tinynas") != NULL, "%s", names[i]);
        tnas_mcu_destroy(mcu);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes");
    TCase *held_out = tcase_create("held out");
    tcase_set_timeout(held_out, 120);
    tcase_add_loop_test(held_out, held_out_errors_are_within_what_was_asked_for, 0, ASKED);
    tcase_add_test(held_out, another_architecture_is_predicted_with_a_wider_interval);
    tcase_add_test(held_out, mobilenet_v1_predicts_v2_and_v3_on_gap8);
    tcase_add_loop_test(held_out, few_measurements_and_a_kin_suffice, 0, 3);
    tcase_add_test(held_out, the_binomial_test_is_exact);
    suite_add_tcase(suite, held_out);
    TCase *shipped = tcase_create("shipped");
    tcase_add_test(shipped, rows_that_are_not_ours_to_pass_on_are_not_in_the_profiles);
    tcase_add_loop_test(shipped, a_model_handed_on_says_so_and_is_wider, 0, 7);
    tcase_add_test(shipped, every_profile_has_a_model_of_our_own_runtime);
    suite_add_tcase(suite, shipped);
    return run_suite(suite);
}
