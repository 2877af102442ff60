/* SPDX-License-Identifier: 0BSD */
/* The XpulpV2 instructions that GAP8's kernels use, one function each: packed operations on words
 * of four int8, the lowest byte first. On a core that has them a function is its instruction;
 * elsewhere, portable C with the same result, so that the host tests and runs the very kernels
 * that ship.
 *
 * TNRT_XPULP says how an instruction is written:
 *   0  portable C
 *   1  by its name, for the assembler of GAP8's tool chain
 *   2  by its encoding, for an assembler that does not know it (.insn); such code runs on a core
 *      with XpulpV2 or under a trap handler
 * Encodings are those of RI5CY, GAP8's core: R-type under opcode 0x57, tables "SIMD ALU" of the
 * CV32E40P user manual before version 1.3 (later cores moved them to opcode 0x7b). */
#ifndef TNRT_XPULP_H
#define TNRT_XPULP_H

#include <stdint.h>
#include <string.h>

#if !defined(TNRT_XPULP)
#if defined(__GAP8__)
#define TNRT_XPULP 1
#else
#define TNRT_XPULP 0
#endif
#endif

#define TNRT_XPULP_OPCODE 0x57
#define TNRT_XPULP_FUNCT3 1 /* operands are vectors of bytes */
#define TNRT_SDOTSP_B     0x5c
#define TNRT_SHUFFLE2_B   0x64
#define TNRT_MAX_B        0x18
#define TNRT_MIN_B        0x10

#if TNRT_XPULP > 0

#define TNRT_XPULP_TEXT_(x) #x
#define TNRT_XPULP_TEXT(x)  TNRT_XPULP_TEXT_(x)
#if TNRT_XPULP == 1
#define TNRT_XPULP_ASM(name, funct7) name " %0, %1, %2"
#else
#define TNRT_XPULP_ASM(name, funct7)                                                               \
    ".insn r " TNRT_XPULP_TEXT(TNRT_XPULP_OPCODE) ", " TNRT_XPULP_TEXT(                            \
        TNRT_XPULP_FUNCT3) ", " TNRT_XPULP_TEXT(funct7) ", %0, %1, %2"
#endif

/* Four bytes from any address: the core splits a load that is not aligned. */
static inline uint32_t tnrt_load4(const void *at)
{
    uint32_t word;
    __asm("lw %0, %1" : "=r"(word) : "m"(*(const uint8_t(*)[4])at));
    return word;
}

static inline int32_t tnrt_sdotsp4(uint32_t x, uint32_t y, int32_t acc)
{
    __asm(TNRT_XPULP_ASM("pv.sdotsp.b", TNRT_SDOTSP_B) : "+r"(acc) : "r"(x), "r"(y));
    return acc;
}
static inline uint32_t tnrt_shuffle4(uint32_t x, uint32_t y, uint32_t lanes)
{
    __asm(TNRT_XPULP_ASM("pv.shuffle2.b", TNRT_SHUFFLE2_B) : "+r"(x) : "r"(y), "r"(lanes));
    return x;
}
static inline uint32_t tnrt_max4(uint32_t x, uint32_t y)
{
    uint32_t r;
    __asm(TNRT_XPULP_ASM("pv.max.b", TNRT_MAX_B) : "=r"(r) : "r"(x), "r"(y));
    return r;
}
static inline uint32_t tnrt_min4(uint32_t x, uint32_t y)
{
    uint32_t r;
    __asm(TNRT_XPULP_ASM("pv.min.b", TNRT_MIN_B) : "=r"(r) : "r"(x), "r"(y));
    return r;
}

#else

static inline uint32_t tnrt_load4(const void *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline int32_t tnrt_lane(uint32_t x, int32_t lane)
{
    return (int8_t)(x >> (8 * lane) & 0xff);
}

/* acc + the sum of the four products, modulo 2^32. */
static inline int32_t tnrt_sdotsp4(uint32_t x, uint32_t y, int32_t acc)
{
    const int32_t low = tnrt_lane(x, 0) * tnrt_lane(y, 0) + tnrt_lane(x, 1) * tnrt_lane(y, 1);
    const int32_t high = tnrt_lane(x, 2) * tnrt_lane(y, 2) + tnrt_lane(x, 3) * tnrt_lane(y, 3);
    return (int32_t)((uint32_t)acc + (uint32_t)(low + high));
}

/* Byte i of the result is byte `lanes[i]` of the eight bytes x0 x1 x2 x3 y0 y1 y2 y3. */
static inline uint32_t tnrt_shuffle4(uint32_t x, uint32_t y, uint32_t lanes)
{
    uint32_t r = 0;
    for (int32_t i = 0; i < 4; i++, lanes >>= 8)
        r |= ((lanes & 4 ? y : x) >> (8 * (lanes & 3)) & 0xff) << (8 * i);
    return r;
}

/* The larger, the smaller of each pair of signed bytes. */
static inline uint32_t tnrt_max4(uint32_t x, uint32_t y)
{
    uint32_t r = 0;
    for (int32_t i = 0; i < 4; i++)
        r |= ((tnrt_lane(x, i) > tnrt_lane(y, i) ? x : y) >> (8 * i) & 0xff) << (8 * i);
    return r;
}
static inline uint32_t tnrt_min4(uint32_t x, uint32_t y)
{
    uint32_t r = 0;
    for (int32_t i = 0; i < 4; i++)
        r |= ((tnrt_lane(x, i) < tnrt_lane(y, i) ? x : y) >> (8 * i) & 0xff) << (8 * i);
    return r;
}

#endif

/* One signed byte in all four lanes. */
static inline uint32_t tnrt_splat4(int32_t value)
{
    return (uint32_t)(value & 0xff) * 0x01010101u;
}

#endif
