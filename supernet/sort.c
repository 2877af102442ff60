/* Sorting by importance: one permutation of a block's inner channels, applied to what writes them
 * (an mbconv's expansion and its depthwise convolution, a resblock's first convolution; batch norm
 * included) and to what reads them. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "supernet/supernet.h"

/* The slots of a block that expands. */
typedef struct inner {
    const tnas_slot *writers[2];
    int writer_count;
    const tnas_slot *reader;
    int32_t channels; /* that are reordered, the first ones */
} inner;

/* The site of the block that reads what this one writes. */
static int16_t find_reader(const tnas_space_config *config, const tnas_position *place,
                           int16_t writer)
{
    for (int role = 0; role < TNAS_BLOCK_ROLES_MAX; role++) {
        const int16_t site = place->sites[role];
        if (site != TNAS_NONE && config->sites[site].input_site == writer)
            return site;
    }
    return TNAS_NONE;
}

/* Inner channels of the block's width number `trained` from the largest; 0: there are none that
 * could be told from others. */
static int32_t trained_channels(const tnas_supernet *supernet, const tnas_position *place,
                                const tnas_slot *writer, const tnas_slot *reader, int trained)
{
    const tnas_space *const space = &supernet->config->space;
    const int count = supernet->config->genes.genes[place->expand_gene].choice_count;
    if (trained <= 1)
        return writer->out_c;
    if (!place->in_fixed) /* the same factor makes several widths */
        return 0;
    return tnas_block_mid_channels(space->stages[place->stage].block,
                                   place->expands[trained < count ? count - trained : 0],
                                   writer->in_c, reader->out_c, space->divisor);
}

static bool find_inner(const tnas_supernet *supernet, const tnas_position *place, int trained,
                       inner *out)
{
    const tnas_space_config *const config = supernet->config;
    const tnas_slot *const slots = supernet->store->slots;
    const int16_t first = place->sites[0];
    if (place->expand_gene == TNAS_NONE || first == TNAS_NONE)
        return false;
    int16_t reader = find_reader(config, place, first);
    *out = (inner){.writers = {&slots[first]}, .writer_count = 1};
    if (reader != TNAS_NONE && slots[reader].kind == TNAS_OP_DWCONV2D) {
        out->writers[out->writer_count++] = &slots[reader];
        reader = find_reader(config, place, reader);
    }
    if (reader == TNAS_NONE)
        return false;
    out->reader = &slots[reader];
    out->channels = trained_channels(supernet, place, out->writers[0], out->reader, trained);
    return out->channels > 0;
}

/* order[i] is the channel that comes to place i: the most important first, equals in their old
 * order. */
static void find_order(const inner *block, const float *values, double *importance, int32_t *order)
{
    const tnas_slot *const reader = block->reader;
    const size_t window = (size_t)reader->kernel_h * reader->kernel_w;
    for (int32_t c = 0; c < block->channels; c++) {
        importance[c] = 0;
        for (size_t out = 0; out < (size_t)reader->out_c; out++)
            for (size_t i = 0; i < window; i++)
                importance[c] +=
                    fabs((double)values[reader->weight_at +
                                        (out * (size_t)reader->in_c + (size_t)c) * window + i]);
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
        for (int w = 0; w < block.writer_count; w++)
            reorder_outputs(block.writers[w], store->values, order, block.channels, spare);
        reorder_inputs(block.reader, store->values, order, block.channels, spare);
    }
done:
    tnas_free(importance);
    tnas_free(order);
    tnas_free(spare);
    return status;
}
