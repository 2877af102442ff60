#include "study/search_target.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

static void print_bytes(char out[24], size_t bytes)
{
    if (bytes == SIZE_MAX)
        snprintf(out, 24, "none");
    else
        snprintf(out, 24, "%zu", bytes);
}

void tnas_search_target_key(const tnas_search_target *target, char out[TNAS_TARGET_KEY_BYTES])
{
    const tnas_limits *const limits = &target->limits;
    char flash[24], sram[24], latency[40] = "none", budget[40] = "";
    print_bytes(flash, limits->flash_bytes);
    print_bytes(sram, limits->sram_bytes);
    if (isfinite(limits->latency_ms))
        snprintf(latency, sizeof latency, "%.17g@%s", limits->latency_ms,
                 limits->latency_at_mean ? "mean" : "upper");
    if (target->budget_minutes > 0)
        snprintf(budget, sizeof budget, "/budget=%.17g", target->budget_minutes);
    snprintf(out, TNAS_TARGET_KEY_BYTES,
             "%s-%016llx/%s/flash=%s-%zu/sram=%s-%zu/latency=%s/work=%016llx%s", target->mcu,
             (unsigned long long)target->rules_hash, target->runtime, flash,
             limits->reserve_flash_bytes, sram, limits->reserve_sram_bytes, latency,
             (unsigned long long)target->work_hash, budget);
}
