/* Evolution with elitist survival: the best parents stay beside their children.
 * Cai et al., "Once-for-All", ICLR 2020, section 3.4; numbers from Lin et al., "MCUNet",
 * NeurIPS 2020, appendix. Differs: candidates over a limit are drawn again before they cost
 * an evaluation, a bounded number of times; nothing is evaluated twice; when breeding runs dry,
 * random architectures take part again. The first generation opens with the smallest network,
 * for limits so tight that random ones rarely meet them.
 *
 * A generation is bred as a whole, when its first candidate is asked for, from a random stream
 * of its own: it does not matter in which portions it is asked for. The survivors are the best
 * of all scored so far, which is the same as the best of the last survivors and their
 * children. */
#include "nas/search.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/draws.h"

struct tnas_search {
    tnas_search_config config;
    tnas_draws draws;
    int begun;             /* generations bred so far; the last one is the current one */
    bool ended;            /* no further generation can be bred */
    tnas_candidate *brood; /* [population], the current generation */
    int brood_count, asked_count, told_count;
    tnas_candidate *scored; /* in the order of telling */
    int scored_count, scored_capacity;
    int *parents; /* [evolution.parents], indices of scored, best first */
    int parent_count;
};

tnas_evolution tnas_evolution_default(void)
{
    return (tnas_evolution){
#define FIELD(name, type, value, min, max, help) .name = value,
        TNAS_EVOLUTION_FIELDS(FIELD)
#undef FIELD
    };
}

static tnas_status check_evolution(const tnas_evolution *evolution)
{
#define FIELD(name, type, value, min, max, help)                                                   \
    if (!(evolution->name >= (min) && evolution->name <= (max)))                                   \
        return tnas_fail(TNAS_ERR_USAGE, "nas." #name " = %g is outside %g..%g",                   \
                         (double)evolution->name, (double)(min), (double)(max));
    TNAS_EVOLUTION_FIELDS(FIELD)
#undef FIELD
    if (evolution->parents > evolution->population)
        return tnas_fail(TNAS_ERR_USAGE, "nas.parents = %d exceeds nas.population = %d",
                         evolution->parents, evolution->population);
    return TNAS_OK;
}

tnas_status tnas_search_create(const tnas_search_config *config, tnas_search **out)
{
    *out = NULL;
    TNAS_TRY(check_evolution(&config->evolution));
    tnas_search *const search = tnas_alloc_zero(1, sizeof *search);
    if (search == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "search");
    search->config = *config;
    tnas_draws_init(&search->draws, config->genes, config->price, config->price_context);
    search->brood = tnas_alloc_zero((size_t)config->evolution.population, sizeof *search->brood);
    search->parents = tnas_alloc_zero((size_t)config->evolution.parents, sizeof *search->parents);
    if (search->brood == NULL || search->parents == NULL) {
        tnas_search_destroy(search);
        return tnas_fail(TNAS_ERR_NOMEM, "search with a population of %d",
                         config->evolution.population);
    }
    *out = search;
    return TNAS_OK;
}

void tnas_search_destroy(tnas_search *search)
{
    if (search == NULL)
        return;
    tnas_draws_deinit(&search->draws);
    tnas_free(search->brood);
    tnas_free(search->scored);
    tnas_free(search->parents);
    tnas_free(search);
}

/* Puts an architecture into the brood when it is new and fits. */
static tnas_status consider(tnas_search *search, const tnas_arch *arch)
{
    tnas_candidate *const next = &search->brood[search->brood_count];
    tnas_draw_result result;
    TNAS_TRY(tnas_draws_add(&search->draws, arch, next, &result));
    next->generation = search->begun;
    search->brood_count += result == TNAS_DRAW_FITS;
    return TNAS_OK;
}

static const tnas_arch *draw_parent(const tnas_search *search, tnas_rng *rng)
{
    const uint32_t index = tnas_rng_below(rng, (uint32_t)search->parent_count);
    return &search->scored[search->parents[index]].arch;
}

/* The ways to an architecture. */
typedef void draw_fn(const tnas_search *search, tnas_rng *rng, tnas_arch *out);

