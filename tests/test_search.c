#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/search.h"
#include "tests/testing.h"
#include "tests/toy_genes.h"

enum { STAGES = 6 };

typedef struct fixture {
    tnas_gene_table genes;
    toy_price toy;
    tnas_search_config config;
} fixture;

static fixture *make_fixture(uint64_t seed)
{
    fixture *const f = tnas_alloc_zero(1, sizeof *f);
    toy_genes_make(&f->genes, STAGES);
    f->toy = (toy_price){.genes = &f->genes, .flash_limit = 850, .sram_limit = 150};
    f->config = (tnas_search_config){
        .genes = &f->genes,
        .evolution = {.population = 24,
                      .parents = 6,
                      .generations = 10,
                      .mutation_prob = 0.1,
                      .draws_max = 5000},
        .seed = seed,
        .price = toy_price_arch,
        .price_context = &f->toy,
    };
    return f;
}

static tnas_search *create(const fixture *f)
{
    tnas_search *search;
    ck_ok(tnas_search_create(&f->config, &search));
    return search;
}

/* Runs a search to its end, asking for `chunk` at a time. */
static tnas_search *run(fixture *f, int chunk)
{
    tnas_search *const search = create(f);
    tnas_candidate asked[64];
    double accuracies[64];
    while (!tnas_search_done(search)) {
        int given;
        ck_ok(tnas_search_ask(search, asked, chunk, &given));
        ck_assert_int_le(given, chunk);
        for (int i = 0; i < given; i++)
            accuracies[i] = toy_accuracy(&f->genes, &asked[i].arch);
        ck_ok(tnas_search_tell(search, accuracies, given));
    }
    int given;
    ck_ok(tnas_search_ask(search, asked, chunk, &given));
    ck_assert_int_eq(given, 0);
    return search;
}

static void check_same(const tnas_search *a, const tnas_search *b)
{
    ck_assert_int_eq(tnas_search_scored_count(a), tnas_search_scored_count(b));
    for (int i = 0; i < tnas_search_scored_count(a); i++) {
        const tnas_candidate *const left = &tnas_search_scored(a)[i];
        const tnas_candidate *const right = &tnas_search_scored(b)[i];
        ck_assert_mem_eq(&left->arch, &right->arch, sizeof left->arch);
        ck_assert(left->accuracy == right->accuracy && left->generation == right->generation);
    }
    ck_assert_mem_eq(tnas_search_draws(a), tnas_search_draws(b), sizeof(tnas_draw_counts));
}

/* The best of as many distinct feasible random architectures. */
static double random_search(fixture *f, int evaluations)
{
    tnas_search_config config = f->config;
    config.evolution.population = evaluations;
    config.evolution.generations = 1;
    config.evolution.draws_max = 1000000;
    tnas_search *search;
    ck_ok(tnas_search_create(&config, &search));
    double best = 0;
    for (;;) {
        tnas_candidate candidate;
        int given;
        ck_ok(tnas_search_ask(search, &candidate, 1, &given));
        if (given == 0)
            break;
        const double accuracy = toy_accuracy(&f->genes, &candidate.arch);
        best = fmax(best, accuracy);
        ck_ok(tnas_search_tell(search, &accuracy, 1));
    }
    ck_assert_int_eq(tnas_search_scored_count(search), evaluations);
    tnas_search_destroy(search);
    return best;
}

START_TEST(evolution_beats_random_search_with_equal_evaluations)
{
    enum { SEEDS = 10 };
    double evolved = 0, drawn = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        fixture *const f = make_fixture((uint64_t)seed);
        tnas_search *const search = run(f, 8);
        evolved += tnas_search_best(search)->accuracy / SEEDS;
        drawn += random_search(f, tnas_search_scored_count(search)) / SEEDS;
        tnas_search_destroy(search);
        tnas_free(f);
    }
    printf("240 evaluations: evolution %.3f, random %.3f\n", evolved, drawn);
    ck_assert_double_gt(evolved, drawn + 0.05);
}
END_TEST

