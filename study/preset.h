/* Presets: how much work a search does, as counts, never as time, so that the same seed gives
 * the same bytes on a slow machine and on a fast one. */
#ifndef TNAS_STUDY_PRESET_H
#define TNAS_STUDY_PRESET_H

#include "study/work.h"

/*  preset     super-  super-  fine-  fine-  popu-  par-  gene-   vali-   stage-1
 *             steps   epochs  steps  epochs lation ents  rations dation  samples
 *             steps: at most; epochs: at most, for small data sets */
#define TNAS_PRESETS(X)                                                                            \
    X(smoke, 60, 2, 60, 2, 8, 4, 2, 200, 100)                                                      \
    X(quick, 2500, 8, 3000, 10, 24, 8, 5, 3000, 1000)                                              \
    X(standard, 6000, 40, 6000, 40, 100, 20, 10, 3000, 1000)                                       \
    X(thorough, 24000, 120, 24000, 120, 100, 20, 30, 5000, 1000)

typedef struct tnas_preset {
    const char *name;
    int supernet_steps_max, supernet_epochs_max;
    int finetune_steps_max, finetune_epochs_max;
    int population, parents, generations;
    int validation_images_max;
    int space_samples;
} tnas_preset;

/* NULL when there is none of that name. */
const tnas_preset *tnas_preset_find(const char *name);

/* The plan of work of a preset for a data set of this size. */
void tnas_preset_resolve(const tnas_preset *preset, int train_count, int validation_count,
                         tnas_plan_of_work *out);

#endif
