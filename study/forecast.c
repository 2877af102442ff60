/* What a search will cost, measured before it starts: some training steps of a network of
 * middle size on the real engine, without changing any weight. The rest is taken from it: judging
 * an image costs a quarter of its training, rescoring a candidate of the front in int8 two and a
 * half times its judging, and of n measured candidates some 2.5 sqrt(n) are on the front. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "study/run_internal.h"
#include "trainer/teaching.h"

enum { TIMED_STEPS = 5 };

/* Code, libraries and their buffers; a candidate's row with its index. */
static const double program_bytes = 48 << 20, row_bytes = 600;

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
    const tnas_recipe *const recipe = &run->work.supernet;
    const tnas_images *const train = &run->dataset->train;
    const int images = train->count < recipe->batch ? train->count : recipe->batch;
    const int batch_images = images / recipe->shards * recipe->shards;
    *seconds = 0;
    if (batch_images == 0)
        return TNAS_OK; /* too few images to time anything, or to wait for it */
    float *grads = tnas_alloc_zero(supernet->store->value_count, sizeof *grads);
    if (grads == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "gradients");
    const tnas_unit unit = {.net = net, .weight = 1, .teacher = TNAS_NONE};
    const tnas_batch batch = {
        .images = train->pixels, .labels = train->labels, .count = batch_images};
    tnas_unit_result result;
    tnas_status status = TNAS_OK;
    /* The first step reserves memory; of the others the fastest is the least disturbed. */
    *seconds = INFINITY;
    for (int i = 0; i < TIMED_STEPS && status == TNAS_OK; i++) {
        const double started = tnas_run_now(run);
        status = tnas_engine_step(run->engine, supernet->store, &unit, 1, &batch, grads, &result);
        const double elapsed = tnas_run_now(run) - started;
        *seconds = i > 0 && elapsed < *seconds ? elapsed : *seconds;
    }
    *seconds *= (double)recipe->batch / batch_images;
    tnas_free(grads);
    return status;
}

/* MACs of the largest network over those of the middle one. */
static double largest_over(const tnas_run *run, const tnas_net *middle)
{
    tnas_arch largest;
    tnas_graph graph;
    int16_t site_of_op[TNAS_GRAPH_OPS_MAX];
    tnas_arch_largest(&run->config->genes, &largest);
    tnas_space_decode(run->config, &largest, &graph, site_of_op);
    return (double)tnas_graph_macs(&graph) / (double)tnas_graph_macs(&middle->graph);
}

/* Seconds of the teacher, the largest network, that a step of fine-tuning costs on average. */
static double teaching_seconds(const tnas_run *run, const tnas_net *middle, double step_seconds)
{
    const tnas_recipe *const finetune = &run->work.finetune;
    const double passes =
        tnas_teaching_passes(finetune, run->dataset->train.count, run->dataset->class_count);
    const double pass_seconds = step_seconds / 3 / run->work.supernet.batch;
    return passes * pass_seconds * largest_over(run, middle) / finetune->steps;
}

/* *nets: how many such networks a step of the supernet costs; *teaching: seconds of a step. */
static tnas_status measure(tnas_run *run, double *step_seconds, double *nets, double *teaching,
                           size_t *value_count)
{
    tnas_supernet *supernet;
    TNAS_TRY(tnas_supernet_create(run->config, tnas_supernet_recipe_kernels(run->work.recipe),
                                  run->request->seed, &supernet));
    *value_count = supernet->store->value_count;
    tnas_arch arch;
    middle_arch(&run->config->genes, &arch);
    tnas_net *net = tnas_alloc_zero(1, sizeof *net);
    tnas_status status = net != NULL ? tnas_supernet_view(supernet, &arch, net)
                                     : tnas_fail(TNAS_ERR_NOMEM, "forecast");
    if (status == TNAS_OK)
        status = time_step(run, supernet, net, step_seconds);
    if (status == TNAS_OK) {
        *teaching = teaching_seconds(run, net, *step_seconds);
        *nets = tnas_supernet_macs_per_step(supernet, run->work.recipe) /
                (double)tnas_graph_macs(&net->graph);
    }
    tnas_free(net);
    tnas_supernet_destroy(supernet);
    return status;
}

double tnas_run_rescoring_seconds(const tnas_run *run, double measured)
{
    return run->speeds.judged_seconds * 2.5 * 2.5 * sqrt(measured);
}

tnas_status tnas_run_forecast(tnas_run *run)
{
    double step_seconds = 0, nets = 0, teaching = 0;
    size_t value_count;
    TNAS_TRY(measure(run, &step_seconds, &nets, &teaching, &value_count));
    const tnas_plan_of_work *const work = &run->work;
    const tnas_dataset *const data = run->dataset;
    const double judged_images =
        work->validation_images + work->recalibration_batches * work->batch_images;
    tnas_speeds *const speeds = &run->speeds;
    speeds->supernet_step_seconds = step_seconds * nets;
    speeds->judged_seconds = step_seconds / 4 / work->supernet.batch * judged_images;
    const bool again = work->finish.with_validation != 0 && work->finalists > 1;
    speeds->finetune_step_seconds = (step_seconds + teaching) * (work->finalists + again);
    const bool has_supernet = tnas_file_exists(run->supernet_path);
    tnas_forecast *const f = &run->report->forecast;
    f->supernet_seconds = has_supernet ? 0 : speeds->supernet_step_seconds * work->supernet.steps;
    const double measured =
        (double)tnas_search_expected_measurements(work->strategy, &work->evolution);
    f->search_seconds =
        speeds->judged_seconds * measured + tnas_run_rescoring_seconds(run, measured);
    f->finetune_seconds = speeds->finetune_step_seconds * work->finetune.steps;
    /* The program, images, what the engine holds, and per weight: value, gradients of the shards,
     * momentum. */
    f->memory_bytes = program_bytes +
                      (double)data->h * data->w * data->c *
                          (data->train.count + data->validation.count + data->test_count) +
                      (double)tnas_engine_bytes(run->engine) +
                      (double)value_count * sizeof(float) * (3 + work->supernet.shards);
    /* Weights, a checkpoint with momentum while training, finalists, the store. */
    const double scored = (double)work->evolution.population * work->evolution.generations;
    f->disk_bytes = (double)value_count * sizeof(float) * (3 + work->finalists) + (1 << 18) +
                    scored * row_bytes;
    tnas_progress_note(run->progress,
                       "forecast: supernet %.0f s, search %.0f s, fine-tuning %.0f s, together "
                       "%.1f min; memory %.0f MiB, disk %.1f MiB",
                       f->supernet_seconds, f->search_seconds, f->finetune_seconds,
                       (f->supernet_seconds + f->search_seconds + f->finetune_seconds) / 60,
                       f->memory_bytes / 1048576, f->disk_bytes / 1048576);
    return TNAS_OK;
}
