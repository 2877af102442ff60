#include "nn/net.h"

#include <string.h>

#include "common/alloc.h"
#include "nn/slice.h"
#include "nn/weight.h"

static bool has_weights(const tnas_op *op)
{
    return op->kind == TNAS_OP_CONV2D || op->kind == TNAS_OP_DWCONV2D || op->kind == TNAS_OP_FC;
}

/* Input channels of the operator in its slot's terms. */
static int32_t slot_in_c(const tnas_graph *graph, int op)
{
    const tnas_tensor *const in = &graph->tensors[graph->ops[op].in[0]];
    switch (graph->ops[op].kind) {
    case TNAS_OP_DWCONV2D:
        return 1;
    case TNAS_OP_FC:
        return (int32_t)tnas_tensor_count(in);
    default:
        return in->c;
    }
}

static tnas_status check_prefixes(const tnas_graph *graph, int op, const tnas_view *view,
                                  const tnas_slot *slot)
{
    const int32_t out_c = graph->tensors[graph->ops[op].out].c;
    const int32_t in_c = slot_in_c(graph, op);
    if (view->out_prefix != out_c || view->out_prefix > slot->out_c)
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d: out prefix %d must be its %d output channels and at most "
                         "the %d of slot %d",
                         op, view->out_prefix, out_c, slot->out_c, view->slot);
    if (view->in_prefix != in_c || view->in_prefix > slot->in_c)
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d: in prefix %d must be its %d input channels and at most the "
                         "%d of slot %d",
                         op, view->in_prefix, in_c, slot->in_c, view->slot);
    return TNAS_OK;
}

static tnas_status check_kernel(const tnas_op *op, int index, const tnas_view *view,
                                const tnas_slot *slot)
{
    if (op->kind == TNAS_OP_FC)
        return TNAS_OK;
    const int h = slot->kernel_h - op->kernel_h, w = slot->kernel_w - op->kernel_w;
    if (h < 0 || w < 0 || h % 2 != 0 || w % 2 != 0)
        return tnas_fail(
            TNAS_ERR_INPUT, "operator %d: kernel %dx%d must be the centre of the %dx%d of slot %d",
            index, op->kernel_h, op->kernel_w, slot->kernel_h, slot->kernel_w, view->slot);
    if (view->kernel == TNAS_KERNEL_CROP || h + w == 0)
        return TNAS_OK;
    for (int i = 0; i < slot->window_count; i++)
        if (slot->windows[i].h == op->kernel_h && slot->windows[i].w == op->kernel_w)
            return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "operator %d: kernel %dx%d must be one of the windows that slot %d has "
                     "matrices for",
                     index, op->kernel_h, op->kernel_w, view->slot);
}

static tnas_status check_view(const tnas_graph *graph, int op, const tnas_view *view,
                              const tnas_store *store)
{
    const tnas_op *const o = &graph->ops[op];
    if (!has_weights(o))
        return view->slot == TNAS_NONE
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): slot %d must be none", op,
                               tnas_op_kind_text(o->kind), view->slot);
    if (view->slot < 0 || view->slot >= store->slot_count)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d: slot %d must be 0 to %d", op, view->slot,
                         store->slot_count - 1);
    const tnas_slot *const slot = &store->slots[view->slot];
    if (slot->kind != o->kind)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): slot %d is of a %s", op,
                         tnas_op_kind_text(o->kind), view->slot, tnas_op_kind_text(slot->kind));
    TNAS_TRY(check_prefixes(graph, op, view, slot));
    return check_kernel(o, op, view, slot);
}

/* What can be trained: the operators of the search spaces. */
static tnas_status check_kinds(const tnas_graph *graph)
{
    for (int op = 0; op < graph->op_count; op++)
        if (!tnas_op_has(graph->ops[op].kind, TNAS_OP_WINDOW | TNAS_OP_FILTERS) &&
            graph->ops[op].kind != TNAS_OP_ADD)
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d (%s): the training engine cannot compute it", op,
                             tnas_op_kind_text(graph->ops[op].kind));
    return TNAS_OK;
}

