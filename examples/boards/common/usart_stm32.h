/* SPDX-License-Identifier: 0BSD */
/* USART3 on PD8 (out) and PD9 (in): on the NUCLEO-144 boards the ST-LINK passes it on as a serial
 * port of the PC. The same unit in STM32F7 and H7 (reference manuals RM0385 and RM0433, chapters
 * USART and GPIO). 115200 baud, 8 bits, no parity. */
#ifndef USART_STM32_H
#define USART_STM32_H

#include <stdint.h>

/* The clocks of the port and of the unit are on. */
void usart_start(uint32_t gpio_base, uint32_t usart_clock_hz);

#endif
