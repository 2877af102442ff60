/* TensorFlow Lite files into models: the walk over the operators. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "graph/tflite_import.h"

/* What can be imported. Options of another type than this are an error; none at all means that
 * every option has its default. */
static const struct {
    int code, options_type;
    tnas_tfl_handler *handler;
} handlers[] = {
    {TFL_CONV_2D, TFL_OPTIONS_CONV, tnas_tfl_conv},
    {TFL_DEPTHWISE_CONV_2D, TFL_OPTIONS_DWCONV, tnas_tfl_dwconv},
    {TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, tnas_tfl_fc},
    {TFL_ADD, TFL_OPTIONS_ADD, tnas_tfl_arithmetic},
    {TFL_MUL, TFL_OPTIONS_MUL, tnas_tfl_arithmetic},
    {TFL_AVERAGE_POOL_2D, TFL_OPTIONS_POOL, tnas_tfl_pool},
    {TFL_MAX_POOL_2D, TFL_OPTIONS_POOL, tnas_tfl_pool},
    {TFL_CONCATENATION, TFL_OPTIONS_CONCAT, tnas_tfl_concat},
    {TFL_SOFTMAX, TFL_OPTIONS_SOFTMAX, tnas_tfl_curve},
    {TFL_LOGISTIC, TFL_OPTIONS_NONE, tnas_tfl_curve},
    {TFL_RELU, TFL_OPTIONS_NONE, tnas_tfl_relu},
    {TFL_RELU6, TFL_OPTIONS_NONE, tnas_tfl_relu},
    {TFL_MEAN, TFL_OPTIONS_REDUCER, tnas_tfl_mean},
    {TFL_QUANTIZE, TFL_OPTIONS_NONE, tnas_tfl_quantize},
    {TFL_DEQUANTIZE, TFL_OPTIONS_NONE, tnas_tfl_dequantize},
    {TFL_PAD, TFL_OPTIONS_NONE, tnas_tfl_pad},
    {TFL_RESHAPE, TFL_OPTIONS_RESHAPE, tnas_tfl_reshape},
    {TFL_SQUEEZE, TFL_OPTIONS_NONE, tnas_tfl_reshape},
    {TFL_EXPAND_DIMS, TFL_OPTIONS_NONE, tnas_tfl_reshape},
    {TFL_TRANSPOSE, TFL_OPTIONS_NONE, tnas_tfl_transpose},
    {TFL_SHAPE, TFL_OPTIONS_NONE, tnas_tfl_shape},
    {TFL_STRIDED_SLICE, TFL_OPTIONS_SLICE, tnas_tfl_slice},
    {TFL_PACK, TFL_OPTIONS_PACK, tnas_tfl_pack},
};
enum { HANDLER_COUNT = sizeof handlers / sizeof handlers[0], FILE_BYTES_MAX = 1 << 30 };

/* ---- One operator ---- */

static tnas_status import_op(tnas_tfl_import *import, const tnas_tfl_op *op)
{
    int index = 0;
    while (index < HANDLER_COUNT && handlers[index].code != op->code)
        index++;
    if (index == HANDLER_COUNT)
        return tnas_fail(TNAS_ERR_INPUT, "has no counterpart");
    if (op->outputs.count != 1)
        return tnas_fail(TNAS_ERR_INPUT, "writes %zu tensors, must write 1", op->outputs.count);
    const int out = tnas_tfl_output(op, 0);
    if (import->values[out].kind != TFL_UNKNOWN)
        return tnas_fail(TNAS_ERR_INPUT, "writes tensor %d, which has a value already", out);
    const int expected = handlers[index].options_type;
    if (expected != TFL_OPTIONS_NONE && op->options_type != expected &&
        op->options_type != TFL_OPTIONS_NONE)
        return tnas_fail(TNAS_ERR_INPUT, "options of type %d: must be of type %d", op->options_type,
                         expected);
    tnas_tfl_op checked = *op;
    if (op->options_type == TFL_OPTIONS_NONE)
        checked.options.flat = NULL;
    return handlers[index].handler(import, &checked);
}

static bool is_lost(const tnas_tfl_import *import, const tnas_tfl_op *op)
{
    for (size_t i = 0; i < op->inputs.count; i++) {
        const int tensor = tnas_tfl_input(op, i);
        if (tensor >= 0 && import->values[tensor].kind == TFL_LOST)
            return true;
    }
    return false;
}

static bool has_handler(int code)
{
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (handlers[i].code == code)
            return true;
    return false;
}

static tnas_status import_ops(tnas_tfl_import *import)
{
    char scratch[TFL_NAME_BYTES];
    for (import->op = 0; import->op < import->file->op_count; import->op++) {
        const tnas_tfl_op *const op = &import->file->ops[import->op];
        /* What reads a lost tensor has no fault of its own, unless nobody knows it. */
        const bool follows = is_lost(import, op) && has_handler(op->code);
        const tnas_status status = follows ? TNAS_ERR_INPUT : import_op(import, op);
        if (status != TNAS_OK && status != TNAS_ERR_INPUT)
            return status;
        if (status == TNAS_OK)
            continue;
        if (!follows)
            tnas_problems_add(&import->problems, "%d %s: %s", import->op,
                              tnas_tfl_op_name(op->code, scratch), tnas_error_text());
        for (size_t i = 0; i < op->outputs.count; i++)
            import->values[tnas_tfl_output(op, i)].kind = TFL_LOST;
    }
    if (import->problems.count == 0)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "%s: %d of %d operators cannot be imported: %s",
                     import->file->flat.name, import->problems.count, import->file->op_count,
                     tnas_problems_text(&import->problems));
}

/* ---- The network ---- */

