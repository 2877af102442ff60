#include "tests/toy_genes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/testing.h"

void toy_genes_make(tnas_gene_table *genes, int stages)
{
    memset(genes, 0, sizeof *genes);
    for (int i = 0; i < stages * TOY_GENES_A_STAGE; i++) {
        const int stage = i / TOY_GENES_A_STAGE, role = i % TOY_GENES_A_STAGE;
        tnas_gene *const gene = &genes->genes[genes->gene_count++];
        snprintf(gene->name, sizeof gene->name, "s%d.g%d", stage, role);
        gene->choice_count = role == 0 ? 2 : TOY_CHOICES;
        for (int choice = 0; choice < gene->choice_count; choice++)
            snprintf(gene->choices[choice], sizeof gene->choices[choice], "%d", choice);
        /* The last two genes of a stage are there at depth 2 only. */
        gene->active_gene = role >= 3 ? stage * TOY_GENES_A_STAGE : TNAS_GENE_ALWAYS;
        gene->active_from = role >= 3 ? 1 : 0;
    }
}

tnas_status toy_price_arch(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    toy_price *const t = context;
    if (++t->prices == t->broken_after)
        return tnas_fail(TNAS_ERR_INTERNAL, "the toy is broken");
    ck_assert(tnas_arch_legal(t->genes, arch));
    size_t flash = 100, sram = 10;
    for (int gene = 0; gene < t->genes->gene_count; gene++) {
        flash += arch->choice[gene] * (10u + (unsigned)gene);
        sram += gene % 3 == 1 ? 10u * arch->choice[gene] : 0;
    }
    *cost = (tnas_cost){.footprint = {.flash_bytes = flash, .sram_bytes = sram},
                        .macs = (int64_t)flash * 1000,
                        .has_latency = !t->no_latency,
                        .latency_ms = (double)flash / 10};
    cost->overshoot = fmax((double)flash / t->flash_limit, (double)sram / t->sram_limit);
    if ((double)flash > t->flash_limit)
        cost->over |= TNAS_LIMIT_FLASH;
    if ((double)sram > t->sram_limit)
        cost->over |= TNAS_LIMIT_SRAM;
    return TNAS_OK;
}

double toy_accuracy(const tnas_gene_table *genes, const tnas_arch *arch)
{
    int points = 0, most = 0;
    bool before = true;
    for (int gene = 0; gene < genes->gene_count; gene++) {
        const int wanted = gene % TOY_GENES_A_STAGE == 0 ? 1 : (7 * gene) % 3;
        const bool right = tnas_gene_active(genes, arch, gene) && arch->choice[gene] == wanted;
        points += right + (right && before);
        most += 2;
        before = right;
    }
    return most > 0 ? 0.2 + 0.7 * points / most : 0.5;
}
