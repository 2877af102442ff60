/* The search: a state machine that is asked for architectures and told their scores.
 *
 *   while (!tnas_search_done(s)) { n = ask(s, archs, max); score them; tell(s, scores, n); }
 * It cannot tell whether the scores come from a supernet, from full training or from a
 * formula in a test; threads, journal and Ctrl-C belong to the caller. Replaying the tells
 * restores the state. Evolution with elitist survival: the best parents stay beside their
 * children (Cai et al., "Once-for-All", ICLR 2020; numbers from Lin et al., "MCUNet",
 * NeurIPS 2020). Candidates over a limit are drawn again before they cost an evaluation. */
#ifndef TNAS_NAS_SEARCH_H
#define TNAS_NAS_SEARCH_H

#include "estimators/estimate.h"
#include "search_space/genes.h"

/*  field            type    default  min  max    help */
#define TNAS_EVOLUTION_FIELDS(X)                                                                   \
    X(population, int, 100, 2, 65536, "architectures of a generation")                             \
    X(parents, int, 20, 1, 65536, "survivors that breed")                                          \
    X(generations, int, 30, 1, 100000, "rounds, the random first one included")                    \
    X(mutation_prob, double, 0.1, 0.0, 1.0, "chance per gene")                                     \
    X(draws_max, int, 20000, 1, 100000000, "draws for one generation before it stays short")

typedef struct tnas_evolution {
#define TNAS_EVOLUTION_FIELD(name, type, value, min, max, help) type name;
    TNAS_EVOLUTION_FIELDS(TNAS_EVOLUTION_FIELD)
#undef TNAS_EVOLUTION_FIELD
} tnas_evolution;

tnas_evolution tnas_evolution_default(void);

/* Prices an architecture without evaluating it. Called from the thread that asks. */
typedef tnas_status tnas_price_fn(void *context, const tnas_arch *arch, tnas_cost *cost);

typedef struct tnas_search_config {
    const tnas_gene_table *genes; /* borrowed */
    tnas_evolution evolution;
    uint64_t seed;
    tnas_price_fn *price;
    void *price_context;
    int validation_images; /* behind each accuracy: one binomial sigma decides ties; 0: none */
} tnas_search_config;

typedef struct tnas_candidate {
    tnas_arch arch;
    uint64_t hash;
    tnas_cost cost;
    double accuracy; /* 0..1 */
    int generation;
} tnas_candidate;

/* How many draws each limit refused; a draw may break several. */
typedef struct tnas_draw_counts {
    long drawn; /* distinct architectures priced */
    long feasible;
    long over[TNAS_LIMIT_COUNT];
} tnas_draw_counts;

typedef struct tnas_search tnas_search;

tnas_status tnas_search_create(const tnas_search_config *config, tnas_search **out);
void tnas_search_destroy(tnas_search *search);

/* Up to `count` > 0 feasible, not yet scored candidates of the current generation, which is
 * bred when the last one has been told. *given is 0 when the search is done, also because
 * breeding finds nothing new any more. TNAS_ERR_INFEASIBLE when the first generation finds none
 * at all: the nearest one is then in tnas_search_nearest. A failure of the price function is
 * forwarded; the search is then of no use. */
tnas_status tnas_search_ask(tnas_search *search, tnas_candidate *out, int count, int *given);

/* Accuracies of the candidates last asked for, in that order and number. */
tnas_status tnas_search_tell(tnas_search *search, const double *accuracies, int count);

bool tnas_search_done(const tnas_search *search);
int tnas_search_generation(const tnas_search *search);
const tnas_draw_counts *tnas_search_draws(const tnas_search *search);
/* The draw with the smallest overshoot so far; NULL before the first draw. */
const tnas_candidate *tnas_search_nearest(const tnas_search *search);

/* All scored candidates in the order of telling. */
int tnas_search_scored_count(const tnas_search *search);
const tnas_candidate *tnas_search_scored(const tnas_search *search, int index);

/* The objective over all scored candidates: highest accuracy; within one binomial sigma of
 * it the lowest latency, then SRAM, flash, hash. NULL when nothing was scored. */
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