static void copy_text(const tnas_flat_vector *text, char out[TNAS_TFLITE_NAME_BYTES])
{
    size_t length = 0;
    for (; length < text->count && length + 1 < TNAS_TFLITE_NAME_BYTES; length++) {
        const uint8_t byte = text->items[length];
        out[length] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    out[length] = '\0';
}

static void note_border(tnas_tfl_import *import)
{
    const tnas_tfl_tensor *const in = &import->file->tensors[import->file->input];
    const tnas_tfl_tensor *const out = &import->file->tensors[import->file->output];
    copy_text(&import->file->description, import->notes.description);
    copy_text(&in->name, import->notes.input_name);
    copy_text(&out->name, import->notes.output_name);
    import->notes.input_type = tnas_tfl_type_name(in->type);
    import->notes.output_type = tnas_tfl_type_name(out->type);
    import->notes.op_count = import->file->op_count;
}

/* An operator that writes whole bytes makes the network int8. */
static tnas_model_type type_of(const tnas_tfl_file *file)
{
    for (int i = 0; i < file->op_count; i++)
        for (size_t o = 0; o < file->ops[i].outputs.count; o++) {
            const int type = file->tensors[tnas_tfl_output(&file->ops[i], o)].type;
            if (type == TFL_INT8 || type == TFL_UINT8)
                return TNAS_MODEL_INT8;
        }
    return TNAS_MODEL_FLOAT;
}

static tnas_status start(tnas_tfl_import *import)
{
    const tnas_tfl_file *const file = import->file;
    for (int t = 0; t < file->tensor_count; t++)
        import->values[t].kind = file->tensors[t].data.count > 0 ? TFL_CONSTANT : TFL_UNKNOWN;
    import->type = type_of(file);
    import->values[file->input].kind = TFL_BORDER;
    const int type = file->tensors[file->input].type;
    if (type != (import->type == TNAS_MODEL_INT8 ? TFL_INT8 : TFL_FLOAT32))
        return TNAS_OK;
    const tnas_status status = tnas_tfl_place_input(import, file->input);
    return status == TNAS_ERR_INPUT
               ? tnas_fail(status, "%s: %s", file->flat.name, tnas_error_text())
               : status;
}

/* The last operator must write the network's output. */
static tnas_status finish_graph(tnas_tfl_import *import)
{
    const char *const name = import->file->flat.name;
    const int output = import->file->output;
    const tnas_tfl_value *const value = &import->values[output];
    if (value->kind != TFL_MAP)
        return tnas_fail(TNAS_ERR_INPUT, "%s: no operator writes its output, tensor %d", name,
                         output);
    if (value->is_padded || (!value->is_flat && !tnas_tfl_is_seen_plainly(import, output)))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: its output is padded or transposed, and no "
                         "operator follows that could do it",
                         name);
    if (import->graph.op_count < 1 || value->tensor != tnas_graph_output(&import->graph))
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: the last operator must write its output; operators that lead "
                         "nowhere are not possible",
                         name);
    const tnas_status status = tnas_graph_check(&import->graph);
    return status == TNAS_OK ? status : tnas_fail(status, "%s: %s", name, tnas_error_text());
}

static tnas_status make_model(tnas_tfl_import *import, tnas_model **out)
{
    tnas_model *model;
    TNAS_TRY(tnas_model_create(import->type, &import->graph, &model));
    for (int t = 0; t < import->graph.tensor_count && import->type == TNAS_MODEL_INT8; t++)
        model->quant[t] = import->quant[t];
    tnas_status status = tnas_tfl_fill_constants(import, model);
    if (status == TNAS_OK)
        status = tnas_tfl_count_dead(import, model);
    if (status == TNAS_OK) {
        *out = model;
        return status;
    }
    tnas_model_destroy(model);
    char scratch[TFL_NAME_BYTES];
    return status != TNAS_ERR_INPUT
               ? status
               : tnas_fail(status, "%s: operator %d, %s: %s", import->file->flat.name, import->op,
                           tnas_tfl_op_name(import->file->ops[import->op].code, scratch),
                           tnas_error_text());
}

static tnas_status import_file(tnas_tfl_file *file, tnas_model **out, tnas_tflite_notes *notes)
{
    tnas_tfl_import *const import = TNAS_ARENA_NEW(&file->arena, tnas_tfl_import, 1);
    if (import == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "import of %s", file->flat.name);
    import->values = TNAS_ARENA_NEW(&file->arena, tnas_tfl_value, (size_t)file->tensor_count);
    if (import->values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "import of %s", file->flat.name);
    import->file = file;
    note_border(import);
    TNAS_TRY(start(import));
    TNAS_TRY(import_ops(import));
    TNAS_TRY(finish_graph(import));
    TNAS_TRY(make_model(import, out));
    if (notes != NULL)
        *notes = import->notes;
    return TNAS_OK;
}

tnas_status tnas_tflite_parse(const void *bytes, size_t byte_count, const char *name,
                              tnas_model **out, tnas_tflite_notes *notes)
{
    *out = NULL;
    if (notes != NULL)
        memset(notes, 0, sizeof *notes);
    const tnas_flat flat = {name, bytes, byte_count};
    tnas_tfl_file file;
    tnas_status status = tnas_tfl_file_open(&flat, &file);
    if (status == TNAS_OK)
        status = import_file(&file, out, notes);
    tnas_arena_deinit(&file.arena);
    return status;
}

tnas_status tnas_tflite_load(const char *path, tnas_model **out, tnas_tflite_notes *notes)
{
    *out = NULL;
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    const tnas_status status = tnas_tflite_parse(bytes, byte_count, path, out, notes);
    tnas_free(bytes);
    return status;
}
