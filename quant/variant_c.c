/* The plain C variant: constants as the model has them, biases folded. */
#include <string.h>

#include "quant/variant.h"
#include "runtime/tnrt_kernels.h"

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL)
#undef KERNEL
};

/* runtime/tnrt_requant.h: biases, multipliers, then the shifts as bytes. */
static tnas_status pack_filters(const tnas_model *model, int op, int8_t *weights, int32_t *params)
{
    const int channels = model->graph.tensors[model->graph.ops[op].out].c;
    int8_t *const shifts = (int8_t *)(params + 2 * channels);
    memcpy(weights, model->constants[op].weight_s8,
           (size_t)tnas_op_weight_count(&model->graph, op));
    for (int c = 0; c < channels; c++)
        TNAS_TRY(tnas_pack_channel(model, op, c, &params[c], &params[channels + c], &shifts[c]));
    return TNAS_OK;
}

static void pack_add(const tnas_model *model, int op, int32_t *params)
{
    int8_t shifts[3];
    tnas_pack_add(model, op, params, shifts);
    for (int i = 0; i < 3; i++)
        params[3 + i] = shifts[i];
}

static tnas_status pack(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params)
{
    (void)kernel;
    const int kind = model->graph.ops[op].kind;
    if (tnas_op_has(kind, TNAS_OP_FILTERS))
        return pack_filters(model, op, weights, params);
    if (kind == TNAS_OP_ADD)
        pack_add(model, op, params);
    return TNAS_OK;
}

const tnas_variant tnas_variant_c = {
    .target = &tnas_target_tinynas_c,
    .kernels = kernels,
    .pack = pack,
};
