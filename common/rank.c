#include "common/rank.h"

#include <math.h>

/* Distance of the i-th value's mean rank from the middle rank: half of how many more values lie
 * below it than above, so that the mean over all values is 0. */
static double centred_rank(const double *values, int count, int i)
{
    int balance = 0;
    for (int k = 0; k < count; k++)
        balance += (values[k] < values[i]) - (values[k] > values[i]);
    return 0.5 * balance;
}

double tnas_rank_spearman(const double *a, const double *b, int count)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < count; i++) {
        const double rank_a = centred_rank(a, count, i), rank_b = centred_rank(b, count, i);
        ab += rank_a * rank_b;
        aa += rank_a * rank_a;
        bb += rank_b * rank_b;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* tau-b = (concordant - discordant) / sqrt(pairs untied in a * pairs untied in b) */
double tnas_rank_kendall(const double *a, const double *b, int count)
{
    double balance = 0, untied_a = 0, untied_b = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++) {
            const int order_a = (a[i] > a[k]) - (a[i] < a[k]);
            const int order_b = (b[i] > b[k]) - (b[i] < b[k]);
            balance += order_a * order_b;
            untied_a += order_a != 0;
            untied_b += order_b != 0;
        }
    return untied_a > 0 && untied_b > 0 ? balance / sqrt(untied_a * untied_b) : NAN;
}
