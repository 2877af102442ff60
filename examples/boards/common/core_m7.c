/* SPDX-License-Identifier: 0BSD */
#include "core_m7.h"

#include "board.h"

#define SCB_CCR     0xE000ED14u /* bit 16: data cache, bit 17: instruction cache */
#define SCB_CCSIDR  0xE000ED80u /* of the cache in CSSELR: ways - 1, sets - 1 */
#define SCB_CSSELR  0xE000ED84u /* 0: level 1 data cache */
#define SCB_ICIALLU 0xE000EF50u /* invalidates the instruction cache */
#define SCB_DCISW   0xE000EF60u /* invalidates a line of the data cache by set and way */
#define DEMCR       0xE000EDFCu /* bit 24: trace, the DWT among it */
#define DWT_CTRL    0xE0001000u /* bit 0: counts cycles */
#define DWT_LAR     0xE0001FB0u /* lock; this key opens it */
#define DWT_KEY     0xC5ACCE55u

#define CACHE_DATA        (1u << 16)
#define CACHE_INSTRUCTION (1u << 17)

#ifdef __arm__
#define BARRIER() __asm volatile("dsb\nisb" ::: "memory")
#else
#define BARRIER() ((void)0)
#endif

/* After reset the lines hold anything: they are invalidated before the cache is switched on. A set
 * is at bit 5, for lines are 32 bytes; a way at the top. */
static void invalidate_data_cache(void)
{
    uint32_t size, sets, ways, way_shift, set, way;

    REGISTER_WRITE(SCB_CSSELR, 0);
    BARRIER();
    size = REGISTER_READ(SCB_CCSIDR);
    sets = ((size >> 13) & 0x7fffu) + 1;
    ways = ((size >> 3) & 0x3ffu) + 1;
    for (way_shift = 32; (1u << (32 - way_shift)) < ways; way_shift--) {
    }
    for (set = 0; set < sets; set++)
        for (way = 0; way < ways; way++)
            REGISTER_WRITE(SCB_DCISW, set << 5 | (way_shift < 32 ? way << way_shift : 0));
    BARRIER();
}

void core_enable_caches(void)
{
    REGISTER_WRITE(SCB_ICIALLU, 0);
    invalidate_data_cache();
    register_set(SCB_CCR, CACHE_INSTRUCTION | CACHE_DATA);
    BARRIER();
}

void core_enable_counter(void)
{
    register_set(DEMCR, 1u << 24);
    REGISTER_WRITE(DWT_LAR, DWT_KEY);
    REGISTER_WRITE(CORE_DWT_CYCCNT, 0);
    register_set(DWT_CTRL, 1);
}
