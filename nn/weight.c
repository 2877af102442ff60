/* Filter by filter: [slot window] -> crop -> matrix -> [window 0] -> crop -> matrix -> ...; the
 * crops are kept, for backward needs them. A matrix has some 25 x 25 values, a filter is used on
 * thousands of pixels: nothing here is worth a kernel. */
#include "nn/weight.h"

#include <assert.h>
#include <string.h>

#include "nn/slice.h"

/* One filter's way down through the windows of its slot. */
typedef struct descent {
    const tnas_slot *slot;
    int steps; /* matrices to go through */
    const float *values;
    float *crops; /* [steps, area of the slot's window] */
    float *a, *b; /* [area of the slot's window] */
} descent;

static size_t slot_area(const tnas_slot *slot)
{
    return (size_t)slot->kernel_h * slot->kernel_w;
}

size_t tnas_weight_scratch_floats(const tnas_slot *slot)
{
    return slot->window_count > 0 ? ((size_t)slot->window_count + 2) * slot_area(slot) : 0;
}

/* Window -1 is the slot's own. */
static tnas_slot_window window_of(const tnas_slot *slot, int index)
{
    return index < 0 ? (tnas_slot_window){slot->kernel_h, slot->kernel_w} : slot->windows[index];
}

static size_t window_area(tnas_slot_window window)
{
    return (size_t)window.h * window.w;
}

/* Matrices between the slot's window and the operator's; 0: the window is the slot's own, or a
 * crop of it. */
static int steps_down(const tnas_net *net, const tnas_store *store, int op)
{
    const tnas_op *const o = &net->graph.ops[op];
    const tnas_slot *const slot = &store->slots[net->views[op].slot];
    if (net->views[op].kernel != TNAS_KERNEL_TRANSFORM || o->kind == TNAS_OP_FC)
        return 0;
    for (int i = 0; i < slot->window_count; i++)
        if (slot->windows[i].h == o->kernel_h && slot->windows[i].w == o->kernel_w)
            return i + 1;
    return 0;
}

static descent descent_of(const tnas_net *net, const tnas_store *store, int op, int steps,
                          const float *values, float *scratch)
{
    const tnas_slot *const slot = &store->slots[net->views[op].slot];
    const size_t area = slot_area(slot);
    assert(scratch != NULL);
    return (descent){.slot = slot,
                     .steps = steps,
                     .values = values,
                     .a = scratch,
                     .b = scratch + area,
                     .crops = scratch + 2 * area};
}

static size_t matrix_at(const tnas_slot *slot, int step)
{
    size_t at = slot->transform_at;
    for (int i = 0; i < step; i++)
        at += window_area(slot->windows[i]) * window_area(slot->windows[i]);
    return at;
}

/* Where row `row` of the centre of `inner` starts in `outer`. */
static size_t centre_row(tnas_slot_window outer, tnas_slot_window inner, int row)
{
    return (size_t)((outer.h - inner.h) / 2 + row) * outer.w + (size_t)(outer.w - inner.w) / 2;
}

/* out [area] = matrix [area, area] * in [area] */
static void multiply(const float *matrix, const float *in, size_t area, float *out)
{
    for (size_t i = 0; i < area; i++) {
        float sum = 0.0f;
        for (size_t k = 0; k < area; k++)
            sum += matrix[i * area + k] * in[k];
        out[i] = sum;
    }
}

/* Takes the filter that starts at `at` down; its crops stay, the result is in d->a. */
static void go_down(const descent *d, size_t at)
{
    const float *from = d->values + at;
    for (int step = 0; step < d->steps; step++) {
        const tnas_slot_window outer = window_of(d->slot, step - 1);
        const tnas_slot_window inner = window_of(d->slot, step);
        float *const crop = d->crops + (size_t)step * slot_area(d->slot);
        for (int row = 0; row < inner.h; row++)
            memcpy(crop + (size_t)row * inner.w, from + centre_row(outer, inner, row),
                   inner.w * sizeof(float));
        multiply(d->values + matrix_at(d->slot, step), crop, window_area(inner), d->a);
        from = d->a;
    }
}

/* out [area] = matrix transposed * gradient, and dmatrix += gradient * crop transposed. */
static void carry_back(const float *matrix, const float *crop, const float *gradient, size_t area,
                       float *out, float *dmatrix)
{
    memset(out, 0, area * sizeof *out);
    for (size_t i = 0; i < area; i++)
        for (size_t k = 0; k < area; k++) {
            out[k] += matrix[i * area + k] * gradient[i];
            dmatrix[i * area + k] += gradient[i] * crop[k];
        }
}

/* Takes the gradient in d->a back up to the filter that starts at `at`. go_down has kept its crops.
 */
static void come_up(const descent *d, size_t at, float *grads)
{
    for (int step = d->steps - 1; step >= 0; step--) {
        const tnas_slot_window outer = window_of(d->slot, step - 1);
        const tnas_slot_window inner = window_of(d->slot, step);
        const size_t matrix = matrix_at(d->slot, step);
        carry_back(d->values + matrix, d->crops + (size_t)step * slot_area(d->slot), d->a,
                   window_area(inner), d->b, grads + matrix);
        float *const to = step > 0 ? d->a : grads + at;
        if (step > 0)
            memset(to, 0, window_area(outer) * sizeof *to);
        for (int row = 0; row < inner.h; row++)
            for (int col = 0; col < inner.w; col++)
                to[centre_row(outer, inner, row) + (size_t)col] += d->b[row * inner.w + col];
    }
}

/* Where filter number `index` of a view starts in the store. */
static size_t filter_at(const tnas_view *view, const tnas_slot *slot, size_t index)
{
    const size_t in_c = (size_t)view->in_prefix;
    const size_t out = index / in_c, in = index % in_c;
    return slot->weight_at + (out * (size_t)slot->in_c + in) * slot_area(slot);
}

void tnas_weight_gather(const tnas_net *net, const tnas_store *store, int op, const float *values,
                        float *scratch, float *dense)
{
    const int steps = steps_down(net, store, op);
    if (steps == 0) {
        const tnas_slice slice = tnas_slice_of(net, store, op);
        tnas_slice_gather(&slice, values, dense);
        return;
    }
    const tnas_view *const view = &net->views[op];
    const descent d = descent_of(net, store, op, steps, values, scratch);
    const size_t filters = (size_t)view->out_prefix * (size_t)view->in_prefix;
    const size_t area = window_area(window_of(d.slot, steps - 1));
    for (size_t i = 0; i < filters; i++) {
        go_down(&d, filter_at(view, d.slot, i));
        memcpy(dense + i * area, d.a, area * sizeof *dense);
    }
}

void tnas_weight_add_gradient(const tnas_net *net, const tnas_store *store, int op,
                              const float *values, const float *dense, float *scratch, float *grads)
{
    const int steps = steps_down(net, store, op);
    if (steps == 0) {
        const tnas_slice slice = tnas_slice_of(net, store, op);
        tnas_slice_scatter_add(&slice, dense, grads);
        return;
    }
    const tnas_view *const view = &net->views[op];
    const descent d = descent_of(net, store, op, steps, values, scratch);
    const size_t filters = (size_t)view->out_prefix * (size_t)view->in_prefix;
    const size_t area = window_area(window_of(d.slot, steps - 1));
    for (size_t i = 0; i < filters; i++) {
        const size_t at = filter_at(view, d.slot, i);
        go_down(&d, at);
        memcpy(d.a, dense + i * area, area * sizeof *dense);
        come_up(&d, at, grads);
    }
}
