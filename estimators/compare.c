#include "estimators/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "common/rank.h"

const char *tnas_row_role_text(int role)
{
    static const char *const texts[] = {
#define TEXT(name, text, what) text,
        TNAS_ROW_ROLES(TEXT)
#undef TEXT
    };
    return role >= 0 && role < TNAS_ROW_ROLE_COUNT ? texts[role] : "?";
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tnas_pearson(const double *a, const double *b, int count)
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

double tnas_quantile(const double *values, int count, double share)
{
    if (count <= 0)
        return NAN;
    const int rank = (int)ceil(share * count - 1e-9);
    return values[rank < 1 ? 0 : rank > count ? count - 1 : rank - 1];
}

/* Minimises sum (a r - 1)^2 with r = MACs / cycles. */
double tnas_macs_only_error(const tnas_compared_row *rows, int count, int i)
{
    double sum = 0, squares = 0;
    for (int k = 0; k < count; k++) {
        if (tnas_same_network(rows[i].row->x, rows[k].row->x))
            continue;
        const double r = tnas_features_macs(rows[k].row->x) / rows[k].row->cycles;
        sum += r;
        squares += r * r;
    }
    const double macs = tnas_features_macs(rows[i].row->x);
    return macs > 0 && squares > 0 ? macs * sum / squares / rows[i].row->cycles - 1 : NAN;
}

/* Sums over the rows of a role. scratch [3 * count]: errors, predicted, measured */
static void add_rows(const tnas_compared_row *rows, int count, int role, double *scratch,
                     tnas_scores *out)
{
    int macs_rows = 0;
    double macs_sum = 0;
    for (int i = 0; i < count; i++) {
        const tnas_compared_row *const row = &rows[i];
        if (role != TNAS_ROW_ROLE_COUNT && row->role != (tnas_row_role)role)
            continue;
        const double error = fabs(row->error);
        scratch[out->n] = error;
        scratch[count + out->n] = row->predicted.cycles;
        scratch[2 * count + out->n] = row->row->cycles;
        out->n++;
        out->mape += error;
        out->within_5 += error <= 0.05;
        out->within_10 += error <= 0.10;
        out->within_15 += error <= 0.15;
        out->coverage_90 += row->covered;
        if (out->worst == NULL || error > out->worst_ape) {
            out->worst_ape = error;
            out->worst = row;
        }
        if (isfinite(row->macs_only_error)) {
            macs_sum += fabs(row->macs_only_error);
            macs_rows++;
        }
    }
    out->macs_only_mape = macs_rows > 0 ? macs_sum / macs_rows : NAN;
}

tnas_status tnas_scores_compute(const tnas_compared_row *rows, int count, int role,
                                tnas_scores *out)
{
    *out = (tnas_scores){0};
    double *const scratch = tnas_alloc_zero((size_t)count + 1, 3 * sizeof *scratch);
    if (scratch == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "scores of %d rows", count);
    add_rows(rows, count, role, scratch, out);
    const int n = out->n;
    if (n == 0)
        out->worst_ape = NAN;
    double *const means[] = {&out->mape, &out->within_5, &out->within_10, &out->within_15,
                             &out->coverage_90};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++)
        *means[i] = n > 0 ? *means[i] / n : NAN;
    const double *const predicted = scratch + count, *const measured = scratch + 2 * count;
    out->pearson = tnas_pearson(predicted, measured, n);
    out->spearman = tnas_rank_spearman(predicted, measured, n);
    out->kendall = tnas_rank_kendall(predicted, measured, n);
    qsort(scratch, (size_t)n, sizeof *scratch, ascending);
    out->median_ape = n > 0 ? 0.5 * (scratch[(n - 1) / 2] + scratch[n / 2]) : NAN;
    out->p90_ape = tnas_quantile(scratch, n, 0.9);
    tnas_free(scratch);
    return TNAS_OK;
}

tnas_row_role tnas_row_role_of(const tnas_latency_model *model, const tnas_measurement *row)
{
    const double same = 1e-5; /* profiles keep six digits */
    tnas_fitted_row wanted;
    tnas_measurement_remember(row, &wanted);
    for (int i = 0; i < model->fitted_count; i++)
        if (strcmp(model->fitted[i].name, wanted.name) == 0 &&
            fabs(model->fitted[i].cycles / wanted.cycles - 1) < same)
            return TNAS_ROW_FITTED;
    const bool remembers_all = model->fitted_count == model->row_count;
    const bool other_version = strcasecmp(model->version, row->version) != 0;
    return remembers_all || other_version ? TNAS_ROW_HELD_OUT : TNAS_ROW_UNTOLD;
}

static const tnas_latency_model *choose_model(const tnas_latency_model *const *models,
                                              int model_count, const tnas_measurement *row)
{
    for (int i = 0; i < model_count; i++)
        if (strcasecmp(models[i]->version, row->version) == 0)
            return models[i];
    return models[0];
}

static void compare_row(const tnas_latency_model *model, const tnas_measurement *row,
                        tnas_compared_row *out)
{
    *out = (tnas_compared_row){.row = row, .model = model, .role = tnas_row_role_of(model, row)};
    tnas_latency_predict(model, tnas_measurement_features(row, model), &out->predicted);
    out->error = out->predicted.cycles / row->cycles - 1;
    out->covered =
        row->cycles >= out->predicted.low_cycles && row->cycles <= out->predicted.high_cycles;
}

tnas_status tnas_latency_compare(const tnas_latency_model *const *models, int model_count,
                                 const tnas_measurements *measurements, tnas_comparison *out,
                                 tnas_compared_row *rows_out)
{
    *out = (tnas_comparison){0};
    int count = 0;
    for (int i = 0; i < measurements->count; i++) {
        const tnas_measurement *const row = &measurements->rows[i];
        if (row->has_graph && row->cycles > 0)
            compare_row(choose_model(models, model_count, row), row, &rows_out[count++]);
        else
            out->without_graph++;
    }
    if (count == 0)
        return tnas_measurements_fail_unusable("compare", measurements);
    for (int i = 0; i < count; i++)
        rows_out[i].macs_only_error = tnas_macs_only_error(rows_out, count, i);
    for (int role = 0; role < TNAS_ROW_ROLE_COUNT; role++)
        TNAS_TRY(tnas_scores_compute(rows_out, count, role, &out->by_role[role]));
    return tnas_scores_compute(rows_out, count, TNAS_ROW_ROLE_COUNT, &out->all);
}
