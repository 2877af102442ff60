/* SPDX-License-Identifier: 0BSD */
/* The vector instructions of Armv8.1-M (MVE, Helium) that the kernels use, a function each. On a
 * core that has them a function is its instruction or two; elsewhere, portable C with the same
 * result, so that the host tests and runs the very kernels that ship.
 *
 * A vector has 16 bytes, 8 halves or 4 words. "first" functions touch `count` elements, 1 or
 * more, and a whole vector when count is more: neither memory nor lanes beyond; missing lanes are
 * loaded as 0. */
#ifndef TNRT_MVE_VECTOR_H
#define TNRT_MVE_VECTOR_H

#include <stdint.h>

#if defined(__ARM_FEATURE_MVE)
#define TNRT_HAS_MVE 1
#include <arm_mve.h>
typedef int8x16_t tnrt_bytes;
typedef int16x8_t tnrt_halves;
typedef int32x4_t tnrt_words;
#else
#define TNRT_HAS_MVE 0
typedef struct tnrt_bytes {
    int8_t at[16];
} tnrt_bytes;
typedef struct tnrt_halves {
    int16_t at[8];
} tnrt_halves;
typedef struct tnrt_words {
    int32_t at[4];
} tnrt_words;
#endif

/* A function of its own: in a large one compilers run out of registers that it has. */
#if defined(__GNUC__)
#define TNRT_MVE_APART __attribute__((noinline))
#else
#define TNRT_MVE_APART
#endif

/* Words at the even and at the odd places of a run of eight. */
typedef struct tnrt_word_pair {
    tnrt_words even, odd;
} tnrt_word_pair;

#if TNRT_HAS_MVE

static inline tnrt_bytes tnrt_mve_bytes(const int8_t *at)
{
    return vldrbq_s8(at);
}
static inline tnrt_bytes tnrt_mve_first_bytes(const int8_t *at, int32_t count)
{
    return vldrbq_z_s8(at, vctp8q((uint32_t)count));
}
static inline void tnrt_mve_store_bytes(int8_t *at, tnrt_bytes v)
{
    vstrbq_s8(at, v);
}
static inline void tnrt_mve_store_first_bytes(int8_t *at, tnrt_bytes v, int32_t count)
{
    vstrbq_p_s8(at, v, vctp8q((uint32_t)count));
}
static inline tnrt_bytes tnrt_mve_splat_bytes(int8_t x)
{
    return vdupq_n_s8(x);
}
static inline tnrt_bytes tnrt_mve_max_bytes(tnrt_bytes a, tnrt_bytes b)
{
    return vmaxq_s8(a, b);
}
static inline tnrt_bytes tnrt_mve_min_bytes(tnrt_bytes a, tnrt_bytes b)
{
    return vminq_s8(a, b);
}

/* Word i: the sum of in[k] * rows[i][k] over k below count, at least 1. A loop that the hardware
 * counts and predicates: it reads no byte more. Compilers do not make it from intrinsics. */
static inline tnrt_words tnrt_mve_dot4(const int8_t *in, const int8_t *row0, const int8_t *row1,
                                       const int8_t *row2, const int8_t *row3, int32_t count)
{
    tnrt_words sums;
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    __asm volatile(
        "dlstp.8 lr, %[count]\n"
        "1:\n\t"
        "vldrb.8 q0, [%[in]], #16\n\t"
        "vldrb.8 q1, [%[row0]], #16\n\t"
        "vmladava.s8 %[sum0], q0, q1\n\t"
        "vldrb.8 q2, [%[row1]], #16\n\t"
        "vmladava.s8 %[sum1], q0, q2\n\t"
        "vldrb.8 q1, [%[row2]], #16\n\t"
        "vmladava.s8 %[sum2], q0, q1\n\t"
        "vldrb.8 q2, [%[row3]], #16\n\t"
        "vmladava.s8 %[sum3], q0, q2\n\t"
        "letp lr, 1b"
        : [sum0] "+Te"(sum0), [sum1] "+Te"(sum1), [sum2] "+Te"(sum2), [sum3] "+Te"(sum3),
          [in] "+r"(in), [row0] "+r"(row0), [row1] "+r"(row1), [row2] "+r"(row2), [row3] "+r"(row3)
        : [count] "r"(count)
        : "lr", "q0", "q1", "q2", "memory");
    __asm("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4"
          : "=&w"(sums)
          : "r"(sum0), "r"(sum1), "r"(sum2), "r"(sum3));
    return sums;
}

