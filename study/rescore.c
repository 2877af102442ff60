#include "study/rescore.h"

#include "common/alloc.h"
#include "quant/image.h"
#include "trainer/finish.h"

static tnas_status score_answers(const tnas_rescorer *r, const tnas_image *image, double *score)
{
    int16_t *const classes = tnas_alloc_zero((size_t)r->image_count, sizeof *classes);
    if (classes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "classes of %d images", r->image_count);
    const tnas_status status =
        tnas_image_classify(image, r->pool, r->images->pixels, r->image_count, classes);
    if (status == TNAS_OK)
        *score = tnas_metric_score(r->metric, r->images->labels, classes, r->image_count);
    tnas_free(classes);
    return status;
}

static tnas_status classify(const tnas_rescorer *r, const tnas_model *model, double *score)
{
    const tnas_host_kernels *host;
    TNAS_TRY(tnas_host_kernels_choose(&host));
    tnas_image *image;
    TNAS_TRY(tnas_image_build(model, &tnas_target_tinynas_c, &image));
    tnas_status status = tnas_image_use_host(image, host);
    if (status == TNAS_OK)
        status = score_answers(r, image, score);
    tnas_image_destroy(image);
    return status;
}

static tnas_status rescore_net(const tnas_rescorer *r, const tnas_net *net, double *score)
{
    tnas_bn_stats stats;
    TNAS_TRY(tnas_bn_stats_init(net, &stats));
    tnas_model *model = NULL;
    tnas_status status =
        tnas_engine_recalibrate(r->engine, r->supernet->store, net, r->calibration_images,
                                r->recalibration_batches, r->batch_images, &stats);
    if (status == TNAS_OK)
        status = tnas_net_quantize(r->engine, r->supernet->store, net, &stats,
                                   r->calibration_images, r->range_images, &model);
    if (status == TNAS_OK)
        status = classify(r, model, score);
    tnas_model_destroy(model);
    tnas_bn_stats_deinit(&stats);
    return status;
}

tnas_status tnas_rescore(const tnas_rescorer *r, const tnas_arch *arch, double *accuracy)
{
    *accuracy = 0;
    tnas_net *const net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "candidate network");
    tnas_status status = tnas_supernet_view(r->supernet, arch, net);
    if (status == TNAS_OK)
        status = rescore_net(r, net, accuracy);
    tnas_free(net);
    return status;
}
