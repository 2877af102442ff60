#include "study/front_rows.h"

#include <math.h>

#include "common/alloc.h"
#include "nas/front.h"

static int count_front(const tnas_candidate_row *rows, int row_count)
{
    int count = 0;
    for (int i = 0; i < row_count; i++)
        count += rows[i].on_front;
    return count;
}

static tnas_candidate candidate_of(const tnas_candidate_row *row)
{
    return (tnas_candidate){
        .accuracy = row->accuracy,
        .source = row->predicted ? TNAS_SCORE_PREDICTED : TNAS_SCORE_MEASURED,
        .cost = {.footprint = {.flash_bytes = row->flash_bytes, .sram_bytes = row->sram_bytes},
                 .has_latency = !isnan(row->latency_ms),
                 .latency_ms = row->latency_ms},
    };
}

tnas_status tnas_front_rows_mark(tnas_candidate_row *rows, int row_count, int *count)
{
    *count = count_front(rows, row_count);
    if (*count > 0 || row_count == 0)
        return TNAS_OK;
    tnas_candidate *const candidates = tnas_alloc_zero((size_t)row_count, sizeof *candidates);
    if (candidates == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d candidates", row_count);
    for (int i = 0; i < row_count; i++)
        candidates[i] = candidate_of(&rows[i]);
    int *front;
    const tnas_status status = tnas_front_find(candidates, row_count, &front, count);
    tnas_free(candidates);
    TNAS_TRY(status);
    for (int i = 0; i < *count; i++)
        rows[front[i]].on_front = true;
    tnas_free(front);
    return TNAS_OK;
}
