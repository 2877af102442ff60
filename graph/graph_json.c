/* Graph files, "tinynas-graph" version 1: one operator a line, shapes follow from them.
 * What an operator leaves out is 1x1, stride 1, no padding, no activation. */
#include <stdio.h>

#include "common/io.h"
#include "common/json.h"
#include "common/text.h"
#include "graph/graph.h"

#define FORMAT "tinynas-graph"
enum { VERSION = 1 };

enum { KEYS_BYTES = 64 };

/* The keys of an operator of this kind, comma-separated. */
static const char *allowed_keys(int kind, char out[KEYS_BYTES])
{
    snprintf(out, KEYS_BYTES, "op,in%s%s%s%s",
             tnas_op_has(kind, TNAS_OP_WINDOW) ? ",kernel,stride" : "",
             tnas_op_has(kind, TNAS_OP_WINDOW | TNAS_OP_PADS) ? ",pad" : "",
             tnas_op_has(kind, TNAS_OP_OUT_C) ? ",out_c" : "",
             tnas_op_has(kind, TNAS_OP_CLAMPS) ? ",activation" : "");
    return out;
}

/* `count` whole numbers below `key`; leaves out[] as it is when the key is absent. */
static tnas_status read_numbers(const tnas_json_at *at, const char *key, int count,
                                const int64_t min[], const int64_t max[], uint8_t *const out[])
{
    if (!tnas_json_has(at, key))
        return TNAS_OK;
    tnas_json_at array;
    TNAS_TRY(tnas_json_array(at, key, &array));
    if (tnas_json_length(&array) != count)
        return tnas_json_fail(&array, "%d numbers: must be %d", tnas_json_length(&array), count);
    for (int i = 0; i < count; i++) {
        const tnas_json_at item = tnas_json_item(&array, i);
        int64_t value;
        TNAS_TRY(tnas_json_int(&item, NULL, min[i], max[i], &value));
        *out[i] = (uint8_t)value;
    }
    return TNAS_OK;
}

static tnas_status read_window(const tnas_json_at *at, tnas_op *op)
{
    const int64_t one[] = {1, 1}, most[] = {UINT8_MAX, UINT8_MAX};
    uint8_t *const kernel[] = {&op->kernel_h, &op->kernel_w};
    uint8_t *const stride[] = {&op->stride_h, &op->stride_w};
    TNAS_TRY(read_numbers(at, "kernel", 2, one, most, kernel));
    TNAS_TRY(read_numbers(at, "stride", 2, one, most, stride));
    const int64_t zero[] = {0, 0, 0, 0};
    const bool free = tnas_op_has(op->kind, TNAS_OP_PADS);
    const int64_t h_most = free ? UINT8_MAX : op->kernel_h - 1;
    const int64_t w_most = free ? UINT8_MAX : op->kernel_w - 1;
    const int64_t pad_most[] = {h_most, h_most, w_most, w_most};
    uint8_t *const pad[] = {&op->pad_top, &op->pad_bottom, &op->pad_left, &op->pad_right};
    return read_numbers(at, "pad", 4, zero, pad_most, pad);
}

static tnas_status read_inputs(const tnas_json_at *at, int tensor_count, tnas_op *op)
{
    tnas_json_at array;
    TNAS_TRY(tnas_json_array(at, "in", &array));
    const int count = tnas_op_input_count(op->kind);
    if (tnas_json_length(&array) != count)
        return tnas_json_fail(&array, "%d tensors: %s takes %d", tnas_json_length(&array),
                              tnas_op_kind_text(op->kind), count);
    for (int side = 0; side < count; side++) {
        const tnas_json_at item = tnas_json_item(&array, side);
        int64_t tensor;
        TNAS_TRY(tnas_json_int(&item, NULL, 0, tensor_count - 1, &tensor));
        op->in[side] = (int16_t)tensor;
    }
    return TNAS_OK;
}

