#include "tools/recipes/hand_on.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

enum { RATIOS_MAX = 64 };

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Log ratios of cycles of the networks that both parts have run. */
static int pair_up(const tnas_measurements *part, const tnas_measurements *kin, double *ratios)
{
    int count = 0;
    for (int i = 0; i < part->count; i++)
        for (int k = 0; k < kin->count; k++)
            if (strcmp(part->rows[i].model, kin->rows[k].model) == 0 && part->rows[i].cycles > 0 &&
                kin->rows[k].cycles > 0 && count < RATIOS_MAX) {
                ratios[count++] = log(part->rows[i].cycles / kin->rows[k].cycles);
                break;
            }
    return count;
}

static tnas_status load_rows(const tnas_ratio_rows *set, tnas_measurements *out)
{
    return tnas_row_file_load(set->file, set->mcu, set->runtime, set->version, set->clock_mhz, NULL,
                              out);
}

static tnas_status load_ratios(const tnas_hand_on *h, double *ratios, int *count)
{
    tnas_measurements part, kin = {0};
    TNAS_TRY(load_rows(&h->ratio, &part));
    const tnas_status status = load_rows(&h->ratio_kin, &kin);
    *count = status == TNAS_OK ? pair_up(&part, &kin, ratios) : 0;
    tnas_measurements_deinit(&part);
    tnas_measurements_deinit(&kin);
    TNAS_TRY(status);
    if (*count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s and %s: no network that both have run", h->ratio.mcu,
                         h->ratio_kin.mcu != NULL ? h->ratio_kin.mcu : "the emulator");
    return TNAS_OK;
}

/* Of the values but one (TNAS_NONE: of all). */
static double median_without(const double *values, int count, int without)
{
    double sorted[RATIOS_MAX];
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (i != without)
            sorted[kept++] = values[i];
    qsort(sorted, (size_t)kept, sizeof sorted[0], ascending);
    return 0.5 * (sorted[(kept - 1) / 2] + sorted[kept / 2]);
}

tnas_status tnas_hand_on_ratio_error(const tnas_hand_on *h, int *count, double *mean)
{
    double ratios[RATIOS_MAX];
    *count = 0;
    *mean = 0;
    if (h->ratio.file == TNAS_ROWS_NONE || !tnas_row_file_available(h->ratio.file))
        return TNAS_OK;
    TNAS_TRY(load_ratios(h, ratios, count));
    for (int i = 0; i < *count; i++)
        *mean += fabs(expm1(median_without(ratios, *count, i) - ratios[i])) / *count;
    return TNAS_OK;
}

static void describe(const tnas_hand_on *h, const tnas_latency_model *kin, double ratio,
                     int ratio_count, int counted_rows, tnas_latency_model *out)
{
    char from[128], measured[128] = "";
    if (h->counted != NULL)
        snprintf(from, sizeof from, "instructions of %s counted in an emulator (%d rows)",
                 h->counted, counted_rows);
    else
        snprintf(from, sizeof from, "handed on from %s of %s (%d row%s)", kin->runtime, h->kin_mcu,
                 kin->row_count, kin->row_count == 1 ? "" : "s");
    const bool counted = h->ratio_kin.file == TNAS_ROWS_COUNTED;
    if (ratio_count > 0)
        snprintf(measured, sizeof measured, ", times %.2f from %d row%s%s%s %s", ratio, ratio_count,
                 ratio_count == 1 ? "" : "s", counted ? " of " : "",
                 counted ? h->ratio.runtime : "",
                 counted ? "timed and counted" : "measured on both");
    snprintf(out->source, sizeof out->source, "prior, 0 measurements; %s%s%s%s%s", from, measured,
             h->why != NULL ? " (" : "", h->why != NULL ? h->why : "", h->why != NULL ? ")" : "");
}

static double six_digits(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return strtod(text, NULL);
}

/* As a profile would give it back: whether it was fitted a moment ago or read from its file. */
static void round_as_saved(tnas_latency_model *model)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        model->coefficient[f] = six_digits(model->coefficient[f]);
    for (int a = 0; a < TNAS_LATENCY_PARAMETERS; a++)
        for (int b = 0; b < TNAS_LATENCY_PARAMETERS; b++)
            model->covariance[a][b] = six_digits(model->covariance[a][b]);
}

