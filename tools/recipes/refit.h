/* Carrying recipes out: the rows, the prior, the fit, the profile. */
#ifndef TNAS_TOOLS_REFIT_H
#define TNAS_TOOLS_REFIT_H

#include "estimators/mcu.h"
#include "estimators/measurements.h"
#include "tools/recipes/recipes.h"

/* The rows of a recipe that have a network and a time. */
typedef struct tnas_recipe_rows {
    tnas_measurements sets[TNAS_RECIPE_SETS_MAX];
    int set_count;
    tnas_measurements all; /* rows of all sets; borrows from them, not to be deinitialised */
} tnas_recipe_rows;

bool tnas_row_file_available(tnas_row_file file);
/* clock_mhz: where the rows are silent; 0: unknown. */
tnas_status tnas_row_file_load(tnas_row_file file, const char *mcu, const char *runtime,
                               const char *version, double clock_mhz,
                               const tnas_memory_terms *memory, tnas_measurements *out);

/* False when the recipe needs the folder of shared data and that is not there. */
bool tnas_recipe_available(const tnas_recipe *recipe);

tnas_status tnas_recipe_rows_load(const tnas_recipe *recipe, tnas_recipe_rows *out);
void tnas_recipe_rows_deinit(tnas_recipe_rows *rows);

/* The prior of the fit: the recipe's own, or what its kin's rows give, handed on. */
tnas_status tnas_recipe_prior(const tnas_recipe *recipe, tnas_latency_model *out);
tnas_status tnas_recipe_fit(const tnas_recipe *recipe, tnas_latency_model *out);

/* Fits the models of a profile again and puts them in place of those in it. Same files, same
 * models. What needs shared data that are not there stays as it is; *skipped counts it. */
tnas_status tnas_profile_refit(tnas_mcu *mcu, int *skipped);

#endif
