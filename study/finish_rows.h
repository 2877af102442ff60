/* What the finish of a target leaves in the store. Private to study/. */
#ifndef TNAS_STUDY_FINISH_ROWS_H
#define TNAS_STUDY_FINISH_ROWS_H

#include "study/run_internal.h"

/* The finalists of a target on their way: [run->finalist_count]. */
typedef struct tnas_finishing {
    tnas_finalist *rows;
    tnas_finished *networks;
    int chosen;
    int *confusion; /* of the chosen one on the test images: [label][answer] */
} tnas_finishing;

/* Everything of finalist `index` that is known before it is trained: its costs, its model's file.
 */
tnas_status tnas_finish_describe(tnas_run *run, int index, tnas_finalist *out);

/* The row and what int8 costs its layers. Its model's file is there. */
tnas_status tnas_finish_store_finalist(tnas_run *run, const tnas_finalist *row,
                                       const tnas_finished *network);

/* The winner's model, then in one transaction the finalists' test results, the winner's confusion
 * and test vectors, and the row that says that the target is finished. Fills run->winner. */
tnas_status tnas_finish_store_winner(tnas_run *run, tnas_finishing *f);

#endif
