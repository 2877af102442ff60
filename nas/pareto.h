/* The order of NSGA-II: fronts of points, and how crowded each point's neighbourhood is.
 *
 * Front 0 is what nothing dominates, front 1 what only front 0 dominates, and so on. The crowding
 * distance of a point is the sum over the axes of the gap between its neighbours in the same
 * front, in units of the front's extent; the ends of a front have infinite ones. K. Deb, A. Pratap,
 * S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE
 * Transactions on Evolutionary Computation 6(2), 2002, section III. */
#ifndef TNAS_NAS_PARETO_H
#define TNAS_NAS_PARETO_H

#include "nas/front.h"

typedef struct tnas_pareto_rank {
    int front;
    double crowding;
} tnas_pareto_rank;

/* ranks [count]; takes count^2 comparisons. Points that are equal do not dominate each other. */
tnas_status tnas_pareto_sort(const tnas_point *points, int count, tnas_pareto_rank *ranks);

/* Negative when a comes before b: a lower front, in it more room. 0: neither. */
int tnas_pareto_compare(const tnas_pareto_rank *a, const tnas_pareto_rank *b);

#endif
