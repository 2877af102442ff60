/* The training loop. Everything it needs is taken before the first step:
 *
 *   units(step) ─► nets    loader(step) ─► batch        gradient ─► norm, clip ─► values
 *                     └──────── engine ───────┴────────────┘          rate(step) ──┘ */
#include "trainer/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "common/alloc.h"
#include "trainer/loader.h"
#include "trainer/schedule.h"
#include "trainer/sgd.h"

typedef struct training {
    tnas_store *store;
    const tnas_unit_source *source;
    tnas_engine *engine;
    const tnas_recipe *recipe;
    const tnas_progress *progress;
    tnas_sgd sgd;
    tnas_loader loader;
    float *grads;       /* [store->value_count] */
    double loss, right; /* smoothed, for the progress only */
} training;

static tnas_status fail_diverged(const training *t, long step, double rate, const char *what)
{
    return tnas_fail(TNAS_ERR_DIVERGED,
                     "training diverged at step %ld of %d, learning rate %.4g: %s; loss and "
                     "gradient must stay finite, a lower learning_rate or clip_norm helps",
                     step + 1, t->recipe->steps, rate, what);
}

/* Reports the step. The remark is smoothed over some ten steps: a single batch flickers. */
static void note_results(training *t, long step, const tnas_unit_result *results, int unit_count)
{
    double loss = 0, right = 0;
    for (int u = 0; u < unit_count; u++) {
        loss += results[u].loss / unit_count;
        right += (double)results[u].correct / t->recipe->batch / unit_count;
    }
    const double share = fmax(0.1, 1.0 / (double)(step + 1)); /* of the newest step */
    t->loss += share * (loss - t->loss);
    t->right += share * (right - t->right);
    char remark[64];
    snprintf(remark, sizeof remark, "loss %.3f, %.1f %% right", t->loss, 100 * t->right);
    tnas_progress_report(t->progress, "training", step + 1, t->recipe->steps, "steps", remark);
}

static tnas_status run_step(training *t, long step)
{
    tnas_unit units[TNAS_UNITS_MAX];
    tnas_unit_result results[TNAS_UNITS_MAX];
    int unit_count;
    TNAS_TRY(t->source->units(t->source->context, step, units, &unit_count));
    assert(unit_count >= 1 && unit_count <= TNAS_UNITS_MAX);
    const tnas_batch batch = tnas_loader_batch(&t->loader, step);
    const double rate = tnas_schedule_rate(t->recipe, step);

    const tnas_status status =
        tnas_engine_step(t->engine, t->store, units, unit_count, &batch, t->grads, results);
    if (status == TNAS_ERR_DIVERGED)
        return fail_diverged(t, step, rate, tnas_error_text());
    TNAS_TRY(status);
    const double norm = tnas_sgd_norm(t->grads, t->store->value_count);
    if (!isfinite(norm))
        return fail_diverged(t, step, rate, "the gradient is not finite");
    tnas_sgd_update(&t->sgd, t->store->values, t->grads, norm, rate, t->recipe);
    note_results(t, step, results, unit_count);
    return TNAS_OK;
}

static tnas_status run_steps(training *t)
{
    for (long step = 0; step < t->recipe->steps; step++) {
        if (tnas_progress_stop(t->progress))
            return tnas_fail(TNAS_ERR_STOPPED, "training stopped after step %ld of %d", step,
                             t->recipe->steps);
        TNAS_TRY(run_step(t, step));
    }
    return TNAS_OK;
}

/* Bytes of an input image: the first step's nets know the shape. */
static tnas_status find_image_bytes(const tnas_unit_source *source, size_t *image_bytes)
{
    tnas_unit units[TNAS_UNITS_MAX];
    int unit_count;
    TNAS_TRY(source->units(source->context, 0, units, &unit_count));
    *image_bytes = (size_t)tnas_tensor_count(&units[0].net->graph.tensors[0]);
    return TNAS_OK;
}

tnas_status tnas_train(tnas_store *store, const tnas_unit_source *source, tnas_engine *engine,
                       const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                       const tnas_progress *progress)
{
    TNAS_TRY(tnas_recipe_check(recipe, "recipe"));
    size_t image_bytes;
    TNAS_TRY(find_image_bytes(source, &image_bytes));
    training t = {
        .store = store, .source = source, .engine = engine, .recipe = recipe, .progress = progress};
    tnas_status status = tnas_sgd_init(&t.sgd, store);
    if (status != TNAS_OK)
        goto done;
    status = tnas_loader_init(&t.loader, images, image_bytes, recipe->batch, seed);
    if (status != TNAS_OK)
        goto done;
    t.grads = tnas_alloc_zero(store->value_count, sizeof *t.grads);
    if (t.grads == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "gradient of %zu values", store->value_count);
        goto done;
    }
    status = run_steps(&t);
done:
    tnas_free(t.grads);
    tnas_loader_deinit(&t.loader);
    tnas_sgd_deinit(&t.sgd);
    return status;
}

static tnas_status fixed_unit(void *context, long step, tnas_unit *units, int *unit_count)
{
    (void)step;
    units[0] = *(const tnas_unit *)context;
    *unit_count = 1;
    return TNAS_OK;
}

tnas_status tnas_train_net(const tnas_net *net, tnas_store *store, tnas_engine *engine,
                           const tnas_recipe *recipe, const tnas_images *images, uint64_t seed,
                           const tnas_progress *progress)
{
    tnas_unit unit = {.net = net,
                      .weight = 1.0f,
                      .label_smoothing = (float)recipe->label_smoothing,
                      .teacher = TNAS_NONE};
    const tnas_unit_source source = {.context = &unit, .units = fixed_unit};
    return tnas_train(store, &source, engine, recipe, images, seed, progress);
}
