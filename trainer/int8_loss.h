/* What int8 costs a network, layer by layer: one layer at a time is put on its int8 grids, weights
 * and output, while the rest computes in float, and the answers are compared with those of the
 * float network. The layers at fault stand out by tens of decibels. */
#ifndef TNAS_TRAINER_INT8_LOSS_H
#define TNAS_TRAINER_INT8_LOSS_H

#include "data/dataset.h"
#include "trainer/twin.h"

typedef struct tnas_int8_loss {
    int op;
    char name[48];          /* "conv2d 3x3, 16" */
    double sqnr_db;         /* signal to noise of the logits, with this layer alone in int8 */
    double weights_sqnr_db; /* with its weights alone; NAN: it has none */
    double output_sqnr_db;  /* with its output alone */
    double accuracy;        /* with this layer alone in int8 */
} tnas_int8_loss;

/* Layers that only pass their input's grid on, as poolings do, are left out. losses has room for
 * TNAS_GRAPH_OPS_MAX. The twin has been rounded, and is left so. Sees the first `image_count`
 * images. */
tnas_status tnas_int8_losses(tnas_engine *engine, tnas_twin *twin, const tnas_images *images,
                             int image_count, tnas_int8_loss *losses, int *loss_count);

/* Lets tensors saturate whose range spoils them: of the layers whose output alone leaves less than
 * `below_db`, the share of the range, by powers of two, that leaves most is covered from now on.
 * `calibration` [image_count, h, w, c]. *clipped: how many tensors were. The twin is to be rounded
 * again. */
tnas_status tnas_int8_clip(tnas_engine *engine, tnas_twin *twin, const uint8_t *calibration,
                           int image_count, const tnas_int8_loss *losses, int loss_count,
                           double below_db, int *clipped);

#endif
