/* Prototypes of the PMSIS functions that runtime/gap8/tnrt_gap8_port_pmsis.c calls, so that it is
 * compiled where GAP8's SDK is not installed. Written from the API's documentation
 * (pmsis/cluster/dma/cl_dma.h, cl_team.h of the SDK); nothing here is ever linked. */
#ifndef TNAS_TESTS_GAP8_PMSIS_H
#define TNAS_TESTS_GAP8_PMSIS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A variable in the cluster's L1. */
#define PI_L1 __attribute__((section(".heapsram")))

uint32_t pi_core_id(void);

/* Runs entry(arg) on that many cores, the caller among them, and waits for all. */
void pi_cl_team_fork(int nb_cores, void (*entry)(void *), void *arg);

typedef enum { PI_CL_DMA_DIR_LOC2EXT = 0, PI_CL_DMA_DIR_EXT2LOC = 1 } pi_cl_dma_dir_e;

/* 2-D: `size` bytes in runs of `length`, `stride` apart in external memory, contiguous in L1. With
 * `merge` the transfer counts to the one before. */
typedef struct pi_cl_dma_copy_s {
    uint32_t ext, loc, id;
    uint16_t size;
    pi_cl_dma_dir_e dir;
    uint8_t merge;
    uint32_t stride, length;
} pi_cl_dma_copy_t;

void pi_cl_dma_memcpy_2d(pi_cl_dma_copy_t *copy);
void pi_cl_dma_wait(void *copy);

#ifdef __cplusplus
}
#endif
#endif
