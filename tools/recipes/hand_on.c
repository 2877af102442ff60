#include "tools/recipes/hand_on.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATIOS_MAX = 64 };

/* How our plain C kernels compare with CMSIS-NN's, as a ratio of instructions executed in an
 * emulator, per operator kind: `make count-instructions` prints them; 1 was not counted. Applied
 * to every feature whose name starts so. */
static const struct {
    const char *features;
    double ratio;
} instruction_ratios[] = {
    {"stem_", 1.39}, {"conv1_", 1.42}, {"convk_", 1.62}, {"dw3", 1.27},   {"dw5_", 0.73},
    {"dw7_", 0.73},  {"fc_", 1.67},    {"add_", 0.84},   {"pool_", 1.18},
};

static void scale_terms(tnas_latency_model *model)
{
    for (size_t i = 0; i < sizeof instruction_ratios / sizeof instruction_ratios[0]; i++) {
        const char *const start = instruction_ratios[i].features;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            if (strncmp(tnas_feature_name(f), start, strlen(start)) == 0)
                model->coefficient[f] *= instruction_ratios[i].ratio;
    }
}

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

static tnas_status load_ratios(const tnas_hand_on *h, double *ratios, int *count)
{
    tnas_measurements part, kin = {0};
    TNAS_TRY(tnas_row_file_load(h->ratio_file, h->ratio_mcu, h->ratio_runtime, h->ratio_version, 0,
                                NULL, &part));
    const tnas_status status = tnas_row_file_load(h->ratio_file, h->ratio_kin_mcu, h->ratio_runtime,
                                                  h->ratio_version, 0, NULL, &kin);
    *count = status == TNAS_OK ? pair_up(&part, &kin, ratios) : 0;
    tnas_measurements_deinit(&part);
    tnas_measurements_deinit(&kin);
    TNAS_TRY(status);
    if (*count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s and %s: no network that both have run", h->ratio_mcu,
                         h->ratio_kin_mcu);
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
    if (h->ratio_file == TNAS_ROWS_NONE || !tnas_row_file_available(h->ratio_file))
        return TNAS_OK;
    TNAS_TRY(load_ratios(h, ratios, count));
    for (int i = 0; i < *count; i++)
        *mean += fabs(expm1(median_without(ratios, *count, i) - ratios[i])) / *count;
    return TNAS_OK;
}

static void describe(const tnas_hand_on *h, const tnas_latency_model *kin, double ratio,
                     int ratio_count, tnas_latency_model *out)
{
    char measured[96] = "";
    if (ratio_count > 0)
        snprintf(measured, sizeof measured, ", times %.2f from %d networks measured on both", ratio,
                 ratio_count);
    snprintf(out->source, sizeof out->source,
             "prior, 0 measurements; handed on from %s of %s (%d row%s)%s%s%s%s%s", kin->runtime,
             h->kin_mcu, kin->row_count, kin->row_count == 1 ? "" : "s", measured,
             h->instruction_ratios ? ", scaled by instruction counts in an emulator" : "",
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

static tnas_status hand_on(const tnas_hand_on *h, const tnas_latency_model *kin,
                           tnas_latency_model *out)
{
    double log_ratio = 0;
    int ratio_count = 0;
    if (h->ratio_file != TNAS_ROWS_NONE) {
        double ratios[RATIOS_MAX];
        TNAS_TRY(load_ratios(h, ratios, &ratio_count));
        log_ratio = median_without(ratios, ratio_count, TNAS_NONE);
    }
    tnas_latency_prior(out);
    snprintf(out->runtime, sizeof out->runtime, "%s", h->runtime);
    snprintf(out->version, sizeof out->version, "%s", h->version);
    memcpy(out->coefficient, kin->coefficient, sizeof out->coefficient);
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->coefficient[f] *= h->factor * exp(log_ratio);
    if (h->instruction_ratios)
        scale_terms(out);
    for (int a = 0; a <= TNAS_LATENCY_SHIFT; a++)
        for (int b = 0; b <= TNAS_LATENCY_SHIFT; b++)
            out->covariance[a][b] = kin->covariance[a][b];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->covariance[f][f] += h->term_tau * h->term_tau;
    out->covariance[TNAS_LATENCY_SHIFT][TNAS_LATENCY_SHIFT] += h->shift_tau * h->shift_tau;
    out->clock_mhz = kin->clock_mhz;
    describe(h, kin, h->factor * exp(log_ratio), ratio_count, out);
    return TNAS_OK;
}

tnas_status tnas_hand_on_all(tnas_mcu *mcu, int *skipped)
{
    for (int i = 0; i < tnas_hand_on_count(); i++) {
        const tnas_hand_on *const h = tnas_hand_on_at(i);
        if (strcmp(h->mcu, mcu->name) != 0)
            continue;
        if (h->ratio_file != TNAS_ROWS_NONE && !tnas_row_file_available(h->ratio_file)) {
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
