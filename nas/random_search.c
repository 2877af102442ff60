/* Random search, the baseline: every generation is drawn like the first, uniformly per gene, and
 * everything is measured. */
#include "nas/search_internal.h"

static tnas_status breed(tnas_search *search, tnas_rng *rng)
{
    const tnas_evolution *const evolution = &search->config.evolution;
    return tnas_brood_fill(search, rng, tnas_draw_random, evolution->population,
                           evolution->draws_max);
}

const tnas_strategy_rules tnas_random_rules = {.breed = breed};
