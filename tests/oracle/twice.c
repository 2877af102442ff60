#include "tests/oracle/twice.h"

#include <stdlib.h>

#include "common/alloc.h"
#include "graph/tflite_writing.h"

enum {
    OPTIONS_TRANSPOSE_CONV = 49,
    TRANSPOSE_CONV_PADDING = 0,
    TRANSPOSE_CONV_STRIDE_W = 1,
    TRANSPOSE_CONV_STRIDE_H = 2,
    VERSION_INT8 = 2,
    VERSION_BIAS = 3,
};

/* CONV2D, or FC as one window. */
typedef struct window {
    tnas_op op;
    int32_t h, w, in_c, out_c; /* of the input with its pads; channels */
} window;

static window window_of(const tnas_tfl_writing *writing)
{
    const tnas_graph *const graph = &writing->model->graph;
    window w = {.op = graph->ops[writing->op]};
    const tnas_tensor *const in = &graph->tensors[w.op.in[0]];
    if (w.op.kind == TNAS_OP_FC) {
        w.op.kernel_h = (uint8_t)in->h;
        w.op.kernel_w = (uint8_t)in->w;
    }
    w.h = in->h + w.op.pad_top + w.op.pad_bottom;
    w.w = in->w + w.op.pad_left + w.op.pad_right;
    w.in_c = in->c;
    w.out_c = graph->tensors[w.op.out].c;
    return w;
}

