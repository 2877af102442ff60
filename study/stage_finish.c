/* The finish of a target: the winner leaves the supernet, is fine-tuned, becomes int8 and meets
 * the test set, once. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/convert.h"
#include "quant/fold.h"
#include "study/run_internal.h"

enum { VECTOR_COUNT = 8 };

/* The winner on its way from float weights to bytes. */
typedef struct finish {
    tnas_net *net;
    tnas_store *store;
    tnas_bn_stats stats;
    tnas_model *model; /* int8 */
    tnas_image *image;
} finish;

static tnas_status fine_tune(tnas_run *run, finish *f)
{
    f->net = tnas_alloc_zero(1, sizeof *f->net);
    if (f->net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "winner");
    TNAS_TRY(tnas_supernet_extract(run->supernet, &run->winner_arch, f->net, &f->store));
    char name[64], checkpoint_path[TNAS_PATH_BYTES];
    snprintf(name, sizeof name, "finetune-%d.ckpt", run->target_id);
    TNAS_TRY(tnas_path_join(checkpoint_path, run->report->folder, name));
    const tnas_train_options options = {.seed = run->request->seed,
                                        .progress = run->progress,
                                        .stage = "fine-tuning",
                                        .checkpoint_path = checkpoint_path};
    TNAS_TRY(tnas_train_net(f->net, f->store, run->engine, &run->work.finetune,
                            &run->dataset->train, &options));
    TNAS_TRY(tnas_bn_stats_init(f->net, &f->stats));
    return tnas_engine_recalibrate(run->engine, f->store, f->net, run->calibration_images,
                                   run->work.recalibration_batches, run->work.batch_images,
                                   &f->stats);
}

static tnas_status measure_ranges(tnas_run *run, const finish *f, tnas_range *ranges)
{
    float min[TNAS_GRAPH_TENSORS_MAX], max[TNAS_GRAPH_TENSORS_MAX];
    TNAS_TRY(tnas_engine_ranges(run->engine, f->store, f->net, &f->stats, run->calibration_images,
                                run->work.calibration_images, min, max));
    for (int i = 0; i < f->net->graph.tensor_count; i++)
        ranges[i] = (tnas_range){min[i], max[i]};
    return TNAS_OK;
}

static tnas_status make_int8(tnas_run *run, finish *f)
{
    tnas_range ranges[TNAS_GRAPH_TENSORS_MAX];
    TNAS_TRY(measure_ranges(run, f, ranges));
    tnas_model *folded;
    TNAS_TRY(tnas_net_to_model(f->net, f->store, &f->stats, &folded));
    tnas_model_fold(folded);
    const tnas_status status = tnas_model_quantize(folded, ranges, &f->model);
    tnas_model_destroy(folded);
    TNAS_TRY(status);
    return tnas_image_build(f->model, &tnas_target_tinynas_c, &f->image);
}

/* Release *classes, [images->count], with tnas_free. */
static tnas_status classify(tnas_run *run, const tnas_image *image, const tnas_images *images,
                            int16_t **classes)
{
    *classes = tnas_alloc_zero((size_t)images->count, sizeof **classes);
    if (*classes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "classes of %d images", images->count);
    return tnas_image_classify(image, run->pool, images->pixels, images->count, *classes);
}

static double share_correct(const tnas_images *images, const int16_t *classes)
{
    int correct = 0;
    for (int i = 0; i < images->count; i++)
        correct += classes[i] == images->labels[i];
    return images->count > 0 ? (double)correct / images->count : 0;
}

/* Every figure of the winner is plain C's. The host's vector kernels, from which scores may come
 * that only choose, are held against it here: with this network, on this processor. */
static tnas_status check_host_kernels(tnas_run *run, const finish *f, const tnas_images *images,
                                      const int16_t *classes)
{
    const tnas_host_kernels *host;
    TNAS_TRY(tnas_host_kernels_choose(&host));
    tnas_image *image;
    TNAS_TRY(tnas_image_build(f->model, &tnas_target_tinynas_c, &image));
    int16_t *host_classes = NULL;
    tnas_status status = tnas_image_use_host(image, host);
    if (status == TNAS_OK)
        status = classify(run, image, images, &host_classes);
    for (int i = 0; status == TNAS_OK && i < images->count; i++)
        if (host_classes[i] != classes[i])
            status = tnas_fail(TNAS_ERR_INTERNAL, "image %d: %s kernels say class %d, plain C %d",
                               i, host->isa, host_classes[i], classes[i]);
    tnas_free(host_classes);
    tnas_image_destroy(image);
    return status;
}

static tnas_status meet_the_validation_set(tnas_run *run, const finish *f)
{
    const tnas_images *const images = &run->dataset->validation;
    int16_t *classes;
    tnas_status status = classify(run, f->image, images, &classes);
    if (status == TNAS_OK)
        status = check_host_kernels(run, f, images, classes);
    if (status == TNAS_OK)
        run->winner.accuracy_validation = share_correct(images, classes);
    tnas_free(classes);
    return status;
}

static tnas_status int8_accuracy(tnas_run *run, const finish *f, const tnas_images *images,
                                 double *accuracy)
{
    int16_t *classes;
    const tnas_status status = classify(run, f->image, images, &classes);
    if (status == TNAS_OK)
        *accuracy = share_correct(images, classes);
    tnas_free(classes);
    return status;
}