static tnas_status check_output(const tnas_graph *graph)
{
    const tnas_tensor *const out = &graph->tensors[tnas_graph_output(graph)];
    return out->h == 1 && out->w == 1
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT, "output %dx%dx%d of a classifier must be 1x1", out->h,
                           out->w, out->c);
}

static bool is_transformed(const tnas_op *op, const tnas_view *view, const tnas_slot *slot)
{
    return view->kernel == TNAS_KERNEL_TRANSFORM && op->kind != TNAS_OP_FC &&
           (op->kernel_h != slot->kernel_h || op->kernel_w != slot->kernel_w);
}

tnas_status tnas_net_build(const tnas_graph *graph, const tnas_view *views, const tnas_store *store,
                           tnas_net *out)
{
    memset(out, 0, sizeof *out);
    TNAS_TRY(tnas_graph_check(graph));
    TNAS_TRY(check_kinds(graph));
    TNAS_TRY(check_output(graph));
    for (int op = 0; op < graph->op_count; op++)
        TNAS_TRY(check_view(graph, op, &views[op], store));
    out->graph = *graph;
    for (int op = 0; op < graph->op_count; op++) {
        out->views[op] = views[op];
        out->bn_at[op] = out->bn_channels;
        if (views[op].slot == TNAS_NONE)
            continue;
        const tnas_slot *const slot = &store->slots[views[op].slot];
        if (slot->batch_norm)
            out->bn_channels += views[op].out_prefix;
        const size_t floats = tnas_weight_scratch_floats(slot);
        if (is_transformed(&graph->ops[op], &views[op], slot) && floats > out->transform_floats)
            out->transform_floats = floats;
    }
    return TNAS_OK;
}

tnas_status tnas_net_build_fixed(const tnas_graph *graph, tnas_net *net, tnas_store **store)
{
    bool batch_norm[TNAS_GRAPH_OPS_MAX] = {false};
    const int op_count =
        graph->op_count < TNAS_GRAPH_OPS_MAX ? graph->op_count : TNAS_GRAPH_OPS_MAX;
    for (int op = 0; op < op_count; op++)
        batch_norm[op] = graph->ops[op].kind != TNAS_OP_FC;
    return tnas_net_build_normed(graph, batch_norm, net, store);
}

tnas_status tnas_net_build_normed(const tnas_graph *graph, const bool *batch_norm, tnas_net *net,
                                  tnas_store **store)
{
    *store = NULL;
    memset(net, 0, sizeof *net);
    TNAS_TRY(tnas_graph_check(graph)); /* before shapes are believed */
    tnas_slot *slots = tnas_alloc_zero(TNAS_GRAPH_OPS_MAX, sizeof *slots);
    tnas_view *views = tnas_alloc_zero(TNAS_GRAPH_OPS_MAX, sizeof *views);
    tnas_status status = TNAS_OK;
    if (slots == NULL || views == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "net of %d operators", graph->op_count);
        goto done;
    }
    int16_t slot_count = 0;
    for (int op = 0; op < graph->op_count; op++) {
        const tnas_op *const o = &graph->ops[op];
        views[op].slot = TNAS_NONE;
        if (!has_weights(o))
            continue;
        const int32_t out_c = graph->tensors[o->out].c, in_c = slot_in_c(graph, op);
        const bool fc = o->kind == TNAS_OP_FC;
        views[op] = (tnas_view){.slot = slot_count, .out_prefix = out_c, .in_prefix = in_c};
        slots[slot_count++] = (tnas_slot){.kind = o->kind,
                                          .out_c = out_c,
                                          .in_c = in_c,
                                          .kernel_h = fc ? 1 : o->kernel_h,
                                          .kernel_w = fc ? 1 : o->kernel_w,
                                          .batch_norm = batch_norm[op]};
    }
    status = tnas_store_create(slots, slot_count, store);
    if (status == TNAS_OK)
        status = tnas_net_build(graph, views, *store, net);
    if (status != TNAS_OK) {
        tnas_store_destroy(*store);
        *store = NULL;
    }
