/* What the tensors of the file are, and how operators come by them. */
#include <math.h>
#include <string.h>

#include "graph/tflite_import.h"

bool tnas_tfl_hwc(const tnas_tfl_tensor *tensor, tnas_tensor *out)
{
    if (tensor->rank < 1 || tensor->rank > 4 || tensor->count < 1 ||
        (tensor->rank > 1 && tensor->dim[0] != 1))
        return false;
    const int32_t *const last = tensor->dim + tensor->rank - 1;
    *out = (tnas_tensor){1, 1, last[0]};
    if (tensor->rank > 2)
        out->w = last[-1];
    if (tensor->rank > 3)
        out->h = last[-2];
    return out->h <= TNAS_SIDE_MAX && out->w <= TNAS_SIDE_MAX && out->c <= TNAS_SIDE_MAX;
}

static int data_type(const tnas_tfl_import *import)
{
    return import->type == TNAS_MODEL_INT8 ? TFL_INT8 : TFL_FLOAT32;
}

static tnas_status check_type(const tnas_tfl_import *import, int tensor)
{
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    if (t->is_odd)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d is a variable, sparse or oddly quantised",
                         tensor);
    if (t->type != data_type(import))
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d is %s, must be %s", tensor,
                         tnas_tfl_type_name(t->type), tnas_tfl_type_name(data_type(import)));
    return TNAS_OK;
}

tnas_status tnas_tfl_quant(const tnas_tfl_import *import, int tensor, tnas_quant *out)
{
    *out = (tnas_quant){1.0f, 0};
    if (import->type != TNAS_MODEL_INT8)
        return TNAS_OK;
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    if (t->scale.count != 1 || t->zero_point.count > 1)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d has %zu scales, must have 1", tensor,
                         t->scale.count);
    const float scale = tnas_flat_get_f32(t->scale.items);
    const int64_t zero = t->zero_point.count == 1 ? tnas_flat_get_i64(t->zero_point.items) : 0;
    if (!isfinite(scale) || scale <= 0 || zero < INT8_MIN || zero > INT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "tensor %d: scale %g must be positive, zero point %lld in -128..127",
                         tensor, (double)scale, (long long)zero);
    *out = (tnas_quant){scale, (int32_t)zero};
    return TNAS_OK;
}

bool tnas_tfl_same_quant(tnas_quant a, tnas_quant b)
{
    const float step = 1e-6f; /* of the larger scale; converters print the same one twice */
    return a.zero_point == b.zero_point &&
           fabsf(a.scale - b.scale) <= step * fmaxf(a.scale, b.scale);
}

void tnas_tfl_see_plainly(const tnas_tfl_import *import, int tensor, tnas_tfl_value *value)
{
    static const uint8_t axes[] = {TFL_AXIS_C, TFL_AXIS_W, TFL_AXIS_H, TFL_AXIS_ONE};
    const int rank = import->file->tensors[tensor].rank;
    memset(value->axis, TFL_AXIS_ONE, sizeof value->axis);
    for (int i = 0; i < 4 && i < rank && (i == 0 || i < rank - 1); i++)
        value->axis[rank - 1 - i] = axes[i];
    value->is_flat = false;
}

tnas_status tnas_tfl_place_input(tnas_tfl_import *import, int tensor)
{
    tnas_tensor shape;
    if (import->has_input)
        return tnas_fail(TNAS_ERR_INPUT, "the network's input is quantised a second time");
    if (!tnas_tfl_hwc(&import->file->tensors[tensor], &shape))
        return tnas_fail(TNAS_ERR_INPUT,
                         "tensor %d, the input: must be 1 to 4 dimensions, the first of them 1",
                         tensor);
    TNAS_TRY(check_type(import, tensor));
    TNAS_TRY(tnas_tfl_quant(import, tensor, &import->quant[0]));
    tnas_graph_init(&import->graph, shape.h, shape.w, shape.c);
    import->has_input = true;
    import->written[0] = tensor;
    import->values[tensor] = (tnas_tfl_value){.kind = TFL_MAP};
    tnas_tfl_see_plainly(import, tensor, &import->values[tensor]);
    return TNAS_OK;
}

/* The dimensions are height, width, channels in this order, but for those of length 1, and of the
 * graph's lengths. */
bool tnas_tfl_is_seen_plainly(const tnas_tfl_import *import, int tensor)
{
    const tnas_tfl_value *const value = &import->values[tensor];
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    const tnas_tensor *const shape = &import->graph.tensors[value->tensor];
    const int32_t sides[] = {
        [TFL_AXIS_ONE] = 1,
        [TFL_AXIS_H] = shape->h + value->pad[0] + value->pad[1],
        [TFL_AXIS_W] = shape->w + value->pad[2] + value->pad[3],
        [TFL_AXIS_C] = shape->c,
    };
    int last = TFL_AXIS_ONE;
    bool there[4] = {true, false, false, false};
    for (int i = 0; i < t->rank; i++) {
        const int axis = value->axis[i];
        if (t->dim[i] != sides[axis])
            return false;
        if (sides[axis] == 1)
            continue;
        if (axis < last)
            return false;
        last = axis;
        there[axis] = true;
    }
    for (int axis = TFL_AXIS_H; axis <= TFL_AXIS_C; axis++)
        if (!there[axis] && sides[axis] > 1)
            return false;
    return true;
}

