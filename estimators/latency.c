/* Features and prediction. A kernel's time is set by few counts: multiply-accumulates, output
 * elements that are requantised, weights read from flash, set-up per operator. MACs alone are
 * off by 20-30 % across families, because a depthwise MAC costs several times a pointwise one
 * on a Cortex-M (docs/latency-model.md). */
#include "estimators/latency.h"

#include <math.h>
#include <string.h>

/* Quantiles of the normal distribution: 90 % two-sided, 90 % one-sided. */
static const double two_sided_90 = 1.6449, one_sided_90 = 1.2816;

enum { STEM_CHANNELS_MAX = 4, BIAS_BYTES = 4, FAMILY_ROWS_MIN = 2 };

static const tnas_memory_terms no_memory_terms = {0};

/* TFLite's names. SHAPE and the like are computed when a network is converted; pads
 * are merged into the convolution that follows. */
static const struct {
    const char *name;
    int kind;
} cost_kinds[] = {
    {"CONV_2D", TNAS_COST_CONV},
    {"DEPTHWISE_CONV_2D", TNAS_COST_DWCONV},
    {"FULLY_CONNECTED", TNAS_COST_FC},
    {"ADD", TNAS_COST_ADD},
    {"SUB", TNAS_COST_ADD},
    {"MUL", TNAS_COST_BROADCAST},
    {"AVERAGE_POOL_2D", TNAS_COST_POOL},
    {"MAX_POOL_2D", TNAS_COST_POOL},
    {"MEAN", TNAS_COST_POOL},
    {"REDUCE_MAX", TNAS_COST_POOL},
    {"SUM", TNAS_COST_POOL},
    {"SOFTMAX", TNAS_COST_SOFTMAX},
    {"TOPK", TNAS_COST_SOFTMAX}, /* a pass over the scores, as softmax is */
    {"ARG_MAX", TNAS_COST_SOFTMAX},
    {"CONCATENATION", TNAS_COST_CONCAT},
    {"RESIZE_BILINEAR", TNAS_COST_RESIZE},
    {"RESIZE_NEAREST_NEIGHBOR", TNAS_COST_RESIZE},
    {"TRANSPOSE", TNAS_COST_MOVE},
    {"SPLIT", TNAS_COST_MOVE},
    {"QUANTIZE", TNAS_COST_QUANTIZE},
    {"DEQUANTIZE", TNAS_COST_QUANTIZE},
    {"MINIMUM", TNAS_COST_ELEMENTWISE},
    {"MAXIMUM", TNAS_COST_ELEMENTWISE},
    {"LOGISTIC", TNAS_COST_ELEMENTWISE},
    {"TANH", TNAS_COST_ELEMENTWISE},
    {"RELU", TNAS_COST_ELEMENTWISE},
    {"RELU6", TNAS_COST_ELEMENTWISE},
    {"LEAKY_RELU", TNAS_COST_ELEMENTWISE},
    {"PRELU", TNAS_COST_ELEMENTWISE},
    {"HARD_SWISH", TNAS_COST_ELEMENTWISE},
    {"PAD", TNAS_COST_FREE},
    {"PADV2", TNAS_COST_FREE},
    {"RESHAPE", TNAS_COST_FREE},
    {"SQUEEZE", TNAS_COST_FREE},
    {"EXPAND_DIMS", TNAS_COST_FREE},
    {"SHAPE", TNAS_COST_FREE},
    {"SLICE", TNAS_COST_FREE},
    {"STRIDED_SLICE", TNAS_COST_FREE},
    {"PACK", TNAS_COST_FREE},
    {"TILE", TNAS_COST_FREE},
    {"OP69", TNAS_COST_FREE}, /* TILE, as a reader without its name prints it */
};

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

static int cost_kind_of(int op_kind)
{
    static const int kinds[TNAS_OP_KIND_COUNT] = {
        [TNAS_OP_CONV2D] = TNAS_COST_CONV,
        [TNAS_OP_DWCONV2D] = TNAS_COST_DWCONV,
        [TNAS_OP_FC] = TNAS_COST_FC,
        [TNAS_OP_ADD] = TNAS_COST_ADD,
        [TNAS_OP_AVGPOOL] = TNAS_COST_POOL,
        [TNAS_OP_MAXPOOL] = TNAS_COST_POOL,
        [TNAS_OP_MUL] = TNAS_COST_BROADCAST,
        [TNAS_OP_CONCAT] = TNAS_COST_CONCAT,
        [TNAS_OP_SOFTMAX] = TNAS_COST_SOFTMAX,
        [TNAS_OP_LOGISTIC] = TNAS_COST_ELEMENTWISE,
        [TNAS_OP_PAD] = TNAS_COST_FREE,
        [TNAS_OP_ACTIVATION] = TNAS_COST_ELEMENTWISE,
        [TNAS_OP_CHANNEL_MUL] = TNAS_COST_BROADCAST,
        [TNAS_OP_CHANNEL_ADD] = TNAS_COST_BROADCAST,
        [TNAS_OP_MEAN] = TNAS_COST_POOL,
        [TNAS_OP_MEAN_KEPT] = TNAS_COST_POOL,
    };
    _Static_assert(TNAS_OP_MEAN_KEPT + 1 == TNAS_OP_KIND_COUNT, "a new kind has no cost yet");
    return kinds[op_kind];
}

