/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution k x k, k = 3, 5, 7, stride 1 or 2: the body of the kernels of fixed size.
 *
 * Four channels at a time. A band of input rows is widened to int16 and taken apart into planes,
 * pads included, in chunks of 4 pixels:
 *
 *   row:  | channel 0: p0 p1 | p2 p3 | channel 2: ... | channel 1: ... | channel 3: ... |  p4 ...
 *           one word = two neighbouring pixels; 8 words a chunk; rows lie one behind the other
 *
 * Then each channel runs over the band. Of a kernel row (k0 .. k6) it keeps the pairs (k0,k1)
 * (k2,k3) .. and, crossed for SMLADX, (k2,k1) (k4,k3) ..: two neighbouring outputs take k + 1
 * multiplications for 2 k taps and nothing is unpacked between them. Four outputs a pass.
 *
 * The output may lie where the input lies, if its rows are not longer (out_w <= in_w) and the
 * pads smaller than the kernel. An address belongs to the same channel (address mod c) in both
 * tensors, so a group's outputs overwrite the group's own inputs only. When output rows up to y are
 * written, input rows below r = y * stride + k - pad_top have been read, and r >= y + 1; so the
 * pixels written, below (y + 1) * out_w <= r * in_w, have all been read.
 *
 * Rounding, fast channels. TensorFlow Lite's value is, with m the multiplier, s the right shift and
 * for acc >= 0, by floor(floor(x) / n) = floor(x / n),
 *
 *   floor((2 acc m + 2^31 + (2^(s-1) + zero 2^s) 2^32) / 2^(32+s))
 *
 * Scaled by 2^(10-s), which goes into the weights and the bias, it is one SMMLA and an SSAT that
 * shifts by 10, for 3 <= s <= 9: (scaled acc * m + (2^(9-s) + 2^9 + zero 2^10) 2^32) >> 42. Where
 * acc < 0, half away from zero takes 1 from 2^(s-1), here 2^(10-s): the nudge. It is 0 where all
 * that is negative saturates to a zero point of -128. */
#ifndef TNRT_DWCONV_DSP_H
#define TNRT_DWCONV_DSP_H

#include "../tnrt_requant.h"
#include "tnrt_dwconv_plan.h"
#include "tnrt_simd32.h"

/* ---- Input rows to planes ------------------------------------------------------------------ */

/* One pixel, which lies in the upper half of its word when `high`. */
static inline void tnrt_dw_put_one(uint32_t *to, int32_t high, uint32_t pixel)
{
    const uint32_t even = tnrt_sxtb16(pixel), odd = tnrt_sxtb16_ror8(pixel);
    tnrt_store16(to, high, even);
    tnrt_store16(to + 2, high, even >> 16);
    tnrt_store16(to + 4, high, odd);
    tnrt_store16(to + 6, high, odd >> 16);
}

static inline void tnrt_dw_put_two(uint32_t *to, uint32_t pixel0, uint32_t pixel1)
{
    const uint32_t even0 = tnrt_sxtb16(pixel0), odd0 = tnrt_sxtb16_ror8(pixel0);
    const uint32_t even1 = tnrt_sxtb16(pixel1), odd1 = tnrt_sxtb16_ror8(pixel1);
    to[0] = tnrt_pack_low(even0, even1);
    to[2] = tnrt_pack_high(even0, even1);
    to[4] = tnrt_pack_low(odd0, odd1);
    to[6] = tnrt_pack_high(odd0, odd1);
}

static inline void tnrt_dw_put_four(uint32_t *to, uint32_t pixel0, uint32_t pixel1, uint32_t pixel2,
                                    uint32_t pixel3)
{
    const uint32_t even0 = tnrt_sxtb16(pixel0), even1 = tnrt_sxtb16(pixel1);
    const uint32_t even2 = tnrt_sxtb16(pixel2), even3 = tnrt_sxtb16(pixel3);
    TNRT_STORE_PAIR(to, 0, tnrt_pack_low(even0, even1), tnrt_pack_low(even2, even3));
    TNRT_STORE_PAIR(to, 2, tnrt_pack_high(even0, even1), tnrt_pack_high(even2, even3));
    {
        const uint32_t odd0 = tnrt_sxtb16_ror8(pixel0), odd1 = tnrt_sxtb16_ror8(pixel1);
        const uint32_t odd2 = tnrt_sxtb16_ror8(pixel2), odd3 = tnrt_sxtb16_ror8(pixel3);
        TNRT_STORE_PAIR(to, 4, tnrt_pack_low(odd0, odd1), tnrt_pack_low(odd2, odd3));
        TNRT_STORE_PAIR(to, 6, tnrt_pack_high(odd0, odd1), tnrt_pack_high(odd2, odd3));
    }
}