tnas_status tnas_tfl_check_seen(const tnas_tfl_import *import, int tensor, bool flat_too)
{
    static const char *const kinds[] = {
        [TFL_UNKNOWN] = "is not written before",
        [TFL_CONSTANT] = "is a constant",
        [TFL_NUMBERS] = "is a shape",
        [TFL_MAP] = "is transposed",
        [TFL_BORDER] = "is the network's input before QUANTIZE",
        [TFL_LOST] = "is lost",
    };
    if (tensor < 0)
        return tnas_fail(TNAS_ERR_INPUT, "an input is missing");
    const tnas_tfl_value *const value = &import->values[tensor];
    if (value->kind != TFL_MAP)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d %s, must be a feature map", tensor,
                         kinds[value->kind]);
    TNAS_TRY(check_type(import, tensor));
    if (value->is_flat && !flat_too)
        return tnas_fail(TNAS_ERR_INPUT,
                         "tensor %d is reshaped, which only a fully connected "
                         "operator can follow",
                         tensor);
    if (!value->is_flat && !tnas_tfl_is_seen_plainly(import, tensor))
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d %s", tensor, kinds[TFL_MAP]);
    return TNAS_OK;
}

/* The operator and its output, whose tensor of the file is not looked at yet. */
static tnas_status append_op(tnas_tfl_import *import, const tnas_op *op, int32_t out_c, int tensor)
{
    tnas_graph *const graph = &import->graph;
    tnas_quant quant;
    TNAS_TRY(check_type(import, tensor));
    TNAS_TRY(tnas_tfl_quant(import, tensor, &quant));
    if (graph->op_count == TNAS_GRAPH_OPS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "a graph holds at most %d operators", TNAS_GRAPH_OPS_MAX);
    const int out = tnas_graph_append(graph, op, out_c);
    if (out == TNAS_NONE)
        return tnas_fail(TNAS_ERR_INPUT,
                         "its operands do not fit together, or sides exceed %d or tensors %d "
                         "elements",
                         TNAS_SIDE_MAX, TNAS_ELEMENTS_MAX);
    const int index = graph->op_count - 1;
    import->quant[out] = quant;
    import->written[out] = tensor;
    import->constants[index] = (tnas_tfl_constants){-1, -1, false};
    import->notes.file_op[index] = (int16_t)import->op;
    import->values[tensor] = (tnas_tfl_value){.kind = TFL_MAP, .tensor = out};
    return TNAS_OK;
}

tnas_status tnas_tfl_append(tnas_tfl_import *import, const tnas_op *op, int32_t out_c, int tensor)
{
    TNAS_TRY(append_op(import, op, out_c, tensor));
    tnas_tensor shape = {0, 0, 0};
    const tnas_tensor *const made = &import->graph.tensors[import->values[tensor].tensor];
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    const bool is_vector = made->h == 1 && made->w == 1 && t->count == made->c;
    if (!is_vector && (!tnas_tfl_hwc(t, &shape) || shape.h != made->h || shape.w != made->w ||
                       shape.c != made->c))
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d, its output, must be %dx%dx%d", tensor, made->h,
                         made->w, made->c);
    tnas_tfl_see_plainly(import, tensor, &import->values[tensor]);
    return TNAS_OK;
}

tnas_status tnas_tfl_append_seen(tnas_tfl_import *import, const tnas_op *op,
                                 const uint8_t axis[TFL_RANK_MAX], int tensor)
{
    TNAS_TRY(append_op(import, op, 0, tensor));
    const tnas_tensor *const made = &import->graph.tensors[import->values[tensor].tensor];
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    const int32_t sides[] = {
        [TFL_AXIS_ONE] = 1,
        [TFL_AXIS_H] = made->h,
        [TFL_AXIS_W] = made->w,
        [TFL_AXIS_C] = made->c,
    };
    for (int i = 0; i < t->rank; i++)
        if (t->dim[i] != sides[axis[i]])
            return tnas_fail(TNAS_ERR_INPUT, "dimension %d of its output is %d, must be %d", i,
                             t->dim[i], sides[axis[i]]);
    memcpy(import->values[tensor].axis, axis, sizeof import->values[tensor].axis);
    return TNAS_OK;
}

