#include "nas/refused.h"

#include "common/alloc.h"

/* Spreads hashes whose high bits hardly differ. Finalizer of splitmix64 (common/rng.h). */
static uint64_t key_of(const tnas_candidate *candidate)
{
    uint64_t x = candidate->hash;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void swap(tnas_candidate *a, tnas_candidate *b)
{
    const tnas_candidate kept = *a;
    *a = *b;
    *b = kept;
}

/* The last one finds its place. */
static void rise(tnas_refused *refused)
{
    int at = refused->count - 1;
    while (at > 0 && key_of(&refused->kept[at]) > key_of(&refused->kept[(at - 1) / 2])) {
        swap(&refused->kept[at], &refused->kept[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

/* The first one finds its place. */
static void sink(tnas_refused *refused)
{
    for (int at = 0, child; (child = 2 * at + 1) < refused->count; at = child) {
        if (child + 1 < refused->count &&
            key_of(&refused->kept[child + 1]) > key_of(&refused->kept[child]))
            child++;
        if (key_of(&refused->kept[at]) >= key_of(&refused->kept[child]))
            break;
        swap(&refused->kept[at], &refused->kept[child]);
    }
}

tnas_status tnas_refused_offer(tnas_refused *refused, const tnas_candidate *candidate)
{
    if (refused->kept == NULL)
        refused->kept = tnas_alloc_zero(TNAS_REFUSED_MAX, sizeof *refused->kept);
    if (refused->kept == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d refused architectures", TNAS_REFUSED_MAX);
    if (refused->count < TNAS_REFUSED_MAX) {
        refused->kept[refused->count++] = *candidate;
        rise(refused);
    } else if (key_of(candidate) < key_of(&refused->kept[0])) {
        refused->kept[0] = *candidate;
        sink(refused);
    }
    return TNAS_OK;
}

void tnas_refused_deinit(tnas_refused *refused)
{
    tnas_free(refused->kept);
    *refused = (tnas_refused){.kept = NULL};
}
