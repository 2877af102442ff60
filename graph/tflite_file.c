#include "graph/tflite_file.h"

#include <stdio.h>

#include "graph/graph.h"
#include "graph/tflite.h"
#include "graph/tflite_schema.h"

enum { CODES_MAX = 1024 };

const char *tnas_tfl_op_name(int code, char scratch[TFL_NAME_BYTES])
{
    switch (code) {
#define NAME(value, name)                                                                          \
    case value:                                                                                    \
        return #name;
        TFL_OPERATORS(NAME)
#undef NAME
    default:
        snprintf(scratch, TFL_NAME_BYTES, "operator code %d", code);
        return scratch;
    }
}

const char *tnas_tfl_type_name(int type)
{
    static const char *const names[] = {"float32", "float16", "int32", "uint8",     "int64",
                                        "string",  "bool",    "int16", "complex64", "int8"};
    const int count = sizeof names / sizeof names[0];
    return type >= 0 && type < count ? names[type] : "of another type";
}

static int item_of(const tnas_flat_vector *tensors, size_t index)
{
    return index < tensors->count ? tnas_flat_get_i32(tensors->items + 4 * index) : -1;
}

int tnas_tfl_input(const tnas_tfl_op *op, size_t index)
{
    return item_of(&op->inputs, index);
}

int tnas_tfl_output(const tnas_tfl_op *op, size_t index)
{
    return item_of(&op->outputs, index);
}

static void read_shape(const tnas_flat_vector *shape, tnas_tfl_tensor *out)
{
    out->rank = shape->count <= TFL_RANK_MAX ? (int)shape->count : -1;
    out->count = out->rank < 0 ? -1 : 1;
    for (int i = 0; i < out->rank; i++) {
        out->dim[i] = tnas_flat_get_i32(shape->items + 4 * i);
        const bool possible = out->dim[i] > 0 && out->count > 0 && out->dim[i] <= TNAS_ELEMENTS_MAX;
        out->count = possible ? out->count * out->dim[i] : -1;
        if (out->count > TNAS_ELEMENTS_MAX)
            out->count = -1;
    }
}

static tnas_status read_quantization(const tnas_flat_table *tensor, tnas_tfl_tensor *out)
{
    tnas_flat_table quant;
    int64_t details;
    TNAS_TRY(tnas_flat_child(tensor, TFL_TENSOR_QUANTIZATION, &quant));
    TNAS_TRY(tnas_flat_items(&quant, TFL_QUANT_SCALE, sizeof(float), &out->scale));
    TNAS_TRY(tnas_flat_items(&quant, TFL_QUANT_ZERO_POINT, sizeof(int64_t), &out->zero_point));
    TNAS_TRY(tnas_flat_int(&quant, TFL_QUANT_DETAILS_TYPE, TNAS_FLAT_U8, 0, &details));
    out->is_odd = out->is_odd || details != 0;
    return tnas_flat_int(&quant, TFL_QUANT_DIMENSION, TNAS_FLAT_I32, 0, &out->quantized_dim);
}

static tnas_status read_buffer(const tnas_tfl_file *file, const tnas_flat_vector *buffers,
                               int64_t index, tnas_tfl_tensor *out)
{
    if (index < 0 || (size_t)index >= buffers->count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: buffer %lld: the file has %zu", file->flat.name,
                         (long long)index, buffers->count);
    tnas_flat_table buffer;
    TNAS_TRY(tnas_flat_item(&file->flat, buffers, (size_t)index, &buffer));
    TNAS_TRY(tnas_flat_items(&buffer, TFL_BUFFER_DATA, 1, &out->data));
    int64_t offset;
    TNAS_TRY(tnas_flat_int(&buffer, TFL_BUFFER_OFFSET, TNAS_FLAT_U32, 0, &offset));
    if (offset > 1)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: buffer %lld lies behind the model, which is for files "
                         "above 2 GiB",
                         file->flat.name, (long long)index);
    return TNAS_OK;
}

