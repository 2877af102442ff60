#include "quant/fold.h"

#include <assert.h>
#include <math.h>

#include "quant/filters.h"

static void fold_op(tnas_op_constants *constants, const tnas_filters *filters)
{
    for (int channel = 0; channel < filters->channel_count; channel++) {
        const double deviation = sqrt((double)constants->bn_var[channel] + TNAS_BN_EPSILON);
        const double gain = constants->bn_scale[channel] / deviation;
        const double centred = (double)constants->bias[channel] - constants->bn_mean[channel];
        for (int i = 0; i < filters->weight_count; i++) {
            float *const weight = &constants->weight[tnas_filter_at(filters, channel, i)];
            *weight = (float)(*weight * gain);
        }
        constants->bias[channel] = (float)(centred * gain + constants->bn_shift[channel]);
    }
    constants->bn_scale = constants->bn_shift = constants->bn_mean = constants->bn_var = NULL;
}

void tnas_model_fold(tnas_model *model)
{
    assert(model->type == TNAS_MODEL_FLOAT);
    for (int op = 0; op < model->graph.op_count; op++) {
        const tnas_filters filters = tnas_filters_of(&model->graph, op);
        if (model->constants[op].bn_scale != NULL)
            fold_op(&model->constants[op], &filters);
    }
}
