/* How far a model is from measurements, next to what a multiple of the MACs would reach. A
 * correlation alone hides errors of 20-30 %, so mean, median, share within 10 % and coverage
 * of the interval are always reported together. */
#include "estimators/measurements.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean rank of each value, ties sharing theirs. ranks [count] */
static void rank(const double *values, int count, double *ranks)
{
    for (int i = 0; i < count; i++) {
        int below = 0, equal = 0;
        for (int k = 0; k < count; k++) {
            below += values[k] < values[i];
            equal += values[k] == values[i];
        }
        ranks[i] = below + 0.5 * (equal + 1);
    }
}

/* NaN when either side is constant. */
static double correlation(const double *a, const double *b, int count)
{
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < count; i++) {
        mean_a += a[i] / count;
        mean_b += b[i] / count;
    }
    for (int i = 0; i < count; i++) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

static bool same_network(const tnas_measurement *a, const tnas_measurement *b)
{
    return memcmp(a->x, b->x, sizeof a->x) == 0;
}

/* Mean error of cycles = a * MACs, a from relative least squares over the other networks. */
static double macs_only_error(const tnas_compared_row *rows, int count)
{
    double sum = 0;
    int predicted = 0;
    for (int i = 0; i < count; i++) {
        const double macs = tnas_features_macs(rows[i].row->x);
        if (macs == 0)
            continue;
        double ratio = 0, ratio_squared = 0; /* of MACs to cycles */
        for (int k = 0; k < count; k++) {
            if (same_network(rows[i].row, rows[k].row))
                continue;
            const double r = tnas_features_macs(rows[k].row->x) / rows[k].row->cycles;
            ratio += r;
            ratio_squared += r * r;
        }
        if (ratio_squared == 0)
            continue;
        sum += fabs(macs * ratio / ratio_squared / rows[i].row->cycles - 1);
        predicted++;
    }
    return predicted > 0 ? sum / predicted : NAN;
}

/* scratch [4 * count] */
static void summarise(const tnas_compared_row *rows, int count, double *scratch,
                      tnas_comparison *out)
{
    double *const errors = scratch, *const predicted = scratch + count;
    double *const ranks = scratch + 2 * count, *const measured_ranks = scratch + 3 * count;
    out->worst_ape = -1;
    for (int i = 0; i < count; i++) {
        const tnas_compared_row *const row = &rows[i];
        errors[i] = fabs(row->error);
        predicted[i] = row->predicted.cycles;
        out->mape += errors[i] / count;
        out->within_10 += errors[i] <= 0.10 ? 1.0 / count : 0;
        const bool covered = row->row->cycles >= row->predicted.low_cycles &&
                             row->row->cycles <= row->predicted.high_cycles;
        out->coverage_90 += covered ? 1.0 / count : 0;
        if (errors[i] > out->worst_ape) {
            out->worst_ape = errors[i];
            out->worst_model = row->row->model;
        }
    }
    rank(predicted, count, ranks);
    for (int i = 0; i < count; i++)
        predicted[i] = rows[i].row->cycles;
    rank(predicted, count, measured_ranks);
    out->spearman = correlation(ranks, measured_ranks, count);
    qsort(errors, (size_t)count, sizeof *errors, ascending);
    out->median_ape = 0.5 * (errors[(count - 1) / 2] + errors[count / 2]);
    out->macs_only_mape = macs_only_error(rows, count);
}

tnas_status tnas_latency_compare(const tnas_latency_model *model,
                                 const tnas_measurements *measurements, tnas_comparison *out,
                                 tnas_compared_row *rows_out)
{
    *out = (tnas_comparison){0};
    const size_t capacity = (size_t)measurements->count + 1;
    tnas_compared_row *rows = tnas_alloc_zero(capacity, sizeof *rows);
    double *scratch = tnas_alloc_zero(capacity, 4 * sizeof *scratch);
    tnas_status status = TNAS_OK;
    if (rows == NULL || scratch == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "comparison of %d rows", measurements->count);
        goto done;
    }
    for (int i = 0; i < measurements->count; i++) {
        const tnas_measurement *const row = &measurements->rows[i];
        if (!row->has_graph || row->cycles == 0) {
            out->without_graph++;
            continue;
        }
        tnas_compared_row *const compared = &rows[out->compared++];
        compared->row = row;
        tnas_latency_predict(model, row->x, &compared->predicted);
        compared->error = compared->predicted.cycles / row->cycles - 1;
    }
    if (out->compared == 0) {
        status =
            tnas_fail(TNAS_ERR_INPUT, "nothing to compare: %d rows, none with a graph and a clock",
                      measurements->count);
        goto done;
    }
    summarise(rows, out->compared, scratch, out);
    if (rows_out != NULL)
        memcpy(rows_out, rows, (size_t)out->compared * sizeof *rows);
done:
    tnas_free(rows);
    tnas_free(scratch);
    return status;
}
