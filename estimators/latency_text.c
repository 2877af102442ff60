/* What a reader should know next to a latency: its source, and what is doubtful about it. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "estimators/latency.h"

void tnas_latency_describe(const tnas_latency_model *model, char *out, size_t out_bytes)
{
    char error[48] = "";
    if (isfinite(model->error_net_out))
        snprintf(error, sizeof error, ", net out %.1f %%", 100 * model->error_net_out);
    if (model->row_count == 0) /* the source of a prior says that it is one */
        snprintf(out, out_bytes, "%s", model->source);
    else
        snprintf(out, out_bytes, "%d row%s%s; %s", model->row_count,
                 model->row_count == 1 ? "" : "s", error, model->source);
}

static void add_sentence(char *out, size_t out_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_sentence(char *out, size_t out_bytes, const char *format, ...)
{
    size_t used = strlen(out);
    if (used > 0 && used + 2 < out_bytes) {
        memcpy(out + used, "; ", 3);
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, out_bytes - used, format, arguments);
    va_end(arguments);
}

void tnas_latency_doubts(const tnas_latency_model *model, const double *x, char *out,
                         size_t out_bytes)
{
    /* A term that carries a fifth of the time with a deviation of half its size can move the
     * total by 10 %, as much as a whole interval. */
    enum { SHARE_PERCENT = 20 };
    const double deviation_max = 0.5;
    out[0] = '\0';
    if (model->row_count == 0)
        add_sentence(out, out_bytes, "prior, 0 measurements of %s on this part", model->runtime);
    else if (model->row_count < 3)
        add_sentence(out, out_bytes, "only %d measurement%s", model->row_count,
                     model->row_count == 1 ? "" : "s");
    const tnas_family family = tnas_family_of(x);
    if (model->row_count > 0 && model->family_rows[family] == 0)
        add_sentence(out, out_bytes, "no %s network was measured", tnas_family_text(family));
    else if (model->row_count > 0 && !tnas_latency_knows_family(model, family))
        add_sentence(out, out_bytes, "only %d %s network%s measured", model->family_rows[family],
                     tnas_family_text(family), model->family_rows[family] == 1 ? " was" : "s were");
    double shares[TNAS_FEATURE_COUNT];
    tnas_latency_shares(model, x, shares);
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++) {
        if (shares[f] * 100 < SHARE_PERCENT)
            continue;
        if (model->row_count > 0 && model->term_rows[f] == 0)
            add_sentence(out, out_bytes, "%s carries %.0f %% and was never measured",
                         tnas_feature_name(f), 100 * shares[f]);
        else if (tnas_latency_term_deviation(model, f) > deviation_max)
            add_sentence(out, out_bytes, "%s carries %.0f %% and is uncertain",
                         tnas_feature_name(f), 100 * shares[f]);
    }
}
