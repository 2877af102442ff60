#include "common/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/alloc.h"

enum { CHUNK_BYTES = 64 * 1024, ITEM_ALIGN = 16 };

struct tnas_arena_chunk {
    struct tnas_arena_chunk *older;
    size_t used_bytes, capacity_bytes;
    _Alignas(ITEM_ALIGN) unsigned char bytes[];
};

void tnas_arena_init(tnas_arena *arena)
{
    arena->chunks = NULL;
}

void tnas_arena_deinit(tnas_arena *arena)
{
    while (arena->chunks != NULL) {
        struct tnas_arena_chunk *const older = arena->chunks->older;
        tnas_free(arena->chunks);
        arena->chunks = older;
    }
}

static bool add_chunk(tnas_arena *arena, size_t least_bytes)
{
    const size_t capacity = least_bytes > CHUNK_BYTES ? least_bytes : CHUNK_BYTES;
    struct tnas_arena_chunk *chunk = tnas_alloc_zero(1, sizeof *chunk + capacity);
    if (chunk == NULL)
        return false;
    chunk->older = arena->chunks;
    chunk->capacity_bytes = capacity;
    arena->chunks = chunk;
    return true;
}

void *tnas_arena_take(tnas_arena *arena, size_t count, size_t item_bytes)
{
    size_t bytes;
    if (!tnas_size_mul(count, item_bytes, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ITEM_ALIGN - 1) / ITEM_ALIGN * ITEM_ALIGN;
    struct tnas_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->capacity_bytes - chunk->used_bytes < bytes) {
        if (!add_chunk(arena, bytes))
            return NULL;
        chunk = arena->chunks;
    }
    void *const block = chunk->bytes + chunk->used_bytes;
    chunk->used_bytes += bytes;
    return block; /* chunks start zeroed */
}

char *tnas_arena_strdup(tnas_arena *arena, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = tnas_arena_take(arena, bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}
