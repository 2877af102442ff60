/* A flatbuffer from front to back: parents first, so that offsets point forwards as they must;
 * every field takes 4 bytes. */
#include "tests/tflite_writer.h"

#include <assert.h>
#include <string.h>

#include "graph/tflite_schema.h"

typedef struct writer {
    uint8_t *bytes;
    size_t count;
} writer;

static size_t reserve(writer *w, size_t byte_count)
{
    const size_t at = (w->count + 3) / 4 * 4;
    assert(at + byte_count <= WRITTEN_FILE_BYTES);
    memset(w->bytes + w->count, 0, at + byte_count - w->count);
    w->count = at + byte_count;
    return at;
}

static void put_u16(writer *w, size_t at, size_t value)
{
    w->bytes[at] = (uint8_t)value;
    w->bytes[at + 1] = (uint8_t)(value >> 8);
}

static void put_u32(writer *w, size_t at, uint32_t value)
{
    put_u16(w, at, value & 0xffff);
    put_u16(w, at + 2, value >> 16);
}

/* A table of field_count fields, all there and 0. */
static size_t put_table(writer *w, int field_count)
{
    const size_t vtable_bytes = 4 + 2 * (size_t)field_count;
    const size_t table_bytes = 4 + 4 * (size_t)field_count;
    const size_t vtable = reserve(w, vtable_bytes);
    const size_t table = reserve(w, table_bytes);
    put_u16(w, vtable, vtable_bytes);
    put_u16(w, vtable + 2, table_bytes);
    for (int i = 0; i < field_count; i++)
        put_u16(w, vtable + 4 + 2 * (size_t)i, 4 + 4 * (size_t)i);
    put_u32(w, table, (uint32_t)(table - vtable));
    return table;
}

/* Takes a field out of a table again. */
static void drop_field(writer *w, size_t table, int field)
{
    uint32_t back;
    memcpy(&back, w->bytes + table, sizeof back);
    put_u16(w, table - back + 4 + 2 * (size_t)field, 0);
}

static size_t field_at(size_t table, int field)
{
    return table + 4 + 4 * (size_t)field;
}

static void put_field(writer *w, size_t table, int field, uint32_t bits)
{
    put_u32(w, field_at(table, field), bits);
}

static void link_to(writer *w, size_t at, size_t target)
{
    put_u32(w, at, (uint32_t)(target - at));
}

/* A vector of items given, or of zeros. */
static size_t put_vector(writer *w, size_t count, size_t item_bytes, const void *items)
{
    const size_t at = reserve(w, 4 + count * item_bytes);
    put_u32(w, at, (uint32_t)count);
    if (items != NULL && count > 0)
        memcpy(w->bytes + at + 4, items, count * item_bytes);
    return at;
}

static void add_vector(writer *w, size_t table, int field, size_t count, size_t item_bytes,
                       const void *items)
{
    const size_t at = put_vector(w, count, item_bytes, items);
    link_to(w, field_at(table, field), at);
}

/* The vector's place; its items are to be linked. */
static size_t add_tables(writer *w, size_t table, int field, int count)
{
    const size_t at = put_vector(w, (size_t)count, 4, NULL);
    link_to(w, field_at(table, field), at);
    return at + 4;
}

static void write_tensor(writer *w, size_t item, const written_tensor *t, int index)
{
    enum { FIELDS = 6, QUANT_FIELDS = 7 };
    const char name[] = {'t', (char)('A' + index % 26), '\n'};
    const size_t table = put_table(w, FIELDS);
    link_to(w, item, table);
    put_field(w, table, TFL_TENSOR_TYPE, (uint32_t)t->type);
    put_field(w, table, TFL_TENSOR_BUFFER, (uint32_t)index + 1);
    put_field(w, table, TFL_TENSOR_IS_VARIABLE, (uint32_t)t->is_variable);
    add_vector(w, table, TFL_TENSOR_SHAPE, (size_t)t->rank, 4, t->dim);
    add_vector(w, table, TFL_TENSOR_NAME, sizeof name, 1, name);
    const size_t quant = put_table(w, QUANT_FIELDS);
    link_to(w, field_at(table, TFL_TENSOR_QUANTIZATION), quant);
    int64_t zeros[16];
    for (int i = 0; i < 16; i++)
        zeros[i] = t->zero_point;
    drop_field(w, quant, 0);
    drop_field(w, quant, 1);
    drop_field(w, quant, 5);
    put_field(w, quant, TFL_QUANT_DIMENSION, (uint32_t)t->quantized_dim);
    add_vector(w, quant, TFL_QUANT_SCALE, (size_t)t->scale_count, 4, t->scale);
    add_vector(w, quant, TFL_QUANT_ZERO_POINT, (size_t)t->scale_count, 8, zeros);
}

