/* Scores of predictions against measurements, as compare and calibrate print them. */
#ifndef TNAS_CLI_SCORES_H
#define TNAS_CLI_SCORES_H

#include <cjson/cJSON.h>

#include "estimators/compare.h"

/* A compared row in milliseconds, at the clock of its measurement or else at `clock_mhz`. */
typedef struct tnas_row_times {
    double measured, predicted, low, high;
} tnas_row_times;

tnas_row_times tnas_row_times_of(const tnas_compared_row *row, double clock_mhz);

/* Keys n, mape, median_ape ... of docs/measurements.md into an object. */
void tnas_json_add_scores(cJSON *o, const tnas_scores *scores);

/* Two lines that start with `what`; nothing for 0 rows. */
void tnas_scores_print(const char *what, const tnas_scores *scores);

#endif
