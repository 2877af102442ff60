#include "graph/graph.h"

#include <string.h>

static const struct {
    const char *text;
    uint8_t inputs, has;
} kinds[] = {
#define KIND(name, text, inputs, has, what) {text, inputs, has},
    TNAS_OPS(KIND)
#undef KIND
};
static const char *const activation_texts[] = {
#define TEXT(name, text) text,
    TNAS_ACTIVATIONS(TEXT)
#undef TEXT
};
_Static_assert(sizeof kinds / sizeof kinds[0] == TNAS_OP_KIND_COUNT, "one row per kind");

int tnas_op_input_count(int kind)
{
    return kinds[kind].inputs;
}

bool tnas_op_has(int kind, int what)
{
    return (kinds[kind].has & what) != 0;
}

bool tnas_op_is_mean(int kind)
{
    return kind == TNAS_OP_MEAN || kind == TNAS_OP_MEAN_KEPT;
}

const char *tnas_op_kind_text(int kind)
{
    return kind >= 0 && kind < TNAS_OP_KIND_COUNT ? kinds[kind].text : "?";
}

int tnas_op_kind_parse(const char *text)
{
    for (int kind = 0; kind < TNAS_OP_KIND_COUNT; kind++)
        if (strcmp(kinds[kind].text, text) == 0)
            return kind;
    return TNAS_NONE;
}

const char *tnas_activation_text(int activation)
{
    return activation >= 0 && activation < TNAS_ACT_COUNT ? activation_texts[activation] : "?";
}

int tnas_activation_parse(const char *text)
{
    for (int activation = 0; activation < TNAS_ACT_COUNT; activation++)
        if (strcmp(activation_texts[activation], text) == 0)
            return activation;
    return TNAS_NONE;
}

void tnas_graph_init(tnas_graph *graph, int32_t h, int32_t w, int32_t c)
{
    graph->op_count = 0;
    graph->tensor_count = 1;
    graph->tensors[0] = (tnas_tensor){h, w, c};
}

