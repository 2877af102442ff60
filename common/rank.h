/* Rank correlation of paired values, -1..1: how far the order of one is the order of the other.
 *
 * 0 when there are fewer than two pairs or one side is constant: nothing is known then. Values
 * must not be NAN. */
#ifndef TNAS_COMMON_RANK_H
#define TNAS_COMMON_RANK_H

#include "common/status.h"

/* Spearman's rho: Pearson's correlation of the ranks, equal values sharing their mean rank. Fails
 * when memory is short. */
tnas_status tnas_rank_spearman(const double *a, const double *b, int count, double *rho);

/* Kendall's tau-b, which corrects for ties; takes count^2 / 2 comparisons. */
double tnas_rank_kendall(const double *a, const double *b, int count);

#endif