static void write_op(writer *w, size_t item, const written_op *op, int index)
{
    enum { FIELDS = 5, OPTIONS_FIELDS = 8 };
    const size_t table = put_table(w, FIELDS);
    link_to(w, item, table);
    put_field(w, table, TFL_OPERATOR_CODE, (uint32_t)index);
    put_field(w, table, TFL_OPERATOR_OPTIONS_TYPE, (uint32_t)op->options_type);
    add_vector(w, table, TFL_OPERATOR_INPUTS, (size_t)op->input_count, 4, op->inputs);
    add_vector(w, table, TFL_OPERATOR_OUTPUTS, (size_t)op->output_count, 4, op->outputs);
    const size_t options = put_table(w, OPTIONS_FIELDS);
    link_to(w, field_at(table, TFL_OPERATOR_OPTIONS), options);
    for (int field = 0; field < OPTIONS_FIELDS; field++) {
        int given = 0;
        for (int i = 0; i < op->option_count; i++)
            if (op->options[i].field == field) {
                put_field(w, options, field, (uint32_t)op->options[i].bits);
                given = 1;
            }
        if (!given)
            drop_field(w, options, field);
    }
}

size_t written_file(const written_net *net, uint8_t out[WRITTEN_FILE_BYTES])
{
    writer w = {out, 0};
    reserve(&w, 8);
    memcpy(out + 4, TFL_IDENTIFIER, 4);
    const size_t model = put_table(&w, 5);
    put_u32(&w, 0, (uint32_t)model);
    put_field(&w, model, TFL_MODEL_VERSION, (uint32_t)net->version);
    add_vector(&w, model, TFL_MODEL_DESCRIPTION, strlen(net->description), 1, net->description);
    size_t items = add_tables(&w, model, TFL_MODEL_OPERATOR_CODES, net->op_count);
    for (int i = 0; i < net->op_count; i++) {
        const size_t code = put_table(&w, 4);
        link_to(&w, items + 4 * (size_t)i, code);
        const int value = net->ops[i].code;
        put_field(&w, code, TFL_CODE_OLD, (uint32_t)(value > 127 ? 127 : value));
        put_field(&w, code, TFL_CODE_NEW, (uint32_t)value);
        drop_field(&w, code, TFL_CODE_CUSTOM);
    }
    items = add_tables(&w, model, TFL_MODEL_BUFFERS, net->tensor_count + 1);
    for (int i = 0; i <= net->tensor_count; i++) { /* the first is empty */
        const size_t buffer = put_table(&w, 1);
        link_to(&w, items + 4 * (size_t)i, buffer);
        const written_tensor *const t = &net->tensors[i > 0 ? i - 1 : 0];
        add_vector(&w, buffer, TFL_BUFFER_DATA, i > 0 ? t->data_bytes : 0, 1, t->data);
    }
    items = add_tables(&w, model, TFL_MODEL_SUBGRAPHS, 1);
    const size_t subgraph = put_table(&w, 4);
    link_to(&w, items, subgraph);
    add_vector(&w, subgraph, TFL_SUBGRAPH_INPUTS, 1, 4, &net->input);
    add_vector(&w, subgraph, TFL_SUBGRAPH_OUTPUTS, 1, 4, &net->output);
    items = add_tables(&w, subgraph, TFL_SUBGRAPH_TENSORS, net->tensor_count);
    for (int i = 0; i < net->tensor_count; i++)
        write_tensor(&w, items + 4 * (size_t)i, &net->tensors[i], i);
    items = add_tables(&w, subgraph, TFL_SUBGRAPH_OPERATORS, net->op_count);
    for (int i = 0; i < net->op_count; i++)
        write_op(&w, items + 4 * (size_t)i, &net->ops[i], i);
    return w.count;
}

tnas_status written_import(const written_net *net, tnas_model **out, tnas_tflite_notes *notes)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    const size_t byte_count = written_file(net, bytes);
    const tnas_status status = tnas_tflite_parse(bytes, byte_count, "net.tflite", out, notes);
    assert((status == TNAS_OK) == (*out != NULL));
    return status;
}

/* ---- Networks ---- */

