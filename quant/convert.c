/* The scheme is that of Jacob et al., "Quantization and Training of Neural Networks for
 * Efficient Integer-Arithmetic-Only Inference", CVPR 2018, with per-channel weights as in
 * TensorFlow Lite's 8-bit specification. */
#include "quant/convert.h"

#include <assert.h>
#include <math.h>

#include "quant/filters.h"
#include "runtime/tnrt_kernels.h"

enum { Q_MIN = -128, Q_MAX = 127, WEIGHT_Q_MAX = 127 };

/* Biases stay within BIAS_MAX (half of it is aimed at, the rest is for rounding), so that
 * PRODUCTS_MAX products fit 32 bits beside them, however the zero point's share is split between
 * bias and products: |q - zero point| and |q| + |zero point| are at most 256. */
enum {
    BIAS_MAX = 1 << 29,
    PRODUCTS_MAX = (INT32_MAX - BIAS_MAX) / (256 * WEIGHT_Q_MAX),
};

/* Finest step of a tensor: one that never leaves zero must not have scale 0. */
#define SCALE_MIN 1e-9f

void tnas_quantize_multiplier(double real, int32_t *multiplier, int8_t *shift)
{
    int exponent;
    const double fraction = frexp(real, &exponent);
    int64_t fixed = (int64_t)round(fraction * (double)(INT64_C(1) << 31));
    if (fixed == INT64_C(1) << 31) { /* a fraction just below 1 was rounded to 1 */
        fixed /= 2;
        exponent++;
    }
    if (exponent < -31) {
        exponent = 0;
        fixed = 0;
    }
    if (exponent > 30) {
        exponent = 30;
        fixed = INT32_MAX;
    }
    *multiplier = (int32_t)fixed;
    *shift = (int8_t)exponent;
}

tnas_quant tnas_quant_of_range(tnas_range range, float scale_min)
{
    const float min = fminf(range.min, 0.0f);
    const float width = fmaxf(range.max, 0.0f) - min;
    const float scale = fmaxf(width / (float)(Q_MAX - Q_MIN), scale_min);
    const double zero = round(Q_MIN - (double)min / scale);
    return (tnas_quant){scale, (int32_t)fmin(fmax(zero, Q_MIN), Q_MAX)};
}

static tnas_status check_range(int tensor, tnas_range range)
{
    if (isfinite(range.min) && isfinite(range.max) && range.min <= range.max &&
        isfinite(fmaxf(range.max, 0.0f) - fminf(range.min, 0.0f)))
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "tensor %d: range %g to %g must be finite and ascending",
                     tensor, (double)range.min, (double)range.max);
}

static float max_magnitude(const float *weight, const tnas_filters *filters, int channel)
{
    float max = 0.0f;
    for (int i = 0; i < filters->weight_count; i++) {
        const float magnitude = fabsf(weight[tnas_filter_at(filters, channel, i)]);
        if (isnan(magnitude))
            return magnitude;
        max = fmaxf(max, magnitude);
    }
    return max;
}

/* The scale is wide enough for the bias too, whose own scale it determines; the smallest is
 * for channels that are all zero. */
static float channel_scale(float max_weight, float bias, float in_scale)
{
    const float for_weights = max_weight / WEIGHT_Q_MAX;
    const float for_bias = fabsf(bias) / (in_scale * (float)(BIAS_MAX / 2));
    const float smallest = 1e-12f;
    return fmaxf(fmaxf(for_weights, for_bias), smallest);
}

static tnas_status quantize_constants(const tnas_model *model, int op, tnas_model *out)
{
    const tnas_op_constants *const from = &model->constants[op];
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    if (!tnas_op_has(model->graph.ops[op].kind, TNAS_OP_FILTERS))
        return TNAS_OK;
    assert(from->bn_scale == NULL);
    if (filters.weight_count > PRODUCTS_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d: %d products per output, at most %d fit a 32-bit sum", op,
                         filters.weight_count, PRODUCTS_MAX);
    TNAS_TRY(tnas_model_add_constants(out, op, 0));
    tnas_op_constants *const to = &out->constants[op];
    const float in_scale = out->quant[model->graph.ops[op].in[0]].scale;
    for (int channel = 0; channel < filters.channel_count; channel++) {
        const float max_weight = max_magnitude(from->weight, &filters, channel);
        const float bias = from->bias[channel];
        if (!isfinite(max_weight) || !isfinite(bias))
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d, channel %d: weights and bias must be finite", op,
                             channel);
        const float scale = channel_scale(max_weight, bias, in_scale);
        for (int i = 0; i < filters.weight_count; i++) {
            const size_t at = tnas_filter_at(&filters, channel, i);
            to->weight_s8[at] = (int8_t)lround((double)from->weight[at] / scale);
        }
        to->weight_scale[channel] = scale;
        to->bias_s32[channel] = (int32_t)lround(bias / ((double)in_scale * scale));
    }
    return TNAS_OK;
}

