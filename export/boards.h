/* The boards of QEMU that run an export's firmware. A part's flash and RAM sizes apply in the
 * board's address map; test vectors lie in its other memory. */
#ifndef TNAS_EXPORT_BOARDS_H
#define TNAS_EXPORT_BOARDS_H

#include <stddef.h>
#include <stdint.h>

#include "export/generate_internal.h"

typedef struct tnas_board {
    const char *name;    /* of the machine: "mps2-an500" */
    const char *what;    /* "an emulated Cortex-M7" */
    const char *qemu;    /* the emulator's program */
    const char *machine; /* its options */
    const char *start;   /* start-up code, in export/templates/ */
    uint32_t vectors_origin, flash_origin, ram_origin, test_origin;
    size_t flash_bytes_max, ram_bytes_max, test_bytes;
} tnas_board;

/* The board of a core (estimators/device_cores.def). */
const tnas_board *tnas_board_of(const tnas_device_core *device);

/* What stands for the @keys@ of firmware templates. */
#define TNAS_BOARD_VALUES 8
typedef struct tnas_board_text {
    char vectors_origin[16], flash_origin[16], ram_origin[16], test_origin[16], test_bytes[16];
} tnas_board_text;
void tnas_board_values(const tnas_board *board, tnas_board_text *text,
                       tnas_template_value values[TNAS_BOARD_VALUES]);

#endif
