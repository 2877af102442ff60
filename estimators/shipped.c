/* Recipes of the shipped models. Each runtime has a prior of its own, because a library's
 * structure decides which terms matter: TinyEngine transposes depthwise inputs, TFLM pays for
 * every output's requantisation. The values are orders of magnitude known before the fit
 * (docs/latency-model.md); a common factor is free, so only their ratios say something. */
#include "estimators/shipped.h"

#include <stdio.h>
#include <string.h>

#include "common/paths.h"
#include "estimators/measurements.h"

/* clang-format off */
static const double tinyengine_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]  = 2.0, [TNAS_FEATURE_conv1_mac] = 1.2, [TNAS_FEATURE_conv1_out] = 15,
    [TNAS_FEATURE_convk_mac] = 1.2, [TNAS_FEATURE_convk_out] = 15,  [TNAS_FEATURE_dw3_mac]   = 2.5,
    [TNAS_FEATURE_dwl_mac]   = 2.5, [TNAS_FEATURE_dw_out]    = 8,   [TNAS_FEATURE_dw_in]     = 6,
    [TNAS_FEATURE_fc_mac]    = 1.5, [TNAS_FEATURE_add_out]   = 10,  [TNAS_FEATURE_pool_in]   = 5,
    [TNAS_FEATURE_layer]     = 2000,
};
static const double tflm_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]  = 3.5, [TNAS_FEATURE_stem_out]  = 40,  [TNAS_FEATURE_conv1_mac] = 1.4,
    [TNAS_FEATURE_conv1_out] = 40,  [TNAS_FEATURE_convk_mac] = 1.4, [TNAS_FEATURE_convk_out] = 45,
    [TNAS_FEATURE_dw3_mac]   = 8,   [TNAS_FEATURE_dwl_mac]   = 8,   [TNAS_FEATURE_fc_mac]    = 2,
    [TNAS_FEATURE_add_out]   = 60,  [TNAS_FEATURE_pool_in]   = 6,   [TNAS_FEATURE_weight_byte] = 0.5,
    [TNAS_FEATURE_layer]     = 2000,
};

/* How our plain C kernels compare with CMSIS-NN's, as a ratio of instructions executed in an
 * emulator, per operator kind: `make count-instructions` prints them; 1 was not counted. Applied
 * to every feature whose name starts so. */
static const struct {
    const char *features;
    double ratio;
} tinynas_ratios[] = {
    {"stem_",   1.39},
    {"conv1_",  1.42},
    {"convk_",  1.62},
    {"dw3_",    1.27},
    {"dwl_",    0.73},
    {"dw_",     1.00},
    {"fc_",     1.67},
    {"add_",    0.84},
    {"pool_",   1.18},
    {"weight_", 1.00},
    {"layer",   1.00},
};

/* A model of `runtime` on `mcu`, from the rows of one file. `terms` NULL: TNAS_FEATURES.
 * `kin_mcu`: the prior is the same runtime's model on that part. */
typedef struct recipe {
    const char *mcu, *runtime, *version, *csv;
    double clock_mhz; /* assumed where the rows are silent */
    const double *terms;
    const char *kin_mcu;
    const char *source;
} recipe;

#define H743_ROWS "measurements/tinyengine_h743_f746.csv"
#define F746_ROWS "measurements/f746_networks.csv"
#define H743_SOURCE "mit-han-lab/tinyengine@47bb283c README, clock of 480 MHz assumed"
#define F746_SOURCE "mit-han-lab/tinyengine@c71768b README"

static const recipe recipes[] = {
    {"stm32h743", "tinyengine",    "0363956",        H743_ROWS, 480, tinyengine_terms, NULL, H743_SOURCE},
    {"stm32h743", "tflm-cmsis-nn", "011bf32",        H743_ROWS, 480, tflm_terms,       NULL, H743_SOURCE},
    {"stm32h743", "x-cube-ai",     "7.3.0",          H743_ROWS, 480, NULL,             NULL, H743_SOURCE},
    {"stm32f746", "tinyengine",    "2022-08",        F746_ROWS, 216, tinyengine_terms, NULL, F746_SOURCE},
    {"stm32f746", "tflm-cmsis-nn", "CMSIS-NN 2.0.0", F746_ROWS, 216, NULL, "stm32h743",
     F746_SOURCE ", prior handed on from stm32h743"},
    {"stm32f746", "x-cube-ai",     "7.1.0",          F746_ROWS, 216, NULL,             NULL, F746_SOURCE},
};
/* clang-format on */

/* Our kernels have not been measured on a board: this much, in logarithms, is unknown of each
 * term on top of the kin's own uncertainty, and of all of them together. */
