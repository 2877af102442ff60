/* Recipes: how the networks of a supernet take turns at being trained.
 *
 * A recipe is a list of phases. A phase is a training of its own, with its own rise and fall of the
 * learning rate; it says which networks a step runs, which choices of the genes these may have,
 * and who teaches them. Everything is a function of (recipe, phase, seed, step). docs/supernet.md
 * has the tables with their sources and how the recipes compare. */
#ifndef TNAS_SUPERNET_PHASES_H
#define TNAS_SUPERNET_PHASES_H

#include "nn/engine.h"

/*  name         text           what it is */
#define TNAS_SUPERNET_RECIPES(X)                                                                   \
    X(UNIFORM, "uniform", "random networks, each on the labels, gradients averaged")               \
    X(SANDWICH, "sandwich", "the largest on the labels; smallest and random on its softmax")       \
    X(MCUNET, "mcunet", "the largest first, its channels sorted, then random networks")            \
    X(PROGRESSIVE, "progressive", "the largest first, then kernels, depths and widths shrink")

typedef enum tnas_supernet_recipe {
#define TNAS_SUPERNET_RECIPE_ENUM(name, text, what) TNAS_SUPERNET_##name,
    TNAS_SUPERNET_RECIPES(TNAS_SUPERNET_RECIPE_ENUM)
#undef TNAS_SUPERNET_RECIPE_ENUM
        TNAS_SUPERNET_RECIPE_COUNT
} tnas_supernet_recipe;

const char *tnas_supernet_recipe_text(tnas_supernet_recipe recipe);
/* TNAS_ERR_USAGE with the known recipes when the text is none of them. */
tnas_status tnas_supernet_recipe_parse(const char *text, tnas_supernet_recipe *out);

/* Where a network with a smaller window takes it from, in a supernet of this recipe. */
tnas_kernel_source tnas_supernet_recipe_kernels(tnas_supernet_recipe recipe);

typedef enum tnas_phase_nets {
    TNAS_PHASE_LARGEST, /* the largest network alone */
    TNAS_PHASE_RANDOM,
    TNAS_PHASE_SANDWICH /* the largest, the smallest, random ones; the first teaches the others */
} tnas_phase_nets;

enum { TNAS_PHASES_MAX = 8, TNAS_ALL_CHOICES = 255 };

typedef struct tnas_supernet_phase {
    const char *name; /* "elastic depth" */
    tnas_phase_nets nets;
    int net_count; /* of a step, 1..TNAS_UNITS_MAX */
    /* So many of a gene's largest choices may be drawn: 1 is the largest only. */
    uint8_t kernel_choices, depth_choices, expand_choices;
    /* Of the full network, as the first phase left it, in the target; 0: it does not teach. */
    double teacher_share;
    double step_share;  /* of all steps */
    double rate_factor; /* of the learning rate */
    bool sorts;         /* begins with tnas_supernet_sort */
} tnas_supernet_phase;

/* The recipe's phases; returns their number, 1..TNAS_PHASES_MAX. */
int tnas_supernet_phases(tnas_supernet_recipe recipe, const tnas_supernet_phase **phases);

/* The step at which phase number `phase` begins when the recipe has `steps` in all: 0 for the
 * first, `steps` for the one behind the last. A phase may be empty where steps are few. */
long tnas_supernet_phase_start(tnas_supernet_recipe recipe, int phase, long steps);

#endif
