/* Fake quantisation of what operators compute: in place, right after the operator, so that every
 * reader sees the values of an int8 tensor. What the gradient needs is one bit a value: whether it
 * lay within the grid (the straight-through estimator of Bengio et al., 2013, cut off outside, as
 * in Jacob et al., CVPR 2018). */
#include "nn/pass.h"

bool tnas_pass_quantizes(const tnas_pass *pass, int tensor)
{
    const tnas_grids *const grids = pass->net->grids;
    return grids != NULL && tensor > 0 && grids->tensors[tensor].step > 0.0f;
}

/* Bits of the images of one pixel. */
typedef uint16_t pixel_bits;
_Static_assert(sizeof(pixel_bits) * 8 == TNAS_LANES, "a bit an image");

static pixel_bits *bits_of(const tnas_pass *pass, int tensor, int32_t channel)
{
    float *const at = pass->block + pass->layout->inside_at[tensor];
    const size_t pixels = tnas_layout_pixels(pass->layout, &pass->net->graph.tensors[tensor]);
    return (pixel_bits *)(void *)at + (size_t)channel * pixels;
}

/* How a channel is rounded: to a fraction first (0: not), and moved by a nudge away from zero,
 * which decides halves and nothing else. */
typedef struct rounding {
    float fraction, nudge, zero;
} rounding;

static rounding rounding_of(const tnas_grid_step *grid, int32_t channel)
{
    /* Less than an average of a thousand values can lie beside a half. */
    if (grid->average)
        return (rounding){0.0f, 2e-4f, grid->zero};
    if (grid->fractions == NULL)
        return (rounding){0.0f, 0.0f, 0.0f};
    const float fraction = grid->fractions[channel];
    return (rounding){fraction, 0.25f / fraction, 0.0f};
}

/* To a whole number, halves to the even one. Adding and taking away MAGIC does it, as whatever is
 * on a grid of int8 is far below 2^22. */
static inline float whole(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23 */
    return x + magic - magic;
}

/* One pixel onto the grid. */
static pixel_bits quantize_pixel(float *values, const tnas_grid_step *grid, rounding r, float scale,
                                 float shift)
{
    pixel_bits bits = 0;
    for (int lane = 0; lane < TNAS_LANES; lane++) {
        const float steps = (scale * values[lane] + shift) / grid->step;
        const float above = steps < grid->low ? grid->low : steps;
        const float within = above > grid->high ? grid->high : above;
        const float first = r.fraction > 0.0f ? whole(within * r.fraction) / r.fraction : within;
        values[lane] = whole(first + (first < r.zero ? -r.nudge : r.nudge)) * grid->step;
        bits |= (pixel_bits)((within == steps) << lane);
    }
    return bits;
}

static void see_pixel(const float *values, float scale, float shift, int real,
                      tnas_seen_range *seen)
{
    for (int lane = 0; lane < real; lane++) {
        const float z = scale * values[lane] + shift;
        seen->min = z < seen->min ? z : seen->min;
        seen->max = z > seen->max ? z : seen->max;
    }
}

void tnas_pass_quantize(tnas_pass *pass, int op)
{
    const int out = pass->net->graph.ops[op].out;
    if (!tnas_pass_quantizes(pass, out))
        return;
    const tnas_tensor *const shape = &pass->net->graph.tensors[out];
    const tnas_grid_step *const grid = &pass->net->grids->tensors[out];
    const size_t block_pixels = (size_t)shape->h * (size_t)shape->w;
    const bool filters = pass->net->views[op].slot != TNAS_NONE;
    for (int32_t c = 0; c < shape->c; c++) {
        const float scale = filters ? tnas_pass_channels(pass, op).scale[c] : 1.0f;
        const float shift = filters ? tnas_pass_channels(pass, op).shift[c] : 0.0f;
        const rounding r = rounding_of(grid, c);
        float *at = tnas_pass_data(pass, out) + (size_t)c * pass->layout->stride[out];
        pixel_bits *bits = pass->grads != NULL ? bits_of(pass, out, c) : NULL;
        for (int block = 0; block < pass->layout->blocks; block++) {
            const int left = pass->layout->images - block * TNAS_LANES;
            const int real = left < TNAS_LANES ? left : TNAS_LANES;
            for (size_t p = 0; p < block_pixels; p++, at += TNAS_LANES) {
                if (pass->seen != NULL)
                    see_pixel(at, scale, shift, real, &pass->seen[out]);
                const pixel_bits inside = quantize_pixel(at, grid, r, scale, shift);
                if (bits != NULL)
                    *bits++ = inside;
            }
        }
    }
}

void tnas_pass_undo_quantize(tnas_pass *pass, int op)
{
    const int out = pass->net->graph.ops[op].out;
    if (!tnas_pass_quantizes(pass, out))
        return;
    const tnas_tensor *const shape = &pass->net->graph.tensors[out];
    const size_t pixels = tnas_layout_pixels(pass->layout, shape);
    for (int32_t c = 0; c < shape->c; c++) {
        float *at = tnas_pass_dmap(pass, out) + (size_t)c * pass->layout->stride[out];
        const pixel_bits *const bits = bits_of(pass, out, c);
        for (size_t p = 0; p < pixels; p++, at += TNAS_LANES)
            for (int lane = 0; lane < TNAS_LANES; lane++)
                at[lane] = (bits[p] >> lane & 1) != 0 ? at[lane] : 0.0f;
    }
}
