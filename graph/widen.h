/* Wider weights where flash is left: a kernel that needs not unpack them is faster, and its weights
 * take more room. Which layers deserve it is a knapsack, filled by instructions saved per byte. */
#ifndef TNAS_GRAPH_WIDEN_H
#define TNAS_GRAPH_WIDEN_H

#include "graph/schedule.h"

/* Gives steps the target's widened kernels as long as their constants grow by no more than
 * flash_bytes together (SIZE_MAX: all). Scratch may change: plan afterwards. What the kernel's code
 * takes is the caller's to subtract. Returns how many bytes the constants grew by. */
size_t tnas_schedule_widen(const tnas_graph *graph, const tnas_target *target, size_t flash_bytes,
                           tnas_schedule *schedule);

#endif
