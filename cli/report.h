/* Lines that several commands print about a network's price, in one shape. */
#ifndef TNAS_CLI_REPORT_H
#define TNAS_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "estimators/estimate.h"

/* "flash  814,220 of 2,097,152 bytes, slack 1,282,932 (61.2 %)  FITS"; `where` may be NULL. */
void tnas_report_bytes(const char *name, size_t used_bytes, size_t reserve_bytes,
                       size_t limit_bytes, const char *where);

/* A latency and its limit (INFINITY: none), tested against the mean or the upper end. */
typedef struct tnas_latency_line {
    double ms, low_ms, high_ms, upper_ms, limit_ms;
    bool limit_at_mean;
    const char *facts; /* rows, errors, source */
} tnas_latency_line;

/* "latency  41.2 ms +- 3.1 (90 %), FACTS", or "-2.0 +8.5" of a wide interval, then both ends and
 * the limit. */
void tnas_report_latency(const tnas_latency_line *line);

/* Milliseconds with three digits that say something: "0.0412", "4.12", "412". */
const char *tnas_ms_text(double ms, char out[24]);

#endif
