#include "tests/nn_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

typedef struct shape {
    int h, w, c;
} shape;

static shape shape_of(const tnas_graph *graph, int tensor)
{
    const tnas_tensor *const t = &graph->tensors[tensor];
    return (shape){t->h, t->w, t->c};
}

static size_t index_of(shape s, int image, int y, int x, int c)
{
    return (((size_t)image * (size_t)s.h + (size_t)y) * (size_t)s.w + (size_t)x) * (size_t)s.c +
           (size_t)c;
}

static double activate(double z, int activation)
{
    if (activation == TNAS_ACT_NONE)
        return z;
    if (z < 0.0)
        return 0.0;
    return activation == TNAS_ACT_RELU6 && z > 6.0 ? 6.0 : z;
}

/* Where weight (o, i, ky, kx) of a view lies in the store. */
static size_t weight_at(const tnas_slot *slot, const tnas_op *op, int o, int i, int ky, int kx)
{
    const int top = (slot->kernel_h - op->kernel_h) / 2, left = (slot->kernel_w - op->kernel_w) / 2;
    const size_t row = ((size_t)o * (size_t)slot->in_c + (size_t)i) * slot->kernel_h;
    return slot->weight_at + (row + (size_t)(ky + top)) * slot->kernel_w + (size_t)(kx + left);
}

/* Makes one window from the next larger one, in place: the centre of `filter` [h, w of the slot]
 * becomes the matrix times itself. */
static void shrink_filter(const tnas_slot *slot, tnas_slot_window window, const double *matrix,
                          double *filter)
{
    double crop[256], *at[256];
    int area = 0;
    for (int y = 0; y < window.h; y++)
        for (int x = 0; x < window.w; x++) {
            at[area] = filter + (y + (slot->kernel_h - window.h) / 2) * slot->kernel_w +
                       (slot->kernel_w - window.w) / 2 + x;
            crop[area] = *at[area];
            area++;
        }
    for (int i = 0; i < area; i++) {
        *at[i] = 0.0;
        for (int k = 0; k < area; k++)
            *at[i] += matrix[i * area + k] * crop[k];
    }
}

/* The store's values with every filter that the net transforms in the centre of its slot's. */
static double *values_seen(const tnas_net *net, const tnas_store *store, const double *values)
{
    double *const seen = malloc(store->value_count * sizeof *seen);
    memcpy(seen, values, store->value_count * sizeof *seen);
    for (int op = 0; op < net->graph.op_count; op++) {
        const tnas_view *const view = &net->views[op];
        if (view->slot == TNAS_NONE || view->kernel != TNAS_KERNEL_TRANSFORM)
            continue;
        const tnas_slot *const slot = &store->slots[view->slot];
        const int area = slot->kernel_h * slot->kernel_w;
        const int kernel_area = net->graph.ops[op].kernel_h * net->graph.ops[op].kernel_w;
        const double *matrix = values + slot->transform_at;
        for (int w = 0; w < slot->window_count; w++) {
            const int window_area = slot->windows[w].h * slot->windows[w].w;
            if (window_area < kernel_area)
                break;
            for (int filter = 0; filter < slot->out_c * slot->in_c; filter++)
                shrink_filter(slot, slot->windows[w], matrix,
                              seen + slot->weight_at + (size_t)(filter * area));
            matrix += window_area * window_area;
        }
    }
    return seen;
}

static double convolve(const tnas_op *op, const tnas_slot *slot, const double *values,
                       const double *in, shape is, int image, int oy, int ox, int o)
{
    const bool depthwise = op->kind == TNAS_OP_DWCONV2D;
    double sum = 0.0;
    for (int ky = 0; ky < op->kernel_h; ky++)
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int y = oy * op->stride_h + ky - op->pad_top;
            const int x = ox * op->stride_w + kx - op->pad_left;
            if (y < 0 || y >= is.h || x < 0 || x >= is.w)
                continue;
            if (depthwise)
                sum += values[weight_at(slot, op, o, 0, ky, kx)] * in[index_of(is, image, y, x, o)];
            else
                for (int i = 0; i < is.c; i++)
                    sum += values[weight_at(slot, op, o, i, ky, kx)] *
                           in[index_of(is, image, y, x, i)];
        }
    return sum;
}

