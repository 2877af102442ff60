#include "search_space/genes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/hash.h"

bool tnas_gene_active(const tnas_gene_table *table, const tnas_arch *arch, int gene)
{
    for (const tnas_gene *g = &table->genes[gene]; g->active_gene != TNAS_GENE_ALWAYS;
         g = &table->genes[g->active_gene])
        if (arch->choice[g->active_gene] < g->active_from)
            return false;
    return true;
}

void tnas_arch_normalize(const tnas_gene_table *table, tnas_arch *arch)
{
    for (int gene = 0; gene < table->gene_count; gene++)
        if (!tnas_gene_active(table, arch, gene))
            arch->choice[gene] = 0;
    memset(arch->choice + table->gene_count, 0, (size_t)(TNAS_GENES_MAX - table->gene_count));
}

bool tnas_arch_legal(const tnas_gene_table *table, const tnas_arch *arch)
{
    for (int gene = 0; gene < table->gene_count; gene++)
        if (arch->choice[gene] >= table->genes[gene].choice_count)
            return false;
    tnas_arch normal = *arch;
    tnas_arch_normalize(table, &normal);
    return memcmp(&normal, arch, sizeof normal) == 0;
}

static uint8_t draw_choice(const tnas_gene_table *table, tnas_rng *rng, int gene)
{
    return (uint8_t)tnas_rng_below(rng, (uint32_t)table->genes[gene].choice_count);
}

void tnas_arch_sample(const tnas_gene_table *table, tnas_rng *rng, tnas_arch *out)
{
    for (int gene = 0; gene < table->gene_count; gene++)
        out->choice[gene] = draw_choice(table, rng, gene);
    tnas_arch_normalize(table, out);
}

void tnas_arch_smallest(const tnas_gene_table *table, tnas_arch *out)
{
    memset(out, 0, sizeof *out);
    tnas_arch_normalize(table, out);
}

void tnas_arch_largest(const tnas_gene_table *table, tnas_arch *out)
{
    for (int gene = 0; gene < table->gene_count; gene++)
        out->choice[gene] = (uint8_t)(table->genes[gene].choice_count - 1);
    tnas_arch_normalize(table, out);
}

void tnas_arch_mutate(const tnas_gene_table *table, tnas_rng *rng, double probability,
                      const tnas_arch *parent, tnas_arch *out)
{
    *out = *parent;
    for (int gene = 0; gene < table->gene_count; gene++)
        if (!tnas_gene_active(table, parent, gene) || tnas_rng_unit(rng) < probability)
            out->choice[gene] = draw_choice(table, rng, gene);
    tnas_arch_normalize(table, out);
}

void tnas_arch_crossover(const tnas_gene_table *table, tnas_rng *rng, const tnas_arch *mother,
                         const tnas_arch *father, tnas_arch *out)
{
    for (int gene = 0; gene < table->gene_count; gene++) {
        const bool in_mother = tnas_gene_active(table, mother, gene);
        const bool in_father = tnas_gene_active(table, father, gene);
        const bool from_mother = in_mother == in_father ? tnas_rng_below(rng, 2) == 0 : in_mother;
        out->choice[gene] = from_mother ? mother->choice[gene] : father->choice[gene];
    }
    tnas_arch_normalize(table, out);
}

uint64_t tnas_arch_hash(const tnas_gene_table *table, const tnas_arch *arch)
{
    tnas_arch normal = *arch;
    tnas_arch_normalize(table, &normal);
    return tnas_hash_bytes(TNAS_HASH_START, normal.choice, (size_t)table->gene_count);
}

double tnas_gene_cardinality(const tnas_gene_table *table)
{
    /* Later genes first: what a gene's choices switch on is then counted already. */
    double below[TNAS_GENES_MAX];
    double total = 1;
    for (int gene = table->gene_count - 1; gene >= 0; gene--) {
        below[gene] = 0;
        for (int choice = 0; choice < table->genes[gene].choice_count; choice++) {
            double product = 1;
            for (int later = gene + 1; later < table->gene_count; later++)
                if (table->genes[later].active_gene == gene &&
                    table->genes[later].active_from <= choice)
                    product *= below[later];
            below[gene] += product;
        }
        if (table->genes[gene].active_gene == TNAS_GENE_ALWAYS)
            total *= below[gene];
    }
    return total;
}

