/* A target: the rules of one runtime. Whoever plans, prices or prints asks here, so that an
 * estimate and the artefact cannot differ. Our own runtime's are filled in from runtime/, one
 * target per instruction set (graph/target_tinynas*.c); those of other runtimes by the
 * estimators. */
#ifndef TNAS_GRAPH_TARGET_H
#define TNAS_GRAPH_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/graph.h"

/* Bytes of one operator's constants, by array, as they are linked. */
typedef struct tnas_packed_bytes {
    size_t weights;  /* packed weights */
    size_t channels; /* per output channel: bias, multiplier, shift; tables of an operator */
} tnas_packed_bytes;

typedef struct tnas_target {
    const char *name;
    size_t tensor_align_bytes; /* of every offset in the arena */

    /* The runtime places buffers itself, by size, each once at the lowest address (first fit),
     * in the order of the file. Otherwise the plan is ours: best order, offsets repaired. */
    bool plans_itself;

    /* Tensors may lie in two memories that are not neighbours. */
    bool splits_arena;

    /* Catalogue: the kernel for an operator, or TNAS_NONE when the target cannot run it. */
    int (*kernel_for)(const tnas_graph *graph, int op);
    int kernel_count;
    const char *(*kernel_name)(int kernel);

    /* May the operator's output overwrite input `side` (0 or 1) when that input dies? Not asked
     * of a second input that is smaller than the output. */
    bool (*in_place)(const tnas_graph *graph, int op, int side);

    /* The kernel that computes a depthwise convolution and the 1x1 convolution behind it, operator
     * op + 1, which alone reads it; TNAS_NONE: none. Their constants are packed as for the kernels
     * they have apart. NULL: the catalogue has no such. */
    int (*fused)(const tnas_graph *graph, int op);

    /* Scratch in the arena while the step runs whose first operator is `op`. */
    size_t (*scratch_bytes)(const tnas_graph *graph, int op, int kernel);

    /* Constants in flash: per operator in a step of this kernel, multiples of 4, and per network
     * (layer table, model record). pointer_bytes is that of the device, 4 on every supported
     * part. */
    tnas_packed_bytes (*packed_bytes)(const tnas_graph *graph, int op, int kernel);
    size_t (*table_bytes)(const tnas_graph *graph, size_t pointer_bytes);

    /* The entry that computes what `kernel` computes from wider weights in fewer instructions, and
     * how many fewer (graph/widen.h); TNAS_NONE: there is none. NULL: the catalogue has no such. */
    double widened_mac_cost; /* of a MAC, as a share of what it costs with int8 weights */
    int (*widened)(const tnas_graph *graph, int op, int kernel, int64_t *saved_instructions);
} tnas_target;

extern const tnas_target tnas_target_tinynas_c;    /* plain C */
extern const tnas_target tnas_target_tinynas_dsp;  /* Cortex-M4, M7, M33 */
extern const tnas_target tnas_target_tinynas_mve;  /* Cortex-M55, M85 */
extern const tnas_target tnas_target_tinynas_gap8; /* the cluster of GAP8 */

#endif
