/* The file around the operators: tensors and their buffers, operator codes, the subgraph. */
#include "graph/tflite_write.h"

#include <assert.h>
#include <stdio.h>

#include "common/alloc.h"
#include "common/io.h"
#include "graph/tflite_writing.h"

/* A reader may use constants where they lie: their alignment in TensorFlow Lite's schema. */
enum { BUFFER_ALIGN_BYTES = 16, NAME_BYTES = 64, TEXT_BYTES = 1024 };

static tnas_flat_ref add_table(tnas_tfl_writing *writing, const tnas_flat_field *fields, int count)
{
    return tnas_flat_add_table(&writing->flat, fields, count);
}
#define ADD_TABLE(writing, fields)                                                                 \
    add_table(writing, fields, (int)(sizeof(fields) / sizeof *(fields)))

static tnas_flat_ref add_refs(tnas_tfl_writing *writing, const tnas_flat_ref *refs, int count)
{
    return tnas_flat_add_refs(&writing->flat, refs, (size_t)count);
}

static tnas_flat_ref add_numbers(tnas_tfl_writing *writing, const void *items, size_t count,
                                 size_t item_bytes)
{
    return tnas_flat_add_vector(&writing->flat, items, count, item_bytes, item_bytes);
}

/* ---- Tensors ---- */

/* Buffer 0 is empty: the one of tensors without data. */
static int add_buffer(tnas_tfl_writing *writing, const void *data, size_t data_bytes)
{
    tnas_flat_field fields[] = {[TFL_BUFFER_DATA] = {0}};
    if (data_bytes > 0)
        fields[TFL_BUFFER_DATA] = tnas_flat_field_ref(
            tnas_flat_add_vector(&writing->flat, data, data_bytes, 1, BUFFER_ALIGN_BYTES));
    assert(writing->buffer_count < TFL_WRITING_TENSORS);
    writing->buffers[writing->buffer_count] = ADD_TABLE(writing, fields);
    return writing->buffer_count++;
}

static tnas_flat_ref add_quantization(tnas_tfl_writing *writing, const tnas_tfl_new_tensor *tensor)
{
    if (tensor->scale_count == 0)
        return 0;
    for (size_t i = 0; i < tensor->scale_count; i++)
        writing->zero_point[i] = tensor->zero_point;
    const tnas_flat_ref scale =
        add_numbers(writing, tensor->scale, tensor->scale_count, sizeof *tensor->scale);
    const tnas_flat_ref zero_point =
        add_numbers(writing, writing->zero_point, tensor->scale_count, sizeof *writing->zero_point);
    const tnas_flat_field fields[] = {
        [TFL_QUANT_SCALE] = tnas_flat_field_ref(scale),
        [TFL_QUANT_ZERO_POINT] = tnas_flat_field_ref(zero_point),
        [TFL_QUANT_DIMENSION] = tnas_flat_field_i32(tensor->quantized_dim),
    };
    return ADD_TABLE(writing, fields);
}

/* "input", "3_conv2d", "3_conv2d/weights" */
static tnas_flat_ref add_tensor_name(tnas_tfl_writing *writing, const char *suffix)
{
    char name[NAME_BYTES] = "";
    if (writing->op >= 0)
        snprintf(name, sizeof name, "%d_%s", writing->op,
                 tnas_op_kind_text(writing->model->graph.ops[writing->op].kind));
    char whole[2 * NAME_BYTES];
    snprintf(whole, sizeof whole, "%s%s", name, suffix);
    return tnas_flat_add_text(&writing->flat, whole);
}

