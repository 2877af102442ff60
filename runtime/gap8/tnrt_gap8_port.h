/* SPDX-License-Identifier: 0BSD */
/* What the kernels of runtime/gap8 want of the machine: the only place that knows it.
 *
 * GAP8's cluster has eight cores and 64 KiB of L1 memory that all of them reach in one cycle; the
 * arena and the constants lie in L2, from where a DMA brings them. kws_invoke is called on the
 * cluster's master, core 0 (inside the entry of a pi_cluster_task), which starts every copy and
 * forks the work of a tile to all cores.
 *
 * Two implementations of the same functions:
 *   tnrt_gap8_port_pmsis.c  PMSIS, the API of GAP8's SDK (where __GAP8__ is defined). Compiled in
 *                           the tests against prototypes of our own; not run on hardware.
 *   tnrt_gap8_port_host.c   any other machine: cores one after the other, the last first, or as
 *                           POSIX threads; a DMA that is as late as it may be. The tests run on
 *                           it. */
#ifndef TNRT_GAP8_PORT_H
#define TNRT_GAP8_PORT_H

#include <stdint.h>

#if !defined(TNRT_GAP8_PMSIS)
#if defined(__GAP8__)
#define TNRT_GAP8_PMSIS 1
#else
#define TNRT_GAP8_PMSIS 0
#endif
#endif

#if TNRT_GAP8_PMSIS
#include "pmsis.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TNRT_GAP8_CORES 8

/* L1 that tiles may take. The rest of the 64 KiB: 1.5 KiB of stack for each core. */
#define TNRT_GAP8_L1_BYTES (65536 - TNRT_GAP8_CORES * 1536)

/* The buffer, TNRT_GAP8_L1_BYTES aligned to 16. Nothing in it survives a layer. */
int8_t *tnrt_gap8_l1(void);

/* Runs task(job, 0) ... task(job, TNRT_GAP8_CORES - 1), each on its core, and returns when all
 * have: the only barrier that the kernels need. */
typedef void tnrt_gap8_task(void *job, int32_t core);
void tnrt_gap8_fork(tnrt_gap8_task *task, void *job);

/* A box of bytes in L2: planes of rows of consecutive bytes. In L1 the rows of a plane follow one
 * another without a gap. */
typedef struct tnrt_gap8_box {
    int32_t planes, l2_plane_stride, l1_plane_stride; /* bytes from a plane to the next */
    int32_t rows, l2_row_stride;
    int32_t row_bytes;
} tnrt_gap8_box;

/* A copy on its way. It stays where it is until it has been waited for. */
typedef struct tnrt_gap8_copy {
    int32_t pending;
#if TNRT_GAP8_PMSIS
    pi_cl_dma_copy_t dma;
#else
    int8_t *to;
    const int8_t *from;
    int32_t to_l1;
    tnrt_gap8_box box;
#endif
} tnrt_gap8_copy;

/* Until the wait, the source must not change and the destination is undefined. A copy that is not
 * pending may be waited for. */
void tnrt_gap8_copy_in(tnrt_gap8_copy *copy, int8_t *l1, const int8_t *l2,
                       const tnrt_gap8_box *box);
void tnrt_gap8_copy_out(tnrt_gap8_copy *copy, int8_t *l2, const int8_t *l1,
                        const tnrt_gap8_box *box);
void tnrt_gap8_copy_wait(tnrt_gap8_copy *copy);

#if defined(TNRT_GAP8_THREADS) && !TNRT_GAP8_PMSIS
/* From now on, the calling thread's forks give each core a thread, or not (at first). Slow. */
void tnrt_gap8_use_threads(int32_t yes);
#endif

#ifdef __cplusplus
}
#endif
#endif