static int add_map(tnas_tfl_writing *writing, const char *suffix, int32_t h, int32_t w, int32_t c,
                   const tnas_quant *quant)
{
    const tnas_tfl_new_tensor tensor = {.suffix = suffix,
                                        .type = TFL_INT8,
                                        .rank = 4,
                                        .dim = {1, h, w, c},
                                        .scale = &quant->scale,
                                        .scale_count = 1,
                                        .zero_point = quant->zero_point};
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

static int add_four(tnas_tfl_writing *writing, const char *suffix, int32_t a, int32_t b, int32_t c,
                    int32_t d)
{
    const int32_t count = 4, numbers[] = {a, b, c, d};
    return tnas_tfl_new_numbers(writing, suffix, 1, &count, numbers);
}

static int pad(tnas_tfl_writing *writing, const window *w, int in)
{
    const tnas_op *const o = &w->op;
    if ((o->pad_top | o->pad_bottom | o->pad_left | o->pad_right) == 0)
        return in;
    const int32_t dim[] = {4, 2};
    const int32_t pads[] = {0, 0, o->pad_top, o->pad_bottom, o->pad_left, o->pad_right, 0, 0};
    const int numbers = tnas_tfl_new_numbers(writing, "/pads", 2, dim, pads);
    const int out =
        add_map(writing, "/padded", w->h, w->w, w->in_c, &writing->model->quant[o->in[0]]);
    const tnas_tfl_new_op op = {.code = TFL_PAD,
                                .version = VERSION_INT8,
                                .options_type = TFL_OPTIONS_PAD,
                                .input_count = 2,
                                .input = {in, numbers},
                                .output = out};
    tnas_tfl_new_op_add(writing, &op);
    return out;
}

/* [out_c, h, w, in_c], both sides from the end to the start. */
static int add_turned_weights(tnas_tfl_writing *writing, const window *w)
{
    const tnas_op_constants *const k = &writing->model->constants[writing->op];
    const int kernel_h = w->op.kernel_h, kernel_w = w->op.kernel_w;
    const size_t count = (size_t)w->out_c * (size_t)(kernel_h * kernel_w * w->in_c);
    int8_t *const turned = tnas_alloc_zero(count, 1);
    size_t to = 0;
    for (int o = 0; o < w->out_c; o++)
        for (int y = kernel_h - 1; y >= 0; y--)
            for (int x = kernel_w - 1; x >= 0; x--)
                for (int c = 0; c < w->in_c; c++)
                    turned[to++] = k->weight_s8[((o * kernel_h + y) * kernel_w + x) * w->in_c + c];
    const tnas_tfl_new_tensor tensor = {.suffix = "/weights",
                                        .type = TFL_INT8,
                                        .rank = 4,
                                        .dim = {w->out_c, kernel_h, kernel_w, w->in_c},
                                        .data = turned,
                                        .data_bytes = count,
                                        .scale = k->weight_scale,
                                        .scale_count = (size_t)w->out_c};
    const int weights = tnas_tfl_new_tensor_add(writing, &tensor);
    tnas_free(turned);
    return weights;
}

static int add_bias(tnas_tfl_writing *writing, const window *w)
{
    const tnas_op_constants *const k = &writing->model->constants[writing->op];
    for (int c = 0; c < w->out_c; c++)
        writing->scale[c] = writing->model->quant[w->op.in[0]].scale * k->weight_scale[c];
    const tnas_tfl_new_tensor tensor = {.suffix = "/bias",
                                        .type = TFL_INT32,
                                        .rank = 1,
                                        .dim = {w->out_c},
                                        .data = k->bias_s32,
                                        .data_bytes = (size_t)w->out_c * sizeof *k->bias_s32,
                                        .scale = writing->scale,
                                        .scale_count = (size_t)w->out_c};
    return tnas_tfl_new_tensor_add(writing, &tensor);
}

/* An output at every pixel, the image continued by zeros; its fourth input is the bias. */
static int convolve(tnas_tfl_writing *writing, const window *w, int in)
{
    const int shape = add_four(writing, "/shape", 1, w->h, w->w, w->out_c);
    const int weights = add_turned_weights(writing, w);
    const int bias = add_bias(writing, w);
    const int out =
        add_map(writing, "/everywhere", w->h, w->w, w->out_c, &writing->model->quant[w->op.out]);
    const tnas_tfl_new_op op = {
        .code = TFL_TRANSPOSE_CONV,
        .version = VERSION_BIAS,
        .options_type = OPTIONS_TRANSPOSE_CONV,
        .input_count = 4,
        .input = {shape, weights, in, bias},
        .output = out,
        .options = {[TRANSPOSE_CONV_PADDING] = tnas_flat_field_u8(TFL_PADDING_SAME),
                    [TRANSPOSE_CONV_STRIDE_W] = tnas_flat_field_i32(1),
                    [TRANSPOSE_CONV_STRIDE_H] = tnas_flat_field_i32(1)}};
    tnas_tfl_new_op_add(writing, &op);
    return out;
}

/* SAME puts (kernel - 1) / 2 zeros before the image: the window that starts at the image's first
 * pixel gives output kernel - 1 - (kernel - 1) / 2. */
static int take_wanted(tnas_tfl_writing *writing, const window *w, int in)
{
    const tnas_tensor *const out = &writing->model->graph.tensors[w->op.out];
    const int32_t y = w->op.kernel_h - 1 - (w->op.kernel_h - 1) / 2;
    const int32_t x = w->op.kernel_w - 1 - (w->op.kernel_w - 1) / 2;
    const int32_t end_y = y + (out->h - 1) * w->op.stride_h + 1;
    const int32_t end_x = x + (out->w - 1) * w->op.stride_w + 1;
    const int begin = add_four(writing, "/begin", 0, y, x, 0);
    const int end = add_four(writing, "/end", 1, end_y, end_x, out->c);
    const int strides = add_four(writing, "/strides", 1, w->op.stride_h, w->op.stride_w, 1);
    const int wanted =
        add_map(writing, "/wanted", out->h, out->w, out->c, &writing->model->quant[w->op.out]);
    const tnas_tfl_new_op op = {.code = TFL_STRIDED_SLICE,
                                .version = VERSION_INT8,
                                .options_type = TFL_OPTIONS_SLICE,
                                .input_count = 4,
                                .input = {in, begin, end, strides},
                                .output = wanted};
    tnas_tfl_new_op_add(writing, &op);
    return wanted;
}

static int activate(tnas_tfl_writing *writing, const window *w, int in)
{
    const tnas_tensor *const t = &writing->model->graph.tensors[w->op.out];
    if (w->op.activation == TNAS_ACT_NONE)
        return in;
    const int out = add_map(writing, "", t->h, t->w, t->c, &writing->model->quant[w->op.out]);
    const tnas_tfl_new_op op = {.code = w->op.activation == TNAS_ACT_RELU6 ? TFL_RELU6 : TFL_RELU,
                                .version = VERSION_INT8,
                                .input_count = 1,
                                .input = {in},
                                .output = out};
    tnas_tfl_new_op_add(writing, &op);
    return out;
}

static void write_op(tnas_tfl_writing *writing)
{
    const tnas_op *const op = &writing->model->graph.ops[writing->op];
    if (op->kind != TNAS_OP_CONV2D && op->kind != TNAS_OP_FC) {
        tnas_tfl_write_op(writing);
        return;
    }
    const window w = window_of(writing);
    const int in = pad(writing, &w, tnas_tfl_view(writing, op->in[0], false));
    const int everywhere = convolve(writing, &w, in);
    writing->map[op->out] = activate(writing, &w, take_wanted(writing, &w, everywhere));
}

tnas_status build_rounding_twice(const tnas_model *model, uint8_t **out, size_t *byte_count)
{
    return tnas_tfl_write_file(model, write_op, "twice", "", out, byte_count);
}
