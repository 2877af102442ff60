/* What nn/engine.c (training) and nn/evaluate.c share. */
#ifndef TNAS_NN_ENGINE_INTERNAL_H
#define TNAS_NN_ENGINE_INTERNAL_H

#include "nn/engine.h"
#include "nn/layout.h"

/* Memory that only grows, so that a step after the first finds what it needs. */
typedef struct tnas_reserve {
    float *floats;
    size_t count;
} tnas_reserve;

struct tnas_engine {
    tnas_pool *pool;
    int shards, threads;
    const tnas_kernels *kernels;
    tnas_layout *layouts;      /* [TNAS_UNITS_MAX] of the current call */
    tnas_reserve *blocks;      /* [threads]: what the pass of a worker needs */
    tnas_reserve shard_grads;  /* [shards, value_count] */
    tnas_reserve shared;       /* results that tasks leave for the caller of the pool */
    int *correct;              /* [threads] */
    tnas_unit_result *results; /* [shards, TNAS_UNITS_MAX], losses summed */
};

/* Makes the reserve hold at least `count` floats; what it held is lost when it grows. */
tnas_status tnas_reserve_ensure(tnas_reserve *reserve, size_t count, const char *what);
tnas_status tnas_engine_ensure_blocks(tnas_engine *engine, size_t floats);

#endif