static double connect(const tnas_slot *slot, const double *values, const double *in, shape is,
                      int image, int o)
{
    double sum = 0.0;
    for (int c = 0; c < is.c; c++)
        for (int y = 0; y < is.h; y++)
            for (int x = 0; x < is.w; x++)
                sum += values[slot->weight_at + (size_t)o * (size_t)slot->in_c +
                              (size_t)((c * is.h + y) * is.w + x)] *
                       in[index_of(is, image, y, x, c)];
    return sum;
}

static double pool(const tnas_op *op, const double *in, shape is, int image, int oy, int ox, int c)
{
    double sum = 0.0, largest = -INFINITY;
    int count = 0;
    for (int ky = 0; ky < op->kernel_h; ky++)
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int y = oy * op->stride_h + ky - op->pad_top;
            const int x = ox * op->stride_w + kx - op->pad_left;
            if (y < 0 || y >= is.h || x < 0 || x >= is.w)
                continue;
            const double v = in[index_of(is, image, y, x, c)];
            sum += v;
            largest = v > largest ? v : largest;
            count++;
        }
    return op->kind == TNAS_OP_AVGPOOL ? sum / count : largest;
}

static double compute(const tnas_net *net, const tnas_store *store, const double *values,
                      const reference_pass *pass, int op, int image, int y, int x, int c)
{
    const tnas_op *const o = &net->graph.ops[op];
    const double *const in = pass->maps[o->in[0]];
    const shape is = shape_of(&net->graph, o->in[0]);
    const tnas_slot *const slot =
        net->views[op].slot == TNAS_NONE ? NULL : &store->slots[net->views[op].slot];
    switch (o->kind) {
    case TNAS_OP_FC:
        return connect(slot, values, in, is, image, c);
    case TNAS_OP_ADD:
        return in[index_of(is, image, y, x, c)] +
               pass->maps[o->in[1]][index_of(is, image, y, x, c)];
    case TNAS_OP_AVGPOOL:
    case TNAS_OP_MAXPOOL:
        return pool(o, in, is, image, y, x, c);
    default:
        return convolve(o, slot, values, in, is, image, y, x, c);
    }
}

/* Batch norm or bias, then activation, of channel c. */
static void finish_channel(const tnas_net *net, const tnas_store *store, const double *values,
                           const tnas_bn_stats *stats, reference_pass *pass, int op, int c)
{
    const tnas_op *const o = &net->graph.ops[op];
    const shape os = shape_of(&net->graph, o->out);
    const size_t count = (size_t)pass->images * (size_t)os.h * (size_t)os.w;
    double *const map = pass->maps[o->out] + c;
    double scale = 1.0, shift = 0.0;
    if (net->views[op].slot != TNAS_NONE) {
        const tnas_slot *const slot = &store->slots[net->views[op].slot];
        shift = values[slot->shift_at + (size_t)c];
        if (slot->batch_norm) {
            const int at = net->bn_at[op] + c;
            double mean = 0.0, var = 0.0;
            for (size_t i = 0; i < count; i++)
                mean += map[i * (size_t)os.c] / (double)count;
            for (size_t i = 0; i < count; i++)
                var += pow(map[i * (size_t)os.c] - mean, 2.0) / (double)count;
            pass->mean[at] = stats != NULL ? stats->mean[at] : mean;
            pass->var[at] = stats != NULL ? stats->var[at] : var;
            scale = values[slot->scale_at + (size_t)c] / sqrt(pass->var[at] + TNAS_BN_EPSILON);
            shift -= pass->mean[at] * scale;
        }
    }
    for (size_t i = 0; i < count; i++)
        map[i * (size_t)os.c] = activate(map[i * (size_t)os.c] * scale + shift, o->activation);
}

