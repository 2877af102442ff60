/* The training kernels: one table of loops per instruction set, compiled from the same
 * source (nn/kernels.c) and chosen at run time (nn/isa.c).
 *
 * They all work on pixels of TNAS_LANES floats: the same pixel of one channel of 16 images.
 * Pointers to pixels are aligned to 64 bytes, strides count floats and are multiples of
 * TNAS_LANES. `out` may be `in` only where it says so. */
#ifndef TNAS_NN_KERNELS_H
#define TNAS_NN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"
#include "graph/graph.h"

#define TNAS_LANES 16

/* Rows of pixels in two arrays. */
typedef struct tnas_grid {
    int32_t rows, cols;        /* in pixels; either may be 0 */
    size_t out_row, out_pixel; /* floats to the next row, the next pixel */
    size_t in_row, in_pixel;
} tnas_grid;

/* act(scale * x + shift), one channel's last step before other operators see it. */
typedef struct tnas_affine {
    float scale, shift;
    uint8_t activation; /* tnas_activation */
} tnas_affine;

/* Its gradient, batch norm included: with g = dout where the activation lets it pass and 0
 * elsewhere, dx = scale * g + slope * (x - mean) + offset. */
typedef struct tnas_affine_gradient {
    tnas_affine affine;
    float slope, mean, offset;
} tnas_affine_gradient;

/* Two sums of a channel whose pixels come piece by piece: floats, one sum a lane. */
typedef struct tnas_lane_sums {
    float first[TNAS_LANES], second[TNAS_LANES];
} tnas_lane_sums;

/* The same pixels of some channels. Sums close into doubles every TNAS_STRETCH pixels, so that
 * their error stays near that of a single addition however large the map. */
typedef struct tnas_channel_run {
    int32_t channels;
    size_t stride, pixels;      /* floats from channel to channel, pixels of each */
    const float *mean;          /* [channels], around which the sums are taken */
    const float *scale, *shift; /* [channels], and what follows: of a gradient only */
    uint8_t activation;         /* tnas_activation */
    tnas_lane_sums *lanes;      /* [channels], added to */
    double (*sums)[2];          /* [channels], to which the lanes are then moved; NULL: not yet */
} tnas_channel_run;

enum { TNAS_STRETCH = 512 };

/* A k x k window over a plane that holds its padding. */
typedef struct tnas_window {
    int32_t out_h, out_w;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    size_t in_row;              /* floats to the plane's next row */
    size_t out_row, out_pixel;  /* floats to the next output, of `window` only */
    int32_t first_row, end_row; /* of the plane that hold pixels: what taps see of the others is
                                   padding and left out */
    const float *fetch; /* what the caller reads next, laid out as the output of `window`, which
                           brings it into the cache while it computes; NULL: nothing */
} tnas_window;

/* out[m, n] = sum over k of a[m, k] * b[k, n]; rows of b and out are runs of n floats. What is
 * multiplied may be act(scale[k] * b[k, n] + shift[k]). */
typedef struct tnas_product {
    int32_t m, k;
    size_t n;            /* a multiple of TNAS_LANES */
    size_t a_row, a_col; /* floats to the next m, the next k: a transpose costs nothing */
    size_t b_row, out_row;
    bool add;                   /* to out instead of replacing it */
    const float *scale, *shift; /* [k]; both NULL: b as it is */
    uint8_t activation;         /* tnas_activation; NONE without scale */
    float *scratch;             /* [k, TNAS_PANEL] or [TNAS_PANEL_FLOATS], whichever is more */
} tnas_product;

enum { TNAS_PANEL = 64, TNAS_PANEL_FLOATS = 4096 };

typedef struct tnas_kernels {
    const char *isa;

    /* out = act(scale * in + shift), or out += that. */
    void (*activate)(float *out, const float *in, const tnas_grid *grid, tnas_affine affine);
    void (*activate_add)(float *out, const float *in, const tnas_grid *grid, tnas_affine affine);

    /* Adds sum(x - mean), sum((x - mean)^2) over the first `real` lanes of the pixels. */
    void (*moments)(const tnas_channel_run *run, const float *x, int real);

    /* Adds sum(g), sum(g * (x - mean)) over all lanes; g as in tnas_affine_gradient. */
    void (*gradient_sums)(const tnas_channel_run *run, const float *dout, const float *x);

    /* out = dx of tnas_affine_gradient; dout and x share the grid's input strides. out may be
     * dout. */
    void (*gradient)(float *out, const float *dout, const float *x, const tnas_grid *grid,
                     const tnas_affine_gradient *gradient);

    /* Outputs [out_h, out_w] = window sums with weight [kernel_h, kernel_w], or += them. */
    void (*window)(const tnas_window *window, const float *in, const float *weight, float *out,
                   bool add);

    /* dweight_lanes [kernel_h, kernel_w, TNAS_LANES] += in * dout, summed over the outputs;
     * dout has its own strides. */
    void (*window_gradient)(const tnas_window *window, const float *in, const float *dout,
                            size_t dout_row, size_t dout_pixel, float *dweight_lanes);

    /* The product above, and out[m, k] += sum over n of a[m, n] * b[k, n], where a and b are
     * `a_row` and `b_row` floats from row to row and a_col, add, scratch mean nothing. */
    void (*multiply)(const tnas_product *product, const float *a, const float *b, float *out);
    void (*multiply_transposed)(const tnas_product *product, const float *a, const float *b,
                                float *out);
} tnas_kernels;

/* The best table this processor runs, or the one that TINYNAS_ISA names. */
tnas_status tnas_kernels_choose(const tnas_kernels **out);

/* The table of that name; NULL when it was not built or this processor cannot run it. */
const tnas_kernels *tnas_kernels_find(const char *isa);

#endif