static int32_t window_extent(int32_t in, int before, int after, int kernel, int stride)
{
    const int32_t room = in + before + after - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

static bool same_shape(const tnas_tensor *a, const tnas_tensor *b)
{
    return a->h == b->h && a->w == b->w && a->c == b->c;
}

/* Of an operator with two inputs. */
static tnas_tensor joined_shape(int kind, const tnas_tensor *a, const tnas_tensor *b)
{
    const tnas_tensor none = {0, 0, 0};
    if (kind == TNAS_OP_CONCAT)
        return a->h == b->h && a->w == b->w ? (tnas_tensor){a->h, a->w, a->c + b->c} : none;
    const bool broadcast = kind == TNAS_OP_MUL && b->h == 1 && b->w == 1 && b->c == a->c;
    return same_shape(a, b) || broadcast ? *a : none;
}

/* The shape an operator gives its output; all zero when the operator is impossible. */
static tnas_tensor output_shape(const tnas_graph *graph, const tnas_op *op, int32_t out_c)
{
    const tnas_tensor in = graph->tensors[op->in[0]];
    if (op->kind == TNAS_OP_FC)
        return (tnas_tensor){1, 1, out_c};
    if (kinds[op->kind].inputs == 2)
        return joined_shape(op->kind, &in, &graph->tensors[op->in[1]]);
    if (!tnas_op_has(op->kind, TNAS_OP_WINDOW | TNAS_OP_PADS))
        return in;
    if (op->kernel_h == 0 || op->kernel_w == 0 || op->stride_h == 0 || op->stride_w == 0)
        return (tnas_tensor){0, 0, 0};
    return (tnas_tensor){
        .h = window_extent(in.h, op->pad_top, op->pad_bottom, op->kernel_h, op->stride_h),
        .w = window_extent(in.w, op->pad_left, op->pad_right, op->kernel_w, op->stride_w),
        .c = op->kind == TNAS_OP_CONV2D ? out_c : in.c,
    };
}

static bool shape_possible(const tnas_tensor *shape)
{
    return shape->h >= 1 && shape->w >= 1 && shape->c >= 1 && shape->h <= TNAS_SIDE_MAX &&
           shape->w <= TNAS_SIDE_MAX && shape->c <= TNAS_SIDE_MAX &&
           tnas_tensor_count(shape) <= TNAS_ELEMENTS_MAX;
}

static int64_t weight_count(const tnas_op *op, const tnas_tensor *in, const tnas_tensor *out)
{
    const int64_t window = (int64_t)op->kernel_h * op->kernel_w;
    switch (op->kind) {
    case TNAS_OP_CONV2D:
        return window * in->c * out->c;
    case TNAS_OP_DWCONV2D:
        return window * out->c;
    case TNAS_OP_FC:
        return tnas_tensor_count(in) * out->c;
    default:
        return tnas_op_has(op->kind, TNAS_OP_VECTOR) ? out->c : 0;
    }
}

static bool output_possible(const tnas_graph *graph, const tnas_op *op, const tnas_tensor *out)
{
    return shape_possible(out) &&
           weight_count(op, &graph->tensors[op->in[0]], out) <= TNAS_ELEMENTS_MAX;
}

static bool inputs_exist(const tnas_graph *graph, const tnas_op *op)
{
    if (op->in[0] < 0 || op->in[0] >= graph->tensor_count)
        return false;
    if (kinds[op->kind].inputs == 2)
        return op->in[1] >= 0 && op->in[1] < graph->tensor_count;
    return op->in[1] == TNAS_NONE;
}

int tnas_graph_append(tnas_graph *graph, const tnas_op *op, int32_t out_c)
{
    if (graph->op_count >= TNAS_GRAPH_OPS_MAX || op->kind >= TNAS_OP_KIND_COUNT ||
        !inputs_exist(graph, op))
        return TNAS_NONE;
    const tnas_tensor shape = output_shape(graph, op, out_c);
    if (!output_possible(graph, op, &shape))
        return TNAS_NONE;
    const int16_t out = graph->tensor_count++;
    graph->tensors[out] = shape;
    graph->ops[graph->op_count] = *op;
    graph->ops[graph->op_count++].out = out;
    return out;
}

void tnas_pad_same(int32_t in, int32_t kernel, int32_t stride, uint8_t *before, uint8_t *after)
{
    const int32_t out = (in + stride - 1) / stride;
    const int32_t total = (out - 1) * stride + kernel - in;
    const int32_t padded = total > 0 ? total : 0;
    *before = (uint8_t)(padded / 2);
    *after = (uint8_t)(padded - padded / 2);
}

int tnas_graph_output(const tnas_graph *graph)
{
    return graph->op_count > 0 ? graph->ops[graph->op_count - 1].out : 0;
}

int64_t tnas_tensor_count(const tnas_tensor *tensor)
{
    return (int64_t)tensor->h * tensor->w * tensor->c;
}

int64_t tnas_op_weight_count(const tnas_graph *graph, int op)
{
    const tnas_op *const o = &graph->ops[op];
    return weight_count(o, &graph->tensors[o->in[0]], &graph->tensors[o->out]);
}

int64_t tnas_op_macs(const tnas_graph *graph, int op)
{
    const tnas_tensor *const out = &graph->tensors[graph->ops[op].out];
    if (!tnas_op_has(graph->ops[op].kind, TNAS_OP_FILTERS))
        return 0;
    return tnas_op_weight_count(graph, op) * out->h * out->w;
}

int64_t tnas_graph_macs(const tnas_graph *graph)
{
    int64_t macs = 0;
    for (int op = 0; op < graph->op_count; op++)
        macs += tnas_op_macs(graph, op);
    return macs;
}

int64_t tnas_graph_weight_count(const tnas_graph *graph)
{
    int64_t count = 0;
    for (int op = 0; op < graph->op_count; op++)
        count += tnas_op_weight_count(graph, op);
    return count;
}

/* A mean takes all of a side or nothing: how many elements it averages is the same everywhere. */
static bool is_whole_side(bool or_nothing, int extent, int kernel, int stride, int before,
                          int after)
{
    return (kernel == extent || (or_nothing && kernel == 1)) && stride == 1 && before == 0 &&
           after == 0;
}

static tnas_status check_mean(const tnas_op *op, const tnas_tensor *in, int index)
{
    const bool one_side = op->kind == TNAS_OP_MEAN;
    if (!tnas_op_is_mean(op->kind) ||
        (is_whole_side(one_side, in->h, op->kernel_h, op->stride_h, op->pad_top, op->pad_bottom) &&
         is_whole_side(one_side, in->w, op->kernel_w, op->stride_w, op->pad_left, op->pad_right)))
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT,
                     "operator %d (%s): kernel %dx%d on %dx%d: each side must be the input's%s, "
                     "with stride 1 and no padding",
                     index, kinds[op->kind].text, op->kernel_h, op->kernel_w, in->h, in->w,
                     one_side ? " or 1" : "");
}

