/* The twin: a float network that computes what its int8 model computes.
 *
 * Batch norm is folded. Weights and biases are those that the converter makes, tensors are rounded
 * to the int8 grids that it chooses (nn/net.h), so that the twin's answers are the exported
 * network's, but for rounding of ties. Scale of tensors follow from ranges, which the caller owns.
 */
#ifndef TNAS_TRAINER_TWIN_H
#define TNAS_TRAINER_TWIN_H

#include "graph/model.h"
#include "nn/engine.h"
#include "quant/convert.h"

typedef struct tnas_twin {
    tnas_net *net; /* with grids */
    tnas_grids *grids;
    float *fractions;    /* of the grids */
    tnas_store *rounded; /* what the int8 weights are worth */
    tnas_store *store;   /* float weights, and behind them two slots for ranges (below) */
    tnas_model *model;   /* float, folded: where weights pass to the converter */
    tnas_model *worth;   /* and back */
} tnas_twin;

/* Of a folded float model. */
tnas_status tnas_twin_init(tnas_twin *twin, const tnas_model *folded, const tnas_range *ranges);
void tnas_twin_deinit(tnas_twin *twin);

/* The ranges are values of the store, so that checkpoints and averages hold them: the smallest and
 * largest value of each tensor [tensors], and the share of them that the grid covers. */
void tnas_twin_ranges(const tnas_twin *twin, const tnas_store *store, tnas_range *ranges);
/* Moves the ranges of tensors that were seen a share of the way there. */
void tnas_twin_follow(const tnas_twin *twin, tnas_store *store, const tnas_seen_range *seen,
                      double share);
/* Grids cover so much of the range of a tensor, beyond it they saturate: 0..1. */
void tnas_twin_clip(const tnas_twin *twin, int tensor, float covered);

/* The int8 model of the store, and in `rounded` and `grids` what it computes. */
tnas_status tnas_twin_round(tnas_twin *twin, const tnas_store *store, tnas_model **model);

#endif
