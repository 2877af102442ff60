/* NSGA-II: a front of error, latency, SRAM and flash instead of one best network.
 * Deb et al., IEEE Transactions on Evolutionary Computation 6(2), 2002: parents and children
 * compete for the places of the next parents by front and crowding; a child's parents win binary
 * tournaments of the same order. Differs: genes are choices, so crossover is uniform and mutation
 * draws a gene again; there is no constraint domination, because candidates over a limit are drawn
 * again and never compete; nothing is evaluated twice. */
#include <stdlib.h>

#include "common/alloc.h"
#include "nas/search_internal.h"

typedef struct contender {
    tnas_pareto_rank rank;
    uint64_t hash; /* decides between equals */
    int index;
} contender;

static int best_first(const void *a, const void *b)
{
    const contender *const left = a, *const right = b;
    const int order = tnas_pareto_compare(&left->rank, &right->rank);
    if (order != 0)
        return order;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

/* Release *out, [count], with tnas_free. The candidates in the order of their ranks among each
 * other; contender.index is the place in `candidates`. */
static tnas_status rank_candidates(const tnas_candidate *const *candidates, int count,
                                   contender **out)
{
    contender *const contenders = tnas_alloc_zero((size_t)count, sizeof *contenders);
    tnas_point *const points = tnas_alloc_zero((size_t)count, sizeof *points);
    tnas_pareto_rank *const ranks = tnas_alloc_zero((size_t)count, sizeof *ranks);
    *out = NULL;
    tnas_status status = contenders != NULL && points != NULL && ranks != NULL
                             ? TNAS_OK
                             : tnas_fail(TNAS_ERR_NOMEM, "ranks of %d candidates", count);
    for (int i = 0; status == TNAS_OK && i < count; i++)
        points[i] = tnas_point_of(candidates[i]);
    if (status == TNAS_OK)
        status = tnas_pareto_sort(points, count, ranks);
    if (status == TNAS_OK) {
        for (int i = 0; i < count; i++)
            contenders[i] = (contender){ranks[i], candidates[i]->hash, i};
        qsort(contenders, (size_t)count, sizeof *contenders, best_first);
        *out = contenders;
    } else {
        tnas_free(contenders);
    }
    tnas_free(points);
    tnas_free(ranks);
    return status;
}

/* Parents and the last generation compete for the places of the next parents. */
static tnas_status select_survivors(tnas_search *search)
{
    const int most = search->config.evolution.population;
    int *const indices = tnas_alloc_zero((size_t)(2 * most), sizeof *indices);
    const tnas_candidate **const pool = tnas_alloc_zero((size_t)(2 * most), sizeof *pool);
    contender *contenders = NULL;
    int count = 0;
    tnas_status status = indices != NULL && pool != NULL
                             ? TNAS_OK
                             : tnas_fail(TNAS_ERR_NOMEM, "survivors of %d candidates", 2 * most);
    for (int i = 0; status == TNAS_OK && i < search->parent_count; i++)
        indices[count++] = search->parents[i];
    for (int i = 0; status == TNAS_OK && i < search->scored_count; i++)
        if (search->scored[i].generation == search->begun - 1 &&
            tnas_search_may_breed(search, &search->scored[i]))
            indices[count++] = i;
    for (int i = 0; i < count; i++)
        pool[i] = &search->scored[indices[i]];
    if (status == TNAS_OK)
        status = rank_candidates(pool, count, &contenders);
    if (status == TNAS_OK) {
        search->parent_count = count < most ? count : most;
        for (int i = 0; i < search->parent_count; i++) {
            search->parents[i] = indices[contenders[i].index];
            search->ranks[i] = contenders[i].rank;
        }
    }
    tnas_free(contenders);
    tnas_free(pool);
    tnas_free(indices);
    return status;
}

/* The winner of two parents; of equals the first. */
static const tnas_arch *draw_winner(const tnas_search *search, tnas_rng *rng)
{
    const uint32_t first = tnas_rng_below(rng, (uint32_t)search->parent_count);
    const uint32_t second = tnas_rng_below(rng, (uint32_t)search->parent_count);
    const bool second_wins = tnas_pareto_compare(&search->ranks[second], &search->ranks[first]) < 0;
    return &search->scored[search->parents[second_wins ? second : first]].arch;
}

static void draw_child(const tnas_search *search, tnas_rng *rng, tnas_arch *out)
{
    const tnas_arch *const mother = draw_winner(search, rng);
    const tnas_arch *const father = draw_winner(search, rng);
    tnas_arch crossed;
    tnas_arch_crossover(search->config.genes, rng, mother, father, &crossed);
    tnas_arch_mutate(search->config.genes, rng, search->config.evolution.mutation_prob, &crossed,
                     out);
}

static tnas_status breed(tnas_search *search, tnas_rng *rng)
{
    const int population = search->config.evolution.population;
    const int draws_max = search->config.evolution.draws_max;
    TNAS_TRY(tnas_brood_fill(search, rng, draw_child, population, draws_max / 2));
    return tnas_brood_fill(search, rng, tnas_draw_random, population, draws_max - draws_max / 2);
}

/* Children by their rank among themselves and the parents they would have to compete with. */
static tnas_status order_children(const tnas_search *search, const tnas_candidate *children,
                                  int count, int *order)
{
    const int all = count + search->parent_count;
    const tnas_candidate **const pool = tnas_alloc_zero((size_t)all, sizeof *pool);
    if (pool == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d candidates", all);
    for (int i = 0; i < count; i++)
        pool[i] = &children[i];
    for (int i = 0; i < search->parent_count; i++)
        pool[count + i] = &search->scored[search->parents[i]];
    contender *contenders;
    const tnas_status status = rank_candidates(pool, all, &contenders);
    int ordered = 0;
    for (int i = 0; status == TNAS_OK && i < all; i++)
        if (contenders[i].index < count)
            order[ordered++] = contenders[i].index;
    tnas_free(contenders);
    tnas_free(pool);
    return status;
}

const tnas_strategy_rules tnas_nsga2_rules = {
    .select = select_survivors, .breed = breed, .order = order_children};