static tnas_status read_tensor(const tnas_tfl_file *file, const tnas_flat_table *table,
                               const tnas_flat_vector *buffers, tnas_tfl_tensor *out)
{
    tnas_flat_vector shape;
    tnas_flat_table sparsity;
    int64_t type, buffer, is_variable;
    TNAS_TRY(tnas_flat_items(table, TFL_TENSOR_SHAPE, sizeof(int32_t), &shape));
    read_shape(&shape, out);
    TNAS_TRY(tnas_flat_int(table, TFL_TENSOR_TYPE, TNAS_FLAT_I8, TFL_FLOAT32, &type));
    out->type = (int)type;
    TNAS_TRY(tnas_flat_int(table, TFL_TENSOR_IS_VARIABLE, TNAS_FLAT_U8, 0, &is_variable));
    TNAS_TRY(tnas_flat_child(table, TFL_TENSOR_SPARSITY, &sparsity));
    out->is_odd = is_variable != 0 || sparsity.flat != NULL;
    TNAS_TRY(tnas_flat_items(table, TFL_TENSOR_NAME, 1, &out->name));
    TNAS_TRY(read_quantization(table, out));
    TNAS_TRY(tnas_flat_int(table, TFL_TENSOR_BUFFER, TNAS_FLAT_U32, 0, &buffer));
    return buffers->count == 0 && buffer == 0 ? TNAS_OK : read_buffer(file, buffers, buffer, out);
}

