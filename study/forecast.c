/* What a search will cost, measured before it starts: a few steps of the largest network and
 * one candidate, on the real engine, without changing any weight. */
#include <string.h>

#include "common/alloc.h"
#include "study/run_internal.h"

typedef struct forecast {
    double step_seconds, judge_seconds;
} forecast;

/* A network between the smallest and the largest stands for the random ones. */
static void middle_arch(const tnas_gene_table *genes, tnas_arch *arch)
{
    memset(arch, 0, sizeof *arch);
    for (int gene = 0; gene < genes->gene_count; gene++)
        arch->choice[gene] = (uint8_t)(genes->genes[gene].choice_count / 2);
    tnas_arch_normalize(genes, arch);
}

static tnas_status time_step(tnas_run *run, const tnas_supernet *supernet, const tnas_net *net,
                             double *seconds)
{
    const int batch_images = run->work.supernet.batch;
    const tnas_images *const train = &run->dataset->train;
    float *grads = tnas_alloc_zero(supernet->store->value_count, sizeof *grads);
    if (grads == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "gradients");
    const tnas_unit unit = {.net = net, .weight = 1, .teacher = TNAS_NONE};
    const tnas_batch batch = {train->pixels, train->labels, batch_images};
    tnas_unit_result result;
    tnas_status status = TNAS_OK;
    /* The first step reserves memory and warms the caches up. */
    for (int i = 0; i < 3 && status == TNAS_OK; i++) {
        const double started = tnas_clock_seconds();
        status = tnas_engine_step(run->engine, supernet->store, &unit, 1, &batch, grads, &result);
        *seconds = tnas_clock_seconds() - started;
    }
    tnas_free(grads);
    return status;
}

static tnas_status measure(tnas_run *run, forecast *out)
{
    tnas_supernet *supernet;
    TNAS_TRY(tnas_supernet_create(run->config, run->request->seed, &supernet));
    tnas_arch arch;
    middle_arch(&run->config->genes, &arch);
    tnas_net *net = tnas_alloc_zero(1, sizeof *net);
    tnas_status status = net != NULL ? tnas_supernet_view(supernet, &arch, net)
                                     : tnas_fail(TNAS_ERR_NOMEM, "forecast");
    if (status == TNAS_OK && run->dataset->train.count >= run->work.supernet.batch)
        status = time_step(run, supernet, net, &out->step_seconds);
    /* Judging is forward only, about a third of a step per image. */
    out->judge_seconds =
        out->step_seconds / 3 / run->work.supernet.batch *
        (run->work.validation_images + run->work.recalibration_batches * run->work.batch_images);
    tnas_free(net);
    tnas_supernet_destroy(supernet);
    return status;
}

tnas_status tnas_run_forecast(tnas_run *run)
{
    forecast f = {0};
    TNAS_TRY(measure(run, &f));
    const tnas_plan_of_work *const work = &run->work;
    const double supernet = f.step_seconds * work->supernet.steps * work->subnets;
    const double search =
        f.judge_seconds * work->evolution.population * work->evolution.generations;
    const double finish = f.step_seconds * work->finetune.steps;
    const double image_mib = (double)run->dataset->train.count * run->dataset->h * run->dataset->w *
                             run->dataset->c / 1048576.0;
    tnas_progress_note(run->progress,
                       "forecast: supernet %.0f s, search %.0f s, fine-tuning %.0f s, together "
                       "%.1f min; memory %.0f MiB, disk about 2 MiB",
                       supernet, search, finish, (supernet + search + finish) / 60,
                       image_mib + (double)tnas_engine_bytes(run->engine) / 1048576.0);
    return TNAS_OK;
}
