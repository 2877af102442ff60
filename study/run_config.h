/* A run configuration: what a search is asked for, as a file ("tinynas-run" version 1,
 * docs/formats.md). Users write one to keep a search; a study prints the one that reproduces it. */
#ifndef TNAS_STUDY_RUN_CONFIG_H
#define TNAS_STUDY_RUN_CONFIG_H

#include "study/study.h"

typedef struct tnas_run_config {
    /* "": not said */
    char data[TNAS_PATH_BYTES], space[TNAS_PATH_BYTES], mcu[TNAS_PATH_BYTES];
    char runtime[48], preset[24];
    tnas_data_options data_options; /* what is not said is the default */
    tnas_limits limits;             /* as tnas_limits: SIZE_MAX and INFINITY for none */
    bool has_seed;
    uint64_t seed;
    double budget_minutes; /* 0: none */
    tnas_space_choice choice;
    tnas_overrides overrides;
} tnas_run_config;

/* Says nothing and limits nothing. */
void tnas_run_config_init(tnas_run_config *config);

/* `name`: a file, or NAME of configs/runs/NAME.json. TNAS_ERR_INPUT naming file, key and rule. */
tnas_status tnas_run_config_load(const char *name, tnas_run_config *out);

/* The file's text. Release *text with tnas_free. */
tnas_status tnas_run_config_print(const tnas_run_config *config, char **text);

/* The effective configuration of a target (0: the one that finished last, else the first): every
 * count as it was in force. A search with it makes the same candidates, winner and model. */
tnas_status tnas_run_config_of_study(const char *folder, int target, tnas_run_config *out);

#endif
