/* Convolutions and fully connected layers: dot products of a patch of the input with every
 * filter.
 *
 * Four patches of neighbouring output pixels are gathered as int16, taps outside the image as
 * in_zero (the bias expects it), and filled up with zeros to whole vectors, so that whatever lies
 * behind a filter counts nothing. LANES filters at a time keep LANES sums of pairs each, whose
 * lanes are summed at the end, where they become LANES neighbouring outputs. */
#ifndef TNAS_QUANT_HOST_PRODUCT_H
#define TNAS_QUANT_HOST_PRODUCT_H

#include "quant/host_vector.h"
#include "runtime/tnrt_window.h"

enum { PATCHES = 4, STEP = 2 * LANES };

/* Numbers of a patch of `count`, filled up; gathering may write one vector beyond. */
static inline size_t patch_step(int32_t count)
{
    return ((size_t)count + STEP - 1) / STEP * STEP;
}

static size_t patch_bytes(int32_t count, int32_t patches)
{
    return ((size_t)patches * patch_step(count) + STEP) * sizeof(int16_t);
}

/* May write up to a vector more than count. */
INLINE void copy_widened(int16_t *to, const int8_t *from, int32_t count)
{
    for (int32_t i = 0; i < count; i += STEP)
        store_halves(to + i, widen_to_halves(from + i));
}

INLINE void fill(int16_t *to, int16_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = value;
}

INLINE words dot_products(const int16_t *patch, const int8_t *const filters[LANES], size_t count)
{
    words sums[LANES] = {{0}};
    for (size_t k = 0; k < count; k += STEP) {
        const halves in = load_halves(patch + k);
        UNROLL
        for (int i = 0; i < LANES; i++)
            sums[i] = add(sums[i], multiply_pairs(in, widen_to_halves(filters[i] + k)));
    }
    return sums_of(sums);
}

/* All output channels of patch_count pixels that follow each other in `out`. */
static void multiply_patches(const tnrt_layer *layer, const int16_t *patches, int32_t patch_count,
                             int32_t count, int8_t *out)
{
    const int32_t out_c = layer->out_c;
    const size_t step = patch_step(count);
    for (int32_t o = 0; o < out_c; o += LANES) {
        const int32_t left = out_c - o;
        const int8_t *filters[LANES];
        for (int32_t i = 0; i < LANES; i++)
            filters[i] = layer->weights + (size_t)(o + (i < left ? i : left - 1)) * (size_t)count;
        const words bias = load_words(tnrt_biases(layer) + o);
        const factors f = factors_at(layer, o);
        for (int32_t p = 0; p < patch_count; p++) {
            const words acc = add(bias, dot_products(patches + (size_t)p * step, filters, step));
            store_bytes(out + p * out_c + o, requantize(layer, &f, acc), left);
        }
    }
}

static void gather(const tnrt_layer *layer, const tnrt_call *call, tnrt_taps rows, int32_t x,
                   int16_t *patch)
{
    const int32_t c = layer->in_c, row_count = layer->kernel_w * c;
    const tnrt_taps cols =
        tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
    const int32_t left = cols.first * c, inside = cols.count * c;
    const int8_t *in = call->in + rows.at * call->in_row_stride + cols.at * c;
    for (int32_t ky = 0; ky < layer->kernel_h; ky++, patch += row_count) {
        if (ky < rows.first || ky >= rows.first + rows.count) {
            fill(patch, layer->in_zero, row_count);
            continue;
        }
        fill(patch, layer->in_zero, left);
        copy_widened(patch + left, in, inside);
        fill(patch + left + inside, layer->in_zero, row_count - left - inside);
        in += call->in_row_stride;
    }
}

static void host_conv2d(const tnrt_layer *layer, const tnrt_call *call)
{
    int16_t *const patches = call->scratch;
    const int32_t count = layer->kernel_h * layer->kernel_w * layer->in_c;
    const size_t step = patch_step(count);
    for (int32_t y = 0; y < call->out_h; y++) {
        int8_t *out = call->out + y * call->out_row_stride;
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        for (int32_t x = 0; x < call->out_w; x += PATCHES, out += PATCHES * layer->out_c) {
            const int32_t left = call->out_w - x;
            const int32_t patch_count = left < PATCHES ? left : PATCHES;
            for (int32_t p = 0; p < patch_count; p++) {
                int16_t *const patch = patches + (size_t)p * step;
                gather(layer, call, rows, x + p, patch);
                fill(patch + count, 0, (int32_t)step - count);
            }
            multiply_patches(layer, patches, patch_count, count, out);
        }
    }
}

static size_t host_conv2d_scratch(const tnrt_layer *layer)
{
    return patch_bytes(layer->kernel_h * layer->kernel_w * layer->in_c, PATCHES);
}

static void host_fc(const tnrt_layer *layer, const tnrt_call *call)
{
    int16_t *const patch = call->scratch;
    const int32_t count = (int32_t)layer->in_h * layer->in_w * layer->in_c;
    copy_widened(patch, call->in, count);
    fill(patch + count, 0, (int32_t)patch_step(count) - count);
    multiply_patches(layer, patch, 1, count, call->out);
}

static size_t host_fc_scratch(const tnrt_layer *layer)
{
    return patch_bytes((int32_t)layer->in_h * layer->in_w * layer->in_c, 1);
}

#endif