void tnas_arch_print(const tnas_gene_table *table, const tnas_arch *arch,
                     char out[TNAS_ARCH_TEXT_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    for (int gene = 0; gene < table->gene_count; gene++) {
        if (!tnas_gene_active(table, arch, gene))
            continue;
        const tnas_gene *const g = &table->genes[gene];
        const int length = snprintf(out + used, TNAS_ARCH_TEXT_BYTES - used, "%s%s=%s",
                                    used > 0 ? "," : "", g->name, g->choices[arch->choice[gene]]);
        used += (size_t)length;
        assert(used < TNAS_ARCH_TEXT_BYTES);
    }
}

/* True when the `length` characters at `text` are `word`. */
static bool same(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static tnas_status fail_choice(const tnas_gene *gene, const char *text, size_t length)
{
    char known[TNAS_GENE_CHOICES_MAX * (TNAS_GENE_TEXT_BYTES + 2)] = "";
    size_t used = 0;
    for (int choice = 0; choice < gene->choice_count; choice++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", choice > 0 ? ", " : "",
                                 gene->choices[choice]);
    return tnas_fail(TNAS_ERR_INPUT, "architecture: %s = %.*s is none of %s", gene->name,
                     (int)length, text, known);
}

/* One "name=choice" of `length` characters. */
static tnas_status parse_item(const tnas_gene_table *table, const char *item, size_t length,
                              tnas_arch *arch, bool given[TNAS_GENES_MAX])
{
    const char *const equals = memchr(item, '=', length);
    if (equals == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "architecture: \"%.*s\" must read gene=choice",
                         (int)length, item);
    const size_t name_length = (size_t)(equals - item);
    int gene = 0;
    while (gene < table->gene_count && !same(item, name_length, table->genes[gene].name))
        gene++;
    if (gene == table->gene_count)
        return tnas_fail(TNAS_ERR_INPUT, "architecture: the space has no gene \"%.*s\"",
                         (int)name_length, item);
    const tnas_gene *const g = &table->genes[gene];
    if (given[gene])
        return tnas_fail(TNAS_ERR_INPUT, "architecture: %s is given twice", g->name);
    const size_t choice_length = length - name_length - 1;
    int choice = 0;
    while (choice < g->choice_count && !same(equals + 1, choice_length, g->choices[choice]))
        choice++;
    if (choice == g->choice_count)
        return fail_choice(g, equals + 1, choice_length);
    given[gene] = true;
    arch->choice[gene] = (uint8_t)choice;
    return TNAS_OK;
}

tnas_status tnas_arch_parse(const tnas_gene_table *table, const char *text, tnas_arch *out)
{
    memset(out, 0, sizeof *out);
    tnas_arch arch = {{0}};
    bool given[TNAS_GENES_MAX] = {false};
    const char *item = text;
    while (item[0] != '\0') {
        const size_t length = strcspn(item, ",");
        TNAS_TRY(parse_item(table, item, length, &arch, given));
        item += length;
        if (item[0] == ',' && item[1] == '\0')
            return tnas_fail(TNAS_ERR_INPUT, "architecture: ends with a comma");
        item += item[0] == ',';
    }
    for (int gene = 0; gene < table->gene_count; gene++) {
        const bool active = tnas_gene_active(table, &arch, gene);
        if (active == given[gene])
            continue;
        const tnas_gene *const g = &table->genes[gene];
        if (active)
            return tnas_fail(TNAS_ERR_INPUT, "architecture: %s is missing", g->name);
        return tnas_fail(TNAS_ERR_INPUT, "architecture: %s is given, but %s switches it off",
                         g->name, table->genes[g->active_gene].name);
    }
    *out = arch;
    return TNAS_OK;
}
