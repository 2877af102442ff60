#include "cli/winner_json.h"

#include <math.h>

#include "cli/output.h"

void tnas_winner_add_json(cJSON *o, const tnas_winner *w)
{
    cJSON_AddStringToObject(o, "arch", w->arch);
    tnas_json_add(o, "accuracy_int8", w->accuracy_int8);
    tnas_json_add(o, "accuracy_float", w->accuracy_float);
    tnas_json_add(o, "accuracy_95_half_width",
                  tnas_wilson_half_width(w->accuracy_int8, w->test_count));
    tnas_json_add(o, "accuracy_validation", w->accuracy_validation);
    tnas_json_add(o, "accuracy_supernet", w->accuracy_supernet);
    cJSON_AddNumberToObject(o, "test_images", w->test_count);
    cJSON_AddNumberToObject(o, "macs", (double)w->macs);
    cJSON_AddNumberToObject(o, "flash_bytes", (double)w->flash_bytes);
    cJSON_AddNumberToObject(o, "sram_bytes", (double)w->sram_bytes);
    cJSON_AddNumberToObject(o, "stack_bytes", (double)w->stack_bytes);
    tnas_json_add(o, "latency_ms", w->has_latency ? w->latency_ms : NAN);
    tnas_json_add(o, "latency_low_ms", w->has_latency ? w->latency_low_ms : NAN);
    tnas_json_add(o, "latency_high_ms", w->has_latency ? w->latency_high_ms : NAN);
    tnas_json_add(o, "latency_upper_ms", w->has_latency ? w->latency_upper_ms : NAN);
    cJSON_AddStringToObject(o, "model", w->model);
    cJSON_AddNumberToObject(o, "drawn", (double)w->draws.drawn);
    const double drawn = w->draws.drawn > 0 ? (double)w->draws.drawn : NAN;
    tnas_json_add(o, "pruned_by_sram", (double)w->draws.over[TNAS_LIMIT_INDEX_SRAM] / drawn);
    tnas_json_add(o, "pruned_by_flash", (double)w->draws.over[TNAS_LIMIT_INDEX_FLASH] / drawn);
    tnas_json_add(o, "pruned_by_latency", (double)w->draws.over[TNAS_LIMIT_INDEX_LATENCY] / drawn);
    cJSON_AddNumberToObject(o, "seconds", w->seconds);
}
