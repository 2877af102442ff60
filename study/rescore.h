/* Rescoring: what a candidate is worth in int8.
 *
 * A network of the supernet keeps its inherited weights, gets batch-norm statistics of its own, is
 * folded, quantised with ranges of the calibration images and run by the host's int8 kernels,
 * whose bytes are plain C's. No weight is trained, so the figure chooses between networks; what is
 * reported comes from the finish. Private to study/ and to tools. */
#ifndef TNAS_STUDY_RESCORE_H
#define TNAS_STUDY_RESCORE_H

#include "common/pool.h"
#include "data/dataset.h"
#include "supernet/supernet.h"
#include "trainer/metric.h"

typedef struct tnas_rescorer {
    const tnas_supernet *supernet;
    tnas_engine *engine;
    tnas_pool *pool;
    const uint8_t *calibration_images;       /* at least as many as the counts below need */
    int recalibration_batches, batch_images; /* behind the batch-norm statistics */
    int range_images;                        /* behind the int8 ranges */
    const tnas_images *images;
    int image_count; /* the first of `images` are classified */
    tnas_metric metric;
} tnas_rescorer;

/* By the metric, 0..1; the same for any number of threads. */
tnas_status tnas_rescore(const tnas_rescorer *rescorer, const tnas_arch *arch, double *accuracy);

#endif
