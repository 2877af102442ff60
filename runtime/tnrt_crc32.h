/* SPDX-License-Identifier: 0BSD */
/* CRC-32 as in zip, gzip and Ethernet: polynomial 0x04C11DB7 reflected, inverted at both ends.
 * Half a byte a step, from a table of 64 bytes: for test vectors, on the host and in firmware. */
#ifndef TNRT_CRC32_H
#define TNRT_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` with byte_count bytes; start with 0. */
static inline uint32_t tnrt_crc32(uint32_t crc, const void *bytes, size_t byte_count)
{
    static const uint32_t remainders[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu,
                                            0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
                                            0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                            0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    const uint8_t *byte = (const uint8_t *)bytes;
    crc = ~crc;
    for (size_t i = 0; i < byte_count; i++) {
        crc ^= byte[i];
        crc = (crc >> 4) ^ remainders[crc & 15u];
        crc = (crc >> 4) ^ remainders[crc & 15u];
    }
    return ~crc;
}

#endif
