#include "common/processor.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
#define ISA_TEXT(name, text) text,
    TNAS_ISAS(ISA_TEXT)
#undef ISA_TEXT
};

int tnas_isa_parse(const char *text)
{
    for (int i = 0; i < TNAS_ISA_COUNT; i++)
        if (strcmp(texts[i], text) == 0)
            return i;
    return -1;
}

/* As far as the processor can be asked. */
bool tnas_isa_runs(tnas_isa isa)
{
#ifdef __x86_64__
    const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    const bool runs[TNAS_ISA_COUNT] = {true, v2, v3, v4};
    return runs[isa];
#else
    return isa == TNAS_ISA_GENERIC;
#endif
}

tnas_status tnas_isa_choose(tnas_isa *out)
{
    *out = TNAS_ISA_GENERIC;
    const char *const wanted = getenv("TINYNAS_ISA");
    if (wanted != NULL) {
        const int isa = tnas_isa_parse(wanted);
        if (isa < 0 || !tnas_isa_runs((tnas_isa)isa))
            return tnas_fail(TNAS_ERR_USAGE,
                             "TINYNAS_ISA=%s: must be v2, v3, v4 or generic, and one that this "
                             "processor runs",
                             wanted);
        *out = (tnas_isa)isa;
        return TNAS_OK;
    }
    for (int isa = 0; isa < TNAS_ISA_COUNT; isa++)
        if (tnas_isa_runs((tnas_isa)isa))
            *out = (tnas_isa)isa;
    return TNAS_OK;
}
