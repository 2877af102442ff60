#include "quant/pack_dsp.h"

#include "quant/filters.h"
#include "quant/variant.h"
#include "runtime/dsp/tnrt_requant_dsp.h"

/* The least and the greatest accumulator of a channel, over all inputs. */
typedef struct sum_range {
    int64_t min, max;
} sum_range;

static sum_range range_of(const tnas_model *model, int op, int channel, int32_t bias)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    sum_range range = {bias, bias};
    for (int i = 0; i < filters.weight_count; i++) {
        const int weight = model->constants[op].weight_s8[tnas_filter_at(&filters, channel, i)];
        range.min += weight > 0 ? weight * INT8_MIN : weight * INT8_MAX;
        range.max += weight > 0 ? weight * INT8_MAX : weight * INT8_MIN;
    }
    return range;
}

static int8_t output_of(const tnrt_channel_dsp *record, int32_t acc, int zero_point)
{
    const tnrt_layer whole_range = {.act_min = INT8_MIN, .act_max = INT8_MAX};
    const int32_t scaled = tnrt_rescale(acc, record->multiplier, record->shift);
    return tnrt_activate(&whole_range, scaled + zero_point);
}

/* Channels that say the same to every input, like those of weights 0, often have factors and
 * biases that fit nowhere: give them others. */
static void tame_constant(tnrt_channel_dsp *record, sum_range *range, int zero_point)
{
    const bool rises = record->shift <= 0 && range->min >= INT32_MIN && range->max <= INT32_MAX;
    const bool is_bias = range->min == range->max;
    if (!rises && !is_bias)
        return;
    const int8_t out = output_of(record, (int32_t)range->min, zero_point);
    if (out != output_of(record, (int32_t)range->max, zero_point) ||
        !(is_bias || out == zero_point))
        return;
    const int32_t bias = is_bias ? 4 * (out - zero_point) : 0;
    range->min += bias - record->bias;
    range->max += bias - record->bias;
    *record = (tnrt_channel_dsp){bias, is_bias ? INT32_C(1) << 30 : 0, -1};
}

static bool is_whole_range(const tnas_model *model, int op)
{
    int8_t min, max;
    tnas_pack_activation(model, op, &min, &max);
    return min == INT8_MIN && max == INT8_MAX;
}

static bool can_be_fast(const tnrt_channel_dsp *record, sum_range range)
{
    return record->shift <= -1 && record->shift >= -1 - TNRT_SHIFT_MAX_DSP &&
           range.min > -(INT64_C(1) << 30) && range.max < INT64_C(1) << 30;
}

static void make_fast(tnrt_channel_dsp *record)
{
    record->bias *= 2;
    record->shift = -1 - record->shift;
}

tnas_status tnas_pack_channels_dsp(const tnas_model *model, int op, bool may_be_fast,
                                   int32_t *params)
{
    const int channels = model->graph.tensors[model->graph.ops[op].out].c;
    tnrt_channel_dsp *const records = (tnrt_channel_dsp *)(params + 1);
    bool fast = may_be_fast && is_whole_range(model, op);
    for (int c = 0; c < channels; c++) {
        int8_t shift;
        TNAS_TRY(tnas_pack_channel(model, op, c, &records[c].bias, &records[c].multiplier, &shift));
        records[c].shift = shift;
        sum_range range = range_of(model, op, c, records[c].bias);
        tame_constant(&records[c], &range, model->quant[model->graph.ops[op].out].zero_point);
        fast = fast && can_be_fast(&records[c], range);
    }
    for (int c = 0; c < channels && fast; c++)
        make_fast(&records[c]);
    params[0] = fast;
    return TNAS_OK;
}
