#include "tools/recipes/zero_cost.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "graph/model.h"
#include "quant/fold.h"

enum { IMAGES = 16 };

/* A forward pass in plain loops, image by image. */
typedef struct walk {
    const tnas_model *model;
    double weight_scale; /* of absolute weights; 0: weights as they are, and activations */
    double *maps[TNAS_GRAPH_TENSORS_MAX];
    uint8_t *signs; /* of all values before an activation; NULL: not wanted */
    size_t sign_count;
} walk;

static double weight_of(const walk *w, const float *weights, size_t at)
{
    return w->weight_scale > 0 ? w->weight_scale * fabsf(weights[at]) : weights[at];
}

/* One output of a convolution, a depthwise one or a fully connected layer. */
static double weighted_sum(const walk *w, int op_index, int y, int x, int channel)
{
    const tnas_graph *const graph = &w->model->graph;
    const tnas_op *const op = &graph->ops[op_index];
    const tnas_tensor *const in = &graph->tensors[op->in[0]];
    const tnas_op_constants *const constants = &w->model->constants[op_index];
    const double *const map = w->maps[op->in[0]];
    const bool depthwise = op->kind == TNAS_OP_DWCONV2D;
    double sum = w->weight_scale > 0 || constants->bias == NULL ? 0 : constants->bias[channel];
    if (op->kind == TNAS_OP_FC) {
        const size_t elements = (size_t)tnas_tensor_count(in);
        for (size_t i = 0; i < elements; i++)
            sum += map[i] * weight_of(w, constants->weight, (size_t)channel * elements + i);
        return sum;
    }
    for (int ky = 0; ky < op->kernel_h; ky++) {
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int in_y = y * op->stride_h + ky - op->pad_top;
            const int in_x = x * op->stride_w + kx - op->pad_left;
            if (in_y < 0 || in_y >= in->h || in_x < 0 || in_x >= in->w)
                continue;
            const double *const pixel =
                map + ((size_t)in_y * (size_t)in->w + (size_t)in_x) * (size_t)in->c;
            const size_t tap = (size_t)ky * op->kernel_w + (size_t)kx;
            if (depthwise) {
                sum += pixel[channel] *
                       weight_of(w, constants->weight, tap * (size_t)in->c + (size_t)channel);
                continue;
            }
            const size_t taps = (size_t)op->kernel_h * op->kernel_w;
            const size_t at = ((size_t)channel * taps + tap) * (size_t)in->c;
            for (int c = 0; c < in->c; c++)
                sum += pixel[c] * weight_of(w, constants->weight, at + (size_t)c);
        }
    }
    return sum;
}

static double mean_of(const walk *w, const tnas_op *op, int y, int x, int channel)
{
    const tnas_tensor *const in = &w->model->graph.tensors[op->in[0]];
    const bool whole = tnas_op_is_mean(op->kind);
    const int rows = whole ? in->h : op->kernel_h, columns = whole ? in->w : op->kernel_w;
    double sum = 0;
    for (int ky = 0; ky < rows; ky++)
        for (int kx = 0; kx < columns; kx++) {
            const size_t in_y = (size_t)(whole ? ky : y * op->stride_h + ky);
            const size_t in_x = (size_t)(whole ? kx : x * op->stride_w + kx);
            sum +=
                w->maps[op->in[0]][(in_y * (size_t)in->w + in_x) * (size_t)in->c + (size_t)channel];
        }
    return sum / (rows * columns);
}

static double activate(walk *w, const tnas_op *op, double value)
{
    if (op->activation == TNAS_ACT_NONE || w->weight_scale > 0)
        return value;
    if (w->signs != NULL)
        w->signs[w->sign_count] = value > 0;
    w->sign_count++;
    return value < 0 ? 0 : op->activation == TNAS_ACT_RELU6 && value > 6 ? 6 : value;
}

/* The operators that spaces decode to: convolutions, fc, add and means. */
static void walk_op(walk *w, int op_index)
{
    const tnas_graph *const graph = &w->model->graph;
    const tnas_op *const op = &graph->ops[op_index];
    const tnas_tensor *const out = &graph->tensors[op->out];
    size_t at = 0;
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++)
            for (int channel = 0; channel < out->c; channel++, at++) {
                double value;
                if (op->kind == TNAS_OP_ADD)
                    value = w->maps[op->in[0]][at] + w->maps[op->in[1]][at];
                else if (op->kind == TNAS_OP_CONV2D || op->kind == TNAS_OP_DWCONV2D ||
                         op->kind == TNAS_OP_FC)
                    value = weighted_sum(w, op_index, y, x, channel);
                else
                    value = mean_of(w, op, y, x, channel);
                w->maps[op->out][at] = activate(w, op, value);
            }
}

