/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution k x k, k = 3, 5, 7, stride 1 or 2: the body of the kernels of fixed size.
 *
 * Over the planes of tnrt_dwconv_planes.h. Of a kernel row (k0 .. k6) a channel keeps the pairs
 * (k0,k1) (k2,k3) .. and, crossed for SMLADX, (k2,k1) (k4,k3) ..: two neighbouring outputs take
 * k + 1 multiplications for 2 k taps and nothing is unpacked between them. Four outputs a pass. */
#ifndef TNRT_DWCONV_DSP_H
#define TNRT_DWCONV_DSP_H

#include "tnrt_dwconv_planes.h"

/* a += the even outputs' share of a kernel row over words d[0 ..]. */
static TNRT_INLINE int32_t tnrt_dw_even(const int k, const uint32_t *d, const uint32_t *w,
                                        int32_t a)
{
    TNRT_UNROLL
    for (int i = 0; i < k / 2; i++)
        a = tnrt_smlad(d[i], w[i], a);
    return tnrt_smlabb(d[k / 2], w[k / 2], a);
}

/* The same for the odd outputs, one pixel further. */
static TNRT_INLINE int32_t tnrt_dw_odd(const int k, const uint32_t *d, const uint32_t *w, int32_t a)
{
    a = tnrt_smlatb(d[0], w[0], a);
    TNRT_UNROLL
    for (int i = 1; i < k / 2; i++)
        a = tnrt_smladx(d[i], w[k / 2 + i], a);
    return tnrt_smladx(d[k / 2], w[k / 2], a);
}

/* `count` (2 or 4) neighbouring outputs: acc += all rows of the kernel. */
static TNRT_INLINE void tnrt_dw_outputs(const int k, const int stride, const int count,
                                        const uint32_t *p, int32_t row_words,
                                        const uint32_t *weights, int32_t *acc)
{
    const int words = k / 2 + 1 + (stride == 1 ? count / 2 - 1 : count - 1);
    TNRT_UNROLL
    for (int row = 0; row < k; row++) {
        uint32_t d[8], w[6];
        TNRT_UNROLL
        for (int i = 0; i < k - 1; i += 2)
            TNRT_LOAD_PAIR(w[i], w[i + 1], weights, i + row * (k - 1));
        TNRT_UNROLL
        for (int i = 0; i < words; i += 2) {
            if (i + 1 < words)
                TNRT_LOAD_PAIR(d[i], d[i + 1], p, TNRT_DW_WORD(i));
            else
                d[i] = p[TNRT_DW_WORD(i)];
        }
        p += row_words;
        TNRT_FORGET(p);
        TNRT_UNROLL
        for (int i = 0; i < count; i++) {
            if (stride == 2)
                acc[i] = tnrt_dw_even(k, d + i, w, acc[i]);
            else if (i % 2 == 0)
                acc[i] = tnrt_dw_even(k, d + i / 2, w, acc[i]);
            else
                acc[i] = tnrt_dw_odd(k, d + i / 2, w, acc[i]);
        }
    }
}

/* All output rows of the band. weights: k - 1 words a kernel row, (k0,k1) (k2,k3) .., then the
 * crossed ones, of which the last comes first: (k6,k5) (k2,k1) (k4,k3). */
static TNRT_INLINE void tnrt_dw_run(const int k, const int stride, const tnrt_dw_channel *ch,
                                    const uint32_t *weights)
{
    const int32_t row_words = ch->row_words, step = ch->out_step;
    const int32_t pass_words = stride * TNRT_DW_CHUNK_WORDS;
    const uint32_t rest = (uint32_t)ch->out_w % 4;
    const int32_t passes_words = (int32_t)((uint32_t)ch->out_w + 1) / 4 * pass_words;
    const int32_t whole = rest != 3 && ch->nudge >= 0; /* every pass stores four, fast */
    const uint32_t *row = ch->rows;
    int8_t *out_row = ch->out;
    for (int32_t y = ch->out_h; y > 0; y--) {
        const uint32_t *p = row;
        const uint32_t *const end = p + passes_words;
        int8_t *out = out_row;
        for (; p != end; p += pass_words, out += 4 * step) {
            const int32_t bias = ch->bias;
            int32_t acc[4] = {bias, bias, bias, bias};
            tnrt_dw_outputs(k, stride, 4, p, row_words, weights, acc);
            if (whole)
                tnrt_dw_store_four(ch, acc, out);
            else
                tnrt_dw_store(ch, acc, 3, p + pass_words != end || rest != 3, out);
        }
        if (rest == 1 || rest == 2) {
            int32_t acc[2] = {ch->bias, ch->bias};
            tnrt_dw_outputs(k, stride, 2, p, row_words, weights, acc);
            tnrt_dw_store(ch, acc, 1, rest == 2, out);
        }
        row += stride * row_words;
        out_row += ch->out_row_stride;
    }
}

