/* A place to try searches: a supernet of Fashion-MNIST that is trained once and kept in a file, and
 * the accuracies of its networks, each judged once and kept in another.
 *
 * A space at one of its widths; recipe, batches and images as the preset quick has them.
 * Accuracies are of inherited weights with batch-norm statistics of their own, on the first 2,000
 * validation images. */
#ifndef TNAS_TOOLS_RECIPES_SEARCH_LAB_H
#define TNAS_TOOLS_RECIPES_SEARCH_LAB_H

#include <stdio.h>

#include "data/dataset.h"
#include "nas/search.h"
#include "study/preset.h"
#include "supernet/supernet.h"

typedef struct search_lab {
    tnas_dataset *dataset;
    tnas_space space;
    tnas_space_config *config;
    tnas_mcu *mcu;
    tnas_code_sizes sizes;
    tnas_estimator estimator;
    tnas_plan_of_work work;
    tnas_pool *pool;
    tnas_engine *engine;
    tnas_supernet *supernet;
    uint8_t *calibration_images;
    int validation_images;
    FILE *journal; /* "hash accuracy genes" lines; NULL: nothing is kept */
    struct judged {
        uint64_t key;
        tnas_arch arch;
        double accuracy;
    } * known; /* in the order of judging */
    int known_count, known_capacity;
    tnas_predictor *imitation;           /* answers instead of the supernet; NULL: it does not */
    double noise;                        /* what an imitation adds, its own error */
    long judged;                         /* networks judged here, not read from the journal */
    double judge_seconds, price_seconds; /* spent so far */
} search_lab;

/* Figures about searches are of a space of their own, so that shipped spaces may change. */
#define SEARCH_LAB_SPACE "tools/recipes/search_lab_space.json"
/* space: a shipped one's name, or a file. width: index of its widths; SEARCH_LAB_WIDEST. folder:
 * where supernet.bin is or will be. keep: read and write the journal of accuracies there. */
#define SEARCH_LAB_WIDEST (-1)
tnas_status search_lab_open(const char *data, const char *folder, const char *space, int width,
                            int threads, bool keep, search_lab *lab);
void search_lab_close(search_lab *lab);

/* Fits tnas_price_fn with a search_lab as context. */
tnas_status search_lab_price(void *lab, const tnas_arch *arch, tnas_cost *cost);
tnas_status search_lab_judge(search_lab *lab, const tnas_arch *arch, double *accuracy);
/* On the validation images that judging leaves aside; in the journal under the hash inverted. */
tnas_status search_lab_confirm(search_lab *lab, const tnas_arch *arch, double *accuracy);

/* From now on judging and confirming ask a formula: a predictor fitted to everything the lab knows,
 * whose error, as held-out samples have it, is added as a normal deviate of the architecture's hash
 * when judging and is missing when confirming. For questions that would take thousands of
 * measurements. */
tnas_status search_lab_imitate(search_lab *lab, tnas_predictor_report *report);

/* A search with these numbers on the lab's space, part and images. */
tnas_search_config search_lab_config(search_lab *lab, tnas_strategy strategy,
                                     const tnas_evolution *evolution, uint64_t seed);
/* To the end, or until `measured_max` > 0 are measured. Destroy *out. */
tnas_status search_lab_run(search_lab *lab, const tnas_search_config *config, int measured_max,
                           tnas_search **out);

#endif