/* The sum of the outputs. w->maps[0] is the image. */
static double forward(walk *w)
{
    const tnas_graph *const graph = &w->model->graph;
    w->sign_count = 0;
    for (int op = 0; op < graph->op_count; op++)
        walk_op(w, op);
    const int output = tnas_graph_output(graph);
    double sum = 0;
    for (int64_t i = 0; i < tnas_tensor_count(&graph->tensors[output]); i++)
        sum += w->maps[output][i];
    return sum;
}

static double synflow(walk *w)
{
    const double step = 1e-4;
    for (int64_t i = 0; i < tnas_tensor_count(&w->model->graph.tensors[0]); i++)
        w->maps[0][i] = 1;
    w->weight_scale = 1 + step;
    const double above = forward(w);
    w->weight_scale = 1 - step;
    const double below = forward(w);
    w->weight_scale = 0;
    return log((above - below) / (2 * step));
}

/* log |det| of a positive matrix by elimination with pivots. */
static double log_determinant(double k[IMAGES][IMAGES])
{
    double sum = 0;
    for (int i = 0; i < IMAGES; i++) {
        int pivot = i;
        for (int row = i + 1; row < IMAGES; row++)
            if (fabs(k[row][i]) > fabs(k[pivot][i]))
                pivot = row;
        for (int column = 0; column < IMAGES; column++) {
            const double kept = k[i][column];
            k[i][column] = k[pivot][column];
            k[pivot][column] = kept;
        }
        sum += log(fabs(k[i][i]));
        for (int row = i + 1; row < IMAGES; row++)
            for (int column = IMAGES - 1; column >= i; column--)
                k[row][column] -= k[i][column] * k[row][i] / k[i][i];
    }
    return sum;
}

static tnas_status naswot(walk *w, const uint8_t *images, double *score)
{
    const size_t pixels = (size_t)tnas_tensor_count(&w->model->graph.tensors[0]);
    forward(w); /* how many signs there are */
    const size_t count = w->sign_count;
    uint8_t *const signs = tnas_alloc_zero(IMAGES, count);
    if (signs == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "signs of %d images", IMAGES);
    for (size_t image = 0; image < IMAGES; image++) {
        for (size_t i = 0; i < pixels; i++)
            w->maps[0][i] = (images[image * pixels + i] - 128) / 128.0;
        w->signs = signs + image * count;
        forward(w);
    }
    double k[IMAGES][IMAGES];
    for (size_t a = 0; a < IMAGES; a++)
        for (size_t b = 0; b < IMAGES; b++) {
            size_t shared = 0;
            for (size_t i = 0; i < count; i++)
                shared += signs[a * count + i] == signs[b * count + i];
            k[a][b] = (double)shared;
        }
    *score = log_determinant(k);
    tnas_free(signs);
    return TNAS_OK;
}

static tnas_status score_model(search_lab *lab, tnas_model *model, zero_cost *out)
{
    walk w = {.model = model};
    tnas_status status = TNAS_OK;
    for (int i = 0; i < model->graph.tensor_count; i++) {
        w.maps[i] =
            tnas_alloc_zero((size_t)tnas_tensor_count(&model->graph.tensors[i]), sizeof(double));
        if (w.maps[i] == NULL)
            status = tnas_fail(TNAS_ERR_NOMEM, "maps of a network");
    }
    if (status == TNAS_OK) {
        out->synflow = synflow(&w);
        tnas_model_fold(model);
        status = naswot(&w, lab->calibration_images, &out->naswot);
    }
    for (int i = 0; i < model->graph.tensor_count; i++)
        tnas_free(w.maps[i]);
    return status;
}

static tnas_status make_model(search_lab *lab, const tnas_supernet *fresh, const tnas_net *net,
                              tnas_model **model)
{
    tnas_bn_stats stats;
    TNAS_TRY(tnas_bn_stats_init(net, &stats));
    tnas_status status = tnas_engine_recalibrate(
        lab->engine, fresh->store, net, lab->calibration_images, 1, lab->work.batch_images, &stats);
    if (status == TNAS_OK)
        status = tnas_net_to_model(net, fresh->store, &stats, model);
    tnas_bn_stats_deinit(&stats);
    return status;
}

tnas_status zero_cost_score(search_lab *lab, const tnas_supernet *fresh, const tnas_arch *arch,
                            zero_cost *out)
{
    tnas_net *const net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "network");
    tnas_model *model = NULL;
    tnas_status status = tnas_supernet_view(fresh, arch, net);
    if (status == TNAS_OK)
        status = make_model(lab, fresh, net, &model);
    if (status == TNAS_OK)
        status = score_model(lab, model, out);
    tnas_model_destroy(model);
    tnas_free(net);
    return status;
}