static tnas_status fail_impossible(const tnas_json_at *at, const tnas_graph *graph,
                                   const tnas_op *op)
{
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    if (tnas_op_input_count(op->kind) == 2) {
        const tnas_tensor *const in2 = &graph->tensors[op->in[1]];
        const char *const rule = op->kind == TNAS_OP_CONCAT ? "must agree in height and width"
                                 : op->kind == TNAS_OP_MUL
                                     ? "must be one shape, or the second 1x1 with as many channels"
                                     : "must be one shape";
        return tnas_json_fail(at, "%s of %dx%dx%d and %dx%dx%d: %s, at most %d elements",
                              tnas_op_kind_text(op->kind), in->h, in->w, in->c, in2->h, in2->w,
                              in2->c, rule, TNAS_ELEMENTS_MAX);
    }
    if (op->kernel_h > in->h + op->pad_top + op->pad_bottom ||
        op->kernel_w > in->w + op->pad_left + op->pad_right)
        return tnas_json_fail(at, "kernel %dx%d is larger than the padded input, %dx%d",
                              op->kernel_h, op->kernel_w, in->h + op->pad_top + op->pad_bottom,
                              in->w + op->pad_left + op->pad_right);
    return tnas_json_fail(at, "output or weights exceed %d elements", TNAS_ELEMENTS_MAX);
}

