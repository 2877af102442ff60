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

/* Loops written in assembly where the compiler would run out of registers; they leave it r7. */
#if TNRT_HAS_SIMD32 && defined(__OPTIMIZE__)
#define TNRT_HAS_ASM_LOOPS 1
#else
#define TNRT_HAS_ASM_LOOPS 0
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

#endif

#endif
