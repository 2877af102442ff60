/* The predictor: a small network that guesses the accuracy of an architecture from its genes.
 *
 * Inputs are a one-hot of every active gene's choice; an inactive gene is zeros. Three hidden
 * layers of ReLU give a correction of the mean accuracy (Cai et al., "Once-for-All", ICLR 2020). A
 * fit starts from scratch and is a pure function of samples and seed, on one machine: whoever
 * replays the samples has the same predictor.
 *
 * It knows how wrong it is: a fit is first made without a fifth of the samples, whose error and
 * rank correlation are reported, then again with all of them. */
#ifndef TNAS_NAS_PREDICTOR_H
#define TNAS_NAS_PREDICTOR_H

#include "search_space/genes.h"

typedef struct tnas_predictor tnas_predictor;

typedef struct tnas_scored_arch {
    tnas_arch arch;
    double accuracy; /* 0..1 */
} tnas_scored_arch;

/* What a fit learned from and how wrong it was about samples that it had not seen. */
typedef struct tnas_predictor_report {
    int samples, held_out;
    int inputs, weights;      /* of the network */
    double rmse;              /* of accuracies 0..1 */
    double baseline_rmse;     /* of guessing the mean accuracy of the others */
    double spearman, kendall; /* held-out accuracies against their predictions; 0: none */
} tnas_predictor_report;

/* genes is borrowed. */
tnas_status tnas_predictor_create(const tnas_gene_table *genes, tnas_predictor **out);
void tnas_predictor_destroy(tnas_predictor *predictor);

/* Below this many samples there is nothing to hold out. */
enum { TNAS_PREDICTOR_SAMPLES_MIN = 10 };

/* Forgets what it knew. TNAS_ERR_USAGE with fewer samples than the least. */
tnas_status tnas_predictor_fit(tnas_predictor *predictor, const tnas_scored_arch *samples,
                               int count, uint64_t seed, tnas_predictor_report *report);

/* accuracies [count], within 0..1. Only after a fit. */
void tnas_predictor_predict(const tnas_predictor *predictor, const tnas_arch *archs, int count,
                            double *accuracies);

#endif
