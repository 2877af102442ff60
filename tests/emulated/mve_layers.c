/* Firmware for an emulated Cortex-M55: random layers on the vector kernels and on plain C, from the
 * same constants. Every byte of the output and of what lies around it must be the same. Prints, per
 * kernel, the instructions of both; the exit status is 0 when nothing differs.
 *
 * scripts/test_mve.sh builds it with an export's start-up and runs it under `-icount shift=6`. */
#include <stdint.h>

#include "board.h"
#include "mve/tnrt_mve_kernels.h"
#include "tnrt_window.h"

enum {
    LAYERS = 4000,
    SIDE_MAX = 14,
    CHANNELS_MAX = 37,
    KERNEL_MAX = 7,
    OUT_SIDE_MAX = SIDE_MAX + KERNEL_MAX,
    FC_IN_MAX = 1200,
    IN_MAX = SIDE_MAX * SIDE_MAX * CHANNELS_MAX,
    OUT_MAX = OUT_SIDE_MAX * OUT_SIDE_MAX * CHANNELS_MAX,
    WEIGHTS_MAX = KERNEL_MAX * KERNEL_MAX * CHANNELS_MAX * CHANNELS_MAX,
    GUARD = 16
};

typedef struct kernel_pair {
    const char *name;
    tnrt_kernel *plain, *vector;
    uint32_t plain_instructions, vector_instructions;
} kernel_pair;

static kernel_pair pairs[] = {
    {"conv2d", tnrt_conv2d_s8, tnrt_conv2d_s8_mve, 0, 0},
    {"conv2d_1x1", tnrt_conv2d_1x1_s8, tnrt_conv2d_1x1_s8_mve, 0, 0},
    {"dwconv2d", tnrt_dwconv2d_s8, tnrt_dwconv2d_s8_mve, 0, 0},
    {"fc", tnrt_fc_s8, tnrt_fc_s8_mve, 0, 0},
    {"add", tnrt_add_s8, tnrt_add_s8_mve, 0, 0},
    {"avgpool", tnrt_avgpool_s8, tnrt_avgpool_s8_mve, 0, 0},
    {"maxpool", tnrt_maxpool_s8, tnrt_maxpool_s8_mve, 0, 0},
};
enum { CONV, POINTWISE, DEPTHWISE, FC, ADD, AVGPOOL, MAXPOOL, PAIRS };

static int8_t in[IN_MAX], in2[IN_MAX], weights[WEIGHTS_MAX];
static int8_t expected[OUT_MAX + 2 * GUARD], got[OUT_MAX + 2 * GUARD];
static int32_t params[3 * CHANNELS_MAX];
static int8_t scratch[KERNEL_MAX * KERNEL_MAX * CHANNELS_MAX];

/* ---- Random numbers: xorshift32 ---- */

static uint32_t state = 20240731u;

static uint32_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static int32_t between(int32_t low, int32_t high)
{
    return low + (int32_t)(random_word() % (uint32_t)(high - low + 1));
}

static void random_bytes(int8_t *to, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = (int8_t)(random_word() >> 24);
}

static int8_t random_zero(void)
{
    static const int8_t ends[] = {-128, 127, 0, -1};
    return between(0, 1) ? ends[between(0, 3)] : (int8_t)between(-128, 127);
}

/* ---- Layers ---- */

static void random_window(tnrt_layer *layer)
{
    layer->kernel_h = (uint8_t)between(1, layer->in_h < KERNEL_MAX ? layer->in_h : KERNEL_MAX);
    layer->kernel_w = (uint8_t)between(1, layer->in_w < KERNEL_MAX ? layer->in_w : KERNEL_MAX);
    layer->stride_h = (uint8_t)between(1, 3);
    layer->stride_w = (uint8_t)between(1, 3);
    layer->pad_top = (uint8_t)between(0, layer->kernel_h - 1);
    layer->pad_left = (uint8_t)between(0, layer->kernel_w - 1);
    const int32_t bottom = between(0, layer->kernel_h - 1);
    const int32_t right = between(0, layer->kernel_w - 1);
    layer->out_h =
        (int16_t)((layer->in_h + layer->pad_top + bottom - layer->kernel_h) / layer->stride_h + 1);
    layer->out_w =
        (int16_t)((layer->in_w + layer->pad_left + right - layer->kernel_w) / layer->stride_w + 1);
}

static int32_t half_log2(int32_t x)
{
    int32_t bits = 0;
    for (; x > 1; x >>= 2)
        bits++;
    return bits;
}

/* Factors such that outputs use their range; now and then far from it, or such that ties abound. */
static void random_filters(tnrt_layer *layer, int32_t fan, int32_t count)
{
    const int32_t channels = layer->out_c, usual = -6 - half_log2(fan);
    int8_t *const shifts = (int8_t *)(params + 2 * channels);
    random_bytes(weights, count);
    for (int32_t c = 0; c < channels; c++) {
        const int ties = between(0, 3) == 0;
        params[c] = between(-20000, 20000);
        params[channels + c] = ties ? 1 << 30 : (int32_t)(1u << 30 | random_word() >> 2);
        shifts[c] = (int8_t)(between(0, 7) ? usual + between(-1, 1) : between(-31, 4));
    }
}