static written_tensor *new_tensor(written_net *net, int type)
{
    assert(net->tensor_count < WRITTEN_TENSORS_MAX);
    written_tensor *const t = &net->tensors[net->tensor_count++];
    *t = (written_tensor){.type = type};
    return t;
}

static void quantize(written_tensor *t, float scale, int zero_point)
{
    if (t->type == TFL_FLOAT32)
        return;
    t->scale_count = 1;
    t->scale[0] = scale;
    t->zero_point = zero_point;
}

int written_map(written_net *net, int type, int h, int w, int c, float scale, int zero_point)
{
    written_tensor *const t = new_tensor(net, type);
    t->rank = 4;
    const int32_t dim[] = {1, h, w, c};
    memcpy(t->dim, dim, sizeof dim);
    quantize(t, scale, zero_point);
    return net->tensor_count - 1;
}

int written_vector(written_net *net, int type, int c, float scale, int zero_point)
{
    const int tensor = written_map(net, type, c, 0, 0, scale, zero_point);
    net->tensors[tensor].rank = 2;
    return tensor;
}

static size_t count_of(const written_tensor *t)
{
    size_t count = 1;
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->dim[i];
    return count;
}

int written_weights(written_net *net, int rank, const int32_t *dim, int channel_dim, int channels)
{
    written_tensor *const t = new_tensor(net, TFL_INT8);
    t->rank = rank;
    memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
    t->data_bytes = count_of(t);
    assert(t->data_bytes <= WRITTEN_DATA_BYTES);
    for (size_t i = 0; i < t->data_bytes; i++)
        t->data[i] = (uint8_t)(int)((i * 37 + 11) % 255) - 127;
    t->scale_count = channels;
    for (int i = 0; i < channels; i++)
        t->scale[i] = 0.01f * (float)(i + 1);
    t->quantized_dim = channel_dim;
    return net->tensor_count - 1;
}

int written_biases(written_net *net, int channels, float in_scale, int weights)
{
    written_tensor *const t = new_tensor(net, TFL_INT32);
    const written_tensor *const from = &net->tensors[weights];
    t->rank = 1;
    t->dim[0] = channels;
    t->data_bytes = 4 * (size_t)channels;
    for (int i = 0; i < channels; i++) {
        const int32_t value = 100 * i - 150;
        memcpy(t->data + 4 * i, &value, sizeof value);
    }
    t->scale_count = from->scale_count;
    for (int i = 0; i < from->scale_count; i++)
        t->scale[i] = in_scale * from->scale[i];
    return net->tensor_count - 1;
}

int written_numbers(written_net *net, int count, const int32_t *numbers)
{
    written_tensor *const t = new_tensor(net, TFL_INT32);
    t->rank = 1;
    t->dim[0] = count;
    t->data_bytes = 4 * (size_t)count;
    memcpy(t->data, numbers, t->data_bytes);
    return net->tensor_count - 1;
}

int written_floats(written_net *net, int rank, const int32_t *dim)
{
    written_tensor *const t = new_tensor(net, TFL_FLOAT32);
    t->rank = rank;
    memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
    t->data_bytes = 4 * count_of(t);
    assert(t->data_bytes <= WRITTEN_DATA_BYTES);
    for (size_t i = 0; i < t->data_bytes / 4; i++) {
        const float value = (float)i * 0.25f - 1.0f;
        memcpy(t->data + 4 * i, &value, sizeof value);
    }
    return net->tensor_count - 1;
}

written_op *written_append(written_net *net, int code, int options_type, int in, int in2, int in3,
                           int out)
{
    assert(net->op_count < WRITTEN_OPS_MAX);
    written_op *const op = &net->ops[net->op_count++];
    *op = (written_op){.code = code,
                       .options_type = options_type,
                       .input_count = in3 >= 0   ? 3
                                      : in2 >= 0 ? 2
                                                 : 1,
                       .output_count = 1,
                       .inputs = {in, in2, in3},
                       .outputs = {out}};
    net->output = out;
    return op;
}

void written_option(written_op *op, int field, int32_t bits)
{
    assert(op->option_count < 8);
    op->options[op->option_count].field = field;
    op->options[op->option_count++].bits = bits;
}

