/* A part's registers on this PC, for the start-up code of examples/boards: each write is judged by
 * the rules of the part's reference manual, each ready bit follows its cause. What breaks a rule is
 * remembered in a sentence. */
#ifndef TNAS_TESTS_SIMULATED_PART_H
#define TNAS_TESTS_SIMULATED_PART_H

#include <stdbool.h>
#include <stdint.h>

typedef struct simulated_part {
    bool is_h743;
    bool has_external_clock; /* the ST-LINK's 8 MHz */
    uint32_t revision;       /* of an STM32H743: 0x2003 is V, 0x1003 Y */
} simulated_part;

/* What was found after the board's start. */
typedef struct simulated_result {
    double core_mhz, baud;
    uint32_t reported_mhz; /* what the board says */
    const char *remark;
    bool caches_on;
    int lines_invalidated; /* of the data cache, before it was on */
    char text[128];        /* what came out of the UART */
    char broken[256];      /* the first rule that was broken; "": none */
} simulated_result;

/* Runs board_start, prints "ok\n", ends the program. */
void simulated_part_run(const simulated_part *part, simulated_result *out);

#endif
