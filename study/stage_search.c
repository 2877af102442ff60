/* The search of a target: asks for candidates, judges them by inherited weights, tells. Every
 * score goes into the store at once, so that a resumed search replays it instead of judging
 * again and arrives at the same state; what the predictor says follows from the tells. At the end
 * the front and the best are judged again in int8, and those figures choose the
 * finalists. */
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "common/alloc.h"
#include "nas/front.h"
#include "study/rescore.h"
#include "study/run_internal.h"

/* What is known of a candidate; NAN of what is not. */
static tnas_status look_up(tnas_run *run, uint64_t hash, double *accuracy, double *accuracy_int8)
{
    bool found;
    tnas_candidate_row *row;
    *accuracy = *accuracy_int8 = NAN;
    TNAS_TRY(tnas_db_find_candidate(run->db, run->target_id, hash, &row, &found));
    if (found) {
        *accuracy = row->accuracy;
        *accuracy_int8 = row->accuracy_int8;
        tnas_candidate_rows_free(row, 1);
    }
    return TNAS_OK;
}

/* *measured becomes true unless the accuracy was stored. */
static tnas_status judge_candidate(tnas_run *run, const tnas_candidate *candidate, double *accuracy,
                                   bool *measured)
{
    double accuracy_int8;
    TNAS_TRY(look_up(run, candidate->hash, accuracy, &accuracy_int8));
    if (!isnan(*accuracy))
        return TNAS_OK;
    *measured = true;
    tnas_net *net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "candidate network");
    tnas_status status = tnas_supernet_view(run->supernet, &candidate->arch, net);
    if (status == TNAS_OK)
        status = tnas_run_judge(run, net, run->supernet->store, &run->dataset->validation,
                                run->work.validation_images, accuracy);
    tnas_free(net);
    return status;
}

/* Stores what was scored since *stored were: a measured candidate, or what the predictor said of
 * a generation. */
static tnas_status store_scored(tnas_run *run, const tnas_search *search, int *stored)
{
    const int count = tnas_search_scored_count(search);
    if (*stored == count)
        return TNAS_OK;
    TNAS_TRY(tnas_db_begin(run->db));
    for (; *stored < count; ++*stored) {
        const tnas_candidate *const candidate = &tnas_search_scored(search)[*stored];
        char arch[TNAS_ARCH_TEXT_BYTES];
        tnas_arch_print(&run->config->genes, &candidate->arch, arch);
        TNAS_TRY(tnas_db_add_candidate(run->db, run->target_id, *stored, arch, candidate,
                                       candidate->source == TNAS_SCORE_PREDICTED));
    }
    return tnas_db_commit(run->db);
}

/* The sample of what was over a limit, as it is since the generation that was bred last. */
static tnas_status store_refused(tnas_run *run, const tnas_search *search, long *drawn)
{
    if (*drawn == tnas_search_draws(search)->drawn)
        return TNAS_OK;
    *drawn = tnas_search_draws(search)->drawn;
    int count;
    const tnas_candidate *const refused = tnas_search_refused(search, &count);
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_clear_refused(run->db, run->target_id));
    for (int i = 0; i < count; i++) {
        char arch[TNAS_ARCH_TEXT_BYTES];
        tnas_arch_print(&run->config->genes, &refused[i].arch, arch);
        TNAS_TRY(tnas_db_add_refused(run->db, run->target_id, arch, &refused[i]));
    }
    return tnas_db_commit(run->db);
}

/* How good the predictor was before the generation that was bred last, as a curve: by samples, its
 * held-out error and rank correlation. */
static tnas_status store_predictor(tnas_run *run, const tnas_search *search, int *stored)
{
    for (; *stored < tnas_search_screening_count(search); ++*stored) {
        const tnas_predictor_report *const r = &tnas_search_screenings(search)[*stored].report;
        const tnas_curve_point point = {.step = r->samples, .loss = r->rmse, .right = r->spearman};
        TNAS_TRY(tnas_db_put_curve(run->db, run->target_id, "predictor", &point));
    }
    return TNAS_OK;
}

