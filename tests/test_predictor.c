/* The predictor: what it learns, what it says of itself, and that it is a function of its samples.
 */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/predictor.h"
#include "tests/testing.h"
#include "tests/toy_genes.h"

enum { STAGES = 4, SAMPLES = 300 };

/* Every choice of an active gene is worth something of its own. */
static double additive_accuracy(const tnas_gene_table *genes, const tnas_arch *arch)
{
    double worth = 0;
    for (int gene = 0; gene < genes->gene_count; gene++)
        if (tnas_gene_active(genes, arch, gene))
            worth += ((gene * 7 + arch->choice[gene] * 5) % 11) / 11.0;
    return 0.4 + 0.4 * worth / genes->gene_count;
}

typedef struct fixture {
    tnas_gene_table genes;
    tnas_scored_arch samples[2 * SAMPLES];
    tnas_predictor *predictor;
    tnas_predictor_report report;
} fixture;

static fixture *make_fixture(uint64_t seed)
{
    fixture *const f = tnas_alloc_zero(1, sizeof *f);
    toy_genes_make(&f->genes, STAGES);
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_TEST, 0);
    for (int i = 0; i < 2 * SAMPLES; i++) {
        tnas_arch_sample(&f->genes, &rng, &f->samples[i].arch);
        f->samples[i].accuracy = additive_accuracy(&f->genes, &f->samples[i].arch);
    }
    ck_ok(tnas_predictor_create(&f->genes, &f->predictor));
    return f;
}

static void free_fixture(fixture *f)
{
    tnas_predictor_destroy(f->predictor);
    tnas_free(f);
}

/* Root of the mean squared error about samples that no fit saw. */
static double fresh_error(const fixture *f)
{
    double squares = 0, predicted;
    for (int i = SAMPLES; i < 2 * SAMPLES; i++) {
        tnas_predictor_predict(f->predictor, &f->samples[i].arch, 1, &predicted);
        ck_assert(predicted >= 0 && predicted <= 1);
        squares += pow(predicted - f->samples[i].accuracy, 2);
    }
    return sqrt(squares / SAMPLES);
}

START_TEST(it_learns_what_each_gene_is_worth_and_says_how_wrong_it_is)
{
    fixture *const f = make_fixture(SEED + (uint64_t)_i);
    ck_ok(tnas_predictor_fit(f->predictor, f->samples, SAMPLES, 1, &f->report));
    const tnas_predictor_report *const r = &f->report;
    ck_assert_int_eq(r->samples, SAMPLES);
    ck_assert_int_eq(r->held_out, SAMPLES / 5);
    ck_assert_int_eq(r->inputs, STAGES * (2 + 4 * TOY_CHOICES));
    ck_assert_double_gt(r->spearman, 0.9);
    ck_assert_double_gt(r->kendall, 0.75);
    ck_assert_double_lt(r->rmse, 0.4 * r->baseline_rmse);
    /* What 60 held out say is within three deviations, 3 / sqrt(2 * 60), of what 300 others say;
     * those meet a fit of more samples and may find it better. */
    const double error = fresh_error(f);
    ck_assert_double_lt(error, 1.27 * r->rmse);
    ck_assert_double_gt(error, 0.5 * r->rmse);
    free_fixture(f);
}
END_TEST

START_TEST(noise_is_not_mistaken_for_knowledge)
{
    fixture *const f = make_fixture(SEED);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    for (int i = 0; i < SAMPLES; i++)
        f->samples[i].accuracy = tnas_rng_unit(&rng);
    ck_ok(tnas_predictor_fit(f->predictor, f->samples, SAMPLES, 1, &f->report));
    ck_assert_double_lt(fabs(f->report.spearman), 0.4); /* 3 / sqrt(60) */
    ck_assert_double_ge(f->report.rmse, 0.95 * f->report.baseline_rmse);
    free_fixture(f);
}
END_TEST

