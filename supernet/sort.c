/* Sorting by importance: one permutation of a block's inner channels, applied to what writes them
 * (expand: outputs and batch norm), filters them (depthwise: channels and batch norm) and reads
 * them (project: inputs). */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "supernet/supernet.h"

/* The slots of a block that expands. */
typedef struct inner {
    const tnas_slot *expand, *filter, *project;
    int32_t channels; /* that are reordered, the first ones */
} inner;

static bool find_inner(const tnas_supernet *supernet, const tnas_position *place, int trained,
                       inner *out)
{
    const tnas_space_config *const config = supernet->config;
    const tnas_slot *const slots = supernet->store->slots;
    if (place->expand_gene == TNAS_NONE)
        return false;
    int16_t filter = TNAS_NONE, project = TNAS_NONE;
    for (int role = 0; role < TNAS_BLOCK_ROLES_MAX; role++)
        if (place->sites[role] != TNAS_NONE &&
            config->sites[place->sites[role]].kind == TNAS_OP_DWCONV2D)
            filter = place->sites[role];
    for (int role = 0; role < TNAS_BLOCK_ROLES_MAX && filter != TNAS_NONE; role++)
        if (place->sites[role] != TNAS_NONE &&
            config->sites[place->sites[role]].input_site == filter)
            project = place->sites[role];
    if (project == TNAS_NONE)
        return false;
    const int count = config->genes.genes[place->expand_gene].choice_count;
    const int32_t width = place->mid_c[trained < count ? count - trained : 0];
    if (width == 0) /* the smaller networks have the block's inputs there */
        return false;
    *out = (inner){.expand = &slots[config->sites[filter].input_site],
                   .filter = &slots[filter],
                   .project = &slots[project],
                   .channels = width};
    return true;
}

/* order[i] is the channel that comes to place i: the most important first, equals in their old
 * order. */
static void find_order(const inner *block, const float *values, double *importance, int32_t *order)
{
    const tnas_slot *const project = block->project;
    for (int32_t c = 0; c < block->channels; c++) {
        importance[c] = 0;
        for (int32_t out = 0; out < project->out_c; out++)
            importance[c] += fabs(
                (double)
                    values[project->weight_at + (size_t)out * (size_t)project->in_c + (size_t)c]);
        int32_t to = c;
        for (; to > 0 && importance[order[to - 1]] < importance[c]; to--)
            order[to] = order[to - 1];
        order[to] = c;
    }
}

/* Puts group order[i] to place i, of groups of `group` values that start `stride` apart. */
static void reorder(float *values, size_t group, size_t stride, const int32_t *order, int32_t count,
                    float *spare)
{
    for (int32_t i = 0; i < count; i++)
        memcpy(spare + (size_t)i * group, values + (size_t)order[i] * stride,
               group * sizeof *values);
    for (int32_t i = 0; i < count; i++)
        memcpy(values + (size_t)i * stride, spare + (size_t)i * group, group * sizeof *values);
}

/* Weights and batch norm of the channels that a slot writes. */
static void reorder_outputs(const tnas_slot *slot, float *values, const int32_t *order,
                            int32_t count, float *spare)
{
    const size_t filter = slot->weight_count / (size_t)slot->out_c;
    reorder(values + slot->weight_at, filter, filter, order, count, spare);
    if (slot->batch_norm)
        reorder(values + slot->scale_at, 1, 1, order, count, spare);
    reorder(values + slot->shift_at, 1, 1, order, count, spare);
}

static void reorder_inputs(const tnas_slot *slot, float *values, const int32_t *order,
                           int32_t count, float *spare)
{
    const size_t window = (size_t)slot->kernel_h * slot->kernel_w;
    const size_t row = (size_t)slot->in_c * window;
    for (size_t out = 0; out < (size_t)slot->out_c; out++)
        reorder(values + slot->weight_at + out * row, window, window, order, count, spare);
}

tnas_status tnas_supernet_sort(tnas_supernet *supernet, int trained)
{
    tnas_store *const store = supernet->store;
    size_t channels = 0, values = 0;
    for (int i = 0; i < store->slot_count; i++) {
        const tnas_slot *const slot = &store->slots[i];
        channels = (size_t)slot->out_c > channels ? (size_t)slot->out_c : channels;
        values = slot->weight_count > values ? slot->weight_count : values;
    }
    double *importance = tnas_alloc_zero(channels, sizeof *importance);
    int32_t *order = tnas_alloc_zero(channels, sizeof *order);
    float *spare = tnas_alloc_zero(values + channels, sizeof *spare);
    tnas_status status = TNAS_OK;
    if (importance == NULL || order == NULL || spare == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "sorting blocks of up to %zu channels", channels);
        goto done;
    }
    for (int i = 0; i < supernet->config->position_count; i++) {
        inner block;
        if (!find_inner(supernet, &supernet->config->positions[i], trained, &block))
            continue;
        find_order(&block, store->values, importance, order);
        reorder_outputs(block.expand, store->values, order, block.channels, spare);
        reorder_outputs(block.filter, store->values, order, block.channels, spare);
        reorder_inputs(block.project, store->values, order, block.channels, spare);
    }
done:
    tnas_free(importance);
    tnas_free(order);
    tnas_free(spare);
    return status;
}
