#include "nn/slice.h"

#include <string.h>

tnas_slice tnas_slice_of(const tnas_net *net, const tnas_store *store, int op)
{
    const tnas_view *const view = &net->views[op];
    const tnas_op *const o = &net->graph.ops[op];
    const tnas_slot *const slot = &store->slots[view->slot];
    const size_t out_c = (size_t)view->out_prefix, in_c = (size_t)view->in_prefix;
    const size_t plane = (size_t)slot->kernel_h * slot->kernel_w;
    const size_t row = (size_t)slot->in_c * plane; /* values of an output channel */

    const bool whole = slot->kind == TNAS_OP_FC ||
                       (o->kernel_h == slot->kernel_h && o->kernel_w == slot->kernel_w);
    if (whole) /* the runs of an output channel join */
        return (tnas_slice){slot->weight_at, {out_c, 1, 1}, {row, 0, 0}, in_c * plane};

    const size_t top = (size_t)(slot->kernel_h - o->kernel_h) / 2;
    const size_t left = (size_t)(slot->kernel_w - o->kernel_w) / 2;
    return (tnas_slice){slot->weight_at + top * slot->kernel_w + left,
                        {out_c, in_c, o->kernel_h},
                        {row, plane, slot->kernel_w},
                        o->kernel_w};
}

/* Where run number `index` starts in the store. */
static size_t run_at(const tnas_slice *slice, size_t index)
{
    const size_t k = index % slice->counts[2];
    const size_t i = index / slice->counts[2] % slice->counts[1];
    const size_t o = index / slice->counts[2] / slice->counts[1];
    return slice->at + o * slice->strides[0] + i * slice->strides[1] + k * slice->strides[2];
}

static size_t run_count(const tnas_slice *slice)
{
    return slice->counts[0] * slice->counts[1] * slice->counts[2];
}

void tnas_slice_gather(const tnas_slice *slice, const float *values, float *dense)
{
    const size_t runs = run_count(slice);
    for (size_t r = 0; r < runs; r++)
        memcpy(dense + r * slice->run, values + run_at(slice, r), slice->run * sizeof(float));
}

void tnas_slice_scatter(const tnas_slice *slice, const float *dense, float *values)
{
    const size_t runs = run_count(slice);
    for (size_t r = 0; r < runs; r++)
        memcpy(values + run_at(slice, r), dense + r * slice->run, slice->run * sizeof(float));
}

void tnas_slice_scatter_add(const tnas_slice *slice, const float *dense, float *values)
{
    const size_t runs = run_count(slice);
    for (size_t r = 0; r < runs; r++) {
        float *const to = values + run_at(slice, r);
        for (size_t i = 0; i < slice->run; i++)
            to[i] += dense[r * slice->run + i];
    }
}
