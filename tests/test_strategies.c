/* The strategies, the predictor's place among them, the objective and the front. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/front.h"
#include "nas/pareto.h"
#include "tests/testing.h"
#include "tests/toy_genes.h"

enum { STAGES = 6, POPULATION = 40, GENERATIONS = 6 };

typedef double accuracy_fn(const tnas_gene_table *genes, const tnas_arch *arch);

typedef struct fixture {
    tnas_gene_table genes;
    toy_price toy;
    tnas_search_config config;
    accuracy_fn *accuracy;
} fixture;

/* Worth by gene and choice: what a predictor can learn. */
static double additive_accuracy(const tnas_gene_table *genes, const tnas_arch *arch)
{
    double worth = 0;
    for (int gene = 0; gene < genes->gene_count; gene++)
        if (tnas_gene_active(genes, arch, gene))
            worth += ((gene * 7 + arch->choice[gene] * 5) % 11) / 11.0;
    return 0.3 + 0.6 * worth / genes->gene_count;
}

/* What nobody can learn: the hash. */
static double hashed_accuracy(const tnas_gene_table *genes, const tnas_arch *arch)
{
    return (double)(tnas_arch_hash(genes, arch) >> 11) / 9007199254740992.0;
}

static fixture *make_fixture(tnas_strategy strategy, uint64_t seed)
{
    fixture *const f = tnas_alloc_zero(1, sizeof *f);
    toy_genes_make(&f->genes, STAGES);
    f->toy = (toy_price){.genes = &f->genes, .flash_limit = 1200, .sram_limit = 200};
    f->accuracy = additive_accuracy;
    f->config = (tnas_search_config){
        .genes = &f->genes,
        .strategy = strategy,
        .evolution = {.population = POPULATION,
                      .parents = 8,
                      .generations = GENERATIONS,
                      .mutation_prob = 0.1,
                      .draws_max = 5000,
                      .screen_after = 100,
                      .screen_rank = 0.6,
                      .screen_best = 0.15,
                      .screen_random = 0.05},
        .seed = seed,
        .price = toy_price_arch,
        .price_context = &f->toy,
    };
    return f;
}

/* Goes on until `measured_max` are measured, asking for `chunk` at a time. */
static void go_on(const fixture *f, tnas_search *search, int chunk, int measured_max)
{
    tnas_candidate asked[64];
    double accuracies[64];
    while (!tnas_search_done(search) && tnas_search_measured_count(search) < measured_max) {
        int given;
        ck_ok(tnas_search_ask(search, asked, chunk, &given));
        for (int i = 0; i < given; i++) {
            ck_assert_int_eq(asked[i].source, TNAS_SCORE_MEASURED);
            accuracies[i] = f->accuracy(&f->genes, &asked[i].arch);
        }
        ck_ok(tnas_search_tell(search, accuracies, given));
    }
}

static tnas_search *run(const fixture *f, int chunk)
{
    tnas_search *search;
    ck_ok(tnas_search_create(&f->config, &search));
    go_on(f, search, chunk, 1000000);
    return search;
}

static void check_same(const tnas_search *a, const tnas_search *b)
{
    const int count = tnas_search_scored_count(a);
    ck_assert_int_eq(count, tnas_search_scored_count(b));
    for (int i = 0; i < count; i++) {
        const tnas_candidate *const left = &tnas_search_scored(a)[i];
        const tnas_candidate *const right = &tnas_search_scored(b)[i];
        ck_assert_msg(memcmp(&left->arch, &right->arch, sizeof left->arch) == 0 &&
                          left->source == right->source && left->accuracy == right->accuracy &&
                          left->generation == right->generation,
                      "candidate %d differs", i);
    }
    ck_assert_mem_eq(tnas_search_draws(a), tnas_search_draws(b), sizeof(tnas_draw_counts));
    ck_assert_int_eq(tnas_search_screening_count(a), tnas_search_screening_count(b));
    ck_assert_ptr_eq(tnas_search_best(a) - tnas_search_scored(a) + tnas_search_scored(b),
                     tnas_search_best(b));
}

