/* SPDX-License-Identifier: 0BSD */
/* Softmax over the channels of each pixel, to the bit as TensorFlow Lite's int8 reference and its
 * microcontroller kernels: exponentials of the distance to the largest channel in 32-bit fixed
 * point, their sum, its reciprocal by Newton's method. The library for larger machines works in
 * float and differs in about one byte of 20,000.
 *
 * Qm is a number with m bits before the point and 31 - m behind it; one in Q0 is INT32_MAX.
 * params: multiplier and shift that take a distance to Q5, and the distance from which on the
 * exponential counts as 0 (negative). The output's scale is 1 / 256, its zero point -128. An
 * element is read for the last time before its place is written: the output may lie where the
 * input lies. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

enum { FIRST_NOT_COUNTED = 2, SUM_BITS = 12 };

/* exp(x), x in Q0 from -1/4 to 0: Taylor's polynomial of degree 4 around -1/8. */
static int32_t exp_near_zero(int32_t x)
{
    const int32_t exp_of_eighth = 1895147668, third = 715827883; /* exp(-1/8), 1/3 */
    const int32_t y = x + ((int32_t)1 << 28);
    const int32_t y2 = tnrt_doubling_high_mul(y, y);
    const int32_t y3 = tnrt_doubling_high_mul(y2, y);
    const int32_t y4 = tnrt_doubling_high_mul(y2, y2);
    const int32_t tail = tnrt_doubling_high_mul(tnrt_rounding_shift_right(y4, 2) + y3, third) + y2;
    const int32_t sum = y + tnrt_rounding_shift_right(tail, 1);
    return exp_of_eighth + tnrt_doubling_high_mul(exp_of_eighth, sum);
}

/* exp(x) in Q0, x in Q5 and not positive: what is left of a quarter, times the powers of exp(-1/4)
 * that the higher bits ask for. */
static int32_t exp_of_negative(int32_t x)
{
    /* exp(-1/4), exp(-1/2), exp(-1) and so on to exp(-16) */
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = (int32_t)1 << 24;
    const int32_t part = (x & (quarter - 1)) - quarter;
    const int32_t quarters = (part - x) >> 24;
    int32_t result = exp_near_zero(part * 32);
    for (int32_t i = 0; i < 7; i++)
        if ((quarters >> i & 1) != 0)
            result = tnrt_doubling_high_mul(result, powers[i]);
    return x == 0 ? INT32_MAX : result;
}

/* 1 / (1 + x) in Q0, x in Q0 from 0 to 1. */
static int32_t one_over_one_plus(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) >> 1);  /* of 1 + x, rounded up */
    const int32_t one = (int32_t)1 << 29;                               /* in Q2, as what follows */
    int32_t r = 1515870810 + tnrt_doubling_high_mul(half, -1010580540); /* 48/17 - 32/17 * half */
    for (int32_t i = 0; i < 3; i++)
        r += tnrt_doubling_high_mul(r, one - tnrt_doubling_high_mul(half, r)) * 4;
    return r > INT32_MAX / 2 ? INT32_MAX : r * 2;
}

/* The exponential of a channel that lies `distance` <= 0 from the largest, in Q0. */
static int32_t exp_of_distance(const int32_t *params, int32_t distance)
{
    return distance < params[FIRST_NOT_COUNTED]
               ? 0
               : exp_of_negative(tnrt_rescale(distance, params[0], params[1]));
}

static void softmax(const int32_t *params, const int8_t *in, int8_t *out, int32_t count)
{
    int32_t max = INT8_MIN, headroom = 0;
    uint32_t sum = 0; /* in Q12 */
    for (int32_t c = 0; c < count; c++)
        max = in[c] > max ? in[c] : max;
    for (int32_t c = 0; c < count; c++)
        sum += (uint32_t)tnrt_rounding_shift_right(exp_of_distance(params, in[c] - max), SUM_BITS);
    for (; sum < 0x80000000u; headroom++)
        sum <<= 1;
    int32_t scale = one_over_one_plus((int32_t)(sum - 0x80000000u));
    int32_t shift = SUM_BITS - headroom + 31 - 8;
    for (; shift > 31; shift--) /* a sum above 512: nothing reaches 1 / 512 */
        scale >>= 1;
    for (int32_t c = 0; c < count; c++) {
        const int32_t part = tnrt_doubling_high_mul(scale, exp_of_distance(params, in[c] - max));
        const int32_t q = tnrt_rounding_shift_right(part, shift) + INT8_MIN;
        out[c] = (int8_t)(q > INT8_MAX ? INT8_MAX : q);
    }
}

void tnrt_softmax_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, in += c, out += c)
            softmax(layer->params, in, out, c);
    }
}