/* How a row of pixels falls into chunks: perhaps one pixel in the upper half of a word, perhaps two
 * in the second word of a chunk, then whole chunks, perhaps two pixels and perhaps one. */
typedef struct tnrt_dw_row {
    int32_t one_at, body_at; /* words from the row's beginning */
    int32_t fours;
    int32_t has_one, has_two, ends_two, ends_one;
} tnrt_dw_row;

static inline tnrt_dw_row tnrt_dw_row_of(int32_t in_w, int32_t pad_left)
{
    tnrt_dw_row row;
    int32_t left = in_w;
    row.one_at = pad_left / 4 * TNRT_DW_CHUNK_WORDS + pad_left / 2 % 2;
    row.has_one = pad_left % 2;
    left -= row.has_one;
    row.has_two = (pad_left + row.has_one) % 4 != 0 && left >= 2;
    row.body_at = (pad_left + row.has_one + 2 * row.has_two) / 4 * TNRT_DW_CHUNK_WORDS +
                  (pad_left + row.has_one + 2 * row.has_two) / 2 % 2;
    left -= 2 * row.has_two;
    row.fours = left / 4;
    row.ends_two = left % 4 / 2;
    row.ends_one = left % 2;
    return row;
}

/* `rows` rows of pixels; `in` is the group's first channel of the first pixel. */
static TNRT_NOINLINE void tnrt_dw_fill_rows(const tnrt_dw_row *shape, uint32_t *row,
                                            int32_t row_words, const int8_t *in_row,
                                            int32_t in_row_stride, int32_t c, int32_t rows)
{
    for (; rows > 0; rows--, row += row_words, in_row += in_row_stride) {
        uint32_t *to = row + shape->body_at;
        const int8_t *in = in_row;
        int32_t fours = shape->fours;
        if (shape->has_one) {
            tnrt_dw_put_one(row + shape->one_at, 1, tnrt_load32(in));
            in += c;
        }
        if (shape->has_two) {
            tnrt_dw_put_two(to - (TNRT_DW_CHUNK_WORDS - 1), tnrt_load32(in), tnrt_load32(in + c));
            in += 2 * c;
        }
        for (; fours > 0; fours--, in += 4 * c, to += TNRT_DW_CHUNK_WORDS)
            tnrt_dw_put_four(to, tnrt_load32(in), tnrt_load32(in + c), tnrt_load32(in + 2 * c),
                             tnrt_load32(in + 3 * c));
        if (shape->ends_two) {
            tnrt_dw_put_two(to, tnrt_load32(in), tnrt_load32(in + c));
            in += 2 * c;
            to++;
        }
        if (shape->ends_one)
            tnrt_dw_put_one(to, 0, tnrt_load32(in));
    }
}

/* A row of a tensor of fewer than four channels, which has no words to load. */
static TNRT_NOINLINE void tnrt_dw_fill_row_narrow(uint32_t *row, const int8_t *in, int32_t c,
                                                  int32_t in_w, int32_t pad_left)
{
    for (int32_t index = pad_left; index < pad_left + in_w; index++) {
        uint32_t *const to = row + index / 4 * TNRT_DW_CHUNK_WORDS + index / 2 % 2;
        for (int32_t k = 0; k < c; k++)
            tnrt_store16(to + TNRT_DW_SLOT(k), index % 2, (uint32_t)*in++);
    }
}

static inline void tnrt_dw_fill_words(uint32_t *to, int32_t word_count, uint32_t word)
{
    for (const uint32_t *const end = to + word_count; to < end; to += TNRT_DW_CHUNK_WORDS) {
        TNRT_STORE_PAIR(to, 0, word, word);
        TNRT_STORE_PAIR(to, 2, word, word);
        TNRT_STORE_PAIR(to, 4, word, word);
        TNRT_STORE_PAIR(to, 6, word, word);
    }
}

static inline void tnrt_dw_move_words(uint32_t *to, const uint32_t *from, int32_t word_count)
{
    for (const uint32_t *const end = to + word_count; to < end; to += 4, from += 4) {
        uint32_t a, b, c, d;
        TNRT_LOAD_PAIR(a, b, from, 0);
        TNRT_LOAD_PAIR(c, d, from, 2);
        TNRT_STORE_PAIR(to, 0, a, b);
        TNRT_STORE_PAIR(to, 2, c, d);
    }
}

/* ---- One channel --------------------------------------------------------------------------- */

