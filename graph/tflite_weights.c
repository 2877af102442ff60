/* The constants of the operators, in the model's layouts.
 *
 * int8 weights are symmetric: zero point 0, -127 to 127, a scale per output channel or one for
 * all. A bias counts in units of input scale x weight scale, whatever its own scale says; one
 * that says otherwise is refused, for it would mean something else. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/tflite_import.h"

/* What a bias's own scale may differ by; TensorFlow Lite's tolerance. */
#define BIAS_SCALE_TOLERANCE 0.02

/* The place in the file of the model's weight `at`. */
static size_t file_index(const tnas_tfl_constants *from, const tnas_graph *graph, int op,
                         const tnas_tfl_layout *l, size_t at)
{
    if (!from->is_hwc || graph->ops[op].kind != TNAS_OP_CONV2D)
        return at;
    return at % l->weights * l->channels + at / l->weights; /* HWC to OHW */
}

/* ---- Scales ---- */

/* The scales of the weights, one or one per channel; zero points must be 0. */
static tnas_status read_scales(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                               float *out)
{
    const tnas_tfl_tensor *const t = &import->file->tensors[import->constants[op].weight];
    const bool per_channel = t->scale.count == l->channels && t->scale.count > 1;
    const int channel_dim = import->constants[op].is_hwc ? 3 : 0;
    if (t->scale.count != 1 && (!per_channel || t->quantized_dim != channel_dim))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%zu scales along dimension %lld of its weights: must be 1, or %zu along "
                         "dimension %d",
                         t->scale.count, (long long)t->quantized_dim, l->channels, channel_dim);
    for (size_t i = 0; i < t->zero_point.count; i++)
        if (tnas_flat_get_i64(t->zero_point.items + 8 * i) != 0)
            return tnas_fail(TNAS_ERR_INPUT, "zero point %lld of its weights must be 0",
                             (long long)tnas_flat_get_i64(t->zero_point.items + 8 * i));
    for (size_t c = 0; c < l->channels; c++) {
        out[c] = tnas_flat_get_f32(t->scale.items + (per_channel ? 4 * c : 0));
        if (!isfinite(out[c]) || out[c] <= 0)
            return tnas_fail(TNAS_ERR_INPUT, "scale[%zu] = %g of its weights must be positive", c,
                             (double)out[c]);
    }
    return TNAS_OK;
}

static tnas_status check_bias_scale(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                                    const float *weight_scale)
{
    const tnas_tfl_tensor *const t = &import->file->tensors[import->constants[op].bias];
    const double in_scale = import->quant[import->graph.ops[op].in[0]].scale;
    if (t->scale.count != 0 && t->scale.count != 1 && t->scale.count != l->channels)
        return tnas_fail(TNAS_ERR_INPUT, "%zu scales of its biases: must be 1 or %zu",
                         t->scale.count, l->channels);
    for (size_t i = 0; i < t->zero_point.count; i++)
        if (tnas_flat_get_i64(t->zero_point.items + 8 * i) != 0)
            return tnas_fail(TNAS_ERR_INPUT, "the zero point of its biases must be 0");
    for (size_t c = 0; c < l->channels && t->scale.count > 0; c++) {
        const double scale = tnas_flat_get_f32(t->scale.items + (t->scale.count == 1 ? 0 : 4 * c));
        const double expected = in_scale * weight_scale[c];
        if (!(fabs(scale - expected) <= BIAS_SCALE_TOLERANCE * expected))
            return tnas_fail(TNAS_ERR_INPUT,
                             "scale[%zu] = %g of its biases must be input scale x weight scale, %g",
                             c, scale, expected);
    }
    return TNAS_OK;
}

/* ---- int8 ---- */

/* The runtime adds in 32 bits, as TensorFlow Lite does. */
static tnas_status check_sums(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                              const tnas_op_constants *k)
{
    const int zero = import->quant[import->graph.ops[op].in[0]].zero_point;
    const int64_t furthest = zero < 0 ? INT8_MAX - zero : zero - INT8_MIN;
    for (size_t c = 0; c < l->channels; c++) {
        int64_t most = llabs((long long)k->bias_s32[c]);
        for (size_t i = 0; i < l->weights; i++)
            most += furthest * abs(k->weight_s8[c * l->channel_step + i * l->step]);
        if (most > INT32_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "channel %zu: its sums could leave 32 bits", c);
    }
    return TNAS_OK;
}

