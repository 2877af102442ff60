/* Vectors for quant/host_kernels.c, as wide as the instruction set it is compiled for: GCC's
 * vector type, and an instruction where compilers do not find it.
 *
 * Loads take whole vectors: up to 31 bytes behind a tensor or a layer's constants may be read
 * (quant/host_kernels.h says who provides them), never used. Stores are exact. */
#ifndef TNAS_QUANT_HOST_VECTOR_H
#define TNAS_QUANT_HOST_VECTOR_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "runtime/tnrt_requant.h"

#if defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

typedef int8_t bytes __attribute__((vector_size(LANES)));
typedef int8_t double_bytes __attribute__((vector_size(2 * LANES)));
typedef int16_t halves __attribute__((vector_size(4 * LANES)));
typedef int32_t words __attribute__((vector_size(4 * LANES)));
typedef uint32_t unsigned_words __attribute__((vector_size(4 * LANES)));
typedef int64_t double_words __attribute__((vector_size(8 * LANES)));
typedef float floats __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))

/* Unrolls small loops of constant length completely, so that their arrays become registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE words splat(int32_t x)
{
    return x - (words){0};
}

/* Sum and product modulo 2^32: lanes beyond the last channel hold anything. */
INLINE words add(words a, words b)
{
    return (words)((unsigned_words)a + (unsigned_words)b);
}

INLINE words multiply(words a, words b)
{
    return (words)((unsigned_words)a * (unsigned_words)b);
}

INLINE words load_words(const int32_t *at)
{
    words v;
    memcpy(&v, at, sizeof v);
    return v;
}

INLINE halves load_halves(const int16_t *at)
{
    halves v;
    memcpy(&v, at, sizeof v);
    return v;
}

INLINE void store_halves(int16_t *at, halves v)
{
    memcpy(at, &v, sizeof v);
}

/* LANES bytes, each in a word of its own; 2 * LANES bytes, each in a half of a word. */
INLINE words widen_to_words(const int8_t *at)
{
    bytes v;
    memcpy(&v, at, sizeof v);
#if defined(__AVX2__)
    return (words)_mm256_cvtepi8_epi32(_mm_cvtsi64_si128((int64_t)v));
#elif defined(__SSE4_1__)
    return (words)_mm_cvtepi8_epi32(_mm_cvtsi32_si128((int32_t)v));
#elif defined(__SSE2__)
    const __m128i x = _mm_cvtsi32_si128((int32_t)v);
    const __m128i twice = _mm_unpacklo_epi8(x, x);
    return (words)_mm_srai_epi32(_mm_unpacklo_epi16(twice, twice), 24);
#else
    return __builtin_convertvector(v, words);
#endif
}

INLINE halves widen_to_halves(const int8_t *at)
{
    double_bytes v;
    memcpy(&v, at, sizeof v);
#if defined(__AVX2__)
    return (halves)_mm256_cvtepi8_epi16((__m128i)v);
#elif defined(__SSE2__)
    const __m128i x = _mm_cvtsi64_si128((int64_t)v);
    return (halves)_mm_srai_epi16(_mm_unpacklo_epi8(x, x), 8);
#else
    return __builtin_convertvector(v, halves);
#endif
}

/* Words that are int8 values. */
INLINE bytes narrow(words v)
{
#if defined(__AVX2__)
    const __m128i low = _mm256_castsi256_si128((__m256i)v);
    const __m128i packed = _mm_packs_epi32(low, _mm256_extracti128_si256((__m256i)v, 1));
    return (bytes)_mm_cvtsi128_si64(_mm_packs_epi16(packed, packed));
#elif defined(__SSE2__)
    const __m128i packed = _mm_packs_epi32((__m128i)v, (__m128i)v);
    return (bytes)_mm_cvtsi128_si32(_mm_packs_epi16(packed, packed));
#else
    return __builtin_convertvector(v, bytes);
#endif
}

/* The first `count` of the values, which fit int8; a whole vector when count is more. */
INLINE void store_bytes(int8_t *at, words v, int32_t count)
{
    const bytes low = narrow(v);
    if (count >= LANES) {
        memcpy(at, &low, sizeof low);
        return;
    }
    int8_t values[LANES];
    memcpy(values, &low, sizeof low);
    for (int32_t i = 0; i < count; i++)
        at[i] = values[i];
}

INLINE words lower(words a, words b)
{
#if defined(__AVX2__)
    return (words)_mm256_min_epi32((__m256i)a, (__m256i)b);
#elif defined(__SSE4_1__)
    return (words)_mm_min_epi32((__m128i)a, (__m128i)b);
#else
    const words less = a < b;
    return (a & less) | (b & ~less);
#endif
}

INLINE words higher(words a, words b)
{
#if defined(__AVX2__)
    return (words)_mm256_max_epi32((__m256i)a, (__m256i)b);
#elif defined(__SSE4_1__)
    return (words)_mm_max_epi32((__m128i)a, (__m128i)b);
#else
    const words more = a > b;
    return (a & more) | (b & ~more);
#endif
}

