/* Which networks a training step runs.
 *
 * uniform   four random networks on the labels: Lin et al., "MCUNet", NeurIPS 2020, appendix.
 * sandwich  largest, smallest and random ones, the largest teaching the others: Yu and Huang,
 *           "Universally Slimmable Networks", ICCV 2019; Yu et al., "BigNAS", ECCV 2020. */
#include <assert.h>
#include <string.h>

#include "supernet/supernet.h"

/* Draws of one network before an equal one is accepted: the space may be small. */
enum { DRAWS_MAX = 16 };

static const char *const rule_texts[] = {
#define TNAS_RULE_TEXT(name, text, what) text,
    TNAS_SUPERNET_RULES(TNAS_RULE_TEXT)
#undef TNAS_RULE_TEXT
};
enum { RULE_COUNT = sizeof rule_texts / sizeof rule_texts[0] };

const char *tnas_supernet_rule_text(tnas_supernet_rule rule)
{
    return rule_texts[rule];
}

tnas_status tnas_supernet_rule_parse(const char *text, tnas_supernet_rule *out)
{
    *out = TNAS_SUPERNET_UNIFORM;
    for (int i = 0; i < RULE_COUNT; i++) {
        if (strcmp(text, rule_texts[i]) == 0) {
            *out = (tnas_supernet_rule)i;
            return TNAS_OK;
        }
    }
#define TNAS_RULE_LIST(name, text, what) " " text
    return tnas_fail(TNAS_ERR_USAGE, "unknown supernet rule \"%s\", known are:%s", text,
                     "" TNAS_SUPERNET_RULES(TNAS_RULE_LIST));
#undef TNAS_RULE_LIST
}

static bool among(const tnas_arch *archs, int count, const tnas_arch *arch)
{
    /* Legal architectures are normalised: equal networks are equal bytes. */
    for (int i = 0; i < count; i++)
        if (memcmp(&archs[i], arch, sizeof *arch) == 0)
            return true;
    return false;
}

void tnas_supernet_draw(const tnas_supernet_sampler *sampler, long step, tnas_arch *archs)
{
    const tnas_gene_table *const genes = &sampler->supernet->config->genes;
    tnas_rng rng = tnas_rng_stream(sampler->seed, TNAS_RNG_SUBNET, (uint64_t)step);
    int count = 0;
    if (sampler->rule == TNAS_SUPERNET_SANDWICH) {
        tnas_arch_largest(genes, &archs[count++]);
        if (count < sampler->subnets)
            tnas_arch_smallest(genes, &archs[count++]);
    }
    for (; count < sampler->subnets; count++) {
        int draws = 0;
        do
            tnas_arch_sample(genes, &rng, &archs[count]);
        while (among(archs, count, &archs[count]) && ++draws < DRAWS_MAX);
    }
}

tnas_status tnas_supernet_units(void *context, long step, tnas_unit *units, int *unit_count)
{
    const tnas_supernet_sampler *const sampler = context;
    assert(sampler->subnets >= 1 && sampler->subnets <= TNAS_UNITS_MAX);
    *unit_count = 0;
    tnas_arch archs[TNAS_UNITS_MAX];
    tnas_supernet_draw(sampler, step, archs);
    for (int i = 0; i < sampler->subnets; i++) {
        TNAS_TRY(tnas_supernet_view(sampler->supernet, &archs[i], &sampler->nets[i]));
        const bool taught = sampler->rule == TNAS_SUPERNET_SANDWICH && i > 0;
        units[i] = (tnas_unit){.net = &sampler->nets[i],
                               .weight = 1.0f / (float)sampler->subnets,
                               .label_smoothing = taught ? 0.0f : sampler->label_smoothing,
                               .teacher = taught ? 0 : TNAS_NONE};
    }
    *unit_count = sampler->subnets;
    return TNAS_OK;
}