static tnas_status fill_int8(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                             tnas_op_constants *k)
{
    const tnas_tfl_constants *const from = &import->constants[op];
    const uint8_t *const weights = import->file->tensors[from->weight].data.items;
    TNAS_TRY(read_scales(import, op, l, k->weight_scale));
    for (size_t i = 0; i < l->channels * l->weights; i++) {
        k->weight_s8[i] = (int8_t)weights[file_index(from, &import->graph, op, l, i)];
        if (k->weight_s8[i] == INT8_MIN)
            return tnas_fail(TNAS_ERR_INPUT, "weight[%zu] = -128 is below -127", i);
    }
    if (from->bias >= 0) {
        TNAS_TRY(check_bias_scale(import, op, l, k->weight_scale));
        const uint8_t *const biases = import->file->tensors[from->bias].data.items;
        for (size_t c = 0; c < l->channels; c++)
            k->bias_s32[c] = tnas_flat_get_i32(biases + 4 * c);
    }
    return check_sums(import, op, l, k);
}

/* One constant per channel, or the same for all, with the tensor's zero point as bias. */
static tnas_status fill_int8_vector(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                                    tnas_op_constants *k)
{
    const int tensor = import->constants[op].weight;
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    tnas_quant quant;
    TNAS_TRY(tnas_tfl_quant(import, tensor, &quant));
    for (size_t c = 0; c < l->channels; c++) {
        k->weight_s8[c] = (int8_t)t->data.items[t->count == 1 ? 0 : c];
        k->weight_scale[c] = quant.scale;
        k->bias_s32[c] = quant.zero_point;
    }
    return TNAS_OK;
}

/* ---- float ---- */

static tnas_status fill_float(const tnas_tfl_import *import, int op, const tnas_tfl_layout *l,
                              tnas_op_constants *k)
{
    const tnas_tfl_constants *const from = &import->constants[op];
    const tnas_tfl_tensor *const t = &import->file->tensors[from->weight];
    const bool same_for_all = t->count == 1;
    for (size_t i = 0; i < l->channels * l->weights; i++) {
        const size_t at = same_for_all ? 0 : file_index(from, &import->graph, op, l, i);
        k->weight[i] = tnas_flat_get_f32(t->data.items + 4 * at);
        if (!isfinite(k->weight[i]))
            return tnas_fail(TNAS_ERR_INPUT, "weight[%zu] = %g must be finite", i,
                             (double)k->weight[i]);
    }
    for (size_t c = 0; c < l->channels && from->bias >= 0; c++) {
        k->bias[c] = tnas_flat_get_f32(import->file->tensors[from->bias].data.items + 4 * c);
        if (!isfinite(k->bias[c]))
            return tnas_fail(TNAS_ERR_INPUT, "bias[%zu] = %g must be finite", c,
                             (double)k->bias[c]);
    }
    return TNAS_OK;
}

tnas_status tnas_tfl_fill_constants(tnas_tfl_import *import, tnas_model *model)
{
    for (int op = 0; op < import->graph.op_count; op++) {
        const bool filters = tnas_op_has(import->graph.ops[op].kind, TNAS_OP_FILTERS);
        if (import->constants[op].weight < 0)
            continue;
        import->op = import->notes.file_op[op];
        TNAS_TRY(tnas_model_add_constants(model, op, 0));
        const tnas_tfl_layout l = tnas_tfl_layout_of(&import->graph, op);
        tnas_op_constants *const k = &model->constants[op];
        if (import->type == TNAS_MODEL_FLOAT)
            TNAS_TRY(fill_float(import, op, &l, k));
        else if (filters)
            TNAS_TRY(fill_int8(import, op, &l, k));
        else
            TNAS_TRY(fill_int8_vector(import, op, &l, k));
    }
    return TNAS_OK;
}
