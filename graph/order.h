/* The order of execution: which of the orders that a graph allows needs the least memory. */
#ifndef TNAS_GRAPH_ORDER_H
#define TNAS_GRAPH_ORDER_H

#include "graph/graph.h"
#include "graph/target.h"

/* Fills order [op_count] with operators in the order of their execution; the graph's output
 * comes last. kernels [op_count] are the target's. Bytes are those of tnas_plan's bound: what
 * lives at a step, in-place outputs over their inputs. The file's order stays wherever another
 * one does not lower the peak of the whole graph. Exact where the graph branches little (see
 * order.c), never worse than the file's order. No heap. */
void tnas_order_find(const tnas_graph *graph, const tnas_target *target, const int16_t *kernels,
                     int16_t *order);

/* The input that the operator's output may overwrite when `dies` says which of its inputs die:
 * side 0 or 1, or TNAS_NONE. Of two that die the older one: chains of residual sums then stay
 * at one address. */
int tnas_side_to_overwrite(const tnas_graph *graph, const tnas_target *target, int op,
                           const bool dies[2]);

#endif
