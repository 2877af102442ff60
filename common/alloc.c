#include "common/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

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
    /* aligned_alloc wants a multiple of the alignment, and at least one byte. */
    const size_t align = bytes < HUGE_PAGE_BYTES ? TNAS_ALLOC_ALIGN : HUGE_PAGE_BYTES;
    if (bytes > SIZE_MAX - align)
        return NULL;
    const size_t rounded = (bytes / align + 1) * align;
    void *block = aligned_alloc(align, rounded);
    /* A wish, to be granted or not: training walks over many maps at once, and 4 KiB pages of
     * them miss the translation buffers (3 to 7 % of a step). */
    if (block != NULL && align == HUGE_PAGE_BYTES)
        (void)madvise(block, rounded, MADV_HUGEPAGE);
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
