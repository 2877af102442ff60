/* Vectors for nn/kernels.c, as wide as the instruction set it is compiled for.
 *
 * GCC's vector type instead of intrinsics: the same source serves every instruction set, and
 * sums stay in registers, which plain loops over floats do not get without -ffast-math. A
 * pixel is PARTS vectors. */
#ifndef TNAS_NN_KERNELS_VECTOR_H
#define TNAS_NN_KERNELS_VECTOR_H

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "nn/kernels.h"

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
#define PARTS (TNAS_LANES / WIDTH)

typedef float vec __attribute__((vector_size(WIDTH * sizeof(float))));
typedef int32_t mask __attribute__((vector_size(WIDTH * sizeof(float))));

#define INLINE static inline __attribute__((always_inline))

/* Unrolls small loops of constant length completely, so that their arrays become registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

/* A function of its own: in a large one compilers run out of registers that it has. */
#define APART __attribute__((noinline))

/* Makes a value wait in a register instead of being loaded again for each use. */
#ifdef __x86_64__
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#else
#define IN_REGISTER(v) ((void)0)
#endif

INLINE vec load(const float *at)
{
    vec v;
    memcpy(&v, __builtin_assume_aligned(at, sizeof(vec)), sizeof v);
    return v;
}

INLINE void store(float *at, vec v)
{
    memcpy(__builtin_assume_aligned(at, sizeof(vec)), &v, sizeof v);
}

/* The same at any address. */
INLINE vec load_anywhere(const float *at)
{
    vec v;
    memcpy(&v, at, sizeof v);
    return v;
}

INLINE void store_anywhere(float *at, vec v)
{
    memcpy(at, &v, sizeof v);
}

INLINE vec splat(float x)
{
    return x - (vec){0};
}

/* x where the mask is set, 0 elsewhere. */
INLINE vec keep(vec x, mask where)
{
    return (vec)((mask)x & where);
}

/* bound > x ? bound : x and bound < x ? bound : x. On x86 one instruction, of which compilers
 * know only if not a number may be lost; then x is returned. */
INLINE vec at_least(vec bound, vec x)
{
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)bound, (__m512)x);
#elif defined(__AVX__)
    return (vec)_mm256_max_ps((__m256)bound, (__m256)x);
#elif defined(__x86_64__)
    return (vec)_mm_max_ps((__m128)bound, (__m128)x);
#else
    const mask below = bound > x;
    return (vec)(((mask)x & ~below) | ((mask)bound & below));
#endif
}

INLINE vec at_most(vec bound, vec x)
{
#if defined(__AVX512F__)
    return (vec)_mm512_min_ps((__m512)bound, (__m512)x);
#elif defined(__AVX__)
    return (vec)_mm256_min_ps((__m256)bound, (__m256)x);
#elif defined(__x86_64__)
    return (vec)_mm_min_ps((__m128)bound, (__m128)x);
#else
    const mask above = bound < x;
    return (vec)(((mask)x & ~above) | ((mask)bound & above));
#endif
}

/* Not a number stays not a number: a diverged net must not look healthy behind a ReLU. */
INLINE vec activation_of(vec x, int activation)
{
    if (activation == TNAS_ACT_NONE)
        return x;
    const vec positive = at_least(splat(0.0f), x);
    return activation == TNAS_ACT_RELU ? positive : at_most(splat(6.0f), positive);
}

/* dout where the activation of x lets it pass. */
INLINE vec passed(vec dout, vec x, int activation)
{
    if (activation == TNAS_ACT_NONE)
        return dout;
    const mask positive = x > splat(0.0f);
    return keep(dout, activation == TNAS_ACT_RELU ? positive : positive & (x < splat(6.0f)));
}

INLINE float vec_sum(vec v)
{
    typedef float quad __attribute__((vector_size(16)));
    quad parts[WIDTH / 4];
    memcpy(parts, &v, sizeof v);
    UNROLL
    for (int half = WIDTH / 8; half >= 1; half /= 2)
        UNROLL
    for (int i = 0; i < half; i++)
        parts[i] += parts[i + half];
    return (parts[0][0] + parts[0][2]) + (parts[0][1] + parts[0][3]);
}

/* Calls `function` with the activation as a constant, so that each has a loop of its own. */
#define BY_ACTIVATION(activation, function, ...)                                                   \
    do {                                                                                           \
        if ((activation) == TNAS_ACT_RELU6)                                                        \
            function(TNAS_ACT_RELU6, __VA_ARGS__);                                                 \
        else if ((activation) == TNAS_ACT_RELU)                                                    \
            function(TNAS_ACT_RELU, __VA_ARGS__);                                                  \
        else                                                                                       \
            function(TNAS_ACT_NONE, __VA_ARGS__);                                                  \
    } while (0)

#endif