static void draw_random(const tnas_search *search, tnas_rng *rng, tnas_arch *out)
{
    tnas_arch_sample(search->config.genes, rng, out);
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

/* Draws until the brood has brood_max members, at most draws_max times. */
static tnas_status fill_brood(tnas_search *search, tnas_rng *rng, draw_fn *draw, int brood_max,
                              int draws_max)
{
    for (int i = 0; i < draws_max && search->brood_count < brood_max; i++) {
        tnas_arch arch;
        draw(search, rng, &arch);
        TNAS_TRY(consider(search, &arch));
    }
    return TNAS_OK;
}

/* Half crossover, half mutation. Parents that have become alike may have no new children; a
 * share of the draws is kept for random ones then, so that a small space is searched to its
 * end. */
static tnas_status draw_children(tnas_search *search, tnas_rng *rng)
{
    const int population = search->config.evolution.population;
    const int draws_max = search->config.evolution.draws_max;
    const int share = draws_max / 3;
    TNAS_TRY(fill_brood(search, rng, draw_crossover, population / 2, share));
    TNAS_TRY(fill_brood(search, rng, draw_mutation, population, share));
    return fill_brood(search, rng, draw_random, population, draws_max - 2 * share);
}

typedef struct rank {
    double accuracy;
    uint64_t hash;
    int index; /* of scored */
} rank;

static int best_first(const void *a, const void *b)
{
    const rank *const left = a, *const right = b;
    if (left->accuracy != right->accuracy)
        return left->accuracy > right->accuracy ? -1 : 1;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

static tnas_status select_parents(tnas_search *search)
{
    rank *const ranks = tnas_alloc_zero((size_t)search->scored_count, sizeof *ranks);
    if (ranks == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "ranks of %d candidates", search->scored_count);
    for (int i = 0; i < search->scored_count; i++)
        ranks[i] = (rank){search->scored[i].accuracy, search->scored[i].hash, i};
    qsort(ranks, (size_t)search->scored_count, sizeof *ranks, best_first);
    const int most = search->config.evolution.parents;
    search->parent_count = search->scored_count < most ? search->scored_count : most;
    for (int i = 0; i < search->parent_count; i++)
        search->parents[i] = ranks[i].index;
    tnas_free(ranks);
    return TNAS_OK;
}

static tnas_status breed(tnas_search *search)
{
    tnas_rng rng = tnas_rng_stream(search->config.seed, TNAS_RNG_SEARCH, (uint64_t)search->begun);
    search->brood_count = search->asked_count = search->told_count = 0;
    if (search->begun == 0) {
        const tnas_evolution *const evolution = &search->config.evolution;
        tnas_arch smallest;
        tnas_arch_smallest(search->config.genes, &smallest);
        TNAS_TRY(consider(search, &smallest));
        TNAS_TRY(
            fill_brood(search, &rng, draw_random, evolution->population, evolution->draws_max));
    } else {
        TNAS_TRY(select_parents(search));
        TNAS_TRY(draw_children(search, &rng));
    }
    search->begun++;
    search->ended = search->brood_count == 0;
    return TNAS_OK;
}

/* The sentence of a search that found nothing. */
static tnas_status fail_infeasible(const tnas_search *search)
{
    const tnas_draw_counts *const counts = &search->draws.counts;
    int binding = 0;
    for (int limit = 1; limit < TNAS_LIMIT_COUNT; limit++)
        if (counts->over[limit] > counts->over[binding])
            binding = limit;
    return tnas_fail(TNAS_ERR_INFEASIBLE,
                     "none of %ld networks meets the limits: %ld are over the %s limit, and the "
                     "nearest needs %.3g times what is allowed",
                     counts->drawn, counts->over[binding], tnas_limit_text(binding),
                     search->draws.nearest.cost.overshoot);
}

bool tnas_search_done(const tnas_search *search)
{
    const bool complete = search->told_count == search->brood_count;
    return search->ended || (complete && search->begun == search->config.evolution.generations);
}

tnas_status tnas_search_ask(tnas_search *search, tnas_candidate *out, int count, int *given)
{
    assert(count > 0);
    *given = 0;
    if (search->asked_count != search->told_count)
        return tnas_fail(TNAS_ERR_INTERNAL, "search: %d candidates wait for their accuracy",
                         search->asked_count - search->told_count);
    if (!tnas_search_done(search) && search->told_count == search->brood_count)
        TNAS_TRY(breed(search));
    if (search->ended && search->scored_count == 0)
        return fail_infeasible(search);
    const int left = search->brood_count - search->asked_count;
    *given = left < count ? left : count;
    memcpy(out, search->brood + search->asked_count, (size_t)*given * sizeof *out);
    search->asked_count += *given;
    return TNAS_OK;
}

static tnas_status grow_scored(tnas_search *search, int count)
{
    const int needed = search->scored_count + count;
    if (needed <= search->scored_capacity)
        return TNAS_OK;
    const int doubled = 2 * search->scored_capacity;
    const int capacity = doubled > needed ? doubled : needed;
    tnas_candidate *const bigger = tnas_alloc_grow(search->scored, (size_t)search->scored_count,
                                                   (size_t)capacity, sizeof *search->scored);
    if (bigger == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d scored candidates", needed);
    search->scored = bigger;
    search->scored_capacity = capacity;
    return TNAS_OK;
}

tnas_status tnas_search_tell(tnas_search *search, const double *accuracies, int count)
{
    const int asked = search->asked_count - search->told_count;
    if (count != asked)
        return tnas_fail(TNAS_ERR_INTERNAL, "search: told %d accuracies, asked for %d", count,
                         asked);
    for (int i = 0; i < count; i++)
        if (!(accuracies[i] >= 0.0 && accuracies[i] <= 1.0))
            return tnas_fail(TNAS_ERR_INTERNAL, "search: accuracy %d = %g is outside 0..1", i,
                             accuracies[i]);
    TNAS_TRY(grow_scored(search, count));
    for (int i = 0; i < count; i++) {
        tnas_candidate *const candidate = &search->scored[search->scored_count++];
        *candidate = search->brood[search->told_count++];
        candidate->accuracy = accuracies[i];
    }
    return TNAS_OK;
}

int tnas_search_generation(const tnas_search *search)
{
    return search->begun > 0 ? search->begun - 1 : 0;
}

const tnas_draw_counts *tnas_search_draws(const tnas_search *search)
{
    return &search->draws.counts;
}

const tnas_candidate *tnas_search_nearest(const tnas_search *search)
{
    return search->draws.counts.drawn > 0 ? &search->draws.nearest : NULL;
}

int tnas_search_scored_count(const tnas_search *search)
{
    return search->scored_count;
}

const tnas_candidate *tnas_search_scored(const tnas_search *search, int index)
{
    assert(index >= 0 && index < search->scored_count);
    return &search->scored[index];
}

/* Of two candidates that are equally accurate. All or none of a search have a latency. */
static bool is_cheaper(const tnas_candidate *a, const tnas_candidate *b)
{
    if (a->cost.has_latency && b->cost.has_latency && a->cost.latency_ms != b->cost.latency_ms)
        return a->cost.latency_ms < b->cost.latency_ms;
    if (a->cost.footprint.sram_bytes != b->cost.footprint.sram_bytes)
        return a->cost.footprint.sram_bytes < b->cost.footprint.sram_bytes;
    if (a->cost.footprint.flash_bytes != b->cost.footprint.flash_bytes)
        return a->cost.footprint.flash_bytes < b->cost.footprint.flash_bytes;
    return a->hash < b->hash;
}

const tnas_candidate *tnas_search_best(const tnas_search *search)
{
    double highest = 0;
    for (int i = 0; i < search->scored_count; i++)
        highest = fmax(highest, search->scored[i].accuracy);
    const int images = search->config.validation_images;
    const double sigma = images > 0 ? sqrt(highest * (1 - highest) / images) : 0;
    const tnas_candidate *best = NULL;
    for (int i = 0; i < search->scored_count; i++) {
        const tnas_candidate *const candidate = &search->scored[i];
        if (candidate->accuracy >= highest - sigma && (best == NULL || is_cheaper(candidate, best)))
            best = candidate;
    }
    return best;
}
