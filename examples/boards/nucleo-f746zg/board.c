/* SPDX-License-Identifier: 0BSD */
/* NUCLEO-F746ZG: 216 MHz, the part's highest clock. Registers and limits: ST's reference manual
 * RM0385 (PWR, RCC, flash interface) and data sheet of the STM32F746; the board: user manual
 * UM1974.
 *
 *   8 MHz from the ST-LINK (HSE, bypass) / 4 * 216 / 2 = 216 MHz core and AHB
 *   APB1 = core / 4 = 54 MHz, APB2 = core / 2 = 108 MHz: their limits
 * Without that clock the internal oscillator, 16 MHz / 8, takes its place: the same frequency, but
 * only to a percent. Cycles do not depend on it. */
#include "board.h"
#include "core_m7.h"
#include "usart_stm32.h"

#define PWR       0x40007000u
#define PWR_CR1   (PWR + 0x00u)
#define PWR_CSR1  (PWR + 0x04u)
#define RCC       0x40023800u
#define RCC_CR    (RCC + 0x00u)
#define RCC_PLL   (RCC + 0x04u)
#define RCC_CFGR  (RCC + 0x08u)
#define RCC_AHB1  (RCC + 0x30u)
#define RCC_APB1  (RCC + 0x40u)
#define FLASH_ACR 0x40023C00u
#define GPIOD     0x40020C00u

#define CR_HSE_ON     (1u << 16)
#define CR_HSE_READY  (1u << 17)
#define CR_HSE_BYPASS (1u << 18)
#define CR_PLL_ON     (1u << 24)
#define CR_PLL_READY  (1u << 25)

#define PWR_SCALE_1        (3u << 14) /* highest core voltage */
#define PWR_OVERDRIVE      (1u << 16) /* on and ready have the same place in CR1 and CSR1 */
#define PWR_OVERDRIVE_USED (1u << 17)

#define ACR_WAIT_STATES 7u /* 216 MHz at 2.7 to 3.6 V: 30 MHz for each */
#define ACR_PREFETCH    (1u << 8)
#define ACR_ACCELERATOR (1u << 9) /* of flash at 0x00200000; ours is read through the caches */

#define CFGR_APB1_4 (5u << 10)
#define CFGR_APB2_2 (4u << 13)
#define CFGR_PLL    2u

enum { CORE_MHZ = 216, PLL_TIMES = 216 };

static int start_external_clock(void)
{
    register_set(RCC_CR, CR_HSE_BYPASS);
    register_set(RCC_CR, CR_HSE_ON);
    return register_await(RCC_CR, CR_HSE_READY, CR_HSE_READY);
}

/* 2 MHz in, 432 MHz, divided by 2; bits 24 to 27 divide by 9 for the 48 MHz that nobody uses here.
 */
static void configure_pll(int external)
{
    const uint32_t divide_in = external ? 4 : 8;

    REGISTER_WRITE(RCC_PLL,
                   9u << 24 | (external ? 1u << 22 : 0) | (uint32_t)PLL_TIMES << 6 | divide_in);
}

/* Above 180 MHz the regulator needs its over-drive, switched on while the PLL runs and before it
 * becomes the core's clock. */
static int raise_voltage(void)
{
    register_set(PWR_CR1, PWR_OVERDRIVE);
    if (!register_await(PWR_CSR1, PWR_OVERDRIVE, PWR_OVERDRIVE))
        return 0;
    register_set(PWR_CR1, PWR_OVERDRIVE_USED);
    return register_await(PWR_CSR1, PWR_OVERDRIVE_USED, PWR_OVERDRIVE_USED);
}

static int switch_to_pll(void)
{
    register_change(FLASH_ACR, 0xFu, ACR_WAIT_STATES | ACR_PREFETCH | ACR_ACCELERATOR);
    if (!register_await(FLASH_ACR, 0xFu, ACR_WAIT_STATES))
        return 0;
    register_change(RCC_CFGR, 7u << 10 | 7u << 13 | 0xFu << 4, CFGR_APB1_4 | CFGR_APB2_2);
    register_change(RCC_CFGR, 3u, CFGR_PLL);
    return register_await(RCC_CFGR, 3u << 2, CFGR_PLL << 2);
}

/* The core's MHz; 16, what the part starts with, when the clock does not come up. */
static uint32_t start_clock(int *external)
{
    register_set(RCC_APB1, 1u << 28); /* PWR */
    register_set(PWR_CR1, PWR_SCALE_1);
    *external = start_external_clock();
    configure_pll(*external);
    register_set(RCC_CR, CR_PLL_ON);
    if (!raise_voltage() || !register_await(RCC_CR, CR_PLL_READY, CR_PLL_READY) || !switch_to_pll())
        return 16;
    return CORE_MHZ;
}

board_state board_start(void)
{
    board_state state = {"NUCLEO-F746ZG", "stm32f746", "216 MHz, 8 MHz from the ST-LINK, caches on",
                         0};
    int external;

    core_enable_caches();
    state.core_mhz = start_clock(&external);
    if (state.core_mhz != CORE_MHZ)
        state.remark = "THE CLOCK DID NOT COME UP: 16 MHz";
    else if (!external)
        state.remark = "216 MHz within a percent, internal oscillator, caches on";
    register_set(RCC_AHB1, 1u << 3);  /* GPIOD */
    register_set(RCC_APB1, 1u << 18); /* USART3 */
    (void)REGISTER_READ(RCC_APB1);    /* the clock is there two cycles later */
    usart_start(GPIOD, state.core_mhz == CORE_MHZ ? CORE_MHZ / 4 * 1000000u : 16000000u);
    return state;
}

void board_counter_start(void)
{
    core_enable_counter();
}

uint32_t board_counter(void)
{
    return REGISTER_READ(CORE_DWT_CYCCNT);
}
