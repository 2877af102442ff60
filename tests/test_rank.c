#include <math.h>

#include "common/rank.h"
#include "tests/testing.h"

START_TEST(equal_orders_are_1_and_opposite_orders_minus_1)
{
    static const double a[] = {1, 20, 3, 400, 5}, b[] = {-9, 2, 0, 2.5, 1};
    static const double c[] = {9, -2, 0, -2.5, -1};
    ck_assert_double_eq_tol(tnas_rank_spearman(a, b, 5), 1, 1e-15);
    ck_assert_double_eq_tol(tnas_rank_spearman(a, c, 5), -1, 1e-15);
    ck_assert_double_eq_tol(tnas_rank_kendall(a, b, 5), 1, 1e-15);
    ck_assert_double_eq_tol(tnas_rank_kendall(a, c, 5), -1, 1e-15);
}
END_TEST

START_TEST(values_without_ties_give_the_textbook_figures)
{
    /* Squared differences of ranks 0 + 1 + 1 + 1 + 1 = 4 of n = 5: 1 - 6 * 4 / (5 * 24); 8 pairs
     * agree and 2 do not. */
    static const double a[] = {10, 20, 30, 40, 50}, b[] = {1, 3, 2, 5, 4};
    ck_assert_double_eq_tol(tnas_rank_spearman(a, b, 5), 0.8, 1e-15);
    ck_assert_double_eq_tol(tnas_rank_kendall(a, b, 5), 0.6, 1e-15);
}
END_TEST

START_TEST(ties_share_their_mean_rank)
{
    /* Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5. Kendall: of 6
     * pairs 5 agree, 1 is tied in a. */
    static const double a[] = {1, 2, 2, 3}, b[] = {1, 2, 3, 4};
    ck_assert_double_eq_tol(tnas_rank_spearman(a, b, 4), 4.5 / sqrt(4.5 * 5), 1e-15);
    ck_assert_double_eq_tol(tnas_rank_kendall(a, b, 4), 5 / sqrt(5.0 * 6), 1e-15);
    static const double all_tied[] = {7, 7, 7, 7};
    double many_tied[60], many[60];
    for (int i = 0; i < 60; i++) {
        many_tied[i] = 0.75;
        many[i] = i;
    }
    ck_assert(isnan(tnas_rank_spearman(many_tied, many, 60)));
    ck_assert(isnan(tnas_rank_spearman(all_tied, b, 4)));
    ck_assert(isnan(tnas_rank_kendall(b, all_tied, 4)));
}
END_TEST

START_TEST(fewer_than_two_pairs_say_nothing)
{
    static const double a[] = {3}, b[] = {4};
    ck_assert(isnan(tnas_rank_spearman(a, b, 1)));
    ck_assert(isnan(tnas_rank_spearman(a, b, 0)));
    ck_assert(isnan(tnas_rank_kendall(a, b, 1)));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("rank");
    TCase *const tc = tcase_create("rank");
    tcase_add_test(tc, equal_orders_are_1_and_opposite_orders_minus_1);
    tcase_add_test(tc, values_without_ties_give_the_textbook_figures);
    tcase_add_test(tc, ties_share_their_mean_rank);
    tcase_add_test(tc, fewer_than_two_pairs_say_nothing);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
