/* Board measurements beside what a part's latency models predict: what `tinynas compare` prints. */
#ifndef TNAS_CLI_COMPARED_H
#define TNAS_CLI_COMPARED_H

#include "cli/board_rows.h"
#include "estimators/compare.h"

typedef struct tnas_compared {
    tnas_mcu *mcu;
    char runtime[TNAS_RUNTIME_BYTES];
    int model_count;
    const tnas_latency_model *models[TNAS_MCU_MODELS_MAX]; /* of the runtime, newest first */
    tnas_measurements rows;
    tnas_compared_row *compared; /* [summary.all.n] */
    tnas_comparison summary;
} tnas_compared;

/* What --mcu, --runtime, --runtime-version, --measurements and --graphs say. Release with
 * tnas_compared_destroy. */
tnas_status tnas_compared_load(const tnas_arguments *arguments, tnas_compared **out);
void tnas_compared_destroy(tnas_compared *compared);

#endif