/* Every candidate that was scored since *told were. */
static void tell_log(const tnas_run *run, const tnas_search *search, int *told)
{
    for (; *told < tnas_search_scored_count(search); ++*told) {
        const tnas_candidate *const c = &tnas_search_scored(search)[*told];
        const tnas_figure figures[] = {
            {"candidate", *told},
            {"generation", c->generation},
            {"predicted", c->source == TNAS_SCORE_PREDICTED},
            {"accuracy", c->accuracy},
            {"latency_ms", c->cost.has_latency ? c->cost.latency_ms : NAN},
            {"sram_bytes", (double)c->cost.footprint.sram_bytes},
            {"flash_bytes", (double)c->cost.footprint.flash_bytes},
            {"macs", (double)c->cost.macs},
        };
        char arch[TNAS_ARCH_TEXT_BYTES];
        tnas_arch_print(&run->config->genes, &c->arch, arch);
        tnas_progress_event(run->progress, "candidate", arch, figures,
                            (int)(sizeof figures / sizeof figures[0]));
    }
}

static tnas_status report_progress(const tnas_run *run, const tnas_search *search)
{
    const tnas_evolution *const evolution = &run->work.evolution;
    const long expected = (long)evolution->population * evolution->generations; /* at most */
    const int count = tnas_search_scored_count(search);
    int *front, front_count;
    TNAS_TRY(tnas_front_find(tnas_search_scored(search), count, &front, &front_count));
    tnas_free(front);
    const double best = tnas_search_best(search)->accuracy;
    const int generation = tnas_search_generation(search),
              measured = tnas_search_measured_count(search);
    const tnas_figure figures[] = {{"best_accuracy", best},
                                   {"front", front_count},
                                   {"generation", generation},
                                   {"measured", measured}};
    tnas_progress_event(run->progress, "progress", "search", figures, 4);
    char remark[128];
    snprintf(remark, sizeof remark, "best %.2f %%, front of %d, generation %d of %d, %d measured",
             100 * best, front_count, generation + 1, evolution->generations, measured);
    tnas_progress_report(run->progress, "search", count, expected, "candidates", remark);
    return TNAS_OK;
}

/* One candidate at a time: the engine's threads already share the images of each. */
static tnas_status search_loop(tnas_run *run, tnas_search *search)
{
    int stored = 0, fits_stored = 0, told = 0;
    long drawn = 0;
    bool over = false, measured = false; /* anything since the generation began */
    while (!tnas_search_done(search) && !over) {
        tnas_candidate candidate;
        int given;
        TNAS_TRY(tnas_search_ask(search, &candidate, 1, &given));
        TNAS_TRY(store_refused(run, search, &drawn));
        if (given == 0)
            break;
        TNAS_TRY(store_scored(run, search, &stored));
        TNAS_TRY(store_predictor(run, search, &fits_stored));
        double accuracy;
        TNAS_TRY(judge_candidate(run, &candidate, &accuracy, &measured));
        TNAS_TRY(tnas_search_tell(search, &accuracy, 1));
        TNAS_TRY(store_scored(run, search, &stored));
        tell_log(run, search, &told);
        TNAS_TRY(report_progress(run, search));
        /* Not of a generation that is replayed: some of the next may be stored already. */
        if (tnas_search_between(search) && measured) {
            TNAS_TRY(tnas_budget_generation(run, tnas_search_generation(search) + 1, &over));
            measured = false;
        }
        if (tnas_progress_stop(run->progress))
            return tnas_fail(TNAS_ERR_STOPPED, "stopped after candidate %d; study %s is saved",
                             stored, run->report->folder);
    }
    return TNAS_OK;
}

