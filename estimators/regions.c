#include "estimators/regions.h"

#include <stdio.h>

/* Regions first..end - 1, joined; end == first: nothing. */
typedef struct piece {
    int first, end;
    size_t bytes;
} piece;

/* From a region on, through those joined to it, until `bytes` fit. */
static piece run_from(const tnas_mcu *mcu, int first, size_t bytes)
{
    piece p = {first, first, 0};
    while (p.end < mcu->region_count && mcu->regions[p.end].arena && p.bytes < bytes &&
           (p.end == first || mcu->regions[p.end].joined))
        p.bytes += mcu->regions[p.end++].bytes;
    return p;
}

/* The largest run among the regions outside `taken`; the first of equals. */
static piece largest_run(const tnas_mcu *mcu, const piece *taken)
{
    piece largest = {0, 0, 0};
    for (int i = 0; i < mcu->region_count; i++) {
        const piece p = run_from(mcu, i, SIZE_MAX);
        const bool meets = p.first < taken->end && p.end > taken->first;
        if (!meets && p.bytes > largest.bytes)
            largest = p;
    }
    return largest;
}

static piece first_that_holds(const tnas_mcu *mcu, size_t bytes)
{
    for (int i = 0; i < mcu->region_count; i++)
        if (mcu->regions[i].arena && mcu->regions[i].bytes >= bytes)
            return (piece){i, i + 1, mcu->regions[i].bytes};
    for (int i = 0; i < mcu->region_count; i++) {
        const piece p = run_from(mcu, i, bytes);
        if (p.bytes >= bytes)
            return p;
    }
    return (piece){0, 0, 0};
}

static void print_piece(const tnas_mcu *mcu, const piece *p, char *out, size_t out_bytes)
{
    const char *const first = mcu->regions[p->first].name;
    if (p->end - p->first > 1)
        snprintf(out, out_bytes, "%s to %s", first, mcu->regions[p->end - 1].name);
    else
        snprintf(out, out_bytes, "%s", first);
}

static const piece nothing = {0, 0, 0};

void tnas_arena_place_find(const tnas_mcu *mcu, size_t bytes, bool may_split, tnas_arena_place *out)
{
    piece one = first_that_holds(mcu, bytes);
    const bool fits_one = one.bytes > 0;
    if (!fits_one)
        one = largest_run(mcu, &nothing);
    *out = (tnas_arena_place){.bytes = one.bytes, .fits = fits_one};
    print_piece(mcu, &one, out->text, sizeof out->text);
    if (fits_one || !may_split || mcu->arena_pieces < 2)
        return;
    const piece two = largest_run(mcu, &one);
    if (two.bytes == 0)
        return;
    char first[56], second[56];
    print_piece(mcu, &one, first, sizeof first);
    print_piece(mcu, &two, second, sizeof second);
    snprintf(out->text, sizeof out->text, "%.44s and %.44s", first, second);
    out->first_bytes = one.bytes;
    out->bytes = one.bytes + two.bytes;
    out->fits = bytes <= out->bytes;
}

size_t tnas_arena_first_room(const tnas_mcu *mcu)
{
    return largest_run(mcu, &nothing).bytes;
}

size_t tnas_arena_room(const tnas_mcu *mcu, bool may_split)
{
    const piece one = largest_run(mcu, &nothing);
    if (!may_split || mcu->arena_pieces < 2)
        return one.bytes;
    return one.bytes + largest_run(mcu, &one).bytes;
}
