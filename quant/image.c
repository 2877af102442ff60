/* Lowering: schedule and plan come from graph/, the rules from the target, packed constants from
 * the variant; what is left is to fill in one row per operator. */
#include "quant/image.h"

#include <assert.h>
#include <math.h>

#include "common/alloc.h"
#include "common/problems.h"
#include "graph/widen.h"

/* ---- Constants ----------------------------------------------------------------------------- */

/* Rows in the schedule's order, and where the constants of each start. */
static void lay_out_rows(tnas_image *image)
{
    const tnas_target *const target = image->variant->target;
    int row_count = 0;
    for (int16_t s = 0; s < image->schedule.step_count; s++) {
        const tnas_step *const step = &image->schedule.steps[s];
        for (int16_t op = step->op; op < step->op + step->op_count; op++) {
            const tnas_packed_bytes packed = target->packed_bytes(
                &image->graph, op, tnas_step_packing(&image->graph, target, step, op));
            assert(packed.weights % sizeof(int32_t) == 0 && packed.channels % sizeof(int32_t) == 0);
            image->rows[row_count++] = (tnas_image_row){
                .op = op,
                .step = s,
                .weight_at = packed.weights > 0 ? (int64_t)image->weight_bytes : -1,
                .param_at = packed.channels > 0 ? (int64_t)image->param_count : -1,
                .kernel_name = op == step->op ? target->kernel_name(step->kernel) : NULL,
            };
            image->weight_bytes += packed.weights;
            image->param_count += packed.channels / sizeof(int32_t);
        }
    }
}

static tnas_status allocate(tnas_image *image)
{
    const size_t row_count = (size_t)image->graph.op_count;
    image->layers = tnas_alloc_zero(row_count, sizeof *image->layers);
    image->weights = tnas_alloc_zero(image->weight_bytes + TNAS_HOST_BEHIND, 1);
    image->params = tnas_alloc_zero(image->param_count + TNAS_HOST_BEHIND / sizeof *image->params,
                                    sizeof *image->params);
    if (image->layers == NULL || image->weights == NULL || image->params == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "constants of an image of %zu layers", row_count);
    return TNAS_OK;
}

static tnas_status pack_row(tnas_image *image, const tnas_image_row *row, const tnas_model *model)
{
    int8_t *const weights = row->weight_at >= 0 ? image->weights + row->weight_at : NULL;
    int32_t *const params = row->param_at >= 0 ? image->params + row->param_at : NULL;
    const int kernel = tnas_step_packing(&image->graph, image->variant->target,
                                         &image->schedule.steps[row->step], row->op);
    return image->variant->pack(model, row->op, kernel, weights, params);
}

/* ---- Rows ---------------------------------------------------------------------------------- */

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
    const tnas_image_row *const row = &image->rows[index];
    const tnas_step *const step = &image->schedule.steps[row->step];
    const tnas_op *const op = &model->graph.ops[row->op];
    tnrt_layer *const layer = &image->layers[index];
    const int written = row->op == step->op ? step->op + step->op_count - 1 : row->op;
    layer->kernel = row->kernel_name != NULL ? image->variant->kernels[step->kernel] : NULL;
    layer->weights = row->weight_at >= 0 ? image->weights + row->weight_at : NULL;
    layer->params = row->param_at >= 0 ? image->params + row->param_at : NULL;
    layer->in = (uint32_t)image->plan.tensors[op->in[0]].offset_bytes;
    layer->out = (uint32_t)image->plan.tensors[model->graph.ops[written].out].offset_bytes;
    layer->scratch = (uint32_t)image->plan.scratch[row->step].offset_bytes;
    layer->in_zero = (int8_t)model->quant[op->in[0]].zero_point;
    layer->out_zero = (int8_t)model->quant[op->out].zero_point;
    if (op->in[1] != TNAS_NONE) {
        layer->in2 = (uint32_t)image->plan.tensors[op->in[1]].offset_bytes;
        layer->in2_zero = (int8_t)model->quant[op->in[1]].zero_point;
    } else if (tnas_op_has(op->kind, TNAS_OP_VECTOR)) {
        layer->in2_zero = (int8_t)model->constants[row->op].bias_s32[0];
    }
    fill_shape(layer, &model->graph, op);
    tnas_pack_activation(model, row->op, &layer->act_min, &layer->act_max);
}

