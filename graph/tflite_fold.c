/* Operators of the file that need none in the graph: they say how others see a map. */
#include <stdlib.h>
#include <string.h>

#include "graph/tflite_import.h"

/* ---- The border ---- */

/* uint8 and int8 are one map when their zero points are 128 apart. */
static tnas_status check_same_steps(const tnas_tfl_import *import, int from, int to)
{
    const tnas_tfl_tensor *const a = &import->file->tensors[from];
    const tnas_tfl_tensor *const b = &import->file->tensors[to];
    if (a->scale.count != 1 || b->scale.count != 1 || a->zero_point.count != 1 ||
        b->zero_point.count != 1)
        return tnas_fail(TNAS_ERR_INPUT, "tensors %d and %d must have one scale each", from, to);
    const tnas_quant x = {tnas_flat_get_f32(a->scale.items), 0};
    const tnas_quant y = {tnas_flat_get_f32(b->scale.items), 0};
    const int64_t shift = (a->type == TFL_UINT8 ? 128 : 0) - (b->type == TFL_UINT8 ? 128 : 0);
    const int64_t zero_a = tnas_flat_get_i64(a->zero_point.items);
    const int64_t zero_b = tnas_flat_get_i64(b->zero_point.items);
    if (!tnas_tfl_same_quant(x, y) || zero_a < INT8_MIN || zero_a > UINT8_MAX ||
        zero_a - shift != zero_b)
        return tnas_fail(TNAS_ERR_INPUT,
                         "rescales: its input and output must agree in scale, and in zero point "
                         "but for the 128 between uint8 and int8");
    return TNAS_OK;
}

tnas_status tnas_tfl_quantize(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    if (in < 0)
        return tnas_fail(TNAS_ERR_INPUT, "an input is missing");
    const int in_type = import->file->tensors[in].type;
    const int out_type = import->file->tensors[out].type;
    const bool same_count = import->file->tensors[in].count == import->file->tensors[out].count;
    if (import->values[in].kind == TFL_BORDER && same_count &&
        (in_type == TFL_FLOAT32 || in_type == TFL_UINT8)) {
        if (in_type == TFL_UINT8)
            TNAS_TRY(check_same_steps(import, in, out));
        TNAS_TRY(tnas_tfl_place_input(import, out));
        import->notes.quantize_stripped++;
        return TNAS_OK;
    }
    TNAS_TRY(tnas_tfl_check_seen(import, in, true));
    const bool at_output = out == import->file->output && out_type == TFL_UINT8;
    if ((!at_output && out_type != TFL_INT8) || !same_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s to %s inside the network", tnas_tfl_type_name(in_type),
                         tnas_tfl_type_name(out_type));
    TNAS_TRY(check_same_steps(import, in, out));
    import->values[out] = import->values[in];
    import->notes.quantize_stripped++;
    return TNAS_OK;
}

tnas_status tnas_tfl_dequantize(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    if (in < 0)
        return tnas_fail(TNAS_ERR_INPUT, "an input is missing");
    if (import->values[in].kind == TFL_CONSTANT)
        return tnas_fail(TNAS_ERR_INPUT,
                         "of constants that are %s: weights must be float32 or int8",
                         tnas_tfl_type_name(import->file->tensors[in].type));
    if (out != import->file->output ||
        import->file->tensors[in].count != import->file->tensors[out].count)
        return tnas_fail(TNAS_ERR_INPUT, "inside the network: only its output may leave int8");
    TNAS_TRY(tnas_tfl_check_seen(import, in, true));
    import->values[out] = import->values[in];
    import->notes.dequantize_stripped++;
    return TNAS_OK;
}

/* ---- Zeros around a map ---- */

