#include "trainer/finish.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "common/rng.h"
#include "quant/convert.h"
#include "quant/fold.h"
#include "trainer/qat.h"

tnas_finish_recipe tnas_finish_recipe_default(void)
{
    return (tnas_finish_recipe){
#define TNAS_FINISH_VALUE(name, type, value, min, max, help) .name = (value),
        TNAS_FINISH_FIELDS(TNAS_FINISH_VALUE)
#undef TNAS_FINISH_VALUE
    };
}

tnas_recipe tnas_finish_train_recipe(const tnas_finish_recipe *finish, const tnas_recipe *recipe,
                                     const tnas_graph *graph, int image_count, bool has_teacher)
{
    tnas_recipe out = *recipe;
    const double shown = (double)recipe->steps * recipe->batch;
    if (tnas_graph_weight_count(graph) < finish->augment_weights_min ||
        shown < (double)finish->augment_epochs_min * image_count) {
        memset(out.augment.doses, 0, sizeof out.augment.doses);
        out.mixup_prob = 0;
    }
    /* A sensor's window is one column wide: moved by one it would be gone. */
    enum { SIDES_PER_SHIFT = 8 };
    const tnas_tensor *const in = &graph->tensors[0];
    tnas_augment_dose *const shift = &out.augment.doses[TNAS_AUGMENT_SHIFT];
    if (shift->amount * SIDES_PER_SHIFT > (in->h < in->w ? in->h : in->w))
        shift->probability = 0;
    if (!has_teacher)
        out.distill_share = 0;
    return out;
}

int tnas_finish_int8_steps(const tnas_finish_recipe *finish, int steps)
{
    const double wanted = round(finish->qat_steps_frac * steps);
    return wanted < 1 ? 1 : (int)wanted;
}

tnas_status tnas_finish_sample_calibration(const tnas_images *train, size_t image_bytes, int count,
                                           uint64_t seed, uint8_t **out)
{
    *out = tnas_alloc_zero((size_t)count, image_bytes);
    if (*out == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d calibration images", count);
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_CALIBRATION, 0);
    for (int i = 0; i < count; i++) {
        const size_t from = tnas_rng_below(&rng, (uint32_t)train->count);
        memcpy(*out + (size_t)i * image_bytes, train->pixels + from * image_bytes, image_bytes);
    }
    return TNAS_OK;
}

/* ---- Float ---- */

/* What an earlier run of the job has left, or a training. */
static tnas_status train(const tnas_finish_job *job, const tnas_net *net, tnas_store *store,
                         tnas_finished *out)
{
    char checkpoint_path[TNAS_PATH_BYTES], model_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(checkpoint_path, job->folder, "train.ckpt"));
    TNAS_TRY(tnas_path_join(model_path, job->folder, "float.tnm"));
    tnas_model *model = NULL;
    tnas_status status = TNAS_OK;
    if (tnas_file_exists(model_path)) {
        TNAS_TRY(tnas_model_load(model_path, &model));
    } else {
        const tnas_train_options options = {.seed = job->seed,
                                            .progress = job->progress,
                                            .stage = job->stage,
                                            .checkpoint_path = checkpoint_path,
                                            .leaves_checkpoint = true,
                                            .see = job->see,
                                            .see_context = job->see_context,
                                            .teacher = job->teacher};
        tnas_bn_stats stats;
        TNAS_TRY(tnas_train_net(net, store, job->engine, job->recipe, job->train, &options));
        TNAS_TRY(tnas_bn_stats_init(net, &stats));
        status = tnas_engine_recalibrate(job->engine, store, net, job->calibration_images,
                                         job->recalibration_batches, job->batch_images, &stats);
        if (status == TNAS_OK)
            status = tnas_net_to_model(net, store, &stats, &model);
        tnas_bn_stats_deinit(&stats);
        if (status == TNAS_OK)
            status = tnas_model_save(model, model_path);
        if (status == TNAS_OK)
            unlink(checkpoint_path);
    }
    /* Either way the network is what the file holds. */
    if (status == TNAS_OK)
        status = tnas_net_from_model(model, out->net, &out->store, &out->stats);
    tnas_model_destroy(model);
    return status;
}

static tnas_status float_right(const tnas_finished *finished, tnas_engine *engine,
                               const tnas_images *images, int *right)
{
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    return tnas_engine_count_correct(engine, finished->store, finished->net, &finished->stats,
                                     &batch, right);
}

