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

/* Sums of one pass over a piece, in chains of additions that need not wait for each other. */
enum { CHAINS = 4 / PARTS };

typedef struct chain_sums {
    vec first[CHAINS][PARTS], second[CHAINS][PARTS];
} chain_sums;

/* Adds the chains to the first `real` lanes of a channel. */
INLINE void add_chains(const chain_sums *chains, int real, tnas_lane_sums *lanes)
{
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        vec a = chains->first[0][part], b = chains->second[0][part];
        UNROLL
        for (int chain = 1; chain < CHAINS; chain++) {
            a += chains->first[chain][part];
            b += chains->second[chain][part];
        }
        float *const first = lanes->first + part * WIDTH;
        float *const second = lanes->second + part * WIDTH;
        if (real == TNAS_LANES) {
            store_anywhere(first, load_anywhere(first) + a);
            store_anywhere(second, load_anywhere(second) + b);
        }
        for (int i = 0; real < TNAS_LANES && i < WIDTH && part * WIDTH + i < real; i++) {
            first[i] += a[i];
            second[i] += b[i];
        }
    }
}

INLINE float lanes_sum(const float *lanes)
{
    vec sum = load_anywhere(lanes);
    UNROLL
    for (int part = 1; part < PARTS; part++)
        sum += load_anywhere(lanes + part * WIDTH);
    return vec_sum(sum);
}

/* Ends a piece of channel number c. */
INLINE void close_piece(const tnas_channel_run *run, int32_t c, const chain_sums *chains, int real)
{
    tnas_lane_sums *const lanes = &run->lanes[c];
    add_chains(chains, real, lanes);
    if (run->sums == NULL)
        return;
    run->sums[c][0] += (double)lanes_sum(lanes->first);
    run->sums[c][1] += (double)lanes_sum(lanes->second);
    memset(lanes, 0, sizeof *lanes);
}

INLINE void moments_pixel(const float *x, float mean, vec *first, vec *second)
{
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        const vec v = load(x + part * WIDTH) - splat(mean);
        first[part] += v;
        second[part] += v * v;
    }
}

static void moments(const tnas_channel_run *run, const float *x, int real)
{
    for (int32_t c = 0; c < run->channels; c++, x += run->stride) {
        const float mean = run->mean[c];
        chain_sums chains = {0};
        size_t p = 0;
        for (; p + CHAINS <= run->pixels; p += CHAINS)
            UNROLL
        for (int chain = 0; chain < CHAINS; chain++)
            moments_pixel(x + (p + (size_t)chain) * TNAS_LANES, mean, chains.first[chain],
                          chains.second[chain]);
        for (; p < run->pixels; p++)
            moments_pixel(x + p * TNAS_LANES, mean, chains.first[0], chains.second[0]);
        close_piece(run, c, &chains, real);
    }
}

INLINE void gradient_sums_pixel(int activation, const float *dout, const float *x, float scale,
                                float shift, float mean, vec *first, vec *second)
{
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        const vec v = load(x + part * WIDTH);
        const vec g =
            passed(load(dout + part * WIDTH), v * splat(scale) + splat(shift), activation);
        first[part] += g;
        second[part] += g * (v - splat(mean));
    }
}

INLINE void gradient_sums_as(int activation, const tnas_channel_run *run, const float *dout,
                             const float *x)
{
    for (int32_t c = 0; c < run->channels; c++, dout += run->stride, x += run->stride) {
        const float scale = run->scale[c], shift = run->shift[c], mean = run->mean[c];
        chain_sums chains = {0};
        size_t p = 0;
        for (; p + CHAINS <= run->pixels; p += CHAINS)
            UNROLL
        for (int chain = 0; chain < CHAINS; chain++) {
            const size_t at = (p + (size_t)chain) * TNAS_LANES;
            gradient_sums_pixel(activation, dout + at, x + at, scale, shift, mean,
                                chains.first[chain], chains.second[chain]);
        }
        for (; p < run->pixels; p++)
            gradient_sums_pixel(activation, dout + p * TNAS_LANES, x + p * TNAS_LANES, scale, shift,
                                mean, chains.first[0], chains.second[0]);
        close_piece(run, c, &chains, TNAS_LANES);
    }
}

static void gradient_sums(const tnas_channel_run *run, const float *dout, const float *x)
{
    BY_ACTIVATION(run->activation, gradient_sums_as, run, dout, x);
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
