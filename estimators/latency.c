/* Features and prediction. A kernel's time is set by few counts: multiply-accumulates, output
 * elements that are requantised, weights read from flash, set-up per operator. MACs alone are
 * off by 20-30 % across families, because a depthwise MAC costs several times a pointwise one
 * on a Cortex-M (docs/latency-model.md). */
#include "estimators/latency.h"

#include <math.h>
#include <string.h>

/* Quantiles of the normal distribution: 90 % two-sided, 90 % one-sided. */
static const double two_sided_90 = 1.6449, one_sided_90 = 1.2816;

enum { STEM_CHANNELS_MAX = 4 };

static const char *const feature_names[] = {
#define NAME(name, c0, tau, per) #name,
    TNAS_FEATURES(NAME)
#undef NAME
};
static const char *const family_texts[] = {
#define TEXT(name, text, what) text,
    TNAS_FAMILIES(TEXT)
#undef TEXT
};

static int find_text(const char *const *texts, int count, const char *text)
{
    for (int i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return i;
    return TNAS_NONE;
}

const char *tnas_feature_name(int feature)
{
    return feature >= 0 && feature < TNAS_FEATURE_COUNT ? feature_names[feature] : "?";
}

int tnas_feature_parse(const char *name)
{
    return find_text(feature_names, TNAS_FEATURE_COUNT, name);
}

const char *tnas_family_text(int family)
{
    return family >= 0 && family < TNAS_FAMILY_COUNT ? family_texts[family] : "?";
}

int tnas_family_parse(const char *text)
{
    return find_text(family_texts, TNAS_FAMILY_COUNT, text);
}

static void add_conv(const tnas_op_shape *shape, double outputs, double weights, double *x)
{
    const bool pointwise = shape->kernel_h == 1 && shape->kernel_w == 1;
    const double pixels = (double)shape->out.h * shape->out.w;
    const double macs = weights * pixels;
    if (pointwise && shape->in.h == 1 && shape->in.w == 1) {
        x[TNAS_FEATURE_fc_mac] += macs;
        x[TNAS_FEATURE_fc_out] += outputs;
    } else if (pointwise) {
        x[TNAS_FEATURE_conv1_mac] += macs;
        x[TNAS_FEATURE_conv1_out] += outputs;
        x[TNAS_FEATURE_conv1_pixel] += pixels;
    } else if (shape->in.c <= STEM_CHANNELS_MAX) {
        x[TNAS_FEATURE_stem_mac] += macs;
        x[TNAS_FEATURE_stem_out] += outputs;
    } else {
        x[TNAS_FEATURE_convk_mac] += macs;
        x[TNAS_FEATURE_convk_out] += outputs;
    }
}

void tnas_features_add(const tnas_op_shape *shape, double *x)
{
    const double inputs = (double)tnas_tensor_count(&shape->in);
    const double outputs = (double)tnas_tensor_count(&shape->out);
    const double window = (double)shape->kernel_h * shape->kernel_w;
    double weights = 0;
    switch (shape->kind) {
    case TNAS_OP_CONV2D:
        weights = window * shape->in.c * shape->out.c;
        add_conv(shape, outputs, weights, x);
        break;
    case TNAS_OP_DWCONV2D:
        weights = window * shape->out.c;
        x[window <= 9 ? TNAS_FEATURE_dw3_mac : TNAS_FEATURE_dwl_mac] += window * outputs;
        x[TNAS_FEATURE_dw_out] += outputs;
        x[TNAS_FEATURE_dw_in] += inputs;
        x[TNAS_FEATURE_dw_pixel] += (double)shape->out.h * shape->out.w;
        break;
    case TNAS_OP_FC:
        weights = inputs * outputs;
        x[TNAS_FEATURE_fc_mac] += weights;
        x[TNAS_FEATURE_fc_out] += outputs;
        break;
    case TNAS_OP_ADD:
        x[TNAS_FEATURE_add_out] += outputs;
        break;
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
        x[TNAS_FEATURE_pool_in] += outputs * window;
        break;
    default:
        break;
    }
    x[TNAS_FEATURE_weight_byte] += weights;
    x[TNAS_FEATURE_layer] += 1;
}

void tnas_features_add_op(const tnas_graph *graph, int op, double *x)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_op_shape shape = {
        .kind = o->kind,
        .in = graph->tensors[o->in[0]],
        .out = graph->tensors[o->out],
        .kernel_h = o->kernel_h,
        .kernel_w = o->kernel_w,
    };
    tnas_features_add(&shape, x);
}

