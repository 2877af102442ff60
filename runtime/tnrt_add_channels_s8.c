/* SPDX-License-Identifier: 0BSD */
/* Sum with one constant per channel, with the arithmetic of tnrt_add_s8.
 *
 * params: int32 multiplier and shift for the input, multiplier and shift for the output, then
 * int32 constant[out_c], on the scale of the sum already. An element is read before its place is
 * written, so the output may lie where the input lies. */
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

void tnrt_add_channels_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t *params = layer->params, *constants = layer->params + 4;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++)
            for (int32_t c = 0; c < layer->out_c; c++) {
                const int32_t a = (*in++ - layer->in_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
                const int32_t sum = tnrt_rescale(a, params[0], params[1]) + constants[c];
                *out++ =
                    tnrt_activate(layer, tnrt_rescale(sum, params[2], params[3]) + layer->out_zero);
            }
    }
}
