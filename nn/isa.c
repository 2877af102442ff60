/* Which instruction set the training kernels use. nn calls no BLAS: the choice here decides every
 * bit of a training run. cli/main.c makes OpenBLAS, which fits latency models, follow it. */
#include <stdlib.h>
#include <string.h>

#include "nn/kernels.h"

extern const tnas_kernels tnas_kernels_generic;
#ifdef __x86_64__
extern const tnas_kernels tnas_kernels_v2, tnas_kernels_v3, tnas_kernels_v4;
#endif

/* Best first; the last always runs. */
static const tnas_kernels *const tables[] = {
#ifdef __x86_64__
    &tnas_kernels_v4,
    &tnas_kernels_v3,
    &tnas_kernels_v2,
#endif
    &tnas_kernels_generic,
};
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

/* What the compiler may have used at that level, as far as it can be asked. */
static bool processor_runs(const tnas_kernels *table)
{
#ifdef __x86_64__
    const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (table == &tnas_kernels_v4)
        return v4;
    if (table == &tnas_kernels_v3)
        return v3;
    if (table == &tnas_kernels_v2)
        return v2;
#endif
    (void)table;
    return true;
}

const tnas_kernels *tnas_kernels_find(const char *isa)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        if (strcmp(tables[i]->isa, isa) == 0)
            return processor_runs(tables[i]) ? tables[i] : NULL;
    return NULL;
}

tnas_status tnas_kernels_choose(const tnas_kernels **out)
{
    *out = NULL;
    const char *const wanted = getenv("TINYNAS_ISA");
    if (wanted != NULL) {
        *out = tnas_kernels_find(wanted);
        if (*out == NULL)
            return tnas_fail(TNAS_ERR_USAGE,
                             "TINYNAS_ISA=%s: must be v2, v3, v4 or generic, and one that this "
                             "processor runs",
                             wanted);
        return TNAS_OK;
    }
    for (int i = 0; *out == NULL; i++)
        if (processor_runs(tables[i]))
            *out = tables[i];
    return TNAS_OK;
}
