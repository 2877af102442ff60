/* The plain C variant: constants as the model has them, biases folded; numbers that stand for
 * functions as TensorFlow Lite computes them when it loads a model. */
#include <math.h>
#include <string.h>

#include "quant/convert.h"
#include "quant/variant.h"
#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_requant.h"

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL)
#undef KERNEL
};

/* runtime/tnrt_requant.h: biases, multipliers, then the shifts as bytes. */
static tnas_status pack_filters(const tnas_model *model, int op, int8_t *weights, int32_t *params)
{
    const int channels = model->graph.tensors[model->graph.ops[op].out].c;
    int8_t *const shifts = (int8_t *)(params + 2 * channels);
    memcpy(weights, model->constants[op].weight_s8,
           (size_t)tnas_op_weight_count(&model->graph, op));
    for (int c = 0; c < channels; c++)
        TNAS_TRY(tnas_pack_channel(model, op, c, &params[c], &params[channels + c], &shifts[c]));
    return TNAS_OK;
}

static void pack_add(const tnas_model *model, int op, int32_t *params)
{
    int8_t shifts[3];
    tnas_pack_add(model, op, params, shifts);
    for (int i = 0; i < 3; i++)
        params[3 + i] = shifts[i];
}

/* ---- Products and sums with constants ----------------------------------------------------- */

/* Scale and zero point of channel constants: one for all. */
static tnas_status constant_quant(const tnas_model *model, int op, tnas_quant *out)
{
    const tnas_op_constants *const k = &model->constants[op];
    *out = (tnas_quant){k->weight_scale[0], k->bias_s32[0]};
    if (!(out->scale > 0) || out->zero_point < INT8_MIN || out->zero_point > INT8_MAX)
        return tnas_fail(
            TNAS_ERR_INPUT,
            "scale %g of its constants must be positive, zero point %d from -128 to 127",
            (double)out->scale, out->zero_point);
    for (int c = 1; c < model->graph.tensors[model->graph.ops[op].out].c; c++)
        if (k->weight_scale[c] != out->scale || k->bias_s32[c] != out->zero_point)
            return tnas_fail(TNAS_ERR_INPUT,
                             "channel %d: its constants must have one scale and zero point for all",
                             c);
    return TNAS_OK;
}

static void pack_factor(double factor, int32_t params[2])
{
    int8_t shift;
    tnas_quantize_multiplier(factor, &params[0], &shift);
    params[1] = shift;
}

/* In float, as TensorFlow Lite computes the factor of a product: the last bits decide ties. */
static void pack_mul(const tnas_model *model, int op, float scale2, int32_t *params)
{
    const tnas_op *const o = &model->graph.ops[op];
    const float factor = model->quant[o->in[0]].scale * scale2 / model->quant[o->out].scale;
    pack_factor(factor, params);
}

static tnas_status pack_channel_mul(const tnas_model *model, int op, int8_t *weights,
                                    int32_t *params)
{
    tnas_quant quant;
    TNAS_TRY(constant_quant(model, op, &quant));
    memcpy(weights, model->constants[op].weight_s8,
           (size_t)tnas_op_weight_count(&model->graph, op));
    pack_mul(model, op, quant.scale, params);
    return TNAS_OK;
}

static tnas_status pack_channel_add(const tnas_model *model, int op, int32_t *params)
{
    const tnas_op *const o = &model->graph.ops[op];
    tnas_quant quant;
    TNAS_TRY(constant_quant(model, op, &quant));
    int32_t multiplier[3];
    int8_t shift[3];
    tnas_pack_sum(model->quant[o->in[0]].scale, quant.scale, model->quant[o->out].scale, multiplier,
                  shift);
    params[0] = multiplier[0];
    params[1] = shift[0];
    params[2] = multiplier[2];
    params[3] = shift[2];
    for (int c = 0; c < model->graph.tensors[o->out].c; c++) {
        const int32_t centred = model->constants[op].weight_s8[c] - quant.zero_point;
        params[4 + c] = tnrt_rescale(centred * (1 << TNRT_ADD_EXTRA_BITS), multiplier[1], shift[1]);
    }
    return TNAS_OK;
}

/* ---- Functions of one element -------------------------------------------------------------- */

/* 1 / (1 + exp(-x)) in float, as TensorFlow Lite fills its table. */
static int32_t logistic_of(int q, tnas_quant in, tnas_quant out)
{
    const float x = in.scale * (float)(q - in.zero_point);
    const float y = 1.0f / (1.0f + expf(-x));
    return (int32_t)(roundf(y * (1.0f / out.scale)) + (float)out.zero_point);
}

static int8_t clamped(int32_t q, int32_t min, int32_t max)
{
    return (int8_t)(q < min ? min : q > max ? max : q);
}

static void pack_table(const tnas_model *model, int op, int32_t *params)
{
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_quant in = model->quant[o->in[0]], out = model->quant[o->out];
    int8_t *const table = (int8_t *)params - INT8_MIN;
    int32_t multiplier;
    int8_t shift, min, max;
    tnas_quantize_multiplier((double)in.scale / out.scale, &multiplier, &shift);
    tnas_pack_activation(model, op, &min, &max);
    for (int q = INT8_MIN; q <= INT8_MAX; q++)
        table[q] =
            o->kind == TNAS_OP_LOGISTIC
                ? clamped(logistic_of(q, in, out), INT8_MIN, INT8_MAX)
                : clamped(out.zero_point + tnrt_rescale(q - in.zero_point, multiplier, shift), min,
                          max);
}