reference_pass reference_forward(const tnas_net *net, const tnas_store *store, const double *values,
                                 const tnas_bn_stats *stats, const uint8_t *images, int count)
{
    const tnas_graph *const graph = &net->graph;
    double *const seen = values_seen(net, store, values);
    reference_pass pass = {.images = count};
    pass.mean = calloc((size_t)net->bn_channels + 1, sizeof(double));
    pass.var = calloc((size_t)net->bn_channels + 1, sizeof(double));
    for (int t = 0; t < graph->tensor_count; t++)
        pass.maps[t] =
            calloc((size_t)count * (size_t)tnas_tensor_count(&graph->tensors[t]), sizeof(double));
    const size_t pixels = (size_t)count * (size_t)tnas_tensor_count(&graph->tensors[0]);
    for (size_t i = 0; i < pixels; i++)
        pass.maps[0][i] = (images[i] - 128.0) / 128.0;
    for (int op = 0; op < graph->op_count; op++) {
        const int out = graph->ops[op].out;
        const shape os = shape_of(graph, out);
        for (int image = 0; image < count; image++)
            for (int y = 0; y < os.h; y++)
                for (int x = 0; x < os.w; x++)
                    for (int c = 0; c < os.c; c++)
                        pass.maps[out][index_of(os, image, y, x, c)] =
                            compute(net, store, seen, &pass, op, image, y, x, c);
        for (int c = 0; c < os.c; c++)
            finish_channel(net, store, seen, stats, &pass, op, c);
    }
    free(seen);
    return pass;
}

void reference_free(reference_pass *pass, const tnas_net *net)
{
    for (int t = 0; t < net->graph.tensor_count; t++)
        free(pass->maps[t]);
    free(pass->mean);
    free(pass->var);
}

const double *reference_logits(const reference_pass *pass, const tnas_net *net)
{
    return pass->maps[tnas_graph_output(&net->graph)];
}

/* Cross entropy of one image against its smoothed label and, where there is one, the softmax of
 * `teacher`. */
static double cross_entropy(const double *z, const double *teacher, int classes, int label,
                            const tnas_unit *unit)
{
    const double t = unit->temperature > 0 ? unit->temperature : 1.0;
    const double smoothing = unit->label_smoothing;
    double sum = 0.0, soft_sum = 0.0, teacher_sum = 0.0, hard = 0.0, soft = 0.0;
    for (int k = 0; k < classes; k++) {
        sum += exp(z[k]);
        soft_sum += exp(z[k] / t);
        teacher_sum += teacher != NULL ? exp(teacher[k] / t) : 0.0;
    }
    for (int k = 0; k < classes; k++) {
        hard -= ((1.0 - smoothing) * (k == label) + smoothing / classes) * (z[k] - log(sum));
        if (teacher != NULL)
            soft -= exp(teacher[k] / t) / teacher_sum * (z[k] / t - log(soft_sum));
    }
    const double share = unit->label_share;
    return teacher != NULL ? share * hard + (1.0 - share) * t * t * soft : hard;
}

/* Mean loss of one unit over one shard. */
static double shard_loss(const tnas_store *store, const double *values,
                         const double *teacher_values, const tnas_unit *units, int unit,
                         const tnas_batch *batch, int first, int count)
{
    const tnas_unit *const u = &units[unit];
    const uint8_t *const images =
        batch->images + (size_t)first * (size_t)tnas_tensor_count(&u->net->graph.tensors[0]);
    const int classes = shape_of(&u->net->graph, tnas_graph_output(&u->net->graph)).c;
    reference_pass own = reference_forward(u->net, store, values, NULL, images, count);
    reference_pass teacher = {0};
    const tnas_net *const teacher_net = u->teacher >= 0 ? units[u->teacher].net : NULL;
    if (teacher_net != NULL)
        teacher = reference_forward(teacher_net, store, teacher_values, NULL, images, count);
    double loss = 0.0;
    for (int i = 0; i < count; i++) {
        const size_t at = (size_t)i * (size_t)classes;
        double frozen[16];
        ck_assert_int_le(classes, 16);
        const double *t = NULL;
        if (teacher_net != NULL)
            t = reference_logits(&teacher, teacher_net) + at;
        else if (u->teacher == TNAS_TEACHER_FROZEN)
            t = frozen;
        for (int k = 0; t == frozen && k < classes; k++)
            frozen[k] = batch->teacher_logits[(first + i) * classes + k];
        loss += cross_entropy(reference_logits(&own, u->net) + at, t, classes,
                              batch->labels[first + i], u);
    }
    reference_free(&own, u->net);
    if (teacher_net != NULL)
        reference_free(&teacher, teacher_net);
    return loss / count;
}

