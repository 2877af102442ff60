/* SPDX-License-Identifier: 0BSD */
/* The DSP extension's instructions, one function each. On a core that has them a function is its
 * instruction; elsewhere, portable C with the same result, so that the host tests and runs the
 * very kernels that ship. A word holds two int16, the lower one first. */
#ifndef TNRT_SIMD32_H
#define TNRT_SIMD32_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)
#define TNRT_HAS_SIMD32 1
#include <arm_acle.h>
#else
#define TNRT_HAS_SIMD32 0
#endif

/* Loops written in assembly where the compiler would run out of registers; they leave it r7. clang
 * wants more for their operands, and gets portable C of these instructions, as gcc -O0 does. */
#if TNRT_HAS_SIMD32 && defined(__OPTIMIZE__) && !defined(__clang__)
#define TNRT_HAS_ASM_LOOPS 1
#else
#define TNRT_HAS_ASM_LOOPS 0
#endif

/* Functions whose constants must be seen by their bodies; loops of constant length without a loop.
 */
#if defined(__GNUC__) && defined(__OPTIMIZE__)
#define TNRT_INLINE inline __attribute__((always_inline))
#else
#define TNRT_INLINE inline
#endif
/* Kept apart from its caller, whose registers it would crowd. */
#if defined(__GNUC__)
#define TNRT_NOINLINE __attribute__((noinline))
#else
#define TNRT_NOINLINE
#endif
#if defined(__clang__)
#define TNRT_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define TNRT_UNROLL _Pragma("GCC unroll 8")
#else
#define TNRT_UNROLL
#endif

/* Four bytes from any address. */
static inline uint32_t tnrt_load32(const void *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Four bytes to any address. */
static inline void tnrt_store32(void *at, uint32_t word)
{
    memcpy(at, &word, sizeof word);
}

/* Two int16. */
static inline uint32_t tnrt_pack16(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xffff) | (uint32_t)high << 16;
}

#if TNRT_HAS_SIMD32

/* Bytes 0 and 2 of a word as two int16; bytes 1 and 3. */
static inline uint32_t tnrt_sxtb16(uint32_t x)
{
    return (uint32_t)__sxtb16(x);
}
static inline uint32_t tnrt_sxtb16_ror8(uint32_t x)
{
    uint32_t r;
    __asm("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(x));
    return r;
}

/* acc + x.lo * y.lo + x.hi * y.hi, modulo 2^32. */
static inline int32_t tnrt_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlad((int32_t)x, (int32_t)y, acc);
}

