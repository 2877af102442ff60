#include "estimators/calibrate.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"

/* Normal quantiles: two-sided 90 %, which intervals are made with, and 99 %. */
static const double two_sided_90 = 1.6449, two_sided_99 = 2.5758;

enum { NESTED_ROWS_MAX = 40 };

/* Which rows a model must not see. */
typedef bool tnas_is_kin(const tnas_measurement *a, const tnas_measurement *b);

static bool same_network(const tnas_measurement *a, const tnas_measurement *b)
{
    return tnas_same_network(a->x, b->x);
}

static bool same_family(const tnas_measurement *a, const tnas_measurement *b)
{
    return tnas_family_of(a->x) == tnas_family_of(b->x);
}

static void compare(const tnas_latency_model *model, const tnas_measurement *row,
                    tnas_row_role role, tnas_compared_row *out)
{
    *out = (tnas_compared_row){.row = row, .role = role, .macs_only_error = NAN};
    tnas_latency_predict(model, row->x, &out->predicted);
    out->error = out->predicted.cycles / row->cycles - 1;
    out->covered =
        row->cycles >= out->predicted.low_cycles && row->cycles <= out->predicted.high_cycles;
}

/* The rows that are not kin to row `i`, without known outliers. kept [calibration->count] */
static void leave_out(const tnas_calibration *c, int i, tnas_is_kin *is_kin, tnas_measurement *kept,
                      tnas_measurements *out)
{
    *out = (tnas_measurements){.rows = kept, .memory = c->memory};
    for (int k = 0; k < c->count; k++)
        if (!is_kin(c->fitted[i].row, c->fitted[k].row) && !c->residuals[k].is_outlier)
            kept[out->count++] = *c->fitted[k].row;
}

/* log (measured / predicted) in deviations of the prediction, as if kappa were 1. */
static double deviations_of(const tnas_latency_model *left_out, const tnas_compared_row *row)
{
    const tnas_latency *const p = &row->predicted;
    const bool known = tnas_latency_knows_family(left_out, tnas_family_of(row->row->x));
    const double kappa = known ? left_out->kappa : left_out->kappa_new;
    const double deviation = log(p->high_cycles / p->cycles) / (two_sided_90 * kappa);
    return log(row->row->cycles / p->cycles) / deviation;
}

/* A model without some rows. With many, the width of its intervals is that of the whole fit, which
 * a network more or less hardly moves: a cross-validation inside each would take the cube of them.
 */
static tnas_status fit_others(const tnas_calibration *c, const tnas_measurements *others,
                              const tnas_latency_model *prior, tnas_latency_model *out)
{
    return c->count > NESTED_ROWS_MAX ? tnas_latency_refit(others, prior, &c->model, out)
                                      : tnas_latency_fit(others, prior, out);
}

/* Predicts every row by a model that has not seen its kin. *group_count is how many groups of
 * kin there are; with one alone the prior predicts. kept [c->count], residuals may be NULL */
static tnas_status hold_out(const tnas_calibration *c, const tnas_latency_model *prior,
                            tnas_is_kin *is_kin, tnas_measurement *kept, tnas_compared_row *out,
                            tnas_residual *residuals, int *group_count)
{
    *group_count = 0;
    for (int i = 0; i < c->count; i++) {
        if (out[i].row != NULL) /* left out together with an earlier row */
            continue;
        tnas_measurements others;
        tnas_latency_model left_out;
        leave_out(c, i, is_kin, kept, &others);
        TNAS_TRY(fit_others(c, &others, prior, &left_out));
        ++*group_count;
        for (int k = i; k < c->count; k++) {
            if (!is_kin(c->fitted[i].row, c->fitted[k].row))
                continue;
            compare(&left_out, c->fitted[k].row, TNAS_ROW_HELD_OUT, &out[k]);
            if (residuals != NULL)
                residuals[k].deviations = deviations_of(&left_out, &out[k]);
        }
    }
    return TNAS_OK;
}

/* The furthest row beyond the limit that is no outlier yet. */
static int find_suspect(const tnas_calibration *c)
{
    int suspect = TNAS_NONE;
    double furthest = two_sided_99;
    for (int i = 0; i < c->count; i++)
        if (!c->residuals[i].is_outlier && fabs(c->residuals[i].deviations) > furthest) {
            furthest = fabs(c->residuals[i].deviations);
            suspect = i;
        }
    return suspect;
}

/* One bad row pulls the model away from good ones, so they look bad as well: the furthest row is
 * taken for an outlier, the other suspects are judged again without it, and so on. */