START_TEST(a_fit_is_a_function_of_samples_and_seed_alone)
{
    fixture *const f = make_fixture(SEED), *const g = make_fixture(SEED);
    tnas_predictor_report other;
    ck_ok(tnas_predictor_fit(f->predictor, f->samples, SAMPLES, 1, &f->report));
    /* The other has learned something else before. */
    ck_ok(tnas_predictor_fit(g->predictor, g->samples + SAMPLES, SAMPLES / 2, 5, &other));
    ck_ok(tnas_predictor_fit(g->predictor, g->samples, SAMPLES, 1, &g->report));
    ck_assert_mem_eq(&f->report, &g->report, sizeof f->report);
    double a[SAMPLES], b[SAMPLES];
    tnas_arch archs[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        archs[i] = f->samples[SAMPLES + i].arch;
    tnas_predictor_predict(f->predictor, archs, SAMPLES, a);
    tnas_predictor_predict(g->predictor, archs, SAMPLES, b);
    ck_assert_mem_eq(a, b, sizeof a);
    ck_ok(tnas_predictor_fit(g->predictor, g->samples, SAMPLES, 2, &other));
    ck_assert(memcmp(&f->report, &other, sizeof other) != 0);
    free_fixture(g);
    free_fixture(f);
}
END_TEST

START_TEST(equal_accuracies_are_predicted_as_they_are)
{
    fixture *const f = make_fixture(SEED);
    for (int i = 0; i < SAMPLES; i++)
        f->samples[i].accuracy = 0.75;
    ck_ok(tnas_predictor_fit(f->predictor, f->samples, SAMPLES, 1, &f->report));
    double predicted;
    tnas_predictor_predict(f->predictor, &f->samples[SAMPLES].arch, 1, &predicted);
    ck_assert_double_eq_tol(predicted, 0.75, 1e-3);
    ck_assert_double_eq(f->report.spearman, 0); /* nothing is known of their order */
    free_fixture(f);
}
END_TEST

START_TEST(too_few_samples_are_refused)
{
    fixture *const f = make_fixture(SEED);
    ck_fails(TNAS_ERR_USAGE, "9 samples, fewer than 10",
             tnas_predictor_fit(f->predictor, f->samples, 9, 1, &f->report));
    ck_ok(tnas_predictor_fit(f->predictor, f->samples, 10, 1, &f->report));
    ck_assert_int_eq(f->report.held_out, 2);
    free_fixture(f);
}
END_TEST

START_TEST(failed_allocations_leave_nothing_behind)
{
    fixture *const f = make_fixture(SEED);
    tnas_predictor *predictor;
    int failures = 0;
    for (;; failures++) {
        tnas_alloc_fail_after(failures);
        const tnas_status status = tnas_predictor_create(&f->genes, &predictor);
        tnas_alloc_fail_after(-1);
        if (status == TNAS_OK)
            break;
        ck_assert_int_eq(status, TNAS_ERR_NOMEM);
        ck_assert_ptr_null(predictor);
    }
    ck_assert_int_gt(failures, 5);
    tnas_predictor_destroy(predictor);
    for (failures = 0;; failures++) {
        tnas_alloc_fail_after(failures);
        const tnas_status status = tnas_predictor_fit(f->predictor, f->samples, 20, 1, &f->report);
        tnas_alloc_fail_after(-1);
        if (status == TNAS_OK)
            break;
        ck_assert_int_eq(status, TNAS_ERR_NOMEM);
    }
    ck_assert_int_gt(failures, 1);
    free_fixture(f);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("predictor");
    TCase *const tc = tcase_create("predictor");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, it_learns_what_each_gene_is_worth_and_says_how_wrong_it_is, 0, 3);
    tcase_add_test(tc, noise_is_not_mistaken_for_knowledge);
    tcase_add_test(tc, a_fit_is_a_function_of_samples_and_seed_alone);
    tcase_add_test(tc, equal_accuracies_are_predicted_as_they_are);
    tcase_add_test(tc, too_few_samples_are_refused);
    tcase_add_test(tc, failed_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
