/* The sources for the rules: ST's RM0385 (STM32F746) and RM0433 (STM32H743), chapters PWR, RCC,
 * flash, GPIO and USART; Arm's ARMv7-M manual for the caches. They are written down here a second
 * time, independently of examples/boards, so that a slip in either shows. */
#define BOARD_SIMULATED
#include "tests/simulated_part.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What both boards share is compiled here, once. */
#include "examples/boards/common/console.c"
#include "examples/boards/common/core_m7.c"
#include "examples/boards/common/usart_stm32.c"

board_state f746_board_start(void);
board_state h743_board_start(void);

enum { REGISTERS_MAX = 256 };

static struct {
    uint32_t address, value;
} registers[REGISTERS_MAX];
static int register_count;
static simulated_part part;
static simulated_result result;

static void breaks(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void breaks(const char *format, ...)
{
    if (result.broken[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result.broken, sizeof result.broken, format, arguments);
    va_end(arguments);
}

static uint32_t *at(uint32_t address)
{
    for (int i = 0; i < register_count; i++)
        if (registers[i].address == address)
            return &registers[i].value;
    if (register_count == REGISTERS_MAX) {
        breaks("too many registers");
        return &registers[0].value;
    }
    registers[register_count].address = address;
    registers[register_count].value = 0;
    return &registers[register_count++].value;
}

static uint32_t value_of(uint32_t address)
{
    return *at(address);
}

static uint32_t field(uint32_t address, int low, int bits)
{
    return value_of(address) >> low & ((1u << bits) - 1);
}

static uint32_t rcc(uint32_t offset)
{
    return (part.is_h743 ? 0x58024400u : 0x40023800u) + offset;
}

/* ---- Clocks -------------------------------------------------------------------------------- */

static double pll_input_mhz(bool external, uint32_t divider)
{
    if (external && (value_of(rcc(0)) & (1u << 17)) == 0)
        breaks("the PLL takes a clock that is not ready");
    if (external && (value_of(rcc(0)) & (1u << 18)) == 0)
        breaks("the ST-LINK's clock needs the bypass");
    const double source = external ? 8 : part.is_h743 ? 64 : 16;
    return divider == 0 ? 0 : source / divider;
}

static double f746_pll_mhz(void)
{
    const double input = pll_input_mhz(field(rcc(4), 22, 1) == 1, field(rcc(4), 0, 6));
    const double vco = input * field(rcc(4), 6, 9);
    if (input < 0.95 || input > 2.1)
        breaks("the PLL's input is %g MHz", input);
    if (vco < 100 || vco > 432)
        breaks("the PLL's oscillator runs at %g MHz", vco);
    return vco / (2 + 2 * field(rcc(4), 16, 2));
}

static double h743_pll_mhz(void)
{
    const uint32_t source = field(rcc(0x28), 0, 2);
    if (source != 2 && source != 0)
        breaks("the PLL's source is %u", source);
    const double input = pll_input_mhz(source == 2, field(rcc(0x28), 4, 6));
    const double vco = input * (field(rcc(0x30), 0, 9) + 1);
    const uint32_t p = field(rcc(0x30), 9, 7) + 1;
    if (field(rcc(0x2C), 2, 2) != 3 || input < 8 || input > 16)
        breaks("the PLL's input is %g MHz, its range %u", input, field(rcc(0x2C), 2, 2));
    if (field(rcc(0x2C), 1, 1) != 0 || vco < 192 || vco > (part.revision >= 0x2003 ? 960 : 836))
        breaks("the PLL's oscillator runs at %g MHz", vco);
    if (field(rcc(0x2C), 16, 1) != 1)
        breaks("the PLL's output P is off");
    if (p != 1 && p % 2 != 0)
        breaks("the PLL divides by %u", p);
    return vco / p;
}

static double apb_divider(uint32_t bits)
{
    return bits < 4 ? 1 : 1u << (bits - 3);
}

static void judge_f746_switch(void)
{
    const double core = f746_pll_mhz();
    const uint32_t wait_states = field(0x40023C00u, 0, 4);
    if (field(rcc(0), 25, 1) == 0)
        breaks("the PLL is not ready");
    if (core > 30.0 * (wait_states + 1))
        breaks("%u wait states at %g MHz", wait_states, core);
    if (core > 216)
        breaks("%g MHz", core);
    if (core > 180 && field(0x40007004u, 17, 1) == 0)
        breaks("%g MHz without over-drive", core);
    if (core > 144 && field(0x40007000u, 14, 2) != 3)
        breaks("%g MHz at voltage scale %u", core, field(0x40007000u, 14, 2));
    if (core / apb_divider(field(rcc(8), 10, 3)) > 54 ||
        core / apb_divider(field(rcc(8), 13, 3)) > 108)
        breaks("APB1 or APB2 is too fast");
    result.core_mhz = core;
}

static void judge_h743_switch(void)
{
    const double core = h743_pll_mhz(), axi = core / 2;
    const bool overdrive = field(0x5800042Cu, 0, 1) == 1;
    const uint32_t wait_states = field(0x52002000u, 0, 4);
    if (field(rcc(0), 25, 1) == 0)
        breaks("the PLL is not ready");
    if (field(0x58024818u, 14, 2) != 3)
        breaks("voltage scale %u", field(0x58024818u, 14, 2));
    if (core > (overdrive ? 480 : 400))
        breaks("%g MHz, over-drive %d", core, overdrive);
    if (overdrive && part.revision < 0x2003)
        breaks("revision Y has no over-drive");
    if (field(rcc(0x18), 0, 4) != 8 || field(rcc(0x18), 8, 4) != 0)
        breaks("the AXI clock is not half of the core's");
    /* Table of wait states: 70 MHz for each at scale 0 and 1, a little less for 4 of scale 0. */
    if (axi >
        (overdrive ? wait_states >= 4 ? 240 : 70.0 * (wait_states + 1) : 70.0 * (wait_states + 1)))
        breaks("%u wait states at %g MHz", wait_states, axi);
    if (field(0x52002000u, 4, 2) != 2)
        breaks("programming delay %u", field(0x52002000u, 4, 2));
    const double limit = overdrive ? 120 : 100;
    if (axi / apb_divider(field(rcc(0x18), 4, 3)) > limit ||
        axi / apb_divider(field(rcc(0x1C), 4, 3)) > limit ||
        axi / apb_divider(field(rcc(0x1C), 8, 3)) > limit ||
        axi / apb_divider(field(rcc(0x20), 4, 3)) > limit)
        breaks("an APB clock is above %g MHz", limit);
    result.core_mhz = core;
}

/* ---- Effects of writes --------------------------------------------------------------------- */

static void write_rcc_cr(uint32_t value)
{
    const uint32_t was = value_of(rcc(0));
    if ((value & 1u << 18) != (was & 1u << 18) && (was & 1u << 16) != 0)
        breaks("the bypass changes while the oscillator is on");
    value &= ~(1u << 17 | 1u << 25);
    if ((value & 1u << 16) != 0 && (value & 1u << 18) != 0 && part.has_external_clock)
        value |= 1u << 17;
    if ((value & 1u << 24) != 0)
        value |= 1u << 25;
    *at(rcc(0)) = value;
}

static void write_cfgr(uint32_t address, uint32_t value)
{
    const uint32_t was = value_of(address);
    *at(address) = value;
    if (part.is_h743) {
        if ((value & 7u) == 3 && (was & 7u) != 3)
            judge_h743_switch();
        *at(address) = (value & ~(7u << 3)) | (value & 7u) << 3;
    } else {
        if ((value & 3u) == 2 && (was & 3u) != 2)
            judge_f746_switch();
        *at(address) = (value & ~(3u << 2)) | (value & 3u) << 2;
    }
}

static bool is_pll_running(void)
{
    return field(rcc(0), 24, 1) == 1;
}

static bool write_f746(uint32_t address, uint32_t value)
{
    if (address == 0x40007000u) {
        if (field(rcc(0x40), 28, 1) == 0)
            breaks("PWR has no clock");
        if (((value ^ value_of(address)) & 3u << 14) != 0 && is_pll_running())
            breaks("the voltage scale changes while the PLL runs");
        if ((value & 1u << 17) != 0 && (value_of(0x40007004u) & 1u << 16) == 0)
            breaks("over-drive is switched to before it is ready");
        *at(address) = value;
        if (is_pll_running())
            *at(0x40007004u) = value & 3u << 16;
        return true;
    }
    if (address == rcc(4) && is_pll_running())
        breaks("the PLL is changed while it runs");
    if (address == rcc(8)) {
        write_cfgr(address, value);
        return true;
    }
    return false;
}

static bool write_h743(uint32_t address, uint32_t value)
{
    const bool supplied = (value_of(0x5802480Cu) & 4u) == 0;
    if (address == 0x5802480Cu) {
        if (supplied)
            breaks("the supply is written twice");
        if ((value & 7u) != 2)
            breaks("the supply is %u, not the LDO", value & 7u);
        *at(0x58024804u) = 1u << 13;
    } else if (address == 0x58024818u) {
        if (!supplied)
            breaks("the voltage changes before the supply is chosen");
        value |= 1u << 13;
    } else if (address == 0x5800042Cu) {
        if (field(rcc(0xF4), 1, 1) == 0)
            breaks("SYSCFG has no clock");
        if (field(0x58024818u, 14, 2) != 3)
            breaks("over-drive outside voltage scale 1");
    } else if ((address == rcc(0x28) || address == rcc(0x2C) || address == rcc(0x30)) &&
               is_pll_running()) {
        breaks("the PLL is changed while it runs");
    } else if (address == rcc(0x10)) {
        write_cfgr(address, value);
        return true;
    }
    *at(address) = value;
    return true;
}

static void write_console(uint32_t address, uint32_t value)
{
    const bool clocked = part.is_h743 ? field(rcc(0xE8), 18, 1) : field(rcc(0x40), 18, 1);
    if (!clocked)
        breaks("USART3 has no clock");
    if (address == 0x40004828u) {
        const size_t length = strlen(result.text);
        if ((value_of(0x40004800u) & 9u) != 9u)
            breaks("a byte is sent while the USART is off");
        if (length + 1 < sizeof result.text)
            result.text[length] = (char)value;
    }
    *at(address) = value;
}

static void write_gpio(uint32_t address, uint32_t value)
{
    if (!(part.is_h743 ? field(rcc(0xE0), 3, 1) : field(rcc(0x30), 3, 1)))
        breaks("GPIOD has no clock");
    *at(address) = value;
}

void REGISTER_WRITE(uint32_t address, uint32_t value)
{
    const uint32_t gpio = part.is_h743 ? 0x58020C00u : 0x40020C00u;
    if (address == rcc(0)) {
        write_rcc_cr(value);
    } else if (address >= 0x40004800u && address < 0x40004C00u) {
        write_console(address, value);
    } else if (address >= gpio && address < gpio + 0x400) {
        write_gpio(address, value);
    } else if (address == 0xE000EF60u) {
        if (field(0xE000ED14u, 16, 1) == 1)
            breaks("the data cache is invalidated while it is on");
        result.lines_invalidated++;
    } else if (!(part.is_h743 ? write_h743(address, value) : write_f746(address, value))) {
        *at(address) = value;
    }
}

uint32_t REGISTER_READ(uint32_t address)
{
    return value_of(address);
}

/* ---- A run --------------------------------------------------------------------------------- */

static void reset_part(void)
{
    register_count = 0;
    result = (simulated_result){.core_mhz = part.is_h743 ? 64 : 16};
    *at(rcc(0)) = 0x83;
    *at(0xE000ED80u) = part.is_h743 ? 127u << 13 | 3u << 3 : 31u << 13 | 3u << 3;
    *at(0x4000481Cu) = 1u << 6 | 1u << 7;
    if (part.is_h743) {
        *at(0x5802480Cu) = 0x46;
        *at(0x58024818u) = 1u << 14 | 1u << 13;
        *at(0x5C001000u) = part.revision << 16 | 0x450;
        *at(rcc(0x2C)) = 0x01FF0000;
        *at(rcc(0x28)) = 0x02020200;
        *at(0x52002000u) = 0x37;
    } else {
        *at(rcc(4)) = 0x24003010;
        *at(0x40007000u) = 0xC000;
        *at(0x40007004u) = 0;
    }
}

static double apb1_mhz(void)
{
    if (part.is_h743)
        return result.core_mhz <= 64 ? 64
                                     : result.core_mhz / 2 / apb_divider(field(rcc(0x1C), 4, 3));
    return result.core_mhz / apb_divider(field(rcc(8), 10, 3));
}

void simulated_part_run(const simulated_part *wanted, simulated_result *out)
{
    part = *wanted;
    reset_part();
    const board_state state = part.is_h743 ? h743_board_start() : f746_board_start();
    const uint32_t gpio = part.is_h743 ? 0x58020C00u : 0x40020C00u;
    board_put("ok\n");
    board_finish(0);
    if (field(gpio, 16, 4) != 0xA || field(gpio + 0x24, 0, 8) != 0x77)
        breaks("PD8 and PD9 are not USART3's");
    result.caches_on = field(0xE000ED14u, 16, 2) == 3;
    result.reported_mhz = state.core_mhz;
    result.remark = state.remark;
    result.baud = 1e6 * apb1_mhz() / value_of(0x4000480Cu);
    *out = result;
}
