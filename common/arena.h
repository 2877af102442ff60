/* A growing arena: blocks live until the arena goes, and never move.
 *
 * For objects made of many small arrays with one lifetime (a model, a space, a profile):
 * one destroy instead of a hundred frees. */
#ifndef TNAS_COMMON_ARENA_H
#define TNAS_COMMON_ARENA_H

#include <stddef.h>

typedef struct tnas_arena {
    struct tnas_arena_chunk *chunks; /* newest first */
} tnas_arena;

void tnas_arena_init(tnas_arena *arena);
void tnas_arena_deinit(tnas_arena *arena); /* an initialised or deinitialised one */

/* count * item_bytes zeroed bytes aligned to 16; NULL when memory is short. */
void *tnas_arena_take(tnas_arena *arena, size_t count, size_t item_bytes);

/* A copy of `text` in the arena; NULL when memory is short. */
char *tnas_arena_strdup(tnas_arena *arena, const char *text);

#define TNAS_ARENA_NEW(arena, type, count) ((type *)tnas_arena_take((arena), (count), sizeof(type)))

#endif
