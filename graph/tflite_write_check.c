/* What of a model a TensorFlow Lite file can say. */
#include <math.h>

#include "common/problems.h"
#include "graph/tflite_writing.h"

tnas_tfl_pads tnas_tfl_pads_of(const tnas_graph *graph, const tnas_op *op)
{
    if ((op->pad_top | op->pad_bottom | op->pad_left | op->pad_right) == 0)
        return TFL_PADS_VALID;
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    uint8_t top, bottom, left, right;
    tnas_pad_same(in->h, op->kernel_h, op->stride_h, &top, &bottom);
    tnas_pad_same(in->w, op->kernel_w, op->stride_w, &left, &right);
    return op->pad_top == top && op->pad_bottom == bottom && op->pad_left == left &&
                   op->pad_right == right
               ? TFL_PADS_SAME
               : TFL_PADS_EXPLICIT;
}

static bool same_quant(const tnas_model *model, int a, int b)
{
    const tnas_quant x = model->quant[a], y = model->quant[b];
    return x.scale == y.scale && x.zero_point == y.zero_point;
}

bool tnas_tfl_has_one_scale(const tnas_model *model, int op)
{
    const tnas_op_constants *const k = &model->constants[op];
    for (int32_t c = 1; c < model->graph.tensors[model->graph.ops[op].out].c; c++)
        if (k->weight_scale[c] != k->weight_scale[0])
            return false;
    return true;
}

/* ---- By kind ---- */

static tnas_status check_quant(const tnas_model *model, int tensor)
{
    const tnas_quant quant = model->quant[tensor];
    return isfinite(quant.scale) && quant.scale > 0 && quant.zero_point >= INT8_MIN &&
                   quant.zero_point <= INT8_MAX
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT,
                           "tensor %d: scale %g must be positive, zero point %d in -128..127",
                           tensor, (double)quant.scale, quant.zero_point);
}

static tnas_status check_constants(const tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_op_constants *const k = &model->constants[op];
    if (k->weight_s8 == NULL || k->weight_scale == NULL || k->bias_s32 == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "has no int8 constants");
    for (int32_t c = 0; c < model->graph.tensors[o->out].c; c++)
        if (!isfinite(k->weight_scale[c]) || k->weight_scale[c] <= 0)
            return tnas_fail(TNAS_ERR_INPUT, "scale[%d] = %g of its weights must be positive", c,
                             (double)k->weight_scale[c]);
    if (!tnas_op_has(o->kind, TNAS_OP_VECTOR))
        return TNAS_OK;
    for (int32_t c = 0; c < model->graph.tensors[o->out].c; c++)
        if (k->bias_s32[c] != k->bias_s32[0] || k->bias_s32[c] < INT8_MIN ||
            k->bias_s32[c] > INT8_MAX)
            return tnas_fail(TNAS_ERR_INPUT,
                             "zero point[%d] = %d of its constants must be "
                             "the same for all, in -128..127",
                             c, k->bias_s32[c]);
    return tnas_tfl_has_one_scale(model, op)
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT, "its constants must have one scale for all channels");
}

/* Are all real values of a tensor at least 0, as zeros around it are? */
static bool is_never_negative(const tnas_graph *graph, int tensor)
{
    return tensor > 0 && graph->ops[tensor - 1].activation != TNAS_ACT_NONE;
}

static tnas_status check_pool(const tnas_model *model, const tnas_op *op)
{
    if (!same_quant(model, op->in[0], op->out))
        return tnas_fail(TNAS_ERR_INPUT, "changes the scale or zero point, which only a mean can");
    if (tnas_tfl_pads_of(&model->graph, op) != TFL_PADS_EXPLICIT ||
        (op->kind == TNAS_OP_MAXPOOL && is_never_negative(&model->graph, op->in[0])))
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "pads %d, %d, %d, %d are neither SAME's nor 0, and zeros around its input "
                     "would count",
                     op->pad_top, op->pad_bottom, op->pad_left, op->pad_right);
}

static tnas_status check_op(const tnas_model *model, int index)
{
    const tnas_op *const op = &model->graph.ops[index];
    TNAS_TRY(check_quant(model, op->out));
    if (tnas_op_has(op->kind, TNAS_OP_FILTERS | TNAS_OP_VECTOR))
        return check_constants(model, index);
    switch (op->kind) {
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
        return check_pool(model, op);
    case TNAS_OP_PAD:
    case TNAS_OP_CONCAT:
        return same_quant(model, op->in[0], op->out) &&
                       (op->in[1] == TNAS_NONE || same_quant(model, op->in[1], op->out))
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_INPUT, "changes the scale or zero point, which it must "
                                               "keep");
    case TNAS_OP_SOFTMAX:
    case TNAS_OP_LOGISTIC:
        return model->quant[op->out].scale == 1.0f / 256 &&
                       model->quant[op->out].zero_point == INT8_MIN
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_INPUT, "its output's scale must be 1/256, zero point -128");
    default:
        return TNAS_OK;
    }
}

/* ---- The whole ---- */

tnas_status tnas_tfl_check_writable(const tnas_model *model)
{
    tnas_problems problems = {0};
    if (model->type != TNAS_MODEL_INT8)
        return tnas_fail(TNAS_ERR_INPUT, "a model of floats: a .tflite is written of int8 models");
    TNAS_TRY(tnas_graph_check(&model->graph));
    TNAS_TRY(check_quant(model, 0));
    for (int op = 0; op < model->graph.op_count; op++)
        if (check_op(model, op) != TNAS_OK)
            tnas_problems_add(&problems, "%d %s: %s", op,
                              tnas_op_kind_text(model->graph.ops[op].kind), tnas_error_text());
    if (problems.count == 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "%d of %d operators cannot be written as TensorFlow Lite: %s",
                     problems.count, model->graph.op_count, tnas_problems_text(&problems));
}