double reference_step(const tnas_store *store, const double *values, const double *teacher_values,
                      const tnas_unit *units, int unit_count, const tnas_batch *batch, int shards,
                      double *losses)
{
    const int count = batch->count / shards;
    double total = 0.0;
    for (int u = 0; u < unit_count; u++) {
        double loss = 0.0;
        for (int shard = 0; shard < shards; shard++)
            loss +=
                shard_loss(store, values, teacher_values, units, u, batch, shard * count, count) /
                shards;
        if (losses != NULL)
            losses[u] = loss;
        total += (double)units[u].weight * loss;
    }
    return total;
}

void reference_build(const tnas_graph *graph, reference_slack slack, uint64_t index, tnas_net *net,
                     tnas_store **store)
{
    tnas_net identity;
    tnas_store *exact;
    ck_ok(tnas_net_build_fixed(graph, &identity, &exact));
    tnas_slot *const slots = calloc((size_t)exact->slot_count + 1, sizeof *slots);
    for (int s = 0; s < exact->slot_count; s++) {
        const tnas_slot *const e = &exact->slots[s];
        const bool fc = e->kind == TNAS_OP_FC;
        slots[s] =
            (tnas_slot){.kind = e->kind,
                        .out_c = e->out_c + slack.channels,
                        .in_c = e->kind == TNAS_OP_DWCONV2D ? 1 : e->in_c + 2 * slack.channels,
                        .kernel_h = (uint8_t)(e->kernel_h + (fc ? 0 : 2 * slack.kernel)),
                        .kernel_w = (uint8_t)(e->kernel_w + (fc ? 0 : 2 * slack.kernel)),
                        .batch_norm = e->batch_norm && !slack.no_batch_norm};
    }
    ck_ok(tnas_store_create(slots, exact->slot_count, store));
    ck_ok(tnas_net_build(graph, identity.views, *store, net));
    randomise(*store, index);
    tnas_store_destroy(exact);
    free(slots);
}

void randomise(tnas_store *store, uint64_t index)
{
    tnas_store_init_random(store, SEED + index);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (int s = 0; s < store->slot_count; s++) {
        const tnas_slot *const slot = &store->slots[s];
        for (size_t c = 0; c < (size_t)slot->out_c; c++) {
            if (slot->batch_norm)
                store->values[slot->scale_at + c] = (float)(0.6 + tnas_rng_unit(&rng));
            store->values[slot->shift_at + c] = (float)(0.5 * tnas_rng_normal(&rng));
        }
        for (size_t i = 0; i < slot->transform_count; i++) /* near the identity they start from */
            store->values[slot->transform_at + i] += (float)(0.1 * tnas_rng_normal(&rng));
    }
}

double *doubles_of(const tnas_store *store)
{
    double *const values = calloc(store->value_count, sizeof *values);
    for (size_t i = 0; i < store->value_count; i++)
        values[i] = store->values[i];
    return values;
}

tnas_batch random_batch(const tnas_net *net, int count, uint64_t index)
{
    const tnas_graph *const graph = &net->graph;
    const size_t bytes = (size_t)count * (size_t)tnas_tensor_count(&graph->tensors[0]);
    const uint32_t classes = (uint32_t)graph->tensors[tnas_graph_output(graph)].c;
    uint8_t *const images = malloc(bytes);
    int16_t *const labels = malloc((size_t)count * sizeof *labels);
    tnas_rng rng = tnas_rng_stream(SEED + 1, TNAS_RNG_TEST, index);
    for (size_t i = 0; i < bytes; i++)
        images[i] = (uint8_t)tnas_rng_below(&rng, 256);
    for (int i = 0; i < count; i++)
        labels[i] = (int16_t)tnas_rng_below(&rng, classes);
    return (tnas_batch){.images = images, .labels = labels, .count = count};
}

