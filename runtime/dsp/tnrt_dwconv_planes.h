/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution over planes: what the kernels share.
 *
 * Four channels at a time; tensors have no fewer. A band of input rows is widened to int16 and
 * taken apart into planes, pads included, in chunks of 4 pixels:
 *
 *   row:  | channel 0: p0 p1 | p2 p3 | channel 2: ... | channel 1: ... | channel 3: ... |  p4 ...
 *           one word = two neighbouring pixels; 8 words a chunk; rows lie one behind the other
 *
 * Then each channel runs over the band on its own.
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
#ifndef TNRT_DWCONV_PLANES_H
#define TNRT_DWCONV_PLANES_H

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

/* Where a channel's word i, which has pixels 2 i and 2 i + 1, lies in its row. */
#define TNRT_DW_WORD(i) ((i) / 2 * TNRT_DW_CHUNK_WORDS + (i) % 2)

/* How a row of pixels falls into chunks: perhaps one pixel in the upper half of a word, perhaps two
 * in the second word of a chunk, then whole chunks, perhaps two pixels and perhaps one. */
typedef struct tnrt_dw_row {
    int32_t one_at, body_at; /* words from the row's beginning */
    int32_t fours;
    int32_t has_one, has_two, ends_two, ends_one;
} tnrt_dw_row;

static inline tnrt_dw_row tnrt_dw_row_of(int32_t in_w, int32_t pad_left)
{
    const uint32_t one = (uint32_t)pad_left % 2, after_one = (uint32_t)pad_left + one;
    const uint32_t two = after_one % 4 != 0 && (uint32_t)in_w >= one + 2;
    const uint32_t body = after_one + 2 * two, left = (uint32_t)in_w - one - 2 * two;
    tnrt_dw_row row;
    row.one_at = (int32_t)TNRT_DW_WORD((uint32_t)pad_left / 2);
    row.body_at = (int32_t)TNRT_DW_WORD(body / 2);
    row.fours = (int32_t)(left / 4);
    row.has_one = (int32_t)one;
    row.has_two = (int32_t)two;
    row.ends_two = (int32_t)(left / 2 % 2);
    row.ends_one = (int32_t)(left % 2);
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

static TNRT_NOINLINE void tnrt_dw_fill_words(uint32_t *to, int32_t word_count, uint32_t word)
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
    if (y > 0 && layer->kernel_h > stride) {
        r = layer->kernel_h - stride;
        tnrt_dw_move_words(planes, planes + plan->band_h * stride * row_words, r * row_words);
    }
    if (first_y + r < 0) {
        if (plan->band_h < call->out_h)
            tnrt_dw_fill_words(planes + r * row_words, (-first_y - r) * row_words, outside);
        r = -first_y;
    }
    if (r < inside)
        tnrt_dw_fill_rows(shape, planes + r * row_words, row_words,
                          in + (first_y + r) * call->in_row_stride, call->in_row_stride, c,
                          inside - r);
    r = r < inside ? inside : r;
    if (plan->band_h < call->out_h && r < end)
        tnrt_dw_fill_words(planes + r * row_words, (end - r) * row_words, outside);
}

/* ---- Outputs of a channel
 * --------------------------------------------------------------------------- */

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

static TNRT_INLINE void tnrt_dw_store_four(const tnrt_dw_channel *ch, const int32_t *acc,
                                           int8_t *out)
{
    const int32_t m = ch->multiplier, constant = ch->constant, nudge = ch->nudge;
    const int32_t step = ch->out_step;
    int8_t *const out2 = out + 2 * step;
    if (nudge == 0) { /* as below, without the instructions for it */
        out[0] = tnrt_dw_requantize(acc[0], m, constant, 0);
        out[step] = tnrt_dw_requantize(acc[1], m, constant, 0);
        out2[0] = tnrt_dw_requantize(acc[2], m, constant, 0);
        out2[step] = tnrt_dw_requantize(acc[3], m, constant, 0);
    } else {
        out[0] = tnrt_dw_requantize(acc[0], m, constant, nudge);
        out[step] = tnrt_dw_requantize(acc[1], m, constant, nudge);
        out2[0] = tnrt_dw_requantize(acc[2], m, constant, nudge);
        out2[step] = tnrt_dw_requantize(acc[3], m, constant, nudge);
    }
}

/* Stores `first` outputs, 1 or 3, and perhaps one more. */
static TNRT_INLINE void tnrt_dw_store(const tnrt_dw_channel *ch, const int32_t *acc,
                                      const int first, int32_t one_more, int8_t *out)
{
    const int32_t m = ch->multiplier, constant = ch->constant, nudge = ch->nudge;
    if (nudge >= 0) {
        TNRT_UNROLL
        for (int i = 0; i < first; i++, out += ch->out_step)
            *out = tnrt_dw_requantize(acc[i], m, constant, nudge);
        if (one_more)
            *out = tnrt_dw_requantize(acc[first], m, constant, nudge);
    } else {
        int32_t kept[4];
        TNRT_UNROLL
        for (int i = 0; i < first + 1; i++)
            kept[i] = acc[i];
        tnrt_dw_finish(ch, kept, first + one_more, out);
    }
}

/* A record of params is {bias, multiplier, constant << 9 | nudge << 4 | scale}, the nudge's
 * logarithm plus 1; see quant/pack_dsp_depthwise.c. */
static TNRT_INLINE void tnrt_dw_load_record(const int32_t *record, tnrt_dw_channel *ch)
{
    const int32_t word = record[2];
    ch->bias = record[0];
    ch->multiplier = record[1];
    ch->constant = word >> 9;
    ch->nudge = (int32_t)((uint32_t)1 << (word >> 4 & 31)) >> 1;
}

#endif
