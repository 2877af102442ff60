/* Forward passes without gradients: recalibration, prediction, ranges. A task is a batch of
 * images of fixed size, so that results do not depend on threads. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/engine_internal.h"
#include "nn/loss.h"
#include "nn/pass.h"

/* Images of a task where the caller does not say: one block, whose maps mostly stay in the
 * second-level cache (12 % faster than four blocks on a 6 MMAC net). */
enum { EVALUATION_IMAGES = TNAS_LANES };

/* Layouts of the engine that an evaluation uses: a whole batch, and what is left. */
enum { LAYOUT_WHOLE, LAYOUT_REST };

typedef struct evaluation {
    tnas_engine *engine;
    const tnas_store *store;
    const tnas_net *net;
    const tnas_bn_stats *stats; /* NULL: those of each batch */
    const uint8_t *images;
    int count, batch_images;
    /* Called when an operator's output is there (TNAS_NONE: the input), or NULL. */
    void (*see_tensor)(const struct evaluation *e, const tnas_pass *pass, int tensor, int worker);
    /* Called at the end of a pass over the images from number `first`, or NULL. */
    void (*see_logits)(const struct evaluation *e, const tnas_pass *pass, int first, int worker);
    const int16_t *labels;
    float *logits;    /* [count, classes] */
    size_t logits_at; /* room for those of one task in a worker's block */
} evaluation;

static int32_t classes_of(const evaluation *e)
{
    return e->net->graph.tensors[tnas_graph_output(&e->net->graph)].c;
}

/* The batch statistics of task number `task` within the engine's shared memory. */
static tnas_bn_stats batch_stats(const evaluation *e, int task)
{
    const size_t channels = (size_t)e->net->bn_channels;
    float *const at = e->engine->shared.floats + (size_t)task * 2 * channels;
    return (tnas_bn_stats){.mean = at, .var = at + channels};
}

static tnas_status evaluate_batch(void *context, int task, int worker)
{
    const evaluation *const e = context;
    const tnas_graph *const graph = &e->net->graph;
    const int first = task * e->batch_images;
    const bool whole = e->count - first >= e->batch_images;
    tnas_pass pass = {.kernels = e->engine->kernels,
                      .net = e->net,
                      .store = e->store,
                      .layout = &e->engine->layouts[whole ? LAYOUT_WHOLE : LAYOUT_REST],
                      .block = e->engine->blocks[worker].floats,
                      .stats = e->stats};
    if (e->stats == NULL)
        pass.measured = batch_stats(e, task);
    tnas_pass_load(&pass,
                   e->images + (size_t)first * (size_t)tnas_tensor_count(&graph->tensors[0]));
    if (e->see_tensor != NULL)
        e->see_tensor(e, &pass, 0, worker);
    for (int op = 0; op < graph->op_count; op++) {
        tnas_pass_forward_op(&pass, op);
        if (e->see_tensor != NULL)
            e->see_tensor(e, &pass, graph->ops[op].out, worker);
    }
    if (e->see_logits != NULL)
        e->see_logits(e, &pass, first, worker);
    return TNAS_OK;
}

static tnas_status evaluate(evaluation *e)
{
    tnas_layout *const layouts = e->engine->layouts;
    const int rest = e->count % e->batch_images;
    tnas_layout_build(e->net, e->batch_images, TNAS_PASS_EVALUATE, &layouts[LAYOUT_WHOLE]);
    size_t floats = layouts[LAYOUT_WHOLE].floats;
    if (rest > 0) {
        tnas_layout_build(e->net, rest, TNAS_PASS_EVALUATE, &layouts[LAYOUT_REST]);
        const size_t needed = layouts[LAYOUT_REST].floats;
        floats = needed > floats ? needed : floats;
    }
    e->logits_at = floats;
    const size_t logits = (size_t)e->batch_images * (size_t)classes_of(e);
    TNAS_TRY(tnas_engine_ensure_blocks(e->engine, floats + logits));
    const int tasks = (e->count + e->batch_images - 1) / e->batch_images;
    return tnas_pool_run(e->engine->pool, tasks, evaluate_batch, e);
}

tnas_status tnas_engine_recalibrate(tnas_engine *engine, const tnas_store *store,
                                    const tnas_net *net, const uint8_t *images, int batches,
                                    int batch_images, tnas_bn_stats *stats)
{
    assert(batches >= 1 && batch_images >= 1);
    const size_t channels = (size_t)net->bn_channels;
    evaluation e = {.engine = engine,
                    .store = store,
                    .net = net,
                    .images = images,
                    .count = batches * batch_images,
                    .batch_images = batch_images};
    TNAS_TRY(tnas_reserve_ensure(&engine->shared, (size_t)batches * 2 * channels,
                                 "batch-norm statistics"));
    TNAS_TRY(evaluate(&e));
    for (size_t c = 0; c < channels; c++) {
        double mean = 0.0, var = 0.0;
        for (int batch = 0; batch < batches; batch++) {
            mean += batch_stats(&e, batch).mean[c];
            var += batch_stats(&e, batch).var[c];
        }
        stats->mean[c] = (float)(mean / batches);
        stats->var[c] = (float)(var / batches);
    }
    return TNAS_OK;
}