/* The real value of one unit of an operator's 32-bit sums. */
static float sum_unit(const tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const float in_scale = model->quant[o->in[0]].scale;
    if (o->kind == TNAS_OP_ADD)
        return ldexpf(2.0f * fmaxf(in_scale, model->quant[o->in[1]].scale), -TNRT_ADD_EXTRA_BITS);
    float max = 0.0f;
    for (int channel = 0; channel < model->graph.tensors[o->out].c; channel++)
        max = fmaxf(max, model->constants[op].weight_scale[channel]);
    return in_scale * max;
}

/* Steps finer than twice the sums' unit would show noise, and rescaling by 1 or more could push
 * bits out on the left. It happens to tensors that are all but constant. */
static tnas_status quantize_output(const tnas_range *ranges, int op, tnas_model *out)
{
    const tnas_op *const o = &out->graph.ops[op];
    if (!tnas_op_has(o->kind, TNAS_OP_WINDOW | TNAS_OP_FILTERS) && o->kind != TNAS_OP_ADD)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s) cannot be quantised", op,
                         tnas_op_kind_text(o->kind));
    if (o->kind == TNAS_OP_AVGPOOL || o->kind == TNAS_OP_MAXPOOL || tnas_op_is_mean(o->kind)) {
        out->quant[o->out] = out->quant[o->in[0]];
        return TNAS_OK;
    }
    TNAS_TRY(check_range(o->out, ranges[o->out]));
    out->quant[o->out] =
        tnas_quant_of_range(ranges[o->out], fmaxf(2.0f * sum_unit(out, op), SCALE_MIN));
    return TNAS_OK;
}

tnas_status tnas_model_quantize(const tnas_model *model, const tnas_range *ranges, tnas_model **out)
{
    assert(model->type == TNAS_MODEL_FLOAT);
    *out = NULL;
    tnas_model *quantized = NULL;
    TNAS_TRY(tnas_model_create(TNAS_MODEL_INT8, &model->graph, &quantized));
    quantized->quant[0] = (tnas_quant){TNAS_INPUT_SCALE, TNAS_INPUT_ZERO_POINT};
    tnas_status status = TNAS_OK;
    for (int op = 0; op < model->graph.op_count && status == TNAS_OK; op++) {
        status = quantize_constants(model, op, quantized);
        if (status == TNAS_OK)
            status = quantize_output(ranges, op, quantized);
    }
    if (status == TNAS_OK) {
        *out = quantized;
        quantized = NULL; /* the caller owns it now */
    }
    tnas_model_destroy(quantized);
    return status;
}

void tnas_model_dequantize(const tnas_model *model, tnas_model *out)
{
    assert(model->type == TNAS_MODEL_INT8 && out->type == TNAS_MODEL_FLOAT);
    for (int op = 0; op < model->graph.op_count; op++) {
        if (!tnas_op_has(model->graph.ops[op].kind, TNAS_OP_FILTERS))
            continue;
        const tnas_op_constants *const from = &model->constants[op];
        const tnas_op_constants *const to = &out->constants[op];
        const tnas_filters filters = tnas_filters_of(&model->graph, op);
        const double in_scale = model->quant[model->graph.ops[op].in[0]].scale;
        for (int channel = 0; channel < filters.channel_count; channel++) {
            const float scale = from->weight_scale[channel];
            for (int i = 0; i < filters.weight_count; i++) {
                const size_t at = tnas_filter_at(&filters, channel, i);
                to->weight[at] = scale * (float)from->weight_s8[at];
            }
            to->bias[channel] = (float)(in_scale * scale * from->bias_s32[channel]);
        }
    }
}
