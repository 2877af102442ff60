/* A training step. A task is a shard: all units run on it in order on one thread, so that a
 * teacher's logits are there when its students need them, and gradients add in one order
 * whatever the number of threads. The first operator of units that begin alike, as all of one
 * supernet do, runs forward once before and backward once after all of them. Then the shards'
 * gradients are added, in shard order, by tasks that each own a range of values. */
#include "nn/engine.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "nn/engine_internal.h"
#include "nn/loss.h"
#include "nn/pass.h"

/* Values that one task adds over all shards. */
enum { RANGE_VALUES = 16384 };

typedef struct step {
    tnas_engine *engine;
    const tnas_store *store;
    const tnas_unit *units;
    int unit_count;
    const tnas_batch *batch;
    int shard_images;
    bool shares_stem;              /* all units begin with the same operator */
    size_t logits_at, unit_logits; /* in a worker's block: [unit_count, unit_logits] */
    float *grads;
} step;

tnas_status tnas_reserve_ensure(tnas_reserve *reserve, size_t count, const char *what)
{
    if (reserve->count >= count)
        return TNAS_OK;
    tnas_free(reserve->floats);
    *reserve = (tnas_reserve){.floats = tnas_alloc_zero(count, sizeof(float))};
    if (reserve->floats == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%s of %zu MiB", what, count * sizeof(float) >> 20);
    reserve->count = count;
    return TNAS_OK;
}

tnas_status tnas_engine_ensure_blocks(tnas_engine *engine, size_t floats)
{
    for (int worker = 0; worker < engine->threads; worker++)
        TNAS_TRY(tnas_reserve_ensure(&engine->blocks[worker], floats, "training workspace"));
    return TNAS_OK;
}

tnas_status tnas_engine_create(const tnas_engine_config *config, tnas_engine **out)
{
    *out = NULL;
    assert(config->shards >= 1);
    const tnas_kernels *kernels;
    TNAS_TRY(tnas_kernels_choose(&kernels));
    tnas_engine *engine = tnas_alloc_zero(1, sizeof *engine);
    if (engine == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "training engine");
    engine->pool = config->pool;
    engine->shards = config->shards;
    engine->threads = tnas_pool_thread_count(config->pool);
    engine->kernels = kernels;
    engine->layouts = tnas_alloc_zero(TNAS_UNITS_MAX, sizeof *engine->layouts);
    engine->blocks = tnas_alloc_zero((size_t)engine->threads, sizeof *engine->blocks);
    engine->results =
        tnas_alloc_zero((size_t)engine->shards * TNAS_UNITS_MAX, sizeof *engine->results);
    engine->correct = tnas_alloc_zero((size_t)engine->threads, sizeof *engine->correct);
    if (engine->layouts == NULL || engine->blocks == NULL || engine->results == NULL ||
        engine->correct == NULL) {
        tnas_engine_destroy(engine);
        return tnas_fail(TNAS_ERR_NOMEM, "training engine of %d shards", config->shards);
    }
    *out = engine;
    return TNAS_OK;
}

void tnas_engine_destroy(tnas_engine *engine)
{
    if (engine == NULL)
        return;
    for (int worker = 0; worker < engine->threads && engine->blocks != NULL; worker++)
        tnas_free(engine->blocks[worker].floats);
    tnas_free(engine->shard_grads.floats);
    tnas_free(engine->shared.floats);
    tnas_free(engine->layouts);
    tnas_free(engine->blocks);
    tnas_free(engine->results);
    tnas_free(engine->correct);
    tnas_free(engine);
}

size_t tnas_engine_bytes(const tnas_engine *engine)
{
    size_t floats = engine->shard_grads.count + engine->shared.count;
    for (int worker = 0; worker < engine->threads; worker++)
        floats += engine->blocks[worker].count;
    return floats * sizeof(float);
}

static int32_t classes_of(const tnas_net *net)
{
    return net->graph.tensors[tnas_graph_output(&net->graph)].c;
}

/* What teaches unit u about image number `image` of the batch, `at` floats into a shard's logits.
 */
static const float *teacher_of(const step *s, int u, int image, const float *logits, size_t at)
{
    const int teacher = s->units[u].teacher;
    if (teacher == TNAS_NONE)
        return NULL;
    if (teacher == TNAS_TEACHER_FROZEN)
        return s->batch->teacher_logits + (size_t)image * (size_t)classes_of(s->units[u].net);
    return logits + (size_t)teacher * s->unit_logits + at;
}

/* How much an image counts under the unit. */
static double image_weight(const tnas_unit *unit, const tnas_target *target)
{
    const float *const w = unit->label_weights;
    if (w == NULL)
        return 1.0;
    return w[target->label] +
           (double)target->second_share * ((double)w[target->second] - w[target->label]);
}

/* Loss of the shard under one unit, and the gradient of its logits in the output's dmap. */
static tnas_unit_result unit_loss(const step *s, const tnas_pass *pass, int u, int shard,
                                  float *logits)
{
    const tnas_unit *const unit = &s->units[u];
    const int output = tnas_graph_output(&pass->net->graph);
    const int32_t classes = classes_of(unit->net);
    const size_t stride = pass->layout->stride[output];
    float *const own = logits + (size_t)u * s->unit_logits;
    float *const dmap = tnas_pass_dmap(pass, output);
    float *const dlogits = logits + (size_t)s->unit_count * s->unit_logits;
    tnas_pass_logits(pass, own);
    memset(dmap, 0, (size_t)classes * stride * sizeof(float));

    tnas_unit_result result = {0.0, 0};
    for (int i = 0; i < s->shard_images; i++) {
        const size_t at = (size_t)i * (size_t)classes;
        const int image = shard * s->shard_images + i;
        const int label = s->batch->labels[image];
        const bool blended = s->batch->second_labels != NULL;
        const int second = blended ? s->batch->second_labels[image] : label;
        assert(label >= 0 && label < classes && second >= 0 && second < classes);
        const tnas_target target = {.label = label,
                                    .second = second,
                                    .second_share = blended ? s->batch->second_shares[image] : 0,
                                    .smoothing = unit->label_smoothing,
                                    .teacher = teacher_of(s, u, image, logits, at),
                                    .label_share = unit->label_share,
                                    .temperature = unit->temperature};
        const double weight = image_weight(unit, &target);
        result.loss +=
            weight * tnas_loss_image(own + at, classes, &target,
                                     weight * (double)unit->weight / s->batch->count, dlogits);
        result.correct += tnas_winner(own + at, classes) == label;
        for (int32_t k = 0; k < classes; k++)
            dmap[(size_t)k * stride + (size_t)i] = dlogits[k];
    }
    return result;
}

/* What a shard saw of the first unit's tensors: [shards, tensors]. */
static tnas_seen_range *seen_by(const step *s, int shard)
{
    const tnas_unit *const unit = &s->units[0];
    if (unit->seen == NULL)
        return NULL;
    return (tnas_seen_range *)(void *)s->engine->shared.floats +
           (size_t)shard * (size_t)unit->net->graph.tensor_count;
}

static tnas_status run_shard(void *context, int shard, int worker)
{
    const step *const s = context;
    tnas_engine *const engine = s->engine;
    float *const block = engine->blocks[worker].floats;
    float *const grads = engine->shard_grads.floats + (size_t)shard * s->store->value_count;
    memset(grads, 0, s->store->value_count * sizeof(float));
    for (int u = 0; u < s->unit_count; u++) {
        const tnas_net *const net = s->units[u].net;
        const tnas_tensor *const in = &net->graph.tensors[0];
        tnas_pass pass = {.kernels = engine->kernels,
                          .net = net,
                          .store = s->store,
                          .layout = &engine->layouts[u],
                          .block = block,
                          .shares_stem = s->shares_stem,
                          .grads = grads,
                          .seen = seen_by(s, shard)};
        const bool reuses_stem = s->shares_stem && u > 0;
        if (reuses_stem)
            tnas_pass_reuse_stem(&pass);
        else
            tnas_pass_load(&pass, s->batch->images + (size_t)(shard * s->shard_images) *
                                                         (size_t)tnas_tensor_count(in));
        for (int op = reuses_stem ? 1 : 0; op < net->graph.op_count; op++)
            tnas_pass_forward_op(&pass, op);
        const tnas_unit_result result = unit_loss(s, &pass, u, shard, block + s->logits_at);
        if (!isfinite(result.loss))
            return tnas_fail(TNAS_ERR_DIVERGED, "unit %d: loss %g must be finite", u,
                             result.loss / s->shard_images);
        engine->results[shard * TNAS_UNITS_MAX + u] = result;
        tnas_pass_backward(&pass);
        if (s->shares_stem && u == s->unit_count - 1)
            tnas_pass_backward_stem(&pass);
    }
    return TNAS_OK;
}

static tnas_status prepare_seen(const step *s)
{
    const tnas_unit *const unit = &s->units[0];
    if (unit->seen == NULL)
        return TNAS_OK;
    const size_t tensors = (size_t)unit->net->graph.tensor_count;
    const size_t count = (size_t)s->engine->shards * tensors;
    TNAS_TRY(tnas_reserve_ensure(&s->engine->shared, 2 * count, "ranges of the shards"));
    for (size_t i = 0; i < count; i++)
        seen_by(s, 0)[i] = (tnas_seen_range){INFINITY, -INFINITY};
    return TNAS_OK;
}

static void join_seen(const step *s)
{
    const tnas_unit *const unit = &s->units[0];
    for (int t = 0; unit->seen != NULL && t < unit->net->graph.tensor_count; t++) {
        unit->seen[t] = (tnas_seen_range){INFINITY, -INFINITY};
        for (int shard = 0; shard < s->engine->shards; shard++) {
            unit->seen[t].min = fminf(unit->seen[t].min, seen_by(s, shard)[t].min);
            unit->seen[t].max = fmaxf(unit->seen[t].max, seen_by(s, shard)[t].max);
        }
    }
}

static tnas_status add_range(void *context, int range, int worker)
{
    (void)worker;
    const step *const s = context;
    const size_t count = s->store->value_count, first = (size_t)range * RANGE_VALUES;
    const size_t end = count - first < RANGE_VALUES ? count : first + RANGE_VALUES;
    const float *shard_grads = s->engine->shard_grads.floats;
    memcpy(s->grads + first, shard_grads + first, (end - first) * sizeof(float));
    for (int shard = 1; shard < s->engine->shards; shard++) {
        shard_grads += count;
        for (size_t i = first; i < end; i++)
            s->grads[i] += shard_grads[i];
    }
    return TNAS_OK;
}

/* Whether both nets begin with the same operator on the same weights, and go on. */
static bool same_stem(const tnas_net *a, const tnas_net *b)
{
    const tnas_graph *const g = &a->graph, *const h = &b->graph;
    const tnas_view *const v = &a->views[0], *const w = &b->views[0];
    return memcmp(g->ops, h->ops, sizeof g->ops[0]) == 0 &&
           memcmp(g->tensors, h->tensors, 2 * sizeof g->tensors[0]) == 0 && v->slot == w->slot &&
           v->out_prefix == w->out_prefix && v->in_prefix == w->in_prefix && g->op_count > 1 &&
           h->op_count > 1;
}

/* Lays out every unit and reserves memory for the largest. */
static tnas_status prepare(step *s)
{
    tnas_engine *const engine = s->engine;
    size_t floats = 0, classes = 0;
    s->shares_stem = s->unit_count > 1;
    for (int u = 1; u < s->unit_count; u++)
        s->shares_stem = s->shares_stem && same_stem(s->units[0].net, s->units[u].net);
    const tnas_pass_kind kind = s->shares_stem ? TNAS_PASS_TRAIN_SHARED : TNAS_PASS_TRAIN;
    for (int u = 0; u < s->unit_count; u++) {
        const tnas_unit *const unit = &s->units[u];
        assert(unit->teacher < u);
        assert(unit->net->grids == NULL || (s->unit_count == 1 && unit->net->bn_channels == 0));
        assert(unit->teacher != TNAS_TEACHER_FROZEN || s->batch->teacher_logits != NULL);
        assert(unit->teacher < 0 ||
               classes_of(unit->net) == classes_of(s->units[unit->teacher].net));
        tnas_layout *const layout = &engine->layouts[u];
        tnas_layout_build(unit->net, s->shard_images, kind, layout);
        floats = layout->floats > floats ? layout->floats : floats;
        const size_t own = (size_t)classes_of(unit->net);
        classes = own > classes ? own : classes;
    }
    s->logits_at = floats;
    s->unit_logits = classes * (size_t)s->shard_images;
    /* Behind the units' logits: the gradient of one image's. */
    TNAS_TRY(tnas_engine_ensure_blocks(engine,
                                       floats + (size_t)s->unit_count * s->unit_logits + classes));
    return tnas_reserve_ensure(&engine->shard_grads, (size_t)engine->shards * s->store->value_count,
                               "gradients of the shards");
}

tnas_status tnas_engine_step(tnas_engine *engine, const tnas_store *store, const tnas_unit *units,
                             int unit_count, const tnas_batch *batch, float *grads,
                             tnas_unit_result *results)
{
    assert(unit_count >= 1 && unit_count <= TNAS_UNITS_MAX);
    assert(batch->count > 0 && batch->count % engine->shards == 0);
    step s = {.engine = engine,
              .store = store,
              .units = units,
              .unit_count = unit_count,
              .batch = batch,
              .shard_images = batch->count / engine->shards,
              .grads = grads};
    memset(results, 0, (size_t)unit_count * sizeof *results);
    TNAS_TRY(prepare(&s));
    TNAS_TRY(prepare_seen(&s));
    TNAS_TRY(tnas_pool_run(engine->pool, engine->shards, run_shard, &s));
    join_seen(&s);
    const size_t ranges = (store->value_count + RANGE_VALUES - 1) / RANGE_VALUES;
    TNAS_TRY(tnas_pool_run(engine->pool, (int)ranges, add_range, &s));
    for (int u = 0; u < unit_count; u++) {
        for (int shard = 0; shard < engine->shards; shard++) {
            results[u].loss += engine->results[shard * TNAS_UNITS_MAX + u].loss;
            results[u].correct += engine->results[shard * TNAS_UNITS_MAX + u].correct;
        }
        results[u].loss /= batch->count;
    }
    return TNAS_OK;
}
