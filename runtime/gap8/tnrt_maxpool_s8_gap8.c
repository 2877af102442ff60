/* SPDX-License-Identifier: 0BSD */
/* Maximum over a window on the cluster, four channels by one instruction. Padding is the smallest
 * int8, which never wins. */
#include "tnrt_gap8_kernels.h"
#include "tnrt_gap8_walk.h"
#include "tnrt_xpulp.h"

static void maximum_block(const tnrt_gap8_job *job, int32_t pixel, int32_t block)
{
    const int32_t count = tnrt_gap8_min(4, job->part.c_count - 4 * block);
    const int8_t *row = tnrt_gap8_window_at(job, job->in, pixel) + 4 * block;
    int8_t *const out = job->out + pixel * job->part.c_count + 4 * block;
    uint32_t max = tnrt_splat4(INT8_MIN);
    for (int32_t ky = 0; ky < job->shape.kernel_h; ky++, row += job->window.row_bytes)
        for (int32_t kx = 0; kx < job->shape.kernel_w; kx++)
            max = tnrt_max4(max, tnrt_load4(row + kx * job->window.pixel_bytes));
    max = tnrt_max4(max, tnrt_splat4(job->layer->act_min));
    max = tnrt_min4(max, tnrt_splat4(job->layer->act_max));
    for (int32_t i = 0; i < count; i++, max >>= 8)
        out[i] = (int8_t)(max & 0xff);
}

static void maximum(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const int32_t blocks = tnrt_gap8_words(job->part.c_count);
    int32_t unit, end;
    tnrt_gap8_share(job->part.h * job->part.w * blocks, core, &unit, &end);
    for (; unit < end; unit++)
        maximum_block(job, unit / blocks, unit % blocks);
}

void tnrt_maxpool_s8_gap8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_gap8_walk(layer, call, TNRT_GAP8_CHANNELWISE, INT8_MIN, maximum);
}
