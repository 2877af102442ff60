/* What the state machine and its strategies share. Private to nas/. */
#ifndef TNAS_NAS_SEARCH_INTERNAL_H
#define TNAS_NAS_SEARCH_INTERNAL_H

#include "nas/draws.h"
#include "nas/pareto.h"
#include "nas/refused.h"
#include "nas/search.h"

/* How a search goes about it: what differs between strategies. */
typedef struct tnas_strategy_rules {
    /* Before each generation but the first: chooses parents among the scored. NULL: none. */
    tnas_status (*select)(tnas_search *search);
    /* Each generation but the first: fills the brood. */
    tnas_status (*breed)(tnas_search *search, tnas_rng *rng);
    /* order [count]: indices of `children`, whose accuracies are predicted, most promising
     * first. NULL: everything is measured. */
    tnas_status (*order)(const tnas_search *search, const tnas_candidate *children, int count,
                         int *order);
} tnas_strategy_rules;

extern const tnas_strategy_rules tnas_evolution_rules, tnas_nsga2_rules, tnas_random_rules;
const tnas_strategy_rules *tnas_strategy_rules_of(tnas_strategy strategy);

struct tnas_search {
    tnas_search_config config;
    const tnas_strategy_rules *rules;
    tnas_draws draws;
    tnas_refused refused;
    int begun;             /* generations bred so far; the last one is the current one */
    bool ended;            /* no further generation can be bred */
    tnas_candidate *brood; /* [population], the current generation: what is to be measured */
    int brood_count, asked_count, told_count;
    tnas_candidate *scored; /* in the order of scoring */
    int scored_count, scored_capacity;
    int measured_count;
    int *parents;            /* [population], indices of scored: what children are bred from */
    tnas_pareto_rank *ranks; /* [population], of the parents; filled by nsga2 */
    int parent_count;
    tnas_predictor *predictor;  /* NULL until it is first needed */
    tnas_screening *screenings; /* [generations], one a fit; NULL until then */
    int screening_count;
};

/* The ways to an architecture. */
typedef void tnas_draw_fn(const tnas_search *search, tnas_rng *rng, tnas_arch *out);
void tnas_draw_random(const tnas_search *search, tnas_rng *rng, tnas_arch *out);

/* Puts an architecture into the brood when it is new and fits. */
tnas_status tnas_brood_consider(tnas_search *search, const tnas_arch *arch);
/* Draws until the brood has brood_max members, at most draws_max times. */
tnas_status tnas_brood_fill(tnas_search *search, tnas_rng *rng, tnas_draw_fn *draw, int brood_max,
                            int draws_max);

/* Screens the brood once the predictor has learned enough: what is not to be measured moves to the
 * scored, with its prediction. */
tnas_status tnas_search_screen(tnas_search *search, tnas_rng *rng);
/* Whether children may descend from a scored candidate. */
bool tnas_search_may_breed(const tnas_search *search, const tnas_candidate *candidate);
/* Room for `count` more scored. */
tnas_status tnas_search_reserve(tnas_search *search, int count);

#endif
