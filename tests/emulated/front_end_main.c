/* The sound front end on an emulated board: for each case of cases.h one line "CRC INSTRUCTIONS" of
 * its clip's features; instructions are exact under -icount shift=6. In the place of an export's
 * firmware/main.c. */
#include "board.h"
#include "cases.h"
#include "runtime/tnrt_crc32.h"

#if defined(__riscv)
static void start_counting(void)
{
}

static uint32_t instructions(void)
{
    uint32_t count;
    __asm volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop"
                   : "=r"(count)); /* QEMU counts nanoseconds here */
    return count / 64;
}
#else
/* TIMER0 of the MPS2 boards ticks every 40 ns of virtual time, an instruction takes 64. */
#define TIMER0 ((volatile uint32_t *)0x40000000u) /* control, value, reload */

static void start_counting(void)
{
    TIMER0[0] = 0;
    TIMER0[2] = 0xffffffffu;
    TIMER0[1] = 0xffffffffu; /* counts down from here */
    TIMER0[0] = 1;
}

static uint32_t instructions(void)
{
    return (uint32_t)((uint64_t)(0xffffffffu - TIMER0[1]) * 5 / 8);
}
#endif

static void put_hex(uint32_t value, const char *end)
{
    char text[9];
    for (int i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
    text[8] = '\0';
    board_put(text);
    board_put(end);
}

static uint32_t
    scratch[TNRT_FEATURES_SCRATCH_BYTES(TNRT_FEATURES_FFT_MAX, TNRT_FEATURES_BANDS_MAX) / 4];
static int8_t out[16384];

int main(void)
{
    start_counting();
    for (int c = 0; c < CASE_COUNT; c++) {
        const tnrt_features *const features = cases[c].features;
        const uint32_t before = instructions();
        tnrt_features_clip(features, cases[c].samples, scratch, out);
        const uint32_t after = instructions();
        put_hex(tnrt_crc32(0, out, (size_t)features->frames * features->features), " ");
        put_hex(after - before, "\n");
    }
    return 0;
}
