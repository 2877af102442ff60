/* What the targets of our own runtime share: every variant has the plain C catalogue, first and in
 * its order, and behind it the kernels of its instruction set. */
#ifndef TNAS_GRAPH_TARGET_TINYNAS_H
#define TNAS_GRAPH_TARGET_TINYNAS_H

#include "graph/target.h"
#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_strip.h"

/* Indices of the plain C catalogue: TNAS_KERNEL_tnrt_conv2d_s8 and so on. */
enum {
#define TNAS_KERNEL_INDEX(name) TNAS_KERNEL_##name,
    TNRT_KERNELS(TNAS_KERNEL_INDEX)
#undef TNAS_KERNEL_INDEX
        TNAS_PLAIN_KERNEL_COUNT
};

/* The catalogue of a variant, KERNELS behind the plain ones: INDEX_name, INDEX_COUNT,
 * kernel_name(). */
#define TNAS_VARIANT_INDEX(name) INDEX_##name,
#define TNAS_VARIANT_NAME(name)  #name,
#define TNAS_CATALOGUE(KERNELS)                                                                    \
    enum {                                                                                         \
        BEFORE_VARIANT = TNAS_PLAIN_KERNEL_COUNT - 1,                                              \
        KERNELS(TNAS_VARIANT_INDEX) INDEX_COUNT                                                    \
    };                                                                                             \
    static const char *kernel_name(int kernel)                                                     \
    {                                                                                              \
        static const char *const names[] = {TNRT_KERNELS(TNAS_VARIANT_NAME)                        \
                                                KERNELS(TNAS_VARIANT_NAME)};                       \
        return names[kernel];                                                                      \
    }

/* The plain C kernel for an operator, or TNAS_NONE; its constants, and whether it may write where
 * it reads. It needs no scratch. */
int tnas_plain_kernel_for(const tnas_graph *graph, int op);
tnas_packed_bytes tnas_plain_packed_bytes(const tnas_graph *graph, int op);
bool tnas_plain_in_place(const tnas_graph *graph, int op);

/* The strip of a step that fuses operator `op` with the next (runtime/tnrt_strip.h). */
size_t tnas_strip_bytes(const tnas_graph *graph, int op);

/* Layer rows and the model record, the same for every variant. */
size_t tnas_own_table_bytes(const tnas_graph *graph, size_t pointer_bytes);

bool tnas_op_is_pointwise(const tnas_op *op); /* 1x1, stride 1, no padding */

/* Bytes rounded up to a word, as each operator's share of the constants is. */
static inline size_t tnas_round_up_to_word(size_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

#endif
