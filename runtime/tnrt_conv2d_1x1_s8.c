/* SPDX-License-Identifier: 0BSD */
/* 1x1 convolution, stride 1, no padding: a matrix product of pixels and channels.
 *
 * Tiles of two pixels by two output channels: four loads feed four multiply-accumulates, and
 * the weights are read once for two pixels. A tile that hangs over the edge takes its last
 * pixel or channel twice and stores it once. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

/* Output channels of two neighbouring pixels; second_in and second_out are in and out when
 * there is only one. */
static void convolve_pixels(const tnrt_layer *layer, const int8_t *in, const int8_t *second_in,
                            int8_t *out, int8_t *second_out)
{
    const int32_t in_c = layer->in_c;
    const int32_t out_c = layer->out_c;
    const int8_t *weights = layer->weights;
    const int32_t *biases = tnrt_biases(layer);
    for (int32_t o = 0; o < out_c; o += 2) {
        const int32_t second = o + 1 < out_c ? 1 : 0;
        const int8_t *second_weights = weights + second * in_c;
        int32_t acc00 = biases[o], acc01 = biases[o + second];
        int32_t acc10 = acc00, acc11 = acc01;
        for (int32_t c = 0; c < in_c; c++) {
            acc00 += in[c] * weights[c];
            acc01 += in[c] * second_weights[c];
            acc10 += second_in[c] * weights[c];
            acc11 += second_in[c] * second_weights[c];
        }
        weights = second_weights + in_c;
        const int8_t q00 = tnrt_requantize(layer, o, acc00);
        const int8_t q10 = tnrt_requantize(layer, o, acc10);
        const int8_t q01 = tnrt_requantize(layer, o + second, acc01);
        const int8_t q11 = tnrt_requantize(layer, o + second, acc11);
        out[o] = q00;
        out[o + second] = q01;
        second_out[o] = q10;
        second_out[o + second] = q11;
    }
}

void tnrt_conv2d_1x1_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x += 2) {
            const int32_t second = x + 1 < call->out_w ? 1 : 0;
            convolve_pixels(layer, in, in + second * layer->in_c, out, out + second * layer->out_c);
            in += 2 * layer->in_c;
            out += 2 * layer->out_c;
        }
    }
}