START_TEST(every_strategy_fits_the_limits_and_asks_nothing_twice)
{
    fixture *const f = make_fixture((tnas_strategy)_i, SEED);
    tnas_search *const search = run(f, 7);
    const tnas_candidate *const scored = tnas_search_scored(search);
    const int count = tnas_search_scored_count(search);
    ck_assert_int_eq(count, POPULATION * GENERATIONS);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(scored[i].cost.over, 0);
        ck_assert_int_eq(scored[i].generation, i / POPULATION);
        for (int j = 0; j < i; j++)
            ck_assert(scored[i].hash != scored[j].hash);
        if (scored[i].source == TNAS_SCORE_MEASURED)
            ck_assert(scored[i].accuracy == f->accuracy(&f->genes, &scored[i].arch));
    }
    ck_assert_int_eq(tnas_search_draws(search)->feasible, count);
    ck_assert_int_gt(tnas_search_draws(search)->over[TNAS_LIMIT_INDEX_FLASH], 0);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(a_search_depends_on_its_tells_alone)
{
    static const int chunks[] = {1, 7, 64};
    fixture *const f = make_fixture((tnas_strategy)(_i / 3), SEED);
    tnas_search *const whole = run(f, 5);
    tnas_search *resumed;
    ck_ok(tnas_search_create(&f->config, &resumed));
    /* A replay in portions of its own, cut in the middle of a screened generation. */
    go_on(f, resumed, chunks[_i % 3], 123);
    go_on(f, resumed, 9, 1000000);
    check_same(whole, resumed);
    tnas_search_destroy(resumed);
    tnas_search_destroy(whole);
    tnas_free(f);
}
END_TEST