static void keep_logits(const evaluation *e, const tnas_pass *pass, int first, int worker)
{
    (void)worker;
    tnas_pass_logits(pass, e->logits + (size_t)first * (size_t)classes_of(e));
}

tnas_status tnas_engine_predict(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                                const tnas_bn_stats *stats, const uint8_t *images, int count,
                                float *logits)
{
    evaluation e = {.engine = engine,
                    .store = store,
                    .net = net,
                    .stats = stats,
                    .images = images,
                    .count = count,
                    .batch_images = EVALUATION_IMAGES,
                    .see_logits = keep_logits,
                    .logits = logits};
    return evaluate(&e);
}

static void count_winners(const evaluation *e, const tnas_pass *pass, int first, int worker)
{
    float *const logits = e->engine->blocks[worker].floats + e->logits_at;
    tnas_pass_logits(pass, logits);
    for (int i = 0; i < pass->layout->images; i++)
        e->engine->correct[worker] += tnas_winner(logits + (size_t)i * (size_t)classes_of(e),
                                                  classes_of(e)) == e->labels[first + i];
}

tnas_status tnas_engine_count_correct(tnas_engine *engine, const tnas_store *store,
                                      const tnas_net *net, const tnas_bn_stats *stats,
                                      const tnas_batch *batch, int *correct)
{
    *correct = 0;
    memset(engine->correct, 0, (size_t)engine->threads * sizeof *engine->correct);
    evaluation e = {.engine = engine,
                    .store = store,
                    .net = net,
                    .stats = stats,
                    .images = batch->images,
                    .count = batch->count,
                    .batch_images = EVALUATION_IMAGES,
                    .see_logits = count_winners,
                    .labels = batch->labels};
    TNAS_TRY(evaluate(&e));
    for (int worker = 0; worker < engine->threads; worker++)
        *correct += engine->correct[worker];
    return TNAS_OK;
}

/* Smallest and largest values of one worker: [tensor_count] each, one behind the other. */
static float *worker_ranges(const evaluation *e, int worker)
{
    return e->engine->shared.floats + (size_t)worker * 2 * (size_t)e->net->graph.tensor_count;
}

static void widen(float *min, float *max, float value)
{
    *min = value < *min ? value : *min;
    *max = value > *max ? value : *max;
}

static void see_range(const evaluation *e, const tnas_pass *pass, int tensor, int worker)
{
    const tnas_map map = tnas_pass_map(pass, tensor);
    const size_t pixels = (size_t)map.shape.h * (size_t)map.shape.w;
    float *const min = worker_ranges(e, worker) + tensor;
    float *const max = min + e->net->graph.tensor_count;
    const tnas_grid one_pixel = {
        .rows = 1, .cols = 1, .out_pixel = TNAS_LANES, .in_pixel = TNAS_LANES};
    for (int32_t c = 0; c < map.shape.c; c++) {
        const tnas_affine affine = tnas_map_affine(&map, c);
        const float *from = map.data + (size_t)c * map.stride;
        for (int block = 0; block < pass->layout->blocks; block++) {
            const int left = pass->layout->images - block * TNAS_LANES;
            const int real = left < TNAS_LANES ? left : TNAS_LANES;
            for (size_t p = 0; p < pixels; p++, from += TNAS_LANES) {
                _Alignas(TNAS_LANES * sizeof(float)) float values[TNAS_LANES];
                pass->kernels->activate(values, from, &one_pixel, affine);
                for (int lane = 0; lane < real; lane++)
                    widen(min, max, values[lane]);
            }
        }
    }
}

tnas_status tnas_engine_ranges(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                               const tnas_bn_stats *stats, const uint8_t *images, int count,
                               float *min, float *max)
{
    const int tensors = net->graph.tensor_count;
    evaluation e = {.engine = engine,
                    .store = store,
                    .net = net,
                    .stats = stats,
                    .images = images,
                    .count = count,
                    .batch_images = EVALUATION_IMAGES,
                    .see_tensor = see_range};
    TNAS_TRY(tnas_reserve_ensure(&engine->shared, (size_t)engine->threads * 2 * (size_t)tensors,
                                 "tensor ranges"));
    for (int worker = 0; worker < engine->threads; worker++)
        for (int t = 0; t < tensors; t++) {
            worker_ranges(&e, worker)[t] = INFINITY;
            worker_ranges(&e, worker)[tensors + t] = -INFINITY;
        }
    TNAS_TRY(evaluate(&e));
    for (int t = 0; t < tensors; t++) {
        min[t] = INFINITY;
        max[t] = -INFINITY;
        for (int worker = 0; worker < engine->threads; worker++) {
            const float *const seen = worker_ranges(&e, worker);
            min[t] = fminf(min[t], seen[t]);
            max[t] = fmaxf(max[t], seen[tensors + t]);
        }
    }
    return TNAS_OK;
}
