/* SPDX-License-Identifier: 0BSD */
#include "usart_stm32.h"

#include "board.h"

#define GPIO_MODER   0x00u /* 2 bits a pin; 2: alternate function */
#define GPIO_OSPEEDR 0x08u
#define GPIO_AFRH    0x24u /* 4 bits a pin from 8 on */

#define USART3    0x40004800u
#define USART_CR1 (USART3 + 0x00u) /* bit 0: on, bit 2: receives, bit 3: sends */
#define USART_BRR (USART3 + 0x0Cu) /* clock divided by baud rate */
#define USART_ISR (USART3 + 0x1Cu) /* bit 6: everything sent, bit 7: room for a byte */
#define USART_TDR (USART3 + 0x28u)
#define ISR_SENT  (1u << 6)
#define ISR_ROOM  (1u << 7)

enum { BAUD = 115200, PIN_OUT = 8, PIN_IN = 9, FUNCTION_USART3 = 7 };

static void choose_function(uint32_t gpio, uint32_t pin)
{
    register_change(gpio + GPIO_AFRH, 0xFu << 4 * (pin - 8),
                    (uint32_t)FUNCTION_USART3 << 4 * (pin - 8));
    register_change(gpio + GPIO_OSPEEDR, 3u << 2 * pin, 1u << 2 * pin);
    register_change(gpio + GPIO_MODER, 3u << 2 * pin, 2u << 2 * pin);
}

void usart_start(uint32_t gpio_base, uint32_t usart_clock_hz)
{
    choose_function(gpio_base, PIN_OUT);
    choose_function(gpio_base, PIN_IN);
    REGISTER_WRITE(USART_CR1, 0);
    REGISTER_WRITE(USART_BRR, (usart_clock_hz + BAUD / 2) / BAUD);
    REGISTER_WRITE(USART_CR1, 1u << 3 | 1u << 2 | 1u);
}

void board_put_char(char c)
{
    register_await(USART_ISR, ISR_ROOM, ISR_ROOM);
    REGISTER_WRITE(USART_TDR, (uint8_t)c);
}

void board_finish(int status)
{
    (void)status;
    register_await(USART_ISR, ISR_SENT, ISR_SENT);
}
