/* Firmware that measures: networks as exported, and a loop that times every layer and prints the
 * CSV that `tinynas calibrate` reads (docs/measurements.md). Counter and console of the board are
 * three functions; there is a counter for Cortex-M, RISC-V and GAP8, and both for the emulated
 * board.
 *
 *   measure.h, measure.c, measure_models.c    the loop, and the table of what it runs
 *   measure_port_*.c                          the boards
 *   models/, runtime/                         the networks and their kernels
 *   emulated/, Makefile, manifest.txt         `make run` on an emulated Cortex-M7 */
#ifndef TNAS_EXPORT_MEASURE_H
#define TNAS_EXPORT_MEASURE_H

#include "estimators/mcu.h"
#include "quant/image.h"

typedef struct tnas_measure_network {
    const char *name; /* as the CSV names it */
    const tnas_image *image;
} tnas_measure_network;

typedef struct tnas_measure_options {
    const char *folder; /* as an export's: created or replaced as a whole */
    const tnas_mcu *mcu;
    const char *runtime, *version;        /* what the CSV says that was measured */
    const tnas_measure_network *networks; /* [network_count], all of one variant */
    int network_count;
} tnas_measure_options;

tnas_status tnas_export_measure(const tnas_measure_options *options);

#endif
