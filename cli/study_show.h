/* What `tinynas study show` and a search on several parts print: a line per target. */
#ifndef TNAS_CLI_STUDY_SHOW_H
#define TNAS_CLI_STUDY_SHOW_H

#include "cli/commands.h"
#include "common/status.h"

/* Head of the study, a table of its targets, and what each target found; with --target that one
 * alone, with its finalists and what int8 costs their layers. */
tnas_status tnas_study_show(const tnas_arguments *arguments, const char *folder);

#endif
