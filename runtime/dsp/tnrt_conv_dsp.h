/* SPDX-License-Identifier: 0BSD */
/* The inner part of the convolution kernels: two output channels of three pixels at a time.
 *
 * An int8 weight need not be unpacked to be multiplied. Two channels share 16 bits, as the number
 * 256 * second + first, and one multiplication serves both: with wide = sum(x * (256 * second +
 * first)) and narrow = sum(x * first), the second channel's sum is (wide - narrow) / 256, exactly,
 * as long as it fits 24 bits; wide itself may wrap. Only `first` is unpacked: one SXTB16 for four
 * weights, where unpacking both takes two. 17 instructions do 24 multiply-accumulates:
 *
 *     LDRD weights, weights'          2 channels x 4 depths
 *     LDM 3 pixels x depths 0, 2      3 SMLAD wide     SXTB16     3 SMLAD narrow
 *     LDM 3 pixels x depths 1, 3      3 SMLAD wide'    SXTB16     3 SMLAD narrow'
 *
 * Columns: the windows of the three pixels, widened to int16 and interleaved for those loads.
 * Depth runs over the window's taps, padded to a multiple of 4; what lies in the padding meets
 * weights of 0.
 *     6 words of 0, from which the sums start
 *     per block of 4 depths, 6 words: {0, 2} of each pixel, {1, 3} of each pixel
 * Weights: per pair of channels, per block, 8 bytes:
 *     {first 0, second 0, first 2, second 2, first 1, second 1, first 3, second 3}
 * In a fast layer `second` is less by one where `first` is negative, which makes the two bytes the
 * 16-bit number above. Of an odd number of channels the last has no second.
 *
 * Weights of int16 need no unpacking: 16 instructions a block, for twice the flash. Per block, 16
 * bytes: {0, 2} of the first, {0, 2} of the second, {1, 3} of the first, {1, 3} of the second. */
#ifndef TNRT_CONV_DSP_H
#define TNRT_CONV_DSP_H

#include "tnrt_requant_dsp.h"

/* Blocks of 4 depths. */
#define TNRT_BLOCKS_DSP(depth)        (((depth) + 3) / 4)
#define TNRT_PAIR_BYTES_DSP(depth)    (8 * TNRT_BLOCKS_DSP(depth)) /* int8 weights of a pair */
#define TNRT_COLUMNS_BYTES_DSP(depth) (24 + 24 * TNRT_BLOCKS_DSP(depth))

enum { TNRT_BLOCK_WORDS_DSP = 6 /* of the columns */ };