START_TEST(a_predictor_that_has_learned_spares_measurements)
{
    fixture *const f = make_fixture(_i == 0 ? TNAS_STRATEGY_EVOLUTION : TNAS_STRATEGY_NSGA2, SEED);
    tnas_search *const search = run(f, 8);
    /* Three generations are measured before there are 100; then 6 + 2 of 40. */
    ck_assert_int_eq(tnas_search_measured_count(search), 3 * POPULATION + (GENERATIONS - 3) * 8);
    ck_assert_int_eq(tnas_search_expected_measurements(f->config.strategy, &f->config.evolution),
                     tnas_search_measured_count(search));
    const int fits = tnas_search_screening_count(search);
    ck_assert_int_eq(fits, GENERATIONS - 3);
    for (int i = 0; i < fits; i++) {
        const tnas_screening *const screening = &tnas_search_screenings(search)[i];
        ck_assert_int_eq(screening->generation, 3 + i);
        ck_assert(screening->is_trusted && screening->report.spearman >= 0.6);
        ck_assert_int_eq(screening->report.samples, 3 * POPULATION + 8 * i);
    }
    /* Predicted scores are close to the truth, and marked. */
    double squares = 0;
    int predicted = 0;
    for (int i = 0; i < tnas_search_scored_count(search); i++) {
        const tnas_candidate *const candidate = &tnas_search_scored(search)[i];
        if (candidate->source == TNAS_SCORE_MEASURED)
            continue;
        predicted++;
        ck_assert(candidate->accuracy == candidate->expected);
        squares += pow(candidate->accuracy - f->accuracy(&f->genes, &candidate->arch), 2);
    }
    ck_assert_int_eq(predicted, (GENERATIONS - 3) * 32);
    ck_assert_double_lt(sqrt(squares / predicted), 0.03);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(a_predictor_that_knows_nothing_is_not_trusted)
{
    fixture *const f = make_fixture(TNAS_STRATEGY_EVOLUTION, SEED);
    f->accuracy = hashed_accuracy;
    tnas_search *const search = run(f, 8);
    ck_assert_int_eq(tnas_search_measured_count(search), POPULATION * GENERATIONS);
    ck_assert_int_eq(tnas_search_screening_count(search), GENERATIONS - 3);
    for (int i = 0; i < GENERATIONS - 3; i++)
        ck_assert(!tnas_search_screenings(search)[i].is_trusted);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(screening_can_be_switched_off_and_random_search_has_none)
{
    fixture *const f = make_fixture(_i == 0 ? TNAS_STRATEGY_EVOLUTION : TNAS_STRATEGY_RANDOM, SEED);
    if (_i == 0)
        f->config.evolution.screen_after = 0;
    tnas_search *const search = run(f, 8);
    ck_assert_int_eq(tnas_search_measured_count(search), POPULATION * GENERATIONS);
    ck_assert_int_eq(tnas_search_expected_measurements(f->config.strategy, &f->config.evolution),
                     POPULATION * GENERATIONS);
    ck_assert_int_eq(tnas_search_screening_count(search), 0);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

/* Candidates of which index 0 is measured at 0.5 and the others predicted ever better. */
static void make_mixed(tnas_candidate *candidates, int count)
{
    memset(candidates, 0, (size_t)count * sizeof *candidates);
    for (int i = 0; i < count; i++) {
        candidates[i].hash = (uint64_t)i + 1;
        candidates[i].accuracy = 0.5 + 0.1 * i;
        candidates[i].source = i == 0 ? TNAS_SCORE_MEASURED : TNAS_SCORE_PREDICTED;
        candidates[i].cost = (tnas_cost){.has_latency = true, .latency_ms = 10.0 - i};
    }
}

START_TEST(predicted_candidates_never_win_and_are_on_no_front)
{
    tnas_candidate candidates[4];
    make_mixed(candidates, 4);
    for (double wanted = 0; wanted < 1; wanted += 0.3) {
        const tnas_objective objective = {.min_accuracy = wanted, .validation_images = 100};
        ck_assert_int_eq(tnas_objective_best(&objective, candidates, 4), 0);
        ck_assert_int_eq(tnas_objective_best(&objective, candidates + 1, 3), TNAS_NONE);
    }
    int *front, count;
    ck_ok(tnas_front_find(candidates, 4, &front, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(front[0], 0);
    tnas_free(front);
}
END_TEST

START_TEST(the_fastest_that_is_accurate_enough_wins_when_that_is_wanted)
{
    static const double accuracies[] = {0.95, 0.9, 0.899, 0.92, 0.5};
    static const double latencies[] = {9, 4, 1, 3, 2};
    tnas_candidate candidates[5];
    memset(candidates, 0, sizeof candidates);
    for (int i = 0; i < 5; i++) {
        candidates[i].hash = (uint64_t)i + 1;
        candidates[i].accuracy = accuracies[i];
        candidates[i].cost = (tnas_cost){.has_latency = true, .latency_ms = latencies[i]};
    }
    tnas_objective objective = {.min_accuracy = 0.9, .validation_images = 10};
    ck_assert_int_eq(tnas_objective_best(&objective, candidates, 5), 3);
    /* Breeding: who reaches it by latency, the others by accuracy. */
    static const int order[] = {3, 1, 0, 2, 4};
    for (int i = 0; i < 4; i++) {
        const tnas_candidate *const a = &candidates[order[i]], *const b = &candidates[order[i + 1]];
        ck_assert_int_lt(tnas_objective_compare(&objective, a, b), 0);
        ck_assert_int_gt(tnas_objective_compare(&objective, b, a), 0);
    }
    objective.min_accuracy = 0.99; /* nobody: the most accurate, whatever sigma says */
    ck_assert_int_eq(tnas_objective_best(&objective, candidates, 5), 0);
}
END_TEST

START_TEST(a_wanted_accuracy_leads_to_faster_networks)
{
    fixture *const f = make_fixture(TNAS_STRATEGY_EVOLUTION, SEED);
    tnas_search *const accurate = run(f, 8);
    const double wanted = tnas_search_best(accurate)->accuracy - 0.04;
    f->config.objective.min_accuracy = wanted;
    tnas_search *const fast = run(f, 8);
    ck_assert_double_ge(tnas_search_best(fast)->accuracy, wanted);
    double fastest = INFINITY; /* of those the other search happened to find */
    for (int i = 0; i < tnas_search_scored_count(accurate); i++) {
        const tnas_candidate *const candidate = &tnas_search_scored(accurate)[i];
        if (candidate->source == TNAS_SCORE_MEASURED && candidate->accuracy >= wanted)
            fastest = fmin(fastest, candidate->cost.latency_ms);
    }
    ck_assert_double_le(tnas_search_best(fast)->cost.latency_ms, fastest);
    tnas_search_destroy(fast);
    tnas_search_destroy(accurate);
    tnas_free(f);
}
END_TEST

/* ZDT1 (Zitzler, Deb, Thiele 2000) over genes: the first gene is f1 in steps of 1/15, the others
 * make g >= 1; f2 = g * (1 - sqrt(f1 / g)). On the front all others are 0. f1 is the latency,
 * 1 - f2 / 10 the accuracy; memory follows them. */
enum { ZDT_GENES = 5, ZDT_STEPS = 16 };

static double zdt_g(const tnas_arch *arch)
{
    double sum = 0;
    for (int gene = 1; gene < ZDT_GENES; gene++)
        sum += arch->choice[gene] / 7.0;
    return 1 + 9 * sum / (ZDT_GENES - 1);
}

static tnas_status zdt_price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    (void)context;
    *cost =
        (tnas_cost){.has_latency = true, .latency_ms = arch->choice[0] / (double)(ZDT_STEPS - 1)};
    return TNAS_OK;
}

static double zdt_accuracy(const tnas_gene_table *genes, const tnas_arch *arch)
{
    (void)genes;
    const double f1 = arch->choice[0] / (double)(ZDT_STEPS - 1), g = zdt_g(arch);
    return 1 - g * (1 - sqrt(f1 / g)) / 10;
}

static void make_zdt(fixture *f)
{
    memset(&f->genes, 0, sizeof f->genes);
    f->genes.gene_count = ZDT_GENES;
    for (int gene = 0; gene < ZDT_GENES; gene++) {
        f->genes.genes[gene].choice_count = gene == 0 ? ZDT_STEPS : 8;
        f->genes.genes[gene].active_gene = TNAS_GENE_ALWAYS;
    }
    f->config.price = zdt_price;
    f->accuracy = zdt_accuracy;
}

/* All 16 * 8^4 networks, without a search. Release with tnas_free. */
static tnas_candidate *enumerate_zdt(int *count)
{
    *count = ZDT_STEPS * 8 * 8 * 8 * 8;
    tnas_candidate *const all = tnas_alloc_zero((size_t)*count, sizeof *all);
    for (int i = 0; i < *count; i++) {
        int rest = i / ZDT_STEPS;
        all[i].arch.choice[0] = (uint8_t)(i % ZDT_STEPS);
        for (int gene = 1; gene < ZDT_GENES; gene++, rest /= 8)
            all[i].arch.choice[gene] = (uint8_t)(rest % 8);
        ck_ok(zdt_price(NULL, &all[i].arch, &all[i].cost));
        all[i].accuracy = zdt_accuracy(NULL, &all[i].arch);
    }
    return all;
}

START_TEST(nsga2_finds_the_whole_front_of_an_analytic_problem)
{
    fixture *const f = make_fixture(TNAS_STRATEGY_NSGA2, SEED + (uint64_t)_i);
    make_zdt(f);
    f->config.evolution.generations = 60;
    f->config.evolution.screen_after = 0;
    tnas_search *const search = run(f, 8);
    int all_count, *whole, *found, whole_count, found_count;
    tnas_candidate *const all = enumerate_zdt(&all_count);
    ck_ok(tnas_front_find(all, all_count, &whole, &whole_count));
    const tnas_candidate *const scored = tnas_search_scored(search);
    ck_ok(tnas_front_find(scored, tnas_search_scored_count(search), &found, &found_count));
    ck_assert_int_eq(whole_count, ZDT_STEPS);
    ck_assert_int_eq(found_count, whole_count);
    ck_assert_int_lt(tnas_search_scored_count(search), all_count / 25);
    for (int i = 0; i < whole_count; i++)
        ck_assert_mem_eq(&all[whole[i]].arch, &scored[found[i]].arch, sizeof(tnas_arch));
    tnas_free(whole);
    tnas_free(found);
    tnas_free(all);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(random_search_misses_part_of_that_front)
{
    fixture *const f = make_fixture(TNAS_STRATEGY_RANDOM, SEED);
    make_zdt(f);
    f->config.evolution.generations = 60;
    f->config.evolution.screen_after = 0;
    tnas_search *const search = run(f, 8);
    const tnas_candidate *const scored = tnas_search_scored(search);
    int on_front = 0; /* of the true one: all genes but the first are 0 */
    for (int i = 0; i < tnas_search_scored_count(search); i++)
        on_front += zdt_g(&scored[i].arch) == 1;
    ck_assert_int_lt(on_front, ZDT_STEPS);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(a_front_is_what_brute_force_says)
{
    enum { COUNT = 60 };
    tnas_candidate candidates[COUNT];
    tnas_point points[COUNT];
    tnas_pareto_rank ranks[COUNT];
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    memset(candidates, 0, sizeof candidates);
    for (int i = 0; i < COUNT; i++) { /* few values: ties and copies are common */
        const uint32_t values = 2 + (uint32_t)_i % 5;
        candidates[i].accuracy = tnas_rng_below(&rng, values) / 10.0;
        candidates[i].cost.has_latency = _i % 2 == 0;
        candidates[i].cost.latency_ms = tnas_rng_below(&rng, values);
        candidates[i].cost.footprint.sram_bytes = tnas_rng_below(&rng, values);
        candidates[i].cost.footprint.flash_bytes = tnas_rng_below(&rng, values);
        points[i] = tnas_point_of(&candidates[i]);
    }
    int *front, count, expected = 0;
    ck_ok(tnas_front_find(candidates, COUNT, &front, &count));
    ck_ok(tnas_pareto_sort(points, COUNT, ranks));
    for (int i = 0; i < COUNT; i++) {
        int worst_above = -1; /* of the fronts that dominate i */
        bool listed = false;
        for (int j = 0; j < COUNT; j++)
            if (tnas_point_dominates(&points[j], &points[i]) && ranks[j].front > worst_above)
                worst_above = ranks[j].front;
        for (int j = 0; j < count; j++)
            listed |= front[j] == i;
        ck_assert_int_eq(ranks[i].front, worst_above + 1);
        ck_assert(listed == (worst_above == -1));
        expected += worst_above == -1;
    }
    ck_assert_int_eq(count, expected);
    for (int i = 1; i < count; i++)
        ck_assert(candidates[front[i - 1]].accuracy >= candidates[front[i]].accuracy);
    tnas_free(front);
}
END_TEST

START_TEST(crowding_is_the_room_between_neighbours)
{
    /* One front on two axes: 0, 1, 4 and 10 against 10, 6, 3 and 0. */
    const tnas_point points[] = {{{0, 10, 0, 0}}, {{1, 6, 0, 0}}, {{4, 3, 0, 0}}, {{10, 0, 0, 0}}};
    tnas_pareto_rank ranks[4];
    ck_ok(tnas_pareto_sort(points, 4, ranks));
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(ranks[i].front, 0);
    ck_assert(isinf(ranks[0].crowding) && isinf(ranks[3].crowding));
    ck_assert_double_eq_tol(ranks[1].crowding, 4 / 10.0 + 7 / 10.0, 1e-12);
    ck_assert_double_eq_tol(ranks[2].crowding, 9 / 10.0 + 6 / 10.0, 1e-12);
    ck_assert_int_lt(tnas_pareto_compare(&ranks[2], &ranks[1]), 0);
}
END_TEST

START_TEST(failed_allocations_are_said_and_leak_nothing)
{
    fixture *const f = make_fixture((tnas_strategy)_i, SEED);
    f->config.evolution.population = 12;
    f->config.evolution.parents = 4;
    f->config.evolution.generations = 2;
    f->config.evolution.screen_after = 10;
    f->config.evolution.screen_rank = -1;
    int failures = 0;
    for (bool complete = false; !complete; failures++) {
        tnas_search *search = NULL;
        tnas_alloc_fail_after(failures);
        tnas_status status = tnas_search_create(&f->config, &search);
        while (status == TNAS_OK && !tnas_search_done(search)) {
            tnas_candidate asked;
            int given;
            status = tnas_search_ask(search, &asked, 1, &given);
            const double accuracy = 0.5;
            if (status == TNAS_OK)
                status = tnas_search_tell(search, &accuracy, given);
        }
        tnas_alloc_fail_after(-1);
        complete = status == TNAS_OK;
        ck_assert(complete || status == TNAS_ERR_NOMEM);
        tnas_search_destroy(search);
    }
    ck_assert_int_gt(failures, 5);
    tnas_free(f);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("strategies");
    TCase *const tc = tcase_create("strategies");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, every_strategy_fits_the_limits_and_asks_nothing_twice, 0, 3);
    tcase_add_loop_test(tc, a_search_depends_on_its_tells_alone, 0, 9);
    tcase_add_loop_test(tc, a_predictor_that_has_learned_spares_measurements, 0, 2);
    tcase_add_test(tc, a_predictor_that_knows_nothing_is_not_trusted);
    tcase_add_loop_test(tc, screening_can_be_switched_off_and_random_search_has_none, 0, 2);
    tcase_add_test(tc, predicted_candidates_never_win_and_are_on_no_front);
    tcase_add_test(tc, the_fastest_that_is_accurate_enough_wins_when_that_is_wanted);
    tcase_add_test(tc, a_wanted_accuracy_leads_to_faster_networks);
    tcase_add_loop_test(tc, nsga2_finds_the_whole_front_of_an_analytic_problem, 0, 4);
    tcase_add_test(tc, random_search_misses_part_of_that_front);
    tcase_add_loop_test(tc, a_front_is_what_brute_force_says, 0, 40);
    tcase_add_test(tc, crowding_is_the_room_between_neighbours);
    tcase_add_loop_test(tc, failed_allocations_are_said_and_leak_nothing, 0, 3);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
