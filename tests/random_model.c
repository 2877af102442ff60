#include "tests/random_model.h"

#include <math.h>

#include "quant/convert.h"
#include "tests/testing.h"

static int between(tnas_rng *rng, int low, int high)
{
    return low + (int)tnas_rng_below(rng, (uint32_t)(high - low + 1));
}

static uint8_t random_activation(tnas_rng *rng)
{
    return (uint8_t)tnas_rng_below(rng, TNAS_ACT_COUNT);
}

/* One side of a window: size, stride, pads, such that it fits into `in` pixels. */
static void random_side(tnas_rng *rng, int32_t in, int kernel_max, uint8_t *kernel, uint8_t *stride,
                        uint8_t *before, uint8_t *after)
{
    *kernel = (uint8_t)between(rng, 1, kernel_max);
    *stride = (uint8_t)between(rng, 1, 2);
    *before = *after = 0;
    if (tnas_rng_below(rng, 3) > 0 || *kernel > in)
        tnas_pad_same(in, *kernel, *stride, before, after);
}

static int append_window(tnas_rng *rng, tnas_graph *graph, tnas_op_kind kind)
{
    const int last = tnas_graph_output(graph);
    const tnas_tensor in = graph->tensors[last];
    const bool pool = kind == TNAS_OP_AVGPOOL || kind == TNAS_OP_MAXPOOL;
    const bool pointwise = kind == TNAS_OP_CONV2D && tnas_rng_below(rng, 2) == 0;
    tnas_op op = {.kind = (uint8_t)kind,
                  .activation = pool ? TNAS_ACT_NONE : random_activation(rng),
                  .in = {(int16_t)last, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    if (!pointwise) {
        random_side(rng, in.h, pool ? 3 : 5, &op.kernel_h, &op.stride_h, &op.pad_top,
                    &op.pad_bottom);
        random_side(rng, in.w, pool ? 3 : 5, &op.kernel_w, &op.stride_w, &op.pad_left,
                    &op.pad_right);
    }
    return tnas_graph_append(graph, &op, between(rng, 1, 19));
}

/* x + conv1x1(x), or the sum of the last tensor and an earlier one of its shape. */
static void append_sum(tnas_rng *rng, tnas_graph *graph)
{
    const int last = tnas_graph_output(graph);
    const tnas_tensor shape = graph->tensors[last];
    int other = TNAS_NONE;
    for (int t = 0; t < last; t++) {
        const tnas_tensor *const earlier = &graph->tensors[t];
        if (earlier->h == shape.h && earlier->w == shape.w && earlier->c == shape.c)
            other = t;
    }
    tnas_op op = {.kind = TNAS_OP_CONV2D,
                  .activation = random_activation(rng),
                  .in = {(int16_t)last, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    if (other == TNAS_NONE)
        other = tnas_graph_append(graph, &op, shape.c);
    op.kind = TNAS_OP_ADD;
    op.in[1] = (int16_t)other;
    ck_assert_int_ne(tnas_graph_append(graph, &op, 0), TNAS_NONE);
}

/* x * logistic(mean of x), as in a squeeze and excitation. */
static void append_gate(tnas_graph *graph)
{
    const int16_t last = (int16_t)tnas_graph_output(graph);
    tnas_op op = {.kind = TNAS_OP_MEAN,
                  .in = {last, TNAS_NONE},
                  .kernel_h = (uint8_t)graph->tensors[last].h,
                  .kernel_w = (uint8_t)graph->tensors[last].w,
                  .stride_h = 1,
                  .stride_w = 1};
    op.in[0] = (int16_t)tnas_graph_append(graph, &op, 0);
    op.kernel_h = op.kernel_w = 1;
    op.kind = TNAS_OP_LOGISTIC;
    const int16_t gate = (int16_t)tnas_graph_append(graph, &op, 0);
    op.kind = TNAS_OP_MUL;
    op.in[0] = last;
    op.in[1] = gate;
    ck_assert_int_ne(tnas_graph_append(graph, &op, 0), TNAS_NONE);
}

static void append_head(tnas_rng *rng, tnas_graph *graph)
{
    tnas_op op = {.kind = TNAS_OP_AVGPOOL, .stride_h = 1, .stride_w = 1};
    op.in[0] = (int16_t)tnas_graph_output(graph);
    op.in[1] = TNAS_NONE;
    op.kernel_h = (uint8_t)graph->tensors[op.in[0]].h;
    op.kernel_w = (uint8_t)graph->tensors[op.in[0]].w;
    if (tnas_rng_below(rng, 2) == 0)
        op.in[0] = (int16_t)tnas_graph_append(graph, &op, 0);
    op.kind = TNAS_OP_FC;
    op.kernel_h = op.kernel_w = 1;
    op.in[0] = (int16_t)tnas_graph_append(graph, &op, between(rng, 2, 11));
    op.kind = TNAS_OP_SOFTMAX;
    if (tnas_rng_below(rng, 3) == 0)
        ck_assert_int_ne(tnas_graph_append(graph, &op, 0), TNAS_NONE);
}

static void random_graph(tnas_rng *rng, tnas_graph *out)
{
    static const tnas_op_kind kinds[] = {TNAS_OP_CONV2D, TNAS_OP_CONV2D, TNAS_OP_DWCONV2D,
                                         TNAS_OP_AVGPOOL, TNAS_OP_MAXPOOL};
    tnas_graph_init(out, between(rng, 4, 17), between(rng, 4, 17), between(rng, 1, 5));
    const int wanted = between(rng, 3, 9);
    while (out->op_count < wanted) {
        const uint32_t what = tnas_rng_below(rng, 16);
        if (what < 4)
            append_sum(rng, out);
        else if (what == 4)
            append_gate(out);
        else
            append_window(rng, out, kinds[tnas_rng_below(rng, sizeof kinds / sizeof kinds[0])]);
    }
    if (tnas_rng_below(rng, 4) > 0)
        append_head(rng, out);
    ck_ok(tnas_graph_check(out));
}

/* Standard deviations of uniform weights, and of activations that use their range well. */
enum { WEIGHT_RMS = 73, ACTIVATION_RMS = 50 };

static void fill_constants(tnas_rng *rng, tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const int64_t weight_count = tnas_op_weight_count(&model->graph, op);
    const int32_t channels = model->graph.tensors[o->out].c;
    ck_ok(tnas_model_add_constants(model, op, 0));
    tnas_op_constants *const constants = &model->constants[op];
    const double fan =
        o->kind == TNAS_OP_DWCONV2D ? o->kernel_h * o->kernel_w : (double)weight_count / channels;
    const double acc_rms = WEIGHT_RMS * ACTIVATION_RMS * sqrt(fan);
    const double scale = 0.002 + 0.05 * tnas_rng_unit(rng);
    for (int64_t i = 0; i < weight_count; i++)
        constants->weight_s8[i] = (int8_t)between(rng, -127, 127);
    for (int32_t c = 0; c < channels; c++) {
        constants->weight_scale[c] = (float)(scale * (0.3 + 2 * tnas_rng_unit(rng)));
        constants->bias_s32[c] = (int32_t)(acc_rms * tnas_rng_normal(rng) / 2);
    }
    model->quant[o->out].scale =
        (float)(model->quant[o->in[0]].scale * scale * acc_rms / ACTIVATION_RMS);
}

tnas_model *random_int8_model(tnas_rng *rng)
{
    tnas_graph graph;
    random_graph(rng, &graph);
    tnas_model *model;
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    model->quant[0] = (tnas_quant){TNAS_INPUT_SCALE, TNAS_INPUT_ZERO_POINT};
    for (int i = 0; i < graph.op_count; i++) {
        const tnas_op *const op = &graph.ops[i];
        const tnas_quant *const in = &model->quant[op->in[0]];
        tnas_quant *const out = &model->quant[op->out];
        out->zero_point = between(rng, -128, 127);
        if (op->kind == TNAS_OP_ADD)
            out->scale =
                (in->scale + model->quant[op->in[1]].scale) * (float)(0.5 + tnas_rng_unit(rng));
        else if (op->kind == TNAS_OP_AVGPOOL || op->kind == TNAS_OP_MAXPOOL)
            *out = *in;
        else if (op->kind == TNAS_OP_MEAN)
            out->scale = in->scale * (float)(0.5 + tnas_rng_unit(rng));
        else if (op->kind == TNAS_OP_MUL)
            out->scale = in->scale; /* times at most 1 */
        else if (op->kind == TNAS_OP_LOGISTIC || op->kind == TNAS_OP_SOFTMAX)
            *out = (tnas_quant){1.0f / 256, INT8_MIN};
        else
            fill_constants(rng, model, i);
    }
    return model;
}

/* One side of a window with any pads that leave a tap on the image at both ends. */
static void extreme_side(tnas_rng *rng, int32_t in, uint8_t *kernel, uint8_t *stride,
                         uint8_t *before, uint8_t *after)
{
    *kernel = (uint8_t)between(rng, 1, 7);
    *stride = (uint8_t)between(rng, 1, 3);
    *before = (uint8_t)between(rng, 0, *kernel - 1);
    *after = (uint8_t)between(rng, 0, *kernel - 1);
    if (in + *before + *after < *kernel) {
        *kernel = (uint8_t)in;
        *before = *after = 0;
    }
}

static tnas_op random_layer(tnas_rng *rng, const tnas_tensor *in)
{
    static const uint8_t kinds[] = {
        TNAS_OP_CONV2D,     TNAS_OP_CONV2D,      TNAS_OP_CONV2D,      TNAS_OP_DWCONV2D,
        TNAS_OP_DWCONV2D,   TNAS_OP_FC,          TNAS_OP_FC,          TNAS_OP_AVGPOOL,
        TNAS_OP_MAXPOOL,    TNAS_OP_ADD,         TNAS_OP_MUL,         TNAS_OP_CONCAT,
        TNAS_OP_SOFTMAX,    TNAS_OP_LOGISTIC,    TNAS_OP_PAD,         TNAS_OP_MEAN,
        TNAS_OP_ACTIVATION, TNAS_OP_CHANNEL_MUL, TNAS_OP_CHANNEL_ADD, TNAS_OP_MEAN_KEPT};
    tnas_op op = {.kind = kinds[tnas_rng_below(rng, sizeof kinds)],
                  .activation = random_activation(rng),
                  .in = {0, TNAS_NONE},
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1};
    const bool pointwise = op.kind == TNAS_OP_CONV2D && tnas_rng_below(rng, 2) == 0;
    if (!tnas_op_has(op.kind, TNAS_OP_CLAMPS))
        op.activation = TNAS_ACT_NONE;
    if (op.kind == TNAS_OP_ACTIVATION && op.activation == TNAS_ACT_NONE)
        op.activation = TNAS_ACT_RELU6;
    if (tnas_op_is_mean(op.kind)) {
        op.kernel_h = (uint8_t)in->h;
        op.kernel_w = (uint8_t)(op.kind == TNAS_OP_MEAN_KEPT || between(rng, 0, 1) > 0 ? in->w : 1);
    } else if (op.kind == TNAS_OP_PAD) {
        op.pad_top = (uint8_t)between(rng, 0, 3);
        op.pad_right = (uint8_t)between(rng, 0, 3);
    } else if (tnas_op_has(op.kind, TNAS_OP_WINDOW) && !pointwise) {
        extreme_side(rng, in->h, &op.kernel_h, &op.stride_h, &op.pad_top, &op.pad_bottom);
        extreme_side(rng, in->w, &op.kernel_w, &op.stride_w, &op.pad_left, &op.pad_right);
    }
    if (tnas_op_input_count(op.kind) == 2)
        op.in[1] = 0;
    return op;
}

static int extreme_zero_point(tnas_rng *rng)
{
    static const int ends[] = {-128, 127, 0, -1};
    return tnas_rng_below(rng, 2) > 0 ? ends[tnas_rng_below(rng, 4)] : between(rng, -128, 127);
}

/* One constant per channel, of one scale and zero point. */
static void fill_vector(tnas_rng *rng, tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const float scale = (float)ldexp(0.6 + tnas_rng_unit(rng), between(rng, -8, -2));
    const int zero_point = extreme_zero_point(rng);
    ck_ok(tnas_model_add_constants(model, op, 0));
    tnas_op_constants *const k = &model->constants[op];
    for (int32_t c = 0; c < model->graph.tensors[o->out].c; c++) {
        k->weight_s8[c] = (int8_t)between(rng, -128, 127);
        k->weight_scale[c] = scale;
        k->bias_s32[c] = zero_point;
    }
}

/* The scale that an operator of this kind must have, or that uses the range of what it writes. */
static tnas_quant fitting_quant(int kind, tnas_quant in, tnas_quant out)
{
    switch (kind) {
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
    case TNAS_OP_CONCAT:
    case TNAS_OP_PAD:
        return in;
    case TNAS_OP_SOFTMAX:
    case TNAS_OP_LOGISTIC:
        return (tnas_quant){1.0f / 256, INT8_MIN};
    case TNAS_OP_MUL:
        return (tnas_quant){64 * in.scale * out.scale, out.zero_point};
    default:
        return out;
    }
}

/* Some channels of one weight, some factors far from those of trained networks. */
static void make_extreme(tnas_rng *rng, tnas_model *model)
{
    const tnas_op *const op = &model->graph.ops[0];
    tnas_op_constants *const constants = &model->constants[0];
    const int64_t count = tnas_op_weight_count(&model->graph, 0);
    const int32_t channels = model->graph.tensors[op->out].c;
    for (int32_t c = 0; c < channels; c++) {
        if (tnas_rng_below(rng, 8) == 0)
            constants->weight_scale[c] *= (float)ldexp(1, between(rng, -12, 6));
        if (tnas_rng_below(rng, 8) > 0)
            continue;
        static const int8_t values[] = {0, 127, -127};
        const int8_t value = values[tnas_rng_below(rng, 3)];
        for (int64_t i = 0; i < count / channels; i++) {
            const int64_t at =
                op->kind == TNAS_OP_DWCONV2D ? i * channels + c : c * (count / channels) + i;
            constants->weight_s8[at] = value;
        }
    }
}

tnas_model *extreme_model_of(tnas_rng *rng, const tnas_graph *graph)
{
    const int kind = graph->ops[0].kind;
    tnas_model *model;
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, graph, &model));
    tnas_quant *const in = &model->quant[0], *const out = &model->quant[1];
    *in = (tnas_quant){(float)ldexp(0.6 + tnas_rng_unit(rng), between(rng, -9, 0)),
                       extreme_zero_point(rng)};
    *out = (tnas_quant){in->scale * (float)(0.3 + 2 * tnas_rng_unit(rng)), extreme_zero_point(rng)};
    *out = fitting_quant(kind, *in, *out);
    if (tnas_op_has(kind, TNAS_OP_VECTOR))
        fill_vector(rng, model, 0);
    if (tnas_op_has(kind, TNAS_OP_FILTERS)) {
        fill_constants(rng, model, 0);
        make_extreme(rng, model);
    }
    return model;
}

tnas_model *random_layer_model_within(tnas_rng *rng, int side_max, int channels_max)
{
    tnas_graph graph;
    tnas_graph_init(&graph, between(rng, 1, side_max), between(rng, 1, side_max),
                    between(rng, 1, channels_max));
    const tnas_op op = random_layer(rng, &graph.tensors[0]);
    ck_assert_int_ne(tnas_graph_append(&graph, &op, between(rng, 1, channels_max)), TNAS_NONE);
    return extreme_model_of(rng, &graph);
}

tnas_model *random_layer_model(tnas_rng *rng)
{
    return random_layer_model_within(rng, 14, 37);
}