void written_small_net(written_net *net)
{
    const int32_t conv[] = {4, 3, 3, 2}, depthwise[] = {1, 3, 3, 4}, dense[] = {3, 36};
    *net = (written_net){.description = "a test", .version = TFL_VERSION};
    net->input = written_map(net, TFL_INT8, 6, 6, 2, 0.5f, 3);
    const int a = written_map(net, TFL_INT8, 3, 3, 4, 0.25f, -128);
    const int b = written_map(net, TFL_INT8, 3, 3, 4, 0.125f, 7);
    const int c = written_vector(net, TFL_INT8, 3, 2.0f, 0);
    const int w = written_weights(net, 4, conv, 0, 4);
    const int v = written_weights(net, 4, depthwise, 3, 4);
    const int u = written_weights(net, 2, dense, 0, 1);
    written_op *op = written_append(net, TFL_CONV_2D, TFL_OPTIONS_CONV, net->input, w,
                                    written_biases(net, 4, 0.5f, w), a);
    written_option(op, TFL_CONV_STRIDE_H, 2);
    written_option(op, TFL_CONV_STRIDE_W, 2);
    written_option(op, TFL_CONV_ACTIVATION, TFL_ACTIVATION_RELU);
    op = written_append(net, TFL_DEPTHWISE_CONV_2D, TFL_OPTIONS_DWCONV, a, v,
                        written_biases(net, 4, 0.25f, v), b);
    written_option(op, TFL_DWCONV_STRIDE_H, 1);
    written_option(op, TFL_DWCONV_STRIDE_W, 1);
    written_append(net, TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, b, u,
                   written_biases(net, 3, 0.125f, u), c);
}

static void strides_of_one(written_op *op)
{
    written_option(op, TFL_CONV_STRIDE_H, 1); /* the same fields in all options with a window */
    written_option(op, TFL_CONV_STRIDE_W, 1);
}

/* SHAPE, its first number, PACK with `count`, RESHAPE of in [1, count] to [1, count]. */
static int append_reshape(written_net *net, int in, int32_t count)
{
    const int32_t none[] = {0, 0}, zero[] = {0}, one[] = {1};
    const int shape = written_numbers(net, 2, none), first = written_numbers(net, 1, none);
    const int asked = written_numbers(net, 2, none), size = written_numbers(net, 1, &count);
    net->tensors[shape].data_bytes = net->tensors[asked].data_bytes = 0;
    net->tensors[first].data_bytes = 0;
    net->tensors[first].rank = net->tensors[size].rank = 0;
    const int begin = written_numbers(net, 1, zero), end = written_numbers(net, 1, one);
    const int out = written_vector(net, TFL_INT8, count, 0.5f, 1);
    written_append(net, TFL_SHAPE, 55, in, -1, -1, shape);
    written_op *const slice =
        written_append(net, TFL_STRIDED_SLICE, TFL_OPTIONS_SLICE, shape, begin, end, first);
    slice->inputs[slice->input_count++] = end;
    written_option(slice, TFL_SLICE_SHRINK_MASK, 1);
    written_append(net, TFL_PACK, TFL_OPTIONS_PACK, first, size, -1, asked);
    written_append(net, TFL_RESHAPE, TFL_OPTIONS_NONE, in, asked, -1, out);
    return out;
}

/* TRANSPOSE to channels first, MEAN over the image; [1, c]. */
static int append_mean(written_net *net, int in, int side, int c)
{
    const int32_t order[] = {0, 3, 1, 2}, axes[] = {2, 3};
    const int transposed = written_map(net, TFL_INT8, c, side, side, 0.5f, 1);
    const int out = written_vector(net, TFL_INT8, c, 0.5f, 1);
    written_append(net, TFL_TRANSPOSE, 26, in, written_numbers(net, 4, order), -1, transposed);
    written_append(net, TFL_MEAN, TFL_OPTIONS_REDUCER, transposed, written_numbers(net, 2, axes),
                   -1, out);
    return out;
}

/* float 7x7x2 to 4x4x4: QUANTIZE, PAD, CONV_2D */
static int append_stem(written_net *net)
{
    const int32_t conv[] = {4, 3, 3, 2}, pads[] = {0, 0, 1, 1, 1, 1, 0, 0};
    net->input = written_map(net, TFL_FLOAT32, 7, 7, 2, 0, 0);
    const int q = written_map(net, TFL_INT8, 7, 7, 2, 0.5f, 1);
    const int padded = written_map(net, TFL_INT8, 9, 9, 2, 0.5f, 1);
    const int out = written_map(net, TFL_INT8, 4, 4, 4, 0.5f, 1);
    const int numbers = written_numbers(net, 8, pads);
    const int weights = written_weights(net, 4, conv, 0, 4);
    written_append(net, TFL_QUANTIZE, TFL_OPTIONS_NONE, net->input, -1, -1, q);
    written_append(net, TFL_PAD, 22, q, numbers, -1, padded);
    net->tensors[numbers].rank = 2;
    net->tensors[numbers].dim[0] = 4;
    net->tensors[numbers].dim[1] = 2;
    written_op *const op = written_append(net, TFL_CONV_2D, TFL_OPTIONS_CONV, padded, weights,
                                          written_biases(net, 4, 0.5f, weights), out);
    written_option(op, TFL_CONV_PADDING, TFL_PADDING_VALID);
    written_option(op, TFL_CONV_STRIDE_H, 2);
    written_option(op, TFL_CONV_STRIDE_W, 2);
    written_option(op, TFL_CONV_ACTIVATION, TFL_ACTIVATION_RELU6);
    return out;
}

