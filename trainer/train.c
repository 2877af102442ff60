/* The training loop. Everything it needs is taken before the first step:
 *
 *   units(step) ─► nets    loader(step) ─► batch      gradient ─► optimiser ─► values ─► average
 *                     └──────── engine ───────┴───────────┘         rate(step)
 *
 * All of a step but values, optimiser and average is a function of the step's number, so a
 * checkpoint is those three arrays and the number. */
#include "trainer/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "trainer/checkpoint.h"
#include "trainer/ema.h"
#include "trainer/optimizer.h"
#include "trainer/prefetch.h"
#include "trainer/schedule.h"
#include "trainer/teaching.h"

typedef struct training {
    tnas_store *store;
    const tnas_unit_source *source;
    tnas_engine *engine;
    const tnas_recipe *recipe;
    const tnas_train_options *options;
    const char *stage;
    tnas_optimizer optimizer;
    tnas_ema ema;
    tnas_loader loader;
    tnas_prefetch *prefetch;
    tnas_teaching teaching;
    float *grads;         /* [store->value_count] */
    float *label_weights; /* [classes]; NULL: all images count the same */
    tnas_identity identity;
    tnas_checkpoint checkpoint; /* with the smoothed loss and share of right answers */
} training;

static tnas_status fail_diverged(const training *t, long step, double rate, const char *what)
{
    return tnas_fail(TNAS_ERR_DIVERGED,
                     "%s diverged at step %ld of %d, learning rate %.4g: %s; loss and gradient "
                     "must stay finite, a lower learning_rate or clip_norm helps",
                     t->stage, step + 1, t->recipe->steps, rate, what);
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
    tnas_checkpoint *const smoothed = &t->checkpoint;
    smoothed->loss += share * (loss - smoothed->loss);
    smoothed->right += share * (right - smoothed->right);
    const tnas_figure figures[] = {{"loss", smoothed->loss}, {"accuracy", smoothed->right}};
    tnas_progress_event(t->options->progress, "progress", t->stage, figures, 2);
    char remark[64];
    snprintf(remark, sizeof remark, "loss %.3f, %.1f %% right", smoothed->loss,
             100 * smoothed->right);
    tnas_progress_report(t->options->progress, t->stage, step + 1, t->recipe->steps, "steps",
                         remark);
    if (t->options->see != NULL)
        t->options->see(t->options->see_context, step + 1, smoothed->loss, smoothed->right);
}

static tnas_status run_step(training *t, long step)
{
    tnas_unit units[TNAS_UNITS_MAX];
    tnas_unit_result results[TNAS_UNITS_MAX];
    int unit_count;
    TNAS_TRY(t->source->units(t->source->context, step, units, &unit_count));
    assert(unit_count >= 1 && unit_count <= TNAS_UNITS_MAX);
    for (int u = 0; u < unit_count; u++)
        units[u].label_weights = t->label_weights;
    tnas_batch batch = tnas_prefetch_next(t->prefetch);
    TNAS_TRY(tnas_teaching_attend(&t->teaching, t->engine, &batch));
    const double rate = tnas_schedule_rate(t->recipe, step);

    const tnas_train_around *const around = t->options->around;
    const tnas_store *used = t->store;
    if (around != NULL)
        TNAS_TRY(around->before(around->context, t->store, &used));
    const tnas_status status =
        tnas_engine_step(t->engine, used, units, unit_count, &batch, t->grads, results);
    if (status == TNAS_ERR_DIVERGED)
        return fail_diverged(t, step, rate, tnas_error_text());
    TNAS_TRY(status);
    const double norm = tnas_sgd_norm(t->grads, t->store->value_count);
    if (!isfinite(norm))
        return fail_diverged(t, step, rate, "the gradient is not finite");
    tnas_optimizer_update(&t->optimizer, t->store->values, t->grads, norm, rate, step);
    if (around != NULL)
        around->after(around->context, t->store);
    tnas_ema_update(&t->ema, t->store->values, t->recipe->ema_decay, step);
    note_results(t, step, results, unit_count);
    return TNAS_OK;
}

static tnas_status save(training *t, long step)
{
    t->checkpoint.step = step;
    return tnas_checkpoint_save(t->options->checkpoint_path, &t->checkpoint);
}

static tnas_status stop_before(training *t, long step)
{
    const char *const path = t->options->checkpoint_path;
    if (path == NULL)
        return tnas_fail(TNAS_ERR_STOPPED, "%s stopped after step %ld of %d", t->stage, step,
                         t->recipe->steps);
    TNAS_TRY(save(t, step));
    return tnas_fail(TNAS_ERR_STOPPED, "%s stopped after step %ld of %d, saved in %s", t->stage,
                     step, t->recipe->steps, path);
}

static tnas_status run_steps(training *t)
{
    const long first = (long)t->checkpoint.step, every = t->recipe->checkpoint_steps;
    for (long step = first; step < t->recipe->steps; step++) {
        if (tnas_progress_stop(t->options->progress))
            return stop_before(t, step);
        if (t->options->checkpoint_path != NULL && every > 0 && step > first && step % every == 0)
            TNAS_TRY(save(t, step));
        TNAS_TRY(run_step(t, step));
    }
    return TNAS_OK;
}

