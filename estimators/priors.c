#include "estimators/priors.h"

#include <math.h>
#include <string.h>

#include "estimators/measurements.h"

/* clang-format off */
/* TinyEngine transposes the input of depthwise convolutions, which run one code path. */
static const double tinyengine_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]   = 2.0, [TNAS_FEATURE_conv1_mac] = 1.2, [TNAS_FEATURE_conv1_out]  = 15,
    [TNAS_FEATURE_convk_mac]  = 1.2, [TNAS_FEATURE_convk_out] = 15,  [TNAS_FEATURE_dw3s1_mac]  = 2.5,
    [TNAS_FEATURE_dw3s2_mac]  = 2.5, [TNAS_FEATURE_dw5_mac]   = 2.5, [TNAS_FEATURE_dw7_mac]    = 2.5,
    [TNAS_FEATURE_dw_out]     = 8,   [TNAS_FEATURE_dw_in]     = 6,   [TNAS_FEATURE_fc_mac]     = 1.2, [TNAS_FEATURE_fc_out] = 15,
    [TNAS_FEATURE_add_out]    = 10,  [TNAS_FEATURE_bcast_out] = 50,  [TNAS_FEATURE_elt_out]    = 20,
    [TNAS_FEATURE_pool_in]    = 5,   [TNAS_FEATURE_softmax_in] = 200, [TNAS_FEATURE_move_out] = 3,
    [TNAS_FEATURE_quant_out]  = 8,   [TNAS_FEATURE_layer] = 500,
};
/* TFLM with CMSIS-NN pays for every output's requantisation. */
static const double tflm_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]   = 3.5, [TNAS_FEATURE_stem_out]  = 40,  [TNAS_FEATURE_conv1_mac]  = 1.4,
    [TNAS_FEATURE_conv1_out]  = 40,  [TNAS_FEATURE_convk_mac] = 1.4, [TNAS_FEATURE_convk_out]  = 45,
    [TNAS_FEATURE_dw3s1_mac]  = 8,   [TNAS_FEATURE_dw3s2_mac] = 8,   [TNAS_FEATURE_dw5_mac]    = 8,
    [TNAS_FEATURE_dw7_mac]    = 8,   [TNAS_FEATURE_fc_mac]    = 2,   [TNAS_FEATURE_add_out]    = 60,
    [TNAS_FEATURE_bcast_out]  = 80,  [TNAS_FEATURE_elt_out]   = 40,  [TNAS_FEATURE_pool_in]    = 6,
    [TNAS_FEATURE_softmax_in] = 300, [TNAS_FEATURE_move_out] = 3,   [TNAS_FEATURE_quant_out]  = 20,
    [TNAS_FEATURE_weight_byte] = 0.5, [TNAS_FEATURE_layer]    = 2000,
};
static const double layer_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]   = 4,   [TNAS_FEATURE_conv1_mac] = 1.5, [TNAS_FEATURE_conv1_out]  = 15,
    [TNAS_FEATURE_conv1_pixel] = 20, [TNAS_FEATURE_conv1_weight] = 1, [TNAS_FEATURE_convk_mac] = 1.5,
    [TNAS_FEATURE_dw3s1_mac]  = 8,   [TNAS_FEATURE_dw3s2_mac] = 8,   [TNAS_FEATURE_dw5_mac]    = 8,
    [TNAS_FEATURE_dw7_mac]    = 8,   [TNAS_FEATURE_dw_out]    = 20,  [TNAS_FEATURE_dw_pixel]   = 50,
    [TNAS_FEATURE_fc_mac]     = 2,   [TNAS_FEATURE_add_out]   = 60,  [TNAS_FEATURE_bcast_out]  = 80,
    [TNAS_FEATURE_elt_out]    = 40,  [TNAS_FEATURE_pool_in]   = 6,   [TNAS_FEATURE_softmax_in] = 20,
    [TNAS_FEATURE_move_out]   = 3,   [TNAS_FEATURE_quant_out] = 20,  [TNAS_FEATURE_layer]      = 1000,
};
/* Eight cores with four-way vectors; weights and large activations come from outside. */
static const double gap8_terms[TNAS_FEATURE_COUNT] = {
    [TNAS_FEATURE_stem_mac]   = 0.3, [TNAS_FEATURE_conv1_mac] = 0.12, [TNAS_FEATURE_conv1_out] = 1,
    [TNAS_FEATURE_convk_mac]  = 0.12, [TNAS_FEATURE_convk_out] = 1,  [TNAS_FEATURE_dw3s1_mac]  = 0.3,
    [TNAS_FEATURE_dw3s2_mac]  = 0.3, [TNAS_FEATURE_dw5_mac]   = 0.3, [TNAS_FEATURE_dw7_mac]    = 0.3,
    [TNAS_FEATURE_fc_mac]     = 0.2, [TNAS_FEATURE_add_out]   = 1,   [TNAS_FEATURE_bcast_out]  = 4,
    [TNAS_FEATURE_elt_out]    = 2,   [TNAS_FEATURE_pool_in]   = 0.3, [TNAS_FEATURE_softmax_in] = 20,
    [TNAS_FEATURE_move_out]   = 0.5, [TNAS_FEATURE_quant_out] = 1,   [TNAS_FEATURE_layer]      = 8000,
    [TNAS_FEATURE_ram_excess] = 0.7, [TNAS_FEATURE_weight_stall] = 1,
};

