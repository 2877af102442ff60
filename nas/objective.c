#include "nas/objective.h"

#include <math.h>

static int by_hash(const tnas_candidate *a, const tnas_candidate *b)
{
    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static int by_bytes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* Of two candidates that are equally accurate. All or none of a search have a latency. */
static int by_cost(const tnas_candidate *a, const tnas_candidate *b)
{
    const tnas_cost *const left = &a->cost, *const right = &b->cost;
    if (left->has_latency && right->has_latency && left->latency_ms != right->latency_ms)
        return left->latency_ms < right->latency_ms ? -1 : 1;
    const int sram = by_bytes(left->footprint.sram_bytes, right->footprint.sram_bytes);
    if (sram != 0)
        return sram;
    const int flash = by_bytes(left->footprint.flash_bytes, right->footprint.flash_bytes);
    return flash != 0 ? flash : by_hash(a, b);
}

int tnas_objective_compare(const tnas_objective *objective, const tnas_candidate *a,
                           const tnas_candidate *b)
{
    const double wanted = objective->min_accuracy;
    if (wanted > 0) {
        const bool left = a->accuracy >= wanted, right = b->accuracy >= wanted;
        if (left != right)
            return left ? -1 : 1;
        if (left)
            return by_cost(a, b);
    }
    if (a->accuracy != b->accuracy)
        return a->accuracy > b->accuracy ? -1 : 1;
    return by_hash(a, b);
}

/* The accuracy from which on the cost decides. */
static double accuracy_that_counts(const tnas_objective *objective,
                                   const tnas_candidate *candidates, int count)
{
    double highest = 0;
    for (int i = 0; i < count; i++)
        if (candidates[i].source == TNAS_SCORE_MEASURED)
            highest = fmax(highest, candidates[i].accuracy);
    if (objective->min_accuracy > 0)
        return fmin(objective->min_accuracy, highest);
    const int images = objective->validation_images;
    return highest - (images > 0 ? sqrt(highest * (1 - highest) / images) : 0);
}

int tnas_objective_best(const tnas_objective *objective, const tnas_candidate *candidates,
                        int count)
{
    const double least = accuracy_that_counts(objective, candidates, count);
    int best = TNAS_NONE;
    for (int i = 0; i < count; i++) {
        const tnas_candidate *const candidate = &candidates[i];
        if (candidate->source == TNAS_SCORE_MEASURED && candidate->accuracy >= least &&
            (best == TNAS_NONE || by_cost(candidate, &candidates[best]) < 0))
            best = i;
    }
    return best;
}
