/* SPDX-License-Identifier: 0BSD */
/* From reset to main: FPU, memory, the board. The stack is the lowest memory of the part, so that
 * one that overflows faults instead of writing over data. */
#include "board.h"

#define SCB_VTOR  0xE000ED08u
#define SCB_CFSR  0xE000ED28u /* what a fault was */
#define SCB_CPACR 0xE000ED88u

extern uint32_t stack_top;
extern uint32_t data_load, data_start, data_end, bss_start, bss_end, arena_start, arena_end;
extern const uint32_t vectors_start;
int main(void);
void reset(void);

board_state board;

static void clear(uint32_t *from, const uint32_t *end)
{
    for (; from < end; from++)
        *from = 0;
}

void reset(void)
{
    uint32_t *to;
    const uint32_t *from = &data_load;

    register_set(SCB_CPACR, 0xFu << 20); /* the FPU is off after reset */
    __asm volatile("dsb\nisb");
    REGISTER_WRITE(SCB_VTOR, (uint32_t)&vectors_start);
    for (to = &data_start; to < &data_end; to++)
        *to = *from++;
    clear(&bss_start, &bss_end);
    clear(&arena_start, &arena_end);
    board = board_start();
    board_finish(main());
    for (;;) {
    }
}

static void fault(void)
{
    board_put("# fault, CFSR ");
    board_put_hex(REGISTER_READ(SCB_CFSR));
    board_put("\n");
    board_finish(99);
    for (;;) {
    }
}

typedef void handler(void);
static const struct {
    const void *stack;
    handler *handlers[15];
} vectors __attribute__((section(".vectors"), used)) = {
    &stack_top,
    {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault}};