static tnas_status rescore_candidate(tnas_run *run, const tnas_candidate *candidate, int id,
                                     double *accuracy_int8)
{
    double accuracy;
    TNAS_TRY(look_up(run, candidate->hash, &accuracy, accuracy_int8));
    if (!isnan(*accuracy_int8))
        return TNAS_OK;
    const tnas_rescorer rescorer = {
        .supernet = run->supernet,
        .engine = run->engine,
        .pool = run->pool,
        .calibration_images = run->calibration_images,
        .recalibration_batches = run->work.recalibration_batches,
        .batch_images = run->work.batch_images,
        .range_images = run->work.calibration_images,
        .images = &run->dataset->validation,
        .image_count = run->work.validation_images,
        .metric = run->work.metric,
    };
    TNAS_TRY(tnas_rescore(&rescorer, &candidate->arch, accuracy_int8));
    return tnas_db_rescore_candidate(run->db, run->target_id, id, *accuracy_int8);
}

/* Rescores the candidates ids[0..count) into `rescored`, copies whose accuracy is the int8 one. */
static tnas_status rescore(tnas_run *run, const tnas_search *search, const int *ids, int count,
                           tnas_candidate *rescored)
{
    for (int i = 0; i < count; i++) {
        rescored[i] = tnas_search_scored(search)[ids[i]];
        TNAS_TRY(rescore_candidate(run, &rescored[i], ids[i], &rescored[i].accuracy));
        tnas_progress_report(run->progress, "int8 of the front", i + 1, count, "candidates", NULL);
        if (tnas_progress_stop(run->progress))
            return tnas_fail(TNAS_ERR_STOPPED,
                             "stopped while the front is rescored; study %s is "
                             "saved",
                             run->report->folder);
    }
    return TNAS_OK;
}

/* The front of the rescored, by int8 accuracy, into the store. ids [count] are their numbers. */
static tnas_status store_front(tnas_run *run, const tnas_candidate *rescored, const int *ids,
                               int count, int *front_count)
{
    int *front;
    TNAS_TRY(tnas_front_find(rescored, count, &front, front_count));
    for (int i = 0; i < *front_count; i++)
        front[i] = ids[front[i]];
    tnas_status status = tnas_db_begin(run->db);
    if (status == TNAS_OK)
        status = tnas_db_put_front(run->db, run->target_id, front, *front_count);
    if (status == TNAS_OK)
        status = tnas_db_commit(run->db);
    tnas_free(front);
    return status;
}

static void add_finalist(tnas_run *run, const tnas_candidate *candidate, int id)
{
    const int i = run->finalist_count++;
    run->finalists[i].arch = candidate->arch;
    run->finalists[i].candidate = id;
    run->finalists[i].accuracy_supernet = candidate->accuracy;
}

/* The objective's best of the rescored, one after the other, by int8 accuracy; changes the order of
 * ids and rescored. */
static void choose_finalists(tnas_run *run, const tnas_search *search, int *ids, int count,
                             tnas_candidate *rescored)
{
    const tnas_objective objective = tnas_run_objective(run, run->work.validation_images);
    run->finalist_count = 0;
    while (count > 0 && run->finalist_count < run->work.finalists) {
        const int best = tnas_objective_best(&objective, rescored, count);
        add_finalist(run, &tnas_search_scored(search)[ids[best]], ids[best]);
        rescored[best] = rescored[--count];
        ids[best] = ids[count];
    }
}

static tnas_status choose_among(tnas_run *run, const tnas_search *search, int *ids, int count,
                                tnas_candidate *rescored, int *front_count)
{
    TNAS_TRY(rescore(run, search, ids, count, rescored));
    TNAS_TRY(store_front(run, rescored, ids, count, front_count));
    choose_finalists(run, search, ids, count, rescored);
    return TNAS_OK;
}

/* The front and the best by inherited weights, in float, are judged again; what they have in int8
 * decides. */