tnas_status tnas_tfl_pad(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    const tnas_tfl_tensor *const t = &import->file->tensors[out];
    int32_t pads[TFL_NUMBERS_MAX];
    int count, map;
    TNAS_TRY(tnas_tfl_take(import, in, false, &map));
    TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, 1), pads, &count));
    const int rank = import->file->tensors[in].rank;
    if (rank != 4 || count != 8 || t->rank != 4)
        return tnas_fail(TNAS_ERR_INPUT, "pads %d dimensions of %d: must be 4", count / 2, rank);
    for (int i = 0; i < 8; i++) {
        const bool side = i >= 2 && i < 6;
        if (pads[i] < 0 || pads[i] > (side ? UINT8_MAX : 0))
            return tnas_fail(TNAS_ERR_INPUT, "pad %d: must be 0 to %d in height and width, else 0",
                             pads[i], UINT8_MAX);
    }
    for (int i = 0; i < 4; i++)
        if (t->dim[i] != import->file->tensors[in].dim[i] + pads[2 * i] + pads[2 * i + 1])
            return tnas_fail(TNAS_ERR_INPUT, "dimension %d of its output is %d, must be %d", i,
                             t->dim[i],
                             import->file->tensors[in].dim[i] + pads[2 * i] + pads[2 * i + 1]);
    tnas_quant quant;
    TNAS_TRY(tnas_tfl_quant(import, out, &quant));
    if (!tnas_tfl_same_quant(quant, import->quant[map]))
        return tnas_fail(TNAS_ERR_INPUT, "changes the scale or zero point, which it must keep");
    tnas_tfl_value value = import->values[in];
    value.is_padded = true;
    value.pad_noted = false;
    value.pad_op = import->op;
    for (int i = 0; i < 4; i++)
        value.pad[i] = (uint8_t)pads[2 + i];
    import->values[out] = value;
    return TNAS_OK;
}

/* ---- Another shape ---- */

static tnas_status set_numbers(tnas_tfl_import *import, int tensor, const int32_t *numbers,
                               int count)
{
    tnas_tfl_value *const value = &import->values[tensor];
    *value = (tnas_tfl_value){.kind = TFL_NUMBERS, .number_count = count};
    memcpy(value->numbers, numbers, (size_t)count * sizeof *numbers);
    import->notes.constants_folded++;
    return TNAS_OK;
}

/* The shape that a RESHAPE asks for must be the one its output has; one -1 stands for whatever
 * fits. */
static tnas_status check_asked_shape(const tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const tnas_tfl_tensor *const t = &import->file->tensors[tnas_tfl_output(op, 0)];
    int32_t asked[TFL_NUMBERS_MAX];
    int count, open_count = 0;
    if (op->code != TFL_RESHAPE || tnas_tfl_input(op, 1) < 0)
        return TNAS_OK; /* the options repeat the output's shape */
    TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, 1), asked, &count));
    bool fits = count == t->rank;
    for (int i = 0; i < count && fits; i++) {
        open_count += asked[i] == -1;
        fits = asked[i] == -1 || asked[i] == t->dim[i];
    }
    return fits && open_count <= 1
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_INPUT, "asks for another shape than its output has");
}

/* RESHAPE, SQUEEZE, EXPAND_DIMS */
tnas_status tnas_tfl_reshape(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    if (in >= 0 && import->values[in].kind == TFL_NUMBERS)
        return set_numbers(import, out, import->values[in].numbers,
                           import->values[in].number_count);
    int map;
    TNAS_TRY(tnas_tfl_take(import, in, true, &map));
    TNAS_TRY(check_asked_shape(import, op));
    TNAS_TRY(tnas_tfl_alias(import, out, in));
    import->notes.reshapes_folded++;
    tnas_tensor shape;
    const bool has_shape = tnas_tfl_hwc(&import->file->tensors[out], &shape);
    tnas_tensor *const seen = &import->graph.tensors[map];
    /* Before any operator, the input itself may be what the network makes of it. */
    if (has_shape && map == 0 && import->graph.op_count == 0 &&
        import->file->tensors[in].reader_count == 1)
        *seen = shape;
    const bool same = has_shape && shape.h == seen->h && shape.w == seen->w && shape.c == seen->c;
    tnas_tfl_see_plainly(import, out, &import->values[out]);
    import->values[out].is_flat = !same;
    return TNAS_OK;
}

