/* The supernet of the study: trained once, then read back. And the judge of networks. */
#include <string.h>

#include "common/alloc.h"
#include "study/curve.h"
#include "study/train_supernet.h"

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
    if (status == TNAS_OK)
        status = tnas_metric_judge(run->work.metric, run->engine, store, net, &stats, images,
                                   image_count, accuracy);
    tnas_bn_stats_deinit(&stats);
    return status;
}

static tnas_status train(tnas_run *run)
{
    tnas_curve curve = {.run = run, .stage = "supernet", .steps = run->work.supernet.steps};
    char checkpoint_path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(checkpoint_path, run->report->folder, "supernet.ckpt"));
    const tnas_supernet_training training = {.supernet = run->supernet,
                                             .recipe = run->work.recipe,
                                             .numbers = &run->work.supernet,
                                             .engine = run->engine,
                                             .images = &run->dataset->train,
                                             .options = {.seed = run->request->seed,
                                                         .progress = run->progress,
                                                         .stage = "supernet",
                                                         .checkpoint_path = checkpoint_path,
                                                         .see = tnas_curve_keep,
                                                         .see_context = &curve},
                                             .path = run->supernet_path};
    TNAS_TRY(tnas_supernet_train(&training));
    return curve.status;
}

tnas_status tnas_run_supernet(tnas_run *run)
{
    const tnas_kernel_source kernels = tnas_supernet_recipe_kernels(run->work.recipe);
    TNAS_TRY(tnas_supernet_create(run->config, kernels, run->request->seed, &run->supernet));
    TNAS_TRY(train(run));
    return tnas_run_sample_calibration(run);
}
