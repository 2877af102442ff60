#include "tests/random_layer.h"

#include <math.h>
#include <stdbool.h>

#include "tests/testing.h"

static const struct {
    const char *text;
    int kind;
} layers[] = {
#define LAYER(text, kind) {#text, TNAS_OP_##kind},
    RANDOM_LAYERS(LAYER)
#undef LAYER
};

const char *random_layer_text(int kind)
{
    return layers[kind].text;
}

int random_layer_op_kind(int kind)
{
    return layers[kind].kind;
}

/* ---- Shapes ---- */

static int between(tnas_rng *rng, int low, int high)
{
    return low + (int)tnas_rng_below(rng, (uint32_t)(high - low + 1));
}

static bool one_in(tnas_rng *rng, int n)
{
    return tnas_rng_below(rng, (uint32_t)n) == 0;
}

/* One side of a window with pads: none, SAME, or any below the kernel. */
static void draw_side(tnas_rng *rng, int32_t in, bool any_pads, uint8_t *kernel, uint8_t *stride,
                      uint8_t *before, uint8_t *after)
{
    *kernel = (uint8_t)between(rng, 1, 5);
    *stride = (uint8_t)between(rng, 1, 3);
    const int pads = between(rng, 0, any_pads ? 2 : 1);
    if (pads == 1 || *kernel > in)
        tnas_pad_same(in, *kernel, *stride, before, after);
    if (pads == 2 && *kernel <= in) {
        *before = (uint8_t)between(rng, 0, *kernel - 1);
        *after = (uint8_t)between(rng, 0, *kernel - 1);
    }
}

/* Pooling pads on both sides as SAME does, or on neither. */
static void draw_window(tnas_rng *rng, const tnas_tensor *in, tnas_op *op)
{
    const bool pool = op->kind == TNAS_OP_AVGPOOL || op->kind == TNAS_OP_MAXPOOL;
    draw_side(rng, in->h, !pool, &op->kernel_h, &op->stride_h, &op->pad_top, &op->pad_bottom);
    draw_side(rng, in->w, !pool, &op->kernel_w, &op->stride_w, &op->pad_left, &op->pad_right);
    if (!pool || (op->pad_top | op->pad_bottom | op->pad_left | op->pad_right) == 0)
        return;
    tnas_pad_same(in->h, op->kernel_h, op->stride_h, &op->pad_top, &op->pad_bottom);
    tnas_pad_same(in->w, op->kernel_w, op->stride_w, &op->pad_left, &op->pad_right);
}

static tnas_op plain_op(int kind)
{
    return (tnas_op){.kind = (uint8_t)kind,
                     .in = {0, TNAS_NONE},
                     .kernel_h = 1,
                     .kernel_w = 1,
                     .stride_h = 1,
                     .stride_w = 1};
}

/* The second input: the first through a 1x1 depthwise convolution, as an average if wanted. */
static int append_second(tnas_graph *graph, bool average)
{
    tnas_op op = plain_op(TNAS_OP_AVGPOOL);
    if (average) {
        op.kernel_h = (uint8_t)graph->tensors[0].h;
        op.kernel_w = (uint8_t)graph->tensors[0].w;
        op.in[0] = (int16_t)tnas_graph_append(graph, &op, 0);
    }
    op.kind = TNAS_OP_DWCONV2D;
    op.kernel_h = op.kernel_w = 1;
    return tnas_graph_append(graph, &op, 0);
}

static void draw_graph(tnas_rng *rng, int kind, tnas_graph *out)
{
    tnas_op op = plain_op(layers[kind].kind);
    const bool small = kind == LAYER_softmax && one_in(rng, 2);
    tnas_graph_init(out, small ? 1 : between(rng, 1, 17), small ? 1 : between(rng, 1, 17),
                    between(rng, 1, one_in(rng, 3) ? 70 : 20));
    if (tnas_op_input_count(op.kind) == 2)
        op.in[1] = (int16_t)append_second(out, kind == LAYER_mul_broadcast);
    if (tnas_op_has(op.kind, TNAS_OP_CLAMPS))
        op.activation = (uint8_t)between(rng, op.kind == TNAS_OP_ACTIVATION, TNAS_ACT_COUNT - 1);
    if (tnas_op_is_mean(op.kind)) {
        const int side = kind == LAYER_mean ? between(rng, 0, 3) : 2;
        op.kernel_h = (uint8_t)(side == 0 ? 1 : out->tensors[0].h);
        op.kernel_w = (uint8_t)(side == 1 ? 1 : out->tensors[0].w);
    } else if (tnas_op_has(op.kind, TNAS_OP_WINDOW) && kind != LAYER_conv2d_1x1) {
        draw_window(rng, &out->tensors[0], &op);
    } else if (op.kind == TNAS_OP_PAD) {
        op.pad_top = (uint8_t)between(rng, 0, 3);
        op.pad_bottom = (uint8_t)between(rng, 0, 3);
        op.pad_left = (uint8_t)between(rng, 0, 3);
        op.pad_right = (uint8_t)between(rng, 0, 3);
    }
    ck_assert_int_ne(tnas_graph_append(out, &op, between(rng, 1, 33)), TNAS_NONE);
    ck_ok(tnas_graph_check(out));
}