static tnas_status read_tensors(tnas_tfl_file *file, const tnas_flat_table *model,
                                const tnas_flat_table *subgraph)
{
    tnas_flat_vector tables, buffers;
    TNAS_TRY(tnas_flat_items(model, TFL_MODEL_BUFFERS, 4, &buffers));
    TNAS_TRY(tnas_flat_items(subgraph, TFL_SUBGRAPH_TENSORS, 4, &tables));
    if (tables.count < 1 || tables.count > TFL_TENSORS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %zu tensors: must be 1 to %d", file->flat.name,
                         tables.count, TFL_TENSORS_MAX);
    file->tensors = TNAS_ARENA_NEW(&file->arena, tnas_tfl_tensor, tables.count);
    if (file->tensors == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu tensors of %s", tables.count, file->flat.name);
    file->tensor_count = (int)tables.count;
    for (size_t i = 0; i < tables.count; i++) {
        tnas_flat_table table;
        TNAS_TRY(tnas_flat_item(&file->flat, &tables, i, &table));
        TNAS_TRY(read_tensor(file, &table, &buffers, &file->tensors[i]));
    }
    return TNAS_OK;
}

/* The larger of both codes: old files have the first alone, new ones 127 there for what is
 * above. */
static tnas_status read_code(const tnas_tfl_file *file, const tnas_flat_vector *codes,
                             int64_t index, int *out)
{
    if (index < 0 || (size_t)index >= codes->count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: operator code %lld: the file has %zu",
                         file->flat.name, (long long)index, codes->count);
    tnas_flat_table code;
    int64_t old, new;
    TNAS_TRY(tnas_flat_item(&file->flat, codes, (size_t)index, &code));
    TNAS_TRY(tnas_flat_int(&code, TFL_CODE_OLD, TNAS_FLAT_I8, 0, &old));
    TNAS_TRY(tnas_flat_int(&code, TFL_CODE_NEW, TNAS_FLAT_I32, 0, &new));
    *out = (int)(new > old ? new : old);
    return TNAS_OK;
}

static tnas_status check_references(tnas_tfl_file *file, int op, const tnas_flat_vector *tensors,
                                    int lowest)
{
    if (tensors->count > TFL_INPUTS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: operator %d: %zu tensors, at most %d",
                         file->flat.name, op, tensors->count, TFL_INPUTS_MAX);
    for (size_t i = 0; i < tensors->count; i++) {
        const int tensor = item_of(tensors, i);
        if (tensor < lowest || tensor >= file->tensor_count)
            return tnas_fail(TNAS_ERR_INPUT, "%s: operator %d: tensor %d: must be %d to %d",
                             file->flat.name, op, tensor, lowest, file->tensor_count - 1);
    }
    return TNAS_OK;
}

static tnas_status read_op(tnas_tfl_file *file, const tnas_flat_table *table,
                           const tnas_flat_vector *codes, int index)
{
    tnas_tfl_op *const op = &file->ops[index];
    int64_t code, options_type;
    TNAS_TRY(tnas_flat_int(table, TFL_OPERATOR_CODE, TNAS_FLAT_U32, 0, &code));
    TNAS_TRY(read_code(file, codes, code, &op->code));
    TNAS_TRY(tnas_flat_int(table, TFL_OPERATOR_OPTIONS_TYPE, TNAS_FLAT_U8, 0, &options_type));
    op->options_type = (int)options_type;
    TNAS_TRY(tnas_flat_child(table, TFL_OPERATOR_OPTIONS, &op->options));
    TNAS_TRY(tnas_flat_items(table, TFL_OPERATOR_INPUTS, 4, &op->inputs));
    TNAS_TRY(tnas_flat_items(table, TFL_OPERATOR_OUTPUTS, 4, &op->outputs));
    TNAS_TRY(check_references(file, index, &op->inputs, -1));
    TNAS_TRY(check_references(file, index, &op->outputs, 0));
    for (size_t i = 0; i < op->inputs.count; i++)
        if (tnas_tfl_input(op, i) >= 0)
            file->tensors[tnas_tfl_input(op, i)].reader_count++;
    return TNAS_OK;
}

static tnas_status read_ops(tnas_tfl_file *file, const tnas_flat_table *model,
                            const tnas_flat_table *subgraph)
{
    tnas_flat_vector tables, codes;
    TNAS_TRY(tnas_flat_items(model, TFL_MODEL_OPERATOR_CODES, 4, &codes));
    TNAS_TRY(tnas_flat_items(subgraph, TFL_SUBGRAPH_OPERATORS, 4, &tables));
    if (tables.count < 1 || tables.count > TNAS_TFLITE_OPS_MAX || codes.count > CODES_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: %zu operators of %zu kinds: must be 1 to %d of at "
                         "most %d",
                         file->flat.name, tables.count, codes.count, TNAS_TFLITE_OPS_MAX,
                         CODES_MAX);
    file->ops = TNAS_ARENA_NEW(&file->arena, tnas_tfl_op, tables.count);
    if (file->ops == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu operators of %s", tables.count, file->flat.name);
    file->op_count = (int)tables.count;
    for (size_t i = 0; i < tables.count; i++) {
        tnas_flat_table table;
        TNAS_TRY(tnas_flat_item(&file->flat, &tables, i, &table));
        TNAS_TRY(read_op(file, &table, &codes, (int)i));
    }
    return TNAS_OK;
}

static tnas_status read_border(tnas_tfl_file *file, const tnas_flat_table *subgraph, int field,
                               const char *what, int *tensor)
{
    tnas_flat_vector tensors;
    TNAS_TRY(tnas_flat_items(subgraph, field, 4, &tensors));
    if (tensors.count != 1)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %zu %s: a network must have one", file->flat.name,
                         tensors.count, what);
    *tensor = item_of(&tensors, 0);
    if (*tensor < 0 || *tensor >= file->tensor_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: tensor %d of the %s: must be 0 to %d",
                         file->flat.name, *tensor, what, file->tensor_count - 1);
    return TNAS_OK;
}

tnas_status tnas_tfl_file_open(const tnas_flat *flat, tnas_tfl_file *out)
{
    *out = (tnas_tfl_file){.flat = *flat};
    tnas_arena_init(&out->arena);
    tnas_flat_table model, subgraph;
    tnas_flat_vector subgraphs;
    int64_t version;
    TNAS_TRY(tnas_flat_root(flat, TFL_IDENTIFIER, &model));
    TNAS_TRY(tnas_flat_int(&model, TFL_MODEL_VERSION, TNAS_FLAT_U32, 0, &version));
    if (version != TFL_VERSION)
        return tnas_fail(TNAS_ERR_INPUT, "%s: schema version %lld: this program reads version %d",
                         flat->name, (long long)version, TFL_VERSION);
    TNAS_TRY(tnas_flat_items(&model, TFL_MODEL_DESCRIPTION, 1, &out->description));
    TNAS_TRY(tnas_flat_items(&model, TFL_MODEL_SUBGRAPHS, 4, &subgraphs));
    if (subgraphs.count != 1)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %zu subgraphs: a network must have one", flat->name,
                         subgraphs.count);
    TNAS_TRY(tnas_flat_item(flat, &subgraphs, 0, &subgraph));
    TNAS_TRY(read_tensors(out, &model, &subgraph));
    TNAS_TRY(read_ops(out, &model, &subgraph));
    TNAS_TRY(read_border(out, &subgraph, TFL_SUBGRAPH_INPUTS, "inputs", &out->input));
    TNAS_TRY(read_border(out, &subgraph, TFL_SUBGRAPH_OUTPUTS, "outputs", &out->output));
    out->tensors[out->output].reader_count++;
    return TNAS_OK;
}