/* What a channel computes with. */
typedef struct tnrt_dw_channel {
    const uint32_t *rows; /* of the plane, under the first output */
    int8_t *out;
    int32_t row_words, out_row_stride, out_step; /* out_step: channels */
    int32_t out_h, out_w;
    int32_t bias, multiplier, constant;
    int32_t nudge; /* taken from the constant where acc < 0; -1: slow, the constant is a shift */
    const tnrt_layer *layer;
} tnrt_dw_channel;

static TNRT_INLINE int8_t tnrt_dw_requantize(int32_t acc, int32_t multiplier, int32_t constant,
                                             int32_t nudge)
{
    return (int8_t)tnrt_ssat8_asr10(tnrt_smmla(acc, multiplier, constant - (acc >> 31 & nudge)));
}

/* Requantises and stores what is not four outputs of a fast channel. */
static TNRT_NOINLINE void tnrt_dw_finish(const tnrt_dw_channel *ch, const int32_t *acc,
                                         int32_t count, int8_t *out)
{
    for (; count > 0; count--, out += ch->out_step) {
        const int32_t sum = *acc++;
        if (ch->nudge >= 0)
            *out = tnrt_dw_requantize(sum, ch->multiplier, ch->constant, ch->nudge);
        else
            *out = tnrt_activate(ch->layer, ch->layer->out_zero +
                                                tnrt_rescale(sum, ch->multiplier, ch->constant));
    }
}

/* Stores the first `count` of up to four outputs, `first` of which are always wanted. */
static TNRT_INLINE void tnrt_dw_store(const tnrt_dw_channel *ch, const int32_t *acc,
                                      const int first, int32_t count, int8_t *out)
{
    const int32_t m = ch->multiplier, constant = ch->constant, nudge = ch->nudge;
    if (nudge >= 0) {
        TNRT_UNROLL
        for (int i = 0; i < first; i++, out += ch->out_step)
            *out = tnrt_dw_requantize(acc[i], m, constant, nudge);
        if (count > first)
            *out = tnrt_dw_requantize(acc[first], m, constant, nudge);
    } else {
        int32_t kept[4];
        TNRT_UNROLL
        for (int i = 0; i < first + 1; i++)
            kept[i] = acc[i];
        tnrt_dw_finish(ch, kept, count, out);
    }
}

/* Word i of a channel's row. */
#define TNRT_DW_WORD(i) ((i) / 2 * TNRT_DW_CHUNK_WORDS + (i) % 2)

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
    const int32_t rest = ch->out_w & 3, full_words = (ch->out_w >> 2) * pass_words;
    const uint32_t *row = ch->rows;
    int8_t *out_row = ch->out;
    for (int32_t y = ch->out_h; y > 0; y--) {
        const uint32_t *p = row;
        const uint32_t *end = p + full_words;
        int8_t *out = out_row;
        int32_t plain = ch->nudge == 0, wanted = 4;
        for (;;) {
            for (; p != end; p += pass_words, out += 4 * step) {
                const int32_t bias = ch->bias;
                int32_t acc[4] = {bias, bias, bias, bias};
                tnrt_dw_outputs(k, stride, 4, p, row_words, weights, acc);
                if (plain) {
                    const int32_t m = ch->multiplier, constant = ch->constant;
                    int8_t *const out2 = out + 2 * step;
                    out[0] = tnrt_dw_requantize(acc[0], m, constant, 0);
                    out[step] = tnrt_dw_requantize(acc[1], m, constant, 0);
                    out2[0] = tnrt_dw_requantize(acc[2], m, constant, 0);
                    out2[step] = tnrt_dw_requantize(acc[3], m, constant, 0);
                } else {
                    tnrt_dw_store(ch, acc, 3, wanted, out);
                }
            }
            if (rest != 3 || wanted == 3)
                break;
            wanted = 3; /* once more, without the last output */
            plain = 0;
            end += pass_words;
        }
        if (rest == 1 || rest == 2) {
            int32_t acc[2] = {ch->bias, ch->bias};
            tnrt_dw_outputs(k, stride, 2, p, row_words, weights, acc);
            tnrt_dw_store(ch, acc, 1, rest, out);
        }
        row += stride * row_words;
        out_row += ch->out_row_stride;
    }
}

/* ---- The layer ----------------------------------------------------------------------------- */

