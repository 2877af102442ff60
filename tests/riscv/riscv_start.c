/* Start-up of an export's firmware on an emulated RV32IMC (QEMU's virt machine, no firmware of its
 * own): what an export's firmware/start.c is for the Cortex-M7. QEMU copies every segment to its
 * address, so .data needs no copy. */
#include "board.h"

extern uint32_t stack_top, stack_bottom, bss_start, bss_end;
int main(void);
void start(void);
void trap(void);

#define PAINT 0xa5a5a5a5u

/* The three instructions are a semihosting call only in this order, uncompressed and in one page.
 */
static int semihost(int operation, const void *argument)
{
    register int a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = argument;
    __asm volatile(".option push\n.option norvc\n.balign 16\n"
                   "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n.option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
    return a0;
}

void board_put(const char *text)
{
    semihost(0x04, text); /* SYS_WRITE0 */
}

static void finish(int status)
{
    uint32_t block[2];
    block[0] = 0x20026; /* ADP_Stopped_ApplicationExit */
    block[1] = (uint32_t)status;
    semihost(0x20, block); /* SYS_EXIT_EXTENDED: the emulator exits with this status */
    for (;;) {
    }
}

/* An exception that the firmware does not handle itself: mtvec wants 4-byte alignment. */
__attribute__((aligned(4))) void trap(void)
{
    board_put("trap\n");
    finish(99);
}

uint32_t board_stack_bytes(void)
{
    const uint32_t *word = &stack_bottom;
    while (word < &stack_top && *word == PAINT)
        word++;
    return (uint32_t)(&stack_top - word) * 4u;
}

__attribute__((used)) static void run(void)
{
    uint32_t *to;
    uint32_t *const here = (uint32_t *)__builtin_frame_address(0) - 16;

    for (to = &bss_start; to < &bss_end; to++)
        *to = 0;
    for (to = &stack_bottom; to < here; to++)
        *to = PAINT;
    finish(main());
}

__attribute__((naked, section(".start"))) void start(void)
{
    __asm volatile(".option push\n.option arch, +zicsr\n"
                   "la t0, trap\ncsrw mtvec, t0\n"
                   ".option pop\n"
                   "la sp, stack_top\nj run");
}
