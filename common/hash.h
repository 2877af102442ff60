/* 64-bit FNV-1a (Fowler, Noll, Vo): content hashes of data and canonical hashes of
 * architectures. Not for adversaries. */
#ifndef TNAS_COMMON_HASH_H
#define TNAS_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TNAS_HASH_START UINT64_C(0xcbf29ce484222325)

/* Continues `hash` with byte_count bytes; start with TNAS_HASH_START. */
uint64_t tnas_hash_bytes(uint64_t hash, const void *bytes, size_t byte_count);

#endif
