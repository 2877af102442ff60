/* Part of nn/kernels.c: depthwise windows. A tile of outputs of one row stays in registers
 * while the taps of the window pass over it; one tap is one broadcast weight. */
#ifndef TNAS_NN_KERNELS_WINDOW_H
#define TNAS_NN_KERNELS_WINDOW_H

#include "nn/kernels_vector.h"

enum { TILE_MAX = 8 };

/* Adds the taps of one row of the window, `stride` pixels between the outputs. */
INLINE void window_tap(int tile, int32_t stride, const float *x, float weight, vec sums[TILE_MAX])
{
    const vec tap = splat(weight);
    UNROLL
    for (int t = 0; t < tile; t++)
        sums[t] += load(x + t * stride * TNAS_LANES) * tap;
}

/* `tile` outputs; kernel_w 0: as wide as the window says. */
INLINE void window_tile_of(int32_t kernel_w, int tile, int32_t stride, const tnas_window *window,
                           const float *in, const float *weight, float *out, bool add)
{
    const int32_t wide = kernel_w > 0 ? kernel_w : window->kernel_w;
    for (int part = 0; part < TNAS_LANES; part += WIDTH) {
        vec sums[TILE_MAX];
        UNROLL
        for (int t = 0; t < tile; t++)
            sums[t] = splat(0.0f);
        for (int32_t ky = 0; ky < window->kernel_h; ky++) {
            const float *const x = in + (size_t)ky * window->in_row + part;
            const float *const w = weight + (size_t)ky * (size_t)wide;
            UNROLL
            for (int32_t kx = 0; kx < kernel_w; kx++)
                window_tap(tile, stride, x + kx * TNAS_LANES, w[kx], sums);
            for (int32_t kx = kernel_w; kx < wide; kx++)
                window_tap(tile, stride, x + kx * TNAS_LANES, w[kx], sums);
        }
        UNROLL
        for (int t = 0; t < tile; t++) {
            float *const y = out + (size_t)t * window->out_pixel + part;
            store(y, add ? load(y) + sums[t] : sums[t]);
        }
    }
}

/* The widths of the windows of 3, 5 and 7 columns and, where these go every second pixel, of
 * their gradients are unrolled: a loop of so few turns costs a third of the time. */
INLINE void window_tile(int tile, int32_t stride, const tnas_window *window, const float *in,
                        const float *weight, float *out, bool add)
{
    switch (window->kernel_w) {
    case 2:
        window_tile_of(2, tile, stride, window, in, weight, out, add);
        break;
    case 3:
        window_tile_of(3, tile, stride, window, in, weight, out, add);
        break;
    case 4:
        window_tile_of(4, tile, stride, window, in, weight, out, add);
        break;
    case 5:
        window_tile_of(5, tile, stride, window, in, weight, out, add);
        break;
    case 7:
        window_tile_of(7, tile, stride, window, in, weight, out, add);
        break;
    default:
        window_tile_of(0, tile, stride, window, in, weight, out, add);
        break;
    }
}

typedef void window_function(const tnas_window *window, const float *in, const float *weight,
                             float *out, bool add);

#define WINDOW_TILE(tile, name, stride)                                                            \
    static APART void window_##tile##name(const tnas_window *window, const float *in,              \
                                          const float *weight, float *out, bool add)               \
    {                                                                                              \
        window_tile(tile, stride, window, in, weight, out, add);                                   \
    }
#define WINDOW_TILES(name, stride)                                                                 \
    WINDOW_TILE(1, name, stride)                                                                   \
    WINDOW_TILE(2, name, stride)                                                                   \
    WINDOW_TILE(3, name, stride)                                                                   \
    WINDOW_TILE(4, name, stride)                                                                   \
    WINDOW_TILE(5, name, stride)                                                                   \
    WINDOW_TILE(6, name, stride)                                                                   \
    WINDOW_TILE(7, name, stride)                                                                   \
    WINDOW_TILE(8, name, stride)                                                                   \
    static window_function *const window_tiles##name[TILE_MAX] = {                                 \
        window_1##name, window_2##name, window_3##name, window_4##name,                            \
        window_5##name, window_6##name, window_7##name, window_8##name};