static void random_sum(tnrt_layer *layer)
{
    layer->in2_zero = random_zero();
    for (int32_t i = 0; i < 3; i++) {
        params[i] = between(0, 3) ? (int32_t)(1u << 30 | random_word() >> 2) : 1 << 30;
        params[3 + i] = i < 2 ? between(-4, 0) : between(-21, -17);
    }
}

static void random_layer(int32_t kind, tnrt_layer *layer)
{
    static const tnrt_layer none;
    *layer = none;
    layer->weights = weights;
    layer->params = params;
    layer->in_h = (int16_t)between(1, SIDE_MAX);
    layer->in_w = (int16_t)between(1, SIDE_MAX);
    layer->in_c = (int16_t)between(1, CHANNELS_MAX);
    while (kind == FC && layer->in_h * layer->in_w * layer->in_c > FC_IN_MAX)
        layer->in_h = layer->in_w = 1;
    layer->out_h = kind == FC ? 1 : layer->in_h;
    layer->out_w = kind == FC ? 1 : layer->in_w;
    layer->out_c =
        kind <= FC && kind != DEPTHWISE ? (int16_t)between(1, CHANNELS_MAX) : layer->in_c;
    layer->kernel_h = layer->kernel_w = layer->stride_h = layer->stride_w = 1;
    layer->in_zero = random_zero();
    layer->out_zero = random_zero();
    layer->act_min = between(0, 1) ? -128 : (int8_t)between(-128, 0);
    layer->act_max = between(0, 1) ? 127 : (int8_t)between(1, 127);
    if (kind == CONV || kind == DEPTHWISE || kind >= AVGPOOL)
        random_window(layer);
    const int32_t taps = layer->kernel_h * layer->kernel_w;
    if (kind == DEPTHWISE)
        random_filters(layer, taps, taps * layer->in_c);
    else if (kind == FC)
        random_filters(layer, layer->in_h * layer->in_w * layer->in_c,
                       layer->in_h * layer->in_w * layer->in_c * layer->out_c);
    else if (kind < FC)
        random_filters(layer, taps * layer->in_c, taps * layer->in_c * layer->out_c);
    else if (kind == ADD)
        random_sum(layer);
}

/* ---- Runs ---- */

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

/* The board's SysTick counts 32 MHz down, an instruction takes 64 ns: 2.048 ticks. 24 bits are 8
 * million instructions; a layer here has fewer. */
static uint32_t run(tnrt_kernel *kernel, const tnrt_layer *layer, int8_t *out)
{
    tnrt_call call;
    call.in = in;
    call.in2 = in2;
    call.out = out + GUARD;
    call.scratch = scratch;
    call.in_row_stride = call.in2_row_stride = layer->in_w * layer->in_c;
    call.out_row_stride = layer->out_w * layer->out_c;
    call.in_h = layer->in_h;
    call.in_w = layer->in_w;
    call.out_h = layer->out_h;
    call.out_w = layer->out_w;
    call.pad_top = layer->pad_top;
    call.pad_left = layer->pad_left;
    const uint32_t start = SYST_CVR;
    kernel(layer, &call);
    const uint32_t ticks = (start - SYST_CVR) & 0xffffffu;
    return (uint32_t)((uint64_t)ticks * 1000 / 2048);
}

static void put_number(uint32_t value)
{
    char text[12];
    char *at = text + sizeof text - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    board_put(at);
}

static int same(const tnrt_layer *layer, int32_t index, int32_t kind)
{
    for (int32_t i = 0; i < OUT_MAX + 2 * GUARD; i++) {
        if (expected[i] == got[i])
            continue;
        board_put("layer ");
        put_number((uint32_t)index);
        board_put(", ");
        board_put(pairs[kind].name);
        board_put(": byte ");
        put_number((uint32_t)i);
        board_put(" differs; the output has ");
        put_number((uint32_t)(layer->out_h * layer->out_w * layer->out_c));
        board_put(" from 16 on\n");
        return 0;
    }
    return 1;
}

int main(void)
{
    int32_t differ = 0;
    SYST_RVR = 0xffffffu;
    SYST_CSR = 5; /* on, the core's clock, no interrupt */
    for (int32_t i = 0; i < LAYERS; i++) {
        const int32_t kind = i % PAIRS;
        tnrt_layer layer;
        random_layer(kind, &layer);
        random_bytes(in, layer.in_h * layer.in_w * layer.in_c);
        random_bytes(in2, layer.in_h * layer.in_w * layer.in_c);
        for (int32_t b = 0; b < OUT_MAX + 2 * GUARD; b++)
            expected[b] = got[b] = (int8_t)b;
        pairs[kind].plain_instructions += run(pairs[kind].plain, &layer, expected);
        pairs[kind].vector_instructions += run(pairs[kind].vector, &layer, got);
        differ += !same(&layer, i, kind);
    }
    for (int32_t kind = 0; kind < PAIRS; kind++) {
        board_put(pairs[kind].name);
        board_put(" ");
        put_number(pairs[kind].plain_instructions);
        board_put(" ");
        put_number(pairs[kind].vector_instructions);
        board_put("\n");
    }
    put_number(LAYERS);
    board_put(" layers, ");
    put_number((uint32_t)differ);
    board_put(" differ\n");
    return differ != 0;
}
