#include "trainer/int8_loss.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "nn/loss.h"

/* Ranges are halved at most so often. */
enum { HALVINGS_MAX = 12 };

/* A twin of which one layer at a time is in int8. */
typedef struct probe {
    tnas_engine *engine;
    tnas_twin *twin;
    const uint8_t *pixels;
    int images, classes;
    float *values;          /* of the store that computes: float, but for the layer's */
    float *wanted, *logits; /* [images, classes], of the float network; of a probe */
    tnas_grids *none, *one; /* grids of the float network; of a probe */
} probe;

static void probe_deinit(probe *p)
{
    if (p->twin != NULL)
        p->twin->net->grids = p->twin->grids;
    tnas_free(p->values);
    tnas_free(p->wanted);
    tnas_free(p->logits);
    tnas_free(p->none);
    tnas_free(p->one);
}

/* The answers with these grids and the values of `p->values`. */
static tnas_status answer(probe *p, const tnas_grids *grids, float *logits)
{
    tnas_store store = *p->twin->store;
    store.values = p->values;
    p->twin->net->grids = grids;
    const tnas_bn_stats stats = {NULL, NULL}; /* batch norm is folded */
    return tnas_engine_predict(p->engine, &store, p->twin->net, &stats, p->pixels, p->images,
                               logits);
}

static tnas_status probe_init(probe *p, tnas_engine *engine, tnas_twin *twin, const uint8_t *pixels,
                              int images)
{
    const tnas_graph *const graph = &twin->net->graph;
    *p = (probe){.engine = engine, .twin = twin, .pixels = pixels, .images = images};
    p->classes = graph->tensors[tnas_graph_output(graph)].c;
    const size_t answers = (size_t)images * (size_t)p->classes;
    p->values = tnas_alloc_zero(twin->store->value_count, sizeof *p->values);
    p->wanted = tnas_alloc_zero(answers, sizeof *p->wanted);
    p->logits = tnas_alloc_zero(answers, sizeof *p->logits);
    p->none = tnas_alloc_zero(1, sizeof *p->none);
    p->one = tnas_alloc_zero(1, sizeof *p->one);
    if (p->values == NULL || p->wanted == NULL || p->logits == NULL || p->none == NULL ||
        p->one == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "answers of %d images", images);
    memcpy(p->values, twin->store->values, twin->store->value_count * sizeof *p->values);
    return answer(p, p->none, p->wanted);
}

/* Signal over noise of the last answers, in decibels, at most 200. */
static double sqnr_db(const probe *p)
{
    double signal = 0.0, noise = 0.0;
    for (size_t i = 0; i < (size_t)p->images * (size_t)p->classes; i++) {
        const double wanted = p->wanted[i], error = p->logits[i] - wanted;
        signal += wanted * wanted;
        noise += error * error;
    }
    return fmin(10.0 * log10(fmax(signal, 1e-30) / fmax(noise, 1e-30)), 200.0);
}

/* The layer's weights and bias, rounded or as they are. */
static void set_weights(probe *p, int op, bool rounded)
{
    const int16_t index = p->twin->net->views[op].slot;
    if (index == TNAS_NONE)
        return;
    const tnas_slot *const slot = &p->twin->store->slots[index];
    const tnas_store *const from = rounded ? p->twin->rounded : p->twin->store;
    const size_t count = slot->shift_at + (size_t)slot->out_c - slot->weight_at;
    memcpy(p->values + slot->weight_at, from->values + slot->weight_at, count * sizeof(float));
}

static tnas_status probe_layer(probe *p, int op, bool weights, bool output, double *db)
{
    const int out = p->twin->net->graph.ops[op].out;
    memset(p->one, 0, sizeof *p->one);
    if (output)
        p->one->tensors[out] = p->twin->grids->tensors[out];
    set_weights(p, op, weights);
    const tnas_status status = answer(p, p->one, p->logits);
    set_weights(p, op, false);
    *db = sqnr_db(p);
    return status;
}