/* ---- Int8 ---- */

/* The network with its batch norm folded, and its tensors' ranges. */
static tnas_status fold(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                        const tnas_bn_stats *stats, const uint8_t *images, int image_count,
                        tnas_model **folded, tnas_range *ranges)
{
    float min[TNAS_GRAPH_TENSORS_MAX], max[TNAS_GRAPH_TENSORS_MAX];
    TNAS_TRY(tnas_engine_ranges(engine, store, net, stats, images, image_count, min, max));
    for (int t = 0; t < net->graph.tensor_count; t++)
        ranges[t] = (tnas_range){min[t], max[t]};
    TNAS_TRY(tnas_net_to_model(net, store, stats, folded));
    tnas_model_fold(*folded);
    return TNAS_OK;
}

tnas_status tnas_net_quantize(tnas_engine *engine, const tnas_store *store, const tnas_net *net,
                              const tnas_bn_stats *stats, const uint8_t *images, int image_count,
                              tnas_model **out)
{
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    tnas_model *folded;
    TNAS_TRY(fold(engine, store, net, stats, images, image_count, &folded, ranges));
    const tnas_status status = tnas_model_quantize(folded, ranges, out);
    tnas_model_destroy(folded);
    return status;
}

/* Release *classes, [images->count], with tnas_free. */
static tnas_status classify(const tnas_image *image, tnas_pool *pool, const tnas_images *images,
                            int16_t **classes)
{
    *classes = tnas_alloc_zero((size_t)images->count, sizeof **classes);
    if (*classes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "classes of %d images", images->count);
    return tnas_image_classify(image, pool, images->pixels, images->count, *classes);
}

/* Scores that only choose come from the host's vector kernels; here, with this network on this
 * processor, they are held against plain C. */
