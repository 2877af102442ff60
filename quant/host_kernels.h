/* Int8 kernels for the host's own vectors: the bytes of the plain C kernels, from their constants
 * as plain C packs them (runtime/tnrt_requant.h), several times as fast. For scores of which a
 * search needs thousands; what is reported and what is exported is plain C. One table per
 * instruction set, compiled from the same source (quant/host_kernels.c).
 *
 * They load whole vectors: TNAS_HOST_BEHIND bytes must be readable behind the arena's tensors and
 * behind the constants of a network. tnas_image_build and tnas_image_use_host see to it. */
#ifndef TNAS_QUANT_HOST_KERNELS_H
#define TNAS_QUANT_HOST_KERNELS_H

#include <stddef.h>

#include "common/status.h"
#include "runtime/tnrt.h"

enum { TNAS_HOST_BEHIND = 64 };

/* What stands in for a plain C kernel, and the bytes of its scratch, aligned like the arena. */
typedef struct tnas_host_kernel {
    tnrt_kernel *plain, *host;
    size_t (*scratch_bytes)(const tnrt_layer *layer);
} tnas_host_kernel;

typedef struct tnas_host_kernels {
    const char *isa;
    const tnas_host_kernel *kernels;
    int count;
} tnas_host_kernels;

/* The best table this processor runs, or the one that TINYNAS_ISA names. */
tnas_status tnas_host_kernels_choose(const tnas_host_kernels **out);

/* The table of that name; NULL when it was not built or this processor cannot run it. */
const tnas_host_kernels *tnas_host_kernels_find(const char *isa);

/* NULL: the table has nothing for this kernel, which then does its work itself. */
const tnas_host_kernel *tnas_host_kernel_for(const tnas_host_kernels *table, tnrt_kernel *plain);

#endif
