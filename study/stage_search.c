/* The search of a target: asks for candidates, judges them by inherited weights, tells. Every
 * score goes into the store at once, so that a resumed search replays it instead of judging
 * again and arrives at the same state. */
#include <stdio.h>

#include "common/alloc.h"
#include "study/run_internal.h"

static tnas_status judge_candidate(tnas_run *run, const tnas_candidate *candidate, double *accuracy)
{
    bool found;
    tnas_candidate_row *stored;
    TNAS_TRY(tnas_db_find_candidate(run->db, run->target_id, candidate->hash, &stored, &found));
    if (found) {
        *accuracy = stored->accuracy;
        tnas_candidate_rows_free(stored, 1);
        return TNAS_OK;
    }
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

static tnas_status store_candidate(tnas_run *run, tnas_candidate *candidate, double accuracy,
                                   int id)
{
    char arch[TNAS_ARCH_TEXT_BYTES];
    tnas_arch_print(&run->config->genes, &candidate->arch, arch);
    candidate->accuracy = accuracy;
    return tnas_db_add_candidate(run->db, run->target_id, id, arch, candidate, false);
}

/* One candidate at a time: the engine's threads already share the images of each. */
static tnas_status search_loop(tnas_run *run, tnas_search *search)
{
    const tnas_evolution *const evolution = &run->work.evolution;
    const long expected = (long)evolution->population * evolution->generations; /* at most */
    while (!tnas_search_done(search)) {
        tnas_candidate candidate;
        int given;
        TNAS_TRY(tnas_search_ask(search, &candidate, 1, &given));
        if (given == 0)
            break;
        double accuracy;
        TNAS_TRY(judge_candidate(run, &candidate, &accuracy));
        const int id = tnas_search_scored_count(search);
        TNAS_TRY(store_candidate(run, &candidate, accuracy, id));
        TNAS_TRY(tnas_search_tell(search, &accuracy, 1));
        char remark[96];
        const tnas_candidate *const best = tnas_search_best(search);
        snprintf(remark, sizeof remark, "generation %d of %d, best %.2f %%",
                 candidate.generation + 1, evolution->generations, 100 * best->accuracy);
        tnas_progress_report(run->progress, "search", id + 1, expected, "candidates", remark);
        if (tnas_progress_stop(run->progress))
            return tnas_fail(TNAS_ERR_STOPPED, "stopped after candidate %d; study %s is saved",
                             id + 1, run->report->folder);
    }
    return TNAS_OK;
}

static void note_draws(const tnas_run *run, const tnas_draw_counts *draws)
{
    const double percent = draws->drawn > 0 ? 100.0 / (double)draws->drawn : 0;
    tnas_progress_note(run->progress,
                       "drawn %ld, pruned by SRAM %.1f %%, flash %.1f %%, latency %.1f %%; %ld fit",
                       draws->drawn, percent * (double)draws->over[TNAS_LIMIT_INDEX_SRAM],
                       percent * (double)draws->over[TNAS_LIMIT_INDEX_FLASH],
                       percent * (double)draws->over[TNAS_LIMIT_INDEX_LATENCY], draws->feasible);
}

tnas_status tnas_run_search(tnas_run *run)
{
    const tnas_search_config config = {
        .genes = &run->config->genes,
        .evolution = run->work.evolution,
        .seed = run->request->seed,
        .price = tnas_run_price,
        .price_context = run,
        .objective = {.validation_images = run->work.validation_images},
    };
    tnas_search *search;
    TNAS_TRY(tnas_search_create(&config, &search));
    const tnas_status status = search_loop(run, search);
    if (status == TNAS_OK) {
        const tnas_candidate *const best = tnas_search_best(search);
        run->winner_arch = best->arch;
        run->winner.accuracy_supernet = best->accuracy;
        run->winner.candidates = tnas_search_scored_count(search);
        run->winner.draws = *tnas_search_draws(search);
        tnas_arch_print(&run->config->genes, &best->arch, run->winner.arch);
        note_draws(run, &run->winner.draws);
    }
    tnas_search_destroy(search);
    return status;
}