/* ---- The layer ----------------------------------------------------------------------------- */

/* A kernel row to scaled pairs. */
static TNRT_INLINE void tnrt_dw_widen_row(const int k, const int8_t *from, int32_t scale,
                                          uint32_t *to)
{
    uint32_t pairs[6];
    uint32_t even = (uint32_t)from[0] << scale;
    TNRT_UNROLL
    for (int i = 0; i < k / 2; i++) {
        const uint32_t odd = (uint32_t)from[2 * i + 1] << scale;
        pairs[i] = tnrt_pack_low(even, odd);
        even = (uint32_t)from[2 * i + 2] << scale;
        pairs[k / 2 + (i + 1) % (k / 2)] = tnrt_pack_low(even, odd);
    }
    TNRT_UNROLL
    for (int i = 0; i < k - 1; i += 2)
        TNRT_STORE_PAIR(to, i, pairs[i], pairs[i + 1]);
}

static TNRT_INLINE void tnrt_dw_widen(const int k, const int8_t *from, int32_t scale, uint32_t *to)
{
    if (k == 3) {
        tnrt_dw_widen_row(3, from, scale, to);
        tnrt_dw_widen_row(3, from + 3, scale, to + 2);
        tnrt_dw_widen_row(3, from + 6, scale, to + 4);
    } else {
        for (int row = 0; row < k; row++)
            tnrt_dw_widen_row(k, from + row * k, scale, to + row * (k - 1));
    }
}

/* The last group of a tensor whose channels are no multiple of four begins earlier, so that words
 * can be loaded; the channels before `channel` are not computed again. */
static TNRT_INLINE void tnrt_dw_layer(const int k, const tnrt_layer *layer, const tnrt_call *call)
{
    const tnrt_dw_shape whole = {
        k,           k,          layer->stride_h, layer->stride_h, call->in_w, call->pad_left,
        call->out_h, call->out_w};
    const tnrt_dw_plan plan = tnrt_dw_plan_of(&whole);
    uint32_t *const planes = (uint32_t *)call->scratch;
    const int32_t c = layer->in_c;
    const tnrt_dw_row shape = tnrt_dw_row_of(call->in_w, call->pad_left);
    uint32_t weights[42]; /* [k][k - 1] */
    tnrt_dw_channel ch;
    ch.layer = layer;
    ch.row_words = plan.row_words;
    ch.out_row_stride = call->out_row_stride;
    ch.out_step = c;
    ch.out_w = call->out_w;
    tnrt_dw_fill_words(planes, (int32_t)(tnrt_dw_plan_bytes(&plan) / sizeof(uint32_t)),
                       (uint16_t)layer->in_zero * 0x00010001u);
    for (int32_t group = 0; group < c; group += 4) {
        const int32_t first = group + 4 <= c ? group : c - 4;
        for (int32_t y = 0; y < call->out_h; y += plan.band_h) {
            tnrt_dw_fill_band(layer, call, &plan, &shape, y, call->in + first, planes);
            ch.out_h = call->out_h - y < plan.band_h ? call->out_h - y : plan.band_h;
            const int32_t *record = layer->params + 3 * group;
            const int8_t *from = layer->weights + group * k * k;
            for (int32_t channel = group; channel < group + 4 && channel < c; channel++) {
                tnrt_dw_load_record(record, &ch);
                tnrt_dw_widen(k, from, record[2] & 15, weights);
                ch.rows = planes + TNRT_DW_SLOT((uint32_t)(channel - first));
                ch.out = call->out + y * call->out_row_stride + channel;
                if (layer->stride_h == 1)
                    tnrt_dw_run(k, 1, &ch, weights);
                else
                    tnrt_dw_run(k, 2, &ch, weights);
                record += 3;
                from += k * k;
            }
        }
    }
}

#endif