/* ---- Numbers ---- */

static float draw_scale(tnas_rng *rng)
{
    return (float)(0.004 * exp(4 * tnas_rng_unit(rng)));
}

/* Standard deviations of uniform weights and inputs, and of outputs that use their range. */
enum { WEIGHT_RMS = 73, INPUT_RMS = 74, OUTPUT_RMS = 50 };

static void fill_filters(tnas_rng *rng, tnas_model *model, int op, bool one_scale)
{
    const tnas_op *const o = &model->graph.ops[op];
    const int64_t count = tnas_op_weight_count(&model->graph, op);
    const int32_t channels = model->graph.tensors[o->out].c;
    tnas_op_constants *const k = &model->constants[op];
    const double sum_rms = WEIGHT_RMS * INPUT_RMS * sqrt((double)count / channels);
    const double scale = 0.002 + 0.05 * tnas_rng_unit(rng);
    for (int64_t i = 0; i < count; i++)
        k->weight_s8[i] = (int8_t)between(rng, -127, 127);
    for (int32_t c = 0; c < channels; c++) {
        k->weight_scale[c] = (float)(one_scale ? scale : scale * (0.3 + 2 * tnas_rng_unit(rng)));
        k->bias_s32[c] = (int32_t)(sum_rms * tnas_rng_normal(rng) / 2);
    }
    const double width = 0.5 + tnas_rng_unit(rng);
    model->quant[o->out].scale =
        (float)(model->quant[o->in[0]].scale * scale * sum_rms * width / OUTPUT_RMS);
}

/* One constant per channel; scale and zero point of all. */
static void fill_vector(tnas_rng *rng, tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    tnas_op_constants *const k = &model->constants[op];
    const float scale = draw_scale(rng);
    const int zero_point = between(rng, -128, 127);
    for (int32_t c = 0; c < model->graph.tensors[o->out].c; c++) {
        k->weight_s8[c] = (int8_t)between(rng, -128, 127);
        k->weight_scale[c] = scale;
        k->bias_s32[c] = zero_point;
    }
    const float in = model->quant[o->in[0]].scale;
    const double real = o->kind == TNAS_OP_CHANNEL_MUL ? 64.0 * in * scale : (double)in + scale;
    model->quant[o->out].scale = (float)(real * (0.5 + tnas_rng_unit(rng)));
}

/* Scale and zero point of a tensor that an operator without constants writes. */
static void draw_quant(tnas_rng *rng, const tnas_op *op, tnas_quant *quant)
{
    const tnas_quant in = quant[op->in[0]];
    tnas_quant *const out = &quant[op->out];
    const float wide = (float)(0.5 + tnas_rng_unit(rng));
    switch (op->kind) {
    case TNAS_OP_ADD:
        out->scale = (in.scale + quant[op->in[1]].scale) * wide;
        break;
    case TNAS_OP_MUL:
        out->scale = 64 * in.scale * quant[op->in[1]].scale * wide;
        break;
    case TNAS_OP_SOFTMAX:
    case TNAS_OP_LOGISTIC:
        *out = (tnas_quant){1.0f / 256, -128};
        break;
    case TNAS_OP_ACTIVATION:
        out->scale = in.scale * wide;
        break;
    default:
        *out = in;
        if (tnas_op_is_mean(op->kind) && !one_in(rng, 3))
            *out = (tnas_quant){in.scale * wide, between(rng, -128, 127)};
    }
}

tnas_model *random_layer(tnas_rng *rng, int kind)
{
    tnas_graph graph;
    tnas_model *model;
    draw_graph(rng, kind, &graph);
    ck_ok(tnas_model_create(TNAS_MODEL_INT8, &graph, &model));
    model->quant[0] = (tnas_quant){draw_scale(rng), between(rng, -128, 127)};
    for (int i = 0; i < graph.op_count; i++) {
        const tnas_op *const op = &graph.ops[i];
        model->quant[op->out].zero_point = between(rng, -128, 127);
        if (tnas_op_has(op->kind, TNAS_OP_FILTERS | TNAS_OP_VECTOR))
            ck_ok(tnas_model_add_constants(model, i, 0));
        if (tnas_op_has(op->kind, TNAS_OP_FILTERS))
            fill_filters(rng, model, i, kind == LAYER_fc);
        else if (tnas_op_has(op->kind, TNAS_OP_VECTOR))
            fill_vector(rng, model, i);
        else
            draw_quant(rng, op, model->quant);
        if (kind == LAYER_concat && i == 0)
            model->quant[op->out] = model->quant[0];
    }
    return model;
}
