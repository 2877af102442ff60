/* Firmware that counts the instructions of the runtime's kernels, layer by layer.
 *
 * Runs in QEMU's mps2-an500 with `-icount shift=6`: an instruction advances virtual time by
 * 64 ns, TIMER0 counts it at 25 MHz, so a difference of two readings is a number of
 * instructions, exact and the same on every host. scripts/count_instructions.sh builds and runs it;
 * every line of output is `layer instructions macs`. Weights and inputs are random. */
#include "board.h"
#include "tnrt_kernels.h"

typedef struct shape {
    const char *name;
    tnrt_kernel *kernel;
    int16_t in_size, in_c, out_c; /* inputs are square */
    uint8_t kernel_size, stride, pad;
} shape;

/* The kernels are those that tnas_target_tinynas chooses. MobileNet-like shapes, large and
 * small maps, so that costs per MAC, per output and per pixel all show. */
/* clang-format off */
static const shape shapes[] = {
    {"conv3s2_96x96x3_16",  tnrt_conv2d_s8,     96,   3,  16, 3, 2, 1},
    {"pw_24x24x32_64",      tnrt_conv2d_1x1_s8, 24,  32,  64, 1, 1, 0},
    {"pw_24x24x48_16",      tnrt_conv2d_1x1_s8, 24,  48,  16, 1, 1, 0},
    {"pw_12x12x96_24",      tnrt_conv2d_1x1_s8, 12,  96,  24, 1, 1, 0},
    {"pw_12x12x24_144",     tnrt_conv2d_1x1_s8, 12,  24, 144, 1, 1, 0},
    {"pw_6x6x240_48",       tnrt_conv2d_1x1_s8,  6, 240,  48, 1, 1, 0},
    {"conv3s1_32x32x16_16", tnrt_conv2d_s8,     32,  16,  16, 3, 1, 1},
    {"dw3s1_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 3, 1, 1},
    {"dw3s2_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 3, 2, 1},
    {"dw3s1_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 3, 1, 1},
    {"dw3s2_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 3, 2, 1},
    {"dw3s1_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 3, 1, 1},
    {"dw3s2_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 3, 2, 1},
    {"dw5s1_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 5, 1, 2},
    {"dw5s2_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 5, 2, 2},
    {"dw5s1_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 5, 1, 2},
    {"dw5s2_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 5, 2, 2},
    {"dw5s1_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 5, 1, 2},
    {"dw5s2_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 5, 2, 2},
    {"dw7s1_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 7, 1, 3},
    {"dw7s2_24x24x48",      tnrt_dwconv2d_s8,   24,  48,  48, 7, 2, 3},
    {"dw7s1_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 7, 1, 3},
    {"dw7s2_12x12x144",     tnrt_dwconv2d_s8,   12, 144, 144, 7, 2, 3},
    {"dw7s1_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 7, 1, 3},
    {"dw7s2_6x6x240",       tnrt_dwconv2d_s8,    6, 240, 240, 7, 2, 3},
    {"fc_256_10",           tnrt_fc_s8,          1, 256,  10, 1, 1, 0},
    {"add_24x24x32",        tnrt_add_s8,        24,  32,  32, 1, 1, 0},
    {"add_12x12x24",        tnrt_add_s8,        12,  24,  24, 1, 1, 0},
    {"avgpool_6x6x240",     tnrt_avgpool_s8,     6, 240, 240, 6, 1, 0},
    {"avgpool_8x8x64",      tnrt_avgpool_s8,     8,  64,  64, 8, 1, 0},
};
/* clang-format on */

enum {
    TENSOR_BYTES = 48 * 1024,
    WEIGHT_BYTES = 16 * 1024,
    CHANNELS = 256,
};
/* Two inputs and an output, in this order. */
static int8_t arena[3 * TENSOR_BYTES] __attribute__((aligned(TNRT_ARENA_ALIGN)));
static int8_t weights[WEIGHT_BYTES] __attribute__((aligned(TNRT_ARENA_ALIGN)));
static int32_t params[3 * CHANNELS]; /* biases, multipliers, shifts: of a layer's channels */

#define TIMER0_CTRL   (*(volatile uint32_t *)0x40000000)
#define TIMER0_VALUE  (*(volatile uint32_t *)0x40000004)
#define TIMER0_RELOAD (*(volatile uint32_t *)0x40000008)

static void start_counter(void)
{
    TIMER0_CTRL = 0;
    TIMER0_RELOAD = TIMER0_VALUE = 0xffffffff; /* counts down from here */
    TIMER0_CTRL = 1;
}

static uint32_t ticks(void)
{
    return ~TIMER0_VALUE;
}

/* 40 ns a tick, 64 ns an instruction. */
static uint32_t instructions(uint32_t tick_count)
{
    return (uint32_t)(((uint64_t)tick_count * 40 + 32) / 64);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill_random(void)
{
    uint32_t state = 1;
    for (uint32_t i = 0; i < sizeof arena; i++)
        arena[i] = (int8_t)next_random(&state);
    for (uint32_t i = 0; i < sizeof weights; i++)
        weights[i] = (int8_t)next_random(&state);
}

static void fill_params(int32_t channel_count)
{
    uint32_t state = 2;
    int8_t *const shifts = (int8_t *)(params + 2 * channel_count);
    for (int32_t i = 0; i < channel_count; i++) {
        params[i] = (int32_t)(next_random(&state) % 4000u) - 2000;
        params[channel_count + i] =
            (int32_t)(0x40000000u + next_random(&state) * 64u % 0x40000000u);
        shifts[i] = (int8_t)(-8 - (int32_t)(next_random(&state) % 4u));
    }
}

static void fill_add_params(void)
{
    for (int32_t i = 0; i < 3; i++) {
        params[i] = 0x50000000;
        params[3 + i] = i < 2 ? -1 : -18;
    }
}

static tnrt_layer layer_of(const shape *s)
{
    const int16_t out_size = (int16_t)((s->in_size + 2 * s->pad - s->kernel_size) / s->stride + 1);
    const tnrt_layer layer = {
        .kernel = s->kernel,
        .weights = weights,
        .params = params,
        .in2 = TENSOR_BYTES,
        .out = 2 * TENSOR_BYTES,
        .in_h = s->in_size,
        .in_w = s->in_size,
        .in_c = s->in_c,
        .out_h = out_size,
        .out_w = out_size,
        .out_c = s->out_c,
        .kernel_h = s->kernel_size,
        .kernel_w = s->kernel_size,
        .stride_h = s->stride,
        .stride_w = s->stride,
        .pad_top = s->pad,
        .pad_left = s->pad,
        .in_zero = -128, /* of a ReLU: padding is not free */
        .out_zero = 5,
        .act_min = -128,
        .act_max = 127,
    };
    return layer;
}

/* Of one output element; additions and pooling count what they read as one each. */
static uint32_t macs_per_output(const shape *s)
{
    const uint32_t taps = (uint32_t)s->kernel_size * s->kernel_size;
    const int dense =
        s->kernel == tnrt_conv2d_s8 || s->kernel == tnrt_conv2d_1x1_s8 || s->kernel == tnrt_fc_s8;
    return dense ? taps * (uint32_t)s->in_c : taps;
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

static void put_row(const char *name, uint32_t instruction_count, uint32_t macs)
{
    board_put(name);
    board_put(" ");
    put_number(instruction_count);
    board_put(" ");
    put_number(macs);
    board_put("\n");
}

int main(void)
{
    start_counter();
    const uint32_t first = ticks(), reading = ticks() - first;
    fill_random();
    for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const tnrt_layer layer = layer_of(&shapes[i]);
        const tnrt_model model = {.layers = &layer, .layer_count = 1};
        if (layer.kernel == tnrt_add_s8)
            fill_add_params();
        else
            fill_params(layer.out_c);
        const uint32_t outputs = (uint32_t)layer.out_h * layer.out_w * layer.out_c;
        const uint32_t start = ticks();
        tnrt_invoke(&model, arena);
        const uint32_t end = ticks();
        put_row(shapes[i].name, instructions(end - start - reading),
                outputs * macs_per_output(&shapes[i]));
    }
    return 0;
}
