/* Stage 1 of TinyNAS: the space whose feasible random networks compute most is likely to hold
 * the most accurate one (Lin et al., "MCUNet", NeurIPS 2020, section 3.1). Nothing is trained.
 * Differs: draws are distinct, so that a small space is not counted with repetitions, and the
 * smallest network is always among them, so that "none fits" is believed for tight limits. */
#include <string.h>

#include "nas/draws.h"

/* A space with fewer networks than samples runs out; then it stops after so many draws for
 * each sample. */
enum { DRAWS_PER_SAMPLE = 20 };

tnas_status tnas_space_score_compute(const tnas_gene_table *genes, tnas_price_fn *price,
                                     void *price_context, uint64_t seed, int samples,
                                     tnas_space_score *out)
{
    memset(out, 0, sizeof *out);
    tnas_draws draws;
    tnas_draws_init(&draws, genes, price, price_context);
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_SPACE, 0);
    const long draws_max = (long)samples * DRAWS_PER_SAMPLE;
    double macs = 0;
    tnas_status status = TNAS_OK;
    for (long draw = 0; draw < draws_max && draws.counts.drawn < samples; draw++) {
        tnas_arch arch;
        tnas_candidate candidate;
        tnas_draw_result result;
        if (draw == 0)
            tnas_arch_smallest(genes, &arch);
        else
            tnas_arch_sample(genes, &rng, &arch);
        status = tnas_draws_add(&draws, &arch, &candidate, &result);
        if (status != TNAS_OK)
            break;
        if (result == TNAS_DRAW_FITS)
            macs += (double)candidate.cost.macs;
    }
    if (status == TNAS_OK) {
        out->drawn = (int)draws.counts.drawn;
        out->feasible = (int)draws.counts.feasible;
        memcpy(out->over, draws.counts.over, sizeof out->over);
        out->mean_macs = out->feasible > 0 ? macs / out->feasible : 0;
        out->nearest = draws.nearest;
    }
    tnas_draws_deinit(&draws);
    return status;
}
