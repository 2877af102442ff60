/* SPDX-License-Identifier: 0BSD */
/* Sum of two tensors on the cluster, with the params of tnrt_add_s8 behind the tile. A tile of each
 * input is in L1 before its place in L2 is written, so the output may lie where either lies. */
#include "../tnrt_requant.h"
#include "tnrt_gap8_kernels.h"
#include "tnrt_gap8_walk.h"

static void add(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const tnrt_layer *const layer = job->layer;
    const int32_t *const multiplier = layer->params + TNRT_GAP8_HEADER_WORDS;
    const int32_t *const shift = multiplier + 3;
    int32_t i, end;
    tnrt_gap8_share(job->part.h * job->part.w * job->part.c_count, core, &i, &end);
    for (; i < end; i++) {
        const int32_t a = (job->in[i] - layer->in_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
        const int32_t b = (job->in2[i] - layer->in2_zero) * ((int32_t)1 << TNRT_ADD_EXTRA_BITS);
        const int32_t sum =
            tnrt_rescale(a, multiplier[0], shift[0]) + tnrt_rescale(b, multiplier[1], shift[1]);
        job->out[i] =
            tnrt_activate(layer, tnrt_rescale(sum, multiplier[2], shift[2]) + layer->out_zero);
    }
}

void tnrt_add_s8_gap8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_gap8_walk(layer, call, TNRT_GAP8_CHANNELWISE | TNRT_GAP8_TWO_INPUTS, 0, add);
}