/* What the operator's record may hold. */
static tnas_status check_fields(const tnas_op *op, int index)
{
    const bool window = tnas_op_has(op->kind, TNAS_OP_WINDOW);
    const bool wide_pad = op->pad_top >= op->kernel_h || op->pad_bottom >= op->kernel_h ||
                          op->pad_left >= op->kernel_w || op->pad_right >= op->kernel_w;
    if (wide_pad && !tnas_op_has(op->kind, TNAS_OP_PADS))
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): a pad must be below the kernel size",
                         index, kinds[op->kind].text);
    if (!window &&
        (op->kernel_h != 1 || op->kernel_w != 1 || op->stride_h != 1 || op->stride_w != 1))
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): has no window, kernel and stride are 1",
                         index, kinds[op->kind].text);
    if (!tnas_op_has(op->kind, TNAS_OP_CLAMPS) && op->activation != TNAS_ACT_NONE)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): cannot have an activation", index,
                         kinds[op->kind].text);
    if (op->kind == TNAS_OP_ACTIVATION && op->activation == TNAS_ACT_NONE)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s): must have an activation", index,
                         kinds[op->kind].text);
    return TNAS_OK;
}

static tnas_status check_op(const tnas_graph *graph, int index)
{
    const tnas_op *const op = &graph->ops[index];
    if (op->kind >= TNAS_OP_KIND_COUNT)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d: kind %d is unknown", index, op->kind);
    if (op->activation >= TNAS_ACT_COUNT)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d: activation %d is unknown", index,
                         op->activation);
    if (op->out != index + 1)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d: writes tensor %d, must write %d", index,
                         op->out, index + 1);
    if (!inputs_exist(graph, op) || op->in[0] > index || op->in[1] > index)
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d (%s): inputs %d, %d must be earlier tensors%s", index,
                         kinds[op->kind].text, op->in[0], op->in[1],
                         kinds[op->kind].inputs == 2 ? "" : ", and the second none");
    const tnas_tensor *const out = &graph->tensors[op->out];
    const tnas_tensor expected = output_shape(graph, op, out->c);
    if (!output_possible(graph, op, &expected))
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d (%s): its output would be %dx%dx%d; sides must be 1 to %d, "
                         "tensors and weights have at most %d elements",
                         index, kinds[op->kind].text, expected.h, expected.w, expected.c,
                         TNAS_SIDE_MAX, TNAS_ELEMENTS_MAX);
    if (!same_shape(&expected, out))
        return tnas_fail(TNAS_ERR_INPUT,
                         "operator %d (%s): output %dx%dx%d does not follow from its input, which "
                         "gives %dx%dx%d",
                         index, kinds[op->kind].text, out->h, out->w, out->c, expected.h,
                         expected.w, expected.c);
    TNAS_TRY(check_fields(op, index));
    return check_mean(op, &graph->tensors[op->in[0]], index);
}

tnas_status tnas_graph_check(const tnas_graph *graph)
{
    if (graph->op_count < 1 || graph->op_count > TNAS_GRAPH_OPS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "a graph of %d operators: must have 1 to %d",
                         graph->op_count, TNAS_GRAPH_OPS_MAX);
    if (graph->tensor_count != graph->op_count + 1)
        return tnas_fail(TNAS_ERR_INPUT, "a graph of %d operators has %d tensors: must be %d",
                         graph->op_count, graph->tensor_count, graph->op_count + 1);
    if (!shape_possible(&graph->tensors[0]))
        return tnas_fail(TNAS_ERR_INPUT,
                         "input %dx%dx%d: each must be 1 to %d, together at most %d elements",
                         graph->tensors[0].h, graph->tensors[0].w, graph->tensors[0].c,
                         TNAS_SIDE_MAX, TNAS_ELEMENTS_MAX);
    for (int op = 0; op < graph->op_count; op++)
        TNAS_TRY(check_op(graph, op));
    return TNAS_OK;
}
