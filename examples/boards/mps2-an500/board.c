/* SPDX-License-Identifier: 0BSD */
/* The programs of this folder on QEMU's only Cortex-M7, to see that start-up, printing and the
 * model work. Nothing here has the speed of a part: the counter counts instructions. */
#include "board.h"
#include "core_m7.h"

#define UART0_DATA   0x40004000u
#define UART0_STATE  0x40004004u /* bit 0: no room */
#define UART0_CTRL   0x40004008u /* bit 0: sends */
#define UART0_BAUD   0x40004010u
#define TIMER0_CTRL  0x40000000u
#define TIMER0_VALUE 0x40000004u /* counts down at 25 MHz */
#define TIMER0_LOAD  0x40000008u

/* Not 0: prints a row all the same, to test its readers. */
#ifndef EMULATED_MHZ
#define EMULATED_MHZ 0
#endif

board_state board_start(void)
{
    const board_state state = {"mps2-an500", "stm32h743", "emulated: instructions, no time",
                               EMULATED_MHZ};

    core_enable_caches();
    REGISTER_WRITE(UART0_BAUD, 16);
    REGISTER_WRITE(UART0_CTRL, 1);
    return state;
}

void board_put_char(char c)
{
    register_await(UART0_STATE, 1, 0);
    REGISTER_WRITE(UART0_DATA, (uint8_t)c);
}

/* Ends the emulator with this status. */
void board_finish(int status)
{
    uint32_t block[2];
    register uint32_t operation __asm("r0") = 0x20; /* SYS_EXIT_EXTENDED */
    register const void *argument __asm("r1") = block;

    block[0] = 0x20026; /* ADP_Stopped_ApplicationExit */
    block[1] = (uint32_t)status;
    __asm volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
}

void board_counter_start(void)
{
    REGISTER_WRITE(TIMER0_CTRL, 0);
    REGISTER_WRITE(TIMER0_LOAD, 0xffffffffu);
    REGISTER_WRITE(TIMER0_VALUE, 0xffffffffu);
    REGISTER_WRITE(TIMER0_CTRL, 1);
}

/* Run with -icount shift=6, an instruction takes 64 ns and a tick is 40. */
uint32_t board_counter(void)
{
    return (uint32_t)(((uint64_t)~REGISTER_READ(TIMER0_VALUE) * 40 + 32) / 64);
}
