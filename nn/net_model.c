/* The border to the exchange layout: our [out_c, in_c, h, w] becomes the model's OHWI, HWC and
 * NHWC order, and back. All three are the same permutation [outer, c, plane] -> [outer, plane, c].
 */
#include <assert.h>
#include <string.h>

#include "common/alloc.h"
#include "nn/net.h"
#include "nn/weight.h"

/* The weights of an operator as [outer, channels, plane]. */
typedef struct weight_shape {
    size_t outer, channels, plane;
} weight_shape;

static weight_shape weight_shape_of(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    const tnas_tensor *const in = &graph->tensors[o->in[0]];
    const size_t out_c = (size_t)graph->tensors[o->out].c, in_c = (size_t)in->c;
    const size_t window = (size_t)o->kernel_h * o->kernel_w;
    switch (o->kind) {
    case TNAS_OP_CONV2D:
        return (weight_shape){out_c, in_c, window};
    case TNAS_OP_DWCONV2D:
        return (weight_shape){1, out_c, window};
    default:
        return (weight_shape){out_c, in_c, (size_t)in->h * (size_t)in->w};
    }
}

static void channels_last(const float *in, weight_shape s, float *out)
{
    for (size_t o = 0; o < s.outer; o++)
        for (size_t c = 0; c < s.channels; c++)
            for (size_t p = 0; p < s.plane; p++)
                out[(o * s.plane + p) * s.channels + c] = in[(o * s.channels + c) * s.plane + p];
}

static void channels_first(const float *in, weight_shape s, float *out)
{
    for (size_t o = 0; o < s.outer; o++)
        for (size_t c = 0; c < s.channels; c++)
            for (size_t p = 0; p < s.plane; p++)
                out[(o * s.channels + c) * s.plane + p] = in[(o * s.plane + p) * s.channels + c];
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
    channels_last(dense, weight_shape_of(&net->graph, op), k->weight);
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

static void import_op(const tnas_net *net, const tnas_model *model, int op, tnas_store *store)
{
    /* Slots of a fixed network are dense, and of its operators' own shapes. */
    const tnas_slot *const slot = &store->slots[net->views[op].slot];
    const tnas_op_constants *const k = &model->constants[op];
    const size_t bytes = (size_t)slot->out_c * sizeof(float);
    channels_first(k->weight, weight_shape_of(&net->graph, op), store->values + slot->weight_at);
    memcpy(store->values + slot->shift_at, slot->batch_norm ? k->bn_shift : k->bias, bytes);
    if (slot->batch_norm) {
        assert(k->bn_scale != NULL); /* the slot was made with it because the model has it */
        memcpy(store->values + slot->scale_at, k->bn_scale, bytes);
    }
}

void tnas_net_take_weights(const tnas_net *net, const tnas_model *model, tnas_store *store)
{
    for (int op = 0; op < net->graph.op_count; op++)
        if (net->views[op].slot != TNAS_NONE)
            import_op(net, model, op, store);
}

void tnas_net_give_weights(const tnas_net *net, const tnas_store *store, tnas_model *model)
{
    for (int op = 0; op < net->graph.op_count; op++) {
        if (net->views[op].slot == TNAS_NONE)
            continue;
        const tnas_slot *const slot = &store->slots[net->views[op].slot];
        const tnas_op_constants *const k = &model->constants[op];
        channels_last(store->values + slot->weight_at, weight_shape_of(&net->graph, op), k->weight);
        memcpy(k->bias, store->values + slot->shift_at, (size_t)slot->out_c * sizeof(float));
    }
}

/* A bias in front of batch norm is the same as a mean moved the other way. */
static void import_stats(const tnas_net *net, const tnas_model *model, const tnas_bn_stats *stats)
{
    for (int op = 0; op < net->graph.op_count; op++) {
        const tnas_op_constants *const k = &model->constants[op];
        for (int32_t c = 0; k->bn_scale != NULL && c < net->views[op].out_prefix; c++) {
            stats->mean[net->bn_at[op] + c] = k->bn_mean[c] - k->bias[c];
            stats->var[net->bn_at[op] + c] = k->bn_var[c];
        }
    }
}

static tnas_status check_constants(const tnas_model *model)
{
    if (model->type != TNAS_MODEL_FLOAT)
        return tnas_fail(TNAS_ERR_INPUT, "a network of int8 weights cannot be trained; its float "
                                         "model is needed");
    for (int op = 0; op < model->graph.op_count; op++)
        if (tnas_op_has(model->graph.ops[op].kind, TNAS_OP_FILTERS) &&
            model->constants[op].weight == NULL)
            return tnas_fail(TNAS_ERR_INPUT, "operator %d has no weights", op);
    return TNAS_OK;
}

tnas_status tnas_net_from_model(const tnas_model *model, tnas_net *net, tnas_store **store,
                                tnas_bn_stats *stats)
{
    bool batch_norm[TNAS_GRAPH_OPS_MAX];
    *store = NULL;
    *stats = (tnas_bn_stats){NULL, NULL};
    TNAS_TRY(check_constants(model));
    for (int op = 0; op < model->graph.op_count; op++)
        batch_norm[op] = model->constants[op].bn_scale != NULL;
    TNAS_TRY(tnas_net_build_normed(&model->graph, batch_norm, net, store));
    const tnas_status status = tnas_bn_stats_init(net, stats);
    if (status != TNAS_OK) {
        tnas_store_destroy(*store);
        *store = NULL;
        return status;
    }
    tnas_net_take_weights(net, model, *store);
    import_stats(net, model, stats);
    return TNAS_OK;
}