static tnas_status find_outliers(const tnas_latency_model *prior, tnas_measurement *kept,
                                 tnas_calibration *c)
{
    int suspect;
    while ((suspect = find_suspect(c)) != TNAS_NONE) {
        c->residuals[suspect].is_outlier = true;
        c->outlier_count++;
        for (int i = 0; i < c->count; i++) {
            tnas_residual *const residual = &c->residuals[i];
            if (residual->is_outlier || fabs(residual->deviations) <= two_sided_99)
                continue;
            tnas_measurements others;
            tnas_latency_model left_out;
            tnas_compared_row row;
            leave_out(c, i, same_network, kept, &others);
            TNAS_TRY(fit_others(c, &others, prior, &left_out));
            compare(&left_out, c->fitted[i].row, TNAS_ROW_HELD_OUT, &row);
            residual->deviations = deviations_of(&left_out, &row);
        }
    }
    return TNAS_OK;
}

static void find_repeats(tnas_calibration *c)
{
    for (int i = 0; i < c->count; i++) {
        const tnas_measurement *const row = c->fitted[i].row;
        for (int k = 0; k < i && c->residuals[i].repeats_line == 0; k++)
            if (memcmp(row->x, c->fitted[k].row->x, sizeof row->x) == 0) {
                c->residuals[i].repeats_line = c->fitted[k].row->line;
                c->residuals[i].repeat_ratio = row->cycles / c->fitted[k].row->cycles;
            }
    }
}

static tnas_status score(tnas_compared_row *rows, int count, tnas_scores *out)
{
    for (int i = 0; i < count; i++)
        rows[i].macs_only_error = tnas_macs_only_error(rows, count, i);
    return tnas_scores_compute(rows, count, TNAS_ROW_ROLE_COUNT, out);
}

static tnas_status take_rows(const tnas_measurements *rows, tnas_calibration *out)
{
    const size_t capacity = (size_t)rows->count + 1;
    out->fitted = tnas_alloc_zero(capacity, sizeof *out->fitted);
    out->net_out = tnas_alloc_zero(capacity, sizeof *out->net_out);
    out->family_out = tnas_alloc_zero(capacity, sizeof *out->family_out);
    out->residuals = tnas_alloc_zero(capacity, sizeof *out->residuals);
    if (out->fitted == NULL || out->net_out == NULL || out->family_out == NULL ||
        out->residuals == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "calibration of %d rows", rows->count);
    for (int i = 0; i < rows->count; i++) {
        if (rows->rows[i].has_graph && rows->rows[i].cycles > 0)
            out->fitted[out->count++].row = &rows->rows[i];
        else
            out->without_graph++;
    }
    if (out->count == 0)
        return tnas_measurements_fail_unusable("fit", rows);
    return TNAS_OK;
}

static tnas_status fit_all(const tnas_measurements *rows, const tnas_latency_model *prior,
                           tnas_measurement *kept, tnas_calibration *c)
{
    TNAS_TRY(tnas_latency_fit(rows, prior, &c->model));
    for (int i = 0; i < c->count; i++)
        compare(&c->model, c->fitted[i].row, TNAS_ROW_FITTED, &c->fitted[i]);
    int family_count;
    TNAS_TRY(hold_out(c, prior, same_network, kept, c->net_out, c->residuals, &c->network_count));
    TNAS_TRY(hold_out(c, prior, same_family, kept, c->family_out, NULL, &family_count));
    if (family_count < 2) {
        tnas_free(c->family_out);
        c->family_out = NULL;
    }
    if (c->network_count >= TNAS_OUTLIER_NETWORKS_MIN)
        TNAS_TRY(find_outliers(prior, kept, c));
    find_repeats(c);
    TNAS_TRY(score(c->fitted, c->count, &c->fitted_scores));
    TNAS_TRY(score(c->net_out, c->count, &c->net_out_scores));
    return score(c->family_out, c->family_out != NULL ? c->count : 0, &c->family_out_scores);
}

tnas_status tnas_calibrate(const tnas_measurements *rows, const tnas_latency_model *prior,
                           tnas_calibration *out)
{
    *out = (tnas_calibration){.memory = rows->memory};
    tnas_measurement *kept = tnas_alloc_zero((size_t)rows->count + 1, sizeof *kept);
    tnas_status status = kept != NULL
                             ? take_rows(rows, out)
                             : tnas_fail(TNAS_ERR_NOMEM, "calibration of %d rows", rows->count);
    if (status == TNAS_OK)
        status = fit_all(rows, prior, kept, out);
    if (status != TNAS_OK)
        tnas_calibration_deinit(out);
    tnas_free(kept);
    return status;
}

void tnas_calibration_deinit(tnas_calibration *calibration)
{
    tnas_free(calibration->fitted);
    tnas_free(calibration->net_out);
    tnas_free(calibration->family_out);
    tnas_free(calibration->residuals);
    *calibration = (tnas_calibration){0};
}
