/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer on the whole, contiguous input: every output is one dot product. */
#include "tnrt_dot.h"
#include "tnrt_kernels.h"
#include "tnrt_requant.h"

void tnrt_fc_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t in_count = (int32_t)layer->in_h * layer->in_w * layer->in_c;
    for (int32_t o = 0; o < layer->out_c; o += 4) {
        const tnrt_rows4 rows =
            tnrt_rows4_at(layer->weights + o * in_count, in_count, layer->out_c - o);
        int32_t acc[4] = {0, 0, 0, 0};
        tnrt_dot4(acc, call->in, &rows, 0, in_count);
        for (int32_t i = 0; i < rows.count; i++)
            call->out[o + i] = tnrt_requantize(layer, o + i, tnrt_biases(layer)[o + i] + acc[i]);
    }
}
