#include "nas/draws.h"

#include <string.h>

#include "common/alloc.h"

void tnas_draws_init(tnas_draws *draws, const tnas_gene_table *genes, tnas_price_fn *price,
                     void *price_context)
{
    *draws = (tnas_draws){.genes = genes, .price = price, .price_context = price_context};
}

void tnas_draws_deinit(tnas_draws *draws)
{
    tnas_free(draws->seen);
    draws->seen = NULL;
}

/* The cell of a key: where it is, or where it belongs. */
static uint64_t *find_cell(uint64_t *cells, size_t capacity, uint64_t key)
{
    size_t i = (size_t)key & (capacity - 1);
    while (cells[i] != 0 && cells[i] != key)
        i = (i + 1) & (capacity - 1);
    return &cells[i];
}

/* Keeps the table at most half full. */
static tnas_status make_room(tnas_draws *draws)
{
    if (2 * (draws->seen_count + 1) <= draws->seen_capacity)
        return TNAS_OK;
    const size_t capacity = draws->seen_capacity > 0 ? 2 * draws->seen_capacity : 1024;
    uint64_t *const cells = tnas_alloc_zero(capacity, sizeof *cells);
    if (cells == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "hashes of %zu architectures", capacity / 2);
    for (size_t i = 0; i < draws->seen_capacity; i++)
        if (draws->seen[i] != 0)
            *find_cell(cells, capacity, draws->seen[i]) = draws->seen[i];
    tnas_free(draws->seen);
    draws->seen = cells;
    draws->seen_capacity = capacity;
    return TNAS_OK;
}

/* True when the hash was not there before. */
static tnas_status insert(tnas_draws *draws, uint64_t hash, bool *is_new)
{
    TNAS_TRY(make_room(draws));
    const uint64_t key = hash != 0 ? hash : 1; /* 0 marks a free cell */
    uint64_t *const cell = find_cell(draws->seen, draws->seen_capacity, key);
    *is_new = *cell == 0;
    *cell = key;
    draws->seen_count += *is_new;
    return TNAS_OK;
}

static void count(tnas_draws *draws, const tnas_candidate *candidate)
{
    tnas_draw_counts *const counts = &draws->counts;
    if (counts->drawn == 0 || candidate->cost.overshoot < draws->nearest.cost.overshoot)
        draws->nearest = *candidate;
    counts->drawn++;
    counts->feasible += candidate->cost.over == 0;
    for (int limit = 0; limit < TNAS_LIMIT_COUNT; limit++)
        counts->over[limit] += (candidate->cost.over >> limit) & 1u;
}

tnas_status tnas_draws_add(tnas_draws *draws, const tnas_arch *arch, tnas_candidate *out,
                           tnas_draw_result *result)
{
    *result = TNAS_DRAW_KNOWN;
    *out = (tnas_candidate){.arch = *arch, .hash = tnas_arch_hash(draws->genes, arch)};
    bool is_new;
    TNAS_TRY(insert(draws, out->hash, &is_new));
    if (!is_new)
        return TNAS_OK;
    TNAS_TRY(draws->price(draws->price_context, arch, &out->cost));
    count(draws, out);
    *result = out->cost.over == 0 ? TNAS_DRAW_FITS : TNAS_DRAW_REFUSED;
    return TNAS_OK;
}
