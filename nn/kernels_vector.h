/* Vectors for nn/kernels.c, as wide as the instruction set it is compiled for.
 *
 * GCC's vector type instead of intrinsics: the same source serves every instruction set, and
 * sums stay in registers, which plain loops over floats do not get without -ffast-math. A
 * pixel is PARTS vectors. */
#ifndef TNAS_NN_KERNELS_VECTOR_H
#define TNAS_NN_KERNELS_VECTOR_H

#include <string.h>

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

INLINE vec splat(float x)
{
    return x - (vec){0};
}

/* x where the mask is set, 0 elsewhere. */
INLINE vec keep(vec x, mask where)
{
    return (vec)((mask)x & where);
}

/* Not a number stays not a number: a diverged net must not look healthy behind a ReLU. */
INLINE vec activation_of(vec x, int activation)
{
    if (activation == TNAS_ACT_NONE)
        return x;
    const vec positive = keep(x, ~(x < splat(0.0f)));
    if (activation == TNAS_ACT_RELU)
        return positive;
    const mask above = positive > splat(6.0f);
    return (vec)(((mask)positive & ~above) | ((mask)splat(6.0f) & above));
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

/* Lanes i with bit `distance` clear: a[i] + a[i + distance]; the others: b[i - distance] + b[i].
 * Folding four vectors with distance 1, then 2, leaves partial sums of vector n in the lanes
 * n, n + 4, n + 8 ... */
INLINE vec fold(vec a, vec b, int distance)
{
    mask low, high;
    UNROLL
    for (int i = 0; i < WIDTH; i++) {
        low[i] = i & distance ? WIDTH + i - distance : i;
        high[i] = i & distance ? WIDTH + i : i + distance;
    }
    return __builtin_shuffle(a, b, low) + __builtin_shuffle(a, b, high);
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
