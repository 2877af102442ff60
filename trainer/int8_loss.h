/* What int8 costs a network, layer by layer: one layer at a time is put on its int8 grids, weights
 * and output, while the rest computes in float, and the answers are compared with those of the
 * float network. The layers at fault stand out by tens of decibels. */
#ifndef TNAS_TRAINER_INT8_LOSS_H
#define TNAS_TRAINER_INT8_LOSS_H

#include "data/dataset.h"
#include "graph/model.h"
#include "nn/engine.h"
#include "quant/convert.h"

typedef struct tnas_int8_loss {
    int op;
    char name[48];          /* "conv2d 3x3, 16" */
    double sqnr_db;         /* of the logits, with this layer alone in int8 */
    double weights_sqnr_db; /* with its weights alone, its output in float */
    double accuracy;        /* with this layer alone in int8 */
} tnas_int8_loss;

#endif
