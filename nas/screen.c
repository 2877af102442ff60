/* Screening: which children of a generation are worth a measurement.
 *
 * The predictor is fitted to everything measured so far. What it says is believed only when its
 * rank correlation with samples that were held out is high enough; else the generation is measured
 * as a whole, which gives it more to learn from. A believed one still gets some random children
 * measured: were only its favourites looked at, it would never learn what it underrates. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/search_internal.h"

bool tnas_search_may_breed(const tnas_search *search, const tnas_candidate *candidate)
{
    return search->config.evolution.predicted_breed || candidate->source == TNAS_SCORE_MEASURED;
}

static bool has_enough(const tnas_search *search)
{
    const int wanted = search->config.evolution.screen_after;
    return wanted > 0 && search->measured_count >= wanted &&
           search->measured_count >= TNAS_PREDICTOR_SAMPLES_MIN;
}

static tnas_status make_predictor(tnas_search *search)
{
    if (search->predictor != NULL)
        return TNAS_OK;
    const size_t generations = (size_t)search->config.evolution.generations;
    search->screenings = tnas_alloc_zero(generations, sizeof *search->screenings);
    if (search->screenings == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "predictor's errors");
    return tnas_predictor_create(search->config.genes, &search->predictor);
}

static tnas_status fit(tnas_search *search, tnas_screening *screening)
{
    tnas_scored_arch *const samples =
        tnas_alloc_zero((size_t)search->measured_count, sizeof *samples);
    if (samples == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d samples", search->measured_count);
    int count = 0;
    for (int i = 0; i < search->scored_count; i++)
        if (search->scored[i].source == TNAS_SCORE_MEASURED)
            samples[count++] =
                (tnas_scored_arch){search->scored[i].arch, search->scored[i].accuracy};
    const tnas_status status = tnas_predictor_fit(search->predictor, samples, count,
                                                  search->config.seed, &screening->report);
    tnas_free(samples);
    screening->generation = search->begun;
    screening->is_trusted = screening->report.spearman >= search->config.evolution.screen_rank;
    return status;
}

static int share_of(double share, int count)
{
    return (int)lround(share * count);
}

/* How many of a screened generation are measured for their promise, and how many at random. */
static int best_count(const tnas_evolution *evolution, int count)
{
    const int best = share_of(evolution->screen_best, count);
    return best < 1 ? 1 : best;
}

static int drawn_count(const tnas_evolution *evolution, int count)
{
    const int left = count - best_count(evolution, count);
    const int drawn = share_of(evolution->screen_random, count);
    return drawn > left ? left : drawn;
}

long tnas_search_expected_measurements(tnas_strategy strategy, const tnas_evolution *evolution)
{
    const int population = evolution->population, wanted = evolution->screen_after;
    const int full = wanted > 0 && tnas_strategy_rules_of(strategy)->order != NULL
                         ? (wanted + population - 1) / population
                         : evolution->generations;
    if (full >= evolution->generations)
        return (long)population * evolution->generations;
    const int screened = best_count(evolution, population) + drawn_count(evolution, population);
    return (long)population * full + (long)screened * (evolution->generations - full);
}

/* Marks what is to be measured: the first of the order, and some of the rest at random. */
static void choose(const tnas_search *search, tnas_rng *rng, int *order, int count, bool *chosen)
{
    const tnas_evolution *const evolution = &search->config.evolution;
    const int best = best_count(evolution, count), drawn = drawn_count(evolution, count);
    for (int i = 0; i < best; i++)
        chosen[order[i]] = true;
    for (int i = best; i < best + drawn; i++) { /* the start of a Fisher-Yates shuffle */
        const int other = i + (int)tnas_rng_below(rng, (uint32_t)(count - i));
        const int picked = order[other];
        order[other] = order[i];
        order[i] = picked;
        chosen[picked] = true;
    }
}

/* Moves what is not chosen to the scored; the brood keeps its order. */
static tnas_status move_predicted(tnas_search *search, const bool *chosen)
{
    TNAS_TRY(tnas_search_reserve(search, search->brood_count));
    int kept = 0;
    for (int i = 0; i < search->brood_count; i++) {
        tnas_candidate *const child = &search->brood[i];
        if (chosen[i]) {
            search->brood[kept++] = *child;
            continue;
        }
        child->source = TNAS_SCORE_PREDICTED;
        child->accuracy = child->expected;
        search->scored[search->scored_count++] = *child;
    }
    search->brood_count = kept;
    return TNAS_OK;
}

static tnas_status screen_brood(tnas_search *search, tnas_rng *rng, int *order, bool *chosen)
{
    for (int i = 0; i < search->brood_count; i++) {
        tnas_candidate *const child = &search->brood[i];
        tnas_predictor_predict(search->predictor, &child->arch, 1, &child->expected);
        child->accuracy = child->expected; /* what the order looks at */
    }
    TNAS_TRY(search->rules->order(search, search->brood, search->brood_count, order));
    choose(search, rng, order, search->brood_count, chosen);
    return move_predicted(search, chosen);
}

tnas_status tnas_search_screen(tnas_search *search, tnas_rng *rng)
{
    if (!has_enough(search) || search->brood_count == 0)
        return TNAS_OK;
    TNAS_TRY(make_predictor(search));
    tnas_screening *const screening = &search->screenings[search->screening_count];
    TNAS_TRY(fit(search, screening));
    search->screening_count++;
    if (!screening->is_trusted)
        return TNAS_OK;
    int *const order = tnas_alloc_zero((size_t)search->brood_count, sizeof *order);
    bool *const chosen = tnas_alloc_zero((size_t)search->brood_count, sizeof *chosen);
    const tnas_status status =
        order != NULL && chosen != NULL
            ? screen_brood(search, rng, order, chosen)
            : tnas_fail(TNAS_ERR_NOMEM, "order of %d children", search->brood_count);
    tnas_free(order);
    tnas_free(chosen);
    return status;
}
