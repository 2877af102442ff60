/* What `tinynas study` prints of a study's candidates. */
#ifndef TNAS_CLI_STUDY_ROWS_H
#define TNAS_CLI_STUDY_ROWS_H

#include "cli/commands.h"
#include "study/store.h"

/* The target that --target names; else the one that finished last; else the newest. */
tnas_status tnas_study_choose_target(const tnas_arguments *arguments, tnas_store_db *db,
                                     const char *folder, tnas_target_row *out);

/* `study trials`: every candidate; `study pareto`: the front. */
tnas_status tnas_study_print_trials(const tnas_arguments *arguments, const char *folder);
tnas_status tnas_study_print_pareto(const tnas_arguments *arguments, const char *folder);

#endif
