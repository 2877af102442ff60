/* SPDX-License-Identifier: 0BSD */
/* Runs the test vectors of an export, compares every byte, and prints how long an inference takes
 * as the CSV that `tinynas compare` and `calibrate` read. Lines of other things start with "#". */
#include "board.h"

#include MODEL_HEADER  /* "kws.h" */
#include MODEL_VECTORS /* "kws_vectors.h" */
#include "runtime/tnrt_crc32.h"

#define JOIN_(a, b)  a##b
#define JOIN(a, b)   JOIN_(a, b)
#define MACRO(name)  JOIN(MODEL_UPPER, name) /* KWS_ARENA_BYTES */
#define SYMBOL(name) JOIN(MODEL_LOWER, name) /* kws_invoke */

enum { REPEATS = 9 };

static uint8_t arena[MACRO(_ARENA_BYTES)]
    __attribute__((aligned(MACRO(_ARENA_ALIGN)), section(".arena")));

static void sort(uint32_t *values, int count)
{
    int i, k;

    for (i = 1; i < count; i++)
        for (k = i; k > 0 && values[k - 1] > values[k]; k--) {
            const uint32_t swap = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
}

static uint32_t run_vectors(void)
{
    const int8_t *const out = SYMBOL(_output)(arena);
    uint32_t crc = 0, mismatches = 0;
    int v, i;

    for (v = 0; v < MACRO(_VECTOR_COUNT); v++) {
        SYMBOL(_invoke)(arena, SYMBOL(_vector_inputs)[v], 0);
        for (i = 0; i < MACRO(_OUTPUT_BYTES); i++)
            mismatches += out[i] != SYMBOL(_vector_outputs)[v][i];
        crc = tnrt_crc32(crc, out, MACRO(_OUTPUT_BYTES));
    }
    board_put("# vectors ");
    board_put_number(MACRO(_VECTOR_COUNT));
    board_put(", bytes that differ ");
    board_put_number(mismatches);
    board_put(", crc ");
    board_put_hex(crc);
    board_put(crc == MACRO(_VECTOR_CRC) ? " as on the host\n" : " NOT as on the host\n");
    return mismatches + (crc != MACRO(_VECTOR_CRC));
}

/* Median, caches warm; the input is in the arena already. */
static uint32_t cycles_of_inference(void)
{
    uint32_t runs[REPEATS], before, reading;
    int i;

    before = board_counter();
    reading = board_counter() - before;
    for (i = 0; i < REPEATS; i++) {
        before = board_counter();
        SYMBOL(_invoke)(arena, 0, 0);
        runs[i] = board_counter() - before - reading;
    }
    sort(runs, REPEATS);
    return runs[REPEATS / 2];
}

/* Milliseconds with three decimals. */
static void put_milliseconds(uint32_t cycles)
{
    const uint32_t us = (cycles + board.core_mhz / 2) / board.core_mhz;

    board_put_number(us / 1000);
    board_put_char('.');
    board_put_char((char)('0' + us / 100 % 10));
    board_put_char((char)('0' + us / 10 % 10));
    board_put_char((char)('0' + us % 10));
}

static void put_row(uint32_t cycles)
{
    board_put(
        "model,mcu,board,runtime,runtime_version,clock_mhz,layer,cycles,latency_ms\n" MODEL_NAME
        ",");
    board_put(board.mcu);
    board_put(",");
    board_put(board.board);
    board_put(",tinynas," RUNTIME_VERSION ",");
    board_put_number(board.core_mhz);
    board_put(",network,");
    board_put_number(cycles);
    board_put(",");
    put_milliseconds(cycles);
    board_put("\n");
}

int main(void)
{
    uint32_t cycles, wrong;

    board_put("# " MODEL_NAME " on ");
    board_put(board.board);
    board_put(", ");
    board_put(board.remark);
    board_put("\n");
    wrong = run_vectors();
    board_counter_start();
    cycles = cycles_of_inference();
    if (wrong == 0 && board.core_mhz != 0) {
        put_row(cycles);
    } else {
        board_put("# no time: ");
        board_put(wrong != 0 ? "the bytes are wrong\n" : "this is no board\n");
        board_put("# counted ");
        board_put_number(cycles);
        board_put("\n");
    }
    board_put("# done\n");
    return wrong != 0;
}
