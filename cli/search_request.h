/* What a search is asked for: the run configuration of --config, options over it. */
#ifndef TNAS_CLI_SEARCH_REQUEST_H
#define TNAS_CLI_SEARCH_REQUEST_H

#include "cli/commands.h"
#include "study/run_config.h"

/* *config receives file and options, *out what they ask for; its texts are borrowed from the
 * config and from the arguments. TNAS_ERR_USAGE when a part is named by neither. */
tnas_status tnas_search_request_read(const tnas_arguments *arguments, tnas_run_config *config,
                                     tnas_search_request *out);

#endif
