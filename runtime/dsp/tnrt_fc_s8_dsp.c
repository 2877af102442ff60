/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer on the whole, contiguous input, or a convolution whose window is that
 * input: four outputs at a time, two channels in 16 bits as in tnrt_conv_dsp.h. 14 instructions
 * do 16 multiply-accumulates.
 *
 * Weights: per four channels, per block of 4 depths, 16 bytes: two pairs' blocks. What is missing
 * of the last four channels is 0.
 * scratch: the input as int16, per block {0, 2}, {1, 3}. */
#include "tnrt_conv_dsp.h"
#include "tnrt_dsp_kernels.h"

/* Of two pairs of channels. */
typedef struct sums {
    int32_t wide0, wide1, narrow0, narrow1;
} sums;

static inline void widen_word(uint32_t to[2], uint32_t word)
{
    to[0] = tnrt_sxtb16(word);
    to[1] = tnrt_sxtb16_ror8(word);
}

/* Returns the end. */
static uint32_t *widen(uint32_t *to, const int8_t *from, int32_t count)
{
    uint32_t *const whole_end = to + count / 4 * 2;
    uint32_t word = 0;
    for (; to != whole_end; to += 2, from += 4)
        widen_word(to, tnrt_load32(from));
    if (count % 4 == 0)
        return to;
    for (int32_t i = 0; i < count % 4; i++)
        word |= (uint32_t)(uint8_t)from[i] << 8 * i;
    widen_word(to, word);
    return to + 2;
}

#if TNRT_HAS_ASM_LOOPS

#define BLOCK_ASM                                                                                  \
    "ldmia.w %[w]!, {r2, r3, r4, r5}\n\t"                                                          \
    "ldrd r6, r8, [%[x]], #8\n\t"                                                                  \
    "smlad %[wide0], r2, r6, %[wide0]\n\t"                                                         \
    "smlad %[wide1], r4, r6, %[wide1]\n\t"                                                         \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad %[wide0], r3, r8, %[wide0]\n\t"                                                         \
    "sxtb16 r4, r4\n\t"                                                                            \
    "smlad %[wide1], r5, r8, %[wide1]\n\t"                                                         \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad %[narrow0], r2, r6, %[narrow0]\n\t"                                                     \
    "sxtb16 r5, r5\n\t"                                                                            \
    "smlad %[narrow1], r4, r6, %[narrow1]\n\t"                                                     \
    "smlad %[narrow0], r3, r8, %[narrow0]\n\t"                                                     \
    "smlad %[narrow1], r5, r8, %[narrow1]\n\t"
enum { BLOCK_CODE_BYTES = 14 * 4, UNROLLED = 4 };

/* What of the unrolled loop is jumped over, so that whole turns are left. */
static inline int32_t skip_bytes(int32_t blocks)
{
    return (-blocks & (UNROLLED - 1)) * BLOCK_CODE_BYTES;
}

/* `weights` moves on to the next four channels. */
static inline sums sum_up(const uint32_t *x, const uint32_t *end, int32_t skip,
                          const int8_t **weights)
{
    const int8_t *w = *weights;
    int32_t wide0 = 0, wide1 = 0, narrow0 = 0, narrow1 = 0;
    sums s;
    __asm volatile("ldr r2, %[skip]\n\t"
                   "add pc, r2\n\t" /* counts from behind the nop */
                   "nop\n\t"
                   "0:\n\t" BLOCK_ASM BLOCK_ASM BLOCK_ASM BLOCK_ASM "ldr r2, %[end]\n\t"
                   "cmp %[x], r2\n\t"
                   "bne 0b"
                   : [x] "+r"(x), [w] "+r"(w), [wide0] "+r"(wide0), [wide1] "+r"(wide1),
                     [narrow0] "+r"(narrow0), [narrow1] "+r"(narrow1)
                   : [end] "m"(end), [skip] "m"(skip)
                   : "r2", "r3", "r4", "r5", "r6", "r8", "cc", "memory");
    *weights = w;
    s.wide0 = wide0, s.wide1 = wide1, s.narrow0 = narrow0, s.narrow1 = narrow1;
    return s;
}

#else

static inline int32_t skip_bytes(int32_t blocks)
{
    (void)blocks;
    return 0;
}

static inline sums sum_up(const uint32_t *x, const uint32_t *end, int32_t skip,
                          const int8_t **weights)
{
    const int8_t *w = *weights;
    sums s = {0, 0, 0, 0};
    (void)skip;
    for (; x != end; x += 2, w += 16)
        for (int i = 0; i < 2; i++) {
            const uint32_t pair0 = tnrt_load32(w + 4 * i), pair1 = tnrt_load32(w + 8 + 4 * i);
            s.wide0 = tnrt_smlad(x[i], pair0, s.wide0);
            s.wide1 = tnrt_smlad(x[i], pair1, s.wide1);
            s.narrow0 = tnrt_smlad(x[i], tnrt_sxtb16(pair0), s.narrow0);
            s.narrow1 = tnrt_smlad(x[i], tnrt_sxtb16(pair1), s.narrow1);
        }
    *weights = w;
    return s;
}

#endif

/* Twice what the second channel of a pair has. */
static inline int32_t twice_second(int32_t wide, int32_t narrow)
{
    return (int32_t)((uint32_t)wide - (uint32_t)narrow) >> 7;
}

static void fast(const tnrt_layer *layer, const uint32_t *x, const uint32_t *end, int8_t *out)
{
    const tnrt_channel_dsp *channel = tnrt_channels_dsp(layer);
    const int32_t out_bias = tnrt_out_bias_dsp(layer), skip = skip_bytes((int32_t)(end - x) / 2);
    const int8_t *weights = layer->weights;
    int8_t *const out_end = out + layer->out_c;
    while (out != out_end) {
        const sums s = sum_up(x, end, skip, &weights);
        int32_t twice[4];
        twice[0] = 2 * s.narrow0;
        twice[1] = twice_second(s.wide0, s.narrow0);
        twice[2] = 2 * s.narrow1;
        twice[3] = twice_second(s.wide1, s.narrow1);
        for (int i = 0; i < 4 && out != out_end; i++, channel++)
            *out++ =
                tnrt_requantize_dsp(channel->bias + twice[i], channel->multiplier,
                                    tnrt_rounding_dsp(out_bias, channel->shift), channel->shift);
    }
}

static void slow(const tnrt_layer *layer, const uint32_t *x, const uint32_t *end, int8_t *out)
{
    const int32_t four_bytes = (int32_t)(end - x) * 8;
    for (int32_t o = 0; o < layer->out_c; o++) {
        const int8_t *weight = layer->weights + (o >> 2) * four_bytes + (o & 2) * 4 + (o & 1);
        int32_t acc = tnrt_channels_dsp(layer)[o].bias;
        for (const uint32_t *at = x; at != end; at += 2, weight += 16) {
            acc = tnrt_smlad(at[0], tnrt_pack16(weight[0], weight[2]), acc);
            acc = tnrt_smlad(at[1], tnrt_pack16(weight[4], weight[6]), acc);
        }
        out[o] = tnrt_requantize_slow_dsp(layer, &tnrt_channels_dsp(layer)[o], acc);
    }
}

void tnrt_fc_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    uint32_t *const x = (uint32_t *)call->scratch;
    const uint32_t *const end =
        widen(x, call->in, (int32_t)layer->in_h * layer->in_w * layer->in_c);
    (tnrt_is_fast_dsp(layer) ? fast : slow)(layer, x, end, call->out);
}