int tnas_cost_kind_parse(const char *name)
{
    for (size_t i = 0; i < sizeof cost_kinds / sizeof cost_kinds[0]; i++)
        if (strcmp(cost_kinds[i].name, name) == 0)
            return cost_kinds[i].kind;
    const int own = tnas_op_kind_parse(name);
    return own != TNAS_NONE ? cost_kind_of(own) : TNAS_NONE;
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
        x[TNAS_FEATURE_conv1_weight] += weights;
    } else if (shape->in.c <= STEM_CHANNELS_MAX) {
        x[TNAS_FEATURE_stem_mac] += macs;
        x[TNAS_FEATURE_stem_out] += outputs;
    } else {
        x[TNAS_FEATURE_convk_mac] += macs;
        x[TNAS_FEATURE_convk_out] += outputs;
        x[TNAS_FEATURE_convk_im2col] += weights / shape->out.c * pixels;
    }
}

static void add_dwconv(const tnas_op_shape *shape, double outputs, double window, double *x)
{
    int mac = TNAS_FEATURE_dw7_mac;
    if (window <= 9)
        mac =
            shape->stride_h * shape->stride_w > 1 ? TNAS_FEATURE_dw3s2_mac : TNAS_FEATURE_dw3s1_mac;
    else if (window <= 25)
        mac = TNAS_FEATURE_dw5_mac;
    x[mac] += window * outputs;
    x[TNAS_FEATURE_dw_out] += outputs;
    x[TNAS_FEATURE_dw_in] += (double)tnas_tensor_count(&shape->in);
    x[TNAS_FEATURE_dw_pixel] += (double)shape->out.h * shape->out.w;
}

/* Operators whose kernel is one loop over elements. */
static void add_loop(const tnas_op_shape *shape, double inputs, double outputs, double window,
                     double *x)
{
    switch (shape->kind) {
    case TNAS_COST_ADD:
        x[TNAS_FEATURE_add] += 1;
        x[TNAS_FEATURE_add_out] += outputs;
        break;
    case TNAS_COST_BROADCAST:
        x[TNAS_FEATURE_bcast_out] += outputs;
        break;
    case TNAS_COST_ELEMENTWISE:
        x[TNAS_FEATURE_elt_out] += outputs;
        break;
    case TNAS_COST_POOL: /* a mean over the map has no window */
        x[TNAS_FEATURE_pool_in] += window > 1 ? outputs * window : inputs;
        break;
    case TNAS_COST_SOFTMAX:
        x[TNAS_FEATURE_softmax_in] += inputs;
        break;
    case TNAS_COST_CONCAT:
        x[TNAS_FEATURE_concat] += 1;
        x[TNAS_FEATURE_move_out] += outputs;
        break;
    case TNAS_COST_RESIZE:
        x[TNAS_FEATURE_resize] += 1;
        x[TNAS_FEATURE_move_out] += outputs;
        break;
    case TNAS_COST_MOVE:
        x[TNAS_FEATURE_move_out] += outputs;
        break;
    case TNAS_COST_QUANTIZE:
        x[TNAS_FEATURE_quant_out] += outputs;
        break;
    default:
        break;
    }
}

/* A window with a stride wants its input padded on one side only, which converters make an
 * operator of its own: what that copies counts where memory is scarce, whether the network's
 * file has the operator or not. */
static double padded_copy_bytes(const tnas_op_shape *shape)
{
    const double h = (double)(shape->out.h - 1) * shape->stride_h + shape->kernel_h;
    const double w = (double)(shape->out.w - 1) * shape->stride_w + shape->kernel_w;
    const double plain_h = (double)shape->out.h * shape->stride_h;
    const double plain_w = (double)shape->out.w * shape->stride_w;
    if (shape->stride_h * shape->stride_w == 1 || (h <= plain_h && w <= plain_w))
        return 0;
    return (h * w + plain_h * plain_w) * shape->in.c;
}

