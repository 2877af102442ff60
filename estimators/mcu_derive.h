/* A user's own part, made from a profile of its kin. */
#ifndef TNAS_ESTIMATORS_MCU_DERIVE_H
#define TNAS_ESTIMATORS_MCU_DERIVE_H

#include "estimators/mcu.h"

/* What is known of the new part; 0 or NULL: as its kin. */
typedef struct tnas_mcu_change {
    const char *name, *part;
    double clock_mhz;
    size_t flash_bytes;
    size_t sram_bytes; /* of one piece, which takes the place of the kin's regions */
} tnas_mcu_change;

/* Latency models keep their coefficients, which are cycles, and become priors: no row of the
 * new part has been measured, so their intervals are those of docs/latency-model.md for a kin
 * without measurements, wider when the clock is another. Texts must be free of quotes, backslashes
 * and control characters, as in every profile. */
tnas_status tnas_mcu_derive(const tnas_mcu *kin, const tnas_mcu_change *change, tnas_mcu **out);

#endif