/* Goes to where the checkpoint file is, if there is one. */
static tnas_status resume(training *t, const tnas_unit *units, int unit_count)
{
    const char *const path = t->options->checkpoint_path;
    if (path == NULL)
        return TNAS_OK;
    tnas_identity_of(t->recipe, t->options->seed, t->store, units, unit_count, t->options->teacher,
                     t->loader.images, &t->identity);
    tnas_checkpoint *const checkpoint = &t->checkpoint;
    checkpoint->identity = &t->identity;
    checkpoint->value_count = t->store->value_count;
    checkpoint->arrays[0] = t->store->values;
    checkpoint->array_count = 1 + tnas_optimizer_list_states(&t->optimizer, checkpoint->arrays + 1);
    if (t->ema.values != NULL)
        checkpoint->arrays[checkpoint->array_count++] = t->ema.values;
    if (!tnas_file_exists(path))
        return TNAS_OK;
    TNAS_TRY(tnas_checkpoint_load(path, t->recipe->steps, checkpoint));
    tnas_progress_note(t->options->progress, "%s: goes on after step %lld of %d, read from %s",
                       t->stage, (long long)checkpoint->step, t->recipe->steps, path);
    return TNAS_OK;
}

/* Images of a class of n count n^-power, and 1 on the average over the training images. */
static tnas_status weigh_classes(training *t, const tnas_images *images, int classes)
{
    const double power = t->recipe->class_weight_power;
    if (power <= 0)
        return TNAS_OK;
    t->label_weights = tnas_alloc_zero((size_t)classes, sizeof *t->label_weights);
    if (t->label_weights == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "weights of %d classes", classes);
    for (int i = 0; i < images->count; i++)
        t->label_weights[images->labels[i]] += 1;
    double sum = 0;
    for (int c = 0; c < classes; c++)
        sum += pow(t->label_weights[c], 1 - power);
    for (int c = 0; c < classes; c++)
        if (t->label_weights[c] > 0)
            t->label_weights[c] = (float)(pow(t->label_weights[c], -power) * images->count / sum);
    return TNAS_OK;
}

/* Takes what the steps need. The first step's nets know the shape of an image. */
static tnas_status prepare(training *t, const tnas_images *images)
{
    tnas_unit units[TNAS_UNITS_MAX];
    int unit_count;
    TNAS_TRY(t->source->units(t->source->context, 0, units, &unit_count));
    const tnas_graph *const graph = &units[0].net->graph;
    const tnas_tensor *const shape = &graph->tensors[0];
    TNAS_TRY(weigh_classes(t, images, graph->tensors[tnas_graph_output(graph)].c));
    TNAS_TRY(tnas_optimizer_init(&t->optimizer, t->recipe, t->store));
    TNAS_TRY(tnas_ema_init(&t->ema, t->store, t->recipe->ema_decay));
    TNAS_TRY(tnas_loader_init(&t->loader, images, shape, t->recipe, t->options->seed));
    t->grads = tnas_alloc_zero(t->store->value_count, sizeof *t->grads);
    if (t->grads == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "gradient of %zu values", t->store->value_count);
    TNAS_TRY(resume(t, units, unit_count));
    TNAS_TRY(tnas_teaching_init(&t->teaching, t->options->teacher, t->engine, t->recipe, images));
    if (!t->teaching.every_batch) {
        t->loader.teacher_logits = t->teaching.logits;
        t->loader.teacher_classes = t->teaching.classes;
    }
    return tnas_prefetch_create(&t->loader, (long)t->checkpoint.step, t->recipe->steps,
                                &t->prefetch);
}

static void finish(training *t)
{
    tnas_ema_copy(&t->ema, t->store);
    if (t->options->checkpoint_path != NULL && !t->options->leaves_checkpoint)
        unlink(t->options->checkpoint_path);
}

tnas_status tnas_train(tnas_store *store, const tnas_unit_source *source, tnas_engine *engine,
                       const tnas_recipe *recipe, const tnas_images *images,
                       const tnas_train_options *options)
{
    TNAS_TRY(tnas_recipe_check(recipe, "recipe"));
    training t = {.store = store,
                  .source = source,
                  .engine = engine,
                  .recipe = recipe,
                  .options = options,
                  .stage = options->stage != NULL ? options->stage : "training"};
    tnas_status status = prepare(&t, images);
    if (status == TNAS_OK)
        status = run_steps(&t);
    if (status == TNAS_OK)
        finish(&t);
    tnas_prefetch_destroy(t.prefetch);
    tnas_teaching_deinit(&t.teaching);
    tnas_free(t.grads);
    tnas_free(t.label_weights);
    tnas_loader_deinit(&t.loader);
    tnas_ema_deinit(&t.ema);
    tnas_optimizer_deinit(&t.optimizer);
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
                           const tnas_recipe *recipe, const tnas_images *images,
                           const tnas_train_options *options)
{
    const bool taught = recipe->distill_share > 0;
    if (taught && options->teacher == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "recipe.distill_share = %.9g needs a teacher",
                         recipe->distill_share);
    tnas_unit unit = {.net = net,
                      .weight = 1.0f,
                      .label_smoothing = (float)recipe->label_smoothing,
                      .teacher = taught ? TNAS_TEACHER_FROZEN : TNAS_NONE,
                      .label_share = (float)(1 - recipe->distill_share),
                      .temperature = (float)recipe->distill_temperature};
    const tnas_unit_source source = {.context = &unit, .units = fixed_unit};
    tnas_train_options with = *options;
    with.teacher = taught ? options->teacher : NULL;
    return tnas_train(store, &source, engine, recipe, images, &with);
}
