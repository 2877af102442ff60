/* The sample of what a search refuses: all of it while it is small, an even part of it later, the
 * same however a search is asked. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/search.h"
#include "tests/testing.h"
#include "tests/toy_genes.h"

enum { STAGES = 8, DRAWS_MAX = 40000 };

/* Hashes of what the search priced and refused, in that order. */
typedef struct record {
    tnas_gene_table genes;
    toy_price toy;
    uint64_t refused[DRAWS_MAX];
    int count;
} record;

static tnas_status price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    record *const r = context;
    TNAS_TRY(toy_price_arch(&r->toy, arch, cost));
    ck_assert_int_lt(r->count, DRAWS_MAX);
    if (cost->over != 0)
        r->refused[r->count++] = tnas_arch_hash(&r->genes, arch);
    return TNAS_OK;
}

static record *make_record(double flash_limit)
{
    record *const r = tnas_alloc_zero(1, sizeof *r);
    toy_genes_make(&r->genes, STAGES);
    r->toy = (toy_price){.genes = &r->genes, .flash_limit = flash_limit, .sram_limit = 150};
    return r;
}

static tnas_search *run(record *r, int generations, int draws_max, int chunk)
{
    const tnas_search_config config = {.genes = &r->genes,
                                       .strategy = TNAS_STRATEGY_RANDOM,
                                       .evolution = {.population = 60,
                                                     .parents = 6,
                                                     .generations = generations,
                                                     .mutation_prob = 0.1,
                                                     .draws_max = draws_max},
                                       .seed = SEED,
                                       .price = price,
                                       .price_context = r};
    tnas_search *search;
    ck_ok(tnas_search_create(&config, &search));
    while (!tnas_search_done(search)) {
        tnas_candidate asked[16];
        double accuracies[16];
        int given;
        ck_ok(tnas_search_ask(search, asked, chunk, &given));
        for (int i = 0; i < given; i++)
            accuracies[i] = toy_accuracy(&r->genes, &asked[i].arch);
        ck_ok(tnas_search_tell(search, accuracies, given));
    }
    return search;
}

/* When this one was refused; fails when it never was. */
static int place_of(const record *r, uint64_t hash)
{
    for (int i = 0; i < r->count; i++)
        if (r->refused[i] == hash)
            return i;
    ck_abort_msg("%016llx was never refused", (unsigned long long)hash);
    return -1;
}

START_TEST(few_that_were_refused_are_all_kept)
{
    record *const r = make_record(850);
    tnas_search *const search = run(r, 1, 400, 4);
    int count;
    const tnas_candidate *const kept = tnas_search_refused(search, &count);
    const tnas_draw_counts *const draws = tnas_search_draws(search);
    ck_assert_int_gt(count, 20);
    ck_assert_int_lt(count, TNAS_REFUSED_MAX);
    ck_assert_int_eq(count, draws->drawn - draws->feasible);
    bool seen[DRAWS_MAX] = {false};
    for (int i = 0; i < count; i++) {
        const int place = place_of(r, kept[i].hash);
        ck_assert(!seen[place] && kept[i].cost.over != 0 && kept[i].cost.macs > 0);
        ck_assert_int_eq(kept[i].generation, 0);
        seen[place] = true;
    }
    tnas_search_destroy(search);
    tnas_free(r);
}
END_TEST

START_TEST(of_many_that_were_refused_an_even_part_is_kept)
{
    record *const r = make_record(300);
    tnas_search *const search = run(r, 6, 4000, 4);
    int count, in_quarter[4] = {0};
    const tnas_candidate *const kept = tnas_search_refused(search, &count);
    ck_assert_int_gt(r->count, 8 * TNAS_REFUSED_MAX);
    ck_assert_int_eq(count, TNAS_REFUSED_MAX);
    for (int i = 0; i < count; i++)
        in_quarter[4L * place_of(r, kept[i].hash) / r->count]++;
    /* 125 each are expected, with a deviation of sqrt(500 / 4 * 3 / 4) = 9.7: four of them. */
    for (int quarter = 0; quarter < 4; quarter++)
        ck_assert_msg(abs(in_quarter[quarter] - 125) < 39, "%d of quarter %d", in_quarter[quarter],
                      quarter);
    tnas_search_destroy(search);
    tnas_free(r);
}
END_TEST

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void read_hashes(const tnas_search *search, uint64_t hashes[TNAS_REFUSED_MAX])
{
    int count;
    const tnas_candidate *const kept = tnas_search_refused(search, &count);
    ck_assert_int_eq(count, TNAS_REFUSED_MAX);
    for (int i = 0; i < count; i++)
        hashes[i] = kept[i].hash;
    qsort(hashes, TNAS_REFUSED_MAX, sizeof *hashes, compare_hashes);
}

START_TEST(the_sample_is_the_same_in_any_portions)
{
    record *const r = make_record(300);
    tnas_search *const one = run(r, 4, 4000, 1);
    r->count = 0;
    tnas_search *const many = run(r, 4, 4000, 16);
    uint64_t a[TNAS_REFUSED_MAX], b[TNAS_REFUSED_MAX];
    read_hashes(one, a);
    read_hashes(many, b);
    ck_assert_mem_eq(a, b, sizeof a);
    tnas_search_destroy(many);
    tnas_search_destroy(one);
    tnas_free(r);
}
END_TEST

START_TEST(no_limit_refuses_nothing)
{
    record *const r = make_record(1e9);
    r->toy.sram_limit = 1e9;
    tnas_search *const search = run(r, 2, 300, 4);
    int count;
    tnas_search_refused(search, &count);
    ck_assert_int_eq(count, 0);
    tnas_search_destroy(search);
    tnas_free(r);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("refused");
    TCase *const tc = tcase_create("refused");
    tcase_add_test(tc, few_that_were_refused_are_all_kept);
    tcase_add_test(tc, of_many_that_were_refused_an_even_part_is_kept);
    tcase_add_test(tc, the_sample_is_the_same_in_any_portions);
    tcase_add_test(tc, no_limit_refuses_nothing);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
