#include "export/boards.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CORTEX_M "export/templates/firmware_start_cortex_m.c.in"
#define RISCV    "export/templates/firmware_start_riscv.c.in"

enum { MIB = 1 << 20, VECTORS_BYTES = 1 << 10 };

/* An MPS2 board of the first generation: 4 MiB of code, 4 MiB of data, 16 MiB of PSRAM. */
#define MPS2(board_name, core, psram)                                                              \
    {                                                                                              \
        .name = board_name, .what = "an emulated " core, .qemu = "qemu-system-arm",                \
        .machine = "-M " board_name, .start = CORTEX_M, .vectors_origin = 0,                       \
        .flash_origin = VECTORS_BYTES, .ram_origin = 0x20000000, .test_origin = psram,             \
        .flash_bytes_max = 4 * MIB - VECTORS_BYTES, .ram_bytes_max = 4 * MIB,                      \
        .test_bytes = 16 * MIB                                                                     \
    }

static const tnas_board boards[] = {
    MPS2("mps2-an500", "Cortex-M7", 0x60000000),
    MPS2("mps2-an386", "Cortex-M4", 0x21000000),
    /* No Cortex-M0+ here: a Cortex-M3 executes its instructions, and start.c makes it fault on
     * addresses that a Cortex-M0+ refuses. */
    MPS2("mps2-an385", "Cortex-M3 in the place of a Cortex-M0+", 0x21000000),
    /* Boots in the secure state: secure aliases of the memories. */
    {
        .name = "mps2-an505",
        .what = "an emulated Cortex-M33",
        .qemu = "qemu-system-arm",
        .machine = "-M mps2-an505",
        .start = CORTEX_M,
        .vectors_origin = 0x10000000,
        .flash_origin = 0x10000000 + VECTORS_BYTES,
        .ram_origin = 0x38000000,
        .test_origin = 0x80000000,
        .flash_bytes_max = 4 * MIB - VECTORS_BYTES,
        .ram_bytes_max = 4 * MIB,
        .test_bytes = 16 * MIB,
    },
    /* 512 KiB of ITCM, where the vectors must be; code, as flash, in DDR. */
    {
        .name = "mps3-an547",
        .what = "an emulated Cortex-M55",
        .qemu = "qemu-system-arm",
        .machine = "-M mps3-an547",
        .start = CORTEX_M,
        .vectors_origin = 0x10000000,
        .flash_origin = 0x70000000,
        .ram_origin = 0x31000000,
        .test_origin = 0x71000000,
        .flash_bytes_max = 16 * MIB,
        .ram_bytes_max = 4 * MIB,
        .test_bytes = 16 * MIB,
    },
    {
        .name = "virt",
        .what = "an emulated RV32IMC core",
        .qemu = "qemu-system-riscv32",
        .machine = "-M virt -bios none -m 64M",
        .start = RISCV,
        .vectors_origin = 0x80000000,
        .flash_origin = 0x80000000 + VECTORS_BYTES,
        .ram_origin = 0x81000000,
        .test_origin = 0x82000000,
        .flash_bytes_max = 16 * MIB - VECTORS_BYTES,
        .ram_bytes_max = 16 * MIB,
        .test_bytes = 16 * MIB,
    },
};

const tnas_board *tnas_board_of(const tnas_device_core *device)
{
    enum { BOARD_COUNT = sizeof boards / sizeof boards[0] };
    int b = 0;
    while (b < BOARD_COUNT && strcmp(boards[b].name, device->board) != 0)
        b++;
    assert(b < BOARD_COUNT && "every core names a board");
    return &boards[b];
}

static void print_hex(uint32_t value, char out[16])
{
    snprintf(out, 16, "0x%08" PRIx32, value);
}

void tnas_board_values(const tnas_board *board, tnas_board_text *text,
                       tnas_template_value values[TNAS_BOARD_VALUES])
{
    print_hex(board->vectors_origin, text->vectors_origin);
    print_hex(board->flash_origin, text->flash_origin);
    print_hex(board->ram_origin, text->ram_origin);
    print_hex(board->test_origin, text->test_origin);
    print_hex((uint32_t)board->test_bytes, text->test_bytes);
    const tnas_template_value filled[TNAS_BOARD_VALUES] = {
        {"board_what", board->what},          {"qemu", board->qemu},
        {"machine", board->machine},          {"vectors_origin", text->vectors_origin},
        {"flash_origin", text->flash_origin}, {"ram_origin", text->ram_origin},
        {"test_origin", text->test_origin},   {"test_bytes", text->test_bytes},
    };
    memcpy(values, filled, sizeof filled);
}
