/* Draws: the bookkeeping between a random architecture and a candidate.
 *
 * Every distinct architecture is priced once; refused ones are counted by limit, and the one
 * that came nearest is kept, so that "nothing fits" can say what would. Private to nas/. */
#ifndef TNAS_NAS_DRAWS_H
#define TNAS_NAS_DRAWS_H

#include "nas/search.h"

typedef struct tnas_draws {
    const tnas_gene_table *genes; /* borrowed */
    tnas_price_fn *price;
    void *price_context;
    tnas_draw_counts counts;
    tnas_candidate nearest; /* smallest overshoot; of equal ones the first */
    uint64_t *seen;         /* open addressing, 0: free */
    size_t seen_capacity;   /* a power of two */
    size_t seen_count;
} tnas_draws;

void tnas_draws_init(tnas_draws *draws, const tnas_gene_table *genes, tnas_price_fn *price,
                     void *price_context);
void tnas_draws_deinit(tnas_draws *draws);

typedef enum tnas_draw_result {
    TNAS_DRAW_KNOWN,
    TNAS_DRAW_REFUSED,
    TNAS_DRAW_FITS
} tnas_draw_result;

/* Prices an architecture that is new and fills hash and cost of `out`; a known one is not
 * priced again. Forwards failures of the price function. */
tnas_status tnas_draws_add(tnas_draws *draws, const tnas_arch *arch, tnas_candidate *out,
                           tnas_draw_result *result);

#endif
