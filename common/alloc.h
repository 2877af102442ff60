/* The only caller of malloc, so that tests can make the n-th allocation fail. */
#ifndef TNAS_COMMON_ALLOC_H
#define TNAS_COMMON_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Alignment of every block: a cache line, which is also the widest vector. */
#define TNAS_ALLOC_ALIGN 64

/* count * item_bytes zeroed bytes, aligned to TNAS_ALLOC_ALIGN; NULL when the product
 * overflows or memory is short. A count of 0 gives a unique block. Release: tnas_free. */
void *tnas_alloc_zero(size_t count, size_t item_bytes);

/* Changes a block to new_count items, keeping the first old_count; the rest is zero.
 * NULL on failure, the old block then stays valid. */
void *tnas_alloc_grow(void *block, size_t old_count, size_t new_count, size_t item_bytes);

char *tnas_strdup(const char *text);

void tnas_free(void *block); /* NULL is silent */

/* *product = a * b; false when it overflows. */
bool tnas_size_mul(size_t a, size_t b, size_t *product);

/* Tests only: the (n+1)-th allocation of this thread from now on fails, n >= 0;
 * a negative n ends the injection. */
void tnas_alloc_fail_after(long n);

#endif
