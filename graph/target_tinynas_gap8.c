/* The rules of our own runtime with the kernels of runtime/gap8. The arena lies in L2; what tiles
 * take in L1 is a region of its own (TNRT_GAP8_L1_BYTES, the same for every network) and no part
 * of the arena.
 *
 * Constants of its kernels, which runtime/gap8/tnrt_gap8_tile.h lays out:
 *   weights   blocks of four output channels
 *   params    the tile, then a record for each channel, up to a multiple of four; ADD: as plain C
 */
#include "graph/target_tinynas.h"
#include "graph/tile.h"
#include "runtime/gap8/tnrt_gap8_kernels.h"
#include "runtime/gap8/tnrt_gap8_port.h"

TNAS_CATALOGUE(TNRT_GAP8_KERNELS)

/* The kernel for a kind of operator; TNAS_NONE: only plain C has one. */
static int cluster_kernel_for(int kind)
{
    switch (kind) {
    case TNAS_OP_CONV2D:
    case TNAS_OP_FC:
        return INDEX_tnrt_conv2d_s8_gap8;
    case TNAS_OP_DWCONV2D:
        return INDEX_tnrt_dwconv2d_s8_gap8;
    case TNAS_OP_ADD:
        return INDEX_tnrt_add_s8_gap8;
    case TNAS_OP_AVGPOOL:
        return INDEX_tnrt_avgpool_s8_gap8;
    case TNAS_OP_MAXPOOL:
        return INDEX_tnrt_maxpool_s8_gap8;
    default:
        return TNAS_NONE;
    }
}

/* A layer of which not even the smallest tile fits L1 is left to plain C on one core. */
static int kernel_for(const tnas_graph *graph, int op)
{
    tnrt_gap8_shape shape;
    const int kernel = cluster_kernel_for(graph->ops[op].kind);
    if (kernel == TNAS_NONE)
        return tnas_plain_kernel_for(graph, op);
    tnas_tile_shape(graph, op, &shape);
    return tnas_tile_fits(&shape, TNRT_GAP8_L1_BYTES) ? kernel : tnas_plain_kernel_for(graph, op);
}

static bool in_place(const tnas_graph *graph, int op, int side)
{
    (void)side;
    return tnas_plain_in_place(graph, op);
}

static size_t scratch_bytes(const tnas_graph *graph, int op, int kernel)
{
    (void)graph;
    (void)op;
    (void)kernel;
    return 0; /* beside the tensors there is only L1 */
}

static tnas_packed_bytes packed_bytes(const tnas_graph *graph, int op, int kernel)
{
    tnas_packed_bytes bytes = tnas_plain_packed_bytes(graph, op);
    tnrt_gap8_shape shape;
    if (kernel < TNAS_PLAIN_KERNEL_COUNT)
        return bytes;
    tnas_tile_shape(graph, op, &shape);
    if (shape.has_filters) {
        const size_t blocks = (size_t)tnrt_gap8_count(shape.out_c, 4);
        bytes.weights = blocks * (size_t)tnrt_gap8_block_bytes(&shape);
        bytes.channels = blocks * 4 * TNRT_GAP8_RECORD_WORDS * sizeof(int32_t);
    }
    bytes.channels += TNRT_GAP8_HEADER_WORDS * sizeof(int32_t);
    return bytes;
}

const tnas_target tnas_target_tinynas_gap8 = {
    .name = "tinynas-gap8",
    .tensor_align_bytes = TNRT_ARENA_ALIGN,
    .kernel_for = kernel_for,
    .kernel_count = INDEX_COUNT,
    .kernel_name = kernel_name,
    .in_place = in_place,
    .scratch_bytes = scratch_bytes,
    .packed_bytes = packed_bytes,
    .table_bytes = tnas_own_table_bytes,
};
