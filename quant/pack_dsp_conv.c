/* Weights of the DSP convolutions: pairs of channels, as runtime/dsp/tnrt_conv_dsp.h has them. */
#include <stdlib.h>
#include <string.h>

#include "quant/filters.h"
#include "quant/pack_dsp.h"
#include "runtime/dsp/tnrt_conv_dsp.h"

enum { INPUT_MAGNITUDE_MAX = 128 };

/* Of the first channel's depth d in a block of a pair: {0, 2}, {1, 3}; the second's is behind. */
static size_t place_in_block(int d)
{
    return (size_t)(d % 2 * 4 + d % 4 / 2 * 2);
}

/* Where weight i of a pair's first channel lies in the pair's bytes; the second's is behind it.
 * Whole words of the window's rows come first, then what is left of the rows. */
static size_t place_of(const tnas_graph *graph, int op, int i)
{
    const tnas_op *const o = &graph->ops[op];
    const int row_bytes = o->kernel_w * graph->tensors[o->in[0]].c;
    const int row = i / row_bytes, at = i % row_bytes, rest = row_bytes % 4,
              words = row_bytes - rest;
    const int d = at < words ? row * words + at : o->kernel_h * words + row * rest + at - words;
    return (size_t)(d / 4 * 8) + place_in_block(d);
}

static int weight_of(const tnas_model *model, int op, int channel, int d)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    return channel < filters.channel_count
               ? model->constants[op].weight_s8[tnas_filter_at(&filters, channel, d)]
               : 0;
}

/* The sum of a second channel fits 24 bits for every input, and every pair of weights 16 bits. */
static bool can_pair(const tnas_model *model, int op, int first)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    int64_t magnitude = 0;
    for (int d = 0; d < filters.weight_count; d++) {
        const int second = weight_of(model, op, first + 1, d);
        magnitude += INPUT_MAGNITUDE_MAX * abs(second);
        if (second == INT8_MIN)
            return false;
    }
    return magnitude < INT32_C(1) << 23;
}

static bool can_pair_all(const tnas_model *model, int op)
{
    const int channels = model->graph.tensors[model->graph.ops[op].out].c;
    for (int c = 0; c < channels; c += 2)
        if (!can_pair(model, op, c))
            return false;
    return true;
}

static void put_pair(int8_t *at, int first, int second, bool paired)
{
    at[0] = (int8_t)first;
    at[1] = (int8_t)(second - (paired && first < 0));
}

tnas_status tnas_pack_conv_dsp(const tnas_model *model, int op, int8_t *weights, int32_t *params)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    TNAS_TRY(tnas_pack_channels_dsp(model, op, can_pair_all(model, op), params));
    for (int c = 0; c < filters.channel_count; c += 2) {
        for (int i = 0; i < filters.weight_count; i++)
            put_pair(weights + place_of(&model->graph, op, i), weight_of(model, op, c, i),
                     weight_of(model, op, c + 1, i), params[0] != 0);
        weights += TNRT_PAIR_BYTES_DSP(filters.weight_count);
    }
    return TNAS_OK;
}

/* Weights of int16, in the byte order of the device, which is the host's. */
tnas_status tnas_pack_conv_w16_dsp(const tnas_model *model, int op, int8_t *weights,
                                   int32_t *params)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    TNAS_TRY(tnas_pack_channels_dsp(model, op, true, params));
    for (int c = 0; c < filters.channel_count; c++)
        for (int i = 0; i < filters.weight_count; i++) {
            const size_t place = place_of(&model->graph, op, i);
            const size_t block = place / 8, half = place % 8 / 4, lane = place % 4 / 2;
            const int16_t weight = (int16_t)weight_of(model, op, c, i);
            int8_t *const pair = weights + c / 2 * 2 * TNRT_PAIR_BYTES_DSP(filters.weight_count);
            memcpy(pair + block * 16 + half * 8 + (size_t)(c % 2) * 4 + lane * 2, &weight,
                   sizeof weight);
        }
    return TNAS_OK;
}

/* runtime/dsp/tnrt_fc_s8_dsp.c: blocks of two pairs side by side. */
tnas_status tnas_pack_fc_dsp(const tnas_model *model, int op, int8_t *weights, int32_t *params)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    const int pair_bytes = (int)TNRT_PAIR_BYTES_DSP(filters.weight_count);
    TNAS_TRY(tnas_pack_channels_dsp(model, op, can_pair_all(model, op), params));
    for (int c = 0; c < filters.channel_count; c += 2)
        for (int i = 0; i < filters.weight_count; i++)
            put_pair(weights + c / 4 * 2 * pair_bytes + i / 4 * 16 + c % 4 * 4 + place_in_block(i),
                     weight_of(model, op, c, i), weight_of(model, op, c + 1, i), params[0] != 0);
    return TNAS_OK;
}
