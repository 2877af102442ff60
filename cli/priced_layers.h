/* The layer table of a priced network. */
#ifndef TNAS_CLI_PRICED_LAYERS_H
#define TNAS_CLI_PRICED_LAYERS_H

#include <cjson/cJSON.h>

#include "cli/priced.h"

/* "3x3/2" of a window, "" where there is none. */
void tnas_window_text(const tnas_op *op, char out[32]);

/* Of all operators that the step's kernel computes. */
int64_t tnas_priced_step_macs(const tnas_priced *p, const tnas_step *step);

/* At the part's clock. */
double tnas_priced_ms(const tnas_priced *p, double cycles);

/* Step `index` with the keys of `tinynas estimate --layers --format json`; times are null without
 * a latency model. */
cJSON *tnas_priced_layer(const tnas_priced *p, int index);

#endif