static void add_memory(const tnas_memory_terms *memory, const tnas_op_shape *shape,
                       double live_bytes, double weight_bytes, double macs, double *x)
{
    if (memory->fast_ram_bytes > 0) {
        x[TNAS_FEATURE_ram_excess] += fmax(0, live_bytes - memory->fast_ram_bytes);
        if (memory->padded_copies > 0 &&
            (shape->kind == TNAS_COST_CONV || shape->kind == TNAS_COST_DWCONV))
            x[TNAS_FEATURE_ram_excess] +=
                fmax(0, padded_copy_bytes(shape) - memory->fast_ram_bytes);
    }
    if (shape->kind == TNAS_COST_CONV || shape->kind == TNAS_COST_FC)
        x[TNAS_FEATURE_weight_stall] +=
            fmax(0, memory->stall_cycles_byte * weight_bytes - memory->stall_cycles_mac * macs);
}

static void add_shape(const tnas_memory_terms *memory, const tnas_op_shape *shape, double *x)
{
    if (shape->kind == TNAS_COST_FREE)
        return;
    const double inputs = (double)tnas_tensor_count(&shape->in);
    const double outputs = (double)tnas_tensor_count(&shape->out);
    const double window = (double)shape->kernel_h * shape->kernel_w;
    double weights = 0, macs = 0, live = inputs + outputs;
    switch (shape->kind) {
    case TNAS_COST_CONV:
        weights = window * shape->in.c * shape->out.c;
        macs = weights * shape->out.h * shape->out.w;
        add_conv(shape, outputs, weights, x);
        break;
    case TNAS_COST_DWCONV:
        weights = window * shape->out.c;
        add_dwconv(shape, outputs, window, x);
        break;
    case TNAS_COST_FC:
        weights = macs = inputs * outputs;
        x[TNAS_FEATURE_fc_mac] += macs;
        x[TNAS_FEATURE_fc_out] += outputs;
        break;
    default:
        add_loop(shape, inputs, outputs, window, x);
        if (shape->kind == TNAS_COST_ADD) /* of two tensors of one shape */
            live += inputs;
        else if (shape->kind == TNAS_COST_CONCAT) /* all inputs are the output */
            live = 2 * outputs;
        break;
    }
    const double weight_bytes = weights > 0 ? weights + BIAS_BYTES * shape->out.c : 0;
    x[TNAS_FEATURE_weight_byte] += weight_bytes;
    x[TNAS_FEATURE_layer] += 1;
    add_memory(memory, shape, live, weight_bytes, macs, x);
}

/* Where the constants of the whole network lie. */
static void add_flash(const tnas_memory_terms *memory, double network_weight_bytes, double *x)
{
    if (memory->chip_flash_bytes > 0 && network_weight_bytes > memory->chip_flash_bytes)
        x[TNAS_FEATURE_flash_ext] = x[TNAS_FEATURE_weight_byte];
}

static void clear(double *x)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = 0;
}

void tnas_features_of_shapes(const tnas_memory_terms *memory, const tnas_op_shape *shapes,
                             int count, double *x)
{
    const tnas_memory_terms *const terms = memory != NULL ? memory : &no_memory_terms;
    clear(x);
    for (int i = 0; i < count; i++)
        add_shape(terms, &shapes[i], x);
    add_flash(terms, x[TNAS_FEATURE_weight_byte], x);
}

static tnas_op_shape shape_of_op(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return (tnas_op_shape){
        .kind = cost_kind_of(o->kind),
        .in = graph->tensors[o->in[0]],
        .out = graph->tensors[o->out],
        .kernel_h = o->kernel_h,
        .kernel_w = o->kernel_w,
        .stride_h = o->stride_h,
        .stride_w = o->stride_w,
    };
}

void tnas_features_of_graph(const tnas_memory_terms *memory, const tnas_graph *graph, double *x)
{
    const tnas_memory_terms *const terms = memory != NULL ? memory : &no_memory_terms;
    clear(x);
    for (int op = 0; op < graph->op_count; op++) {
        const tnas_op_shape shape = shape_of_op(graph, op);
        add_shape(terms, &shape, x);
    }
    add_flash(terms, x[TNAS_FEATURE_weight_byte], x);
}