void free_batch(tnas_batch *batch)
{
    free((void *)batch->images);
    free((void *)batch->labels);
}

int append_same(tnas_graph *graph, int kind, int in, int out_c, int kernel, int stride,
                int activation)
{
    tnas_op op = {.kind = (uint8_t)kind,
                  .activation = (uint8_t)activation,
                  .in = {(int16_t)in, TNAS_NONE},
                  .kernel_h = (uint8_t)kernel,
                  .kernel_w = (uint8_t)kernel,
                  .stride_h = (uint8_t)stride,
                  .stride_w = (uint8_t)stride};
    const tnas_tensor *const t = &graph->tensors[in];
    tnas_pad_same(t->h, kernel, stride, &op.pad_top, &op.pad_bottom);
    tnas_pad_same(t->w, kernel, stride, &op.pad_left, &op.pad_right);
    const int out = tnas_graph_append(graph, &op, out_c);
    ck_assert_int_ne(out, TNAS_NONE);
    return out;
}

static int append_plain(tnas_graph *graph, tnas_op op, int out_c)
{
    op.kernel_h = op.kernel_w = op.stride_h = op.stride_w = 1;
    const int out = tnas_graph_append(graph, &op, out_c);
    ck_assert_int_ne(out, TNAS_NONE);
    return out;
}

int append_fc(tnas_graph *graph, int in, int classes)
{
    return append_plain(graph, (tnas_op){.kind = TNAS_OP_FC, .in = {(int16_t)in, TNAS_NONE}},
                        classes);
}

int append_add(tnas_graph *graph, int a, int b, int activation)
{
    return append_plain(graph,
                        (tnas_op){.kind = TNAS_OP_ADD,
                                  .activation = (uint8_t)activation,
                                  .in = {(int16_t)a, (int16_t)b}},
                        0);
}

void small_mobilenet(tnas_graph *graph)
{
    tnas_graph_init(graph, 9, 8, 2);
    const int stem = append_same(graph, TNAS_OP_CONV2D, 0, 5, 3, 2, TNAS_ACT_RELU6);
    int t = append_same(graph, TNAS_OP_CONV2D, stem, 9, 1, 1, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_DWCONV2D, t, 0, 5, 1, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_CONV2D, t, 5, 1, 1, TNAS_ACT_NONE);
    t = append_add(graph, stem, t, TNAS_ACT_NONE);
    t = append_same(graph, TNAS_OP_CONV2D, t, 11, 1, 1, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_DWCONV2D, t, 0, 3, 2, TNAS_ACT_RELU6);
    t = append_same(graph, TNAS_OP_CONV2D, t, 7, 1, 1, TNAS_ACT_NONE);
    t = append_same(graph, TNAS_OP_CONV2D, t, 13, 1, 1, TNAS_ACT_RELU);
    const tnas_tensor *const map = &graph->tensors[t];
    const tnas_op global = {.kind = TNAS_OP_AVGPOOL,
                            .in = {(int16_t)t, TNAS_NONE},
                            .kernel_h = (uint8_t)map->h,
                            .kernel_w = (uint8_t)map->w,
                            .stride_h = 1,
                            .stride_w = 1};
    append_fc(graph, tnas_graph_append(graph, &global, 0), 5);
}

engine_of make_engine(int threads, int shards)
{
    engine_of e;
    ck_ok(tnas_pool_create(threads, &e.pool));
    ck_ok(tnas_engine_create(&(tnas_engine_config){e.pool, shards}, &e.engine));
    return e;
}

void drop_engine(engine_of *e)
{
    tnas_engine_destroy(e->engine);
    tnas_pool_destroy(e->pool);
}
