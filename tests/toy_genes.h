/* A toy problem in the place of networks: stages, each with a depth gene and two blocks of two
 * genes with four choices; formulas are price and accuracy. */
#ifndef TNAS_TESTS_TOY_GENES_H
#define TNAS_TESTS_TOY_GENES_H

#include "nas/search.h"

enum { TOY_GENES_A_STAGE = 5, TOY_CHOICES = 4 };

void toy_genes_make(tnas_gene_table *genes, int stages);

typedef struct toy_price {
    const tnas_gene_table *genes;
    double flash_limit, sram_limit;
    bool no_latency;
    int broken_after; /* prices until the price function fails; 0: never */
    int prices;
} toy_price;

/* Fits tnas_price_fn with a toy_price as context. */
tnas_status toy_price_arch(void *context, const tnas_arch *arch, tnas_cost *cost);

/* With a planted optimum: choice (7 * gene) % 3 everywhere; neighbours that are both right count
 * extra, so that genes do not simply add up. 0.2..0.9. */
double toy_accuracy(const tnas_gene_table *genes, const tnas_arch *arch);

#endif
