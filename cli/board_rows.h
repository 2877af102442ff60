/* The measurements that compare and calibrate read: --measurements, narrowed to --mcu, --runtime
 * and --runtime-version, with the graphs of --graphs. */
#ifndef TNAS_CLI_BOARD_ROWS_H
#define TNAS_CLI_BOARD_ROWS_H

#include <cjson/cJSON.h>

#include "cli/commands.h"
#include "common/io.h"
#include "estimators/mcu.h"
#include "estimators/measurements.h"

enum { TNAS_RUNTIME_BYTES = 48 };

/* A runtime's name as profiles spell it: small letters, hyphens for blanks. Fails when it is
 * empty, too long, or holds what profiles do not; `what` opens the sentence. */
tnas_status tnas_runtime_spell(const char *what, const char *text, char out[TNAS_RUNTIME_BYTES]);

/* --runtime so spelt, "tinynas" when it is not given. Checks --runtime-version, too. */
tnas_status tnas_arguments_runtime(const tnas_arguments *arguments, char out[TNAS_RUNTIME_BYTES]);

/* The places of --graphs (estimators/networks.h), else the shipped folder. */
tnas_status tnas_arguments_graphs(const tnas_arguments *arguments, char out[TNAS_PATH_BYTES]);

/* Rows of this part (by the profile's name, else by its part), runtime and version. Rows that
 * state no version are taken for any. Fails when there are none; the sentence lists what the
 * file has instead. `clock_mhz` is assumed where neither --clock-mhz nor the file says;
 * `memory` is that of the model that meets the rows. */
tnas_status tnas_board_rows_load(const tnas_arguments *arguments, const tnas_mcu *mcu,
                                 double clock_mhz, const tnas_memory_terms *memory,
                                 tnas_measurements *out);

/* Names of the rows that have no graph or no clock, each once, as an array of texts. */
cJSON *tnas_board_rows_without_graph(const tnas_measurements *rows);

/* Lines for people: the rows without a graph, the columns that mean nothing; or nothing. */
void tnas_board_rows_print_left_out(const tnas_measurements *rows);

#endif
