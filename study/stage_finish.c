/* The finish of a target: the finalists leave the supernet, are fine-tuned, become int8; the best
 * of them on validation is the winner; all meet the test set, which is read once.
 *
 * A finalist's trainings and models are files of its folder, targets/N/finalist-K, that the next
 * run finds (trainer/finish.h); what was measured are rows, and the winner's row comes last. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rank.h"
#include "study/curve.h"
#include "study/finish_rows.h"

/* The supernet's largest network, as it is after the search. */
typedef struct master {
    tnas_net *net; /* NULL: nobody teaches */
    tnas_bn_stats stats;
    tnas_teacher teacher;
} master;

static tnas_status master_init(tnas_run *run, master *m)
{
    *m = (master){.net = NULL};
    if (run->work.finetune.distill_share <= 0)
        return TNAS_OK;
    tnas_arch largest;
    tnas_arch_largest(&run->config->genes, &largest);
    m->net = tnas_alloc_zero(1, sizeof *m->net);
    if (m->net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "teacher");
    TNAS_TRY(tnas_supernet_view(run->supernet, &largest, m->net));
    TNAS_TRY(tnas_bn_stats_init(m->net, &m->stats));
    m->teacher = (tnas_teacher){m->net, run->supernet->store, &m->stats};
    return tnas_engine_recalibrate(run->engine, run->supernet->store, m->net,
                                   run->calibration_images, run->work.recalibration_batches,
                                   run->work.batch_images, &m->stats);
}

static void master_deinit(master *m)
{
    tnas_bn_stats_deinit(&m->stats);
    tnas_free(m->net);
}

/* The finalist with its weights of the supernet, or random ones, through trainer/finish.h. `again`:
 * the winner's second training, which has the validation images. */
static tnas_status finish_network(tnas_run *run, const master *m, int index, bool again,
                                  const char *folder, tnas_finished *out)
{
    char stage[48] = "fine-tuning";
    tnas_curve curve = {.run = run, .target = run->target_id}, curve_int8 = curve;
    tnas_finish_recipe finish = run->work.finish;
    if (again)
        snprintf(stage, sizeof stage, "fine-tuning the winner");
    else if (run->finalist_count > 1)
        snprintf(stage, sizeof stage, "fine-tuning %d of %d", index + 1, run->finalist_count);
    /* Several are told apart by images that none of them learned. */
    if (run->finalist_count > 1 && !again)
        finish.with_validation = 0;
    tnas_net *net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "finalist");
    tnas_store *store = NULL;
    tnas_status status =
        tnas_supernet_extract(run->supernet, &run->finalists[index].arch, net, &store);
    if (status == TNAS_OK && run->work.finish.inherit_weights == 0)
        tnas_store_init_random(store, run->request->seed);
    if (status == TNAS_OK) {
        const tnas_recipe recipe =
            tnas_finish_train_recipe(&run->work.finish, &run->work.finetune, &net->graph,
                                     run->dataset->train.count, m->net != NULL);
        curve.steps = recipe.steps;
        curve_int8.steps = tnas_finish_int8_steps(&run->work.finish, recipe.steps);
        const int finalist = again ? TNAS_CURVE_WINNER : index + 1;
        tnas_curve_stage_of_finalist(finalist, false, curve.stage);
        tnas_curve_stage_of_finalist(finalist, true, curve_int8.stage);
        const tnas_finish_job job = {.engine = run->engine,
                                     .pool = run->pool,
                                     .train = &run->dataset->train,
                                     .validation = &run->dataset->validation,
                                     .calibration_images = run->calibration_images,
                                     .recalibration_batches = run->work.recalibration_batches,
                                     .batch_images = run->work.batch_images,
                                     .range_images = run->work.calibration_images,
                                     .recipe = &recipe,
                                     .finish = finish,
                                     .metric = run->work.metric,
                                     .teacher = m->net != NULL ? &m->teacher : NULL,
                                     .seed = run->request->seed,
                                     .progress = run->progress,
                                     .stage = stage,
                                     .folder = folder,
                                     .see = tnas_curve_keep,
                                     .see_context = &curve,
                                     .see_int8 = tnas_curve_keep,
                                     .see_int8_context = &curve_int8};
        status = tnas_finish(&job, net, store, out);
        if (status == TNAS_OK)
            status = curve.status != TNAS_OK ? curve.status : curve_int8.status;
    }
    tnas_store_destroy(store);
    tnas_free(net);
    return status;
}

static tnas_status finish_finalist(tnas_run *run, const master *m, tnas_finishing *f, int index)
{
    char folder[TNAS_PATH_BYTES], path[TNAS_PATH_BYTES];
    tnas_finalist *const row = &f->rows[index];
    TNAS_TRY(tnas_finish_describe(run, index, row));
    TNAS_TRY(tnas_path_join(path, run->report->folder, row->model));
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    TNAS_TRY(tnas_dir_create(folder));
    TNAS_TRY(finish_network(run, m, index, false, folder, &f->networks[index]));
    row->validation_float = f->networks[index].validation_float;
    row->validation_int8 = f->networks[index].validation_int8;
    TNAS_TRY(tnas_model_save(f->networks[index].model, path));
    TNAS_TRY(tnas_finish_store_finalist(run, row, &f->networks[index]));
    return tnas_budget_count_time(run);
}