static inline tnrt_words tnrt_mve_words(const int32_t *at)
{
    return vldrwq_s32(at);
}
static inline tnrt_words tnrt_mve_first_words(const int32_t *at, int32_t count)
{
    return vldrwq_z_s32(at, vctp32q((uint32_t)count));
}
static inline void tnrt_mve_store_words(int32_t *at, tnrt_words v)
{
    vstrwq_s32(at, v);
}

/* Four bytes of memory, each in a word. */
static inline tnrt_words tnrt_mve_widen(const int8_t *at)
{
    return vldrbq_s32(at);
}
static inline tnrt_words tnrt_mve_first_widen(const int8_t *at, int32_t count)
{
    return vldrbq_z_s32(at, vctp32q((uint32_t)count));
}

/* The low bytes of words, of halves. */
static inline void tnrt_mve_store_low(int8_t *at, tnrt_words v)
{
    vstrbq_s32(at, v);
}
static inline void tnrt_mve_store_first_low(int8_t *at, tnrt_words v, int32_t count)
{
    vstrbq_p_s32(at, v, vctp32q((uint32_t)count));
}

static inline tnrt_words tnrt_mve_splat(int32_t x)
{
    return vdupq_n_s32(x);
}

/* Modulo 2^32. */
static inline tnrt_words tnrt_mve_add(tnrt_words a, tnrt_words b)
{
    return vaddq_s32(a, b);
}
static inline tnrt_words tnrt_mve_multiply(tnrt_words a, tnrt_words b)
{
    return vmulq_s32(a, b);
}
static inline tnrt_words tnrt_mve_max(tnrt_words a, tnrt_words b)
{
    return vmaxq_s32(a, b);
}
static inline tnrt_words tnrt_mve_min(tnrt_words a, tnrt_words b)
{
    return vminq_s32(a, b);
}
static inline tnrt_words tnrt_mve_and(tnrt_words a, tnrt_words b)
{
    return vandq_s32(a, b);
}
/* The same with one number for all words. */
static inline tnrt_words tnrt_mve_add_to_all(tnrt_words a, int32_t b)
{
    return vaddq_n_s32(a, b);
}
static inline tnrt_words tnrt_mve_doubling_high_mul_all(tnrt_words a, int32_t b)
{
    return vqrdmulhq_n_s32(a, b);
}
static inline tnrt_words tnrt_mve_shift_all_left(tnrt_words a, int32_t bits)
{
    return vshlq_r_s32(a, bits);
}
static inline tnrt_words tnrt_mve_rounding_shift_all(tnrt_words a, int32_t minus_bits)
{
    return vrshlq_n_s32(a, minus_bits);
}
/* -1 where negative, else 0. */
static inline tnrt_words tnrt_mve_sign(tnrt_words a)
{
    return vshrq_n_s32(a, 31);
}
/* By 0 to 31 bits, bits fall off. */
static inline tnrt_words tnrt_mve_shift_left(tnrt_words a, tnrt_words bits)
{
    return vshlq_s32(a, bits);
}
/* By 0 to -31: right, rounding ties upwards. */
static inline tnrt_words tnrt_mve_rounding_shift(tnrt_words a, tnrt_words minus_bits)
{
    return vrshlq_s32(a, minus_bits);
}
/* (2 * a * b + 2^31) >> 32, saturated. */
static inline tnrt_words tnrt_mve_doubling_high_mul(tnrt_words a, tnrt_words b)
{
    return vqrdmulhq_s32(a, b);
}

/* Eight bytes of memory, each in a half. */
static inline tnrt_halves tnrt_mve_widen_halves(const int8_t *at)
{
    return vldrbq_s16(at);
}
static inline tnrt_halves tnrt_mve_splat_halves(int16_t x)
{
    return vdupq_n_s16(x);
}
/* a + b * c in words. */
static inline tnrt_word_pair tnrt_mve_accumulate(tnrt_word_pair a, tnrt_halves b, tnrt_halves c)
{
    a.even = vaddq_s32(a.even, vmullbq_int_s16(b, c));
    a.odd = vaddq_s32(a.odd, vmulltq_int_s16(b, c));
    return a;
}
static inline tnrt_word_pair tnrt_mve_word_pair(const int32_t *at)
{
    const int32x4x2_t both = vld2q_s32(at);
    tnrt_word_pair pair;
    pair.even = both.val[0];
    pair.odd = both.val[1];
    return pair;
}
static inline tnrt_word_pair tnrt_mve_widen_pair(const int8_t *at)
{
    const int16x8_t both = vldrbq_s16(at);
    tnrt_word_pair pair;
    pair.even = vmovlbq_s16(both);
    pair.odd = vmovltq_s16(both);
    return pair;
}
static inline void tnrt_mve_store_low_pair(int8_t *at, tnrt_word_pair v)
{
    const int16x8_t even = vreinterpretq_s16_s32(v.even);
    vstrbq_s16(at, vmovntq_s32(even, v.odd));
}

