/* Tiles for GAP8: how a layer is cut so that its pieces fit the cluster's L1. A pure function of
 * the operator's shape and the bytes there are; target, packer and kernels share what a tile takes
 * (runtime/gap8/tnrt_gap8_tile.h), so that none can be wrong about it alone. */
#ifndef TNAS_GRAPH_TILE_H
#define TNAS_GRAPH_TILE_H

#include "graph/graph.h"
#include "runtime/gap8/tnrt_gap8_tile.h"

/* Of an operator that a kernel of runtime/gap8 computes. */
void tnas_tile_shape(const tnas_graph *graph, int op, tnrt_gap8_shape *out);

/* Does the smallest tile fit, one pixel of four channels with its double buffers? Quick: for
 * estimates. */
bool tnas_tile_fits(const tnrt_gap8_shape *shape, int64_t l1_bytes);

/* The tile with the least DMA time: bytes that are moved, halo rows and channels read again
 * included; a share per step; once more what nothing overlaps, the first tile's loads and the last
 * one's store. Among equals the largest, so that the cores wait least. Smallest tile must fit. */
tnrt_gap8_tile tnas_tile_find(const tnrt_gap8_shape *shape, int64_t l1_bytes);

/* Bytes that the DMA moves in all for a tile, both ways. */
int64_t tnas_tile_moved_bytes(const tnrt_gap8_shape *shape, const tnrt_gap8_tile *tile);

#endif
