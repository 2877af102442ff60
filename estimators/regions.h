/* Where an arena may lie: the memories of a part in the order of its profile.
 *
 * An arena is one piece. It takes a region that holds it, or runs on through regions that the
 * profile says are joined, which is to say follow each other in address. When the profile allows
 * two pieces, a runtime that can keep tensors in two places (tnas_target.splits_arena) may use
 * two regions that are not neighbours. */
#ifndef TNAS_ESTIMATORS_REGIONS_H
#define TNAS_ESTIMATORS_REGIONS_H

#include "estimators/mcu.h"

typedef struct tnas_arena_place {
    size_t bytes;       /* room */
    size_t first_bytes; /* room of the first of two pieces; 0: it is one piece */
    bool fits;
    char text[96]; /* "AXI SRAM", "DTCM to SRAM1", "AXI SRAM and SRAM1 to SRAM3" */
} tnas_arena_place;

/* The place for `bytes`: the first region of the profile that holds them; else the first run of
 * joined regions; else two pieces, if profile and may_split allow; else the largest place, which
 * does not fit. */
void tnas_arena_place_find(const tnas_mcu *mcu, size_t bytes, bool may_split,
                           tnas_arena_place *out);

/* Room of the largest place. */
size_t tnas_arena_room(const tnas_mcu *mcu, bool may_split);

/* Room of the larger of two pieces: beyond it an arena must be split. */
size_t tnas_arena_first_room(const tnas_mcu *mcu);

#endif
