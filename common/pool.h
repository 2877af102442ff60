/* A fixed set of threads that run numbered tasks.
 *
 * Tasks are handed out in order by an atomic counter, so a preempted thread does not hold
 * the others up. Results must depend on the task number only, never on the worker. */
#ifndef TNAS_COMMON_POOL_H
#define TNAS_COMMON_POOL_H

#include "common/status.h"

typedef struct tnas_pool tnas_pool;

/* One task. `worker` is 0..thread_count-1 and selects scratch memory, nothing else. */
typedef tnas_status tnas_pool_task(void *context, int task, int worker);

/* thread_count >= 1, the caller of tnas_pool_run included. */
tnas_status tnas_pool_create(int thread_count, tnas_pool **out);
void tnas_pool_destroy(tnas_pool *pool);

int tnas_pool_thread_count(const tnas_pool *pool);

/* Runs tasks 0..task_count-1 and waits for all of them. When several fail, the lowest
 * number's status and sentence are returned: reports do not depend on timing. */
tnas_status tnas_pool_run(tnas_pool *pool, int task_count, tnas_pool_task *task, void *context);

/* Processors this process may use, at least 1. */
int tnas_pool_default_threads(void);

#endif
