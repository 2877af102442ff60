/* The supernet of the study: trained once, then read back. And the judge of networks. */
#include <string.h>

#include "common/alloc.h"
#include "study/run_internal.h"

tnas_status tnas_run_sample_calibration(tnas_run *run)
{
    const tnas_images *const train = &run->dataset->train;
    const int judged = run->work.recalibration_batches * run->work.batch_images;
    const int wanted =
        run->work.calibration_images > judged ? run->work.calibration_images : judged;
    const size_t image_bytes =
        (size_t)run->dataset->h * (size_t)run->dataset->w * (size_t)run->dataset->c;
    return tnas_finish_sample_calibration(train, image_bytes, wanted, run->request->seed,
                                          &run->calibration_images);
}

tnas_status tnas_run_judge(tnas_run *run, const tnas_net *net, const tnas_store *store,
                           const tnas_images *images, int image_count, double *accuracy)
{
    *accuracy = 0;
    tnas_bn_stats stats;
    TNAS_TRY(tnas_bn_stats_init(net, &stats));
    tnas_status status =
        tnas_engine_recalibrate(run->engine, store, net, run->calibration_images,
                                run->work.recalibration_batches, run->work.batch_images, &stats);
    int correct = 0;
    if (status == TNAS_OK) {
        const tnas_batch batch = {
            .images = images->pixels, .labels = images->labels, .count = image_count};
        status = tnas_engine_count_correct(run->engine, store, net, &stats, &batch, &correct);
    }
    tnas_bn_stats_deinit(&stats);
    *accuracy = image_count > 0 ? (double)correct / image_count : 0;
    return status;
}

static tnas_status train(tnas_run *run)
{
    char checkpoint_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(checkpoint_path, run->report->folder, "supernet.ckpt"));
    tnas_supernet_sampler sampler = {
        .supernet = run->supernet,
        .rule = run->work.rule,
        .subnets = run->work.subnets,
        .label_smoothing = (float)run->work.supernet.label_smoothing,
        .seed = run->request->seed,
        .nets = tnas_alloc_zero((size_t)run->work.subnets, sizeof(tnas_net)),
    };
    if (sampler.nets == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "networks of a training step");
    const tnas_unit_source source = {.context = &sampler, .units = tnas_supernet_units};
    const tnas_train_options options = {.seed = run->request->seed,
                                        .progress = run->progress,
                                        .stage = "supernet",
                                        .checkpoint_path = checkpoint_path};
    const tnas_status status = tnas_train(run->supernet->store, &source, run->engine,
                                          &run->work.supernet, &run->dataset->train, &options);
    tnas_free(sampler.nets);
    return status;
}

tnas_status tnas_run_supernet(tnas_run *run)
{
    TNAS_TRY(tnas_supernet_create(run->config, run->request->seed, &run->supernet));
    if (tnas_file_exists(run->supernet_path)) {
        TNAS_TRY(tnas_supernet_load(run->supernet, run->supernet_path));
        tnas_progress_note(run->progress, "supernet: read from %s", run->supernet_path);
    } else {
        TNAS_TRY(train(run));
        TNAS_TRY(tnas_supernet_save(run->supernet, run->supernet_path));
    }
    return tnas_run_sample_calibration(run);
}