/* One map of the same shape from `in` by an operator with another operand, -1: none. */
static int append_like(written_net *net, int code, int options_type, int in, int in2)
{
    const written_tensor like = net->tensors[in];
    const int out = written_map(net, TFL_INT8, like.dim[1], like.dim[2], like.dim[3], 0.5f, 1);
    written_append(net, code, options_type, in, in2, -1, out);
    return out;
}

void written_wide_net(written_net *net)
{
    const int32_t four[] = {4}, one[] = {1}, depthwise[] = {1, 3, 3, 4}, dense[] = {5, 8};
    *net = (written_net){.description = "wide", .version = TFL_VERSION};
    const int stem = append_stem(net);
    const int depth = append_like(net, TFL_DEPTHWISE_CONV_2D, TFL_OPTIONS_DWCONV, stem,
                                  written_weights(net, 4, depthwise, 3, 4));
    strides_of_one(&net->ops[net->op_count - 1]);
    const int pool = append_like(net, TFL_MAX_POOL_2D, TFL_OPTIONS_POOL, depth, -1);
    strides_of_one(&net->ops[net->op_count - 1]);
    written_option(&net->ops[net->op_count - 1], TFL_POOL_FILTER_H, 3);
    written_option(&net->ops[net->op_count - 1], TFL_POOL_FILTER_W, 2);
    int t = append_like(net, TFL_MUL, TFL_OPTIONS_MUL, pool, written_weights(net, 1, four, 0, 1));
    t = append_like(net, TFL_ADD, TFL_OPTIONS_ADD, t, written_weights(net, 1, one, 0, 1));
    t = append_like(net, TFL_RELU, TFL_OPTIONS_NONE, t, -1);
    const int joined = written_map(net, TFL_INT8, 4, 4, 8, 0.5f, 1);
    written_op *op =
        written_append(net, TFL_CONCATENATION, TFL_OPTIONS_CONCAT, pool, t, -1, joined);
    written_option(op, TFL_CONCAT_AXIS, 3);
    const int average = written_map(net, TFL_INT8, 1, 1, 8, 0.5f, 1);
    op = written_append(net, TFL_AVERAGE_POOL_2D, TFL_OPTIONS_POOL, joined, -1, -1, average);
    strides_of_one(op);
    written_option(op, TFL_POOL_PADDING, TFL_PADDING_VALID);
    written_option(op, TFL_POOL_FILTER_H, 4);
    written_option(op, TFL_POOL_FILTER_W, 4);
    const int gate = written_map(net, TFL_INT8, 1, 1, 8, 1.0f / 256, -128);
    written_append(net, TFL_LOGISTIC, TFL_OPTIONS_NONE, average, -1, -1, gate);
    const int gated = append_like(net, TFL_MUL, TFL_OPTIONS_MUL, joined, gate);
    const int sum = append_like(net, TFL_ADD, TFL_OPTIONS_ADD, gated, joined);
    const int flat = append_reshape(net, append_mean(net, sum, 4, 8), 8);
    const int scores = written_vector(net, TFL_INT8, 5, 0.5f, 1);
    const int chances = written_vector(net, TFL_INT8, 5, 1.0f / 256, -128);
    const int out = written_vector(net, TFL_FLOAT32, 5, 0, 0);
    written_append(net, TFL_FULLY_CONNECTED, TFL_OPTIONS_FC, flat,
                   written_weights(net, 2, dense, 0, 1), -1, scores);
    op = written_append(net, TFL_SOFTMAX, TFL_OPTIONS_SOFTMAX, scores, -1, -1, chances);
    written_option(op, TFL_SOFTMAX_BETA, 0x3f800000);
    written_append(net, TFL_DEQUANTIZE, TFL_OPTIONS_NONE, chances, -1, -1, out);
}
