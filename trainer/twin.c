#include "trainer/twin.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/variant.h"

/* Slots behind those of the weights. Both are made to look like a batch norm of as many channels as
 * the graph has tensors: neither its scales nor its shifts decay. */
enum { RANGE_SLOT, COVER_SLOT, EXTRA_SLOTS };

static const tnas_slot *extra_slot(const tnas_store *store, int which)
{
    return &store->slots[store->slot_count - EXTRA_SLOTS + which];
}

/* The network's store with room for ranges. */
static tnas_status make_store(const tnas_net *net, const tnas_store *weights, tnas_store **out)
{
    const int count = weights->slot_count;
    *out = NULL;
    tnas_slot *shapes = tnas_alloc_zero((size_t)count + EXTRA_SLOTS, sizeof *shapes);
    if (shapes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "store of %d slots", count);
    memcpy(shapes, weights->slots, (size_t)count * sizeof *shapes);
    for (int i = 0; i < EXTRA_SLOTS; i++)
        shapes[count + i] = (tnas_slot){.kind = TNAS_OP_DWCONV2D,
                                        .out_c = net->graph.tensor_count,
                                        .in_c = 1,
                                        .kernel_h = 1,
                                        .kernel_w = 1,
                                        .batch_norm = true};
    const tnas_status status = tnas_store_create(shapes, count + EXTRA_SLOTS, out);
    if (status == TNAS_OK) /* laid out one after the other: what was there stays where it was */
        memcpy((*out)->values, weights->values, weights->value_count * sizeof(float));
    tnas_free(shapes);
    return status;
}

/* A float model that takes weights without batch norm. */
static tnas_status make_model(const tnas_graph *graph, tnas_model **out)
{
    TNAS_TRY(tnas_model_create(TNAS_MODEL_FLOAT, graph, out));
    for (int op = 0; op < graph->op_count; op++)
        if (tnas_op_has(graph->ops[op].kind, TNAS_OP_FILTERS))
            TNAS_TRY(tnas_model_add_constants(*out, op, 0));
    return TNAS_OK;
}

static void put_ranges(tnas_store *store, const tnas_range *ranges, int count)
{
    float *const max = store->values + extra_slot(store, RANGE_SLOT)->scale_at;
    float *const min = store->values + extra_slot(store, RANGE_SLOT)->shift_at;
    float *const cover = store->values + extra_slot(store, COVER_SLOT)->scale_at;
    for (int t = 0; t < count; t++) {
        min[t] = ranges[t].min;
        max[t] = ranges[t].max;
        cover[t] = 1.0f;
    }
}

tnas_status tnas_twin_init(tnas_twin *twin, const tnas_model *folded, const tnas_range *ranges)
{
    size_t channels = 0;
    for (int op = 0; op < folded->graph.op_count; op++)
        channels += (size_t)folded->graph.tensors[folded->graph.ops[op].out].c;
    *twin = (tnas_twin){.net = tnas_alloc_zero(1, sizeof *twin->net),
                        .grids = tnas_alloc_zero(1, sizeof *twin->grids),
                        .fractions = tnas_alloc_zero(channels, sizeof *twin->fractions)};
    tnas_store *weights = NULL;
    tnas_bn_stats stats = {NULL, NULL};
    tnas_status status = twin->net != NULL && twin->grids != NULL && twin->fractions != NULL
                             ? tnas_net_from_model(folded, twin->net, &weights, &stats)
                             : tnas_fail(TNAS_ERR_NOMEM, "twin of a network");
    if (status == TNAS_OK)
        status = make_store(twin->net, weights, &twin->store);
    if (status == TNAS_OK)
        status = make_store(twin->net, weights, &twin->rounded);
    if (status == TNAS_OK)
        status = make_model(&folded->graph, &twin->model);
    if (status == TNAS_OK)
        status = make_model(&folded->graph, &twin->worth);
    tnas_store_destroy(weights);
    tnas_bn_stats_deinit(&stats);
    if (status != TNAS_OK) {
        tnas_twin_deinit(twin);
        return status;
    }
    assert(twin->net->bn_channels == 0);
    put_ranges(twin->store, ranges, folded->graph.tensor_count);
    twin->net->grids = twin->grids;
    return TNAS_OK;
}

