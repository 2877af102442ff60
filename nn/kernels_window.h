/* Part of nn/kernels.c: depthwise windows. A tile of outputs of one row stays in registers
 * while the taps of the window pass over it; one tap is one broadcast weight. */
#ifndef TNAS_NN_KERNELS_WINDOW_H
#define TNAS_NN_KERNELS_WINDOW_H

#include "nn/kernels_vector.h"

enum { TILE_MAX = 8 };

/* `tile` outputs of one row, `stride` pixels apart in the input. */
INLINE void window_tile(int tile, int32_t stride, const tnas_window *window, const float *in,
                        const float *weight, float *out, bool add)
{
    for (int part = 0; part < TNAS_LANES; part += WIDTH) {
        vec sums[TILE_MAX];
        UNROLL
        for (int t = 0; t < tile; t++)
            sums[t] = splat(0.0f);
        for (int32_t ky = 0; ky < window->kernel_h; ky++) {
            const float *x = in + (size_t)ky * window->in_row + part;
            const float *const w = weight + (size_t)ky * (size_t)window->kernel_w;
            for (int32_t kx = 0; kx < window->kernel_w; kx++, x += TNAS_LANES) {
                const vec tap = splat(w[kx]);
                UNROLL
                for (int t = 0; t < tile; t++)
                    sums[t] += load(x + t * stride * TNAS_LANES) * tap;
            }
        }
        UNROLL
        for (int t = 0; t < tile; t++) {
            float *const y = out + (size_t)t * window->out_pixel + part;
            store(y, add ? load(y) + sums[t] : sums[t]);
        }
    }
}

/* A row in tiles of nearly equal width, so that 6, 7, 12, 14 and 28 leave no remainder. */
INLINE void window_row(int32_t stride, const tnas_window *window, const float *in,
                       const float *weight, float *out, bool add)
{
    int32_t tiles = (window->out_w + TILE_MAX - 1) / TILE_MAX;
    for (int32_t left = window->out_w; left > 0; tiles--) {
        const int32_t tile = (left + tiles - 1) / tiles;
        switch (tile) {
        case 8:
            window_tile(8, stride, window, in, weight, out, add);
            break;
        case 7:
            window_tile(7, stride, window, in, weight, out, add);
            break;
        case 6:
            window_tile(6, stride, window, in, weight, out, add);
            break;
        case 5:
            window_tile(5, stride, window, in, weight, out, add);
            break;
        case 4:
            window_tile(4, stride, window, in, weight, out, add);
            break;
        case 3:
            window_tile(3, stride, window, in, weight, out, add);
            break;
        case 2:
            window_tile(2, stride, window, in, weight, out, add);
            break;
        default:
            window_tile(1, stride, window, in, weight, out, add);
            break;
        }
        in += (size_t)(tile * stride) * TNAS_LANES;
        out += (size_t)tile * window->out_pixel;
        left -= tile;
    }
}

INLINE void window_rows(int32_t stride, const tnas_window *window, const float *in,
                        const float *weight, float *out, bool add)
{
    for (int32_t oy = 0; oy < window->out_h; oy++)
        window_row(stride, window, in + (size_t)(oy * window->stride_h) * window->in_row, weight,
                   out + (size_t)oy * window->out_row, add);
}

static void window(const tnas_window *w, const float *in, const float *weight, float *out, bool add)
{
    if (w->stride_w == 1)
        window_rows(1, w, in, weight, out, add);
    else if (w->stride_w == 2)
        window_rows(2, w, in, weight, out, add);
    else
        window_rows(w->stride_w, w, in, weight, out, add);
}

/* Neighbouring outputs summed apart, so that additions need not wait for each other. */
enum { TAPS_MAX = 7, NEIGHBOURS = 2 };

/* `taps` taps of one row of the window, over all outputs. */
INLINE void window_gradient_taps(int taps, const tnas_window *window, const float *in,
                                 const float *dout, size_t dout_row, size_t dout_pixel,
                                 float *dweight_lanes)
{
    const size_t step = (size_t)window->stride_w * TNAS_LANES;
    for (int part = 0; part < TNAS_LANES; part += WIDTH) {
        vec sums[NEIGHBOURS][TAPS_MAX];
        UNROLL
        for (int k = 0; k < taps; k++)
            sums[0][k] = sums[1][k] = splat(0.0f);
        for (int32_t oy = 0; oy < window->out_h; oy++) {
            const float *x = in + (size_t)(oy * window->stride_h) * window->in_row + part;
            const float *dy = dout + (size_t)oy * dout_row + part;
            int32_t ox = 0;
            for (; ox + NEIGHBOURS <= window->out_w; ox += NEIGHBOURS)
                UNROLL
            for (int n = 0; n < NEIGHBOURS; n++, x += step, dy += dout_pixel) {
                const vec d = load(dy);
                UNROLL
                for (int k = 0; k < taps; k++)
                    sums[n][k] += load(x + k * TNAS_LANES) * d;
            }
            for (; ox < window->out_w; ox++, x += step, dy += dout_pixel) {
                const vec d = load(dy);
                UNROLL
                for (int k = 0; k < taps; k++)
                    sums[0][k] += load(x + k * TNAS_LANES) * d;
            }
        }
        UNROLL
        for (int k = 0; k < taps; k++) {
            float *const to = dweight_lanes + k * TNAS_LANES + part;
            store(to, load(to) + (sums[0][k] + sums[1][k]));
        }
    }
}

static void window_gradient(const tnas_window *w, const float *in, const float *dout,
                            size_t dout_row, size_t dout_pixel, float *dweight_lanes)
{
    for (int32_t ky = 0; ky < w->kernel_h; ky++)
        for (int32_t kx = 0; kx < w->kernel_w;) {
            const float *const x = in + (size_t)ky * w->in_row + (size_t)kx * TNAS_LANES;
            float *const to = dweight_lanes + (size_t)(ky * w->kernel_w + kx) * TNAS_LANES;
            const int32_t left = w->kernel_w - kx;
            const int taps = left >= 7 ? 7 : left >= 5 ? 5 : left >= 3 ? 3 : 1;
            if (taps == 7)
                window_gradient_taps(7, w, x, dout, dout_row, dout_pixel, to);
            else if (taps == 5)
                window_gradient_taps(5, w, x, dout, dout_row, dout_pixel, to);
            else if (taps == 3)
                window_gradient_taps(3, w, x, dout, dout_row, dout_pixel, to);
            else
                window_gradient_taps(1, w, x, dout, dout_row, dout_pixel, to);
            kx += taps;
        }
}

#endif