void tnas_features_of_graph(const tnas_graph *graph, double *x)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = 0;
    for (int op = 0; op < graph->op_count; op++)
        tnas_features_add_op(graph, op, x);
}

double tnas_features_macs(const double *x)
{
    return x[TNAS_FEATURE_stem_mac] + x[TNAS_FEATURE_conv1_mac] + x[TNAS_FEATURE_convk_mac] +
           x[TNAS_FEATURE_dw3_mac] + x[TNAS_FEATURE_dwl_mac] + x[TNAS_FEATURE_fc_mac];
}

tnas_family tnas_family_of(const double *x)
{
    const bool adds = x[TNAS_FEATURE_add_out] > 0;
    if (x[TNAS_FEATURE_layer] <= 1)
        return TNAS_FAMILY_LAYER;
    if (x[TNAS_FEATURE_dw_out] > 0)
        return adds ? TNAS_FAMILY_INVERTED_RESIDUAL : TNAS_FAMILY_SEPARABLE;
    if (x[TNAS_FEATURE_stem_out] + x[TNAS_FEATURE_conv1_out] + x[TNAS_FEATURE_convk_out] > 0)
        return adds ? TNAS_FAMILY_RESIDUAL : TNAS_FAMILY_PLAIN;
    return TNAS_FAMILY_DENSE;
}

void tnas_latency_shares(const tnas_latency_model *model, const double *x, double *shares)
{
    double cycles = 0;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        cycles += x[f] * model->coefficient[f];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        shares[f] = cycles > 0 ? x[f] * model->coefficient[f] / cycles : 0;
}

/* Variance of a weighted sum of fitted parameters: j' C j. */
static double variance_along(const tnas_latency_model *model, const double *j)
{
    double variance = 0;
    for (int a = 0; a < TNAS_LATENCY_PARAMETERS; a++) {
        if (j[a] == 0)
            continue;
        double row = 0;
        for (int b = 0; b < TNAS_LATENCY_PARAMETERS; b++)
            row += model->covariance[a][b] * j[b];
        variance += j[a] * row;
    }
    return variance > 0 ? variance : 0; /* a rounded covariance may be a hair below */
}

void tnas_latency_predict(const tnas_latency_model *model, const double *x, tnas_latency *out)
{
    const tnas_family family = tnas_family_of(x);
    const bool known = model->family_rows[family] > 0;
    double cycles = 0;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        cycles += x[f] * model->coefficient[f];

    /* How the logarithm moves with each parameter: a term's share, 1, 1. */
    double j[TNAS_LATENCY_PARAMETERS] = {0};
    tnas_latency_shares(model, x, j);
    j[TNAS_LATENCY_SHIFT] = 1;
    double variance = model->sigma * model->sigma;
    if (known) {
        j[TNAS_LATENCY_OFFSET + family] = 1;
        cycles *= exp(model->family_offset[family]);
    } else {
        variance += model->family_sigma * model->family_sigma;
    }
    const double width = model->kappa * sqrt(variance + variance_along(model, j));
    *out = (tnas_latency){
        .cycles = cycles,
        .low_cycles = cycles * exp(-two_sided_90 * width),
        .high_cycles = cycles * exp(two_sided_90 * width),
        .upper_cycles = cycles * exp(one_sided_90 * width),
    };
}

double tnas_latency_term_deviation(const tnas_latency_model *model, int feature)
{
    double j[TNAS_LATENCY_PARAMETERS] = {0};
    j[feature] = j[TNAS_LATENCY_SHIFT] = 1;
    return sqrt(variance_along(model, j));
}

double tnas_cycles_to_ms(double cycles, double clock_mhz)
{
    return cycles / (clock_mhz * 1e3);
}
