/* Part of nn/kernels.c: one pass over the pixels of a channel. Activation, batch-norm sums and
 * their gradients. */
#ifndef TNAS_NN_KERNELS_CHANNEL_H
#define TNAS_NN_KERNELS_CHANNEL_H

#include "nn/kernels_vector.h"

/* Rows that follow each other without gaps are one row. */
static tnas_grid joined(const tnas_grid *grid)
{
    tnas_grid g = *grid;
    const bool dense = g.out_pixel == TNAS_LANES && g.in_pixel == TNAS_LANES;
    const size_t row = (size_t)g.cols * TNAS_LANES;
    if (dense && g.out_row == row && g.in_row == row) {
        g.cols *= g.rows;
        g.rows = g.rows > 0;
    }
    return g;
}

INLINE vec affine_of(vec x, tnas_affine affine, int activation)
{
    return activation_of(x * splat(affine.scale) + splat(affine.shift), activation);
}

INLINE void activate_as(int activation, bool add, float *out, const float *in,
                        const tnas_grid *grid, tnas_affine affine)
{
    const tnas_grid g = joined(grid);
    for (int32_t row = 0; row < g.rows; row++) {
        const float *x = in + (size_t)row * g.in_row;
        float *y = out + (size_t)row * g.out_row;
        for (int32_t col = 0; col < g.cols; col++, x += g.in_pixel, y += g.out_pixel)
            UNROLL
        for (int i = 0; i < TNAS_LANES; i += WIDTH) {
            const vec value = affine_of(load(x + i), affine, activation);
            store(y + i, add ? load(y + i) + value : value);
        }
    }
}

static void activate(float *out, const float *in, const tnas_grid *grid, tnas_affine affine)
{
    BY_ACTIVATION(affine.activation, activate_as, false, out, in, grid, affine);
}

static void activate_add(float *out, const float *in, const tnas_grid *grid, tnas_affine affine)
{
    BY_ACTIVATION(affine.activation, activate_as, true, out, in, grid, affine);
}

/* Two sums of one pass. Floats within a stretch of pixels, one sum a lane, doubles beyond:
 * the error stays near that of a single addition however large the map. */
enum { STRETCH = 512, CHAINS = 4 / PARTS };

typedef struct lane_sums {
    vec first[CHAINS][PARTS], second[CHAINS][PARTS];
} lane_sums;

INLINE void lane_sums_close(const lane_sums *lanes, int real, double sums[2])
{
    _Alignas(sizeof(vec)) float first[TNAS_LANES], second[TNAS_LANES];
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        vec a = lanes->first[0][part], b = lanes->second[0][part];
        UNROLL
        for (int chain = 1; chain < CHAINS; chain++) {
            a += lanes->first[chain][part];
            b += lanes->second[chain][part];
        }
        if (real == TNAS_LANES) {
            sums[0] += (double)vec_sum(a);
            sums[1] += (double)vec_sum(b);
        }
        store(first + part * WIDTH, a);
        store(second + part * WIDTH, b);
    }
    for (int lane = 0; real < TNAS_LANES && lane < real; lane++) {
        sums[0] += (double)first[lane];
        sums[1] += (double)second[lane];
    }
}

INLINE void moments_pixel(const float *x, float shift, vec *first, vec *second)
{
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        const vec v = load(x + part * WIDTH) - splat(shift);
        first[part] += v;
        second[part] += v * v;
    }
}

static void moments(const float *x, size_t pixels, int real, float shift, double sums[2])
{
    for (size_t start = 0; start < pixels; start += STRETCH) {
        const size_t end = pixels - start < STRETCH ? pixels : start + STRETCH;
        lane_sums lanes = {0};
        size_t p = start;
        for (; p + CHAINS <= end; p += CHAINS)
            UNROLL
        for (int chain = 0; chain < CHAINS; chain++)
            moments_pixel(x + (p + (size_t)chain) * TNAS_LANES, shift, lanes.first[chain],
                          lanes.second[chain]);
        for (; p < end; p++)
            moments_pixel(x + p * TNAS_LANES, shift, lanes.first[0], lanes.second[0]);
        lane_sums_close(&lanes, real, sums);
    }
}

INLINE void gradient_sums_pixel(int activation, const float *dout, const float *x,
                                tnas_affine affine, float mean, vec *first, vec *second)
{
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        const vec v = load(x + part * WIDTH);
        const vec z = v * splat(affine.scale) + splat(affine.shift);
        const vec g = passed(load(dout + part * WIDTH), z, activation);
        first[part] += g;
        second[part] += g * (v - splat(mean));
    }
}

INLINE void gradient_sums_as(int activation, const float *dout, const float *x, size_t pixels,
                             tnas_affine affine, float mean, double sums[2])
{
    for (size_t start = 0; start < pixels; start += STRETCH) {
        const size_t end = pixels - start < STRETCH ? pixels : start + STRETCH;
        lane_sums lanes = {0};
        size_t p = start;
        for (; p + CHAINS <= end; p += CHAINS)
            UNROLL
        for (int chain = 0; chain < CHAINS; chain++) {
            const size_t at = (p + (size_t)chain) * TNAS_LANES;
            gradient_sums_pixel(activation, dout + at, x + at, affine, mean, lanes.first[chain],
                                lanes.second[chain]);
        }
        for (; p < end; p++)
            gradient_sums_pixel(activation, dout + p * TNAS_LANES, x + p * TNAS_LANES, affine, mean,
                                lanes.first[0], lanes.second[0]);
        lane_sums_close(&lanes, TNAS_LANES, sums);
    }
}

static void gradient_sums(const float *dout, const float *x, size_t pixels, tnas_affine affine,
                          float mean, double sums[2])
{
    BY_ACTIVATION(affine.activation, gradient_sums_as, dout, x, pixels, affine, mean, sums);
}

INLINE void gradient_as(int activation, float *out, const float *dout, const float *x,
                        const tnas_grid *grid, const tnas_affine_gradient *gradient)
{
    const tnas_grid g = joined(grid);
    const tnas_affine_gradient k = *gradient;
    for (int32_t row = 0; row < g.rows; row++) {
        const float *dy = dout + (size_t)row * g.in_row;
        const float *v = x + (size_t)row * g.in_row;
        float *dx = out + (size_t)row * g.out_row;
        for (int32_t col = 0; col < g.cols; col++) {
            UNROLL
            for (int i = 0; i < TNAS_LANES; i += WIDTH) {
                const vec in = load(v + i);
                const vec z = in * splat(k.affine.scale) + splat(k.affine.shift);
                const vec passing = passed(load(dy + i), z, activation);
                store(dx + i, passing * splat(k.affine.scale) +
                                  (in - splat(k.mean)) * splat(k.slope) + splat(k.offset));
            }
            dy += g.in_pixel;
            v += g.in_pixel;
            dx += g.out_pixel;
        }
    }
}

static void gradient(float *out, const float *dout, const float *x, const tnas_grid *grid,
                     const tnas_affine_gradient *k)
{
    BY_ACTIVATION(k->affine.activation, gradient_as, out, dout, x, grid, k);
}

#endif
