/* What the commands share when they print: version, numbers, tables, JSON, progress. */
#ifndef TNAS_CLI_OUTPUT_H
#define TNAS_CLI_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/commands.h"
#include "cli/progress_log.h"
#include "common/progress.h"
#include "common/version.h"

/* --format table: the report is made for people. Otherwise the command builds a result object,
 * and tnas_result_print writes it as JSON or CSV. */
bool tnas_wants_table(const tnas_arguments *arguments);

/* A result object that starts with "format" and "version". */
cJSON *tnas_json_result(const char *format);
/* Numbers that are not finite become null. */
void tnas_json_add(cJSON *object, const char *key, double value);

/* Prints the object to stdout as --format says, and releases it. As CSV: the array of objects
 * under `rows`, a line each, with the keys of the first as header; with rows NULL the object's
 * own texts and numbers as a single line. Shapes become "8x8x3", null an empty field. */
void tnas_result_print(const tnas_arguments *arguments, cJSON *object, const char *rows);

/* "49,152" */
const char *tnas_with_commas(long long value, char out[32]);

/* Half width of the 95 % Wilson interval of a share p of n. */
double tnas_wilson_half_width(double p, int n);

/* "tinynas 0.1.0 search --mcu ... --seed 1" as the first line of a table report. */
void tnas_print_header(const tnas_arguments *arguments);

/* Progress on stderr: one rewritten line on a terminal, a line every few seconds elsewhere.
 * Stops on SIGINT, SIGTERM and SIGHUP. */
typedef struct tnas_terminal {
    tnas_progress progress;
    bool terminal, quiet;
    bool line_open; /* an unfinished line is on the screen */
    tnas_pace pace;
    tnas_progress_log log; /* of tnas_terminal_log; the caller closes it */
} tnas_terminal;

void tnas_terminal_init(tnas_terminal *terminal, const tnas_arguments *arguments);
/* Ends an open line; call before printing anything else. */
void tnas_terminal_end(tnas_terminal *terminal);
/* Appends everything to a file as well; path NULL: no file. */
tnas_status tnas_terminal_log(tnas_terminal *terminal, const char *path);

#endif
