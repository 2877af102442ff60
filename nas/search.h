/* The search: a state machine that is asked for architectures and told their scores.
 *
 *   while (!tnas_search_done(s)) { n = ask(s, archs, max); score them; tell(s, scores, n); }
 * It cannot tell whether the scores come from a supernet, from full training or from a
 * formula in a test; threads, journal and Ctrl-C belong to the caller. Replaying the tells
 * restores the state, the predictor's included.
 *
 * Candidates over a limit are drawn again before they cost an evaluation. Once enough candidates
 * are measured, a predictor (nas/predictor.h) is fitted to them before each generation. When it
 * ranks what it has not seen well enough, only the most promising children are asked for, and
 * some random ones that keep it honest; the others keep their predicted score. */
#ifndef TNAS_NAS_SEARCH_H
#define TNAS_NAS_SEARCH_H

#include "nas/objective.h"
#include "nas/predictor.h"

/*  field            type    default  min  max    help */
#define TNAS_EVOLUTION_FIELDS(X)                                                                   \
    X(population, int, 100, 2, 65536, "architectures of a generation")                             \
    X(parents, int, 20, 1, 65536, "survivors that breed; nsga2 has as many as the population")     \
    X(generations, int, 30, 1, 100000, "rounds, the random first one included")                    \
    X(mutation_prob, double, 0.1, 0.0, 1.0, "chance per gene")                                     \
    X(draws_max, int, 20000, 1, 100000000, "draws for one generation before it stays short")       \
    X(screen_after, int, 300, 0, 10000000,                                                         \
      "measured candidates before any are predicted; 0: never")                                    \
    X(screen_rank, double, 0.6, -1.0, 1.0, "held-out Spearman that the predictor must reach")      \
    X(predicted_breed, int, 0, 0, 1, "may children descend from predicted candidates")             \
    X(screen_best, double, 0.15, 0.0, 1.0, "share of a generation measured as most promising")     \
    X(screen_random, double, 0.05, 0.0, 1.0, "share of a generation measured whatever is predicted")

typedef struct tnas_evolution {
#define TNAS_EVOLUTION_FIELD(name, type, value, min, max, help) type name;
    TNAS_EVOLUTION_FIELDS(TNAS_EVOLUTION_FIELD)
#undef TNAS_EVOLUTION_FIELD
} tnas_evolution;

tnas_evolution tnas_evolution_default(void);

/* TNAS_ERR_USAGE naming the key, its value and the rule that it breaks. */
tnas_status tnas_evolution_check(const tnas_evolution *evolution);

/*  name       text         how it looks for candidates */
#define TNAS_STRATEGIES(X)                                                                         \
    X(EVOLUTION, "evolution", "the best breed: for one best network")                              \
    X(NSGA2, "nsga2", "what nothing dominates breeds: for a front of trade-offs")                  \
    X(RANDOM, "random", "drawn at random, all measured: the baseline")

typedef enum tnas_strategy {
#define TNAS_STRATEGY_ENUM(name, text, how) TNAS_STRATEGY_##name,
    TNAS_STRATEGIES(TNAS_STRATEGY_ENUM)
#undef TNAS_STRATEGY_ENUM
} tnas_strategy;

/* How many candidates a search will have measured at its end, if the predictor is trusted as soon
 * as it may be and every generation is full. */
long tnas_search_expected_measurements(tnas_strategy strategy, const tnas_evolution *evolution);

/* Prices an architecture without evaluating it. Called from the thread that asks. */
typedef tnas_status tnas_price_fn(void *context, const tnas_arch *arch, tnas_cost *cost);

typedef struct tnas_search_config {
    const tnas_gene_table *genes; /* borrowed */
    tnas_strategy strategy;
    tnas_evolution evolution;
    tnas_objective objective;
    uint64_t seed;
    tnas_price_fn *price;
    void *price_context;
} tnas_search_config;

/* How many draws each limit refused; a draw may break several. */
typedef struct tnas_draw_counts {
    long drawn; /* distinct architectures priced */
    long feasible;
    long over[TNAS_LIMIT_COUNT];
} tnas_draw_counts;

/* What the predictor knew when a generation was bred. */
typedef struct tnas_screening {
    int generation;
    bool is_trusted; /* it chose what was measured */
    tnas_predictor_report report;
} tnas_screening;

typedef struct tnas_search tnas_search;

tnas_status tnas_search_create(const tnas_search_config *config, tnas_search **out);
void tnas_search_destroy(tnas_search *search);

/* Up to `count` > 0 feasible candidates of the current generation that are to be measured; it is
 * bred when the last one has been told. *given is 0 when the search is done, also because
 * breeding finds nothing new any more. TNAS_ERR_INFEASIBLE when the first generation finds none
 * at all: the nearest one is then in tnas_search_nearest. A failure of the price function is
 * forwarded; the search is then of no use. */
tnas_status tnas_search_ask(tnas_search *search, tnas_candidate *out, int count, int *given);

/* Accuracies of the candidates last asked for, in that order and number. */
tnas_status tnas_search_tell(tnas_search *search, const double *accuracies, int count);

bool tnas_search_done(const tnas_search *search);
int tnas_search_generation(const tnas_search *search);
/* Every candidate of the current generation has been told: a search may be left here as if it had
 * been asked for no further generation. */
bool tnas_search_between(const tnas_search *search);
const tnas_draw_counts *tnas_search_draws(const tnas_search *search);
/* The draw with the smallest overshoot so far; NULL before the first draw. */
const tnas_candidate *tnas_search_nearest(const tnas_search *search);

/* Up to so many of the architectures that were over a limit, evenly over all that were drawn, in an
 * order that means nothing; they were priced and have no accuracy. */
enum { TNAS_REFUSED_MAX = 500 };
const tnas_candidate *tnas_search_refused(const tnas_search *search, int *count);

/* All scored candidates, the array of tnas_search_scored_count; it moves when more are scored.
 * Predicted ones of a generation come before its measured ones, which are in the order of telling:
 * what has a place keeps it. */
int tnas_search_scored_count(const tnas_search *search);
const tnas_candidate *tnas_search_scored(const tnas_search *search);
int tnas_search_measured_count(const tnas_search *search);

/* The predictor's fits so far, one for each generation that it was asked about. */
int tnas_search_screening_count(const tnas_search *search);
const tnas_screening *tnas_search_screenings(const tnas_search *search);

/* The objective's best of the measured candidates; NULL when nothing was measured. */
const tnas_candidate *tnas_search_best(const tnas_search *search);

/* Stage 1 of TinyNAS: draws `samples` distinct random networks of a configured space (fewer
 * when it has no more) and returns how many meet the limits and the mean MACs of those. */
typedef struct tnas_space_score {
    int drawn, feasible;
    long over[TNAS_LIMIT_COUNT];
    double mean_macs; /* of the feasible; 0 when there are none */
    /* MACs that 20, 50, 80 % of the feasible do not exceed: points of their distribution. */
    double p20_macs, p50_macs, p80_macs;
    tnas_candidate nearest;
} tnas_space_score;

tnas_status tnas_space_score_compute(const tnas_gene_table *genes, tnas_price_fn *price,
                                     void *price_context, uint64_t seed, int samples,
                                     tnas_space_score *out);

#endif
