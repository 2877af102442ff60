/* SPDX-License-Identifier: 0BSD */
/* What every Cortex-M7 has: caches, cycle counter. Registers as in Arm's ARMv7-M Architecture
 * Reference Manual, B3.2 (system control), B2.2.7 (cache maintenance), C1.8 (DWT). */
#ifndef CORE_M7_H
#define CORE_M7_H

void core_enable_caches(void); /* instruction and data; both are empty afterwards */
void core_enable_counter(void);

#define CORE_DWT_CYCCNT 0xE0001004u

#endif
