/* The processor cores that code is measured and built for: compiler, flags, emulated board. The
 * list is estimators/device_cores.def; an export's Makefile and scripts/codesize.sh use the same
 * rows, so that measured bytes are those of the firmware. */
#ifndef TNAS_ESTIMATORS_DEVICE_CORES_H
#define TNAS_ESTIMATORS_DEVICE_CORES_H

#include <stdbool.h>

typedef struct tnas_device_core {
    const char *name;    /* "cortex-m7" */
    const char *words;   /* in a profile's `core`: "Cortex-M7" */
    const char *cross;   /* "arm-none-eabi-" */
    const char *flags;   /* core and common flags, one space between two */
    const char *folders; /* variants below runtime/, one space between two */
    const char *board;   /* of QEMU, that executes the core's code */
    bool stand_in;       /* another compiler builds for the core: sizes are estimates */
} tnas_device_core;

int tnas_device_core_count(void);
const tnas_device_core *tnas_device_core_at(int index);

/* The first whose words are in `core`, without case. An unknown core, and NULL, is taken as a
 * Cortex-M7. */
const tnas_device_core *tnas_device_core_of(const char *core);

/* Does code built for `device` have the size that it has on `core`? */
bool tnas_device_core_is_exact(const tnas_device_core *device, const char *core);

#endif
