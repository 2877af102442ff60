/* SPDX-License-Identifier: 0BSD */
/* Average over a window on the cluster, rounded as tnrt_avgpool_s8 does. Padding is zeros, which
 * add nothing, and is not counted. A dot product with a single one adds one byte of four to its
 * channel's sum. */
#include "../tnrt_requant.h"
#include "../tnrt_window.h"
#include "tnrt_gap8_kernels.h"
#include "tnrt_gap8_walk.h"
#include "tnrt_xpulp.h"

/* sum / count, ties away from zero: C's division truncates. */
static int32_t rounded_mean(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

/* Pixels of the image under an output pixel's window. */
static int32_t pixels_inside(const tnrt_gap8_job *job, int32_t pixel)
{
    const tnrt_call *const call = job->call;
    const tnrt_gap8_shape *const shape = &job->shape;
    const int32_t y = job->part.y + pixel / job->part.w, x = job->part.x + pixel % job->part.w;
    const tnrt_taps rows =
        tnrt_taps_inside(y, shape->stride_h, call->pad_top, shape->kernel_h, call->in_h);
    const tnrt_taps cols =
        tnrt_taps_inside(x, shape->stride_w, call->pad_left, shape->kernel_w, call->in_w);
    return rows.count * cols.count;
}

static void average_block(const tnrt_gap8_job *job, int32_t pixel, int32_t block)
{
    const int32_t count = tnrt_gap8_min(4, job->part.c_count - 4 * block);
    const int32_t inside = pixels_inside(job, pixel);
    const int8_t *row = tnrt_gap8_window_at(job, job->in, pixel) + 4 * block;
    int8_t *const out = job->out + pixel * job->part.c_count + 4 * block;
    int32_t sum[4], sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t ky = 0; ky < job->shape.kernel_h; ky++, row += job->window.row_bytes)
        for (int32_t kx = 0; kx < job->shape.kernel_w; kx++) {
            const uint32_t x = tnrt_load4(row + kx * job->window.pixel_bytes);
            sum0 = tnrt_sdotsp4(x, 0x00000001u, sum0);
            sum1 = tnrt_sdotsp4(x, 0x00000100u, sum1);
            sum2 = tnrt_sdotsp4(x, 0x00010000u, sum2);
            sum3 = tnrt_sdotsp4(x, 0x01000000u, sum3);
        }
    sum[0] = sum0, sum[1] = sum1, sum[2] = sum2, sum[3] = sum3;
    for (int32_t i = 0; i < count; i++)
        out[i] = tnrt_activate(job->layer, rounded_mean(sum[i], inside));
}

static void average(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const int32_t blocks = tnrt_gap8_words(job->part.c_count);
    int32_t unit, end;
    tnrt_gap8_share(job->part.h * job->part.w * blocks, core, &unit, &end);
    for (; unit < end; unit++)
        average_block(job, unit / blocks, unit % blocks);
}

void tnrt_avgpool_s8_gap8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_gap8_walk(layer, call, TNRT_GAP8_CHANNELWISE, 0, average);
}
