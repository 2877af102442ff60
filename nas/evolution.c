/* Evolution with elitist survival: the best parents stay beside their children.
 * Cai et al., "Once-for-All", ICLR 2020, section 3.4; numbers from Lin et al., "MCUNet",
 * NeurIPS 2020, appendix. Differs: candidates over a limit are drawn again before they cost
 * an evaluation, a bounded number of times; nothing is evaluated twice; when breeding runs dry,
 * random architectures take part again.
 *
 * The survivors are the best of all scored so far, which is the same as the best of the last
 * survivors and their children. */
#include <stdlib.h>

#include "common/alloc.h"
#include "nas/search_internal.h"

typedef struct place {
    const tnas_objective *objective;
    const tnas_candidate *candidate;
    int index;
} place;

static int best_first(const void *a, const void *b)
{
    const place *const left = a, *const right = b;
    return tnas_objective_compare(left->objective, left->candidate, right->candidate);
}

/* order [count]: indices of the candidates, best first. */
static tnas_status order_by_objective(const tnas_search *search, const tnas_candidate *candidates,
                                      int count, int *order)
{
    place *const places = tnas_alloc_zero((size_t)count, sizeof *places);
    if (places == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d candidates", count);
    for (int i = 0; i < count; i++)
        places[i] = (place){&search->config.objective, &candidates[i], i};
    qsort(places, (size_t)count, sizeof *places, best_first);
    for (int i = 0; i < count; i++)
        order[i] = places[i].index;
    tnas_free(places);
    return TNAS_OK;
}

static tnas_status select_parents(tnas_search *search)
{
    int *const order = tnas_alloc_zero((size_t)search->scored_count, sizeof *order);
    if (order == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d candidates", search->scored_count);
    const tnas_status status =
        order_by_objective(search, search->scored, search->scored_count, order);
    search->parent_count = 0;
    for (int i = 0; status == TNAS_OK && i < search->scored_count &&
                    search->parent_count < search->config.evolution.parents;
         i++)
        if (tnas_search_may_breed(search, &search->scored[order[i]]))
            search->parents[search->parent_count++] = order[i];
    tnas_free(order);
    return status;
}

static const tnas_arch *draw_parent(const tnas_search *search, tnas_rng *rng)
{
    const uint32_t index = tnas_rng_below(rng, (uint32_t)search->parent_count);
    return &search->scored[search->parents[index]].arch;
}

static void draw_crossover(const tnas_search *search, tnas_rng *rng, tnas_arch *out)
{
    const tnas_arch *const mother = draw_parent(search, rng);
    const tnas_arch *const father = draw_parent(search, rng);
    tnas_arch_crossover(search->config.genes, rng, mother, father, out);
}

static void draw_mutation(const tnas_search *search, tnas_rng *rng, tnas_arch *out)
{
    const double probability = search->config.evolution.mutation_prob;
    tnas_arch_mutate(search->config.genes, rng, probability, draw_parent(search, rng), out);
}

/* Half crossover, half mutation. Parents that have become alike may have no new children; a
 * share of the draws is kept for random ones then, so that a small space is searched to its
 * end. */
static tnas_status breed(tnas_search *search, tnas_rng *rng)
{
    const int population = search->config.evolution.population;
    const int draws_max = search->config.evolution.draws_max;
    const int share = draws_max / 3;
    TNAS_TRY(tnas_brood_fill(search, rng, draw_crossover, population / 2, share));
    TNAS_TRY(tnas_brood_fill(search, rng, draw_mutation, population, share));
    return tnas_brood_fill(search, rng, tnas_draw_random, population, draws_max - 2 * share);
}

const tnas_strategy_rules tnas_evolution_rules = {
    .select = select_parents, .breed = breed, .order = order_by_objective};
