/* Batches ahead of time: one thread gathers the next ones while a step runs.
 *
 * What a batch holds is the loader's business alone, so nothing depends on the thread. */
#ifndef TNAS_TRAINER_PREFETCH_H
#define TNAS_TRAINER_PREFETCH_H

#include "nn/engine.h"
#include "trainer/loader.h"

typedef struct tnas_prefetch tnas_prefetch;

/* Starts gathering the batches of steps first..end-1 in order. The loader is borrowed, and
 * nobody else's until destroy. */
tnas_status tnas_prefetch_create(tnas_loader *loader, long first, long end, tnas_prefetch **out);

/* May be called at any time, also when batches are left. */
void tnas_prefetch_destroy(tnas_prefetch *prefetch);

/* The next batch, at most end - first of them. It stays valid until the next call. */
tnas_batch tnas_prefetch_next(tnas_prefetch *prefetch);

#endif