/* Weights of a channel, [k][k] int8, to scaled pairs. */
static TNRT_INLINE void tnrt_dw_widen(const int k, const int8_t *from, int32_t scale, uint32_t *to)
{
    for (int row = 0; row < k; row++, from += k, to += k - 1) {
        uint32_t even = (uint32_t)from[0] << scale;
        TNRT_UNROLL
        for (int i = 0; i < k / 2; i++) {
            const uint32_t odd = (uint32_t)from[2 * i + 1] << scale;
            to[i] = tnrt_pack_low(even, odd);
            even = (uint32_t)from[2 * i + 2] << scale;
            to[k / 2 + (i + 1) % (k / 2)] = tnrt_pack_low(even, odd);
        }
    }
}

/* A record of params is {bias, multiplier, constant << 8 | slow << 7 | nudge << 4 | scale}, where
 * nudge says whether there is one; see quant/pack_dsp_depthwise.c. */
static TNRT_INLINE int32_t tnrt_dw_load_channel(const tnrt_layer *layer, int32_t channel,
                                                tnrt_dw_channel *ch)
{
    const int32_t *const record = layer->params + 3 * channel;
    const int32_t word = record[2], scale = word & TNRT_DW_SCALE_MASK;
    ch->bias = record[0];
    ch->multiplier = record[1];
    ch->constant = word >> 8;
    ch->nudge = (word & TNRT_DW_NUDGE) != 0 ? (int32_t)1 << scale >> 1 : 0;
    if ((word & TNRT_DW_SLOW) != 0)
        ch->nudge = -1;
    return scale;
}

/* Reads the input rows of the band that begins with output row y into the planes. Of those before
 * and behind the image only the ones that an earlier band has overwritten are written. */
static TNRT_NOINLINE void tnrt_dw_fill_band(const tnrt_layer *layer, const tnrt_call *call,
                                            const tnrt_dw_plan *plan, const tnrt_dw_row *shape,
                                            int32_t y, const int8_t *in, uint32_t *planes)
{
    const int32_t row_words = plan->row_words, c = layer->in_c, stride = layer->stride_h;
    const int32_t rows = call->out_h - y < plan->band_h ? call->out_h - y : plan->band_h;
    const int32_t first_y = y * stride - call->pad_top; /* input row of the first plane row */
    const int32_t end = (rows - 1) * stride + layer->kernel_h;
    const int32_t inside = first_y + end < call->in_h ? end : call->in_h - first_y;
    const uint32_t outside = (uint16_t)layer->in_zero * 0x00010001u;
    int32_t r = 0;
    if (y > 0) {
        r = layer->kernel_h - stride;
        tnrt_dw_move_words(planes, planes + plan->band_h * stride * row_words, r * row_words);
    }
    if (first_y + r < 0) {
        if (plan->band_h < call->out_h)
            tnrt_dw_fill_words(planes + r * row_words, (-first_y - r) * row_words, outside);
        r = -first_y;
    }
    if (c >= 4 && r < inside)
        tnrt_dw_fill_rows(shape, planes + r * row_words, row_words,
                          in + (first_y + r) * call->in_row_stride, call->in_row_stride, c,
                          inside - r);
    for (; c < 4 && r < inside; r++)
        tnrt_dw_fill_row_narrow(planes + r * row_words, in + (first_y + r) * call->in_row_stride, c,
                                call->in_w, call->pad_left);
    r = r < inside ? inside : r;
    if (plan->band_h < call->out_h && r < end)
        tnrt_dw_fill_words(planes + r * row_words, (end - r) * row_words, outside);
}

/* The last group of a tensor whose channels are no multiple of four begins earlier, so that words
 * can be loaded; the channels before `channel` are not computed again. */
static TNRT_INLINE void tnrt_dw_layer(const int k, const tnrt_layer *layer, const tnrt_call *call)
{
    const tnrt_dw_plan plan =
        tnrt_dw_plan_of(k, layer->stride_h, call->in_w, call->pad_left, call->out_h, call->out_w);
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
        const int32_t first = group + 4 <= c || c < 4 ? group : c - 4;
        for (int32_t y = 0; y < call->out_h; y += plan.band_h) {
            tnrt_dw_fill_band(layer, call, &plan, &shape, y, call->in + first, planes);
            ch.out_h = call->out_h - y < plan.band_h ? call->out_h - y : plan.band_h;
            for (int32_t channel = group; channel < group + 4 && channel < c; channel++) {
                const int32_t scale = tnrt_dw_load_channel(layer, channel, &ch);
                tnrt_dw_widen(k, layer->weights + channel * k * k, scale, weights);
                ch.rows = planes + TNRT_DW_SLOT(channel - first);
                ch.out = call->out + y * call->out_row_stride + channel;
                if (layer->stride_h == 1)
                    tnrt_dw_run(k, 1, &ch, weights);
                else
                    tnrt_dw_run(k, 2, &ch, weights);
            }
        }
    }
}

#endif