#else

/* Elements of a vector that count. */
static inline int32_t tnrt_mve_lanes(int32_t count, int32_t lanes)
{
    return count < lanes ? count : lanes;
}
#define TNRT_EACH_(i, lanes) for (int32_t i = 0; i < (lanes); i++)

static inline tnrt_bytes tnrt_mve_first_bytes(const int8_t *at, int32_t count)
{
    tnrt_bytes v = {{0}};
    TNRT_EACH_(i, tnrt_mve_lanes(count, 16))
    v.at[i] = at[i];
    return v;
}
static inline tnrt_bytes tnrt_mve_bytes(const int8_t *at)
{
    return tnrt_mve_first_bytes(at, 16);
}
static inline void tnrt_mve_store_first_bytes(int8_t *at, tnrt_bytes v, int32_t count)
{
    TNRT_EACH_(i, tnrt_mve_lanes(count, 16))
    at[i] = v.at[i];
}
static inline void tnrt_mve_store_bytes(int8_t *at, tnrt_bytes v)
{
    tnrt_mve_store_first_bytes(at, v, 16);
}
static inline tnrt_bytes tnrt_mve_splat_bytes(int8_t x)
{
    tnrt_bytes v;
    TNRT_EACH_(i, 16)
    v.at[i] = x;
    return v;
}
static inline tnrt_bytes tnrt_mve_max_bytes(tnrt_bytes a, tnrt_bytes b)
{
    TNRT_EACH_(i, 16)
    a.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
    return a;
}
static inline tnrt_bytes tnrt_mve_min_bytes(tnrt_bytes a, tnrt_bytes b)
{
    TNRT_EACH_(i, 16)
    a.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
    return a;
}

static inline tnrt_words tnrt_mve_words_of(int32_t a, int32_t b, int32_t c, int32_t d)
{
    tnrt_words v;
    v.at[0] = a;
    v.at[1] = b;
    v.at[2] = c;
    v.at[3] = d;
    return v;
}
static inline tnrt_words tnrt_mve_dot4(const int8_t *in, const int8_t *row0, const int8_t *row1,
                                       const int8_t *row2, const int8_t *row3, int32_t count)
{
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    TNRT_EACH_(i, count)
    {
        sum0 += in[i] * row0[i];
        sum1 += in[i] * row1[i];
        sum2 += in[i] * row2[i];
        sum3 += in[i] * row3[i];
    }
    return tnrt_mve_words_of(sum0, sum1, sum2, sum3);
}
static inline tnrt_words tnrt_mve_splat(int32_t x)
{
    return tnrt_mve_words_of(x, x, x, x);
}
static inline tnrt_words tnrt_mve_first_words(const int32_t *at, int32_t count)
{
    tnrt_words v = {{0}};
    TNRT_EACH_(i, tnrt_mve_lanes(count, 4))
    v.at[i] = at[i];
    return v;
}
static inline tnrt_words tnrt_mve_words(const int32_t *at)
{
    return tnrt_mve_first_words(at, 4);
}
static inline void tnrt_mve_store_words(int32_t *at, tnrt_words v)
{
    TNRT_EACH_(i, 4)
    at[i] = v.at[i];
}
static inline tnrt_words tnrt_mve_first_widen(const int8_t *at, int32_t count)
{
    tnrt_words v = {{0}};
    TNRT_EACH_(i, tnrt_mve_lanes(count, 4))
    v.at[i] = at[i];
    return v;
}
static inline tnrt_words tnrt_mve_widen(const int8_t *at)
{
    return tnrt_mve_first_widen(at, 4);
}
static inline void tnrt_mve_store_first_low(int8_t *at, tnrt_words v, int32_t count)
{
    TNRT_EACH_(i, tnrt_mve_lanes(count, 4))
    at[i] = (int8_t)(v.at[i] & 0xff);
}
static inline void tnrt_mve_store_low(int8_t *at, tnrt_words v)
{
    tnrt_mve_store_first_low(at, v, 4);
}

