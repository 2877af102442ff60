#include <math.h>
#include <string.h>

#include "tests/testing.h"
#include "trainer/ema.h"
#include "trainer/optimizer.h"

/* One fc unit with two inputs: two weights, which decay, and a bias, which does not. */
static tnas_store *three_values(void)
{
    const tnas_slot shape = {
        .kind = TNAS_OP_FC, .out_c = 1, .in_c = 2, .kernel_h = 1, .kernel_w = 1};
    tnas_store *store;
    ck_ok(tnas_store_create(&shape, 1, &store));
    ck_assert_uint_eq(store->value_count, 3);
    const float start[] = {1.0f, -2.0f, 0.5f};
    memcpy(store->values, start, sizeof start);
    return store;
}

START_TEST(two_steps_of_nesterov_equal_the_hand_calculation)
{
    tnas_store *store = three_values();
    tnas_sgd sgd;
    ck_ok(tnas_sgd_init(&sgd, store));
    tnas_recipe recipe = tnas_recipe_default();
    recipe.momentum = 0.5;
    recipe.weight_decay = 0.1;
    recipe.clip_norm = 0;
    const float grads[] = {3.0f, 0.0f, 4.0f};
    ck_assert_double_eq(tnas_sgd_norm(grads, 3), 5.0);

    /* g = 3.1, -0.2, 4; velocity = g; value -= 0.1 * 1.5 * g. The second value has no gradient
     * and decays, the third is a bias and does not. */
    tnas_sgd_update(&sgd, store->values, grads, 5.0, 0.1, &recipe);
    ck_assert_float_eq_tol(store->values[0], 0.535f, 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -1.97f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], -0.1f, 1e-6f);

    /* g = 3.0535, -0.197, 4; velocity = 4.6035, -0.297, 6; value -= 0.1 * (g + velocity / 2) */
    tnas_sgd_update(&sgd, store->values, grads, 5.0, 0.1, &recipe);
    ck_assert_float_eq_tol(store->values[0], -0.000525f, 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -1.93545f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], -0.8f, 1e-6f);
    tnas_sgd_deinit(&sgd);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(clipping_scales_the_gradient_and_not_the_decay)
{
    tnas_store *store = three_values();
    tnas_sgd sgd;
    ck_ok(tnas_sgd_init(&sgd, store));
    tnas_recipe recipe = tnas_recipe_default();
    recipe.momentum = 0;
    recipe.weight_decay = 0.1;
    recipe.clip_norm = 1;
    const float grads[] = {3.0f, 0.0f, 4.0f};
    tnas_sgd_update(&sgd, store->values, grads, 5.0, 1.0, &recipe);
    ck_assert_float_eq_tol(store->values[0], 1.0f - (0.6f + 0.1f), 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -2.0f + 0.2f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], 0.5f - 0.8f, 1e-6f);
    tnas_sgd_deinit(&sgd);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(a_value_without_gradient_coasts_on_its_momentum)
{
    tnas_store *store = three_values();
    tnas_sgd sgd;
    ck_ok(tnas_sgd_init(&sgd, store));
    tnas_recipe recipe = tnas_recipe_default();
    recipe.momentum = 0.5;
    recipe.weight_decay = 0;
    recipe.clip_norm = 0;
    const float drawn[] = {1.0f, 0.0f, 0.0f}, not_drawn[] = {0.0f, 0.0f, 0.0f};
    tnas_sgd_update(&sgd, store->values, drawn, 1.0, 1.0, &recipe);
    ck_assert_float_eq_tol(store->values[0], -0.5f, 1e-6f);
    tnas_sgd_update(&sgd, store->values, not_drawn, 0.0, 1.0, &recipe);
    ck_assert_float_eq_tol(store->values[0], -0.75f, 1e-6f);
    tnas_sgd_deinit(&sgd);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(the_norm_of_a_gradient_with_a_nan_is_not_finite)
{
    float grads[37] = {0};
    for (int i = 0; i < 37; i++)
        grads[i] = 2.0f;
    ck_assert_double_eq_tol(tnas_sgd_norm(grads, 37), 2 * sqrt(37), 1e-12);
    grads[20] = NAN;
    ck_assert(!isfinite(tnas_sgd_norm(grads, 37)));
}
END_TEST

START_TEST(two_steps_of_adamw_equal_the_hand_calculation)
{
    tnas_store *store = three_values();
    tnas_adamw adamw;
    ck_ok(tnas_adamw_init(&adamw, store));
    tnas_recipe recipe = tnas_recipe_default();
    recipe.beta1 = 0.5;
    recipe.beta2 = 0.75;
    recipe.epsilon = 1;
    recipe.weight_decay = 0.1;
    recipe.clip_norm = 0;

    /* mean = 1.5, 0, 2, corrected by 2; square = 2.25, 0, 4, corrected by 4;
     * direction = 3 / (3 + 1), 0, 4 / (4 + 1). The bias, third, does not decay. */
    const float first[] = {3.0f, 0.0f, 4.0f};
    tnas_adamw_update(&adamw, store->values, first, 5.0, 0.1, 0, &recipe);
    ck_assert_float_eq_tol(store->values[0], 1 - 0.1f * (0.75f + 0.1f), 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -2 + 0.1f * 0.2f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], 0.5f - 0.1f * 0.8f, 1e-6f);

    /* mean = 1.25, 0, 0, corrected by 4/3; square = 1.9375, 0, 4, corrected by 16/7;
     * direction = 1.666667 / (2.104417 + 1), 0, 0. */
    const float second[] = {1.0f, 0.0f, -2.0f};
    tnas_adamw_update(&adamw, store->values, second, 2.236, 0.1, 1, &recipe);
    ck_assert_float_eq_tol(store->values[0], 0.915f - 0.1f * (0.536869f + 0.0915f), 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -1.98f + 0.1f * 0.198f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], 0.42f, 1e-6f);
    tnas_adamw_deinit(&adamw);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(adamw_clips_the_gradient_and_not_the_decay)
{
    tnas_store *store = three_values();
    tnas_adamw adamw;
    ck_ok(tnas_adamw_init(&adamw, store));
    tnas_recipe recipe = tnas_recipe_default();
    recipe.beta1 = recipe.beta2 = 0;
    recipe.epsilon = 1;
    recipe.weight_decay = 0.1;
    recipe.clip_norm = 1;
    const float grads[] = {3.0f, 0.0f, 4.0f};
    tnas_adamw_update(&adamw, store->values, grads, 5.0, 1.0, 0, &recipe);
    ck_assert_float_eq_tol(store->values[0], 1 - (0.6f / 1.6f + 0.1f), 1e-6f);
    ck_assert_float_eq_tol(store->values[1], -2 + 0.2f, 1e-6f);
    ck_assert_float_eq_tol(store->values[2], 0.5f - 0.8f / 1.8f, 1e-6f);
    tnas_adamw_deinit(&adamw);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(the_recipe_chooses_the_optimiser)
{
    const float grads[] = {3.0f, 0.0f, 4.0f};
    for (int kind = 0; kind < TNAS_OPTIMIZER_COUNT; kind++) {
        tnas_recipe recipe = tnas_recipe_default();
        recipe.optimizer = (tnas_optimizer_kind)kind;
        tnas_store *store = three_values(), *same = three_values();
        tnas_optimizer optimizer;
        ck_ok(tnas_optimizer_init(&optimizer, &recipe, store));
        tnas_sgd sgd;
        tnas_adamw adamw;
        ck_ok(tnas_sgd_init(&sgd, store));
        ck_ok(tnas_adamw_init(&adamw, store));
        for (long step = 0; step < 3; step++) {
            tnas_optimizer_update(&optimizer, store->values, grads, 5.0, 0.1, step);
            if (kind == TNAS_OPTIMIZER_SGD)
                tnas_sgd_update(&sgd, same->values, grads, 5.0, 0.1, &recipe);
            else
                tnas_adamw_update(&adamw, same->values, grads, 5.0, 0.1, step, &recipe);
        }
        ck_assert_mem_eq(store->values, same->values, 3 * sizeof(float));
        tnas_adamw_deinit(&adamw);
        tnas_sgd_deinit(&sgd);
        tnas_optimizer_deinit(&optimizer);
        tnas_store_destroy(store);
        tnas_store_destroy(same);
    }
}
END_TEST

/* The average */

START_TEST(the_average_warms_up_and_then_decays_as_told)
{
    tnas_store *store = three_values();
    tnas_ema ema;
    ck_ok(tnas_ema_init(&ema, store, 0.15));
    const float first[] = {2.0f, -2.0f, 0.0f}, second[] = {3.0f, -2.0f, 1.0f};
    tnas_ema_update(&ema, first, 0.15, 0); /* 1/10 */
    ck_assert_float_eq_tol(ema.values[0], 0.1f * 1 + 0.9f * 2, 1e-6f);
    ck_assert_float_eq_tol(ema.values[1], -2, 1e-6f);
    ck_assert_float_eq_tol(ema.values[2], 0.1f * 0.5f, 1e-6f);
    tnas_ema_update(&ema, second, 0.15, 1); /* 2/11 is above 0.15 */
    ck_assert_float_eq_tol(ema.values[0], 0.15f * 1.9f + 0.85f * 3, 1e-6f);
    ck_assert_float_eq_tol(ema.values[2], 0.15f * 0.05f + 0.85f, 1e-6f);
    ck_assert_float_eq(store->values[0], 1);
    tnas_ema_copy(&ema, store);
    ck_assert_float_eq_tol(store->values[0], 0.15f * 1.9f + 0.85f * 3, 1e-6f);
    tnas_ema_deinit(&ema);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(a_decay_of_zero_is_no_average)
{
    tnas_store *store = three_values();
    tnas_ema ema;
    ck_ok(tnas_ema_init(&ema, store, 0));
    ck_assert_ptr_null(ema.values);
    const float other[] = {9.0f, 9.0f, 9.0f};
    tnas_ema_update(&ema, other, 0, 0);
    tnas_ema_copy(&ema, store);
    ck_assert_float_eq(store->values[0], 1);
    tnas_ema_deinit(&ema);
    tnas_store_destroy(store);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("trainer, optimisers");
    TCase *const tc = tcase_create("optimisers");
    tcase_add_test(tc, two_steps_of_nesterov_equal_the_hand_calculation);
    tcase_add_test(tc, clipping_scales_the_gradient_and_not_the_decay);
    tcase_add_test(tc, a_value_without_gradient_coasts_on_its_momentum);
    tcase_add_test(tc, the_norm_of_a_gradient_with_a_nan_is_not_finite);
    tcase_add_test(tc, two_steps_of_adamw_equal_the_hand_calculation);
    tcase_add_test(tc, adamw_clips_the_gradient_and_not_the_decay);
    tcase_add_test(tc, the_recipe_chooses_the_optimiser);
    tcase_add_test(tc, the_average_warms_up_and_then_decays_as_told);
    tcase_add_test(tc, a_decay_of_zero_is_no_average);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
