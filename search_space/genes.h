/* Genes: a network as a list of small choices.
 *
 * An architecture is a list of indices into a gene table. Everything here knows genes only:
 * what a gene means is the business of search_space/space.h. A gene may be active only while
 * another gene's choice is large enough (block 3 of a stage exists if its depth says so);
 * inactive genes are zero, so that equal networks are equal bytes and have equal hashes. */
#ifndef TNAS_SEARCH_SPACE_GENES_H
#define TNAS_SEARCH_SPACE_GENES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rng.h"
#include "common/status.h"

#define TNAS_GENES_MAX        160
#define TNAS_GENE_CHOICES_MAX 16
#define TNAS_GENE_NAME_BYTES  24
#define TNAS_GENE_TEXT_BYTES  12

#define TNAS_GENE_ALWAYS (-1) /* no gene switches it */

typedef struct tnas_gene {
    char name[TNAS_GENE_NAME_BYTES]; /* "s1.depth", "s1.b2.kernel" */
    int choice_count;
    char choices[TNAS_GENE_CHOICES_MAX][TNAS_GENE_TEXT_BYTES]; /* as printed: "3", "5x1", "0.75" */
    int active_gene; /* earlier gene that switches it, or TNAS_GENE_ALWAYS */
    int active_from; /* on while arch[active_gene] >= active_from */
} tnas_gene;

typedef struct tnas_gene_table {
    int gene_count; /* 0: one architecture only */
    tnas_gene genes[TNAS_GENES_MAX];
} tnas_gene_table;

typedef struct tnas_arch {
    uint8_t choice[TNAS_GENES_MAX]; /* [gene_count], the rest zero */
} tnas_arch;

bool tnas_gene_active(const tnas_gene_table *table, const tnas_arch *arch, int gene);

/* Zeroes inactive genes and what lies behind the table's genes. */
void tnas_arch_normalize(const tnas_gene_table *table, tnas_arch *arch);
/* Every choice exists, and the architecture is normalised. */
bool tnas_arch_legal(const tnas_gene_table *table, const tnas_arch *arch);

/* Everything below gives legal architectures; parents must be legal. */

/* Uniform per gene. */
void tnas_arch_sample(const tnas_gene_table *table, tnas_rng *rng, tnas_arch *out);
void tnas_arch_smallest(const tnas_gene_table *table, tnas_arch *out); /* first choices */
void tnas_arch_largest(const tnas_gene_table *table, tnas_arch *out);  /* last choices */

/* Every gene is drawn again with the given probability. Genes that are inactive in the parent
 * have no value to keep and are drawn in any case: a block that mutation adds is random, not
 * the smallest. */
void tnas_arch_mutate(const tnas_gene_table *table, tnas_rng *rng, double probability,
                      const tnas_arch *parent, tnas_arch *out);
/* Every gene from either parent with equal chance; from the one that has it active when the
 * other has not. */
void tnas_arch_crossover(const tnas_gene_table *table, tnas_rng *rng, const tnas_arch *mother,
                         const tnas_arch *father, tnas_arch *out);

/* Canonical: equal networks, equal hashes; the key of every cache. */
uint64_t tnas_arch_hash(const tnas_gene_table *table, const tnas_arch *arch);

/* Number of distinct architectures; a double, for the counts pass 2^64. */
double tnas_gene_cardinality(const tnas_gene_table *table);

/* "s1.depth=2,s1.b0.kernel=5,..." active genes only, in table order; parse(print(x)) = x. */
#define TNAS_ARCH_TEXT_BYTES (TNAS_GENES_MAX * (TNAS_GENE_NAME_BYTES + TNAS_GENE_TEXT_BYTES))
void tnas_arch_print(const tnas_gene_table *table, const tnas_arch *arch,
                     char out[TNAS_ARCH_TEXT_BYTES]);
/* Genes in any order; a missing, repeated, unknown or inactive one is TNAS_ERR_INPUT. */
tnas_status tnas_arch_parse(const tnas_gene_table *table, const char *text, tnas_arch *out);

#endif