WINDOW_TILES(_dense, 1)
WINDOW_TILES(_apart, 2)
WINDOW_TILES(_any, window->stride_w)
#undef WINDOW_TILES
#undef WINDOW_TILE

/* Rows of the output that are brought into the cache before they are written. */
enum { WRITE_AHEAD = 2 };

/* Rows in tiles of nearly equal width, so that 6, 7, 12, 14 and 28 leave no remainder. */
static void window(const tnas_window *w, const float *in, const float *weight, float *out, bool add)
{
    window_function *const *const tiles = w->stride_w == 1   ? window_tiles_dense
                                          : w->stride_w == 2 ? window_tiles_apart
                                                             : window_tiles_any;
    for (int32_t oy = 0; oy < w->out_h; oy++) {
        tnas_window seen = *w; /* its rows with pixels */
        const int32_t top = oy * w->stride_h, first = w->first_row > top ? w->first_row - top : 0;
        const int32_t end = w->end_row - top;
        seen.kernel_h = (end < w->kernel_h ? end : w->kernel_h) - first;
        const float *x = in + (size_t)(top + first) * w->in_row;
        const float *const rows = weight + first * w->kernel_w;
        float *y = out + (size_t)oy * w->out_row;
        int32_t count = (w->out_w + TILE_MAX - 1) / TILE_MAX;
        for (int32_t left = w->out_w; left > 0; count--) {
            const int32_t tile = (left + count - 1) / count;
            for (int32_t t = 0; t < tile; t++) {
                const size_t at = (size_t)t * w->out_pixel;
                __builtin_prefetch(y + WRITE_AHEAD * w->out_row + at, 1);
                if (w->fetch != NULL)
                    __builtin_prefetch(w->fetch + (y - out) + at);
            }
            tiles[tile - 1](&seen, x, rows, y, add);
            x += (size_t)(tile * w->stride_w) * TNAS_LANES;
            y += (size_t)tile * w->out_pixel;
            left -= tile;
        }
    }
}

/* Neighbouring outputs summed apart, so that additions need not wait for each other and what
 * is loaded serves several: 9 or 10 accumulators for 3 and 5 taps. */
enum { TAPS_MAX = 7, NEIGHBOURS_MAX = 4 };
#define NEIGHBOURS(taps) ((taps) >= 5 ? 2 : (taps) == 3 ? 3 : 4)

/* Adds `count` neighbours times the taps of one row of the window, `stride` pixels apart. */
INLINE void window_gradient_pixels(int count, int taps, int stride, const float *x, const float *dy,
                                   size_t dout_pixel, vec sums[NEIGHBOURS_MAX][TAPS_MAX])
{
    vec d[NEIGHBOURS_MAX];
    UNROLL
    for (int n = 0; n < count; n++)
        d[n] = load(dy + (size_t)n * dout_pixel);
    UNROLL
    for (int at = 0; at < (count - 1) * stride + taps; at++) {
        vec pixel = load(x + at * TNAS_LANES);
        if (taps < TAPS_MAX) /* whose sums leave no register */
            IN_REGISTER(pixel);
        UNROLL
        for (int n = 0; n < count; n++)
            if (at >= n * stride && at < n * stride + taps)
                sums[n][at - n * stride] += pixel * d[n];
    }
}

/* `taps` taps of one row of the window, over all outputs. */
INLINE void window_gradient_taps(int taps, int stride, const tnas_window *window, const float *in,
                                 const float *dout, size_t dout_row, size_t dout_pixel,
                                 float *dweight_lanes)
{
    const int neighbours = NEIGHBOURS(taps);
    const size_t step = (size_t)window->stride_w * TNAS_LANES;
    for (int part = 0; part < TNAS_LANES; part += WIDTH) {
        vec sums[NEIGHBOURS_MAX][TAPS_MAX];
        UNROLL
        for (int n = 0; n < neighbours; n++)
            UNROLL
        for (int k = 0; k < taps; k++)
            sums[n][k] = splat(0.0f);
        for (int32_t oy = 0; oy < window->out_h; oy++) {
            const float *x = in + (size_t)(oy * window->stride_h) * window->in_row + part;
            const float *dy = dout + (size_t)oy * dout_row + part;
            int32_t ox = 0;
            for (; stride > 0 && ox + neighbours <= window->out_w; ox += neighbours) {
                window_gradient_pixels(neighbours, taps, stride, x, dy, dout_pixel, sums);
                x += (size_t)neighbours * step;
                dy += (size_t)neighbours * dout_pixel;
            }
            for (; ox < window->out_w; ox++, x += step, dy += dout_pixel)
                window_gradient_pixels(1, taps, 1, x, dy, dout_pixel, sums);
        }
        UNROLL
        for (int k = 0; k < taps; k++) {
            float *const to = dweight_lanes + k * TNAS_LANES + part;
            vec sum = sums[0][k];
            UNROLL
            for (int n = 1; n < neighbours; n++)
                sum += sums[n][k];
            store(to, load(to) + sum);
        }
    }
}