/* Coefficients in instructions; the memory terms of the rows are not known in an emulator. */
static tnas_status fit_counts(const tnas_hand_on *h, tnas_latency_model *out, int *row_count)
{
    tnas_measurements rows;
    TNAS_TRY(tnas_row_file_load(TNAS_ROWS_COUNTED, NULL, h->counted, NULL, 1, NULL, &rows));
    *row_count = rows.count;
    const tnas_status status = tnas_latency_fit(&rows, NULL, out);
    tnas_measurements_deinit(&rows);
    return status;
}

static tnas_status find_coefficients(const tnas_hand_on *h, const tnas_latency_model *kin,
                                     double *coefficients, int *counted_rows)
{
    const double *from = kin->coefficient;
    tnas_latency_model *fitted = NULL;
    *counted_rows = 0;
    tnas_status status = TNAS_OK;
    if (h->counted != NULL) {
        fitted = tnas_alloc_zero(1, sizeof *fitted);
        if (fitted == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "latency model");
        status = fit_counts(h, fitted, counted_rows);
        from = fitted->coefficient;
    }
    memcpy(coefficients, from, TNAS_FEATURE_COUNT * sizeof *coefficients);
    tnas_free(fitted);
    return status;
}

static tnas_status hand_on(const tnas_hand_on *h, const tnas_latency_model *kin,
                           tnas_latency_model *out)
{
    double log_ratio = 0;
    int ratio_count = 0, counted_rows;
    if (h->ratio.file != TNAS_ROWS_NONE) {
        double ratios[RATIOS_MAX];
        TNAS_TRY(load_ratios(h, ratios, &ratio_count));
        log_ratio = median_without(ratios, ratio_count, TNAS_NONE);
    }
    tnas_latency_prior(out);
    snprintf(out->runtime, sizeof out->runtime, "%s", h->runtime);
    snprintf(out->version, sizeof out->version, "%s", h->version);
    TNAS_TRY(find_coefficients(h, kin, out->coefficient, &counted_rows));
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->coefficient[f] *= h->factor * exp(log_ratio);
    for (int a = 0; a <= TNAS_LATENCY_SHIFT; a++)
        for (int b = 0; b <= TNAS_LATENCY_SHIFT; b++)
            out->covariance[a][b] = kin->covariance[a][b];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->covariance[f][f] += h->term_tau * h->term_tau;
    out->covariance[TNAS_LATENCY_SHIFT][TNAS_LATENCY_SHIFT] += h->shift_tau * h->shift_tau;
    out->clock_mhz = kin->clock_mhz;
    describe(h, kin, h->factor * exp(log_ratio), ratio_count, counted_rows, out);
    return TNAS_OK;
}

tnas_status tnas_hand_on_all(tnas_mcu *mcu, int *skipped)
{
    for (int i = 0; i < tnas_hand_on_count(); i++) {
        const tnas_hand_on *const h = tnas_hand_on_at(i);
        if (strcmp(h->mcu, mcu->name) != 0)
            continue;
        if (h->ratio.file != TNAS_ROWS_NONE && !tnas_row_file_available(h->ratio.file)) {
            ++*skipped;
            continue;
        }
        const bool own = strcmp(h->kin_mcu, mcu->name) == 0;
        tnas_mcu *loaded = NULL;
        if (!own)
            TNAS_TRY(tnas_mcu_load(h->kin_mcu, &loaded));
        const tnas_latency_model *const kin =
            tnas_mcu_latency_model(own ? mcu : loaded, h->kin_runtime);
        tnas_latency_model model, saved;
        if (kin != NULL) {
            saved = *kin;
            round_as_saved(&saved);
        }
        tnas_status status = kin != NULL
                                 ? hand_on(h, &saved, &model)
                                 : tnas_fail(TNAS_ERR_INPUT, "%s has no model of %s to hand on",
                                             h->kin_mcu, h->kin_runtime);
        if (status == TNAS_OK) {
            model.clock_mhz = mcu->clock_mhz;
            status = tnas_mcu_set_latency_model(mcu, &model);
        }
        tnas_mcu_destroy(loaded);
        TNAS_TRY(status);
    }
    return TNAS_OK;
}