/* Four bytes each of three pixels, `blocks` times, as columns from `to`. Returns their end. */
static inline uint32_t *tnrt_widen3_dsp(uint32_t *to, const int8_t *pixel0, const int8_t *pixel1,
                                        const int8_t *pixel2, int32_t blocks)
{
    const uint32_t *const end = to + TNRT_BLOCK_WORDS_DSP * blocks;
#if TNRT_HAS_ASM_LOOPS
    __asm volatile(
        "0:\n\t"
        "ldr r4, [%[pixel0]], #4\n\t"
        "ldr r5, [%[pixel1]], #4\n\t"
        "ldr r6, [%[pixel2]], #4\n\t"
        "sxtb16 r8, r4, ror #8\n\t"
        "sxtb16 r9, r5, ror #8\n\t"
        "sxtb16 r10, r6, ror #8\n\t"
        "sxtb16 r4, r4\n\t"
        "sxtb16 r5, r5\n\t"
        "sxtb16 r6, r6\n\t"
        "stmia %[to]!, {r4, r5, r6, r8, r9, r10}\n\t"
        "cmp %[to], %[end]\n\t"
        "bne 0b"
        : [to] "+r"(to), [pixel0] "+r"(pixel0), [pixel1] "+r"(pixel1), [pixel2] "+r"(pixel2)
        : [end] "r"(end)
        : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
#else
    for (; to != end; to += TNRT_BLOCK_WORDS_DSP, pixel0 += 4, pixel1 += 4, pixel2 += 4) {
        const uint32_t word[3] = {tnrt_load32(pixel0), tnrt_load32(pixel1), tnrt_load32(pixel2)};
        for (int p = 0; p < 3; p++) {
            to[p] = tnrt_sxtb16(word[p]);
            to[3 + p] = tnrt_sxtb16_ror8(word[p]);
        }
    }
#endif
    return to;
}

/* What the loop over pairs of channels needs; in memory, since its registers are full. The order
 * lets it load and store two at a time. */
typedef struct tnrt_tile_dsp {
    uint32_t *columns;
    int32_t skip_bytes; /* code to jump over, so that whole turns of the unrolled loop are left */
    uint32_t *columns_end;
    const int8_t *weights;
    int32_t step; /* bytes from a pixel's outputs to the next pixel's */
    int8_t *out;
    const tnrt_channel_dsp *channel;
    int32_t out_bias;
    const int8_t *out_end;
} tnrt_tile_dsp;

#if TNRT_HAS_ASM_LOOPS

enum {
    TNRT_BLOCK_CODE_BYTES_S8_DSP = 17 * 4,
    TNRT_BLOCK_CODE_BYTES_S16_DSP = 16 * 4,
    TNRT_UNROLLED_DSP = 4
};

/* One block of 4 depths, weights int8: 17 instructions of 4 bytes. Columns r0, weights r1, wide r4
 * r5 r6, narrow r8 r9 r10. */
#define TNRT_BLOCK_S8_ASM_DSP                                                                      \
    "ldrd r2, r3, [r1], #8\n\t"                                                                    \
    "ldmia.w r0!, {r11, r12, lr}\n\t"                                                              \
    "smlad r4, r11, r2, r4\n\t"                                                                    \
    "smlad r5, r12, r2, r5\n\t"                                                                    \
    "smlad r6, lr, r2, r6\n\t"                                                                     \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad r8, r11, r2, r8\n\t"                                                                    \
    "smlad r9, r12, r2, r9\n\t"                                                                    \
    "smlad r10, lr, r2, r10\n\t"                                                                   \
    "ldmia.w r0!, {r11, r12, lr}\n\t"                                                              \
    "smlad r4, r11, r3, r4\n\t"                                                                    \
    "smlad r5, r12, r3, r5\n\t"                                                                    \
    "smlad r6, lr, r3, r6\n\t"                                                                     \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad r8, r11, r3, r8\n\t"                                                                    \
    "smlad r9, r12, r3, r9\n\t"                                                                    \
    "smlad r10, lr, r3, r10\n\t"

/* Weights int16: 16 instructions; second channel r4 r5 r6, first r8 r9 r10. */
#define TNRT_HALF_BLOCK_S16_ASM_DSP                                                                \
    "ldrd r2, r3, [r1], #8\n\t"                                                                    \
    "ldmia.w r0!, {r11, r12, lr}\n\t"                                                              \
    "smlad r8, r11, r2, r8\n\t"                                                                    \
    "smlad r9, r12, r2, r9\n\t"                                                                    \
    "smlad r10, lr, r2, r10\n\t"                                                                   \
    "smlad r4, r11, r3, r4\n\t"                                                                    \
    "smlad r5, r12, r3, r5\n\t"                                                                    \
    "smlad r6, lr, r3, r6\n\t"
#define TNRT_BLOCK_S16_ASM_DSP TNRT_HALF_BLOCK_S16_ASM_DSP TNRT_HALF_BLOCK_S16_ASM_DSP

/* From wide to 256 times the second channel. */
#define TNRT_SEPARATE_ASM_DSP                                                                      \
    "sub r4, r4, r8\n\t"                                                                           \
    "sub r5, r5, r9\n\t"                                                                           \
    "sub r6, r6, r10\n\t"

/* tnrt_requantize_dsp of the doubled accumulators a, b, c; t and u are free; `rounding` is lost. */
#define TNRT_REQUANTIZE3_ASM_DSP(a, b, c, multiplier, shift, rounding, t, u)                       \
    "add " t ", " rounding ", " a ", asr #31\n\t"                                                  \
    "add " u ", " rounding ", " b ", asr #31\n\t"                                                  \
    "smmlar " a ", " a ", " multiplier ", " t "\n\t"                                               \
    "add " rounding ", " rounding ", " c ", asr #31\n\t"                                           \
    "smmlar " b ", " b ", " multiplier ", " u "\n\t"                                               \
    "asr " a ", " a ", " shift "\n\t"                                                              \
    "smmlar " c ", " c ", " multiplier ", " rounding "\n\t"                                        \
    "asr " b ", " b ", " shift "\n\t"                                                              \
    "ssat " a ", #8, " a ", asr #1\n\t"                                                            \
    "asr " c ", " c ", " shift "\n\t"                                                              \
    "ssat " b ", #8, " b ", asr #1\n\t"                                                            \
    "ssat " c ", #8, " c ", asr #1\n\t"

/* Pairs of channels from tile->out to tile->out_end. Behind %[columns] lies skip_bytes, behind
 * %[channel] out_bias, behind %[step] out, behind %[out] channel. */
#define TNRT_PAIRS_ASM_DSP(tile, block, separate, second_to_twice)                                 \
    __asm volatile("ldr r1, %[weights]\n\t"                                                        \
                   "1:\n\t"                                                                        \
                   "ldrd r0, r2, %[columns]\n\t"                                                   \
                   "ldmia.w r0!, {r4, r5, r6, r8, r9, r10}\n\t"                                    \
                   "add pc, r2\n\t" /* counts from behind the nop */                               \
                   "nop\n\t"                                                                       \
                   "0:\n\t" block block block block "ldr r2, %[columns_end]\n\t"                   \
                   "cmp r0, r2\n\t"                                                                \
                   "bne 0b\n\t"                                                                    \
                   "ldrd r11, r12, %[channel]\n\t" separate "ldmia r11!, {r0, r2, r3}\n\t"         \
                   "lsl r12, r12, r3\n\t"                                                          \
                   "add r8, r0, r8, lsl #1\n\t"                                                    \
                   "add r9, r0, r9, lsl #1\n\t"                                                    \
                   "add r10, r0, r10, lsl #1\n\t" TNRT_REQUANTIZE3_ASM_DSP(                        \
                       "r8", "r9", "r10", "r2", "r3", "r12", "r0",                                 \
                       "lr") "ldrd lr, r0, %[step]\n\t"                                            \
                             "ldr r12, %[out_bias]\n\t"                                            \
                             "strb r9, [r0, lr]\n\t"                                               \
                             "strb r10, [r0, lr, lsl #1]\n\t"                                      \
                             "strb r8, [r0], #1\n\t"                                               \
                             "ldmia r11!, {r2, r3, r8}\n\t"                                        \
                             "add r4, r2, r4, " second_to_twice "\n\t"                             \
                             "add r5, r2, r5, " second_to_twice "\n\t"                             \
                             "add r6, r2, r6, " second_to_twice "\n\t"                             \
                             "lsl r12, r12, r8\n\t" TNRT_REQUANTIZE3_ASM_DSP(                      \
                                 "r4", "r5", "r6", "r3", "r8", "r12", "r2",                        \
                                 "r9") "ldr r2, %[out_end]\n\t"                                    \
                                       "strb r5, [r0, lr]\n\t"                                     \
                                       "strb r6, [r0, lr, lsl #1]\n\t"                             \
                                       "strb r4, [r0], #1\n\t"                                     \
                                       "cmp r0, r2\n\t"                                            \
                                       "strd r0, r11, %[out]\n\t"                                  \
                                       "bne 1b"                                                    \
                   : [out] "+m"(tile->out), [channel] "+m"(tile->channel)                          \
                   : [columns] "m"(tile->columns), [columns_end] "m"(tile->columns_end),           \
                     [weights] "m"(tile->weights), [step] "m"(tile->step),                         \
                     [out_bias] "m"(tile->out_bias), [out_end] "m"(tile->out_end), "m"(*tile)      \
                   : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12",    \
                     "lr", "cc", "memory")

static inline int32_t tnrt_skip_bytes_dsp(int32_t blocks, int weight_bytes)
{
    return (-blocks & (TNRT_UNROLLED_DSP - 1)) *
           (weight_bytes == 1 ? TNRT_BLOCK_CODE_BYTES_S8_DSP : TNRT_BLOCK_CODE_BYTES_S16_DSP);
}

static inline void tnrt_conv_pairs_dsp(tnrt_tile_dsp *tile, int weight_bytes)
{
    if (weight_bytes == 1)
        TNRT_PAIRS_ASM_DSP(tile, TNRT_BLOCK_S8_ASM_DSP, TNRT_SEPARATE_ASM_DSP, "asr #7");
    else
        TNRT_PAIRS_ASM_DSP(tile, TNRT_BLOCK_S16_ASM_DSP, "", "lsl #1");
}

#else

static inline int32_t tnrt_skip_bytes_dsp(int32_t blocks, int weight_bytes)
{
    (void)blocks, (void)weight_bytes;
    return 0;
}

/* The next channel of three pixels, from twice its sums. */
static inline void tnrt_store3_dsp(tnrt_tile_dsp *tile, const int32_t twice[3])
{
    const tnrt_channel_dsp channel = *tile->channel++;
    const int32_t rounding = tnrt_rounding_dsp(tile->out_bias, channel.shift);
    for (int p = 0; p < 3; p++)
        tile->out[p * tile->step] = tnrt_requantize_dsp(channel.bias + twice[p], channel.multiplier,
                                                        rounding, channel.shift);
    tile->out++;
}

static inline void tnrt_conv_pairs_dsp(tnrt_tile_dsp *tile, int weight_bytes)
{
    const int8_t *weights = tile->weights;
    while (tile->out != tile->out_end) {
        int32_t first[3] = {0, 0, 0}, second[3] = {0, 0, 0};
        const uint32_t *column = tile->columns + TNRT_BLOCK_WORDS_DSP;
        for (; column != tile->columns_end; column += 3, weights += 4 * weight_bytes) {
            const uint32_t word = tnrt_load32(weights);
            const uint32_t unpacked = weight_bytes == 1 ? tnrt_sxtb16(word) : word;
            const uint32_t other = weight_bytes == 1 ? word : tnrt_load32(weights + 4);
            for (int p = 0; p < 3; p++) {
                first[p] = tnrt_smlad(column[p], unpacked, first[p]);
                second[p] = tnrt_smlad(column[p], other, second[p]);
            }
        }
        for (int p = 0; p < 3; p++) {
            second[p] = weight_bytes == 1 ? (int32_t)((uint32_t)second[p] - (uint32_t)first[p]) >> 7
                                          : 2 * second[p];
            first[p] *= 2;
        }
        tnrt_store3_dsp(tile, first);
        tnrt_store3_dsp(tile, second);
    }
}

#endif

/* Channels from `from` on, one at a time: of slow layers, and an odd last one. */
static TNRT_NOINLINE void tnrt_conv_channels_dsp(const tnrt_layer *layer, const tnrt_tile_dsp *tile,
                                                 int8_t *out, int32_t from, int weight_bytes)
{
    const int32_t half_blocks = (int32_t)(tile->columns_end - tile->columns - 6) / 3;
    for (int32_t o = from; o < layer->out_c; o++) {
        const tnrt_channel_dsp channel = tnrt_plain_channel_dsp(layer, o);
        const int8_t *weight = tile->weights + (o >> 1) * half_blocks * 4 * weight_bytes +
                               (o & 1) * (weight_bytes == 1 ? 1 : 4);
        const uint32_t *column = tile->columns + TNRT_BLOCK_WORDS_DSP;
        int32_t acc[3];
        acc[0] = acc[1] = acc[2] = channel.bias;
        for (; column != tile->columns_end; column += 3, weight += 4 * weight_bytes) {
            const uint32_t two =
                weight_bytes == 1 ? tnrt_pack16(weight[0], weight[2]) : tnrt_load32(weight);
            acc[0] = tnrt_smlad(column[0], two, acc[0]);
            acc[1] = tnrt_smlad(column[1], two, acc[1]);
            acc[2] = tnrt_smlad(column[2], two, acc[2]);
        }
        for (int p = 0; p < 3; p++)
            out[o + p * tile->step] = tnrt_requantize_slow_dsp(layer, &channel, acc[p]);
    }
}

/* What all tiles of a layer share, but for the step; the columns will lie behind the zeros in
 * `scratch`. */
static inline tnrt_tile_dsp tnrt_tile_of_dsp(const tnrt_layer *layer, void *scratch, int32_t blocks,
                                             int weight_bytes)
{
    uint32_t *const columns = (uint32_t *)scratch;
    tnrt_tile_dsp tile;
    for (int i = 0; i < TNRT_BLOCK_WORDS_DSP; i++)
        columns[i] = 0;
    tile.columns = columns;
    tile.skip_bytes = tnrt_skip_bytes_dsp(blocks, weight_bytes);
    tile.columns_end = columns + TNRT_BLOCK_WORDS_DSP * (1 + blocks);
    tile.weights = layer->weights;
    tile.out_bias = tnrt_out_bias_dsp(layer);
    return tile;
}

/* All output channels of three pixels, at out, out + step and out + 2 * step. Fewer pixels: the
 * same one again, and a step of 0. */
static inline void tnrt_conv3_dsp(const tnrt_layer *layer, tnrt_tile_dsp *tile, int8_t *out,
                                  int weight_bytes)
{
    const int32_t paired = tnrt_is_fast_dsp(layer) ? layer->out_c & ~1 : 0;
    tile->out = out;
    tile->out_end = out + paired;
    tile->channel = tnrt_channels_dsp(layer);
    if (paired > 0)
        tnrt_conv_pairs_dsp(tile, weight_bytes);
    if (paired < layer->out_c)
        tnrt_conv_channels_dsp(layer, tile, out, paired, weight_bytes);
}

#endif