/* (a * b + 2^31) >> 32: with 2 * a it is the doubling high multiply, if |a| < 2^30. */
static inline int32_t tnrt_smmulr(int32_t a, int32_t b)
{
    int32_t r;
    __asm("smmulr %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* c + ((a * b + 2^31) >> 32), modulo 2^32. */
static inline int32_t tnrt_smmlar(int32_t a, int32_t b, int32_t c)
{
    int32_t r;
    __asm("smmlar %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

/* x / 2, rounded down, saturated to int8. */
static inline int32_t tnrt_ssat8_asr1(int32_t x)
{
    int32_t r;
    __asm("ssat %0, #8, %1, asr #1" : "=r"(r) : "r"(x));
    return r;
}

/* The depthwise, pooling and add kernels' part. ------------------------------------------------ */

/* c + ((a * b) >> 32), modulo 2^32. */
static inline int32_t tnrt_smmla(int32_t a, int32_t b, int32_t c)
{
    int32_t r;
    __asm("smmla %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

/* x / 2^10, rounded down, saturated to int8. */
static inline int32_t tnrt_ssat8_asr10(int32_t x)
{
    int32_t r;
    __asm("ssat %0, #8, %1, asr #10" : "=r"(r) : "r"(x));
    return r;
}

/* acc + x.lo * y.lo; x.hi * y.lo; x.lo * y.hi + x.hi * y.lo. */
static inline int32_t tnrt_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlabb((int32_t)x, (int32_t)y, acc);
}
static inline int32_t tnrt_smlatb(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlatb((int32_t)x, (int32_t)y, acc);
}
static inline int32_t tnrt_smladx(uint32_t x, uint32_t y, int32_t acc)
{
    return __smladx((int32_t)x, (int32_t)y, acc);
}

/* The lower halves of two words as one word; the upper halves. */
static inline uint32_t tnrt_pack_low(uint32_t low, uint32_t high)
{
    uint32_t r;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(r) : "r"(low), "r"(high));
    return r;
}
static inline uint32_t tnrt_pack_high(uint32_t low, uint32_t high)
{
    uint32_t r;
    __asm("pkhtb %0, %1, %2, asr #16" : "=r"(r) : "r"(high), "r"(low));
    return r;
}

/* x / 2^21, rounded down, saturated to int8. */
static inline int32_t tnrt_ssat8_asr21(int32_t x)
{
    int32_t r;
    __asm("ssat %0, #8, %1, asr #21" : "=r"(r) : "r"(x));
    return r;
}

/* Two int16 sums plus bytes 0 and 2 of x; plus bytes 1 and 3. */
static inline uint32_t tnrt_sxtab16(uint32_t sums, uint32_t x)
{
    return (uint32_t)__sxtab16((int32_t)sums, x);
}
static inline uint32_t tnrt_sxtab16_ror8(uint32_t sums, uint32_t x)
{
    uint32_t r;
    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(r) : "r"(sums), "r"(x));
    return r;
}

/* The greater ones of four int8 each; the smaller ones. */
static inline uint32_t tnrt_max8(uint32_t x, uint32_t y)
{
    uint32_t r;
    __asm("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(r) : "r"(x), "r"(y) : "cc");
    return r;
}
static inline uint32_t tnrt_min8(uint32_t x, uint32_t y)
{
    uint32_t r;
    __asm("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(r) : "r"(x), "r"(y) : "cc");
    return r;
}

/* Lets the compiler forget where a pointer or a number came from, so that it keeps the one that it
 * has instead of making others. */
#define TNRT_FORGET(x) __asm("" : "+r"(x))

/* The words base[index] and base[index + 1] of a uint32_t pointer, index a constant. */
typedef uint64_t tnrt_word_pair __attribute__((may_alias, aligned(4)));
#define TNRT_LOAD_PAIR(a, b, base, index)                                                          \
    __asm volatile("ldrd %0, %1, %2"                                                               \
                   : "=r"(a), "=r"(b)                                                              \
                   : "m"(*(const tnrt_word_pair *)((base) + (index))))
#define TNRT_STORE_PAIR(base, index, a, b)                                                         \
    __asm volatile("strd %1, %2, %0" : "=m"(*(tnrt_word_pair *)((base) + (index))) : "r"(a), "r"(b))

#else

static inline uint32_t tnrt_sxtb16(uint32_t x)
{
    const uint32_t low = (uint32_t)(int32_t)(int8_t)(x & 0xff) & 0xffff;
    const uint32_t high = (uint32_t)(int32_t)(int8_t)(x >> 16 & 0xff) << 16;
    return low | high;
}
static inline uint32_t tnrt_sxtb16_ror8(uint32_t x)
{
    return tnrt_sxtb16(x >> 8 | x << 24);
}
static inline int32_t tnrt_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    const int32_t low = (int16_t)(x & 0xffff) * (int16_t)(y & 0xffff);
    const int32_t high = (int16_t)(x >> 16) * (int16_t)(y >> 16);
    return (int32_t)((uint32_t)acc + (uint32_t)low + (uint32_t)high);
}
static inline int32_t tnrt_smmulr(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32);
}
static inline int32_t tnrt_smmlar(int32_t a, int32_t b, int32_t c)
{
    return (int32_t)((uint32_t)tnrt_smmulr(a, b) + (uint32_t)c);
}
static inline int32_t tnrt_ssat8_asr1(int32_t x)
{
    const int32_t half = x >> 1;
    return half < -128 ? -128 : half > 127 ? 127 : half;
}

/* The depthwise, pooling and add kernels' part. ------------------------------------------------ */

static inline int32_t tnrt_smmla(int32_t a, int32_t b, int32_t c)
{
    return (int32_t)((uint32_t)(((int64_t)a * b) >> 32) + (uint32_t)c);
}
static inline int32_t tnrt_ssat8_asr10(int32_t x)
{
    const int32_t shifted = x >> 10;
    return shifted < -128 ? -128 : shifted > 127 ? 127 : shifted;
}
static inline int32_t tnrt_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    const int32_t product = (int16_t)(x & 0xffff) * (int16_t)(y & 0xffff);
    return (int32_t)((uint32_t)acc + (uint32_t)product);
}
static inline int32_t tnrt_smlatb(uint32_t x, uint32_t y, int32_t acc)
{
    return tnrt_smlabb(x >> 16, y, acc);
}
static inline int32_t tnrt_smladx(uint32_t x, uint32_t y, int32_t acc)
{
    return tnrt_smlad(x, y >> 16 | y << 16, acc);
}
static inline uint32_t tnrt_pack_low(uint32_t low, uint32_t high)
{
    return (low & 0xffff) | high << 16;
}
static inline uint32_t tnrt_pack_high(uint32_t low, uint32_t high)
{
    return low >> 16 | (high & 0xffff0000u);
}
static inline int32_t tnrt_ssat8_asr21(int32_t x)
{
    const int32_t shifted = x >> 21;
    return shifted < -128 ? -128 : shifted > 127 ? 127 : shifted;
}
static inline uint32_t tnrt_sxtab16(uint32_t sums, uint32_t x)
{
    const uint32_t low = (sums + (uint32_t)(int32_t)(int8_t)(x & 0xff)) & 0xffff;
    const uint32_t high = (sums >> 16) + (uint32_t)(int32_t)(int8_t)(x >> 16 & 0xff);
    return low | high << 16;
}
static inline uint32_t tnrt_sxtab16_ror8(uint32_t sums, uint32_t x)
{
    return tnrt_sxtab16(sums, x >> 8 | x << 24);
}
static inline uint32_t tnrt_max8(uint32_t x, uint32_t y)
{
    uint32_t r = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        const uint32_t greater = (int8_t)(x >> shift & 0xff) >= (int8_t)(y >> shift & 0xff) ? x : y;
        r |= greater & (uint32_t)0xff << shift;
    }
    return r;
}
static inline uint32_t tnrt_min8(uint32_t x, uint32_t y)
{
    return x ^ y ^ tnrt_max8(x, y);
}
#define TNRT_FORGET(x)                     ((void)(x))
#define TNRT_LOAD_PAIR(a, b, base, index)  ((a) = (base)[index], (b) = (base)[(index) + 1])
#define TNRT_STORE_PAIR(base, index, a, b) ((void)((base)[index] = (a), (base)[(index) + 1] = (b)))

#endif

/* Half `high` (0 or 1) of the word at `to` becomes the lower half of x. */
static inline void tnrt_store16(uint32_t *to, int32_t high, uint32_t x)
{
    const uint16_t half = (uint16_t)x;
    memcpy((uint8_t *)to + 2 * high, &half, sizeof half);
}

#endif
