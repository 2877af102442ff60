/* The counter of `tinynas measure` on QEMU's mps3-an547 under `-icount shift=0`: an instruction
 * takes a nanosecond of virtual time, SysTick counts 32 MHz down. "cycles" are instructions, to 31.
 */
#include "measure.h"

#include "board.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

void measure_counter_start(void)
{
    SYST_RVR = 0xffffffu;
    SYST_CVR = 0;
    SYST_CSR = 5; /* on, the core's clock, no interrupt */
}

/* 24 bits go round after 524 million instructions, more than a network has. */
uint32_t measure_cycles(void)
{
    static uint32_t last;
    static uint64_t ticks;
    const uint32_t now = 0xffffffu - SYST_CVR;
    ticks += (now - last) & 0xffffffu;
    last = now;
    return (uint32_t)(ticks * 1000 / 32);
}

void measure_put(const char *text)
{
    board_put(text);
}

int main(void)
{
    return measure_run();
}
