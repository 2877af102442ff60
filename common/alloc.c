#include "common/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local long fail_after = -1; /* injection for tests; negative: off */

void tnas_alloc_fail_after(long n)
{
    fail_after = n;
}

bool tnas_size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static bool injected_failure(void)
{
    if (fail_after < 0)
        return false;
    return fail_after-- == 0;
}

void *tnas_alloc_zero(size_t count, size_t item_bytes)
{
    size_t bytes;
    if (injected_failure() || !tnas_size_mul(count, item_bytes, &bytes))
        return NULL;
    if (bytes > SIZE_MAX - TNAS_ALLOC_ALIGN)
        return NULL;
    /* aligned_alloc wants a multiple of the alignment, and at least one byte. */
    const size_t rounded = (bytes / TNAS_ALLOC_ALIGN + 1) * TNAS_ALLOC_ALIGN;
    void *block = aligned_alloc(TNAS_ALLOC_ALIGN, rounded);
    if (block != NULL)
        memset(block, 0, rounded);
    return block;
}

void *tnas_alloc_grow(void *block, size_t old_count, size_t new_count, size_t item_bytes)
{
    void *bigger = tnas_alloc_zero(new_count, item_bytes);
    if (bigger == NULL)
        return NULL;
    if (block != NULL) {
        const size_t kept = old_count < new_count ? old_count : new_count;
        memcpy(bigger, block, kept * item_bytes);
        tnas_free(block);
    }
    return bigger;
}

char *tnas_strdup(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = tnas_alloc_zero(bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

void tnas_free(void *block)
{
    free(block);
}
