#include "quant/pack_dsp.h"

#include <stdlib.h>

#include "quant/filters.h"
#include "quant/variant.h"
#include "runtime/dsp/tnrt_requant_dsp.h"

enum { INPUT_MAGNITUDE_MAX = 128 };

/* No input brings the channel's accumulator to 2^30 or -2^30. */
static bool sum_is_small(const tnas_model *model, int op, int channel, int32_t bias)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    int64_t magnitude = llabs((int64_t)bias);
    for (int i = 0; i < filters.weight_count; i++)
        magnitude += INPUT_MAGNITUDE_MAX *
                     abs(model->constants[op].weight_s8[tnas_filter_at(&filters, channel, i)]);
    return magnitude < INT32_C(1) << 30;
}

static bool is_whole_range(const tnas_model *model, int op)
{
    int8_t min, max;
    tnas_pack_activation(model, op, &min, &max);
    return min == INT8_MIN && max == INT8_MAX;
}

/* A factor of 0 gives 0 with any shift. */
static bool can_be_fast(const tnas_model *model, int op, int channel,
                        const tnrt_channel_dsp *record)
{
    const bool shift_fits = record->multiplier == 0 ||
                            (record->shift <= -1 && record->shift >= -1 - TNRT_SHIFT_MAX_DSP);
    return shift_fits && sum_is_small(model, op, channel, record->bias);
}

static void make_fast(tnrt_channel_dsp *record)
{
    record->bias *= 2;
    record->shift = record->multiplier == 0 ? 0 : -1 - record->shift;
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
        fast = fast && can_be_fast(model, op, c, &records[c]);
    }
    for (int c = 0; c < channels && fast; c++)
        make_fast(&records[c]);
    params[0] = fast;
    return TNAS_OK;
}
