/* Which instruction set the host's int8 kernels use, and images that run on them. */
#include <assert.h>

#include "common/processor.h"
#include "quant/host_kernels.h"
#include "quant/image.h"

extern const tnas_host_kernels tnas_host_kernels_generic;
#ifdef __x86_64__
extern const tnas_host_kernels tnas_host_kernels_v2, tnas_host_kernels_v3, tnas_host_kernels_v4;
#endif

static const tnas_host_kernels *const tables[TNAS_ISA_COUNT] = {
    [TNAS_ISA_GENERIC] = &tnas_host_kernels_generic,
#ifdef __x86_64__
    [TNAS_ISA_V2] = &tnas_host_kernels_v2,
    [TNAS_ISA_V3] = &tnas_host_kernels_v3,
    [TNAS_ISA_V4] = &tnas_host_kernels_v4,
#endif
};

const tnas_host_kernels *tnas_host_kernels_find(const char *isa)
{
    const int index = tnas_isa_parse(isa);
    return index >= 0 && tnas_isa_runs((tnas_isa)index) ? tables[index] : NULL;
}

tnas_status tnas_host_kernels_choose(const tnas_host_kernels **out)
{
    *out = NULL;
    tnas_isa isa;
    TNAS_TRY(tnas_isa_choose(&isa));
    *out = tables[isa];
    return TNAS_OK;
}

const tnas_host_kernel *tnas_host_kernel_for(const tnas_host_kernels *table, tnrt_kernel *plain)
{
    for (int i = 0; i < table->count; i++)
        if (table->kernels[i].plain == plain)
            return &table->kernels[i];
    return NULL;
}

static size_t round_up(size_t bytes)
{
    return (bytes + TNRT_ARENA_ALIGN - 1) / TNRT_ARENA_ALIGN * TNRT_ARENA_ALIGN;
}

tnas_status tnas_image_use_host(tnas_image *image, const tnas_host_kernels *table)
{
    assert(image->variant == &tnas_variant_c);
    const size_t scratch_at = round_up(image->plan.arena_bytes);
    size_t scratch_bytes = TNAS_HOST_BEHIND;
    for (uint32_t i = 0; i < image->model.layer_count; i++) {
        const tnas_host_kernel *const kernel = tnas_host_kernel_for(table, image->layers[i].kernel);
        const size_t wanted = kernel != NULL ? kernel->scratch_bytes(&image->layers[i]) : 0;
        scratch_bytes = wanted > scratch_bytes ? wanted : scratch_bytes;
    }
    if (scratch_at + scratch_bytes > UINT32_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "arena of %zu bytes: offsets must fit 32 bits",
                         scratch_at + scratch_bytes);
    for (uint32_t i = 0; i < image->model.layer_count; i++) {
        const tnas_host_kernel *const kernel = tnas_host_kernel_for(table, image->layers[i].kernel);
        if (kernel == NULL)
            continue;
        image->layers[i].kernel = kernel->host;
        image->layers[i].scratch = (uint32_t)scratch_at;
    }
    image->model.arena_bytes = (uint32_t)(scratch_at + scratch_bytes);
    return TNAS_OK;
}