/* ---- Softmax ------------------------------------------------------------------------------- */

/* Distances go to Q5: 26 bits behind the point. Those that would leave it count as infinite. */
static tnas_status pack_softmax(const tnas_model *model, int op, int32_t *params)
{
    enum { INTEGER_BITS = 5, FRACTION_BITS = 26 };
    const float scale = model->quant[model->graph.ops[op].in[0]].scale;
    const double real = fmin(ldexp(scale, FRACTION_BITS), (double)INT32_MAX);
    int8_t shift;
    if (!(real > 1))
        return tnas_fail(TNAS_ERR_INPUT, "scale %g of its input is too small", (double)scale);
    tnas_quantize_multiplier(real, &params[0], &shift);
    params[1] = shift;
    params[2] = -(int32_t)floor(ldexp((1 << INTEGER_BITS) - 1, FRACTION_BITS - shift));
    return TNAS_OK;
}

/* ---- Means --------------------------------------------------------------------------------- */

/* (sum * multiplier + rounding) >> shift, + offset; one rounding for sums >= 0, one below. */
typedef struct mean_numbers {
    int32_t multiplier, shift, offset;
    int64_t above, below;
} mean_numbers;

/* sum / count, truncated: the multiplier is just above 1 / count, by so little that the largest sum
 * does not notice. */
static mean_numbers truncated_mean(int count)
{
    int shift = 30;
    while (count >> (shift - 29) > 0)
        shift++;
    const int64_t one = INT64_C(1) << shift;
    return (mean_numbers){
        .multiplier = (int32_t)((one + count - 1) / count), .shift = shift, .below = one - 1};
}

/* The real mean rounded to the output's steps, ties upwards. */
static mean_numbers rescaled_mean(int count, tnas_quant in, tnas_quant out)
{
    enum { SHIFT_MAX = 46 }; /* products stay within 2^54 */
    const double real = (double)in.scale / out.scale / count;
    int exponent;
    frexp(real, &exponent);
    const int shift = 30 - exponent < SHIFT_MAX ? 30 - exponent : SHIFT_MAX;
    const double zero = -(double)in.zero_point * in.scale / out.scale;
    const int64_t rounding = (int64_t)floor(ldexp(zero + 0.5, shift));
    return (mean_numbers){.multiplier = (int32_t)lround(ldexp(real, shift)),
                          .shift = shift,
                          .offset = out.zero_point,
                          .above = rounding,
                          .below = rounding};
}

static tnas_status pack_mean(const tnas_model *model, int op, int32_t *params)
{
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_quant in = model->quant[o->in[0]], out = model->quant[o->out];
    const double factor = (double)in.scale / out.scale;
    if (!(factor > ldexp(1, -20)) || !(factor < ldexp(1, 6)))
        return tnas_fail(TNAS_ERR_INPUT, "the factor from scale %g to %g must be 2^-20 to 2^6",
                         (double)in.scale, (double)out.scale);
    if (o->kind == TNAS_OP_MEAN_KEPT) {
        pack_factor(factor, params);
        return TNAS_OK;
    }
    const int count = o->kernel_h * o->kernel_w;
    const mean_numbers m = in.scale == out.scale && in.zero_point == out.zero_point
                               ? truncated_mean(count)
                               : rescaled_mean(count, in, out);
    params[0] = m.multiplier;
    params[1] = m.shift;
    params[2] = m.offset;
    params[3] = (int32_t)(uint32_t)((uint64_t)m.above & UINT32_MAX);
    params[4] = (int32_t)(m.above >> 32);
    params[5] = (int32_t)(uint32_t)((uint64_t)m.below & UINT32_MAX);
    params[6] = (int32_t)(m.below >> 32);
    return TNAS_OK;
}

/* ---- All ----------------------------------------------------------------------------------- */

static tnas_status pack(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params)
{
    (void)kernel;
    const tnas_op *const o = &model->graph.ops[op];
    switch ((tnas_op_kind)o->kind) {
    case TNAS_OP_CONV2D:
    case TNAS_OP_DWCONV2D:
    case TNAS_OP_FC:
        return pack_filters(model, op, weights, params);
    case TNAS_OP_ADD:
        pack_add(model, op, params);
        return TNAS_OK;
    case TNAS_OP_MUL:
        pack_mul(model, op, model->quant[o->in[1]].scale, params);
        return TNAS_OK;
    case TNAS_OP_CHANNEL_MUL:
        return pack_channel_mul(model, op, weights, params);
    case TNAS_OP_CHANNEL_ADD:
        return pack_channel_add(model, op, params);
    case TNAS_OP_LOGISTIC:
    case TNAS_OP_ACTIVATION:
        pack_table(model, op, params);
        return TNAS_OK;
    case TNAS_OP_SOFTMAX:
        return pack_softmax(model, op, params);
    case TNAS_OP_MEAN:
    case TNAS_OP_MEAN_KEPT:
        return pack_mean(model, op, params);
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
    case TNAS_OP_CONCAT:
    case TNAS_OP_PAD:
    case TNAS_OP_KIND_COUNT:
        break;
    }
    return TNAS_OK;
}

const tnas_variant tnas_variant_c = {
    .target = &tnas_target_tinynas_c,
    .kernels = kernels,
    .pack = pack,
};
