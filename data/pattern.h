/* A named part of a file name: "{speaker}", in a pattern like "*_{speaker}_*". */
#ifndef TNAS_DATA_PATTERN_H
#define TNAS_DATA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/status.h"

/* One {name} and any number of *. TNAS_ERR_USAGE. */
tnas_status tnas_pattern_check(const char *pattern);

/* Does the last part of `path` (all of it when the pattern has a /) match? Each * and the named
 * part are as short as can be and have no /; the named part is never empty, and a * at the end
 * takes all that is left. The named part is written to out. */
bool tnas_pattern_match(const char *pattern, const char *path, char *out, size_t out_bytes);

#endif
