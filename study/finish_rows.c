#include "study/finish_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VECTOR_COUNT = 8 };

tnas_status tnas_finish_describe(tnas_run *run, int index, tnas_finalist *out)
{
    tnas_cost cost;
    TNAS_TRY(tnas_run_price(run, &run->finalists[index].arch, &cost));
    *out = (tnas_finalist){
        .id = index + 1,
        .candidate = run->finalists[index].candidate,
        .accuracy_supernet = run->finalists[index].accuracy_supernet,
        .validation_float = NAN,
        .validation_int8 = NAN,
        .test_float = NAN,
        .test_int8 = NAN,
        .macs = cost.macs,
        .flash_bytes = cost.footprint.flash_bytes,
        .sram_bytes = cost.footprint.sram_bytes,
        .stack_bytes = cost.footprint.stack_bytes,
        .has_latency = cost.has_latency,
        .latency_ms = cost.latency_ms,
        .latency_low_ms = cost.latency_low_ms,
        .latency_high_ms = cost.latency_high_ms,
        .latency_upper_ms = cost.latency_upper_ms,
    };
    tnas_arch_print(&run->config->genes, &run->finalists[index].arch, out->arch);
    snprintf(out->model, sizeof out->model, "targets/%d/finalist-%d/model.tnm", run->target_id,
             index + 1);
    return TNAS_OK;
}

tnas_status tnas_finish_store_finalist(tnas_run *run, const tnas_finalist *row,
                                       const tnas_finished *network)
{
    TNAS_TRY(tnas_db_begin(run->db));
    TNAS_TRY(tnas_db_put_finalist(run->db, run->target_id, row));
    for (int i = 0; i < network->loss_count; i++) {
        const tnas_int8_loss *const l = &network->losses[i];
        tnas_layer_loss loss = {
            .layer = l->op, .sqnr_db = l->sqnr_db, .accuracy = l->accuracy, .before_tuning = true};
        snprintf(loss.name, sizeof loss.name, "%s", l->name);
        TNAS_TRY(tnas_db_put_layer_loss(run->db, run->target_id, row->id, &loss));
    }
    return tnas_db_commit(run->db);
}

static void describe_winner(tnas_run *run, const tnas_finalist *row)
{
    tnas_winner *const winner = &run->winner;
    snprintf(winner->mcu, sizeof winner->mcu, "%s", run->target.mcu);
    snprintf(winner->profile, sizeof winner->profile, "%s", run->target.profile);
    snprintf(winner->runtime, sizeof winner->runtime, "%s", run->target.runtime);
    tnas_winner_take_finalist(winner, row);
    winner->seconds = tnas_budget_spent_seconds(run);
}

static tnas_status store_vectors(tnas_run *run)
{
    const tnas_images *const validation = &run->dataset->validation;
    const size_t image_bytes =
        (size_t)run->dataset->h * (size_t)run->dataset->w * (size_t)run->dataset->c;
    for (int i = 0; i < VECTOR_COUNT && i < validation->count; i++)
        TNAS_TRY(tnas_db_put_vector(run->db, run->target_id, i,
                                    validation->pixels + (size_t)i * image_bytes, image_bytes));
    return TNAS_OK;
}

tnas_status tnas_finish_store_winner(tnas_run *run, tnas_finishing *f)
{
    tnas_finalist *const chosen = &f->rows[f->chosen];
    char path[TNAS_PATH_BYTES];
    chosen->chosen = true;
    snprintf(chosen->model, sizeof chosen->model, "targets/%d/model.tnm", run->target_id);
    TNAS_TRY(tnas_path_join(path, run->report->folder, chosen->model));
    TNAS_TRY(tnas_model_save(f->networks[f->chosen].model, path));
    TNAS_TRY(tnas_db_begin(run->db));
    for (int i = 0; i < run->finalist_count; i++)
        TNAS_TRY(tnas_db_put_finalist(run->db, run->target_id, &f->rows[i]));
    TNAS_TRY(tnas_db_put_confusion(run->db, run->target_id, chosen->id, f->confusion,
                                   run->dataset->class_count));
    TNAS_TRY(store_vectors(run));
    describe_winner(run, chosen);
    TNAS_TRY(tnas_db_put_winner(run->db, run->target_id, &run->winner));
    return tnas_db_commit(run->db);
}