static inline tnrt_words tnrt_mve_add(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    a.at[i] = (int32_t)((uint32_t)a.at[i] + (uint32_t)b.at[i]);
    return a;
}
static inline tnrt_words tnrt_mve_multiply(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    a.at[i] = (int32_t)((uint32_t)a.at[i] * (uint32_t)b.at[i]);
    return a;
}
static inline tnrt_words tnrt_mve_max(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    a.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
    return a;
}
static inline tnrt_words tnrt_mve_min(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    a.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
    return a;
}
static inline tnrt_words tnrt_mve_and(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    a.at[i] &= b.at[i];
    return a;
}
static inline tnrt_words tnrt_mve_sign(tnrt_words a)
{
    TNRT_EACH_(i, 4)
    a.at[i] = a.at[i] < 0 ? -1 : 0;
    return a;
}
static inline tnrt_words tnrt_mve_shift_left(tnrt_words a, tnrt_words bits)
{
    TNRT_EACH_(i, 4)
    a.at[i] = (int32_t)((uint32_t)a.at[i] << bits.at[i]);
    return a;
}
static inline tnrt_words tnrt_mve_rounding_shift(tnrt_words a, tnrt_words minus_bits)
{
    TNRT_EACH_(i, 4)
    {
        const int64_t half = ((int64_t)1 << -minus_bits.at[i]) >> 1;
        a.at[i] = (int32_t)((a.at[i] + half) >> -minus_bits.at[i]);
    }
    return a;
}
static inline tnrt_words tnrt_mve_doubling_high_mul(tnrt_words a, tnrt_words b)
{
    TNRT_EACH_(i, 4)
    {
        const int64_t q = ((int64_t)a.at[i] * b.at[i] + ((int64_t)1 << 30)) >> 31;
        a.at[i] = q > INT32_MAX ? INT32_MAX : (int32_t)q;
    }
    return a;
}

static inline tnrt_words tnrt_mve_add_to_all(tnrt_words a, int32_t b)
{
    return tnrt_mve_add(a, tnrt_mve_splat(b));
}
static inline tnrt_words tnrt_mve_doubling_high_mul_all(tnrt_words a, int32_t b)
{
    return tnrt_mve_doubling_high_mul(a, tnrt_mve_splat(b));
}
static inline tnrt_words tnrt_mve_shift_all_left(tnrt_words a, int32_t bits)
{
    return tnrt_mve_shift_left(a, tnrt_mve_splat(bits));
}
static inline tnrt_words tnrt_mve_rounding_shift_all(tnrt_words a, int32_t minus_bits)
{
    return tnrt_mve_rounding_shift(a, tnrt_mve_splat(minus_bits));
}

static inline tnrt_halves tnrt_mve_widen_halves(const int8_t *at)
{
    tnrt_halves v;
    TNRT_EACH_(i, 8)
    v.at[i] = at[i];
    return v;
}
static inline tnrt_halves tnrt_mve_splat_halves(int16_t x)
{
    tnrt_halves v;
    TNRT_EACH_(i, 8)
    v.at[i] = x;
    return v;
}
static inline tnrt_word_pair tnrt_mve_accumulate(tnrt_word_pair a, tnrt_halves b, tnrt_halves c)
{
    TNRT_EACH_(i, 4)
    {
        a.even.at[i] += b.at[2 * i] * c.at[2 * i];
        a.odd.at[i] += b.at[2 * i + 1] * c.at[2 * i + 1];
    }
    return a;
}
static inline tnrt_word_pair tnrt_mve_word_pair(const int32_t *at)
{
    tnrt_word_pair pair;
    pair.even = tnrt_mve_words_of(at[0], at[2], at[4], at[6]);
    pair.odd = tnrt_mve_words_of(at[1], at[3], at[5], at[7]);
    return pair;
}
static inline tnrt_word_pair tnrt_mve_widen_pair(const int8_t *at)
{
    tnrt_word_pair pair;
    pair.even = tnrt_mve_words_of(at[0], at[2], at[4], at[6]);
    pair.odd = tnrt_mve_words_of(at[1], at[3], at[5], at[7]);
    return pair;
}
static inline void tnrt_mve_store_low_pair(int8_t *at, tnrt_word_pair v)
{
    TNRT_EACH_(i, 4)
    {
        at[2 * i] = (int8_t)(v.even.at[i] & 0xff);
        at[2 * i + 1] = (int8_t)(v.odd.at[i] & 0xff);
    }
}

#undef TNRT_EACH_
#endif

#endif
