#include "quant/variant.h"

#include <math.h>

#include "quant/convert.h"
#include "quant/filters.h"
#include "runtime/tnrt_kernels.h"

static const tnas_variant *const variants[] = {&tnas_variant_c, &tnas_variant_dsp,
                                               &tnas_variant_mve, &tnas_variant_gap8};
enum { VARIANT_COUNT = sizeof variants / sizeof variants[0] };

int tnas_variant_count(void)
{
    return VARIANT_COUNT;
}

const tnas_variant *tnas_variant_at(int index)
{
    return variants[index];
}

const tnas_variant *tnas_variant_of(const tnas_target *target)
{
    for (int i = 0; i < VARIANT_COUNT; i++)
        if (variants[i]->target == target)
            return variants[i];
    return NULL;
}

tnas_status tnas_pack_channel(const tnas_model *model, int op, int channel, int32_t *bias,
                              int32_t *multiplier, int8_t *shift)
{
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_op_constants *const constants = &model->constants[op];
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    const tnas_quant in = model->quant[o->in[0]], out = model->quant[o->out];
    int64_t folded = constants->bias_s32[channel];
    for (int i = 0; i < filters.weight_count; i++)
        folded -= in.zero_point * constants->weight_s8[tnas_filter_at(&filters, channel, i)];
    if (folded < INT32_MIN || folded > INT32_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "channel %d: bias %lld with the zero point folded in must fit 32 bits",
                         channel, (long long)folded);
    *bias = (int32_t)folded;
    tnas_quantize_multiplier((double)in.scale * constants->weight_scale[channel] / out.scale,
                             multiplier, shift);
    return TNAS_OK;
}

static int8_t quantized_clamp(float real, tnas_quant quant)
{
    const float q = (float)quant.zero_point + roundf(real / quant.scale);
    return (int8_t)fminf(fmaxf(q, INT8_MIN), INT8_MAX);
}

/* TensorFlow Lite's CalculateActivationRangeQuantized. */
void tnas_pack_activation(const tnas_model *model, int op, int8_t *min, int8_t *max)
{
    const int activation = model->graph.ops[op].activation;
    const tnas_quant out = model->quant[model->graph.ops[op].out];
    *min = activation == TNAS_ACT_NONE ? INT8_MIN : quantized_clamp(0.0f, out);
    *max = activation == TNAS_ACT_RELU6 ? quantized_clamp(6.0f, out) : INT8_MAX;
}

/* Both inputs go to twice the larger scale, shifted left by TNRT_ADD_EXTRA_BITS. */
void tnas_pack_sum(double scale, double scale2, double out_scale, int32_t multiplier[3],
                   int8_t shift[3])
{
    const double twice_max = 2.0 * fmax(scale, scale2);
    const double real[3] = {scale / twice_max, scale2 / twice_max,
                            twice_max / (out_scale * (1 << TNRT_ADD_EXTRA_BITS))};
    for (int i = 0; i < 3; i++)
        tnas_quantize_multiplier(real[i], &multiplier[i], &shift[i]);
}

void tnas_pack_add(const tnas_model *model, int op, int32_t multiplier[3], int8_t shift[3])
{
    const tnas_op *const o = &model->graph.ops[op];
    tnas_pack_sum(model->quant[o->in[0]].scale, model->quant[o->in[1]].scale,
                  model->quant[o->out].scale, multiplier, shift);
}
