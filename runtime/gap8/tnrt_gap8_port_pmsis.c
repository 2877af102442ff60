/* SPDX-License-Identifier: 0BSD */
/* The port for GAP8's cluster by PMSIS. */
#include "tnrt_gap8_port.h"

#if TNRT_GAP8_PMSIS

/* PI_L1 places it in the cluster's memory. */
static PI_L1 int64_t l1_buffer[TNRT_GAP8_L1_BYTES / 8] __attribute__((aligned(16)));

int8_t *tnrt_gap8_l1(void)
{
    return (int8_t *)l1_buffer;
}

typedef struct fork_job {
    tnrt_gap8_task *task;
    void *job;
} fork_job;

static void run_core(void *argument)
{
    const fork_job *const f = (const fork_job *)argument;
    f->task(f->job, (int32_t)pi_core_id());
}

/* Core 0 takes part; pi_cl_team_fork returns after the last core. */
void tnrt_gap8_fork(tnrt_gap8_task *task, void *job)
{
    fork_job f;
    f.task = task;
    f.job = job;
    pi_cl_team_fork(TNRT_GAP8_CORES, run_core, &f);
}

/* A plane is one 2-D transfer; the further planes are merged into the first's counter, of which
 * the DMA has few, and one wait ends them all. Addresses are integers to PMSIS. */
static void start(tnrt_gap8_copy *copy, pi_cl_dma_dir_e direction, uintptr_t l1, uintptr_t l2,
                  const tnrt_gap8_box *box)
{
    pi_cl_dma_copy_t *const dma = &copy->dma;
    dma->dir = direction;
    dma->size = (uint16_t)(box->rows * box->row_bytes);
    dma->stride = (uint32_t)box->l2_row_stride;
    dma->length = (uint32_t)box->row_bytes;
    for (int32_t plane = 0; plane < box->planes; plane++) {
        dma->ext = (uint32_t)l2 + (uint32_t)(plane * box->l2_plane_stride);
        dma->loc = (uint32_t)l1 + (uint32_t)(plane * box->l1_plane_stride);
        dma->merge = plane > 0;
        pi_cl_dma_memcpy_2d(dma);
    }
    copy->pending = 1;
}

void tnrt_gap8_copy_in(tnrt_gap8_copy *copy, int8_t *l1, const int8_t *l2, const tnrt_gap8_box *box)
{
    start(copy, PI_CL_DMA_DIR_EXT2LOC, (uintptr_t)l1, (uintptr_t)l2, box);
}

void tnrt_gap8_copy_out(tnrt_gap8_copy *copy, int8_t *l2, const int8_t *l1,
                        const tnrt_gap8_box *box)
{
    start(copy, PI_CL_DMA_DIR_LOC2EXT, (uintptr_t)l1, (uintptr_t)l2, box);
}

void tnrt_gap8_copy_wait(tnrt_gap8_copy *copy)
{
    if (copy->pending)
        pi_cl_dma_wait(&copy->dma);
    copy->pending = 0;
}

#endif
