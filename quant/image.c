/* Lowering: schedule and plan come from graph/, the rules from the tinynas target; what is left
 * is to pack the constants and to fill in one row per step. */
#include "quant/image.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/convert.h"
#include "quant/filters.h"
#include "runtime/tnrt_kernels.h"

enum { WORD_BYTES = 4, ADD_MULTIPLIERS = 3 };

/* By catalogue index. */
static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL)
#undef KERNEL
};

static size_t round_up_to_word(size_t bytes)
{
    return (bytes + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
}

static bool is_add(const tnas_graph *graph, int op)
{
    return graph->ops[op].kind == TNAS_OP_ADD;
}

/* ---- Sizes ------------------------------------------------------------------------------- */

/* Where each layer's constants start, and how many there are in all. */
static void lay_out_constants(tnas_image *image)
{
    for (int step = 0; step < image->schedule.step_count; step++) {
        const int op = image->schedule.steps[step].op;
        const tnas_filters filters = tnas_filters_of(&image->graph, op);
        const size_t channels = (size_t)filters.channel_count;
        const size_t multipliers = is_add(&image->graph, op) ? ADD_MULTIPLIERS : channels;
        image->weight_at[step] = channels > 0 ? (int64_t)image->weight_bytes : -1;
        image->bias_at[step] = channels > 0 ? (int64_t)image->channel_count : -1;
        image->multiplier_at[step] = multipliers > 0 ? (int64_t)image->multiplier_count : -1;
        image->weight_bytes += round_up_to_word(channels * (size_t)filters.weight_count);
        image->channel_count += channels;
        image->multiplier_count += multipliers;
    }
    image->shift_bytes = round_up_to_word(image->multiplier_count);
}

/* The estimate is the artefact: what the target prices is what is there. */
static void assert_priced_bytes(const tnas_image *image, const tnas_target *target)
{
    size_t weights = 0, channels = 0;
    for (int op = 0; op < image->graph.op_count; op++) {
        const tnas_packed_bytes packed = target->packed_bytes(&image->graph, op);
        weights += packed.weights;
        channels += packed.channels;
    }
    const size_t rows = sizeof *image->layers * (size_t)image->schedule.step_count;
    const size_t table =
        target->table_bytes(&image->graph, image->schedule.step_count, sizeof(void *));
    const size_t arrays = image->channel_count * sizeof *image->biases +
                          image->multiplier_count * sizeof *image->multipliers + image->shift_bytes;
    assert(weights == image->weight_bytes);
    assert(channels + table == arrays + rows + sizeof image->model);
    (void)weights, (void)channels, (void)rows, (void)table, (void)arrays;
}

static tnas_status allocate_constants(tnas_image *image)
{
    const size_t step_count = (size_t)image->schedule.step_count;
    image->layers = tnas_alloc_zero(step_count, sizeof *image->layers);
    image->weights = tnas_alloc_zero(image->weight_bytes, 1);
    image->biases = tnas_alloc_zero(image->channel_count, sizeof *image->biases);
    image->multipliers = tnas_alloc_zero(image->multiplier_count, sizeof *image->multipliers);
    image->shifts = tnas_alloc_zero(image->shift_bytes, 1);
    if (image->layers == NULL || image->weights == NULL || image->biases == NULL ||
        image->multipliers == NULL || image->shifts == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "constants of an image of %zu layers", step_count);
    return TNAS_OK;
}

/* ---- Constants ----------------------------------------------------------------------------- */

/* Weights as they are; biases with the input's zero point folded in. */
static tnas_status pack_filters(tnas_image *image, int step, const tnas_model *model)
{
    const int op = image->schedule.steps[step].op;
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_op_constants *const constants = &model->constants[op];
    const tnas_filters filters = tnas_filters_of(&model->graph, op);
    if (constants->weight_s8 == NULL || constants->weight_scale == NULL ||
        constants->bias_s32 == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "operator %d (%s) has no int8 constants", op,
                         tnas_op_kind_text(o->kind));
    const tnas_quant in = model->quant[o->in[0]];
    const tnas_quant out = model->quant[o->out];
    memcpy(image->weights + image->weight_at[step], constants->weight_s8,
           (size_t)filters.channel_count * (size_t)filters.weight_count);
    for (int channel = 0; channel < filters.channel_count; channel++) {
        const size_t at = (size_t)image->multiplier_at[step] + (size_t)channel;
        int64_t bias = constants->bias_s32[channel];
        for (int i = 0; i < filters.weight_count; i++)
            bias -= in.zero_point * constants->weight_s8[tnas_filter_at(&filters, channel, i)];
        if (bias < INT32_MIN || bias > INT32_MAX)
            return tnas_fail(TNAS_ERR_INPUT,
                             "operator %d, channel %d: bias %lld with the zero point folded in "
                             "must fit 32 bits",
                             op, channel, (long long)bias);
        image->biases[image->bias_at[step] + channel] = (int32_t)bias;
        tnas_quantize_multiplier((double)in.scale * constants->weight_scale[channel] / out.scale,
                                 &image->multipliers[at], &image->shifts[at]);
    }
    return TNAS_OK;
}

/* Both inputs go to twice the larger scale, shifted left by TNRT_ADD_EXTRA_BITS. */
static void pack_add(tnas_image *image, int step, const tnas_model *model)
{
    const tnas_op *const op = &model->graph.ops[image->schedule.steps[step].op];
    const double scale = model->quant[op->in[0]].scale;
    const double scale2 = model->quant[op->in[1]].scale;
    const double twice_max = 2.0 * fmax(scale, scale2);
    const double out_scale = (double)model->quant[op->out].scale * (1 << TNRT_ADD_EXTRA_BITS);
    const double real[ADD_MULTIPLIERS] = {scale / twice_max, scale2 / twice_max,
                                          twice_max / out_scale};
    for (int i = 0; i < ADD_MULTIPLIERS; i++) {
        const size_t at = (size_t)image->multiplier_at[step] + (size_t)i;
        tnas_quantize_multiplier(real[i], &image->multipliers[at], &image->shifts[at]);
    }
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static int8_t quantized_clamp(float real, tnas_quant quant)
{
    const float q = (float)quant.zero_point + roundf(real / quant.scale);
    return (int8_t)fminf(fmaxf(q, INT8_MIN), INT8_MAX);
}

/* TensorFlow Lite's CalculateActivationRangeQuantized. */
static void fill_activation(tnrt_layer *row, int activation, tnas_quant out)
{
    row->act_min = activation == TNAS_ACT_NONE ? INT8_MIN : quantized_clamp(0.0f, out);
    row->act_max = activation == TNAS_ACT_RELU6 ? quantized_clamp(6.0f, out) : INT8_MAX;
}

static void fill_shape(tnrt_layer *row, const tnas_graph *graph, const tnas_op *op)
{
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    const tnas_tensor *const out = &graph->tensors[op->out];
    row->in_h = (int16_t)in->h;
    row->in_w = (int16_t)in->w;
    row->in_c = (int16_t)in->c;
    row->out_h = (int16_t)out->h;
    row->out_w = (int16_t)out->w;
    row->out_c = (int16_t)out->c;
    row->kernel_h = op->kernel_h;
    row->kernel_w = op->kernel_w;
    row->stride_h = op->stride_h;
    row->stride_w = op->stride_w;
    row->pad_top = op->pad_top;
    row->pad_left = op->pad_left;
}

static void fill_row(tnas_image *image, int index, const tnas_model *model)
{
    const tnas_step *const step = &image->schedule.steps[index];
    const tnas_op *const op = &model->graph.ops[step->op];
    tnrt_layer *const row = &image->layers[index];
    assert(step->op_count == 1);
    row->kernel = kernels[step->kernel];
    if (image->weight_at[index] >= 0)
        row->weights = image->weights + image->weight_at[index];
    if (image->bias_at[index] >= 0)
        row->bias = image->biases + image->bias_at[index];
    if (image->multiplier_at[index] >= 0) {
        row->multiplier = image->multipliers + image->multiplier_at[index];
        row->shift = image->shifts + image->multiplier_at[index];
    }
    row->in = (uint32_t)image->plan.tensors[op->in[0]].offset_bytes;
    row->out = (uint32_t)image->plan.tensors[op->out].offset_bytes;
    row->scratch = (uint32_t)image->plan.scratch[index].offset_bytes;
    row->in_zero = (int8_t)model->quant[op->in[0]].zero_point;
    row->out_zero = (int8_t)model->quant[op->out].zero_point;
    if (op->in[1] != TNAS_NONE) {
        row->in2 = (uint32_t)image->plan.tensors[op->in[1]].offset_bytes;
        row->in2_zero = (int8_t)model->quant[op->in[1]].zero_point;
    }
    fill_shape(row, &model->graph, op);
    fill_activation(row, op->activation, model->quant[op->out]);
}

static void fill_model(tnas_image *image, const tnas_model *model)
{
    const int output = tnas_graph_output(&model->graph);
    image->model = (tnrt_model){
        .layers = image->layers,
        .layer_count = (uint32_t)image->schedule.step_count,
        .arena_bytes = (uint32_t)image->plan.arena_bytes,
        .input = (uint32_t)image->plan.tensors[0].offset_bytes,
        .output = (uint32_t)image->plan.tensors[output].offset_bytes,
        .input_bytes = (uint32_t)tnas_tensor_count(&model->graph.tensors[0]),
        .output_bytes = (uint32_t)tnas_tensor_count(&model->graph.tensors[output]),
    };
    image->input_quant = model->quant[0];
    image->output_quant = model->quant[output];
}

/* ---- The image ----------------------------------------------------------------------------- */

static tnas_status check_model(const tnas_model *model)
{
    if (model->type != TNAS_MODEL_INT8)
        return tnas_fail(TNAS_ERR_INPUT, "a model of floats: an image needs an int8 model");
    for (int i = 0; i < model->graph.tensor_count; i++) {
        const tnas_quant quant = model->quant[i];
        if (!isfinite(quant.scale) || quant.scale <= 0.0f || quant.zero_point < INT8_MIN ||
            quant.zero_point > INT8_MAX)
            return tnas_fail(TNAS_ERR_INPUT,
                             "tensor %d: scale %g must be positive, zero point %d from %d to %d", i,
                             (double)quant.scale, quant.zero_point, INT8_MIN, INT8_MAX);
    }
    return TNAS_OK;
}

/* The pooling kernels average and compare quantised values as they are. */
static tnas_status check_pools(const tnas_model *model)
{
    for (int op = 0; op < model->graph.op_count; op++) {
        const tnas_op *const o = &model->graph.ops[op];
        const tnas_quant in = model->quant[o->in[0]], out = model->quant[o->out];
        if ((o->kind == TNAS_OP_AVGPOOL || o->kind == TNAS_OP_MAXPOOL) &&
            (in.scale != out.scale || in.zero_point != out.zero_point))
            return tnas_fail(
                TNAS_ERR_INPUT,
                "operator %d (%s): from scale %g, zero point %d to %g, %d: the tinynas "
                "runtime has no pooling that rescales",
                op, tnas_op_kind_text(o->kind), (double)in.scale, in.zero_point, (double)out.scale,
                out.zero_point);
    }
    return TNAS_OK;
}

static tnas_status build(tnas_image *image, const tnas_model *model)
{
    const tnas_target *const target = &tnas_target_tinynas;
    assert(target->kernel_count == sizeof kernels / sizeof kernels[0]);
    image->graph = model->graph;
    TNAS_TRY(tnas_schedule_build(&image->graph, target, &image->schedule));
    TNAS_TRY(tnas_plan_build(&image->graph, &image->schedule, target, &image->plan));
    if (image->plan.arena_bytes > UINT32_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "arena of %zu bytes: offsets must fit 32 bits",
                         image->plan.arena_bytes);
    TNAS_TRY(check_pools(model));
    lay_out_constants(image);
    assert_priced_bytes(image, target);
    TNAS_TRY(allocate_constants(image));
    for (int step = 0; step < image->schedule.step_count; step++) {
        if (image->weight_at[step] >= 0)
            TNAS_TRY(pack_filters(image, step, model));
        else if (is_add(&model->graph, image->schedule.steps[step].op))
            pack_add(image, step, model);
        fill_row(image, step, model);
        image->kernel_names[step] = target->kernel_name(image->schedule.steps[step].kernel);
    }
    fill_model(image, model);
    return TNAS_OK;
}

tnas_status tnas_image_build(const tnas_model *model, tnas_image **out)
{
    *out = NULL;
    TNAS_TRY(check_model(model));
    tnas_image *image = tnas_alloc_zero(1, sizeof *image);
    if (image == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "image of %d layers", model->graph.op_count);
    const tnas_status status = build(image, model);
    if (status == TNAS_OK) {
        *out = image;
        image = NULL; /* the caller owns it now */
    }
    tnas_image_destroy(image);
    return status;
}

void tnas_image_destroy(tnas_image *image)
{
    if (image == NULL)
        return;
    tnas_free(image->layers);
    tnas_free(image->weights);
    tnas_free(image->biases);
    tnas_free(image->multipliers);
    tnas_free(image->shifts);
    tnas_free(image);
}
