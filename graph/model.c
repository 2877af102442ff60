#include "graph/model.h"

#include <stdbool.h>

#include "common/alloc.h"

tnas_status tnas_model_create(tnas_model_type type, const tnas_graph *graph, tnas_model **out)
{
    *out = NULL;
    tnas_model *model = tnas_alloc_zero(1, sizeof *model);
    if (model == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "model of %d operators", graph->op_count);
    model->type = type;
    model->graph = *graph;
    tnas_arena_init(&model->arena);
    *out = model;
    return TNAS_OK;
}

void tnas_model_destroy(tnas_model *model)
{
    if (model == NULL)
        return;
    tnas_arena_deinit(&model->arena);
    tnas_free(model);
}

tnas_status tnas_model_add_constants(tnas_model *model, int op, int batch_norm)
{
    tnas_op_constants *const k = &model->constants[op];
    const size_t weights = (size_t)tnas_op_weight_count(&model->graph, op);
    const size_t channels = (size_t)model->graph.tensors[model->graph.ops[op].out].c;
    bool ok = true;
    if (model->type == TNAS_MODEL_INT8) {
        k->weight_s8 = TNAS_ARENA_NEW(&model->arena, int8_t, weights);
        k->weight_scale = TNAS_ARENA_NEW(&model->arena, float, channels);
        k->bias_s32 = TNAS_ARENA_NEW(&model->arena, int32_t, channels);
        ok = k->weight_s8 != NULL && k->weight_scale != NULL && k->bias_s32 != NULL;
    } else {
        k->weight = TNAS_ARENA_NEW(&model->arena, float, weights);
        k->bias = TNAS_ARENA_NEW(&model->arena, float, channels);
        ok = k->weight != NULL && k->bias != NULL;
        if (batch_norm) {
            float **const arrays[] = {&k->bn_scale, &k->bn_shift, &k->bn_mean, &k->bn_var};
            for (int i = 0; i < 4; i++) {
                *arrays[i] = TNAS_ARENA_NEW(&model->arena, float, channels);
                ok = ok && *arrays[i] != NULL;
            }
        }
    }
    return ok ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "constants of operator %d", op);
}
