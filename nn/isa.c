/* Which instruction set the training kernels use. nn calls no BLAS: the choice here decides every
 * bit of a training run. cli/main.c makes OpenBLAS, which fits latency models, follow it. */
#include "common/processor.h"
#include "nn/kernels.h"

extern const tnas_kernels tnas_kernels_generic;
#ifdef __x86_64__
extern const tnas_kernels tnas_kernels_v2, tnas_kernels_v3, tnas_kernels_v4;
#endif

static const tnas_kernels *const tables[TNAS_ISA_COUNT] = {
    [TNAS_ISA_GENERIC] = &tnas_kernels_generic,
#ifdef __x86_64__
    [TNAS_ISA_V2] = &tnas_kernels_v2,
    [TNAS_ISA_V3] = &tnas_kernels_v3,
    [TNAS_ISA_V4] = &tnas_kernels_v4,
#endif
};

const tnas_kernels *tnas_kernels_find(const char *isa)
{
    const int index = tnas_isa_parse(isa);
    return index >= 0 && tnas_isa_runs((tnas_isa)index) ? tables[index] : NULL;
}

tnas_status tnas_kernels_choose(const tnas_kernels **out)
{
    *out = NULL;
    tnas_isa isa;
    TNAS_TRY(tnas_isa_choose(&isa));
    *out = tables[isa];
    return TNAS_OK;
}
