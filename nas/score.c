/* Stage 1 of TinyNAS: the space whose feasible random networks compute most is likely to hold
 * the most accurate one (Lin et al., "MCUNet", NeurIPS 2020, section 3.1). Nothing is trained.
 * Differs: draws are distinct, so that a small space is not counted with repetitions, and the
 * smallest network is always among them, so that "none fits" is believed for tight limits. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "nas/draws.h"

/* A space with fewer networks than samples runs out; then it stops after so many draws for
 * each sample. */
enum { DRAWS_PER_SAMPLE = 20 };

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The least of the ascending values that a share of them do not exceed. */
static double percentile(const int64_t *macs, int count, int percent)
{
    return (double)macs[((long)percent * count + 99) / 100 - 1];
}

/* macs [samples]: of the feasible, in the order of drawing. */
static tnas_status draw(tnas_draws *draws, uint64_t seed, int samples, int64_t *macs)
{
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_SPACE, 0);
    const long draws_max = (long)samples * DRAWS_PER_SAMPLE;
    int fitting = 0;
    for (long i = 0; i < draws_max && draws->counts.drawn < samples; i++) {
        tnas_arch arch;
        tnas_candidate candidate;
        tnas_draw_result result;
        if (i == 0)
            tnas_arch_smallest(draws->genes, &arch);
        else
            tnas_arch_sample(draws->genes, &rng, &arch);
        TNAS_TRY(tnas_draws_add(draws, &arch, &candidate, &result));
        if (result == TNAS_DRAW_FITS)
            macs[fitting++] = candidate.cost.macs;
    }
    return TNAS_OK;
}

static void summarise(const tnas_draws *draws, int64_t *macs, tnas_space_score *out)
{
    const int count = (int)draws->counts.feasible;
    out->drawn = (int)draws->counts.drawn;
    out->feasible = count;
    memcpy(out->over, draws->counts.over, sizeof out->over);
    out->nearest = draws->nearest;
    if (count == 0)
        return;
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)macs[i];
    out->mean_macs = sum / count;
    qsort(macs, (size_t)count, sizeof *macs, ascending);
    out->p20_macs = percentile(macs, count, 20);
    out->p50_macs = percentile(macs, count, 50);
    out->p80_macs = percentile(macs, count, 80);
}

tnas_status tnas_space_score_compute(const tnas_gene_table *genes, tnas_price_fn *price,
                                     void *price_context, uint64_t seed, int samples,
                                     tnas_space_score *out)
{
    memset(out, 0, sizeof *out);
    int64_t *macs = tnas_alloc_zero((size_t)samples, sizeof *macs);
    if (macs == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d samples of a space", samples);
    tnas_draws draws;
    tnas_draws_init(&draws, genes, price, price_context);
    const tnas_status status = draw(&draws, seed, samples, macs);
    if (status == TNAS_OK)
        summarise(&draws, macs, out);
    tnas_draws_deinit(&draws);
    tnas_free(macs);
    return status;
}
