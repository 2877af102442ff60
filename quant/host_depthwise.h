/* Depthwise convolution, LANES channels in a vector.
 *
 * The input rows under the window are copied to a ring of kernel_h rows that hold their padding,
 * in_zero, so that every window is whole. Four neighbouring output pixels share a tap's weights. */
#ifndef TNAS_QUANT_HOST_DEPTHWISE_H
#define TNAS_QUANT_HOST_DEPTHWISE_H

#include "quant/host_vector.h"

enum { PIXELS = 4, BEHIND_RING = 64 };

typedef struct ring {
    int8_t *rows;
    int32_t row_bytes; /* of the windows of a row of outputs */
    int32_t next;      /* the first row of the padded image that has not been filled in */
} ring;

static int32_t ring_row_bytes(const tnrt_layer *layer, int32_t out_w)
{
    return ((out_w - 1) * layer->stride_w + layer->kernel_w) * layer->in_c;
}

static int8_t *ring_row(const tnrt_layer *layer, const ring *r, int32_t padded_y)
{
    return r->rows + (size_t)(padded_y % layer->kernel_h) * (size_t)r->row_bytes;
}

static void fill_row(const tnrt_layer *layer, const tnrt_call *call, const ring *r,
                     int32_t padded_y)
{
    int8_t *const row = ring_row(layer, r, padded_y);
    const int32_t y = padded_y - call->pad_top;
    const int32_t left = call->pad_left * layer->in_c;
    if (y < 0 || y >= call->in_h || left >= r->row_bytes) {
        memset(row, layer->in_zero, (size_t)r->row_bytes);
        return;
    }
    const int32_t wanted = r->row_bytes - left, there = call->in_w * layer->in_c;
    const int32_t inside = there < wanted ? there : wanted;
    memset(row, layer->in_zero, (size_t)left);
    memcpy(row + left, call->in + y * call->in_row_stride, (size_t)inside);
    memset(row + left + inside, layer->in_zero, (size_t)(wanted - inside));
}

/* The rows under output row y. */
static void fill_ring(const tnrt_layer *layer, const tnrt_call *call, ring *r, int32_t y)
{
    const int32_t first = y * layer->stride_h;
    if (r->next < first)
        r->next = first;
    for (; r->next < first + layer->kernel_h; r->next++)
        fill_row(layer, call, r, r->next);
}

/* `pixels` neighbours from column x on, channels from `channel` on. */
INLINE void convolve_pixels(const tnrt_layer *layer, const ring *r, int32_t y, int32_t x,
                            int32_t channel, int pixels, int8_t *out)
{
    const int32_t c = layer->in_c, pixel_step = layer->stride_w * c;
    const int8_t *weight = layer->weights + channel;
    const words bias = load_words(tnrt_biases(layer) + channel);
    const factors f = factors_at(layer, channel);
    words acc[PIXELS];
    UNROLL
    for (int p = 0; p < pixels; p++)
        acc[p] = bias;
    for (int32_t ky = 0; ky < layer->kernel_h; ky++) {
        const int8_t *in = ring_row(layer, r, y * layer->stride_h + ky) + x * pixel_step + channel;
        for (int32_t kx = 0; kx < layer->kernel_w; kx++, in += c, weight += c) {
            const words w = widen_to_words(weight);
            UNROLL
            for (int p = 0; p < pixels; p++)
                acc[p] = add(acc[p], multiply(widen_to_words(in + p * pixel_step), w));
        }
    }
    UNROLL
    for (int p = 0; p < pixels; p++)
        store_bytes(out + p * c + channel, requantize(layer, &f, acc[p]), c - channel);
}

static void host_dwconv2d(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c;
    ring r = {call->scratch, ring_row_bytes(layer, call->out_w), 0};
    for (int32_t y = 0; y < call->out_h; y++) {
        int8_t *out = call->out + y * call->out_row_stride;
        int32_t x = 0;
        fill_ring(layer, call, &r, y);
        for (; x + PIXELS <= call->out_w; x += PIXELS, out += PIXELS * c)
            for (int32_t channel = 0; channel < c; channel += LANES)
                convolve_pixels(layer, &r, y, x, channel, PIXELS, out);
        for (; x < call->out_w; x++, out += c)
            for (int32_t channel = 0; channel < c; channel += LANES)
                convolve_pixels(layer, &r, y, x, channel, 1, out);
    }
}

static size_t host_dwconv2d_scratch(const tnrt_layer *layer)
{
    return (size_t)layer->kernel_h * (size_t)ring_row_bytes(layer, layer->out_w) + BEHIND_RING;
}

#endif