void tnas_twin_deinit(tnas_twin *twin)
{
    tnas_model_destroy(twin->worth);
    tnas_model_destroy(twin->model);
    tnas_store_destroy(twin->rounded);
    tnas_store_destroy(twin->store);
    tnas_free(twin->fractions);
    tnas_free(twin->grids);
    tnas_free(twin->net);
    *twin = (tnas_twin){0};
}

void tnas_twin_ranges(const tnas_twin *twin, const tnas_store *store, tnas_range *ranges)
{
    const float *const max = store->values + extra_slot(store, RANGE_SLOT)->scale_at;
    const float *const min = store->values + extra_slot(store, RANGE_SLOT)->shift_at;
    const float *const cover = store->values + extra_slot(store, COVER_SLOT)->scale_at;
    for (int t = 0; t < twin->net->graph.tensor_count; t++)
        ranges[t] = (tnas_range){min[t] * cover[t], max[t] * cover[t]};
}

/* What the fused activation leaves of a value. */
static float activated(float z, int activation)
{
    if (activation == TNAS_ACT_NONE)
        return z;
    const float above = fmaxf(z, 0.0f);
    return activation == TNAS_ACT_RELU6 ? fminf(above, 6.0f) : above;
}

void tnas_twin_follow(const tnas_twin *twin, tnas_store *store, const tnas_seen_range *seen,
                      double share)
{
    float *const max = store->values + extra_slot(store, RANGE_SLOT)->scale_at;
    float *const min = store->values + extra_slot(store, RANGE_SLOT)->shift_at;
    for (int op = 0; op < twin->net->graph.op_count; op++) {
        const tnas_op *const o = &twin->net->graph.ops[op];
        const int t = o->out;
        if (!(seen[t].min <= seen[t].max))
            continue;
        min[t] += (float)share * (activated(seen[t].min, o->activation) - min[t]);
        max[t] += (float)share * (activated(seen[t].max, o->activation) - max[t]);
    }
}

void tnas_twin_clip(const tnas_twin *twin, int tensor, float covered)
{
    twin->store->values[extra_slot(twin->store, COVER_SLOT)->scale_at + (size_t)tensor] = covered;
}

/* The first of the two roundings of each channel of a sum of products: to as many bits behind the
 * point as the kernel's shift takes away. Floats are exact to 22. */
static const float *list_fractions(const tnas_model *model, int op, float *at)
{
    const tnas_op *const o = &model->graph.ops[op];
    const double in = model->quant[o->in[0]].scale, out = model->quant[o->out].scale;
    for (int32_t c = 0; c < model->graph.tensors[o->out].c; c++) {
        int32_t multiplier;
        int8_t shift;
        tnas_quantize_multiplier(in * model->constants[op].weight_scale[c] / out, &multiplier,
                                 &shift);
        const int bits = shift < 0 ? -shift : 0;
        at[c] = ldexpf(1.0f, bits < 13 ? bits : 13);
    }
    return at;
}

static void set_grids(const tnas_twin *twin, const tnas_model *model)
{
    float *at = twin->fractions;
    memset(twin->grids, 0, sizeof *twin->grids);
    for (int op = 0; op < model->graph.op_count; op++) {
        const int kind = model->graph.ops[op].kind, t = model->graph.ops[op].out;
        tnas_grid_step *const grid = &twin->grids->tensors[t];
        int8_t min, max;
        tnas_pack_activation(model, op, &min, &max);
        *grid = (tnas_grid_step){.step = model->quant[t].scale,
                                 .low = (float)(min - model->quant[t].zero_point),
                                 .high = (float)(max - model->quant[t].zero_point),
                                 .average = kind == TNAS_OP_AVGPOOL || tnas_op_is_mean(kind),
                                 .zero = (float)-model->quant[t].zero_point};
        if (tnas_op_has(kind, TNAS_OP_FILTERS))
            grid->fractions = list_fractions(model, op, at);
        at += model->graph.tensors[t].c;
    }
}

tnas_status tnas_twin_round(tnas_twin *twin, const tnas_store *store, tnas_model **model)
{
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    tnas_twin_ranges(twin, store, ranges);
    tnas_net_give_weights(twin->net, store, twin->model);
    TNAS_TRY(tnas_model_quantize(twin->model, ranges, model));
    tnas_model_dequantize(*model, twin->worth);
    tnas_net_take_weights(twin->net, twin->worth, twin->rounded);
    set_grids(twin, *model);
    return TNAS_OK;
}
