/* Workers sleep on a condition variable between runs. Within a run tasks are handed out by
 * an atomic counter; the caller takes part as worker 0. */
#include "common/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/alloc.h"

typedef struct worker {
    tnas_pool *pool;
    int index;
    pthread_t thread;
} worker;

struct tnas_pool {
    int thread_count;
    int started; /* threads to join, the caller not counted */
    worker *workers;
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    unsigned long run_number; /* changes with every run */
    int busy;                 /* workers not yet back from the current run */
    bool quit;
    /* The current run. */
    tnas_pool_task *task;
    void *context;
    int task_count;
    atomic_int next_task;
    int failed_task; /* lowest number that failed; task_count when none did */
    tnas_status status;
    char text[TNAS_ERROR_TEXT_BYTES];
};

static void note_failure(tnas_pool *pool, int task, tnas_status status)
{
    pthread_mutex_lock(&pool->lock);
    if (task < pool->failed_task) {
        pool->failed_task = task;
        pool->status = status;
        snprintf(pool->text, sizeof pool->text, "%s", tnas_error_text());
    }
    pthread_mutex_unlock(&pool->lock);
}

static void run_tasks(tnas_pool *pool, int worker_index)
{
    for (;;) {
        const int task = atomic_fetch_add(&pool->next_task, 1);
        if (task >= pool->task_count)
            return;
        const tnas_status status = pool->task(pool->context, task, worker_index);
        if (status != TNAS_OK)
            note_failure(pool, task, status);
    }
}

static void *worker_main(void *argument)
{
    const worker *const self = argument;
    tnas_pool *const pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->run_number == seen && !pool->quit)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->quit)
            break;
        seen = pool->run_number;
        pthread_mutex_unlock(&pool->lock);
        run_tasks(pool, self->index);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

tnas_status tnas_pool_create(int thread_count, tnas_pool **out)
{
    *out = NULL;
    tnas_pool *pool = tnas_alloc_zero(1, sizeof *pool);
    worker *workers = tnas_alloc_zero((size_t)thread_count, sizeof *workers);
    if (pool == NULL || workers == NULL) {
        tnas_free(pool);
        tnas_free(workers);
        return tnas_fail(TNAS_ERR_NOMEM, "thread pool of %d threads", thread_count);
    }
    pool->thread_count = thread_count;
    pool->workers = workers;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    for (int i = 1; i < thread_count; i++) {
        workers[i] = (worker){.pool = pool, .index = i};
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) {
            tnas_pool_destroy(pool);
            return tnas_fail(TNAS_ERR_NOMEM, "cannot start thread %d of %d", i + 1, thread_count);
        }
        pool->started++;
    }
    *out = pool;
    return TNAS_OK;
}

void tnas_pool_destroy(tnas_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->idle);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    tnas_free(pool->workers);
    tnas_free(pool);
}

int tnas_pool_thread_count(const tnas_pool *pool)
{
    return pool->thread_count;
}

tnas_status tnas_pool_run(tnas_pool *pool, int task_count, tnas_pool_task *task, void *context)
{
    pthread_mutex_lock(&pool->lock);
    pool->task = task;
    pool->context = context;
    pool->task_count = task_count;
    pool->failed_task = task_count;
    pool->status = TNAS_OK;
    atomic_store(&pool->next_task, 0);
    pool->busy = pool->started;
    pool->run_number++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);

    run_tasks(pool, 0);

    pthread_mutex_lock(&pool->lock);
    while (pool->busy > 0)
        pthread_cond_wait(&pool->idle, &pool->lock);
    const tnas_status status = pool->status;
    pthread_mutex_unlock(&pool->lock);
    return status == TNAS_OK ? TNAS_OK : tnas_fail(status, "%s", pool->text);
}

int tnas_pool_default_threads(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count;
}