static const double tinynas_term_tau = 0.15, tinynas_shift_tau = 0.35;

static const recipe *find_recipe(const char *mcu, const char *runtime)
{
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++)
        if (strcmp(recipes[i].mcu, mcu) == 0 && strcmp(recipes[i].runtime, runtime) == 0)
            return &recipes[i];
    return NULL;
}

static void set_terms(const double *terms, tnas_latency_model *prior)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        prior->coefficient[f] = terms[f];
}

/* From `start`, or from the recipe's own terms when it is NULL. */
static tnas_status fit_recipe(const recipe *r, const tnas_latency_model *start,
                              tnas_latency_model *out)
{
    tnas_latency_model prior;
    tnas_latency_prior(&prior);
    if (start != NULL)
        tnas_latency_hand_on(start, &prior);
    else if (r->terms != NULL)
        set_terms(r->terms, &prior);
    char csv[TNAS_PATH_BYTES], graphs[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_path(r->csv, csv));
    TNAS_TRY(tnas_config_path("graphs", graphs));
    const tnas_measurement_query query = {
        .mcu = r->mcu,
        .runtime = r->runtime,
        .version = r->version,
        .graphs_folder = graphs,
        .assumed_clock_mhz = r->clock_mhz,
    };
    tnas_measurements rows;
    TNAS_TRY(tnas_measurements_load(csv, &query, &rows));
    const tnas_status status = tnas_latency_fit(&rows, &prior, out);
    tnas_measurements_deinit(&rows);
    TNAS_TRY(status);
    if (out->row_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: no row of %s %s on %s has a graph", csv, r->runtime,
                         r->version, r->mcu);
    snprintf(out->runtime, sizeof out->runtime, "%s", r->runtime);
    snprintf(out->source, sizeof out->source, "%s", r->source);
    return TNAS_OK;
}

static tnas_status fit_with_kin(const recipe *r, tnas_latency_model *out)
{
    if (r->kin_mcu == NULL)
        return fit_recipe(r, NULL, out);
    const recipe *const kin_recipe = find_recipe(r->kin_mcu, r->runtime);
    tnas_latency_model kin;
    TNAS_TRY(fit_recipe(kin_recipe, NULL, &kin));
    return fit_recipe(r, &kin, out);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void scale_terms(tnas_latency_model *model, bool *scaled)
{
    *scaled = false;
    for (size_t i = 0; i < sizeof tinynas_ratios / sizeof tinynas_ratios[0]; i++) {
        *scaled = *scaled || tinynas_ratios[i].ratio != 1;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            if (starts_with(tnas_feature_name(f), tinynas_ratios[i].features))
                model->coefficient[f] *= tinynas_ratios[i].ratio;
    }
}

/* The model of our own runtime: a prior handed on from the kin on the same part. */
static void make_own(const tnas_latency_model *kin, tnas_latency_model *out)
{
    tnas_latency_prior(out);
    bool scaled;
    memcpy(out->coefficient, kin->coefficient, sizeof out->coefficient);
    scale_terms(out, &scaled);
    for (int a = 0; a <= TNAS_LATENCY_SHIFT; a++)
        for (int b = 0; b <= TNAS_LATENCY_SHIFT; b++)
            out->covariance[a][b] = kin->covariance[a][b];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->covariance[f][f] += tinynas_term_tau * tinynas_term_tau;
    out->covariance[TNAS_LATENCY_SHIFT][TNAS_LATENCY_SHIFT] +=
        tinynas_shift_tau * tinynas_shift_tau;
    out->clock_mhz = kin->clock_mhz;
    snprintf(out->runtime, sizeof out->runtime, "tinynas");
    snprintf(out->source, sizeof out->source,
             "prior, 0 measurements; handed on from %s on this part (%d row%s)%s", kin->runtime,
             kin->row_count, kin->row_count == 1 ? "" : "s",
             scaled ? ", scaled by instruction counts in an emulator" : "");
}

tnas_status tnas_shipped_fit(tnas_mcu *mcu)
{
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        if (strcmp(recipes[i].mcu, mcu->name) != 0)
            continue;
        tnas_latency_model model;
        TNAS_TRY(fit_with_kin(&recipes[i], &model));
        TNAS_TRY(tnas_mcu_set_latency_model(mcu, &model));
    }
    const tnas_latency_model *const kin = tnas_mcu_latency_model(mcu, "tflm-cmsis-nn");
    if (kin == NULL || find_recipe(mcu->name, "tflm-cmsis-nn") == NULL)
        return TNAS_OK;
    tnas_latency_model own;
    make_own(kin, &own);
    return tnas_mcu_set_latency_model(mcu, &own);
}