typedef void window_gradient_function(const tnas_window *window, const float *in, const float *dout,
                                      size_t dout_row, size_t dout_pixel, float *dweight_lanes);

#define GRADIENT_TAPS(taps, name, stride)                                                          \
    static APART void gradient_taps_##taps##name(const tnas_window *window, const float *in,       \
                                                 const float *dout, size_t dout_row,               \
                                                 size_t dout_pixel, float *dweight_lanes)          \
    {                                                                                              \
        window_gradient_taps(taps, stride, window, in, dout, dout_row, dout_pixel, dweight_lanes); \
    }
#define GRADIENTS_OF_TAPS(name, stride)                                                            \
    GRADIENT_TAPS(1, name, stride)                                                                 \
    GRADIENT_TAPS(3, name, stride)                                                                 \
    GRADIENT_TAPS(5, name, stride)                                                                 \
    GRADIENT_TAPS(7, name, stride)                                                                 \
    static window_gradient_function *const gradient_taps##name[] = {                               \
        gradient_taps_1##name, gradient_taps_3##name, gradient_taps_5##name,                       \
        gradient_taps_7##name};
GRADIENTS_OF_TAPS(_dense, 1)
GRADIENTS_OF_TAPS(_apart, 2)
GRADIENTS_OF_TAPS(_any, 0)
#undef GRADIENTS_OF_TAPS
#undef GRADIENT_TAPS

/* Of the input, whose rows every tap passes over: what stays in a first cache of 32 KiB beside the
 * gradient. */
enum { BAND_FLOATS = 5 * 1024 };

/* Outputs whose window starts above a row of the plane. */
static int32_t outputs_above(const tnas_window *w, int32_t row)
{
    const int32_t count = row > 0 ? (row + w->stride_h - 1) / w->stride_h : 0;
    return count < w->out_h ? count : w->out_h;
}

static void window_gradient(const tnas_window *w, const float *in, const float *dout,
                            size_t dout_row, size_t dout_pixel, float *dweight_lanes)
{
    window_gradient_function *const *const of_taps = w->stride_w == 1   ? gradient_taps_dense
                                                     : w->stride_w == 2 ? gradient_taps_apart
                                                                        : gradient_taps_any;
    const size_t in_rows = w->in_row * (size_t)w->stride_h; /* of one output row */
    const int32_t height = in_rows < BAND_FLOATS ? (int32_t)(BAND_FLOATS / in_rows) : 1;
    tnas_window band = *w;
    for (int32_t oy = 0; oy < w->out_h; oy += height)
        for (int32_t ky = 0; ky < w->kernel_h; ky++) {
            const int32_t from = outputs_above(w, w->first_row - ky);
            const int32_t to = outputs_above(w, w->end_row - ky);
            const int32_t first = from > oy ? from : oy;
            band.out_h = (to < oy + height ? to : oy + height) - first;
            const float *const x = in + (size_t)first * in_rows;
            const float *const dy = dout + (size_t)first * dout_row;
            for (int32_t kx = 0, taps; kx < w->kernel_w; kx += taps) {
                const int32_t left = w->kernel_w - kx;
                taps = left >= 7 ? 7 : left >= 5 ? 5 : left >= 3 ? 3 : 1;
                of_taps[taps / 2](&band, x + (size_t)ky * w->in_row + (size_t)kx * TNAS_LANES, dy,
                                  dout_row, dout_pixel,
                                  dweight_lanes + (size_t)(ky * w->kernel_w + kx) * TNAS_LANES);
            }
        }
}

#endif
