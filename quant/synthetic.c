#include "quant/synthetic.h"

#include <math.h>

#include "common/rng.h"
#include "quant/convert.h"

/* Standard deviations of uniform weights, and of activations that use their range well. */
enum { WEIGHT_MAX = 127, WEIGHT_RMS = 73, ACTIVATION_RMS = 50 };

static tnas_status draw_constants(tnas_rng *rng, tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const int64_t weight_count = tnas_op_weight_count(&model->graph, op);
    const int32_t channels = model->graph.tensors[o->out].c;
    TNAS_TRY(tnas_model_add_constants(model, op, 0));
    tnas_op_constants *const constants = &model->constants[op];
    for (int64_t i = 0; i < weight_count; i++)
        constants->weight_s8[i] =
            (int8_t)((int)tnas_rng_below(rng, 2 * WEIGHT_MAX + 1) - WEIGHT_MAX);
    const double acc_rms =
        WEIGHT_RMS * ACTIVATION_RMS * sqrt((double)weight_count / (double)channels);
    const bool filters = tnas_op_has(o->kind, TNAS_OP_FILTERS);
    for (int32_t c = 0; c < channels; c++) {
        /* Sums come down to activations, so that all tensors have one scale. */
        constants->weight_scale[c] = (float)(filters ? ACTIVATION_RMS / acc_rms : 1.0 / WEIGHT_MAX);
        constants->bias_s32[c] = filters ? (int32_t)(acc_rms / 2 * tnas_rng_normal(rng)) : 0;
    }
    return TNAS_OK;
}

static tnas_status fill(tnas_rng *rng, tnas_model *model)
{
    model->quant[0] = (tnas_quant){TNAS_INPUT_SCALE, TNAS_INPUT_ZERO_POINT};
    for (int op = 0; op < model->graph.op_count; op++) {
        const tnas_op *const o = &model->graph.ops[op];
        tnas_quant *const out = &model->quant[o->out];
        *out = model->quant[o->in[0]];
        if (o->kind != TNAS_OP_AVGPOOL && o->kind != TNAS_OP_MAXPOOL)        /* they keep theirs */
            out->zero_point = o->activation != TNAS_ACT_NONE ? INT8_MIN : 0; /* no sign to code */
        if (o->kind == TNAS_OP_SOFTMAX || o->kind == TNAS_OP_LOGISTIC)
            *out = (tnas_quant){1.0f / 256, -128};
        if (tnas_op_weight_count(&model->graph, op) > 0)
            TNAS_TRY(draw_constants(rng, model, op));
    }
    return TNAS_OK;
}

tnas_status tnas_synthetic_model(const tnas_graph *graph, uint64_t seed, tnas_model **out)
{
    *out = NULL;
    tnas_model *model;
    TNAS_TRY(tnas_model_create(TNAS_MODEL_INT8, graph, &model));
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_TEST, 0);
    const tnas_status status = fill(&rng, model);
    if (status == TNAS_OK)
        *out = model;
    else
        tnas_model_destroy(model);
    return status;
}