START_TEST(a_long_search_finds_the_planted_optimum)
{
    fixture *const f = make_fixture(SEED);
    f->config.evolution.generations = 60;
    tnas_search *const search = run(f, 24);
    ck_assert_double_eq_tol(tnas_search_best(search)->accuracy, 0.9, 1e-12);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(candidates_fit_and_are_never_asked_twice)
{
    fixture *const f = make_fixture((uint64_t)_i);
    tnas_search *const search = run(f, 5);
    const int count = tnas_search_scored_count(search);
    ck_assert_int_eq(count, 240);
    for (int i = 0; i < count; i++) {
        const tnas_candidate *const candidate = &tnas_search_scored(search)[i];
        ck_assert_int_eq(candidate->cost.over, 0);
        ck_assert_uint_eq(candidate->hash, tnas_arch_hash(&f->genes, &candidate->arch));
        ck_assert_int_eq(candidate->generation, i / 24);
        for (int j = 0; j < i; j++)
            ck_assert(tnas_search_scored(search)[j].hash != candidate->hash);
    }
    const tnas_draw_counts *const draws = tnas_search_draws(search);
    ck_assert_int_eq(draws->drawn, f->toy.prices);
    ck_assert_int_eq(draws->feasible, 240);
    ck_assert_int_gt(draws->over[TNAS_LIMIT_INDEX_FLASH], 0);
    ck_assert_int_gt(draws->over[TNAS_LIMIT_INDEX_SRAM], 0);
    ck_assert_int_eq(draws->over[TNAS_LIMIT_INDEX_LATENCY], 0);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(portions_do_not_matter)
{
    static const int chunks[] = {1, 7, 24, 64};
    fixture *const f = make_fixture(SEED);
    tnas_search *const reference = run(f, 5);
    tnas_search *const search = run(f, chunks[_i]);
    check_same(reference, search);
    ck_assert(tnas_search_best(reference)->hash == tnas_search_best(search)->hash);
    tnas_search_destroy(search);
    tnas_search_destroy(reference);
    tnas_free(f);
}
END_TEST

START_TEST(replaying_the_tells_restores_the_state)
{
    fixture *const f = make_fixture(SEED);
    tnas_search *const whole = run(f, 6);
    tnas_search *const resumed = create(f);
    tnas_candidate asked[64];
    double accuracies[64];
    /* The journal holds 100 scores; the replay asks in portions of its own. */
    for (int told = 0; told < 100;) {
        int given;
        ck_ok(tnas_search_ask(resumed, asked, 100 - told < 10 ? 100 - told : 10, &given));
        for (int i = 0; i < given; i++) {
            const tnas_candidate *const known = &tnas_search_scored(whole)[told + i];
            ck_assert_mem_eq(&asked[i].arch, &known->arch, sizeof known->arch);
            accuracies[i] = known->accuracy;
        }
        ck_ok(tnas_search_tell(resumed, accuracies, given));
        told += given;
    }
    while (!tnas_search_done(resumed)) {
        int given;
        ck_ok(tnas_search_ask(resumed, asked, 9, &given));
        for (int i = 0; i < given; i++)
            accuracies[i] = toy_accuracy(&f->genes, &asked[i].arch);
        ck_ok(tnas_search_tell(resumed, accuracies, given));
    }
    check_same(whole, resumed);
    tnas_search_destroy(resumed);
    tnas_search_destroy(whole);
    tnas_free(f);
}
END_TEST

START_TEST(seeds_lead_to_different_searches)
{
    fixture *const f = make_fixture(1), *const g = make_fixture(2);
    tnas_search *const first = run(f, 24), *const second = run(g, 24);
    ck_assert(tnas_search_scored(first)[1].hash != tnas_search_scored(second)[1].hash);
    tnas_search_destroy(second);
    tnas_search_destroy(first);
    tnas_free(g);
    tnas_free(f);
}
END_TEST

START_TEST(children_descend_from_the_best)
{
    /* Networks with choice 0 in gene 1 are good, the others bad: the crossed half of each later
     * generation has choice 0. */
    fixture *const f = make_fixture(SEED);
    f->config.evolution.generations = 3;
    tnas_search *const search = create(f);
    tnas_candidate asked[24];
    double accuracies[24];
    int favoured = 0;
    for (int generation = 0; generation < 3; generation++) {
        int given;
        ck_ok(tnas_search_ask(search, asked, 24, &given));
        ck_assert_int_eq(tnas_search_generation(search), generation);
        for (int i = 0; i < given; i++) {
            const bool zero = asked[i].arch.choice[1] == 0;
            ck_assert(generation == 0 || i >= 12 || zero);
            if (generation == 0)
                favoured += zero;
            accuracies[i] = zero ? 0.9 - 0.001 * i : 0.1;
        }
        if (generation == 0)
            ck_assert_int_ge(favoured, 6); /* else the seed does not suit the test */
        ck_ok(tnas_search_tell(search, accuracies, given));
    }
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

/* Scores the first generation with these accuracies, and 0.1 for the rest. */
static tnas_search *score_generation(fixture *f, const double *accuracies, int count)
{
    f->config.evolution.generations = 1;
    tnas_search *const search = create(f);
    tnas_candidate asked[24];
    double all[24];
    int given;
    ck_assert_ptr_null(tnas_search_best(search));
    ck_ok(tnas_search_ask(search, asked, 24, &given));
    ck_assert_int_eq(given, 24);
    for (int i = 0; i < 24; i++)
        all[i] = i < count ? accuracies[i] : 0.1;
    ck_ok(tnas_search_tell(search, all, 24));
    ck_assert(tnas_search_done(search));
    return search;
}

START_TEST(the_best_is_the_most_accurate_of_all_not_the_last)
{
    fixture *const f = make_fixture(SEED);
    tnas_search *const search = score_generation(f, (const double[]){0.5, 0.9, 0.8, 0.7}, 4);
    ck_assert_ptr_eq(tnas_search_best(search), &tnas_search_scored(search)[1]);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(within_one_sigma_the_cheapest_wins)
{
    /* 400 images at 0.8: one sigma is 0.02. The first four are in reach, the fifth is not. */
    static const double accuracies[] = {0.79, 0.8, 0.781, 0.795, 0.779};
    fixture *const f = make_fixture(SEED + (uint64_t)_i);
    f->config.objective.validation_images = 400;
    f->toy.no_latency = _i % 2 == 1;
    tnas_search *const search = score_generation(f, accuracies, 5);
    const tnas_candidate *expected = &tnas_search_scored(search)[0];
    for (int i = 1; i < 4; i++) {
        const tnas_candidate *const other = &tnas_search_scored(search)[i];
        const tnas_footprint *const a = &other->cost.footprint, *const b =
                                                                    &expected->cost.footprint;
        const bool by_memory = a->sram_bytes != b->sram_bytes     ? a->sram_bytes < b->sram_bytes
                               : a->flash_bytes != b->flash_bytes ? a->flash_bytes < b->flash_bytes
                                                                  : other->hash < expected->hash;
        const double faster = expected->cost.latency_ms - other->cost.latency_ms;
        if (!f->toy.no_latency && faster != 0 ? faster > 0 : by_memory)
            expected = other;
    }
    ck_assert_ptr_eq(tnas_search_best(search), expected);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

/* Costs that do not depend on the architecture: only the hash is left. */
static tnas_status price_equal(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    (void)context;
    (void)arch;
    *cost = (tnas_cost){.has_latency = true, .latency_ms = 1};
    return TNAS_OK;
}

START_TEST(equal_candidates_are_ordered_by_hash)
{
    fixture *const f = make_fixture(SEED);
    f->config.price = price_equal;
    tnas_search *const search = score_generation(f, (const double[]){0.5, 0.5, 0.5, 0.5, 0.5}, 5);
    uint64_t smallest = UINT64_MAX;
    for (int i = 0; i < 5; i++)
        if (tnas_search_scored(search)[i].hash < smallest)
            smallest = tnas_search_scored(search)[i].hash;
    ck_assert(tnas_search_best(search)->hash == smallest);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(an_infeasible_space_is_said_with_its_nearest_network)
{
    fixture *const f = make_fixture(SEED);
    f->toy.flash_limit = 80; /* the smallest needs 100 */
    tnas_search *const search = create(f);
    tnas_candidate asked[4];
    int given = 7;
    ck_assert_ptr_null(tnas_search_nearest(search));
    for (int again = 0; again < 2; again++) {
        ck_fails(TNAS_ERR_INFEASIBLE, "are over the flash limit",
                 tnas_search_ask(search, asked, 4, &given));
        ck_assert_int_eq(given, 0);
        ck_assert(tnas_search_done(search));
    }
    ck_assert_ptr_null(tnas_search_best(search));
    const tnas_draw_counts *const draws = tnas_search_draws(search);
    ck_assert_int_eq(draws->feasible, 0);
    ck_assert_int_eq(draws->over[TNAS_LIMIT_INDEX_FLASH], draws->drawn);
    const tnas_candidate *const nearest = tnas_search_nearest(search);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    tnas_cost cost;
    ck_ok(toy_price_arch(&f->toy, &nearest->arch, &cost));
    ck_assert(cost.overshoot == nearest->cost.overshoot && cost.overshoot > 1);
    int nearer = 0; /* 200 fresh draws against the nearest of 5000 */
    for (int i = 0; i < 200; i++) {
        tnas_arch arch;
        tnas_arch_sample(&f->genes, &rng, &arch);
        ck_ok(toy_price_arch(&f->toy, &arch, &cost));
        nearer += cost.overshoot < nearest->cost.overshoot;
    }
    ck_assert_int_le(nearer, 2);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(limits_that_only_the_smallest_network_meets_are_met)
{
    fixture *const f = make_fixture(1);
    f->toy.flash_limit = 100; /* the network whose choices are all 0 */
    f->config.evolution.draws_max = 200;
    tnas_search *const search = create(f);
    tnas_candidate candidate;
    int given;
    ck_ok(tnas_search_ask(search, &candidate, 1, &given));
    ck_assert_int_eq(given, 1);
    ck_assert_uint_eq(candidate.cost.footprint.flash_bytes, 100);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(a_small_space_is_exhausted_without_hanging)
{
    fixture *const f = make_fixture(SEED);
    toy_genes_make(&f->genes, _i);
    f->toy.flash_limit = f->toy.sram_limit = 1e9;
    f->config.evolution.population = 20;
    f->config.evolution.generations = 1000;
    f->config.evolution.draws_max = 20000;
    tnas_search *const search = run(f, 16);
    /* None: one architecture. One stage: 4 * 4 + 4 * 4 * 4 * 4. */
    const double all = tnas_gene_cardinality(&f->genes);
    ck_assert(all == (_i == 0 ? 1 : 16 + 256));
    ck_assert_int_eq(tnas_search_scored_count(search), (int)all);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(bounded_draws_leave_a_generation_short)
{
    fixture *const f = make_fixture(SEED);
    f->config.evolution.draws_max = 10;
    tnas_search *const search = run(f, 24);
    ck_assert_int_le(tnas_search_draws(search)->drawn, 10 * 10);
    ck_assert_int_gt(tnas_search_scored_count(search), 0);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(wrong_tells_are_refused)
{
    fixture *const f = make_fixture(SEED);
    tnas_search *const search = create(f);
    tnas_candidate asked[3];
    int given;
    ck_ok(tnas_search_ask(search, asked, 3, &given));
    const double good[3] = {0.1, 0.2, 0.3}, bad[3] = {0.1, NAN, 0.3}, large[3] = {1.5, 0, 0};
    ck_fails(TNAS_ERR_INTERNAL, "told 2 accuracies, asked for 3",
             tnas_search_tell(search, good, 2));
    ck_fails(TNAS_ERR_INTERNAL, "accuracy 1 = nan", tnas_search_tell(search, bad, 3));
    ck_fails(TNAS_ERR_INTERNAL, "accuracy 0 = 1.5", tnas_search_tell(search, large, 3));
    ck_fails(TNAS_ERR_INTERNAL, "3 candidates wait", tnas_search_ask(search, asked, 3, &given));
    ck_ok(tnas_search_tell(search, good, 3));
    ck_fails(TNAS_ERR_INTERNAL, "told 3 accuracies, asked for 0",
             tnas_search_tell(search, good, 3));
    ck_assert_int_eq(tnas_search_scored_count(search), 3);
    tnas_search_destroy(search);
    tnas_free(f);
}
END_TEST

START_TEST(impossible_settings_are_refused)
{
    fixture *const f = make_fixture(SEED);
    tnas_search *search;
    const tnas_evolution good = tnas_evolution_default();
    ck_assert_int_eq(good.population, 100);
    ck_assert(good.mutation_prob == 0.1);
    f->config.evolution = good;
    f->config.evolution.parents = 101;
    ck_fails(TNAS_ERR_USAGE, "search.parents = 101 exceeds search.population = 100",
             tnas_search_create(&f->config, &search));
    ck_assert_ptr_null(search);
    f->config.evolution = good;
    f->config.evolution.mutation_prob = NAN;
    ck_fails(TNAS_ERR_USAGE, "search.mutation_prob = nan", tnas_search_create(&f->config, &search));
    f->config.evolution = good;
    f->config.evolution.generations = 0;
    ck_fails(TNAS_ERR_USAGE, "search.generations = 0 is outside 1..100000",
             tnas_search_create(&f->config, &search));
    tnas_free(f);
}
END_TEST

START_TEST(failures_of_the_price_are_forwarded)
{
    fixture *const f = make_fixture(SEED);
    f->toy.broken_after = 10;
    tnas_search *const search = create(f);
    tnas_candidate asked[4];
    int given;
    ck_fails(TNAS_ERR_INTERNAL, "the toy is broken", tnas_search_ask(search, asked, 4, &given));
    ck_assert_int_eq(given, 0);
    tnas_search_destroy(search);
    tnas_space_score score;
    f->toy.prices = 0;
    ck_fails(TNAS_ERR_INTERNAL, "the toy is broken",
             tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 100, &score));
    ck_assert_int_eq(score.drawn, 0);
    tnas_free(f);
}
END_TEST

/* One search; forwards the first failure and releases everything. */
static tnas_status try_search(fixture *f)
{
    tnas_search *search;
    TNAS_TRY(tnas_search_create(&f->config, &search));
    tnas_status status = TNAS_OK;
    while (status == TNAS_OK && !tnas_search_done(search)) {
        tnas_candidate asked[24];
        double accuracies[24];
        int given;
        status = tnas_search_ask(search, asked, 24, &given);
        for (int i = 0; i < given; i++)
            accuracies[i] = toy_accuracy(&f->genes, &asked[i].arch);
        if (status == TNAS_OK)
            status = tnas_search_tell(search, accuracies, given);
    }
    tnas_search_destroy(search);
    return status;
}

START_TEST(every_failing_allocation_is_survived)
{
    fixture *const f = make_fixture(SEED);
    f->config.evolution.draws_max = 500;
    tnas_status status = TNAS_ERR_NOMEM;
    long n = 0;
    for (; n < 200 && status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = try_search(f);
        tnas_alloc_fail_after(-1);
        ck_assert_msg(status == TNAS_OK || status == TNAS_ERR_NOMEM, "%s", tnas_error_text());
    }
    ck_assert_int_eq(status, TNAS_OK);
    ck_assert_int_gt(n, 10);
    tnas_free(f);
}
END_TEST

START_TEST(scoring_a_space_counts_and_averages)
{
    fixture *const f = make_fixture(SEED);
    tnas_space_score score, again;
    ck_ok(tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 500, &score));
    ck_assert_int_eq(score.drawn, 500);
    ck_assert_int_eq(f->toy.prices, 500);
    ck_assert(score.feasible > 50 && score.feasible < 450);
    ck_assert_int_le(500 - score.feasible, (int)(score.over[0] + score.over[1]));
    /* MACs are 1000 times the flash, which is 100 to 850 where it fits. */
    ck_assert(score.mean_macs > 100e3 && score.mean_macs < 850e3);
    ck_ok(tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 500, &again));
    ck_assert(score.feasible == again.feasible && score.mean_macs == again.mean_macs);
    ck_assert_mem_eq(&score.nearest.arch, &again.nearest.arch, sizeof score.nearest.arch);

    f->toy.flash_limit = 2000; /* more room, larger networks, more of them */
    ck_ok(tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 500, &again));
    ck_assert_int_gt(again.feasible, score.feasible);
    ck_assert_double_gt(again.mean_macs, score.mean_macs);

    f->toy.flash_limit = 50;
    ck_ok(tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 500, &again));
    ck_assert_int_eq(again.feasible, 0);
    ck_assert(again.mean_macs == 0 && again.nearest.cost.overshoot > 1);
    tnas_free(f);
}
END_TEST

START_TEST(scoring_a_small_space_counts_each_network_once)
{
    fixture *const f = make_fixture(SEED);
    toy_genes_make(&f->genes, 0);
    f->toy.flash_limit = f->toy.sram_limit = 1e9;
    tnas_space_score score;
    ck_ok(tnas_space_score_compute(&f->genes, toy_price_arch, &f->toy, SEED, 1000, &score));
    ck_assert_int_eq(score.drawn, 1);
    ck_assert_int_eq(score.feasible, 1);
    ck_assert(score.mean_macs == 100e3);
    tnas_free(f);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("search");
    TCase *const evolution = tcase_create("evolution");
    tcase_add_test(evolution, evolution_beats_random_search_with_equal_evaluations);
    tcase_add_test(evolution, a_long_search_finds_the_planted_optimum);
    tcase_add_loop_test(evolution, candidates_fit_and_are_never_asked_twice, 0, 5);
    tcase_add_loop_test(evolution, portions_do_not_matter, 0, 4);
    tcase_add_test(evolution, replaying_the_tells_restores_the_state);
    tcase_add_test(evolution, seeds_lead_to_different_searches);
    tcase_add_test(evolution, children_descend_from_the_best);
    tcase_add_loop_test(evolution, limits_that_only_the_smallest_network_meets_are_met, 0, 2);
    tcase_add_loop_test(evolution, a_small_space_is_exhausted_without_hanging, 0, 2);
    tcase_add_test(evolution, bounded_draws_leave_a_generation_short);
    suite_add_tcase(suite, evolution);

    TCase *const objective = tcase_create("objective");
    tcase_add_test(objective, the_best_is_the_most_accurate_of_all_not_the_last);
    tcase_add_loop_test(objective, within_one_sigma_the_cheapest_wins, 0, 20);
    tcase_add_test(objective, equal_candidates_are_ordered_by_hash);
    suite_add_tcase(suite, objective);

    TCase *const errors = tcase_create("errors");
    tcase_add_test(errors, an_infeasible_space_is_said_with_its_nearest_network);
    tcase_add_test(errors, wrong_tells_are_refused);
    tcase_add_test(errors, impossible_settings_are_refused);
    tcase_add_test(errors, failures_of_the_price_are_forwarded);
    tcase_add_test(errors, every_failing_allocation_is_survived);
    suite_add_tcase(suite, errors);

    TCase *const score = tcase_create("space score");
    tcase_add_test(score, scoring_a_space_counts_and_averages);
    tcase_add_test(score, scoring_a_small_space_counts_each_network_once);
    suite_add_tcase(suite, score);
    return run_suite(suite);
}
