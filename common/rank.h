/* Rank correlation of paired values, -1..1: how far the order of one is the order of the other.
 *
 * NAN when nothing is known: fewer than two pairs, or one side is constant. No heap; both take
 * count^2 comparisons. */
#ifndef TNAS_COMMON_RANK_H
#define TNAS_COMMON_RANK_H

/* Spearman's rho: Pearson's correlation of the ranks, equal values sharing their mean rank. */
double tnas_rank_spearman(const double *a, const double *b, int count);

/* Kendall's tau-b, which corrects for ties. */
double tnas_rank_kendall(const double *a, const double *b, int count);

#endif
