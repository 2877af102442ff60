/* The Pareto front of error, latency, SRAM and flash, all to be small.
 *
 * A candidate dominates another when it is nowhere worse and somewhere better; the front is what
 * nothing dominates. Where a part has no latency model, latency is 0 for all and decides
 * nothing. */
#ifndef TNAS_NAS_FRONT_H
#define TNAS_NAS_FRONT_H

#include "nas/candidate.h"

/*  name     text       value of a candidate c */
#define TNAS_FRONT_AXES(X)                                                                         \
    X(ERROR, "error", 1 - c->accuracy)                                                             \
    X(LATENCY, "latency", c->cost.has_latency ? c->cost.latency_ms : 0)                            \
    X(SRAM, "SRAM", (double)c->cost.footprint.sram_bytes)                                          \
    X(FLASH, "flash", (double)c->cost.footprint.flash_bytes)

enum {
#define TNAS_AXIS_ENUM(name, text, value) TNAS_AXIS_##name,
    TNAS_FRONT_AXES(TNAS_AXIS_ENUM)
#undef TNAS_AXIS_ENUM
        TNAS_AXIS_COUNT
};

typedef struct tnas_point {
    double at[TNAS_AXIS_COUNT];
} tnas_point;

tnas_point tnas_point_of(const tnas_candidate *c);
bool tnas_point_dominates(const tnas_point *a, const tnas_point *b);

/* The measured candidates that no measured one dominates, as indices, most accurate first; among
 * equally accurate ones in the order of their indices. Release *front with tnas_free. */
tnas_status tnas_front_find(const tnas_candidate *candidates, int count, int **front,
                            int *front_count);

#endif
