/* Held-out errors and coverage of the latency models, as docs/latency-model.md has them. Rows
 * that are not shipped are read from $SHARED/boards; without it those lines say SKIP.
 *
 *   results_latency */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tools/recipes/held_out.h"
#include "tools/recipes/refit.h"

/* All held-out rows of the table, for the coverage. */
typedef struct pool {
    int count, covered, rejected;
} pool;

static void add_to_pool(pool *p, const tnas_held_out *h)
{
    p->count += h->count;
    p->covered += h->covered;
    p->rejected += tnas_binomial_p(h->covered, h->count) < 0.05;
}

static void print_head(void)
{
    printf("%-10s %-26s %-20s %-12s %4s %6s %6s %6s %6s %6s %6s %6s %6s\n", "part", "runtime",
           "version", "left out", "rows", "MACs", "mean", "median", "worst", "in 10%", "cover",
           "width", "p");
}

static void print_line(const char *part, const char *runtime, const char *version,
                       const char *left_out, const tnas_held_out *h)
{
    printf("%-10s %-26s %-20s %-12s %4d %5.1f%% %5.1f%% %5.1f%% %5.1f%% %5.0f%% %5.0f%% %5.1f%% "
           "%6.3f  %s\n",
           part, runtime, version, left_out, h->count, 100 * h->macs_only, 100 * h->mean,
           100 * h->median, 100 * h->worst, 100 * h->within_10, 100.0 * h->covered / h->count,
           100 * h->half_width, tnas_binomial_p(h->covered, h->count), h->worst_model);
}

static tnas_status hold_out_recipe(const tnas_recipe *recipe, pool *p)
{
    tnas_latency_model prior;
    tnas_recipe_rows rows;
    TNAS_TRY(tnas_recipe_prior(recipe, &prior));
    TNAS_TRY(tnas_recipe_rows_load(recipe, &rows));
    static const struct {
        const char *text;
        tnas_grouping grouping;
    } ways[] = {{"net", tnas_group_by_network}, {"architecture", tnas_group_by_architecture}};
    tnas_status status = TNAS_OK;
    for (int i = 0; i < 2 && status == TNAS_OK; i++) {
        tnas_held_out held;
        status = tnas_hold_out(&rows.all, &prior, ways[i].grouping, &held);
        if (status != TNAS_OK || held.count == 0)
            break;
        print_line(recipe->mcu, recipe->runtime, recipe->version, ways[i].text, &held);
        add_to_pool(p, &held);
    }
    tnas_recipe_rows_deinit(&rows);
    return status;
}

int main(void)
{
    pool p = {0};
    print_head();
    for (int i = 0; i < tnas_recipe_count(); i++) {
        const tnas_recipe *const recipe = tnas_recipe_at(i);
        tnas_status status = TNAS_OK;
        if (!tnas_recipe_available(recipe))
            printf("SKIP %s %s %s: its rows are in $SHARED/boards\n", recipe->mcu, recipe->runtime,
                   recipe->version);
        else
            status = hold_out_recipe(recipe, &p);
        if (status != TNAS_OK) {
            fprintf(stderr, "results_latency: %s\n", tnas_error_text());
            return tnas_status_exit_code(status);
        }
    }
    printf("coverage over all: %d of %d, %.1f %%\n", p.covered, p.count,
           100.0 * p.covered / p.count);
    return 0;
}