/* Word i: a[2i] * b[2i] + a[2i + 1] * b[2i + 1]. */
INLINE words multiply_pairs(halves a, halves b)
{
#if defined(__AVX2__)
    return (words)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (words)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON) && defined(__aarch64__)
    const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
    return (words)vpaddq_s32(low, vmull_high_s16((int16x8_t)a, (int16x8_t)b));
#else
    const words x = (words)a, y = (words)b;
    return (x >> 16) * (y >> 16) + (x << 16 >> 16) * (y << 16 >> 16);
#endif
}

/* Lane i is the sum of rows[i]'s lanes. */
INLINE words sums_of(const words rows[LANES])
{
#if LANES == 8
    words pair[4], quad[2];
    UNROLL
    for (int i = 0; i < 4; i++)
        pair[i] = __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13) +
                  __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    UNROLL
    for (int i = 0; i < 2; i++)
        quad[i] = __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
                  __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(quad[0], quad[1], 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(quad[0], quad[1], 4, 5, 6, 7, 12, 13, 14, 15);
#else
    words pair[2];
    UNROLL
    for (int i = 0; i < 2; i++)
        pair[i] = __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 0, 4, 1, 5) +
                  __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 2, 6, 3, 7);
    return __builtin_shufflevector(pair[0], pair[1], 0, 1, 4, 5) +
           __builtin_shufflevector(pair[0], pair[1], 2, 3, 6, 7);
#endif
}

/* ---- Requantisation, as runtime/tnrt_requant.h ---- */

/* Factors of LANES channels, multipliers >= 0: x goes left, is multiplied and goes right by
 * `most` and, where rounds is 1, by one more bit. */
typedef struct factors {
    words multiplier, left, most, rounds;
} factors;

/* Shifts beyond the last channel may be anything: they must only stay shifts. */
INLINE factors factors_of(words multiplier, words shift)
{
    const words right = higher(-shift, splat(0)) & 31;
    factors f;
    f.multiplier = multiplier;
    f.left = higher(shift, splat(0)) & 31;
    f.rounds = (right > 0) & 1;
    f.most = right - f.rounds;
    return f;
}

/* tnrt_doubling_high_mul for b >= 0. */
INLINE words doubling_high_mul(words a, words b)
{
#if defined(__AVX2__)
    const __m256i half = _mm256_set1_epi64x((int64_t)1 << 30);
    const __m256i even = _mm256_mul_epi32((__m256i)a, (__m256i)b);
    const __m256i odd =
        _mm256_mul_epi32(_mm256_srli_epi64((__m256i)a, 32), _mm256_srli_epi64((__m256i)b, 32));
    return (words)_mm256_blend_epi32(_mm256_srli_epi64(_mm256_add_epi64(even, half), 31),
                                     _mm256_slli_epi64(_mm256_add_epi64(odd, half), 1), 0xaa);
#elif defined(__SSE4_1__)
    const __m128i half = _mm_set1_epi64x((int64_t)1 << 30);
    const __m128i even = _mm_mul_epi32((__m128i)a, (__m128i)b);
    const __m128i odd =
        _mm_mul_epi32(_mm_srli_epi64((__m128i)a, 32), _mm_srli_epi64((__m128i)b, 32));
    return (words)_mm_blend_epi16(_mm_srli_epi64(_mm_add_epi64(even, half), 31),
                                  _mm_slli_epi64(_mm_add_epi64(odd, half), 1), 0xcc);
#elif defined(__ARM_NEON)
    return (words)vqrdmulhq_s32((int32x4_t)a, (int32x4_t)b);
#else
    const double_words product =
        __builtin_convertvector(a, double_words) * __builtin_convertvector(b, double_words);
    return __builtin_convertvector((product + ((int64_t)1 << 30)) >> 31, words);
#endif
}

/* tnrt_rescale. Ties of the right shift go away from zero. */
INLINE words rescale(words x, const factors *f)
{
    const words v = doubling_high_mul(x << f->left, f->multiplier);
    return add(add(v, v >> 31 & -f->rounds) >> f->most, f->rounds) >> f->rounds;
}

/* What is left of a layer's arithmetic: its zero point and its clamp. */
INLINE words activate(const tnrt_layer *layer, words q)
{
    return lower(higher(q, splat(layer->act_min)), splat(layer->act_max));
}

/* Of a layer with filters, channels from `channel` on. */
INLINE factors factors_at(const tnrt_layer *layer, int32_t channel)
{
    const int32_t *const multipliers = layer->params + layer->out_c;
    const int8_t *const shifts = (const int8_t *)(multipliers + layer->out_c);
    return factors_of(load_words(multipliers + channel), widen_to_words(shifts + channel));
}

INLINE words requantize(const tnrt_layer *layer, const factors *f, words acc)
{
    return activate(layer, add(rescale(acc, f), splat(layer->out_zero)));
}

#endif
