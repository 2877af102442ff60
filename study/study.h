/* A study: a folder that keeps all of a search.
 *
 *   study.db            what it is, candidates, winners (study/store.h)
 *   supernet.bin        trained weights, shared by all targets
 *   targets/N/model.tnm the winner's int8 model
 *   targets/N/finalist-K  of each finalist: float.tnm, model.tnm, trainings that were stopped
 *   targets/N/winner    the same of the winner's training with the validation images, if there is one
 *   *.ckpt              the supernet's training that was stopped
 *   lock                host and process of the writer
 * Data, space, preset and seed belong to the study; part, runtime and limits to a target. The
 * same target again prints its result; a new one reuses the supernet; other data or another
 * recipe is refused naming what differs. Every stage is a pure function of study and target, and
 * finished work is never done twice: a stopped search goes on at the training step or the
 * candidate where it was. */
#ifndef TNAS_STUDY_STUDY_H
#define TNAS_STUDY_STUDY_H

#include "common/progress.h"
#include "data/features.h"
#include "graph/model.h"
#include "search_space/space.h"
#include "study/preset.h"
#include "study/store.h"

/* An input size and a width of the space, as indices into its lists. */
typedef struct tnas_space_choice {
    bool given;
    int input, width;
} tnas_space_choice;

typedef struct tnas_search_request {
    const char *data; /* folder, file, archive or builtin:NAME */
    tnas_data_options data_options;
    const char *space;               /* name or file */
    const char *mcu;                 /* name or file */
    const char *runtime;             /* a runtime the profile has a latency model of */
    const char *preset;              /* NULL: the study's, for a new one "quick" */
    const tnas_overrides *overrides; /* fields that differ from the preset; NULL: none */
    const char *folder;              /* of the study; NULL: studies/<data>-<space> */
    tnas_space_choice choice;        /* given: in place of stage 1 */
    tnas_limits limits;              /* the part's own are applied on top */
    uint64_t seed;
    int threads;
    bool dry_run;          /* stop after the forecast */
    double budget_minutes; /* 0: none; else the counts follow from it (study/budget.h) */
    double (*clock_seconds)(void *context); /* of budget and forecast; NULL: the machine's */
    void *clock_context;
} tnas_search_request;

/* What is left to do, measured before it starts; 0 for what the study has already. */
typedef struct tnas_forecast {
    double supernet_seconds, search_seconds, finetune_seconds;
    double memory_bytes, disk_bytes;
} tnas_forecast;

/* What the command line prints. */
typedef struct tnas_search_report {
    char folder[TNAS_PATH_BYTES];
    int target_id; /* number of the target in the study */
    tnas_forecast forecast;
    tnas_search_target target; /* with the limits in force */
    tnas_winner winner;
    double clock_mhz;
    char latency_source[320]; /* "prior, 0 measurements (...)" or "8 rows, net out 2.1 %" */
    char region[32];          /* where the arena lies */
    /* Of a sound front end; features_flash_bytes 0: there is none. */
    size_t features_flash_bytes, features_scratch_bytes;
    tnas_front_end_time features_time;
    double macro_f1_int8; /* of the winner, on the test images */
    bool from_store;      /* the study already had the result */
} tnas_search_report;

/* How data are read for a space. One with input sizes chooses theirs: until it has, images come in
 * the smallest, which says all but the size. TNAS_ERR_USAGE when the options already say a size. */
tnas_status tnas_study_fit_options(const tnas_space *space, tnas_data_options *options);

/* Runs or resumes a search. TNAS_ERR_INFEASIBLE, before anything is written, when no network
 * of the space was found within the limits; the sentence has the nearest candidate, the
 * binding limit and by how much it is missed. */
tnas_status tnas_study_search(const tnas_search_request *request, const tnas_progress *progress,
                              tnas_search_report *report);

/* A finished study, read only. */
typedef struct tnas_study {
    char folder[TNAS_PATH_BYTES];
    char name[128]; /* last part of the folder */
    char data[TNAS_PATH_BYTES];
    tnas_data_options data_options;
    int target_id;
    tnas_winner winner;
    tnas_model *model; /* the winner's int8 model */
    char (*class_names)[TNAS_CLASS_NAME_BYTES];
    int class_count;
    tnas_affine affine;            /* what the bytes of the data set mean */
    tnas_sound_features *features; /* of sounds; NULL: none */
    uint8_t *vector_images;        /* [vector_count, h, w, c] u8 */
    int vector_count;
} tnas_study;

/* A finished target: number `target`, or with 0 the one that finished last, on this part when
 * mcu (a profile's name) is not NULL. */
tnas_status tnas_study_load(const char *folder, int target, const char *mcu, tnas_study **out);
void tnas_study_destroy(tnas_study *study);

bool tnas_is_study(const char *folder);

#endif
