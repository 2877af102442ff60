#include "estimators/suggest.h"

#include <math.h>

/* How the logarithm of a prediction moves with each parameter. */
static void gradient(const tnas_latency_model *model, const double *x, double *j)
{
    tnas_latency_shares(model, x, j);
    for (int p = TNAS_LATENCY_SHIFT; p < TNAS_LATENCY_PARAMETERS; p++)
        j[p] = 0;
    j[TNAS_LATENCY_SHIFT] = 1;
    j[TNAS_LATENCY_OFFSET + tnas_family_of(x)] = 1;
}

/* out = C j */
static void multiply(const tnas_latency_model *model, const double *j, double *out)
{
    for (int a = 0; a < TNAS_LATENCY_PARAMETERS; a++) {
        out[a] = 0;
        for (int b = 0; b < TNAS_LATENCY_PARAMETERS; b++)
            out[a] += model->covariance[a][b] * j[b];
    }
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int p = 0; p < TNAS_LATENCY_PARAMETERS; p++)
        sum += a[p] * b[p];
    return sum;
}

/* Mean variance over the pool after measuring `cj` = C j of one network; NULL: as it is. */
static double mean_variance(const tnas_latency_model *model, const tnas_pool_network *pool,
                            int count, const double *cj, double variance)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        double j[TNAS_LATENCY_PARAMETERS], own[TNAS_LATENCY_PARAMETERS];
        gradient(model, pool[i].x, j);
        multiply(model, j, own);
        const double shared = cj != NULL ? dot(j, cj) : 0;
        sum += fmax(0, dot(j, own)) - (cj != NULL ? shared * shared / variance : 0);
    }
    return count > 0 ? sum / count : 0;
}

int tnas_suggest_next(const tnas_latency_model *model, tnas_pool_network *pool, int count,
                      double *spread_now)
{
    const double noise = model->sigma * model->sigma;
    int best = TNAS_NONE;
    *spread_now = sqrt(mean_variance(model, pool, count, NULL, 1) + noise);
    for (int m = 0; m < count; m++) {
        double j[TNAS_LATENCY_PARAMETERS], cj[TNAS_LATENCY_PARAMETERS];
        gradient(model, pool[m].x, j);
        multiply(model, j, cj);
        const double variance = fmax(0, dot(j, cj)) + noise;
        pool[m].own_deviation = sqrt(variance);
        pool[m].spread = sqrt(fmax(0, mean_variance(model, pool, count, cj, variance)) + noise);
        if (!pool[m].is_measured && (best == TNAS_NONE || pool[m].spread < pool[best].spread))
            best = m;
    }
    return best;
}
