/* A study's target: what one search was asked for. The supernet belongs to the study (data,
 * space, recipe, seed); each target adds a search and a winner of its own on top of it. */
#ifndef TNAS_STUDY_SEARCH_TARGET_H
#define TNAS_STUDY_SEARCH_TARGET_H

#include <stdint.h>

#include "common/io.h"
#include "estimators/estimate.h"

typedef struct tnas_search_target {
    char mcu[64], runtime[48];
    char profile[TNAS_PATH_BYTES]; /* file of the part's profile */
    uint64_t rules_hash;           /* of the profile's and the code sizes' bytes */
    tnas_limits limits;
    uint64_t work_hash;    /* of the counts that belong to the target (study/work.h) */
    double budget_minutes; /* that may lower the counts; 0: none */
} tnas_search_target;

/* "stm32h743-0123456789abcdef/tinynas/flash=49152-0/sram=32768-0/latency=30@upper/work=0123..."
 * and, with a budget, "/budget=10": the rules' hash, limits and reserves in bytes, the counts'
 * hash. A changed profile is another target. Equal targets have equal keys; the key of the study's
 * target table. */
#define TNAS_TARGET_KEY_BYTES 384
void tnas_search_target_key(const tnas_search_target *target, char out[TNAS_TARGET_KEY_BYTES]);

#endif
