/* A generation is bred as a whole, when its first candidate is asked for, from a random stream of
 * its own: it does not matter in which portions it is asked for. */
#include "nas/search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/search_internal.h"

tnas_evolution tnas_evolution_default(void)
{
    return (tnas_evolution){
#define FIELD(name, type, value, min, max, help) .name = value,
        TNAS_EVOLUTION_FIELDS(FIELD)
#undef FIELD
    };
}

tnas_status tnas_evolution_check(const tnas_evolution *evolution)
{
#define FIELD(name, type, value, min, max, help)                                                   \
    if (!(evolution->name >= (min) && evolution->name <= (max)))                                   \
        return tnas_fail(TNAS_ERR_USAGE, "search." #name " = %g is outside %g..%g",                \
                         (double)evolution->name, (double)(min), (double)(max));
    TNAS_EVOLUTION_FIELDS(FIELD)
#undef FIELD
    if (evolution->parents > evolution->population)
        return tnas_fail(TNAS_ERR_USAGE, "search.parents = %d exceeds search.population = %d",
                         evolution->parents, evolution->population);
    return TNAS_OK;
}

tnas_status tnas_search_create(const tnas_search_config *config, tnas_search **out)
{
    *out = NULL;
    TNAS_TRY(tnas_evolution_check(&config->evolution));
    tnas_search *const search = tnas_alloc_zero(1, sizeof *search);
    if (search == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "search");
    search->config = *config;
    search->rules = tnas_strategy_rules_of(config->strategy);
    tnas_draws_init(&search->draws, config->genes, config->price, config->price_context);
    const size_t population = (size_t)config->evolution.population;
    search->brood = tnas_alloc_zero(population, sizeof *search->brood);
    search->parents = tnas_alloc_zero(population, sizeof *search->parents);
    search->ranks = tnas_alloc_zero(population, sizeof *search->ranks);
    if (search->brood == NULL || search->parents == NULL || search->ranks == NULL) {
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
    tnas_refused_deinit(&search->refused);
    tnas_free(search->brood);
    tnas_free(search->scored);
    tnas_free(search->parents);
    tnas_free(search->ranks);
    tnas_predictor_destroy(search->predictor);
    tnas_free(search->screenings);
    tnas_free(search);
}

tnas_status tnas_brood_consider(tnas_search *search, const tnas_arch *arch)
{
    tnas_candidate *const next = &search->brood[search->brood_count];
    tnas_draw_result result;
    TNAS_TRY(tnas_draws_add(&search->draws, arch, next, &result));
    next->generation = search->begun;
    next->expected = NAN;
    search->brood_count += result == TNAS_DRAW_FITS;
    return result == TNAS_DRAW_REFUSED ? tnas_refused_offer(&search->refused, next) : TNAS_OK;
}

tnas_status tnas_brood_fill(tnas_search *search, tnas_rng *rng, tnas_draw_fn *draw, int brood_max,
                            int draws_max)
{
    for (int i = 0; i < draws_max && search->brood_count < brood_max; i++) {
        tnas_arch arch;
        draw(search, rng, &arch);
        TNAS_TRY(tnas_brood_consider(search, &arch));
    }
    return TNAS_OK;
}

void tnas_draw_random(const tnas_search *search, tnas_rng *rng, tnas_arch *out)
{
    tnas_arch_sample(search->config.genes, rng, out);
}

/* The first generation opens with the smallest network, for limits so tight that random ones rarely
 * meet them. */
static tnas_status draw_first(tnas_search *search, tnas_rng *rng)
{
    const tnas_evolution *const evolution = &search->config.evolution;
    tnas_arch smallest;
    tnas_arch_smallest(search->config.genes, &smallest);
    TNAS_TRY(tnas_brood_consider(search, &smallest));
    return tnas_brood_fill(search, rng, tnas_draw_random, evolution->population,
                           evolution->draws_max);
}

static tnas_status draw_children(tnas_search *search, tnas_rng *rng)
{
    if (search->rules->select != NULL)
        TNAS_TRY(search->rules->select(search));
    TNAS_TRY(search->rules->breed(search, rng));
    return search->rules->order != NULL ? tnas_search_screen(search, rng) : TNAS_OK;
}

static tnas_status breed(tnas_search *search)
{
    tnas_rng rng = tnas_rng_stream(search->config.seed, TNAS_RNG_SEARCH, (uint64_t)search->begun);
    search->brood_count = search->asked_count = search->told_count = 0;
    TNAS_TRY(search->begun == 0 ? draw_first(search, &rng) : draw_children(search, &rng));
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

tnas_status tnas_search_reserve(tnas_search *search, int count)
{
    const int needed = search->scored_count + count;
    if (needed <= search->scored_capacity)
        return TNAS_OK;
    const int doubled = 2 * search->scored_capacity;
    const int capacity = doubled > needed ? doubled : needed;
    tnas_candidate *const bigger = tnas_alloc_grow(search->scored, (size_t)search->scored_count,
                                                   (size_t)capacity, sizeof *search->scored);
    if (bigger == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d scored candidates", capacity);
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
    TNAS_TRY(tnas_search_reserve(search, count));
    for (int i = 0; i < count; i++) {
        tnas_candidate *const candidate = &search->scored[search->scored_count++];
        *candidate = search->brood[search->told_count++];
        candidate->accuracy = accuracies[i];
    }
    search->measured_count += count;
    return TNAS_OK;
}

bool tnas_search_between(const tnas_search *search)
{
    return search->begun > 0 && search->told_count == search->brood_count;
}

int tnas_search_generation(const tnas_search *search)
{
    return search->begun > 0 ? search->begun - 1 : 0;
}

const tnas_draw_counts *tnas_search_draws(const tnas_search *search)
{
    return &search->draws.counts;
}

const tnas_candidate *tnas_search_refused(const tnas_search *search, int *count)
{
    *count = search->refused.count;
    return search->refused.kept;
}

const tnas_candidate *tnas_search_nearest(const tnas_search *search)
{
    return search->draws.counts.drawn > 0 ? &search->draws.nearest : NULL;
}

int tnas_search_scored_count(const tnas_search *search)
{
    return search->scored_count;
}

const tnas_candidate *tnas_search_scored(const tnas_search *search)
{
    return search->scored;
}

int tnas_search_measured_count(const tnas_search *search)
{
    return search->measured_count;
}

int tnas_search_screening_count(const tnas_search *search)
{
    return search->screening_count;
}

const tnas_screening *tnas_search_screenings(const tnas_search *search)
{
    return search->screenings;
}

const tnas_candidate *tnas_search_best(const tnas_search *search)
{
    const int best =
        tnas_objective_best(&search->config.objective, search->scored, search->scored_count);
    return best != TNAS_NONE ? &search->scored[best] : NULL;
}