static tnas_status check_host_kernels(const tnas_model *model, tnas_pool *pool,
                                      const tnas_images *images, const int16_t *classes)
{
    const tnas_host_kernels *host;
    TNAS_TRY(tnas_host_kernels_choose(&host));
    tnas_image *image;
    TNAS_TRY(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    int16_t *host_classes = NULL;
    tnas_status status = tnas_image_use_host(image, host);
    if (status == TNAS_OK)
        status = classify(image, pool, images, &host_classes);
    for (int i = 0; status == TNAS_OK && i < images->count; i++)
        if (host_classes[i] != classes[i])
            status = tnas_fail(TNAS_ERR_INTERNAL, "image %d: %s kernels say class %d, plain C %d",
                               i, host->isa, host_classes[i], classes[i]);
    tnas_free(host_classes);
    tnas_image_destroy(image);
    return status;
}

static int count_right(const tnas_images *images, const int16_t *classes)
{
    int right = 0;
    for (int i = 0; i < images->count; i++)
        right += classes[i] == images->labels[i];
    return right;
}

/* The model as an image, and what that makes of the validation images. */
static tnas_status validate(const tnas_finish_job *job, const tnas_model *model, tnas_image **image,
                            double *accuracy)
{
    TNAS_TRY(tnas_image_build(model, &tnas_target_tinynas_c, image));
    int16_t *classes;
    tnas_status status = classify(*image, job->pool, job->validation, &classes);
    if (status == TNAS_OK)
        status = check_host_kernels(model, job->pool, job->validation, classes);
    if (status == TNAS_OK)
        *accuracy = tnas_metric_score(job->metric, job->validation->labels, classes,
                                      job->validation->count);
    tnas_free(classes);
    return status;
}

/* ---- Where int8 costs too much ---- */

/* Takes the model in place of the one that was there when it is better on validation. */
static tnas_status keep_better(const tnas_finish_job *job, tnas_model *model, tnas_finished *f,
                               bool *better)
{
    tnas_image *image = NULL;
    double accuracy = 0;
    const tnas_status status = validate(job, model, &image, &accuracy);
    *better = status == TNAS_OK && accuracy > f->validation_int8;
    tnas_image_destroy(*better ? f->image : image);
    tnas_model_destroy(*better ? f->model : model);
    if (*better) {
        f->image = image;
        f->model = model;
        f->validation_int8 = accuracy;
    }
    return status;
}

static bool loses_too_much(const tnas_finish_job *job, const tnas_finished *f)
{
    return f->validation_float - f->validation_int8 > job->finish.qat_drop;
}

static void note_losses(const tnas_finish_job *job, const tnas_finished *f)
{
    tnas_progress_note(job->progress,
                       "int8 loses %.2f points on validation; with one layer at a time in int8:",
                       100 * (f->validation_float - f->validation_int8));
    for (int i = 0; i < f->loss_count; i++) {
        const tnas_int8_loss *const l = &f->losses[i];
        tnas_progress_note(
            job->progress, "  layer %3d %-20s %6.1f dB (weights %.1f, output %.1f), %.2f %% right",
            l->op, l->name, l->sqnr_db, l->weights_sqnr_db, l->output_sqnr_db, 100 * l->accuracy);
    }
}

static tnas_status clip_ranges(const tnas_finish_job *job, tnas_twin *twin, tnas_finished *f)
{
    enum { IMAGES = 512 };
    const tnas_images *const validation = job->validation;
    const int seen = validation->count < IMAGES ? validation->count : IMAGES;
    const int drawn = job->range_images < IMAGES ? job->range_images : IMAGES;
    tnas_model *model;
    TNAS_TRY(tnas_twin_round(twin, twin->store, &model));
    tnas_model_destroy(model);
    TNAS_TRY(tnas_int8_losses(job->engine, twin, validation, seen, f->losses, &f->loss_count));
    note_losses(job, f);
    int clipped;
    TNAS_TRY(tnas_int8_clip(job->engine, twin, job->calibration_images, drawn, f->losses,
                            f->loss_count, job->finish.qat_clip_db, &clipped));
    if (clipped == 0)
        return TNAS_OK;
    bool better;
    TNAS_TRY(tnas_twin_round(twin, twin->store, &model));
    TNAS_TRY(keep_better(job, model, f, &better));
    tnas_progress_note(job->progress, "int8: %d tensors saturate, %.2f %% on validation%s", clipped,
                       100 * f->validation_int8, better ? "" : " without");
    return TNAS_OK;
}

/* The training of the twin: the first's, shorter, with the float network for a teacher. Scales that
 * differ a thousandfold between channels, which is what int8 suffers from, would drive gradient
 * descent apart; Adam's steps do not depend on them. */
static tnas_recipe twin_recipe(const tnas_finish_job *job)
{
    tnas_recipe recipe = *job->recipe;
    recipe.steps = tnas_finish_int8_steps(&job->finish, recipe.steps);
    recipe.optimizer = TNAS_OPTIMIZER_ADAMW;
    recipe.learning_rate = job->finish.qat_learning_rate;
    recipe.ema_decay = 0;
    recipe.distill_share = job->finish.qat_distill_share;
    recipe.distill_temperature = 1;
    return recipe;
}

static tnas_status train_twin(const tnas_finish_job *job, tnas_twin *twin, const tnas_finished *f,
                              tnas_model **model)
{
    char checkpoint_path[TNAS_PATH_BYTES], model_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(checkpoint_path, job->folder, "qat.ckpt"));
    TNAS_TRY(tnas_path_join(model_path, job->folder, "qat.tnm"));
    if (tnas_file_exists(model_path))
        return tnas_model_load(model_path, model);
    const tnas_recipe recipe = twin_recipe(job);
    const tnas_teacher teacher = {f->net, f->store, &f->stats};
    const tnas_train_options options = {.seed = job->seed,
                                        .progress = job->progress,
                                        .stage = "int8 training",
                                        .checkpoint_path = checkpoint_path,
                                        .leaves_checkpoint = true,
                                        .see = job->see_int8,
                                        .see_context = job->see_int8_context,
                                        .teacher = &teacher};
    TNAS_TRY(tnas_qat_train(twin, job->engine, &recipe, job->finish.qat_range_decay, job->train,
                            &options));
    TNAS_TRY(tnas_twin_round(twin, twin->store, model));
    TNAS_TRY(tnas_model_save(*model, model_path));
    unlink(checkpoint_path);
    return TNAS_OK;
}

/* Layer by layer what int8 costs; ranges that saturate where that helps; a training that knows of
 * int8 where it does not. */
