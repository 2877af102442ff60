/* SPDX-License-Identifier: 0BSD */
/* What a board offers the programs of this folder. Each board is one file, ../NAME/board.c. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* A register. Tests on a PC put a simulated part behind these two. */
#ifndef BOARD_SIMULATED
#define REGISTER_READ(address)         (*(volatile uint32_t *)(address))
#define REGISTER_WRITE(address, value) ((void)(*(volatile uint32_t *)(address) = (value)))
#else
uint32_t REGISTER_READ(uint32_t address);
void REGISTER_WRITE(uint32_t address, uint32_t value);
#endif

static inline void register_set(uint32_t address, uint32_t bits)
{
    REGISTER_WRITE(address, REGISTER_READ(address) | bits);
}

/* The bits of `mask` become those of `value`. */
static inline void register_change(uint32_t address, uint32_t mask, uint32_t value)
{
    REGISTER_WRITE(address, (REGISTER_READ(address) & ~mask) | value);
}

/* Until the bits of `mask` are `value`; gives up after some million reads and returns 0. */
int register_await(uint32_t address, uint32_t mask, uint32_t value);

typedef struct board_state {
    const char *board;  /* "NUCLEO-F746ZG" */
    const char *mcu;    /* name of its tinynas profile: "stm32f746" */
    const char *remark; /* where the clock comes from; what is not as it should be */
    uint32_t core_mhz;  /* 0: the time is not that of a part (an emulator) */
} board_state;

/* Full speed, caches, console. Called once, before main. */
board_state board_start(void);

void board_put_char(char c); /* to the console; waits for room */

/* The end of the program. */
void board_finish(int status);

/* A counter of core cycles, modulo 2^32; in an emulator, of instructions. */
void board_counter_start(void);
uint32_t board_counter(void);

/* common/console.c */
void board_put(const char *text);
void board_put_number(uint32_t value);
void board_put_hex(uint32_t value);

/* common/start.c: what the start found. */
extern board_state board;

#endif
