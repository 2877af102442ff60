/* A study's target: what one search was asked for. The supernet belongs to the study (data,
 * space, recipe, seed); each target adds a search and a winner of its own on top of it. */
#ifndef TNAS_STUDY_SEARCH_TARGET_H
#define TNAS_STUDY_SEARCH_TARGET_H

#include "estimators/estimate.h"

typedef struct tnas_search_target {
    char mcu[64], runtime[48];
    tnas_limits limits;
} tnas_search_target;

/* "stm32h743/tinynas/flash=49152-0/sram=32768-0/latency=30@upper": limit and reserve in bytes.
 * Equal targets have equal keys; the key of the study's target table. */
#define TNAS_TARGET_KEY_BYTES 320
void tnas_search_target_key(const tnas_search_target *target, char out[TNAS_TARGET_KEY_BYTES]);

#endif
