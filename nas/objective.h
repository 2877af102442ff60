/* The objective: which candidate a search is after.
 *
 * Without a wanted accuracy: the highest accuracy; within one binomial sigma of it the lowest
 * latency, then SRAM, flash, hash. With one: the lowest latency, then SRAM, flash, hash, among
 * those that are at least so accurate; when none is, the most accurate. */
#ifndef TNAS_NAS_OBJECTIVE_H
#define TNAS_NAS_OBJECTIVE_H

#include "nas/candidate.h"

typedef struct tnas_objective {
    double min_accuracy;   /* 0..1; 0: none is wanted */
    int validation_images; /* behind each accuracy: one binomial sigma; 0: no ties but exact ones */
} tnas_objective;

/* The best of the measured candidates; TNAS_NONE when there is none. */
int tnas_objective_best(const tnas_objective *objective, const tnas_candidate *candidates,
                        int count);

/* The order in which candidates are bred from, which sigma has no part in: negative when a comes
 * before b. Without a wanted accuracy the more accurate; with one those that reach it by what they
 * cost, then the others by accuracy. The hash decides the rest, so that 0 means the same. */
int tnas_objective_compare(const tnas_objective *objective, const tnas_candidate *a,
                           const tnas_candidate *b);

#endif
