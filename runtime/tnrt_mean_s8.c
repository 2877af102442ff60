/* SPDX-License-Identifier: 0BSD */
/* Average over a window without padding, brought to the output's scale.
 *
 * params: int32 multiplier, shift and offset, then two int64, the lower word first, that decide how
 * to round: one for sums of at least 0, one for sums below. The average is
 * (sum * multiplier + rounding) >> shift, plus offset. TensorFlow Lite truncates where the scale
 * stays and rounds where it changes; this is either, with numbers of its own
 * (quant/variant_c.c). */
#include "tnrt_kernels.h"
#include "tnrt_mean.h"
#include "tnrt_requant.h"

static int64_t word_pair(const int32_t *words)
{
    return (int64_t)((uint64_t)(uint32_t)words[1] << 32 | (uint32_t)words[0]);
}

void tnrt_mean_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t *params = layer->params;
    for (int32_t y = 0; y < call->out_h; y++) {
        const int8_t *in = call->in + y * layer->stride_h * call->in_row_stride;
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, in += layer->stride_w * layer->in_c)
            for (int32_t c = 0; c < layer->in_c; c++) {
                const int32_t sum = tnrt_window_sum(layer, in + c, call->in_row_stride);
                const int64_t scaled =
                    (int64_t)sum * params[0] + word_pair(sum < 0 ? params + 5 : params + 3);
                *out++ = tnrt_activate(layer, (int32_t)(scaled >> params[1]) + params[2]);
            }
    }
}
