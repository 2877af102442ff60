/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding, weights OHWI.
 *
 * The window of an output pixel is copied to scratch, kernel_h * kernel_w * in_c bytes, with
 * in_zero where it leaves the image, as the bias expects: then it is one run of inputs. */
#include "../tnrt_window.h"
#include "tnrt_mve_dot.h"
#include "tnrt_mve_kernels.h"

static int8_t *fill(int8_t *to, tnrt_bytes value, int32_t count)
{
    int8_t *const end = to + count;
    for (; count >= 16; count -= 16, to += 16)
        tnrt_mve_store_bytes(to, value);
    if (count > 0)
        tnrt_mve_store_first_bytes(to, value, count);
    return end;
}

static int8_t *copy(int8_t *to, const int8_t *from, int32_t count)
{
    int8_t *const end = to + count;
    for (; count >= 16; count -= 16, to += 16, from += 16)
        tnrt_mve_store_bytes(to, tnrt_mve_bytes(from));
    if (count > 0)
        tnrt_mve_store_first_bytes(to, tnrt_mve_first_bytes(from, count), count);
    return end;
}

/* `in` is the pixel under the first tap that exists. */
static void gather(const tnrt_layer *layer, const int8_t *in, int32_t in_row_stride, tnrt_taps rows,
                   tnrt_taps cols, int8_t *window)
{
    const tnrt_bytes zero = tnrt_mve_splat_bytes(layer->in_zero);
    const int32_t row_count = layer->kernel_w * layer->in_c;
    const int32_t left_count = cols.first * layer->in_c;
    const int32_t inside_count = cols.count * layer->in_c;
    window = fill(window, zero, rows.first * row_count);
    for (int32_t ky = 0; ky < rows.count; ky++, in += in_row_stride) {
        window = fill(window, zero, left_count);
        window = copy(window, in, inside_count);
        window = fill(window, zero, row_count - left_count - inside_count);
    }
    fill(window, zero, (layer->kernel_h - rows.first - rows.count) * row_count);
}

void tnrt_conv2d_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    int8_t *const window = (int8_t *)call->scratch;
    const int32_t count = layer->kernel_h * layer->kernel_w * layer->in_c;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        const int8_t *in = call->in + rows.at * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += layer->out_c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            gather(layer, in + cols.at * layer->in_c, call->in_row_stride, rows, cols, window);
            tnrt_mve_outputs(layer, window, count, out);
        }
    }
}
