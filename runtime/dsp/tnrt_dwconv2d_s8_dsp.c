/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any kernel size, stride and padding; the output may lie where the input
 * lies. Planes, bands, rounding and the argument for in place are those of tnrt_dwconv_planes.h.
 *
 * A kernel row is kept four times, behind 0 to 3 zeros and filled up with zeros to chunks of four
 * taps, so that an output's taps meet whole chunks of pixels wherever its window begins. Time
 * series (images and kernels one pixel wide) are turned: what lies below each other in memory lies
 * beside each other. */
#include "tnrt_dsp_kernels.h"
#include "tnrt_dwconv_planes.h"

enum { BLOCK = 8 }; /* outputs that are requantised together */

/* weights: [4 phases][kernel_h][chunks] of 2 words. */
static void widen(const tnrt_layer *layer, const int8_t *from, uint32_t scale, uint32_t *weights)
{
    const int32_t kernel_w = layer->kernel_w, chunks = TNRT_DW_ROW_CHUNKS(kernel_w);
    for (int32_t phase = 0; phase < 4; phase++) {
        const int8_t *tap = from;
        for (int32_t ky = 0; ky < layer->kernel_h; ky++)
            for (int32_t x = -phase; x < 4 * chunks - phase; x += 2) {
                const uint32_t low = x >= 0 && x < kernel_w ? (uint32_t)*tap++ << scale : 0;
                const uint32_t high =
                    x + 1 >= 0 && x + 1 < kernel_w ? (uint32_t)*tap++ << scale : 0;
                *weights++ = tnrt_pack_low(low, high);
            }
    }
}

static int32_t convolve(const tnrt_layer *layer, const uint32_t *row, int32_t row_words,
                        const uint32_t *weights, int32_t acc)
{
    const int32_t chunks = TNRT_DW_ROW_CHUNKS(layer->kernel_w);
    for (int32_t ky = layer->kernel_h; ky > 0; ky--, row += row_words) {
        const uint32_t *p = row;
        for (int32_t i = chunks; i > 0; i--, p += TNRT_DW_CHUNK_WORDS, weights += 2) {
            uint32_t d0, d1, w0, w1;
            TNRT_LOAD_PAIR(d0, d1, p, 0);
            TNRT_LOAD_PAIR(w0, w1, weights, 0);
            acc = tnrt_smlad(d1, w1, tnrt_smlad(d0, w0, acc));
        }
    }
    return acc;
}

static void run(const tnrt_layer *layer, const tnrt_dw_channel *ch, const uint32_t *weights)
{
    const int32_t phase_words = layer->kernel_h * TNRT_DW_ROW_CHUNKS(layer->kernel_w) * 2;
    for (int32_t y = 0; y < ch->out_h; y++) {
        const uint32_t *const row = ch->rows + y * layer->stride_h * ch->row_words;
        int8_t *const out = ch->out + y * ch->out_row_stride;
        int32_t acc[BLOCK], count = 0;
        for (int32_t x = 0; x < ch->out_w; x++) {
            const uint32_t at = (uint32_t)(x * layer->stride_w);
            acc[count++] = convolve(layer, row + at / 4 * TNRT_DW_CHUNK_WORDS, ch->row_words,
                                    weights + (int32_t)(at % 4) * phase_words, ch->bias);
            if (count == BLOCK || x + 1 == ch->out_w) {
                tnrt_dw_finish(ch, acc, count, out + (x + 1 - count) * ch->out_step);
                count = 0;
            }
        }
    }
}

static void convolve_layer(const tnrt_layer *layer, const tnrt_call *call)
{
    const tnrt_dw_shape whole = {layer->kernel_h, layer->kernel_w, layer->stride_h, layer->stride_w,
                                 call->in_w,      call->pad_left,  call->out_h,     call->out_w};
    const tnrt_dw_plan plan = tnrt_dw_plan_of(&whole);
    const tnrt_dw_row shape = tnrt_dw_row_of(call->in_w, call->pad_left);
    const int32_t plane_words = plan.rows * plan.row_words, c = layer->in_c;
    uint32_t *const planes = (uint32_t *)call->scratch, *const weights = planes + plane_words;
    tnrt_dw_channel ch;
    ch.layer = layer;
    ch.row_words = plan.row_words;
    ch.out_row_stride = call->out_row_stride;
    ch.out_step = c;
    ch.out_w = call->out_w;
    tnrt_dw_fill_words(planes, plane_words, (uint16_t)layer->in_zero * 0x00010001u);
    for (int32_t group = 0; group < c; group += 4) {
        const int32_t first = group + 4 <= c ? group : c - 4;
        for (int32_t y = 0; y < call->out_h; y += plan.band_h) {
            tnrt_dw_fill_band(layer, call, &plan, &shape, y, call->in + first, planes);
            ch.out_h = call->out_h - y < plan.band_h ? call->out_h - y : plan.band_h;
            for (int32_t channel = group; channel < group + 4 && channel < c; channel++) {
                const int32_t *const record = layer->params + 3 * channel;
                tnrt_dw_load_record(record, &ch);
                widen(layer, layer->weights + channel * layer->kernel_h * layer->kernel_w,
                      (uint32_t)record[2] & 15, weights);
                ch.rows = planes + TNRT_DW_SLOT((uint32_t)(channel - first));
                ch.out = call->out + y * call->out_row_stride + channel;
                run(layer, &ch, weights);
            }
        }
    }
}

void tnrt_dwconv2d_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    if (layer->in_w == 1 && layer->kernel_w == 1) {
        tnrt_layer turned_layer = *layer;
        tnrt_call turned = *call;
        turned_layer.kernel_w = layer->kernel_h;
        turned_layer.stride_w = layer->stride_h;
        turned_layer.kernel_h = turned_layer.stride_h = 1;
        turned.in_w = call->in_h;
        turned.out_w = call->out_h;
        turned.pad_left = call->pad_top;
        turned.in_h = turned.out_h = 1;
        turned.pad_top = 0;
        convolve_layer(&turned_layer, &turned);
    } else {
        convolve_layer(layer, call);
    }
}
