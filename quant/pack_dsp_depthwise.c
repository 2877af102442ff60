/* Constants of the DSP extension's depthwise kernels (runtime/dsp/tnrt_dwconv_dsp.h):
 * a channel's weights one behind the other, and per channel a record {bias, multiplier, constant
 * << 9 | nudge << 4 | scale}.
 *
 * Weights and bias times 2^scale make one SMMLA and one shift by 10 of a requantisation, exactly,
 * for right shifts of 3 to 9. Larger ones belong to channels that are all but dead: their
 * multiplier loses its low bits, and is taken if no accumulator that can occur shows it. */
#include "quant/pack_dsp_depthwise.h"

#include "quant/filters.h"
#include "quant/variant.h"
#include "runtime/dsp/tnrt_dwconv_plan.h"
#include "runtime/dsp/tnrt_simd32.h"
#include "runtime/tnrt_requant.h"

enum {
    FINAL_SHIFT = 10, /* of tnrt_ssat8_asr10 */
    RECORD_WORDS = 3,
    SHIFT_MIN = 3, /* scaled weights fit int16: 127 * 2^(FINAL_SHIFT + 1 - 3) */
};

/* Requantisation of one channel in full, and what its accumulator can be. */
typedef struct channel {
    int32_t bias, multiplier, out_zero;
    int8_t shift;
    int64_t acc_min, acc_max;
} channel;

/* What the kernel's fast path uses. */
typedef struct record {
    int32_t bias, multiplier, constant, scale;
    int32_t nudge; /* 0: none; otherwise its logarithm plus 1, or TNRT_DW_SLOW */
} record;

static int32_t exact_output(const channel *ch, int32_t acc)
{
    const int32_t q = ch->out_zero + tnrt_rescale(acc, ch->multiplier, ch->shift);
    return q < INT8_MIN ? INT8_MIN : q > INT8_MAX ? INT8_MAX : q;
}

/* Without a nudge. */
static int32_t fast_output(const record *r, int32_t acc)
{
    const int32_t scaled = (int32_t)((uint32_t)acc << r->scale);
    return tnrt_ssat8_asr10(tnrt_smmla(scaled, r->multiplier, r->constant));
}

/* Both outputs grow with the accumulator, so they agree everywhere if they do at both ends of each
 * run of accumulators with one output. */
static bool agree(const channel *ch, const record *r)
{
    int64_t acc = ch->acc_min;
    while (acc <= ch->acc_max) {
        const int32_t q = exact_output(ch, (int32_t)acc);
        int64_t last = acc, beyond = ch->acc_max + 1;
        while (beyond - last > 1) {
            const int64_t middle = last + (beyond - last) / 2;
            if (exact_output(ch, (int32_t)middle) == q)
                last = middle;
            else
                beyond = middle;
        }
        if (fast_output(r, (int32_t)acc) != q || fast_output(r, (int32_t)last) != q)
            return false;
        acc = last + 1;
    }
    return true;
}

static bool make_fast(const channel *ch, record *out)
{
    const int right_shift = -ch->shift;
    const int scale = right_shift <= FINAL_SHIFT ? FINAL_SHIFT + 1 - right_shift : 1;
    const int64_t acc_limit = INT32_MAX >> scale;
    if (right_shift < SHIFT_MIN || ch->acc_min < -acc_limit || ch->acc_max > acc_limit)
        return false;
    *out = (record){
        .bias = ch->bias * (1 << scale),
        .multiplier = ch->multiplier,
        .constant = (1 << (FINAL_SHIFT - 1)) + ch->out_zero * (1 << FINAL_SHIFT),
        .scale = scale,
    };
    if (right_shift < FINAL_SHIFT) {
        out->constant += 1 << (FINAL_SHIFT - 1 - right_shift);
        out->nudge = ch->out_zero == INT8_MIN ? 0 : scale;
        return true;
    }
    out->multiplier >>= right_shift - FINAL_SHIFT;
    return agree(ch, out);
}

static channel channel_of(const tnas_model *model, int op, int index, int32_t bias,
                          int32_t multiplier, int8_t shift)
{
    const int32_t out_zero = model->quant[model->graph.ops[op].out].zero_point;
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    const int8_t *const weights = model->constants[op].weight_s8;
    channel ch = {bias, multiplier, out_zero, shift, bias, bias};
    for (int i = 0; i < filters.weight_count; i++) {
        const int32_t weight = weights[tnas_filter_at(&filters, index, i)];
        ch.acc_min += weight * (weight > 0 ? INT8_MIN : INT8_MAX);
        ch.acc_max += weight * (weight > 0 ? INT8_MAX : INT8_MIN);
    }
    return ch;
}

static bool is_whole_range(const tnas_model *model, int op)
{
    int8_t min, max;
    tnas_pack_activation(model, op, &min, &max);
    return min == INT8_MIN && max == INT8_MAX;
}

tnas_status tnas_pack_depthwise_dsp(const tnas_model *model, int op, int8_t *weights,
                                    int32_t *params)
{
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    const bool may_be_fast = is_whole_range(model, op);
    for (int c = 0; c < filters.channel_count; c++) {
        int32_t *const words = params + c * RECORD_WORDS;
        int8_t shift;
        TNAS_TRY(tnas_pack_channel(model, op, c, &words[0], &words[1], &shift));
        const channel ch = channel_of(model, op, c, words[0], words[1], shift);
        record r = {ch.bias, ch.multiplier, ch.shift, 0, TNRT_DW_SLOW};
        record fast;
        if (may_be_fast && make_fast(&ch, &fast))
            r = fast;
        words[0] = r.bias;
        words[1] = r.multiplier;
        words[2] = r.constant * 512 + r.nudge * 16 + r.scale;
        for (int i = 0; i < filters.weight_count; i++)
            *weights++ = model->constants[op].weight_s8[tnas_filter_at(&filters, c, i)];
    }
    return TNAS_OK;
}
