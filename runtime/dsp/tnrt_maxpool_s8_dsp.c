/* SPDX-License-Identifier: 0BSD */
/* Maximum over a window, as tnrt_maxpool_s8, of tensors of at least four channels, four at a time.
 */
#include "../tnrt_requant.h"
#include "../tnrt_window.h"
#include "tnrt_dsp_kernels.h"
#include "tnrt_simd32.h"

static uint32_t max_4(const int8_t *row, int32_t in_row_stride, int32_t c, int32_t rows,
                      int32_t cols)
{
    uint32_t most = 0x80808080u;
    for (; rows > 0; rows--, row += in_row_stride) {
        const int8_t *in = row;
        for (int32_t x = cols; x > 0; x--, in += c)
            most = tnrt_max8(most, tnrt_load32(in));
    }
    return most;
}

void tnrt_maxpool_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    const int32_t c = layer->in_c, stride = call->in_row_stride;
    const uint32_t low = (uint8_t)layer->act_min * 0x01010101u;
    const uint32_t high = (uint8_t)layer->act_max * 0x01010101u;
    for (int32_t y = 0; y < call->out_h; y++) {
        const tnrt_taps rows =
            tnrt_taps_inside(y, layer->stride_h, call->pad_top, layer->kernel_h, call->in_h);
        int8_t *out = call->out + y * call->out_row_stride;
        for (int32_t x = 0; x < call->out_w; x++, out += c) {
            const tnrt_taps cols =
                tnrt_taps_inside(x, layer->stride_w, call->pad_left, layer->kernel_w, call->in_w);
            const int8_t *const in = call->in + rows.at * stride + cols.at * c;
            /* The last group may repeat channels of the one before. */
            for (int32_t group = 0; group < c; group += 4) {
                const int32_t channel = group + 4 <= c ? group : c - 4;
                const uint32_t most = max_4(in + channel, stride, c, rows.count, cols.count);
                const uint32_t clamped = tnrt_min8(tnrt_max8(most, low), high);
                memcpy(out + channel, &clamped, sizeof clamped);
            }
        }
    }
}
