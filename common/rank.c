#include "common/rank.h"

#include <math.h>
#include <stdlib.h>

#include "common/alloc.h"

typedef struct item {
    double value;
    int index;
} item;

static int ascending(const void *a, const void *b)
{
    const item *const left = a, *const right = b;
    return left->value < right->value ? -1 : left->value > right->value;
}

/* ranks [count], 1 for the smallest; equal values get the mean of their places. */
static void rank_values(const double *values, int count, item *items, double *ranks)
{
    for (int i = 0; i < count; i++)
        items[i] = (item){values[i], i};
    qsort(items, (size_t)count, sizeof *items, ascending);
    for (int first = 0, end; first < count; first = end) {
        for (end = first; end < count && items[end].value == items[first].value;)
            end++;
        const double mean_rank = 0.5 * (first + 1 + end);
        for (int i = first; i < end; i++)
            ranks[items[i].index] = mean_rank;
    }
}

/* Pearson's correlation of ranks, whose mean is known exactly: constant ones have no variance. */
static double correlate(const double *a, const double *b, int count)
{
    const double mean = 0.5 * (count + 1);
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < count; i++) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

tnas_status tnas_rank_spearman(const double *a, const double *b, int count, double *rho)
{
    *rho = 0;
    if (count < 2)
        return TNAS_OK;
    item *const items = tnas_alloc_zero((size_t)count, sizeof *items);
    double *const ranks = tnas_alloc_zero((size_t)count, 2 * sizeof *ranks);
    if (items == NULL || ranks == NULL) {
        tnas_free(items);
        tnas_free(ranks);
        return tnas_fail(TNAS_ERR_NOMEM, "ranks of %d values", count);
    }
    rank_values(a, count, items, ranks);
    rank_values(b, count, items, ranks + count);
    *rho = correlate(ranks, ranks + count, count);
    tnas_free(items);
    tnas_free(ranks);
    return TNAS_OK;
}

static int sign(double value)
{
    return (value > 0) - (value < 0);
}

double tnas_rank_kendall(const double *a, const double *b, int count)
{
    double agreeing = 0, untied_a = 0, untied_b = 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            const int in_a = sign(a[i] - a[j]), in_b = sign(b[i] - b[j]);
            agreeing += in_a * in_b;
            untied_a += in_a != 0;
            untied_b += in_b != 0;
        }
    }
    return untied_a > 0 && untied_b > 0 ? agreeing / sqrt(untied_a * untied_b) : 0;
}
