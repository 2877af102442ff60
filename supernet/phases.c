/* uniform      random networks on the labels, as the second half of Lin et al., "MCUNet", NeurIPS
 *              2020, but two a step at a higher rate: docs/supernet.md has the figures.
 * sandwich     Yu and Huang, "Universally Slimmable Networks", ICCV 2019; Yu et al., "BigNAS",
 *              ECCV 2020.
 * mcunet       Lin et al., "MCUNet", NeurIPS 2020, appendix: the largest for n epochs, then four
 *              random ones for 2 n.
 * progressive  Cai et al., "Once-for-All", ICLR 2020, appendix B: shares are the published epochs
 *              (180, 125, 25, 125, 25, 125), so are networks a step and the teacher's share. */
#include "supernet/phases.h"

#include <math.h>
#include <string.h>

#define LARGEST .kernel_choices = 1, .depth_choices = 1, .expand_choices = 1
#define ALL                                                                                        \
    .kernel_choices = TNAS_ALL_CHOICES, .depth_choices = TNAS_ALL_CHOICES,                         \
    .expand_choices = TNAS_ALL_CHOICES

static const tnas_supernet_phase uniform[] = {
    {"uniform", TNAS_PHASE_RANDOM, 2, ALL, .step_share = 1, .rate_factor = 1},
};

static const tnas_supernet_phase sandwich[] = {
    {"sandwich", TNAS_PHASE_SANDWICH, 4, ALL, .step_share = 1, .rate_factor = 0.5},
};

static const tnas_supernet_phase mcunet[] = {
    {"largest", TNAS_PHASE_LARGEST, 1, LARGEST, .step_share = 1.0 / 3, .rate_factor = 0.5},
    {"random", TNAS_PHASE_RANDOM, 4, ALL, .step_share = 2.0 / 3, .rate_factor = 0.5, .sorts = true},
};

enum { PUBLISHED_EPOCHS = 180 + 125 + 25 + 125 + 25 + 125 };
#define EPOCHS(n) .step_share = (n) / (double)PUBLISHED_EPOCHS

#define TAUGHT .teacher_share = 0.5, .rate_factor = 0.5

static const tnas_supernet_phase progressive[] = {
    {"largest", TNAS_PHASE_LARGEST, 1, LARGEST, EPOCHS(180), .rate_factor = 0.5},
    {"elastic kernel", TNAS_PHASE_RANDOM, 1, TNAS_ALL_CHOICES, 1, 1, EPOCHS(125), TAUGHT},
    {"elastic depth, 2 choices", TNAS_PHASE_RANDOM, 2, TNAS_ALL_CHOICES, 2, 1, EPOCHS(25), TAUGHT},
    {"elastic depth", TNAS_PHASE_RANDOM, 2, TNAS_ALL_CHOICES, TNAS_ALL_CHOICES, 1, EPOCHS(125),
     TAUGHT},
    {"elastic width, 2 choices", TNAS_PHASE_RANDOM, 4, TNAS_ALL_CHOICES, TNAS_ALL_CHOICES, 2,
     EPOCHS(25), TAUGHT, .sorts = true},
    {"elastic width", TNAS_PHASE_RANDOM, 4, ALL, EPOCHS(125), TAUGHT, .sorts = true},
};

typedef struct phase_list {
    tnas_kernel_source kernels;
    int phase_count;
    const tnas_supernet_phase *phases;
} phase_list;

#define RECIPE(kernels, phases)                                                                    \
    {                                                                                              \
        TNAS_KERNEL_##kernels, sizeof(phases) / sizeof(phases)[0], phases                          \
    }
static const phase_list recipes[TNAS_SUPERNET_RECIPE_COUNT] = {
    [TNAS_SUPERNET_UNIFORM] = RECIPE(CROP, uniform),
    [TNAS_SUPERNET_SANDWICH] = RECIPE(CROP, sandwich),
    [TNAS_SUPERNET_MCUNET] = RECIPE(CROP, mcunet),
    [TNAS_SUPERNET_PROGRESSIVE] = RECIPE(TRANSFORM, progressive),
};
#undef RECIPE

static const char *const texts[] = {
#define RECIPE_TEXT(name, text, what) text,
    TNAS_SUPERNET_RECIPES(RECIPE_TEXT)
#undef RECIPE_TEXT
};

const char *tnas_supernet_recipe_text(tnas_supernet_recipe recipe)
{
    return texts[recipe];
}

tnas_status tnas_supernet_recipe_parse(const char *text, tnas_supernet_recipe *out)
{
    *out = TNAS_SUPERNET_UNIFORM;
    for (int i = 0; i < TNAS_SUPERNET_RECIPE_COUNT; i++) {
        if (strcmp(text, texts[i]) == 0) {
            *out = (tnas_supernet_recipe)i;
            return TNAS_OK;
        }
    }
#define RECIPE_LIST(name, text, what) " " text
    return tnas_fail(TNAS_ERR_USAGE, "unknown supernet recipe \"%s\", known are:%s", text,
                     "" TNAS_SUPERNET_RECIPES(RECIPE_LIST));
#undef RECIPE_LIST
}

tnas_kernel_source tnas_supernet_recipe_kernels(tnas_supernet_recipe recipe)
{
    return recipes[recipe].kernels;
}

int tnas_supernet_phases(tnas_supernet_recipe recipe, const tnas_supernet_phase **phases)
{
    *phases = recipes[recipe].phases;
    return recipes[recipe].phase_count;
}

long tnas_supernet_phase_start(tnas_supernet_recipe recipe, int phase, long steps)
{
    if (phase == recipes[recipe].phase_count)
        return steps; /* whatever the shares round to */
    double before = 0;
    for (int i = 0; i < phase; i++)
        before += recipes[recipe].phases[i].step_share;
    return lround(before * (double)steps);
}