static tnas_status read_op(const tnas_json_at *at, tnas_graph *graph)
{
    const char *text;
    TNAS_TRY(tnas_json_string(at, "op", &text));
    const int kind = tnas_op_kind_parse(text);
    if (kind == TNAS_NONE)
        return tnas_json_fail(at, "op = \"%s\" is no operator", text);
    char keys[KEYS_BYTES];
    TNAS_TRY(tnas_json_allow_keys(at, allowed_keys(kind, keys)));
    tnas_op op = {.kind = (uint8_t)kind,
                  .in = {TNAS_NONE, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    TNAS_TRY(read_inputs(at, graph->tensor_count, &op));
    TNAS_TRY(read_window(at, &op));
    if (tnas_json_has(at, "activation")) {
        TNAS_TRY(tnas_json_string(at, "activation", &text));
        const int activation = tnas_activation_parse(text);
        if (activation == TNAS_NONE)
            return tnas_json_fail(at, "activation = \"%s\" is unknown", text);
        op.activation = (uint8_t)activation;
    }
    if (kind == TNAS_OP_ACTIVATION && op.activation == TNAS_ACT_NONE)
        return tnas_json_fail(at, "activation must be there and not \"none\"");
    int64_t out_c = 0;
    if (tnas_op_has(kind, TNAS_OP_OUT_C))
        TNAS_TRY(tnas_json_int(at, "out_c", 1, TNAS_SIDE_MAX, &out_c));
    if (tnas_graph_append(graph, &op, (int32_t)out_c) == TNAS_NONE)
        return fail_impossible(at, graph, &op);
    return TNAS_OK;
}

static tnas_status read_input_shape(const tnas_json_at *root, tnas_graph *graph)
{
    tnas_json_at array;
    TNAS_TRY(tnas_json_array(root, "input", &array));
    if (tnas_json_length(&array) != 3)
        return tnas_json_fail(&array, "%d numbers: must be height, width, channels",
                              tnas_json_length(&array));
    int64_t shape[3];
    for (int i = 0; i < 3; i++) {
        const tnas_json_at item = tnas_json_item(&array, i);
        TNAS_TRY(tnas_json_int(&item, NULL, 1, TNAS_SIDE_MAX, &shape[i]));
    }
    if (shape[0] * shape[1] * shape[2] > TNAS_ELEMENTS_MAX)
        return tnas_json_fail(&array, "exceeds %d elements", TNAS_ELEMENTS_MAX);
    tnas_graph_init(graph, (int32_t)shape[0], (int32_t)shape[1], (int32_t)shape[2]);
    return TNAS_OK;
}

static tnas_status read_graph(const tnas_json *document, tnas_graph *graph)
{
    const tnas_json_at root = tnas_json_root(document);
    TNAS_TRY(tnas_json_allow_keys(&root, "name,input,ops"));
    if (tnas_json_has(&root, "name")) {
        const char *name; /* for people; nothing depends on it */
        TNAS_TRY(tnas_json_string(&root, "name", &name));
    }
    TNAS_TRY(read_input_shape(&root, graph));
    tnas_json_at ops;
    TNAS_TRY(tnas_json_array(&root, "ops", &ops));
    const int op_count = tnas_json_length(&ops);
    if (op_count < 1 || op_count > TNAS_GRAPH_OPS_MAX)
        return tnas_json_fail(&ops, "%d operators: must be 1 to %d", op_count, TNAS_GRAPH_OPS_MAX);
    for (int i = 0; i < op_count; i++) {
        const tnas_json_at at = tnas_json_item(&ops, i);
        TNAS_TRY(read_op(&at, graph));
    }
    return tnas_graph_check(graph);
}

tnas_status tnas_graph_load(const char *path, tnas_graph *out)
{
    tnas_graph_init(out, 0, 0, 0);
    tnas_json *document;
    TNAS_TRY(tnas_json_load(path, FORMAT, VERSION, &document));
    const tnas_status status = read_graph(document, out);
    tnas_json_destroy(document);
    if (status != TNAS_OK)
        tnas_graph_init(out, 0, 0, 0);
    return status;
}

static void print_quoted(tnas_text *text, const char *chars)
{
    tnas_text_add(text, "\"");
    for (const unsigned char *p = (const unsigned char *)chars; *p != '\0'; p++) {
        if (*p < 0x20)
            tnas_text_add(text, "\\u%04x", *p);
        else
            tnas_text_add(text, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    }
    tnas_text_add(text, "\"");
}

static void print_op(tnas_text *text, const tnas_graph *graph, const tnas_op *op)
{
    tnas_text_add(text, "{\"op\":\"%s\",\"in\":[%d", tnas_op_kind_text(op->kind), op->in[0]);
    if (op->in[1] != TNAS_NONE)
        tnas_text_add(text, ",%d", op->in[1]);
    tnas_text_add(text, "]");
    if (tnas_op_has(op->kind, TNAS_OP_WINDOW))
        tnas_text_add(text, ",\"kernel\":[%d,%d]", op->kernel_h, op->kernel_w);
    if (op->stride_h != 1 || op->stride_w != 1)
        tnas_text_add(text, ",\"stride\":[%d,%d]", op->stride_h, op->stride_w);
    if (op->pad_top != 0 || op->pad_bottom != 0 || op->pad_left != 0 || op->pad_right != 0)
        tnas_text_add(text, ",\"pad\":[%d,%d,%d,%d]", op->pad_top, op->pad_bottom, op->pad_left,
                      op->pad_right);
    if (tnas_op_has(op->kind, TNAS_OP_OUT_C))
        tnas_text_add(text, ",\"out_c\":%d", graph->tensors[op->out].c);
    if (op->activation != TNAS_ACT_NONE)
        tnas_text_add(text, ",\"activation\":\"%s\"", tnas_activation_text(op->activation));
    tnas_text_add(text, "}");
}

tnas_status tnas_graph_save(const tnas_graph *graph, const char *name, const char *path)
{
    TNAS_TRY(tnas_graph_check(graph));
    tnas_text text;
    tnas_text_init(&text);
    tnas_text_add(&text, "{\"format\":\"" FORMAT "\",\"version\":%d,\"name\":", VERSION);
    print_quoted(&text, name);
    const tnas_tensor *const in = &graph->tensors[0];
    tnas_text_add(&text, ",\n \"input\":[%d,%d,%d],\n \"ops\":[", in->h, in->w, in->c);
    for (int i = 0; i < graph->op_count; i++) {
        tnas_text_add(&text, i == 0 ? "\n  " : ",\n  ");
        print_op(&text, graph, &graph->ops[i]);
    }
    tnas_text_add(&text, "]}\n");
    const tnas_status status = text.failed ? tnas_fail(TNAS_ERR_NOMEM, "text of graph %s", name)
                                           : tnas_file_write(path, text.chars, text.length);
    tnas_text_deinit(&text);
    return status;
}
