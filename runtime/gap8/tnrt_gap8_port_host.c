/* SPDX-License-Identifier: 0BSD */
/* The port for machines that are not GAP8. Its DMA is the worst that one may be: from its start
 * until its end a destination is garbage, and the end comes at the wait, from what the source
 * holds then. A wait that is missing or too late, and a buffer that is used again too early, all
 * show in the output. */
#include "tnrt_gap8_port.h"

#if !TNRT_GAP8_PMSIS

#if defined(TNRT_GAP8_THREADS)
#include <pthread.h>
#define TNRT_GAP8_LOCAL _Thread_local /* several threads may run a model each */
#elif defined(__GNUC__)
#define TNRT_GAP8_LOCAL __attribute__((section(".bss.tnrt_gap8_l1")))
#else
#define TNRT_GAP8_LOCAL
#endif

#define GARBAGE ((int8_t)0xa5)

int8_t *tnrt_gap8_l1(void)
{
    static TNRT_GAP8_LOCAL int64_t buffer[TNRT_GAP8_L1_BYTES / 8 + 1];
    int8_t *const at = (int8_t *)buffer;
    return at + ((uintptr_t)at & 8);
}

#if defined(TNRT_GAP8_THREADS)

static TNRT_GAP8_LOCAL int32_t with_threads;

void tnrt_gap8_use_threads(int32_t yes)
{
    with_threads = yes;
}

typedef struct core {
    tnrt_gap8_task *task;
    void *job;
    int32_t index;
} core;

static void *run_core(void *argument)
{
    const core *const c = argument;
    c->task(c->job, c->index);
    return NULL;
}

/* The caller is core 0. A thread that cannot be had leaves its core's work to the caller. */
static void fork_threads(tnrt_gap8_task *task, void *job)
{
    core cores[TNRT_GAP8_CORES];
    pthread_t threads[TNRT_GAP8_CORES];
    int started[TNRT_GAP8_CORES];
    for (int32_t i = 1; i < TNRT_GAP8_CORES; i++) {
        cores[i] = (core){task, job, i};
        started[i] = pthread_create(&threads[i], NULL, run_core, &cores[i]) == 0;
    }
    task(job, 0);
    for (int32_t i = 1; i < TNRT_GAP8_CORES; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
        else
            task(job, i);
}

#endif

void tnrt_gap8_fork(tnrt_gap8_task *task, void *job)
{
#if defined(TNRT_GAP8_THREADS)
    if (with_threads) {
        fork_threads(task, job);
        return;
    }
#endif
    for (int32_t i = TNRT_GAP8_CORES - 1; i >= 0; i--)
        task(job, i);
}

/* Writes the destination: what the source holds, or garbage. */
static void write_box(const tnrt_gap8_copy *copy, int garbage)
{
    const tnrt_gap8_box *const box = &copy->box;
    for (int32_t plane = 0; plane < box->planes; plane++)
        for (int32_t row = 0; row < box->rows; row++) {
            const int32_t l1 = plane * box->l1_plane_stride + row * box->row_bytes;
            const int32_t l2 = plane * box->l2_plane_stride + row * box->l2_row_stride;
            int8_t *const to = copy->to + (copy->to_l1 ? l1 : l2);
            const int8_t *const from = copy->from + (copy->to_l1 ? l2 : l1);
            for (int32_t i = 0; i < box->row_bytes; i++)
                to[i] = garbage ? GARBAGE : from[i];
        }
}

static void start(tnrt_gap8_copy *copy, int8_t *to, const int8_t *from, int32_t to_l1,
                  const tnrt_gap8_box *box)
{
    copy->pending = 1;
    copy->to = to;
    copy->from = from;
    copy->to_l1 = to_l1;
    copy->box = *box;
    write_box(copy, 1);
}

void tnrt_gap8_copy_in(tnrt_gap8_copy *copy, int8_t *l1, const int8_t *l2, const tnrt_gap8_box *box)
{
    start(copy, l1, l2, 1, box);
}

void tnrt_gap8_copy_out(tnrt_gap8_copy *copy, int8_t *l2, const int8_t *l1,
                        const tnrt_gap8_box *box)
{
    start(copy, l2, l1, 0, box);
}

void tnrt_gap8_copy_wait(tnrt_gap8_copy *copy)
{
    if (copy->pending)
        write_box(copy, 0);
    copy->pending = 0;
}

#endif
