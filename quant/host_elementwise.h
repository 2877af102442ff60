/* Sums of tensors and pooling, LANES elements or channels in a vector. */
#ifndef TNAS_QUANT_HOST_ELEMENTWISE_H
#define TNAS_QUANT_HOST_ELEMENTWISE_H

#include "quant/host_vector.h"
#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_window.h"

/* An output vector is stored after the input vectors of its place were read. */
static void host_add(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t *const multiplier = layer->params, *const shift = layer->params + 3;
    const int32_t row_count = call->out_w * layer->out_c;
    factors f[3];
    for (int i = 0; i < 3; i++)
        f[i] = factors_of(splat(multiplier[i]), splat(shift[i]));
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        const int8_t *in2 = call->in2 + y * call->in2_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t i = 0; i < row_count; i += LANES) {
            const words a = (widen_to_words(in + i) - layer->in_zero) << TNRT_ADD_EXTRA_BITS;
            const words b = (widen_to_words(in2 + i) - layer->in2_zero) << TNRT_ADD_EXTRA_BITS;
            const words sum = add(rescale(a, &f[0]), rescale(b, &f[1]));
            store_bytes(out + i, requantize(layer, &f[2], sum), row_count - i);
        }
    }
}

/* The part of a window that lies inside the image, and where it starts. */
typedef struct pool_window {
    const int8_t *in;
    int32_t rows, cols, row_stride;
} pool_window;

typedef words pool_function(const pool_window *window, int32_t channel, int32_t c);

/* Sum / count, ties away from zero. Both are integers below 2^24 (sums of at most 255 * 255
 * bytes), so the rounded quotient of floats cannot reach an integer that the true one does not:
 * truncated, it is C's division. */
INLINE words mean_of(const pool_window *window, int32_t channel, int32_t c)
{
    const int32_t count = window->rows * window->cols;
    words sum = splat(0);
    for (int32_t y = 0; y < window->rows; y++)
        for (int32_t x = 0; x < window->cols; x++)
            sum += widen_to_words(window->in + y * window->row_stride + x * c + channel);
    const words nudge = (splat(count / 2) ^ (sum >> 31)) - (sum >> 31);
    const floats quotient = __builtin_convertvector(sum + nudge, floats) / (float)count;
    return __builtin_convertvector(quotient, words);
}

INLINE words max_of(const pool_window *window, int32_t channel, int32_t c)
{
    words max = splat(INT8_MIN);
    for (int32_t y = 0; y < window->rows; y++)
        for (int32_t x = 0; x < window->cols; x++)
            max =
                higher(max, widen_to_words(window->in + y * window->row_stride + x * c + channel));
    return max;
}

INLINE void pool(const tnrt_layer *layer, const tnrt_call *call, pool_function *function)
{
    const int32_t c = layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            const pool_window window = {call->in + rows.at * call->in_row_stride + cols.at * c,
                                        rows.count, cols.count, call->in_row_stride};
            for (int32_t channel = 0; channel < c; channel += LANES)
                store_bytes(out + channel, activate(layer, function(&window, channel, c)),
                            c - channel);
        }
    }
}

static void host_avgpool(const tnrt_layer *layer, const tnrt_call *call)
{
    pool(layer, call, mean_of);
}

static void host_maxpool(const tnrt_layer *layer, const tnrt_call *call)
{
    pool(layer, call, max_of);
}

static size_t no_scratch(const tnrt_layer *layer)
{
    (void)layer;
    return 0;
}

#endif