int tnas_tfl_new_tensor_add(tnas_tfl_writing *writing, const tnas_tfl_new_tensor *tensor)
{
    const int buffer =
        tensor->data_bytes == 0 ? 0 : add_buffer(writing, tensor->data, tensor->data_bytes);
    const tnas_flat_ref shape =
        add_numbers(writing, tensor->dim, (size_t)tensor->rank, sizeof *tensor->dim);
    const tnas_flat_ref name = add_tensor_name(writing, tensor->suffix);
    const tnas_flat_ref quantization = add_quantization(writing, tensor);
    const tnas_flat_field fields[] = {
        [TFL_TENSOR_SHAPE] = tnas_flat_field_ref(shape),
        [TFL_TENSOR_TYPE] = tnas_flat_field_u8(tensor->type),
        [TFL_TENSOR_BUFFER] = tnas_flat_field_i32(buffer),
        [TFL_TENSOR_NAME] = tnas_flat_field_ref(name),
        [TFL_TENSOR_QUANTIZATION] = tnas_flat_field_ref(quantization),
    };
    assert(writing->tensor_count < TFL_WRITING_TENSORS);
    writing->tensors[writing->tensor_count] = ADD_TABLE(writing, fields);
    return writing->tensor_count++;
}

int tnas_tfl_new_numbers(tnas_tfl_writing *writing, const char *suffix, int rank,
                         const int32_t *dim, const int32_t *numbers)
{
    tnas_tfl_new_tensor tensor = {.suffix = suffix,
                                  .type = TFL_INT32,
                                  .rank = rank,
                                  .data = numbers,
                                  .data_bytes = sizeof *numbers};
    for (int i = 0; i < rank; i++) {
        tensor.dim[i] = dim[i];
        tensor.data_bytes *= (size_t)dim[i];
    }
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

/* ---- Operators ---- */

static int find_or_add_code(tnas_tfl_writing *writing, int code, int version)
{
    int i = 0;
    while (i < writing->code_count &&
           (writing->codes[i].code != code || writing->codes[i].version != version))
        i++;
    if (i == writing->code_count) {
        assert(i < TFL_WRITING_CODES);
        writing->codes[i].code = code;
        writing->codes[i].version = version;
        writing->code_count++;
    }
    return i;
}

void tnas_tfl_new_op_add(tnas_tfl_writing *writing, const tnas_tfl_new_op *op)
{
    const int code = find_or_add_code(writing, op->code, op->version);
    const tnas_flat_ref inputs =
        add_numbers(writing, op->input, (size_t)op->input_count, sizeof *op->input);
    const tnas_flat_ref outputs = add_numbers(writing, &op->output, 1, sizeof op->output);
    const bool has_options = op->options_type != TFL_OPTIONS_NONE;
    const tnas_flat_ref options = has_options ? ADD_TABLE(writing, op->options) : 0;
    const tnas_flat_field fields[] = {
        [TFL_OPERATOR_CODE] = tnas_flat_field_i32(code),
        [TFL_OPERATOR_INPUTS] = tnas_flat_field_ref(inputs),
        [TFL_OPERATOR_OUTPUTS] = tnas_flat_field_ref(outputs),
        [TFL_OPERATOR_OPTIONS_TYPE] = tnas_flat_field_u8(op->options_type),
        [TFL_OPERATOR_OPTIONS] = tnas_flat_field_ref(options),
    };
    assert(writing->op_count < TFL_WRITING_OPS);
    writing->ops[writing->op_count++] = ADD_TABLE(writing, fields);
}

/* ---- The file ---- */

static tnas_flat_ref add_codes(tnas_tfl_writing *writing)
{
    tnas_flat_ref refs[TFL_WRITING_CODES];
    for (int i = 0; i < writing->code_count; i++) {
        const int code = writing->codes[i].code; /* all below 127: old readers know them too */
        const tnas_flat_field fields[] = {
            [TFL_CODE_OLD] = tnas_flat_field_u8(code),
            [TFL_CODE_VERSION] = tnas_flat_field_i32(writing->codes[i].version),
            [TFL_CODE_NEW] = tnas_flat_field_i32(code),
        };
        refs[i] = ADD_TABLE(writing, fields);
    }
    return add_refs(writing, refs, writing->code_count);
}

static tnas_flat_ref add_text(tnas_tfl_writing *writing, const char *text)
{
    char plain[TEXT_BYTES];
    size_t length = 0;
    for (; text[length] != '\0' && length + 1 < sizeof plain; length++)
        plain[length] = text[length] >= 0x20 && text[length] < 0x7f ? text[length] : '?';
    plain[length] = '\0';
    return tnas_flat_add_text(&writing->flat, plain);
}

static tnas_flat_ref add_subgraph(tnas_tfl_writing *writing, const char *name, int32_t input,
                                  int32_t output)
{
    const tnas_flat_ref tensors = add_refs(writing, writing->tensors, writing->tensor_count);
    const tnas_flat_ref inputs = add_numbers(writing, &input, 1, sizeof input);
    const tnas_flat_ref outputs = add_numbers(writing, &output, 1, sizeof output);
    const tnas_flat_ref ops = add_refs(writing, writing->ops, writing->op_count);
    const tnas_flat_ref text = add_text(writing, name);
    const tnas_flat_field fields[] = {
        [TFL_SUBGRAPH_TENSORS] = tnas_flat_field_ref(tensors),
        [TFL_SUBGRAPH_INPUTS] = tnas_flat_field_ref(inputs),
        [TFL_SUBGRAPH_OUTPUTS] = tnas_flat_field_ref(outputs),
        [TFL_SUBGRAPH_OPERATORS] = tnas_flat_field_ref(ops),
        [TFL_SUBGRAPH_NAME] = tnas_flat_field_ref(text),
    };
    const tnas_flat_ref subgraph = ADD_TABLE(writing, fields);
    return add_refs(writing, &subgraph, 1);
}

static tnas_flat_ref write_model(tnas_tfl_writing *writing, tnas_tfl_op_writer *write_op,
                                 const char *name, const char *description)
{
    const tnas_graph *const graph = &writing->model->graph;
    for (int t = 0; t < graph->tensor_count; t++)
        writing->map[t] = writing->flat_map[t] = TNAS_NONE;
    add_buffer(writing, NULL, 0);
    writing->op = -1;
    const int input = tnas_tfl_write_input(writing);
    for (writing->op = 0; writing->op < graph->op_count; writing->op++)
        write_op(writing);
    writing->op = graph->op_count - 1;
    const int output = tnas_tfl_write_output(writing);
    const tnas_flat_ref codes = add_codes(writing);
    const tnas_flat_ref subgraphs = add_subgraph(writing, name, input, output);
    const tnas_flat_ref text = add_text(writing, description);
    const tnas_flat_ref buffers = add_refs(writing, writing->buffers, writing->buffer_count);
    const tnas_flat_field fields[] = {
        [TFL_MODEL_VERSION] = tnas_flat_field_i32(TFL_VERSION),
        [TFL_MODEL_OPERATOR_CODES] = tnas_flat_field_ref(codes),
        [TFL_MODEL_SUBGRAPHS] = tnas_flat_field_ref(subgraphs),
        [TFL_MODEL_DESCRIPTION] = tnas_flat_field_ref(text),
        [TFL_MODEL_BUFFERS] = tnas_flat_field_ref(buffers),
    };
    return ADD_TABLE(writing, fields);
}

tnas_status tnas_tfl_write_file(const tnas_model *model, tnas_tfl_op_writer *write_op,
                                const char *name, const char *description, uint8_t **out,
                                size_t *byte_count)
{
    *out = NULL;
    *byte_count = 0;
    TNAS_TRY(tnas_tfl_check_writable(model));
    tnas_tfl_writing *const writing = tnas_alloc_zero(1, sizeof *writing);
    if (writing == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "a .tflite of %d operators", model->graph.op_count);
    writing->model = model;
    tnas_flat_builder_init(&writing->flat);
    const tnas_flat_ref root = write_model(writing, write_op, name, description);
    const tnas_status status =
        tnas_flat_finish(&writing->flat, root, TFL_IDENTIFIER, out, byte_count);
    tnas_free(writing);
    return status;
}

tnas_status tnas_tflite_build(const tnas_model *model, const char *name, const char *description,
                              uint8_t **out, size_t *byte_count)
{
    return tnas_tfl_write_file(model, tnas_tfl_write_op, name, description, out, byte_count);
}

tnas_status tnas_tflite_save(const tnas_model *model, const char *name, const char *description,
                             const char *path)
{
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_tflite_build(model, name, description, &bytes, &byte_count));
    const tnas_status status = tnas_file_write(path, bytes, byte_count);
    tnas_free(bytes);
    return status;
}
