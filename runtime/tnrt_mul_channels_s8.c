/* SPDX-License-Identifier: 0BSD */
/* Product with one number per channel: constants in weights, or else the second input, one pixel.
 * params: multiplier and shift that take a product to the output's scale. An element is read before
 * its place is written, so the output may lie where the first input lies. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

void tnrt_mul_channels_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t multiplier = layer->params[0], shift = layer->params[1];
    const int8_t *factors = layer->weights != NULL ? layer->weights : call->in2;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++)
            for (int32_t c = 0; c < layer->out_c; c++) {
                const int32_t product = (*in++ - layer->in_zero) * (factors[c] - layer->in2_zero);
                *out++ = tnrt_activate(layer,
                                       tnrt_rescale(product, multiplier, shift) + layer->out_zero);
            }
    }
}
