/* Which networks a training step runs: the phase says how many, which choices they may have, and
 * who teaches them. */
#include <assert.h>
#include <string.h>

#include "supernet/supernet.h"

/* Draws of one network before an equal one is accepted: the space may be small. */
enum { DRAWS_MAX = 16 };

static bool among(const tnas_arch *archs, int count, const tnas_arch *arch)
{
    /* Legal architectures are normalised: equal networks are equal bytes. */
    for (int i = 0; i < count; i++)
        if (memcmp(&archs[i], arch, sizeof *arch) == 0)
            return true;
    return false;
}

/* How many of each gene's largest choices the phase may draw, spans [gene_count]. What is neither
 * kernel nor depth has to do with width. */
static void find_spans(const tnas_space_config *config, const tnas_supernet_phase *phase,
                       uint8_t spans[TNAS_GENES_MAX])
{
    memset(spans, phase->expand_choices, TNAS_GENES_MAX);
    for (int i = 0; i < config->position_count; i++) {
        const tnas_position *const place = &config->positions[i];
        if (place->kernel_gene != TNAS_NONE)
            spans[place->kernel_gene] = phase->kernel_choices;
        if (place->depth_gene != TNAS_NONE)
            spans[place->depth_gene] = phase->depth_choices;
    }
}

static void sample(const tnas_gene_table *genes, const uint8_t *spans, tnas_rng *rng,
                   tnas_arch *out)
{
    memset(out, 0, sizeof *out);
    for (int gene = 0; gene < genes->gene_count; gene++) {
        const int count = genes->genes[gene].choice_count;
        const int span = spans[gene] < count ? spans[gene] : count;
        out->choice[gene] = (uint8_t)(count - span + (int)tnas_rng_below(rng, (uint32_t)span));
    }
    tnas_arch_normalize(genes, out);
}

void tnas_supernet_draw(const tnas_supernet_sampler *sampler, long step, tnas_arch *archs)
{
    const tnas_supernet_phase *const phase = sampler->phase;
    const tnas_gene_table *const genes = &sampler->supernet->config->genes;
    uint8_t spans[TNAS_GENES_MAX];
    find_spans(sampler->supernet->config, phase, spans);
    tnas_rng rng = tnas_rng_stream(sampler->seed, TNAS_RNG_SUBNET, (uint64_t)step);
    int count = 0;
    if (phase->nets != TNAS_PHASE_RANDOM)
        tnas_arch_largest(genes, &archs[count++]);
    if (phase->nets == TNAS_PHASE_SANDWICH && count < phase->net_count)
        tnas_arch_smallest(genes, &archs[count++]);
    for (; count < phase->net_count; count++) {
        int draws = 0;
        do
            sample(genes, spans, &rng, &archs[count]);
        while (among(archs, count, &archs[count]) && ++draws < DRAWS_MAX);
    }
}

/* Unit number `index` of a step, without its network. */
static tnas_unit unit_of(const tnas_supernet_sampler *sampler, int index)
{
    const tnas_supernet_phase *const phase = sampler->phase;
    tnas_unit unit = {.weight = 1.0f / (float)phase->net_count,
                      .label_smoothing = sampler->label_smoothing,
                      .teacher = TNAS_NONE};
    if (phase->nets == TNAS_PHASE_SANDWICH && index > 0) {
        unit.teacher = 0;
        unit.label_smoothing = 0;
    } else if (phase->teacher_share > 0) {
        unit.teacher = TNAS_TEACHER_FROZEN;
        unit.label_share = (float)(1 - phase->teacher_share);
    }
    return unit;
}

tnas_status tnas_supernet_units(void *context, long step, tnas_unit *units, int *unit_count)
{
    const tnas_supernet_sampler *const sampler = context;
    const int count = sampler->phase->net_count;
    assert(count >= 1 && count <= TNAS_UNITS_MAX);
    *unit_count = 0;
    tnas_arch archs[TNAS_UNITS_MAX];
    tnas_supernet_draw(sampler, step, archs);
    for (int i = 0; i < count; i++) {
        TNAS_TRY(tnas_supernet_view(sampler->supernet, &archs[i], &sampler->nets[i]));
        units[i] = unit_of(sampler, i);
        units[i].net = &sampler->nets[i];
    }
    *unit_count = count;
    return TNAS_OK;
}

double tnas_supernet_macs_per_step(const tnas_supernet *supernet, tnas_supernet_recipe recipe)
{
    enum { DRAWN_STEPS = 32 };
    const tnas_supernet_phase *phases;
    const int count = tnas_supernet_phases(recipe, &phases);
    double macs = 0;
    for (int p = 0; p < count; p++) {
        const tnas_supernet_sampler sampler = {.supernet = supernet, .phase = &phases[p]};
        for (long step = 0; step < DRAWN_STEPS; step++) {
            tnas_arch archs[TNAS_UNITS_MAX];
            tnas_supernet_draw(&sampler, step, archs);
            for (int i = 0; i < phases[p].net_count; i++) {
                tnas_graph graph;
                tnas_space_decode(supernet->config, &archs[i], &graph, NULL);
                macs += phases[p].step_share * (double)tnas_graph_macs(&graph) / DRAWN_STEPS;
            }
        }
    }
    return macs;
}
