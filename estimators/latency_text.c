#include <math.h>
#include <stdio.h>

#include "estimators/latency.h"

void tnas_latency_describe(const tnas_latency_model *model, char *out, size_t out_bytes)
{
    char error[48] = "";
    if (isfinite(model->error_net_out))
        snprintf(error, sizeof error, ", net out %.1f %%", 100 * model->error_net_out);
    if (model->row_count == 0)
        snprintf(out, out_bytes, "prior, 0 measurements; %s", model->source);
    else
        snprintf(out, out_bytes, "%d rows%s; %s", model->row_count, error, model->source);
}