static void name_layer(const tnas_graph *graph, int op, char *name, size_t name_bytes)
{
    const tnas_op *const o = &graph->ops[op];
    const int32_t c = graph->tensors[o->out].c;
    if (tnas_op_has(o->kind, TNAS_OP_WINDOW))
        snprintf(name, name_bytes, "%s %dx%d, %d", tnas_op_kind_text(o->kind), o->kernel_h,
                 o->kernel_w, (int)c);
    else
        snprintf(name, name_bytes, "%s, %d", tnas_op_kind_text(o->kind), (int)c);
}

static double accuracy(const probe *p, const tnas_images *images)
{
    int right = 0;
    for (int i = 0; i < p->images; i++)
        right += tnas_winner(p->logits + (size_t)i * (size_t)p->classes, p->classes) ==
                 images->labels[i];
    return (double)right / p->images;
}

static bool has_own_grid(const tnas_graph *graph, int op)
{
    return tnas_op_has(graph->ops[op].kind, TNAS_OP_FILTERS) || graph->ops[op].kind == TNAS_OP_ADD;
}

static tnas_status measure_layer(probe *p, int op, const tnas_images *images, tnas_int8_loss *out)
{
    *out = (tnas_int8_loss){.op = op, .weights_sqnr_db = NAN};
    name_layer(&p->twin->net->graph, op, out->name, sizeof out->name);
    if (p->twin->net->views[op].slot != TNAS_NONE)
        TNAS_TRY(probe_layer(p, op, true, false, &out->weights_sqnr_db));
    TNAS_TRY(probe_layer(p, op, false, true, &out->output_sqnr_db));
    TNAS_TRY(probe_layer(p, op, true, true, &out->sqnr_db));
    out->accuracy = accuracy(p, images);
    return TNAS_OK;
}

tnas_status tnas_int8_losses(tnas_engine *engine, tnas_twin *twin, const tnas_images *images,
                             int image_count, tnas_int8_loss *losses, int *loss_count)
{
    *loss_count = 0;
    probe p;
    tnas_status status = probe_init(&p, engine, twin, images->pixels, image_count);
    for (int op = 0; status == TNAS_OK && op < twin->net->graph.op_count; op++) {
        if (!has_own_grid(&twin->net->graph, op))
            continue;
        status = measure_layer(&p, op, images, &losses[*loss_count]);
        if (status == TNAS_OK)
            ++*loss_count;
    }
    probe_deinit(&p);
    return status;
}

/* The grid of a tensor when only `cover` of its range counts: the same steps, finer. */
static tnas_status best_cover(probe *p, int tensor, float *best)
{
    double best_db = -INFINITY;
    const tnas_grid_step whole = p->twin->grids->tensors[tensor];
    memset(p->one, 0, sizeof *p->one);
    *best = 1.0f;
    for (int halving = 0; halving <= HALVINGS_MAX; halving++) {
        const float cover = ldexpf(1.0f, -halving);
        p->one->tensors[tensor] = whole;
        p->one->tensors[tensor].step = whole.step * cover;
        TNAS_TRY(answer(p, p->one, p->logits));
        const double db = sqnr_db(p);
        if (db > best_db) {
            best_db = db;
            *best = cover;
        }
    }
    return TNAS_OK;
}

tnas_status tnas_int8_clip(tnas_engine *engine, tnas_twin *twin, const uint8_t *calibration,
                           int image_count, const tnas_int8_loss *losses, int loss_count,
                           double below_db, int *clipped)
{
    *clipped = 0;
    probe p;
    tnas_status status = probe_init(&p, engine, twin, calibration, image_count);
    for (int i = 0; status == TNAS_OK && i < loss_count; i++) {
        float cover;
        const int tensor = twin->net->graph.ops[losses[i].op].out;
        if (losses[i].output_sqnr_db >= below_db)
            continue;
        status = best_cover(&p, tensor, &cover);
        if (status == TNAS_OK && cover < 1.0f) {
            tnas_twin_clip(twin, tensor, cover);
            ++*clipped;
        }
    }
    probe_deinit(&p);
    return status;
}
