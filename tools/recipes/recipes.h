/* Which latency models configs/mcus ships: the measurements, the prior, the kin. */
#ifndef TNAS_TOOLS_RECIPES_H
#define TNAS_TOOLS_RECIPES_H

#include "estimators/priors.h"

/* Files of measurements. Those whose licence is not known are not shipped: they lie in the
 * folder of shared data, $SHARED/boards. */
typedef enum tnas_row_file {
    TNAS_ROWS_NONE,
    TNAS_ROWS_TINYENGINE_H743,
    TNAS_ROWS_F746,
    TNAS_ROWS_H743_LAYERS,
    TNAS_ROWS_MLPERF,
    TNAS_ROWS_GAP8,
    TNAS_ROWS_ZOO,     /* not shipped */
    TNAS_ROWS_PAPER,   /* not shipped */
    TNAS_ROWS_COUNTED, /* instructions on an emulated Cortex-M7 or M55, no time */
} tnas_row_file;

/* Some rows of a file. Texts as the file has them; NULL: those of the recipe. */
typedef struct tnas_row_set {
    tnas_row_file file;
    const char *mcu;     /* start of the part's name */
    const char *version; /* where the file writes it otherwise, or not at all */
    const char *model;   /* this network alone */
    bool layers;         /* single layers alone: the total is their sum */
} tnas_row_set;

enum { TNAS_RECIPE_SETS_MAX = 2 };

typedef struct tnas_recipe {
    const char *mcu, *runtime, *version; /* as the profile has them */
    tnas_row_set sets[TNAS_RECIPE_SETS_MAX];
    tnas_prior_kind prior;
    /* The prior is handed on from what the rows of that recipe of the same runtime give, fitted
     * from its own prior: kin may name each other. NULL: none. */
    const char *kin_mcu, *kin_version;
    tnas_memory_terms memory; /* GAP8 has its own */
    bool drops_dead;          /* the runtime leaves out channels whose weights are all 0 */
    double clock_mhz;         /* assumed where the rows are silent; 0: they are not */
    const char *source;
    const char *apart; /* part of the names of networks that are neither fitted nor judged */
} tnas_recipe;

int tnas_recipe_count(void);
const tnas_recipe *tnas_recipe_at(int index);
const tnas_recipe *tnas_recipe_find(const char *mcu, const char *runtime, const char *version);

typedef struct tnas_ratio_rows {
    tnas_row_file file; /* TNAS_ROWS_NONE: no ratio */
    const char *mcu, *runtime, *version;
    double clock_mhz; /* assumed where the rows are silent; 0: they are not */
} tnas_ratio_rows;

/* A model without measurements of this runtime on this part: a kin's, scaled. */
typedef struct tnas_hand_on {
    const char *mcu, *runtime, *version;
    const char *kin_mcu, *kin_runtime; /* the newest model of that profile */
    double factor;                     /* of the kin's cycles */
    /* Coefficients are fitted to the instructions that this runtime executes in an emulator, in
     * place of the kin's, which leaves its uncertainty. NULL: the kin's stay. */
    const char *counted;
    /* The factor is the median ratio of the cycles that the two sets of rows have for one network,
     * `factor` then multiplies it. */
    tnas_ratio_rows ratio, ratio_kin;
    double term_tau, shift_tau; /* what is unknown on top of the kin's own uncertainty */
    const char *why;
} tnas_hand_on;

int tnas_hand_on_count(void);
const tnas_hand_on *tnas_hand_on_at(int index);

#endif