/* By int8 accuracy on validation, and what the networks cost; never by the test set. */
static tnas_status choose(tnas_run *run, tnas_finishing *f)
{
    tnas_candidate *const candidates =
        tnas_alloc_zero((size_t)run->finalist_count, sizeof *candidates);
    if (candidates == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d finalists", run->finalist_count);
    tnas_status status = TNAS_OK;
    for (int i = 0; i < run->finalist_count && status == TNAS_OK; i++) {
        candidates[i].arch = run->finalists[i].arch;
        candidates[i].hash = tnas_arch_hash(&run->config->genes, &run->finalists[i].arch);
        candidates[i].accuracy = f->rows[i].validation_int8;
        status = tnas_run_price(run, &candidates[i].arch, &candidates[i].cost);
    }
    const tnas_objective objective = tnas_run_objective(run, run->dataset->validation.count);
    if (status == TNAS_OK)
        f->chosen = tnas_objective_best(&objective, candidates, run->finalist_count);
    tnas_free(candidates);
    return status;
}

/* finish.with_validation where the validation images had to choose: the winner once more, with
 * them. What the row says of validation stays that of the training without. */
static tnas_status finish_winner_again(tnas_run *run, const master *m, tnas_finishing *f)
{
    if (run->work.finish.with_validation == 0 || run->finalist_count == 1)
        return TNAS_OK;
    char name[48], folder[TNAS_PATH_BYTES];
    snprintf(name, sizeof name, "targets/%d/winner", run->target_id);
    TNAS_TRY(tnas_path_join(folder, run->report->folder, name));
    TNAS_TRY(tnas_dir_create(folder));
    tnas_finished *const winner = &f->networks[f->chosen];
    tnas_finished_deinit(winner);
    TNAS_TRY(finish_network(run, m, f->chosen, true, folder, winner));
    return tnas_budget_count_time(run);
}

/* How well inherited weights told the finalists apart. */
static void note_ranks(const tnas_run *run, const tnas_finishing *f)
{
    enum { FEWEST = 4 };
    double inherited[TNAS_FINALISTS_MAX], final[TNAS_FINALISTS_MAX];
    if (run->finalist_count < FEWEST)
        return;
    for (int i = 0; i < run->finalist_count; i++) {
        inherited[i] = f->rows[i].accuracy_supernet;
        final[i] = f->rows[i].validation_int8;
    }
    const double rho = tnas_rank_spearman(inherited, final, run->finalist_count);
    tnas_progress_note(run->progress,
                       "supernet accuracy against int8 accuracy after fine-tuning: Spearman %.2f "
                       "over %d finalists",
                       rho, run->finalist_count);
}

/* The one place of a search that sees test images: all finalists in one read. */
static tnas_status meet_the_test_set(tnas_run *run, tnas_finishing *f)
{
    const size_t classes = (size_t)run->dataset->class_count;
    f->confusion = tnas_alloc_zero(classes * classes, sizeof *f->confusion);
    if (f->confusion == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "confusion of %zu classes", classes);
    tnas_images test;
    TNAS_TRY(tnas_dataset_read_test(run->dataset, &test));
    tnas_status status = TNAS_OK;
    for (int i = 0; i < run->finalist_count && status == TNAS_OK; i++) {
        tnas_finish_counts counts;
        status = tnas_finished_count(&f->networks[i], run->engine, run->pool, &test, &counts,
                                     i == f->chosen ? f->confusion : NULL);
        if (status != TNAS_OK)
            break;
        f->rows[i].test_count = counts.images;
        f->rows[i].test_float = counts.images > 0 ? (double)counts.float_right / counts.images : 0;
        f->rows[i].test_int8 = counts.images > 0 ? (double)counts.int8_right / counts.images : 0;
    }
    tnas_images_deinit(&test);
    for (int i = 0; status == TNAS_OK && run->finalist_count > 1 && i < run->finalist_count; i++)
        tnas_progress_note(run->progress,
                           "finalist %d of %d: int8 %.2f %% on validation, %.2f %% on test, float "
                           "%.2f %%%s",
                           i + 1, run->finalist_count, 100 * f->rows[i].validation_int8,
                           100 * f->rows[i].test_int8, 100 * f->rows[i].test_float,
                           i == f->chosen ? ": the winner" : "");
    return status;
}

static tnas_status run_finish(tnas_run *run, tnas_finishing *f)
{
    master m;
    tnas_status status = master_init(run, &m);
    for (int i = 0; i < run->finalist_count && status == TNAS_OK; i++)
        status = finish_finalist(run, &m, f, i);
    if (status == TNAS_OK)
        status = choose(run, f);
    if (status == TNAS_OK)
        status = finish_winner_again(run, &m, f);
    master_deinit(&m);
    TNAS_TRY(status);
    note_ranks(run, f);
    TNAS_TRY(meet_the_test_set(run, f));
    return tnas_finish_store_winner(run, f);
}

tnas_status tnas_run_finish(tnas_run *run)
{
    const size_t count = (size_t)run->finalist_count;
    tnas_finishing f = {.rows = tnas_alloc_zero(count, sizeof *f.rows),
                        .networks = tnas_alloc_zero(count, sizeof *f.networks)};
    const tnas_status status = f.rows != NULL && f.networks != NULL
                                   ? run_finish(run, &f)
                                   : tnas_fail(TNAS_ERR_NOMEM, "%zu finalists", count);
    for (size_t i = 0; f.networks != NULL && i < count; i++)
        tnas_finished_deinit(&f.networks[i]);
    tnas_free(f.confusion);
    tnas_free(f.networks);
    tnas_free(f.rows);
    return status;
}
