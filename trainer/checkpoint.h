/* A checkpoint: a training that was interrupted between two steps, in a file.
 *
 * Batches, rates and networks are functions of the step, so the step and the arrays that
 * updates change are all there is to remember. The file also says what training it belongs
 * to, and serves no other. */
#ifndef TNAS_TRAINER_CHECKPOINT_H
#define TNAS_TRAINER_CHECKPOINT_H

#include "trainer/identity.h"

/* Weights, the optimiser's states, the average. */
#define TNAS_CHECKPOINT_ARRAYS_MAX 4

typedef struct tnas_checkpoint {
    const tnas_identity *identity;
    int array_count;
    size_t value_count;
    float *arrays[TNAS_CHECKPOINT_ARRAYS_MAX]; /* [array_count, value_count], borrowed */
    int64_t step;                              /* steps done */
    double loss, right;                        /* smoothed, of the progress */
} tnas_checkpoint;

/* Writes the file entirely or not at all; takes no memory. */
tnas_status tnas_checkpoint_save(const char *path, const tnas_checkpoint *checkpoint);

/* Fills step, loss, right and the arrays; identity and counts are given. Fails with
 * TNAS_ERR_INPUT on a damaged file, on one of another training, and on one whose step is not
 * below `steps`; everything is then as it was. */
tnas_status tnas_checkpoint_load(const char *path, int64_t steps, tnas_checkpoint *checkpoint);

#endif
