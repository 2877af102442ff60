/* What `tinynas data info` prints about a data set. */
#ifndef TNAS_CLI_DATA_INFO_H
#define TNAS_CLI_DATA_INFO_H

#include "cli/commands.h"
#include "data/dataset.h"

tnas_status tnas_data_info_print(const tnas_arguments *arguments, const tnas_dataset *dataset);

#endif
