/* The price of a graph on a part: flash, SRAM, latency with interval, and whether it fits. */
#ifndef TNAS_ESTIMATORS_ESTIMATE_H
#define TNAS_ESTIMATORS_ESTIMATE_H

#include <math.h>
#include <stdint.h>

#include "estimators/footprint.h"
#include "estimators/mcu.h"

/* A limit is for the network and the reserve together. */
typedef struct tnas_limits {
    size_t flash_bytes, sram_bytes;                 /* SIZE_MAX: no limit */
    double latency_ms;                              /* INFINITY: no limit */
    size_t reserve_flash_bytes, reserve_sram_bytes; /* kept for the application */
    bool latency_at_mean; /* test the mean instead of the one-sided 90 % upper end */
} tnas_limits;

#define TNAS_LIMITS_NONE                                                                           \
    ((tnas_limits){.flash_bytes = SIZE_MAX, .sram_bytes = SIZE_MAX, .latency_ms = INFINITY})

/*  bit       text */
#define TNAS_LIMIT_KINDS(X) X(FLASH, "flash") X(SRAM, "SRAM") X(LATENCY, "latency")
enum {
#define TNAS_LIMIT_ENUM(name, text) TNAS_LIMIT_INDEX_##name,
    TNAS_LIMIT_KINDS(TNAS_LIMIT_ENUM)
#undef TNAS_LIMIT_ENUM
        TNAS_LIMIT_COUNT
};
#define TNAS_LIMIT_FLASH   (1u << TNAS_LIMIT_INDEX_FLASH)
#define TNAS_LIMIT_SRAM    (1u << TNAS_LIMIT_INDEX_SRAM)
#define TNAS_LIMIT_LATENCY (1u << TNAS_LIMIT_INDEX_LATENCY)

/* All that pricing needs; read-only, shared by threads. */
typedef struct tnas_estimator {
    const tnas_mcu *mcu;
    const tnas_runtime *runtime;
    const tnas_latency_model *latency; /* NULL: the profile has none for this runtime */
    const tnas_code_sizes *sizes;      /* NULL: the runtime brings its own code bytes */
    tnas_limits limits;                /* the part's own memories are applied on top */
    const tnas_front_end *front_end;   /* of sound features; NULL: none. With our runtime alone */
    size_t code_bytes; /* instead of those of a runtime that has a constant; 0: the runtime's */
    size_t wide_bytes; /* what constants may grow by for wider weights (graph/widen.h) */
} tnas_estimator;

typedef struct tnas_cost {
    tnas_footprint footprint;
    int64_t macs;
    bool has_latency;
    /* At the part's clock, which need not be that of the measurements. */
    double latency_ms, latency_low_ms, latency_high_ms, latency_upper_ms;
    tnas_front_end_time front_end; /* its part of the latency; 0: none */
    unsigned over;                 /* TNAS_LIMIT_* bits that are exceeded; 0: fits */
    double overshoot;              /* largest of value / limit over the limits; <= 1 fits */
} tnas_cost;

/* Fills limits from the part: flash, and the largest place for the runtime's arena
 * (estimators/regions.h). Narrower ones stay. */
void tnas_limits_clip(const tnas_mcu *mcu, const tnas_runtime *runtime, tnas_limits *limits);

/* Schedules, plans and prices; no heap. Fails when the target cannot run an operator, when
 * the size table lacks a kernel, and when a latency limit meets a part without a model. */
tnas_status tnas_estimate(const tnas_estimator *estimator, const tnas_graph *graph, tnas_cost *out);

/* Sets wide_bytes: "int8" 0, "int16" without limit, "auto" to the flash that the limits leave. */
tnas_status tnas_estimator_choose_weights(tnas_estimator *estimator, const tnas_graph *graph,
                                          const char *weights);

/* The value and the limit behind one TNAS_LIMIT_INDEX_*, reserve included; bytes or ms. */
double tnas_cost_value(const tnas_cost *cost, const tnas_limits *limits, int limit_index);
double tnas_limit_value(const tnas_limits *limits, int limit_index); /* INFINITY: no limit */

const char *tnas_limit_text(int limit_index);

#endif
