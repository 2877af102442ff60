/* The constants of tnrt_add_s8_dsp. Its fast path is right when q <= sum / 2^21 < q + 1 for every
 * pair of inputs, q being the exact output; each pair so bounds the output's constant from below
 * and above. Where a constant is left, the path is exact. */
#include "quant/pack_dsp_depthwise.h"
#include "quant/variant.h"
#include "runtime/dsp/tnrt_simd32.h"
#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_requant.h"

#include <math.h>

enum {
    FRACTION_BITS = 21,               /* of tnrt_ssat8_asr21 */
    PRODUCT_BITS = FRACTION_BITS + 8, /* an input is in the upper byte, and SMMLA drops 32 bits */
    VALUES = INT8_MAX - INT8_MIN + 1,
};

typedef struct addition {
    int32_t multiplier[3];
    int8_t shift[3];
    int32_t zero[2], out_zero, min, max;
} addition;

/* An input's value on the way to the exact sum. */
static int32_t exact_input(const addition *s, int side, int q)
{
    return tnrt_rescale((q - s->zero[side]) * (1 << TNRT_ADD_EXTRA_BITS), s->multiplier[side],
                        s->shift[side]);
}

static int32_t exact_output(const addition *s, int32_t total)
{
    const int32_t q = s->out_zero + tnrt_rescale(total, s->multiplier[2], s->shift[2]);
    return q < s->min ? s->min : q > s->max ? s->max : q;
}

/* What a constant may be. */
typedef struct bounds {
    int64_t low, high;
} bounds;

static void narrow(bounds *b, int64_t low, int64_t high)
{
    b->low = low > b->low ? low : b->low;
    b->high = high < b->high ? high : b->high;
}

/* `total`, to which the constant is added, must become q, and fit 32 bits. */
static void must_give(bounds *b, int64_t total, int32_t q)
{
    const int64_t unit = INT64_C(1) << FRACTION_BITS;
    narrow(b, INT32_MIN - total, INT32_MAX - total);
    if (q > INT8_MIN)
        narrow(b, q * unit - total, INT64_MAX);
    if (q < INT8_MAX)
        narrow(b, INT64_MIN, (q + 1) * unit - 1 - total);
}

typedef struct tables {
    int32_t exact[2][VALUES], fast[2][VALUES]; /* an input's part of the sums, by q + 128 */
} tables;

static void fill_tables(const addition *s, const int32_t factors[2], tables *t)
{
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < VALUES; i++) {
            t->exact[side][i] = exact_input(s, side, INT8_MIN + i);
            t->fast[side][i] = tnrt_smmla((INT8_MIN + i) * (1 << 24), factors[side], 0);
        }
}

/* The output's constants that every pair of inputs allows behind `constant` of the sum. Sums fit 32
 * bits: find_factors. */
static bounds find_bounds(const addition *s, const tables *t, int32_t constant)
{
    bounds b = {INT32_MIN, INT32_MAX};
    for (int i = 0; i < VALUES && b.low <= b.high; i++)
        for (int j = 0; j < VALUES; j++) {
            const int32_t q = exact_output(s, t->exact[0][i] + t->exact[1][j]);
            const int64_t total = (int64_t)t->fast[0][i] + t->fast[1][j] + constant;
            must_give(&b, total < 0 ? total - 1 : total, q);
        }
    return b;
}

/* Scales so large that sums could leave 32 bits are left to the slow mode. */
static bool find_factors(const tnas_model *model, int op, int32_t factors[2])
{
    const tnas_op *const o = &model->graph.ops[op];
    double sum = 0;
    for (int side = 0; side < 2; side++) {
        const double ratio = (double)model->quant[o->in[side]].scale / model->quant[o->out].scale;
        const double factor = round(ldexp(ratio, PRODUCT_BITS));
        sum += factor;
        if (sum > INT32_MAX)
            return false;
        factors[side] = (int32_t)factor;
    }
    return true;
}

/* Fills params behind the first; false: there is no exact constant. */
static bool make_fast(const addition *s, const int32_t factors[2], int32_t params[4])
{
    const int64_t zero = (int64_t)s->zero[0] * factors[0] + (int64_t)s->zero[1] * factors[1];
    tables t;
    fill_tables(s, factors, &t);
    params[0] = factors[0];
    params[1] = factors[1];
    params[2] = (int32_t) - (zero / (1 << (PRODUCT_BITS - FRACTION_BITS)));
    const bounds b = find_bounds(s, &t, params[2]);
    params[3] = (int32_t)(b.low + (b.high - b.low) / 2);
    return b.low <= b.high;
}

void tnas_pack_add_dsp(const tnas_model *model, int op, int32_t *params)
{
    const tnas_op *const o = &model->graph.ops[op];
    int8_t min, max;
    tnas_pack_activation(model, op, &min, &max);
    addition s = {
        .zero = {model->quant[o->in[0]].zero_point, model->quant[o->in[1]].zero_point},
        .out_zero = model->quant[o->out].zero_point,
        .min = min,
        .max = max,
    };
    tnas_pack_add(model, op, s.multiplier, s.shift);
    int32_t factors[2];
    if (find_factors(model, op, factors))
        params[0] = make_fast(&s, factors, params + 1);
    for (int i = 0; i < 3 && params[0] == 0; i++) {
        params[1 + i] = s.multiplier[i];
        params[4 + i] = s.shift[i];
    }
}