done:
    tnas_free(slots);
    tnas_free(views);
    return status;
}

tnas_status tnas_bn_stats_init(const tnas_net *net, tnas_bn_stats *out)
{
    const size_t channels = (size_t)net->bn_channels;
    out->mean = tnas_alloc_zero(channels, sizeof *out->mean);
    out->var = tnas_alloc_zero(channels, sizeof *out->var);
    if (out->mean != NULL && out->var != NULL)
        return TNAS_OK;
    tnas_bn_stats_deinit(out);
    return tnas_fail(TNAS_ERR_NOMEM, "batch-norm statistics of %d channels", net->bn_channels);
}

void tnas_bn_stats_deinit(tnas_bn_stats *stats)
{
    tnas_free(stats->mean);
    tnas_free(stats->var);
    *stats = (tnas_bn_stats){NULL, NULL};
}

static void copy_channels(const tnas_store *from, size_t from_at, tnas_store *to, size_t to_at,
                          int32_t count)
{
    memcpy(to->values + to_at, from->values + from_at, (size_t)count * sizeof(float));
}

static tnas_status check_same_graph(const tnas_net *from, const tnas_store *from_store,
                                    const tnas_net *to, const tnas_store *to_store)
{
    if (from->graph.op_count != to->graph.op_count)
        return tnas_fail(TNAS_ERR_INPUT, "copy of %d operators into %d: must be the same graph",
                         from->graph.op_count, to->graph.op_count);
    for (int op = 0; op < from->graph.op_count; op++) {
        const tnas_op *const a = &from->graph.ops[op], *const b = &to->graph.ops[op];
        const tnas_view *const v = &from->views[op], *const w = &to->views[op];
        const bool same = a->kind == b->kind && a->kernel_h == b->kernel_h &&
                          a->kernel_w == b->kernel_w && v->out_prefix == w->out_prefix &&
                          v->in_prefix == w->in_prefix;
        if (!same)
            return tnas_fail(TNAS_ERR_INPUT, "copy of operator %d: must have the same shape", op);
        if (v->slot != TNAS_NONE &&
            from_store->slots[v->slot].batch_norm != to_store->slots[w->slot].batch_norm)
            return tnas_fail(TNAS_ERR_INPUT,
                             "copy of operator %d: both or neither must have batch norm", op);
    }
    return TNAS_OK;
}

tnas_status tnas_net_copy(const tnas_net *from, const tnas_store *from_store, const tnas_net *to,
                          tnas_store *to_store)
{
    TNAS_TRY(check_same_graph(from, from_store, to, to_store));
    if (to->transform_floats > 0)
        return tnas_fail(TNAS_ERR_INPUT, "copy into a transformed kernel: it has no way back");
    size_t largest = 0;
    for (int op = 0; op < from->graph.op_count; op++) {
        const size_t count = (size_t)tnas_op_weight_count(&from->graph, op);
        largest = count > largest ? count : largest;
    }
    float *dense = tnas_alloc_zero(largest + from->transform_floats, sizeof *dense);
    if (dense == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "copy of an operator with %zu weights", largest);
    for (int op = 0; op < from->graph.op_count; op++) {
        const tnas_view *const a = &from->views[op], *const b = &to->views[op];
        if (a->slot == TNAS_NONE)
            continue;
        const tnas_slot *const s = &from_store->slots[a->slot], *const t =
                                                                    &to_store->slots[b->slot];
        const tnas_slice target = tnas_slice_of(to, to_store, op);
        tnas_weight_gather(from, from_store, op, from_store->values, dense + largest, dense);
        tnas_slice_scatter(&target, dense, to_store->values);
        if (s->batch_norm)
            copy_channels(from_store, s->scale_at, to_store, t->scale_at, a->out_prefix);
        copy_channels(from_store, s->shift_at, to_store, t->shift_at, a->out_prefix);
    }
    tnas_free(dense);
    return TNAS_OK;
}