static const struct {
    const double *terms;   /* NULL: those of TNAS_FEATURES */
    double tau;            /* of every term; 0: those of TNAS_FEATURES */
    double shift_tau;      /* small where the terms are instruction counts of that very library */
    double dw_correlation; /* of the depthwise MAC terms: one code path, or several */
    tnas_memory_terms memory;
} priors[] = {
    [TNAS_PRIOR_X_CUBE_AI]    = {NULL, 0, 2, 0, {0, 0, 0, 0, 0}},
    [TNAS_PRIOR_TINYENGINE]   = {tinyengine_terms, 0, 2, 0.95, {0, 0, 0, 0, 0}},
    [TNAS_PRIOR_TFLM]         = {tflm_terms, 0, 2, 0.95, {0, 0, 0, 0, 0}},
    [TNAS_PRIOR_CMSIS_LAYERS] = {layer_terms, 0, 0.2, 0.95, {0, 0, 0, 0, 0}},
    [TNAS_PRIOR_GAP8]         = {gap8_terms, 0.5, 2, 0,
                                 {.fast_ram_bytes = 300000, .stall_cycles_byte = 3,
                                  .stall_cycles_mac = 0.11}},
};
/* clang-format on */

static void correlate_dw(double correlation, tnas_latency_model *out)
{
    for (int a = TNAS_FEATURE_dw3s1_mac; a <= TNAS_FEATURE_dw7_mac; a++)
        for (int b = TNAS_FEATURE_dw3s1_mac; b < a; b++)
            out->covariance[a][b] = out->covariance[b][a] =
                correlation * sqrt(out->covariance[a][a] * out->covariance[b][b]);
}

void tnas_prior_of(tnas_prior_kind kind, tnas_latency_model *out)
{
    tnas_latency_prior(out);
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++) {
        if (priors[kind].terms != NULL)
            out->coefficient[f] = priors[kind].terms[f];
        if (priors[kind].tau > 0)
            out->covariance[f][f] = priors[kind].tau * priors[kind].tau;
    }
    correlate_dw(priors[kind].dw_correlation, out);
    out->covariance[TNAS_LATENCY_SHIFT][TNAS_LATENCY_SHIFT] =
        priors[kind].shift_tau * priors[kind].shift_tau;
    out->memory = priors[kind].memory;
}

tnas_prior_kind tnas_prior_kind_of(const char *runtime)
{
    static const struct {
        const char *part; /* of the runtime's name */
        tnas_prior_kind kind;
    } known[] = {
        {"tinyengine", TNAS_PRIOR_TINYENGINE}, {"tflm", TNAS_PRIOR_TFLM},
        {"tflite-micro", TNAS_PRIOR_TFLM},     {"uint8-intq", TNAS_PRIOR_CMSIS_LAYERS},
        {"cmsis-nn", TNAS_PRIOR_TFLM},         {"autotiler", TNAS_PRIOR_GAP8},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strstr(runtime, known[i].part) != NULL)
            return known[i].kind;
    return TNAS_PRIOR_X_CUBE_AI;
}

const char *tnas_prior_kind_text(tnas_prior_kind kind)
{
    static const char *const texts[] = {
        [TNAS_PRIOR_X_CUBE_AI] = "a Cortex-M library of unknown structure",
        [TNAS_PRIOR_TINYENGINE] = "TinyEngine",
        [TNAS_PRIOR_TFLM] = "TensorFlow Lite Micro with CMSIS-NN",
        [TNAS_PRIOR_CMSIS_LAYERS] = "single layers of CMSIS-NN",
        [TNAS_PRIOR_GAP8] = "GAP8's AutoTiler",
    };
    return texts[kind];
}
