/* The border to the exchange layout: our [out_c, in_c, h, w] becomes the model's OHWI, HWC and
 * NHWC order. All three are the same permutation [outer, c, plane] -> [outer, plane, c]. */
#include <string.h>

#include "common/alloc.h"
#include "nn/net.h"
#include "nn/weight.h"

static void channels_last(const float *in, size_t outer, size_t channels, size_t plane, float *out)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < plane; p++)
                out[(o * plane + p) * channels + c] = in[(o * channels + c) * plane + p];
}

static void export_weight(const tnas_graph *graph, int op, const float *dense, float *out)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]];
    const size_t out_c = (size_t)graph->tensors[o->out].c, in_c = (size_t)in->c;
    const size_t window = (size_t)o->kernel_h * o->kernel_w;
    switch (o->kind) {
    case TNAS_OP_CONV2D:
        channels_last(dense, out_c, in_c, window, out);
        break;
    case TNAS_OP_DWCONV2D:
        channels_last(dense, 1, out_c, window, out);
        break;
    default:
        channels_last(dense, out_c, in_c, (size_t)in->h * (size_t)in->w, out);
        break;
    }
}

static tnas_status export_op(const tnas_net *net, const tnas_store *store,
                             const tnas_bn_stats *stats, int op, tnas_model *model)
{
    const tnas_slot *const slot = &store->slots[net->views[op].slot];
    TNAS_TRY(tnas_model_add_constants(model, op, slot->batch_norm));
    const size_t count = (size_t)tnas_op_weight_count(&net->graph, op);
    float *dense = tnas_alloc_zero(count + net->transform_floats, sizeof *dense);
    if (dense == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "weights of operator %d", op);
    tnas_weight_gather(net, store, op, store->values, dense + count, dense);
    const tnas_op_constants *const k = &model->constants[op];
    export_weight(&net->graph, op, dense, k->weight);
    tnas_free(dense);

    const size_t bytes = (size_t)net->views[op].out_prefix * sizeof(float);
    memcpy(slot->batch_norm ? k->bn_shift : k->bias, store->values + slot->shift_at, bytes);
    if (slot->batch_norm) {
        memcpy(k->bn_scale, store->values + slot->scale_at, bytes);
        memcpy(k->bn_mean, stats->mean + net->bn_at[op], bytes);
        memcpy(k->bn_var, stats->var + net->bn_at[op], bytes);
    }
    return TNAS_OK;
}

tnas_status tnas_net_to_model(const tnas_net *net, const tnas_store *store,
                              const tnas_bn_stats *stats, tnas_model **out)
{
    *out = NULL;
    tnas_model *model;
    TNAS_TRY(tnas_model_create(TNAS_MODEL_FLOAT, &net->graph, &model));
    tnas_status status = TNAS_OK;
    for (int op = 0; op < net->graph.op_count && status == TNAS_OK; op++)
        if (net->views[op].slot != TNAS_NONE)
            status = export_op(net, store, stats, op, model);
    if (status != TNAS_OK) {
        tnas_model_destroy(model);
        return status;
    }
    *out = model;
    return TNAS_OK;
}