void tnas_features_of_op(const tnas_memory_terms *memory, const double *network_x,
                         const tnas_graph *graph, int op, double *x)
{
    const tnas_memory_terms *const terms = memory != NULL ? memory : &no_memory_terms;
    const tnas_op_shape shape = shape_of_op(graph, op);
    clear(x);
    add_shape(terms, &shape, x);
    add_flash(terms, network_x[TNAS_FEATURE_weight_byte], x);
}

double tnas_features_macs(const double *x)
{
    return x[TNAS_FEATURE_stem_mac] + x[TNAS_FEATURE_conv1_mac] + x[TNAS_FEATURE_convk_mac] +
           x[TNAS_FEATURE_dw3s1_mac] + x[TNAS_FEATURE_dw3s2_mac] + x[TNAS_FEATURE_dw5_mac] +
           x[TNAS_FEATURE_dw7_mac] + x[TNAS_FEATURE_fc_mac];
}

/* Of a network with depthwise convolutions. */
static tnas_family separable_family(const double *x)
{
    const double plain = x[TNAS_FEATURE_dw3s1_mac], strided = x[TNAS_FEATURE_dw3s2_mac];
    if (x[TNAS_FEATURE_concat] > 0)
        return x[TNAS_FEATURE_add] > x[TNAS_FEATURE_resize] ? TNAS_FAMILY_RESIDUAL_DETECTOR
                                                            : TNAS_FAMILY_DETECTOR;
    if (x[TNAS_FEATURE_bcast_out] > 0)
        return TNAS_FAMILY_EXCITED;
    if (x[TNAS_FEATURE_add_out] > 0)
        return TNAS_FAMILY_INVERTED_RESIDUAL;
    if (x[TNAS_FEATURE_convk_out] > 0)
        return TNAS_FAMILY_MIXED;
    /* MobileNetV1 has a quarter, FD-MobileNet two thirds and more. */
    return strided > 0.45 * plain ? TNAS_FAMILY_FAST_SEPARABLE : TNAS_FAMILY_SEPARABLE;
}

tnas_family tnas_family_of(const double *x)
{
    if (x[TNAS_FEATURE_layer] <= 1)
        return TNAS_FAMILY_LAYER;
    if (x[TNAS_FEATURE_dw_out] > 0)
        return separable_family(x);
    if (x[TNAS_FEATURE_stem_out] + x[TNAS_FEATURE_conv1_out] + x[TNAS_FEATURE_convk_out] == 0)
        return TNAS_FAMILY_DENSE;
    if (x[TNAS_FEATURE_concat] > 0)
        return TNAS_FAMILY_FIRE;
    return x[TNAS_FEATURE_add_out] > 0 ? TNAS_FAMILY_RESIDUAL : TNAS_FAMILY_PLAIN;
}

void tnas_latency_shares(const tnas_latency_model *model, const double *x, double *shares)
{
    double cycles = 0;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        cycles += x[f] * model->coefficient[f];
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        shares[f] = cycles > 0 ? x[f] * model->coefficient[f] / cycles : 0;
}

/* Variance of a weighted sum of fitted parameters, j' C j. Few of them are not 0. */
static double variance_along(const tnas_latency_model *model, const double *j)
{
    int active[TNAS_LATENCY_PARAMETERS], count = 0;
    for (int p = 0; p < TNAS_LATENCY_PARAMETERS; p++)
        if (j[p] != 0)
            active[count++] = p;
    double variance = 0;
    for (int a = 0; a < count; a++) {
        const double *const row = model->covariance[active[a]];
        double sum = 0.5 * j[active[a]] * row[active[a]];
        for (int b = 0; b < a; b++)
            sum += j[active[b]] * row[active[b]];
        variance += 2 * j[active[a]] * sum;
    }
    return variance > 0 ? variance : 0; /* a rounded covariance may be a hair below */
}

bool tnas_latency_knows_family(const tnas_latency_model *model, int family)
{
    return model->family_rows[family] >= FAMILY_ROWS_MIN;
}

void tnas_latency_predict_as(const tnas_latency_model *model, int family, const double *x,
                             tnas_latency *out)
{
    const bool known = tnas_latency_knows_family(model, family);
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
    const double kappa = known ? model->kappa : model->kappa_new;
    const double width = kappa * sqrt(variance + variance_along(model, j));
    *out = (tnas_latency){
        .cycles = cycles,
        .low_cycles = cycles * exp(-two_sided_90 * width),
        .high_cycles = cycles * exp(two_sided_90 * width),
        .upper_cycles = cycles * exp(one_sided_90 * width),
    };
}

void tnas_latency_predict(const tnas_latency_model *model, const double *x, tnas_latency *out)
{
    tnas_latency_predict_as(model, tnas_family_of(x), x, out);
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