tnas_status tnas_tfl_transpose(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    if (in < 0 || import->values[in].kind != TFL_MAP || import->values[in].is_flat)
        return tnas_fail(TNAS_ERR_INPUT, "its input must be a feature map");
    if (import->values[in].is_padded)
        TNAS_TRY(tnas_tfl_append_pad(import, in));
    const tnas_tfl_tensor *const from = &import->file->tensors[in];
    const tnas_tfl_tensor *const to = &import->file->tensors[out];
    int32_t order[TFL_NUMBERS_MAX];
    int count;
    TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, 1), order, &count));
    if (count != from->rank || to->rank != from->rank)
        return tnas_fail(TNAS_ERR_INPUT, "an order of %d dimensions on %d", count, from->rank);
    TNAS_TRY(tnas_tfl_alias(import, out, in));
    unsigned taken = 0;
    for (int i = 0; i < count; i++) {
        const int axis = order[i] < 0 ? order[i] + count : order[i];
        if (axis < 0 || axis >= count || (taken & 1u << axis) != 0 || to->dim[i] != from->dim[axis])
            return tnas_fail(TNAS_ERR_INPUT, "its order is no permutation that gives its output");
        taken |= 1u << axis;
        import->values[out].axis[i] = import->values[in].axis[axis];
    }
    import->notes.transposes_folded++;
    return TNAS_OK;
}

/* ---- Means ---- */

/* What a MEAN averages, and what is left of the view. */
typedef struct mean_axes {
    bool h, w, keep;
    bool is_kept; /* both sides at once in 4 dimensions that stay: rounded in a way of its own */
    int rank;     /* of the output */
    uint8_t axis[TFL_RANK_MAX];
} mean_axes;

static tnas_status take_axes(const tnas_tfl_tensor *from, const int32_t *axes, int axis_count,
                             const tnas_tfl_value *value, mean_axes *m)
{
    bool is_taken[TFL_RANK_MAX] = {false};
    for (int i = 0; i < axis_count; i++) {
        const int axis = axes[i] < 0 ? axes[i] + from->rank : axes[i];
        if (axis < 0 || axis >= from->rank || is_taken[axis])
            return tnas_fail(TNAS_ERR_INPUT, "axis %d of %d dimensions", axes[i], from->rank);
        if (value->axis[axis] == TFL_AXIS_C)
            return tnas_fail(TNAS_ERR_INPUT, "over the channels: only height and width can be "
                                             "averaged");
        m->h = m->h || value->axis[axis] == TFL_AXIS_H;
        m->w = m->w || value->axis[axis] == TFL_AXIS_W;
        is_taken[axis] = true;
    }
    m->is_kept =
        m->keep && from->rank == 4 && axis_count == 2 && is_taken[1] && is_taken[2] && m->h && m->w;
    for (int i = 0; i < from->rank; i++)
        if (!is_taken[i] || m->keep)
            m->axis[m->rank++] = is_taken[i] ? TFL_AXIS_ONE : value->axis[i];
    return TNAS_OK;
}

tnas_status tnas_tfl_mean(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0), out = tnas_tfl_output(op, 0);
    if (in < 0 || import->values[in].kind != TFL_MAP || import->values[in].is_flat)
        return tnas_fail(TNAS_ERR_INPUT, "its input must be a feature map");
    if (import->values[in].is_padded)
        TNAS_TRY(tnas_tfl_append_pad(import, in));
    int64_t keep;
    int32_t axes[TFL_NUMBERS_MAX];
    int axis_count;
    TNAS_TRY(tnas_flat_int(&op->options, TFL_REDUCER_KEEP_DIMS, TNAS_FLAT_U8, 0, &keep));
    TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, 1), axes, &axis_count));
    const tnas_tfl_value value = import->values[in];
    mean_axes m = {.keep = keep != 0};
    TNAS_TRY(take_axes(&import->file->tensors[in], axes, axis_count, &value, &m));
    if (m.rank != import->file->tensors[out].rank)
        return tnas_fail(TNAS_ERR_INPUT, "its output has %d dimensions, must have %d",
                         import->file->tensors[out].rank, m.rank);
    const tnas_tensor *const map = &import->graph.tensors[value.tensor];
    const int32_t kernel_h = m.h ? map->h : 1, kernel_w = m.w ? map->w : 1;
    if (kernel_h > UINT8_MAX || kernel_w > UINT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "over %dx%d: a window is at most %d high and wide",
                         kernel_h, kernel_w, UINT8_MAX);
    const tnas_op made = {.kind = m.is_kept ? TNAS_OP_MEAN_KEPT : TNAS_OP_MEAN,
                          .in = {(int16_t)value.tensor, TNAS_NONE},
                          .kernel_h = (uint8_t)kernel_h,
                          .kernel_w = (uint8_t)kernel_w,
                          .stride_h = 1,
                          .stride_w = 1};
    return tnas_tfl_append_seen(import, &made, m.axis, out);
}

