#include "nn/store.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rng.h"

static tnas_status check_windows(const tnas_slot *slot, int index)
{
    if (slot->window_count > TNAS_SLOT_WINDOWS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "slot %d: %d smaller windows must be at most %d", index,
                         slot->window_count, TNAS_SLOT_WINDOWS_MAX);
    tnas_slot_window outer = {slot->kernel_h, slot->kernel_w};
    for (int i = 0; i < slot->window_count; i++) {
        const tnas_slot_window inner = slot->windows[i];
        const int h = outer.h - inner.h, w = outer.w - inner.w;
        if (inner.h < 1 || inner.w < 1 || h < 0 || w < 0 || h % 2 != 0 || w % 2 != 0 || h + w == 0)
            return tnas_fail(TNAS_ERR_INPUT, "slot %d: window %dx%d must be the centre of %dx%d",
                             index, inner.h, inner.w, outer.h, outer.w);
        outer = inner;
    }
    return TNAS_OK;
}

static tnas_status check_slot(const tnas_slot *slot, int index)
{
    const bool fc = slot->kind == TNAS_OP_FC;
    if (slot->kind != TNAS_OP_CONV2D && slot->kind != TNAS_OP_DWCONV2D && !fc)
        return tnas_fail(TNAS_ERR_INPUT, "slot %d: kind %s has no weights", index,
                         tnas_op_kind_text(slot->kind));
    if (slot->out_c < 1 || slot->in_c < 1 || slot->kernel_h < 1 || slot->kernel_w < 1)
        return tnas_fail(TNAS_ERR_INPUT, "slot %d: shape %dx%dx%dx%d must be 1 or more each", index,
                         slot->out_c, slot->in_c, slot->kernel_h, slot->kernel_w);
    if (slot->kind == TNAS_OP_DWCONV2D && slot->in_c != 1)
        return tnas_fail(TNAS_ERR_INPUT, "slot %d: in_c %d of a depthwise convolution must be 1",
                         index, slot->in_c);
    if (fc && (slot->kernel_h != 1 || slot->kernel_w != 1 || slot->batch_norm))
        return tnas_fail(TNAS_ERR_INPUT, "slot %d: fc must have a 1x1 kernel and no batch norm",
                         index);
    return check_windows(slot, index);
}

static size_t matrix_count(tnas_slot_window window)
{
    const size_t area = (size_t)window.h * window.w;
    return area * area;
}

/* Places the slot's values at *at and moves it on. Without batch norm there is no scale. */
static void lay_out(tnas_slot *slot, size_t *at)
{
    slot->weight_count = (size_t)slot->out_c * (size_t)slot->in_c * slot->kernel_h * slot->kernel_w;
    slot->weight_at = *at;
    slot->scale_at = slot->weight_at + slot->weight_count;
    slot->shift_at = slot->scale_at + (slot->batch_norm ? (size_t)slot->out_c : 0);
    slot->transform_at = slot->shift_at + (size_t)slot->out_c;
    slot->transform_count = 0;
    for (int i = 0; i < slot->window_count; i++)
        slot->transform_count += matrix_count(slot->windows[i]);
    *at = slot->transform_at + slot->transform_count;
}

tnas_status tnas_store_create(const tnas_slot *shapes, int slot_count, tnas_store **out)
{
    *out = NULL;
    for (int i = 0; i < slot_count; i++)
        TNAS_TRY(check_slot(&shapes[i], i));
    tnas_store *store = tnas_alloc_zero(1, sizeof *store);
    if (store == NULL)
        goto short_of_memory;
    store->slots = tnas_alloc_zero((size_t)slot_count, sizeof *store->slots);
    if (store->slots == NULL)
        goto short_of_memory;
    store->slot_count = slot_count;
    for (int i = 0; i < slot_count; i++) {
        store->slots[i] = shapes[i];
        lay_out(&store->slots[i], &store->value_count);
    }
    store->values = tnas_alloc_zero(store->value_count, sizeof *store->values);
    if (store->values == NULL)
        goto short_of_memory;
    *out = store;
    return TNAS_OK;

short_of_memory:
    tnas_store_destroy(store);
    return tnas_fail(TNAS_ERR_NOMEM, "weight store of %d slots", slot_count);
}

void tnas_store_destroy(tnas_store *store)
{
    if (store == NULL)
        return;
    tnas_free(store->slots);
    tnas_free(store->values);
    tnas_free(store);
}

/* Inputs that one value of the output sums (fc), or outputs that one input reaches. */
static double fan(const tnas_slot *slot)
{
    const double window = (double)slot->kernel_h * slot->kernel_w;
    switch (slot->kind) {
    case TNAS_OP_CONV2D:
        return window * slot->out_c;
    case TNAS_OP_DWCONV2D:
        return window;
    default:
        assert(slot->kind == TNAS_OP_FC);
        return slot->in_c;
    }
}

static void init_matrices(const tnas_slot *slot, float *at)
{
    for (int i = 0; i < slot->window_count; i++) {
        const size_t area = (size_t)slot->windows[i].h * slot->windows[i].w;
        for (size_t k = 0; k < area; k++)
            at[k * area + k] = 1.0f;
        at += area * area;
    }
}

void tnas_store_init_random(tnas_store *store, uint64_t seed)
{
    for (int s = 0; s < store->slot_count; s++) {
        const tnas_slot *const slot = &store->slots[s];
        tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_INIT, (uint64_t)s);
        const double deviation = sqrt(2.0 / fan(slot));
        for (size_t i = 0; i < slot->weight_count; i++)
            store->values[slot->weight_at + i] = (float)(deviation * tnas_rng_normal(&rng));
        for (size_t c = 0; c < (size_t)slot->out_c; c++) {
            if (slot->batch_norm)
                store->values[slot->scale_at + c] = 1.0f;
            store->values[slot->shift_at + c] = 0.0f;
        }
        memset(store->values + slot->transform_at, 0, slot->transform_count * sizeof(float));
        init_matrices(slot, store->values + slot->transform_at);
    }
}

void tnas_store_decay_mask(const tnas_store *store, float *mask)
{
    for (size_t i = 0; i < store->value_count; i++)
        mask[i] = 0.0f;
    for (int s = 0; s < store->slot_count; s++) {
        const tnas_slot *const slot = &store->slots[s];
        for (size_t i = 0; i < slot->weight_count; i++)
            mask[slot->weight_at + i] = 1.0f;
        for (size_t i = 0; i < slot->transform_count; i++)
            mask[slot->transform_at + i] = 1.0f;
    }
}