/* The zeros around a map, as an operator of their own. */
tnas_status tnas_tfl_append_pad(tnas_tfl_import *import, int tensor)
{
    const tnas_tfl_value value = import->values[tensor];
    const tnas_op op = {.kind = TNAS_OP_PAD,
                        .in = {(int16_t)value.tensor, TNAS_NONE},
                        .kernel_h = 1,
                        .kernel_w = 1,
                        .stride_h = 1,
                        .stride_w = 1,
                        .pad_top = value.pad[0],
                        .pad_bottom = value.pad[1],
                        .pad_left = value.pad[2],
                        .pad_right = value.pad[3]};
    const int reader = import->op;
    import->op = value.pad_op;
    const tnas_status status = tnas_tfl_append(import, &op, 0, tensor);
    import->op = reader;
    return status;
}

tnas_status tnas_tfl_take(tnas_tfl_import *import, int tensor, bool flat_too, int *out)
{
    TNAS_TRY(tnas_tfl_check_seen(import, tensor, flat_too));
    if (import->values[tensor].is_padded)
        TNAS_TRY(tnas_tfl_append_pad(import, tensor));
    *out = import->values[tensor].tensor;
    return TNAS_OK;
}

tnas_status tnas_tfl_alias(tnas_tfl_import *import, int tensor, int from)
{
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    tnas_quant quant, quant_from;
    TNAS_TRY(check_type(import, tensor));
    TNAS_TRY(tnas_tfl_quant(import, tensor, &quant));
    TNAS_TRY(tnas_tfl_quant(import, from, &quant_from));
    if (!tnas_tfl_same_quant(quant, quant_from))
        return tnas_fail(TNAS_ERR_INPUT, "changes the scale or zero point, which it must keep");
    if (t->count != import->file->tensors[from].count)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d has %lld elements, its input %lld", tensor,
                         (long long)t->count, (long long)import->file->tensors[from].count);
    import->values[tensor] = import->values[from];
    return TNAS_OK;
}

tnas_status tnas_tfl_numbers(const tnas_tfl_import *import, int tensor,
                             int32_t out[TFL_NUMBERS_MAX], int *count)
{
    *count = 0;
    if (tensor < 0)
        return tnas_fail(TNAS_ERR_INPUT, "an input is missing");
    const tnas_tfl_value *const value = &import->values[tensor];
    if (value->kind == TFL_NUMBERS) {
        memcpy(out, value->numbers, sizeof value->numbers);
        *count = value->number_count;
        return TNAS_OK;
    }
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    const size_t item_bytes = t->type == TFL_INT64 ? sizeof(int64_t) : sizeof(int32_t);
    if (value->kind != TFL_CONSTANT || (t->type != TFL_INT32 && t->type != TFL_INT64))
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d must be a constant of whole numbers", tensor);
    if (t->count < 1 || t->count > TFL_NUMBERS_MAX ||
        t->data.count != (size_t)t->count * item_bytes)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d: %zu bytes of numbers, must be 1 to %d numbers",
                         tensor, t->data.count, TFL_NUMBERS_MAX);
    for (int i = 0; i < (int)t->count; i++) {
        const uint8_t *const at = t->data.items + (size_t)i * item_bytes;
        const int64_t number = t->type == TFL_INT64 ? tnas_flat_get_i64(at) : tnas_flat_get_i32(at);
        if (number < INT32_MIN || number > INT32_MAX)
            return tnas_fail(TNAS_ERR_INPUT, "tensor %d: number %lld must fit 32 bits", tensor,
                             (long long)number);
        out[i] = (int32_t)number;
    }
    *count = (int)t->count;
    return TNAS_OK;
}

tnas_status tnas_tfl_constant(tnas_tfl_import *import, int tensor, int type, const char *what)
{
    if (tensor < 0)
        return tnas_fail(TNAS_ERR_INPUT, "its %s are missing", what);
    const tnas_tfl_tensor *const t = &import->file->tensors[tensor];
    if (import->values[tensor].kind != TFL_CONSTANT || t->is_odd)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d, its %s, must be a plain constant", tensor,
                         what);
    if (t->type != type)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d, its %s, is %s, must be %s", tensor, what,
                         tnas_tfl_type_name(t->type), tnas_tfl_type_name(type));
    const size_t item_bytes = type == TFL_INT8 ? 1 : 4;
    if (t->count < 1 || t->data.count != (size_t)t->count * item_bytes)
        return tnas_fail(TNAS_ERR_INPUT, "tensor %d, its %s: %zu bytes do not fit its shape",
                         tensor, what, t->data.count);
    /* Otherwise a small file could ask for the same large constants many times. */
    const size_t limit = 4 * import->file->flat.byte_count;
    import->weight_bytes += t->data.count;
    if (import->weight_bytes > limit)
        return tnas_fail(TNAS_ERR_INPUT, "the constants in use exceed four times the file");
    return TNAS_OK;
}
