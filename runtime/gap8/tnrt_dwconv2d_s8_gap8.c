/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any kernel size, stride and padding on the cluster. Neighbouring bytes
 * are neighbouring channels, but a dot product wants four taps of one: the words of four taps are
 * transposed, eight shuffles for sixteen multiplications. Taps behind the kernel's last of a row
 * read on, times zero. */
#include "../tnrt_requant.h"
#include "tnrt_gap8_kernels.h"
#include "tnrt_gap8_walk.h"
#include "tnrt_xpulp.h"

/* Lanes of tnrt_shuffle4, the lowest byte first. */
#define INTERLEAVE_LOW  0x05010400u /* x0 y0 x1 y1 */
#define INTERLEAVE_HIGH 0x07030602u /* x2 y2 x3 y3 */
#define LOW_HALVES      0x05040100u /* x0 x1 y0 y1 */
#define HIGH_HALVES     0x07060302u /* x2 x3 y2 y3 */

/* Adds four taps of four channels; `in` is the first channel of the first tap. */
static inline void add_taps(int32_t acc[4], const int8_t *in, int32_t pixel_bytes,
                            const int8_t *weights)
{
    const uint32_t tap0 = tnrt_load4(in), tap1 = tnrt_load4(in + pixel_bytes);
    const uint32_t tap2 = tnrt_load4(in + 2 * pixel_bytes), tap3 = tnrt_load4(in + 3 * pixel_bytes);
    const uint32_t low01 = tnrt_shuffle4(tap0, tap1, INTERLEAVE_LOW);
    const uint32_t low23 = tnrt_shuffle4(tap2, tap3, INTERLEAVE_LOW);
    const uint32_t high01 = tnrt_shuffle4(tap0, tap1, INTERLEAVE_HIGH);
    const uint32_t high23 = tnrt_shuffle4(tap2, tap3, INTERLEAVE_HIGH);
    const uint32_t channel0 = tnrt_shuffle4(low01, low23, LOW_HALVES);
    const uint32_t channel1 = tnrt_shuffle4(low01, low23, HIGH_HALVES);
    const uint32_t channel2 = tnrt_shuffle4(high01, high23, LOW_HALVES);
    const uint32_t channel3 = tnrt_shuffle4(high01, high23, HIGH_HALVES);
    acc[0] = tnrt_sdotsp4(channel0, tnrt_load4(weights), acc[0]);
    acc[1] = tnrt_sdotsp4(channel1, tnrt_load4(weights + 4), acc[1]);
    acc[2] = tnrt_sdotsp4(channel2, tnrt_load4(weights + 8), acc[2]);
    acc[3] = tnrt_sdotsp4(channel3, tnrt_load4(weights + 12), acc[3]);
}

static void convolve_block(const tnrt_gap8_job *job, int32_t pixel, int32_t block)
{
    const tnrt_layer *const layer = job->layer;
    const int32_t count = tnrt_gap8_min(4, job->part.c_count - 4 * block);
    const int32_t groups = tnrt_gap8_row_words(&job->shape);
    const int32_t pixel_bytes = job->window.pixel_bytes;
    const int32_t *record = job->records + block * 4 * TNRT_GAP8_RECORD_WORDS;
    const int8_t *weights = job->weights + block * tnrt_gap8_block_bytes(&job->shape);
    const int8_t *in = tnrt_gap8_window_at(job, job->in, pixel) + 4 * block;
    int8_t *const out = job->out + pixel * job->part.c_count + 4 * block;
    int32_t acc[4];
    for (int32_t i = 0; i < 4; i++)
        acc[i] = record[i * TNRT_GAP8_RECORD_WORDS];
    for (int32_t ky = 0; ky < job->shape.kernel_h; ky++, in += job->window.row_bytes)
        for (int32_t group = 0; group < groups; group++, weights += 16)
            add_taps(acc, in + 4 * group * pixel_bytes, pixel_bytes, weights);
    for (int32_t i = 0; i < count; i++, record += TNRT_GAP8_RECORD_WORDS) {
        const int32_t scaled = tnrt_rescale(acc[i], record[1], record[2]);
        out[i] = tnrt_activate(layer, scaled + layer->out_zero);
    }
}

static void convolve(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const int32_t blocks = tnrt_gap8_words(job->part.c_count);
    int32_t unit, end;
    tnrt_gap8_share(job->part.h * job->part.w * blocks, core, &unit, &end);
    for (; unit < end; unit++)
        convolve_block(job, unit / blocks, unit % blocks);
}

void tnrt_dwconv2d_s8_gap8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_gap8_walk(layer, call, TNRT_GAP8_CHANNELWISE | TNRT_GAP8_FILTERS, layer->in_zero,
                   convolve);
}
