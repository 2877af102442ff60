#include "cli/scores.h"

#include <math.h>
#include <stdio.h>

#include "cli/board_rows.h"
#include "cli/output.h"

tnas_row_times tnas_row_times_of(const tnas_compared_row *row, double clock_mhz)
{
    const double clock = row->row->clock_mhz > 0 ? row->row->clock_mhz : clock_mhz;
    return (tnas_row_times){
        .measured = tnas_cycles_to_ms(row->row->cycles, clock),
        .predicted = tnas_cycles_to_ms(row->predicted.cycles, clock),
        .low = tnas_cycles_to_ms(row->predicted.low_cycles, clock),
        .high = tnas_cycles_to_ms(row->predicted.high_cycles, clock),
    };
}

void tnas_json_add_scores(cJSON *o, const tnas_scores *s)
{
    char name[128];
    cJSON_AddNumberToObject(o, "n", s->n);
    tnas_json_add(o, "mape", s->mape);
    tnas_json_add(o, "median_ape", s->median_ape);
    tnas_json_add(o, "p90_ape", s->p90_ape);
    tnas_json_add(o, "within_5", s->within_5);
    tnas_json_add(o, "within_10", s->within_10);
    tnas_json_add(o, "within_15", s->within_15);
    tnas_json_add(o, "worst_ape", s->worst_ape);
    cJSON_AddStringToObject(
        o, "worst_model",
        s->worst != NULL ? tnas_measurement_name(s->worst->row, name, sizeof name) : "");
    tnas_json_add(o, "pearson", s->pearson);
    tnas_json_add(o, "spearman", s->spearman);
    tnas_json_add(o, "kendall", s->kendall);
    tnas_json_add(o, "coverage_90", s->coverage_90);
    tnas_json_add(o, "macs_only_mape", s->macs_only_mape);
}

void tnas_scores_print(const char *what, const tnas_scores *s)
{
    char name[128];
    if (s->n == 0)
        return;
    printf("%-10s %d row%s: mean error %.1f %%, median %.1f, 90th percentile %.1f, worst %.1f "
           "(%s)\n",
           what, s->n, s->n == 1 ? "" : "s", 100 * s->mape, 100 * s->median_ape, 100 * s->p90_ape,
           100 * s->worst_ape, tnas_measurement_name(s->worst->row, name, sizeof name));
    printf("           within 5 / 10 / 15 %%: %.0f / %.0f / %.0f %% of them; the 90 %% interval "
           "holds %.0f %%",
           100 * s->within_5, 100 * s->within_10, 100 * s->within_15, 100 * s->coverage_90);
    if (isfinite(s->spearman))
        printf("; Pearson %.3f, Spearman %.3f, Kendall %.3f", s->pearson, s->spearman, s->kendall);
    printf("\n");
}
