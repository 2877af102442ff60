/* The variant for cores with MVE: its kernels read plain C's constants. */
#include "quant/variant.h"
#include "runtime/mve/tnrt_mve_kernels.h"

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL) TNRT_MVE_KERNELS(KERNEL)
#undef KERNEL
};

static tnas_status pack(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params)
{
    return tnas_variant_c.pack(model, op, kernel, weights, params);
}

const tnas_variant tnas_variant_mve = {
    .target = &tnas_target_tinynas_mve,
    .kernels = kernels,
    .pack = pack,
    .folder = "mve",
};
