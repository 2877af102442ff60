#include "data/duplicates.h"

#include <stdlib.h>

#include "common/alloc.h"

typedef struct item {
    uint64_t hash;
    int32_t sample;
    int8_t split;
} item;

/* Equal content together; in it by split, then as they come. */
static int by_content(const void *a, const void *b)
{
    const item *const left = a, *const right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    if (left->split != right->split)
        return left->split < right->split ? -1 : 1;
    return left->sample < right->sample ? -1 : left->sample > right->sample;
}

static void count_one(int *count, int example[2], int first, int second)
{
    /* The first example is the one with the lowest sample, not the lowest hash. */
    if ((*count)++ == 0 || first < example[0] || (first == example[0] && second < example[1])) {
        example[0] = first;
        example[1] = second;
    }
}

/* items[0..count) have the same content. */
static void count_equals(const tnas_sample *samples, const item *items, int count,
                         tnas_duplicates *out)
{
    for (int i = 1; i < count; i++) {
        const int first = items[0].sample, other = items[i].sample;
        if (items[i].split == items[i - 1].split)
            count_one(&out->inside_count, out->inside, items[i - 1].sample, other);
        if (items[i].split != items[0].split)
            count_one(&out->across_count, out->across, first, other);
        if (samples[other].label != samples[first].label)
            count_one(&out->conflict_count, out->conflict, first, other);
    }
}

tnas_status tnas_duplicates_find(const tnas_dataset_source *source, const uint64_t *hashes,
                                 tnas_duplicates *out)
{
    *out = (tnas_duplicates){.across = {-1, -1}, .inside = {-1, -1}, .conflict = {-1, -1}};
    item *items = tnas_alloc_zero((size_t)source->sample_count, sizeof *items);
    if (items == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "hashes of %d samples", source->sample_count);
    int count = 0;
    for (int i = 0; i < source->sample_count; i++)
        if (source->samples[i].split >= 0)
            items[count++] = (item){hashes[i], i, source->samples[i].split};
    qsort(items, (size_t)count, sizeof *items, by_content);
    for (int i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && items[end].hash == items[i].hash; end++)
            ;
        if (end > i + 1)
            count_equals(source->samples, items + i, end - i, out);
    }
    tnas_free(items);
    return TNAS_OK;
}

tnas_status tnas_duplicates_refuse(const tnas_dataset_source *source, const char *name,
                                   const tnas_duplicates *duplicates)
{
    if (duplicates->across_count == 0)
        return TNAS_OK;
    char first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    const int *const pair = duplicates->across;
    tnas_dataset_source_place(source, pair[0], first);
    tnas_dataset_source_place(source, pair[1], second);
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: %d samples of one split are in another too, the first: %.300s (%s) = "
                     "%.300s (%s); remove them, or say --allow-duplicates",
                     name, duplicates->across_count, first,
                     tnas_split_text((tnas_split)source->samples[pair[0]].split), second,
                     tnas_split_text((tnas_split)source->samples[pair[1]].split));
}