static void fill_model(tnas_image *image, const tnas_model *model)
{
    const int output = tnas_graph_output(&model->graph);
    image->model = (tnrt_model){
        .layers = image->layers,
        .layer_count = (uint32_t)image->graph.op_count,
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

/* Is the scale of b that of a? Converters print one scale twice with other last digits. */
static bool same_quant(tnas_quant a, tnas_quant b)
{
    const float step = 1e-6f; /* of the larger scale */
    return a.zero_point == b.zero_point &&
           fabsf(a.scale - b.scale) <= step * fmaxf(a.scale, b.scale);
}

/* Some kernels move or compare quantised values as they are, others write fixed steps. */
static tnas_status check_scales(const tnas_model *model, int op)
{
    const tnas_op *const o = &model->graph.ops[op];
    const tnas_quant probability = {1.0f / 256, INT8_MIN};
    const tnas_quant out = model->quant[o->out];
    switch (o->kind) {
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
    case TNAS_OP_CONCAT:
    case TNAS_OP_PAD:
        for (int side = 0; side < tnas_op_input_count(o->kind); side++) {
            const tnas_quant in = model->quant[o->in[side]];
            if (!same_quant(in, out))
                return tnas_fail(
                    TNAS_ERR_INPUT, "from scale %g, zero point %d to %g, %d: it must keep them",
                    (double)in.scale, in.zero_point, (double)out.scale, out.zero_point);
        }
        return TNAS_OK;
    case TNAS_OP_SOFTMAX:
    case TNAS_OP_LOGISTIC:
        return same_quant(out, probability)
                   ? TNAS_OK
                   : tnas_fail(TNAS_ERR_INPUT,
                               "scale %g, zero point %d of its output must be 1/256 and -128",
                               (double)out.scale, out.zero_point);
    default:
        return TNAS_OK;
    }
}

static tnas_status check_op(const tnas_model *model, const tnas_target *target, int op)
{
    const tnas_op_constants *const k = &model->constants[op];
    const tnas_quant out = model->quant[model->graph.ops[op].out];
    if (!isfinite(out.scale) || out.scale <= 0.0f || out.zero_point < INT8_MIN ||
        out.zero_point > INT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "scale %g of its output must be positive, zero point %d from %d to %d",
                         (double)out.scale, out.zero_point, INT8_MIN, INT8_MAX);
    if (target->kernel_for(&model->graph, op) == TNAS_NONE)
        return tnas_fail(TNAS_ERR_INPUT, "the %s runtime has no kernel for it", target->name);
    if (tnas_op_weight_count(&model->graph, op) > 0 &&
        (k->weight_s8 == NULL || k->weight_scale == NULL || k->bias_s32 == NULL))
        return tnas_fail(TNAS_ERR_INPUT, "has no int8 constants");
    return check_scales(model, op);
}

static tnas_status refuse(const tnas_model *model, const tnas_target *target,
                          tnas_problems *problems)
{
    return tnas_fail(TNAS_ERR_INPUT, "%d of %d operators cannot run on %s: %s", problems->count,
                     model->graph.op_count, target->name, tnas_problems_text(problems));
}

static void note_problem(const tnas_model *model, int op, tnas_problems *problems)
{
    tnas_problems_add(problems, "%d %s: %s", op, tnas_op_kind_text(model->graph.ops[op].kind),
                      tnas_error_text());
}

/* All that stands against the model, before anything is built of it. */
static tnas_status check_model(const tnas_model *model, const tnas_target *target)
{
    tnas_problems problems = {0};
    if (model->type != TNAS_MODEL_INT8)
        return tnas_fail(TNAS_ERR_INPUT, "a model of floats: an image needs an int8 model");
    const tnas_quant in = model->quant[0];
    if (!isfinite(in.scale) || in.scale <= 0.0f || in.zero_point < INT8_MIN ||
        in.zero_point > INT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "tensor 0: scale %g must be positive, zero point %d from %d to %d",
                         (double)in.scale, in.zero_point, INT8_MIN, INT8_MAX);
    for (int op = 0; op < model->graph.op_count; op++)
        if (check_op(model, target, op) != TNAS_OK)
            note_problem(model, op, &problems);
    return problems.count > 0 ? refuse(model, target, &problems) : TNAS_OK;
}

/* The estimate is the artefact: what the target prices is what is there. */
static void assert_priced_bytes(const tnas_image *image)
{
    const tnas_target *const target = image->variant->target;
    const tnas_packed_bytes packed =
        tnas_schedule_packed_bytes(&image->graph, &image->schedule, target);
    const size_t table =
        (size_t)image->graph.op_count * sizeof *image->layers + sizeof image->model;
    assert(packed.weights == image->weight_bytes);
    assert(packed.channels == image->param_count * sizeof *image->params);
    assert(table == target->table_bytes(&image->graph, sizeof(void *)));
    (void)packed, (void)table;
}

static tnas_status build(tnas_image *image, const tnas_model *model, size_t flash_bytes)
{
    const tnas_target *const target = image->variant->target;
    image->graph = model->graph;
    TNAS_TRY(tnas_schedule_build(&image->graph, target, &image->schedule));
    tnas_schedule_widen(&image->graph, target, flash_bytes, &image->schedule);
    TNAS_TRY(tnas_plan_build(&image->graph, &image->schedule, target, &image->plan));
    if (image->plan.arena_bytes > UINT32_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "arena of %zu bytes: offsets must fit 32 bits",
                         image->plan.arena_bytes);
    lay_out_rows(image);
    assert_priced_bytes(image);
    TNAS_TRY(allocate(image));
    tnas_problems problems = {0};
    for (int row = 0; row < image->graph.op_count; row++) {
        const tnas_status status = pack_row(image, &image->rows[row], model);
        if (status != TNAS_OK && status != TNAS_ERR_INPUT)
            return status;
        if (status != TNAS_OK)
            note_problem(model, image->rows[row].op, &problems);
        fill_row(image, row, model);
    }
    fill_model(image, model);
    return problems.count > 0 ? refuse(model, target, &problems) : TNAS_OK;
}

tnas_status tnas_image_build(const tnas_model *model, const tnas_target *target, tnas_image **out)
{
    return tnas_image_build_widened(model, target, 0, out);
}

tnas_status tnas_image_build_widened(const tnas_model *model, const tnas_target *target,
                                     size_t flash_bytes, tnas_image **out)
{
    *out = NULL;
    const tnas_variant *const variant = tnas_variant_of(target);
    if (variant == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "an image for %s: it is a runtime of others",
                         target->name);
    TNAS_TRY(check_model(model, target));
    tnas_image *image = tnas_alloc_zero(1, sizeof *image);
    if (image == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "image of %d layers", model->graph.op_count);
    image->variant = variant;
    const tnas_status status = build(image, model, flash_bytes);
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
    tnas_free(image->params);
    tnas_free(image);
}