static tnas_status float_accuracy(tnas_run *run, const finish *f, const tnas_images *images,
                                  double *accuracy)
{
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    int correct;
    TNAS_TRY(tnas_engine_count_correct(run->engine, f->store, f->net, &f->stats, &batch, &correct));
    *accuracy = images->count > 0 ? (double)correct / images->count : 0;
    return TNAS_OK;
}

/* The one place of a search that sees test images. */
static tnas_status meet_the_test_set(tnas_run *run, const finish *f)
{
    tnas_images test;
    TNAS_TRY(tnas_dataset_read_test(run->dataset, &test));
    tnas_status status = float_accuracy(run, f, &test, &run->winner.accuracy_float);
    if (status == TNAS_OK)
        status = int8_accuracy(run, f, &test, &run->winner.accuracy_int8);
    run->winner.test_count = test.count;
    tnas_images_deinit(&test);
    return status;
}

static tnas_status price_winner(tnas_run *run)
{
    tnas_cost cost;
    TNAS_TRY(tnas_run_price(run, &run->winner_arch, &cost));
    tnas_winner *const winner = &run->winner;
    snprintf(winner->mcu, sizeof winner->mcu, "%s", run->target.mcu);
    snprintf(winner->profile, sizeof winner->profile, "%s", run->target.profile);
    snprintf(winner->runtime, sizeof winner->runtime, "%s", run->target.runtime);
    winner->macs = cost.macs;
    winner->flash_bytes = cost.footprint.flash_bytes;
    winner->sram_bytes = cost.footprint.sram_bytes;
    winner->stack_bytes = cost.footprint.stack_bytes;
    winner->has_latency = cost.has_latency;
    winner->latency_ms = cost.latency_ms;
    winner->latency_low_ms = cost.latency_low_ms;
    winner->latency_high_ms = cost.latency_high_ms;
    winner->latency_upper_ms = cost.latency_upper_ms;
    return TNAS_OK;
}

/* The one finalist is the winner. */
static void describe_finalist(const tnas_run *run, const char *folder, tnas_finalist *out)
{
    const tnas_winner *const winner = &run->winner;
    *out = (tnas_finalist){
        .candidate = -1,
        .accuracy_supernet = winner->accuracy_supernet,
        .validation_float = NAN,
        .validation_int8 = winner->accuracy_validation,
        .test_float = winner->accuracy_float,
        .test_int8 = winner->accuracy_int8,
        .test_count = winner->test_count,
        .macs = winner->macs,
        .flash_bytes = winner->flash_bytes,
        .sram_bytes = winner->sram_bytes,
        .stack_bytes = winner->stack_bytes,
        .has_latency = winner->has_latency,
        .latency_ms = winner->latency_ms,
        .latency_low_ms = winner->latency_low_ms,
        .latency_high_ms = winner->latency_high_ms,
        .latency_upper_ms = winner->latency_upper_ms,
        .chosen = true,
    };
    memcpy(out->arch, winner->arch, sizeof out->arch);
    snprintf(out->model, sizeof out->model, "%.40s/model.tnm", folder);
}

/* The model first, then the row that says the target is finished. */
static tnas_status keep(tnas_run *run, const finish *f)
{
    char name[64], folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    snprintf(name, sizeof name, "targets/%d", run->target_id);
    TNAS_TRY(tnas_path_join(folder, run->report->folder, name));
    TNAS_TRY(tnas_dir_create(folder));
    TNAS_TRY(tnas_path_join(path, folder, "model.tnm"));
    TNAS_TRY(tnas_model_save(f->model, path));
    const tnas_images *const validation = &run->dataset->validation;
    const size_t image_bytes =
        (size_t)run->dataset->h * (size_t)run->dataset->w * (size_t)run->dataset->c;
    TNAS_TRY(tnas_db_begin(run->db));
    for (int i = 0; i < VECTOR_COUNT && i < validation->count; i++)
        TNAS_TRY(tnas_db_put_vector(run->db, run->target_id, i,
                                    validation->pixels + (size_t)i * image_bytes, image_bytes));
    tnas_finalist finalist;
    describe_finalist(run, name, &finalist);
    TNAS_TRY(tnas_db_put_finalist(run->db, run->target_id, &finalist));
    run->winner.seconds = tnas_budget_spent_seconds(run);
    TNAS_TRY(tnas_db_put_winner(run->db, run->target_id, &run->winner));
    return tnas_db_commit(run->db);
}

static tnas_status finish_winner(tnas_run *run, finish *f)
{
    TNAS_TRY(fine_tune(run, f));
    TNAS_TRY(make_int8(run, f));
    TNAS_TRY(meet_the_validation_set(run, f));
    TNAS_TRY(meet_the_test_set(run, f));
    TNAS_TRY(price_winner(run));
    return keep(run, f);
}

tnas_status tnas_run_finish(tnas_run *run)
{
    finish f = {0};
    const tnas_status status = finish_winner(run, &f);
    tnas_image_destroy(f.image);
    tnas_model_destroy(f.model);
    tnas_bn_stats_deinit(&f.stats);
    tnas_store_destroy(f.store);
    tnas_free(f.net);
    return status;
}
