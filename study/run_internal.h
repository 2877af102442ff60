/* What the stages of a search share. Private to study/. */
#ifndef TNAS_STUDY_RUN_INTERNAL_H
#define TNAS_STUDY_RUN_INTERNAL_H

#include "quant/image.h"
#include "study/budget.h"
#include "study/progress_file.h"
#include "study/study.h"

/* What was measured of this machine and this space. */
typedef struct tnas_speeds {
    double supernet_step_seconds;
    double judged_seconds;        /* a candidate by inherited weights */
    double finetune_step_seconds; /* a step of finetune.steps and its share of the teacher's, for
                                     all finalists */
} tnas_speeds;

typedef struct tnas_run {
    const tnas_search_request *request;
    const tnas_progress *progress; /* writes progress.json, forwards to the caller's */
    tnas_progress_file progress_file;
    tnas_search_report *report;
    double started_seconds; /* since when the time is not yet in spent_seconds */
    double spent_seconds;   /* on the target, in all runs */

    /* inputs.c */
    tnas_dataset *dataset;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_space space;
    char space_file[TNAS_PATH_BYTES];
    tnas_estimator estimator;
    tnas_front_end front_end; /* what estimator.front_end points at, where the data are sounds */
    tnas_search_target target;
    tnas_pool *pool;

    /* settings.c */
    char preset[24];
    tnas_plan_of_work work;
    tnas_engine *engine;

    /* forecast.c */
    tnas_speeds speeds;
    double search_deadline_seconds; /* budget.c */

    /* stage_space.c */
    int input, width; /* the chosen option of the space */
    tnas_space_config *config;

    /* open.c */
    int lock_file;
    tnas_store_db *db;
    int target_id;
    char supernet_path[TNAS_PATH_BYTES];

    /* stage_supernet.c */
    tnas_supernet *supernet;
    uint8_t *calibration_images; /* a sample of train: what judging or calibration needs */

    /* stage_search.c */
    struct {
        tnas_arch arch;
        int candidate; /* its number in the store */
        double accuracy_supernet;
    } finalists[TNAS_FINALISTS_MAX]; /* the objective's order */
    int finalist_count;
    tnas_winner winner;
} tnas_run;

/* The stages, in order. */
tnas_status tnas_run_open_inputs(tnas_run *run);
/* The counts: preset, overrides, and of an existing study what it was made with. */
tnas_status tnas_run_plan_work(tnas_run *run, bool exists);
tnas_status tnas_run_choose_space(tnas_run *run); /* of a new study: stage 1 */
/* Of an existing study, whose supernet serves no other option of the space, and of a new one whose
 * option is asked for. `where` names the option where nothing fits: ", at width 0.5, ...,". */
tnas_status tnas_run_configure(tnas_run *run, int input, int width, const char *where);
/* Locks and opens the study when its folder has one; with `create` makes folder and file first. A
 * dry run only looks.
 * *exists: it was completely made before. Attaching again only looks again. */
tnas_status tnas_run_attach(tnas_run *run, bool create, bool *exists);
tnas_status tnas_run_create_study(tnas_run *run);
tnas_status tnas_run_open_study(tnas_run *run);
tnas_status tnas_run_add_target(tnas_run *run);
tnas_status tnas_run_forecast(tnas_run *run);
/* What the front of so many measured candidates will take in int8, once the speeds are measured. */
double tnas_run_rescoring_seconds(const tnas_run *run, double measured);
tnas_status tnas_run_supernet(tnas_run *run);
tnas_status tnas_run_search(tnas_run *run);
tnas_status tnas_run_finish(tnas_run *run);

/* Fits tnas_price_fn with a tnas_run as context. */
tnas_status tnas_run_price(void *run, const tnas_arch *arch, tnas_cost *cost);

/* What the target's candidates are compared by. */
tnas_objective tnas_run_objective(const tnas_run *run, int image_count);

/* How a candidate is judged: batch-norm statistics from the calibration images, accuracy on
 * the first `validation_images` validation images. */
tnas_status tnas_run_sample_calibration(tnas_run *run);
tnas_status tnas_run_judge(tnas_run *run, const tnas_net *net, const tnas_store *store,
                           const tnas_images *images, int image_count, double *accuracy);

#endif
