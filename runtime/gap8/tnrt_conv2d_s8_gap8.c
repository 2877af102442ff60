/* SPDX-License-Identifier: 0BSD */
/* Convolution of any kernel size, stride and padding on the cluster; a fully connected layer is one
 * of one pixel. Where padding is written out, a window's row is one run of kernel_w * in_c values
 * that lie as the weights do: four at a time, for two pixels by four output channels, six loads
 * feed eight dot products. The last word of a row reads on into the next pixel, times zero. */
#include "../tnrt_requant.h"
#include "tnrt_gap8_kernels.h"
#include "tnrt_gap8_walk.h"
#include "tnrt_xpulp.h"

/* acc[2 * channel + pixel] */
static inline void multiply(const tnrt_gap8_job *job, const int8_t *in0, const int8_t *in1,
                            const int8_t *weights, int32_t acc[8])
{
    const int32_t words = tnrt_gap8_row_words(&job->shape);
    int32_t acc00 = acc[0], acc01 = acc[1], acc10 = acc[2], acc11 = acc[3];
    int32_t acc20 = acc[4], acc21 = acc[5], acc30 = acc[6], acc31 = acc[7];
    for (int32_t ky = 0; ky < job->shape.kernel_h; ky++) {
        const int8_t *row0 = in0 + ky * job->window.row_bytes;
        const int8_t *row1 = in1 + ky * job->window.row_bytes;
        for (int32_t i = 0; i < words; i++, row0 += 4, row1 += 4, weights += 16) {
            const uint32_t x0 = tnrt_load4(row0), x1 = tnrt_load4(row1);
            const uint32_t w0 = tnrt_load4(weights), w1 = tnrt_load4(weights + 4);
            const uint32_t w2 = tnrt_load4(weights + 8), w3 = tnrt_load4(weights + 12);
            acc00 = tnrt_sdotsp4(x0, w0, acc00);
            acc01 = tnrt_sdotsp4(x1, w0, acc01);
            acc10 = tnrt_sdotsp4(x0, w1, acc10);
            acc11 = tnrt_sdotsp4(x1, w1, acc11);
            acc20 = tnrt_sdotsp4(x0, w2, acc20);
            acc21 = tnrt_sdotsp4(x1, w2, acc21);
            acc30 = tnrt_sdotsp4(x0, w3, acc30);
            acc31 = tnrt_sdotsp4(x1, w3, acc31);
        }
    }
    acc[0] = acc00, acc[1] = acc01, acc[2] = acc10, acc[3] = acc11;
    acc[4] = acc20, acc[5] = acc21, acc[6] = acc30, acc[7] = acc31;
}

/* Output pixels `pixel` and `second`, which may be one, of the tile's four channels `block`. */
static void convolve_block(const tnrt_gap8_job *job, int32_t pixel, int32_t second, int32_t block)
{
    const tnrt_layer *const layer = job->layer;
    const int32_t c_count = job->part.c_count;
    const int32_t count = tnrt_gap8_min(4, c_count - 4 * block);
    const int32_t *record = job->records + block * 4 * TNRT_GAP8_RECORD_WORDS;
    int8_t *const out = job->out + 4 * block;
    int32_t acc[8];
    for (int32_t i = 0; i < 8; i++)
        acc[i] = record[i / 2 * TNRT_GAP8_RECORD_WORDS];
    multiply(job, tnrt_gap8_window_at(job, job->in, pixel),
             tnrt_gap8_window_at(job, job->in, second),
             job->weights + block * tnrt_gap8_block_bytes(&job->shape), acc);
    for (int32_t i = 0; i < count; i++, record += TNRT_GAP8_RECORD_WORDS) {
        const int32_t q0 = tnrt_rescale(acc[2 * i], record[1], record[2]);
        const int32_t q1 = tnrt_rescale(acc[2 * i + 1], record[1], record[2]);
        out[pixel * c_count + i] = tnrt_activate(layer, q0 + layer->out_zero);
        out[second * c_count + i] = tnrt_activate(layer, q1 + layer->out_zero);
    }
}

static void convolve(void *argument, int32_t core)
{
    const tnrt_gap8_job *const job = (const tnrt_gap8_job *)argument;
    const int32_t pixels = job->part.h * job->part.w;
    const int32_t blocks = tnrt_gap8_words(job->part.c_count);
    int32_t unit, end;
    tnrt_gap8_share((pixels + 1) / 2 * blocks, core, &unit, &end);
    for (; unit < end; unit++) {
        const int32_t pixel = unit / blocks * 2;
        convolve_block(job, pixel, tnrt_gap8_min(pixel + 1, pixels - 1), unit % blocks);
    }
}

void tnrt_conv2d_s8_gap8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_gap8_walk(layer, call, TNRT_GAP8_FILTERS, layer->in_zero, convolve);
}
