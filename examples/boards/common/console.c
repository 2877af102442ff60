/* SPDX-License-Identifier: 0BSD */
/* Text and numbers, without a C library. */
#include "board.h"

void board_put(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            board_put_char('\r');
        board_put_char(*text);
    }
}

void board_put_number(uint32_t value)
{
    char text[11];
    char *at = text + sizeof text - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    board_put(at);
}

void board_put_hex(uint32_t value)
{
    int shift;

    for (shift = 28; shift >= 0; shift -= 4)
        board_put_char("0123456789abcdef"[(value >> shift) & 15u]);
}

int register_await(uint32_t address, uint32_t mask, uint32_t value)
{
    uint32_t left;

    for (left = 5000000; left > 0; left--)
        if ((REGISTER_READ(address) & mask) == value)
            return 1;
    return 0;
}