static tnas_status judge_the_front(tnas_run *run, const tnas_search *search, int *front_count)
{
    int *front, count;
    const tnas_candidate *const scored = tnas_search_scored(search);
    TNAS_TRY(tnas_front_find(scored, tnas_search_scored_count(search), &front, &count));
    int *const ids = tnas_alloc_zero((size_t)count + 1, sizeof *ids);
    tnas_candidate *const rescored = tnas_alloc_zero((size_t)count + 1, sizeof *rescored);
    tnas_status status;
    if (ids != NULL && rescored != NULL) {
        const int best = (int)(tnas_search_best(search) - scored);
        bool best_on_front = false; /* not when it has an equal in every cost */
        for (int i = 0; i < count; i++) {
            ids[i] = front[i];
            best_on_front |= front[i] == best;
        }
        if (!best_on_front)
            ids[count++] = best;
        status = choose_among(run, search, ids, count, rescored, front_count);
    } else {
        status = tnas_fail(TNAS_ERR_NOMEM, "front of %d candidates", count);
    }
    tnas_free(rescored);
    tnas_free(ids);
    tnas_free(front);
    return status;
}

static void note_outcome(const tnas_run *run, const tnas_search *search, int front_count)
{
    const tnas_draw_counts *const draws = tnas_search_draws(search);
    const double percent = draws->drawn > 0 ? 100.0 / (double)draws->drawn : 0;
    tnas_progress_note(run->progress,
                       "drawn %ld, pruned by SRAM %.1f %%, flash %.1f %%, latency %.1f %%; %ld fit",
                       draws->drawn, percent * (double)draws->over[TNAS_LIMIT_INDEX_SRAM],
                       percent * (double)draws->over[TNAS_LIMIT_INDEX_FLASH],
                       percent * (double)draws->over[TNAS_LIMIT_INDEX_LATENCY], draws->feasible);
    const int measured = tnas_search_measured_count(search);
    tnas_progress_note(run->progress, "%d candidates measured, %d predicted, %d on the front",
                       measured, tnas_search_scored_count(search) - measured, front_count);
    const int fits = tnas_search_screening_count(search);
    if (fits == 0)
        return;
    const tnas_screening *const last = &tnas_search_screenings(search)[fits - 1];
    tnas_progress_note(run->progress,
                       "predictor: %d samples, held-out error %.2f points, Spearman %.2f%s",
                       last->report.samples, 100 * last->report.rmse, last->report.spearman,
                       last->is_trusted ? "" : "; not trusted");
}

static tnas_status conclude(tnas_run *run, const tnas_search *search)
{
    int front_count;
    TNAS_TRY(judge_the_front(run, search, &front_count));
    run->winner.candidates = tnas_search_scored_count(search);
    run->winner.draws = *tnas_search_draws(search);
    note_outcome(run, search, front_count);
    return TNAS_OK;
}

tnas_objective tnas_run_objective(const tnas_run *run, int image_count)
{
    /* k binomial sigmas of n images are one of n / k^2. */
    const double sigmas = run->work.tie_sigmas;
    const double images = sigmas > 0 ? fmax(1, round(image_count / (sigmas * sigmas))) : 0;
    return (tnas_objective){.min_accuracy = run->work.min_accuracy,
                            .validation_images = (int)fmin(images, INT_MAX)};
}

tnas_status tnas_run_search(tnas_run *run)
{
    const tnas_search_config config = {
        .genes = &run->config->genes,
        .strategy = run->work.strategy,
        .evolution = run->work.evolution,
        .objective = tnas_run_objective(run, run->work.validation_images),
        .seed = run->request->seed,
        .price = tnas_run_price,
        .price_context = run,
    };
    tnas_search *search;
    TNAS_TRY(tnas_search_create(&config, &search));
    tnas_status status = search_loop(run, search);
    if (status == TNAS_OK)
        status = conclude(run, search);
    tnas_search_destroy(search);
    return status;
}