/* ---- Whole numbers ---- */

tnas_status tnas_tfl_shape(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0);
    if (in < 0 || import->file->tensors[in].count < 1)
        return tnas_fail(TNAS_ERR_INPUT, "of a tensor without a shape");
    const tnas_tfl_tensor *const t = &import->file->tensors[in];
    return set_numbers(import, tnas_tfl_output(op, 0), t->dim, t->rank);
}

static tnas_status get_mask(const tnas_tfl_op *op, int field, int64_t *out)
{
    return tnas_flat_int(&op->options, field, TNAS_FLAT_I32, 0, out);
}

/* One dimension, forwards: numbers[begin : end : step]. */
tnas_status tnas_tfl_slice(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    const int in = tnas_tfl_input(op, 0);
    if (in < 0 || import->values[in].kind != TFL_NUMBERS)
        return tnas_fail(TNAS_ERR_INPUT, "its input must be a shape");
    const tnas_tfl_value from = import->values[in];
    int32_t range[3][TFL_NUMBERS_MAX]; /* begin, end, step */
    for (int i = 0; i < 3; i++) {
        int count;
        TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, (size_t)i + 1), range[i], &count));
        if (count != 1)
            return tnas_fail(TNAS_ERR_INPUT, "slices %d dimensions, must be 1", count);
    }
    int64_t begin_open, end_open, ellipsis, new_axis, shrink;
    TNAS_TRY(get_mask(op, TFL_SLICE_BEGIN_MASK, &begin_open));
    TNAS_TRY(get_mask(op, TFL_SLICE_END_MASK, &end_open));
    TNAS_TRY(get_mask(op, TFL_SLICE_ELLIPSIS_MASK, &ellipsis));
    TNAS_TRY(get_mask(op, TFL_SLICE_NEW_AXIS_MASK, &new_axis));
    TNAS_TRY(get_mask(op, TFL_SLICE_SHRINK_MASK, &shrink));
    if (ellipsis != 0 || new_axis != 0 || range[2][0] < 1)
        return tnas_fail(TNAS_ERR_INPUT, "its masks or its step %d are not possible", range[2][0]);
    const int n = from.number_count;
    int64_t begin = range[0][0] < 0 ? range[0][0] + (int64_t)n : range[0][0];
    int64_t end = range[1][0] < 0 ? range[1][0] + (int64_t)n : range[1][0];
    if ((begin_open & 1) != 0)
        begin = 0;
    if ((shrink & 1) != 0)
        end = begin + 1;
    else if ((end_open & 1) != 0)
        end = n;
    if (begin < 0 || end > n || begin >= end)
        return tnas_fail(TNAS_ERR_INPUT, "numbers %lld to %lld of %d", (long long)begin,
                         (long long)end, n);
    int32_t numbers[TFL_NUMBERS_MAX];
    int count = 0;
    for (int64_t i = begin; i < end; i += range[2][0])
        numbers[count++] = from.numbers[i];
    return set_numbers(import, tnas_tfl_output(op, 0), numbers, count);
}

tnas_status tnas_tfl_pack(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    int64_t axis;
    TNAS_TRY(tnas_flat_int(&op->options, TFL_PACK_AXIS, TNAS_FLAT_I32, 0, &axis));
    if (op->inputs.count < 1 || op->inputs.count > TFL_NUMBERS_MAX || axis != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%zu tensors along axis %lld: must be 1 to %d along 0",
                         op->inputs.count, (long long)axis, TFL_NUMBERS_MAX);
    int32_t numbers[TFL_NUMBERS_MAX];
    for (size_t i = 0; i < op->inputs.count; i++) {
        int32_t number[TFL_NUMBERS_MAX];
        int count;
        TNAS_TRY(tnas_tfl_numbers(import, tnas_tfl_input(op, i), number, &count));
        if (count != 1)
            return tnas_fail(TNAS_ERR_INPUT, "of %d numbers, must be 1 each", count);
        numbers[i] = number[0];
    }
    return set_numbers(import, tnas_tfl_output(op, 0), numbers, (int)op->inputs.count);
}
