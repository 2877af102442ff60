/* SPDX-License-Identifier: 0BSD */
/* NUCLEO-H743ZI2: 480 MHz on revision V of the part, 400 MHz on revision Y. Registers and limits:
 * ST's reference manual RM0433 (PWR, RCC, flash, SYSCFG) and data sheet of the STM32H743; the
 * board: user manual UM2407.
 *
 *   8 MHz from the ST-LINK (HSE, bypass) / 1 * 120 / 2 = 480 MHz core
 *   AXI and AHB = core / 2 = 240 MHz, the four APB = 120 MHz: their limits
 * Without that clock the internal oscillator, 64 MHz / 8, takes its place: the same frequency, but
 * only to a percent. Cycles do not depend on it. */
#include "board.h"
#include "core_m7.h"
#include "usart_stm32.h"

#define PWR           0x58024800u
#define PWR_CSR1      (PWR + 0x04u)
#define PWR_CR3       (PWR + 0x0Cu)
#define PWR_D3CR      (PWR + 0x18u)
#define RCC           0x58024400u
#define RCC_CR        (RCC + 0x00u)
#define RCC_CFGR      (RCC + 0x10u)
#define RCC_D1CFGR    (RCC + 0x18u)
#define RCC_D2CFGR    (RCC + 0x1Cu)
#define RCC_D3CFGR    (RCC + 0x20u)
#define RCC_PLLCKSELR (RCC + 0x28u)
#define RCC_PLLCFGR   (RCC + 0x2Cu)
#define RCC_PLL1DIVR  (RCC + 0x30u)
#define RCC_AHB4      (RCC + 0xE0u)
#define RCC_APB1L     (RCC + 0xE8u)
#define RCC_APB4      (RCC + 0xF4u)
#define FLASH_ACR     0x52002000u
#define SYSCFG_PWRCR  0x5800042Cu
#define DBGMCU_IDC    0x5C001000u
#define GPIOD         0x58020C00u

#define CR_HSE_ON     (1u << 16)
#define CR_HSE_READY  (1u << 17)
#define CR_HSE_BYPASS (1u << 18)
#define CR_PLL1_ON    (1u << 24)
#define CR_PLL1_READY (1u << 25)

#define SUPPLY_BYPASS  1u
#define SUPPLY_LDO     2u
#define SUPPLY_UPDATE  4u         /* the supply is written once after power-on, which clears this */
#define VOLTAGE_READY  (1u << 13) /* in CSR1 and in D3CR */
#define VOLTAGE_SCALE1 (3u << 14)
#define OVERDRIVE      1u

#define REVISION_V 0x2003u

#define PLL_INPUT_8_16_MHZ (3u << 2)
#define PLL_P_ON           (1u << 16)

enum { MHZ_V = 480, MHZ_Y = 400, MHZ_RESET = 64 };

/* Scale 1 up to 400 MHz; 480 MHz take the over-drive on top of it. */
static int raise_voltage(int overdrive)
{
    register_change(PWR_CR3, SUPPLY_UPDATE | SUPPLY_LDO | SUPPLY_BYPASS, SUPPLY_LDO);
    if (!register_await(PWR_CSR1, VOLTAGE_READY, VOLTAGE_READY))
        return 0;
    register_change(PWR_D3CR, 3u << 14, VOLTAGE_SCALE1);
    if (!register_await(PWR_D3CR, VOLTAGE_READY, VOLTAGE_READY))
        return 0;
    if (!overdrive)
        return 1;
    register_set(RCC_APB4, 1u << 1); /* SYSCFG */
    (void)REGISTER_READ(RCC_APB4);
    register_set(SYSCFG_PWRCR, OVERDRIVE);
    return register_await(PWR_D3CR, VOLTAGE_READY, VOLTAGE_READY);
}

static int start_external_clock(void)
{
    register_set(RCC_CR, CR_HSE_BYPASS);
    register_set(RCC_CR, CR_HSE_ON);
    return register_await(RCC_CR, CR_HSE_READY, CR_HSE_READY);
}

/* 8 MHz in, twice the core's clock, divided by 2 for it; the wide range of the oscillator. */
static void configure_pll(int external, uint32_t core_mhz)
{
    const uint32_t times = 2 * core_mhz / 8;

    register_change(RCC_PLLCKSELR, 0x3Fu << 4 | 3u, external ? 1u << 4 | 2u : 8u << 4);
    register_change(RCC_PLLCFGR, 0xFu | 7u << 16, PLL_INPUT_8_16_MHZ | PLL_P_ON);
    REGISTER_WRITE(RCC_PLL1DIVR, 1u << 24 | 1u << 16 | 1u << 9 | (times - 1));
}

/* Wait states of the AXI clock at this voltage: 4 up to 240 MHz (scale 0), 2 up to 210 (scale 1);
 * bits 4 and 5, the delay of programming, are 2. Dividers come before the clock, so nothing is ever
 * too fast. */
static int switch_to_pll(uint32_t core_mhz)
{
    const uint32_t wait_states = core_mhz == MHZ_V ? 4 : 2;

    register_change(FLASH_ACR, 0x3Fu, 2u << 4 | wait_states);
    if (!register_await(FLASH_ACR, 0x3Fu, 2u << 4 | wait_states))
        return 0;
    register_change(RCC_D1CFGR, 0xF7Fu, 4u << 4 | 8u); /* core / 1, AXI / 2, APB3 / 2 */
    register_change(RCC_D2CFGR, 7u << 8 | 7u << 4, 4u << 8 | 4u << 4); /* APB2, APB1 / 2 */
    register_change(RCC_D3CFGR, 7u << 4, 4u << 4);                     /* APB4 / 2 */
    register_change(RCC_CFGR, 7u, 3u);
    return register_await(RCC_CFGR, 7u << 3, 3u << 3);
}

/* The core's MHz; 64, what the part starts with, when the clock does not come up. */
static uint32_t start_clock(uint32_t wanted_mhz, int *external)
{
    *external = 0;
    if (!raise_voltage(wanted_mhz == MHZ_V))
        return MHZ_RESET;
    *external = start_external_clock();
    configure_pll(*external, wanted_mhz);
    register_set(RCC_CR, CR_PLL1_ON);
    if (!register_await(RCC_CR, CR_PLL1_READY, CR_PLL1_READY) || !switch_to_pll(wanted_mhz))
        return MHZ_RESET;
    return wanted_mhz;
}

static const char *remark_on(uint32_t core_mhz, int external)
{
    if (core_mhz == MHZ_RESET)
        return "THE CLOCK DID NOT COME UP: 64 MHz";
    if (!external)
        return "full speed within a percent, internal oscillator, caches on";
    return core_mhz == MHZ_V ? "480 MHz, 8 MHz from the ST-LINK, caches on"
                             : "400 MHz (revision Y), 8 MHz from the ST-LINK, caches on";
}

board_state board_start(void)
{
    board_state state = {"NUCLEO-H743ZI2", "stm32h743", 0, 0};
    const uint32_t revision = REGISTER_READ(DBGMCU_IDC) >> 16;
    int external;

    core_enable_caches();
    state.core_mhz = start_clock(revision >= REVISION_V ? MHZ_V : MHZ_Y, &external);
    state.remark = remark_on(state.core_mhz, external);
    register_set(RCC_AHB4, 1u << 3);   /* GPIOD */
    register_set(RCC_APB1L, 1u << 18); /* USART3 */
    (void)REGISTER_READ(RCC_APB1L);
    usart_start(GPIOD, (state.core_mhz == MHZ_RESET ? MHZ_RESET : state.core_mhz / 4) * 1000000u);
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