static tnas_status mend_int8(const tnas_finish_job *job, tnas_finished *f)
{
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    tnas_model *folded;
    TNAS_TRY(fold(job->engine, f->store, f->net, &f->stats, job->calibration_images,
                  job->range_images, &folded, ranges));
    tnas_twin twin;
    tnas_status status = tnas_twin_init(&twin, folded, ranges);
    tnas_model_destroy(folded);
    TNAS_TRY(status);
    f->validation_int8_before = f->validation_int8;
    status = clip_ranges(job, &twin, f);
    tnas_model *model = NULL;
    if (status == TNAS_OK && loses_too_much(job, f)) {
        status = train_twin(job, &twin, f, &model);
        if (status == TNAS_OK)
            status = keep_better(job, model, f, &f->qat_kept);
        else
            tnas_model_destroy(model);
    }
    tnas_twin_deinit(&twin);
    return status;
}

static tnas_status finish(const tnas_finish_job *job, const tnas_net *net, tnas_store *store,
                          tnas_finished *out)
{
    TNAS_TRY(train(job, net, store, out));
    TNAS_TRY(tnas_metric_judge(job->metric, job->engine, out->store, out->net, &out->stats,
                               job->validation, job->validation->count, &out->validation_float));
    TNAS_TRY(tnas_net_quantize(job->engine, out->store, out->net, &out->stats,
                               job->calibration_images, job->range_images, &out->model));
    TNAS_TRY(validate(job, out->model, &out->image, &out->validation_int8));
    return loses_too_much(job, out) ? mend_int8(job, out) : TNAS_OK;
}

/* The training images and behind them those of validation; release *out with tnas_images_deinit. */
static tnas_status join_images(const tnas_images *train, const tnas_images *validation,
                               size_t image_bytes, tnas_images *out)
{
    TNAS_TRY(tnas_images_init(out, train->count + validation->count, image_bytes));
    for (int i = 0; i < train->count; i++)
        tnas_images_add(out, image_bytes, train->pixels + (size_t)i * image_bytes,
                        train->labels[i]);
    for (int i = 0; i < validation->count; i++)
        tnas_images_add(out, image_bytes, validation->pixels + (size_t)i * image_bytes,
                        validation->labels[i]);
    return TNAS_OK;
}

tnas_status tnas_finish(const tnas_finish_job *job, const tnas_net *net, tnas_store *store,
                        tnas_finished *out)
{
    memset(out, 0, sizeof *out);
    out->validation_int8_before = NAN;
    out->net = tnas_alloc_zero(1, sizeof *out->net);
    if (out->net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "network of %d operators", net->graph.op_count);
    if (job->finish.with_validation == 0)
        return finish(job, net, store, out);
    const tnas_tensor *const in = &net->graph.tensors[0];
    tnas_images all;
    TNAS_TRY(join_images(job->train, job->validation, (size_t)tnas_tensor_count(in), &all));
    tnas_finish_job job_of_all = *job;
    job_of_all.train = &all;
    tnas_progress_note(job->progress,
                       "training learns from the %d validation images too: their accuracy is one "
                       "of images that were learned",
                       job->validation->count);
    const tnas_status status = finish(&job_of_all, net, store, out);
    tnas_images_deinit(&all);
    return status;
}

void tnas_finished_deinit(tnas_finished *finished)
{
    tnas_image_destroy(finished->image);
    tnas_model_destroy(finished->model);
    tnas_bn_stats_deinit(&finished->stats);
    tnas_store_destroy(finished->store);
    tnas_free(finished->net);
    memset(finished, 0, sizeof *finished);
}

tnas_status tnas_finished_count(const tnas_finished *finished, tnas_engine *engine, tnas_pool *pool,
                                const tnas_images *images, tnas_finish_counts *out, int *confusion)
{
    const tnas_graph *const graph = &finished->model->graph;
    const int class_count = graph->tensors[tnas_graph_output(graph)].c;
    *out = (tnas_finish_counts){.images = images->count};
    TNAS_TRY(float_right(finished, engine, images, &out->float_right));
    int16_t *classes;
    const tnas_status status = classify(finished->image, pool, images, &classes);
    if (status == TNAS_OK)
        out->int8_right = count_right(images, classes);
    for (int i = 0; status == TNAS_OK && confusion != NULL && i < images->count; i++)
        confusion[images->labels[i] * class_count + classes[i]]++;
    tnas_free(classes);
    return status;
}
