/* Weights of the DSP convolutions: pairs of channels, as runtime/dsp/tnrt_conv_dsp.h has them. */
#include <stdlib.h>

#include "quant/filters.h"
#include "quant/pack_dsp.h"
#include "runtime/dsp/tnrt_conv_dsp.h"

enum { INPUT_MAGNITUDE_MAX = 128 };

/* Where weight i of a pair's first channel lies in the pair's bytes; the second's is behind it.
 * Whole words of the window's rows come first, then what is left of the rows. */
static size_t place_of(const tnas_graph *graph, int op, int i)
{
    static const int8_t order[4] = {0, 4, 2, 6}; /* blocks hold depths 0, 2, 1, 3 */
    const tnas_op *const o = &graph->ops[op];
    const int row_bytes = o->kernel_w * graph->tensors[o->in[0]].c;
    const int row = i / row_bytes, at = i % row_bytes, rest = row_bytes % 4,
              words = row_bytes - rest;
    const int d = at < words ? row * words + at : o->kernel_h * words + row * rest + at - words;
    return (size_t)(d / 4 * 8 + order[d % 4]);
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

tnas_status tnas_pack_conv_dsp(const tnas_model *model, int op, int8_t *weights, int32_t *params)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    bool fast = true;
    for (int c = 0; c < filters.channel_count; c += 2)
        fast = fast && can_pair(model, op, c);
    TNAS_TRY(tnas_pack_channels_dsp(model, op, fast, params));
    fast = params[0] != 0;
    for (int c = 0; c < filters.channel_count; c += 2) {
        for (int d = 0; d < filters.weight_count; d++) {
            const int first = weight_of(model, op, c, d), second = weight_of(model, op, c + 1, d);
            int8_t *const at = weights + place_of(&model->graph, op, d);
            at[0] = (int8_t)first;
            at[1] = (int8_t)(second - (fast && first < 0));
        }
        weights += TNRT_PAIR_BYTES_DSP(filters.weight_count);
    }
    return TNAS_OK;
}
