/* The weights of one output channel, wherever its operator keeps them: one behind the other
 * in CONV2D and FC (OHWI, OI), channel_count apart in DWCONV2D (HWC). */
#ifndef TNAS_QUANT_FILTERS_H
#define TNAS_QUANT_FILTERS_H

#include <stddef.h>

#include "graph/graph.h"

typedef struct tnas_filters {
    int channel_count;           /* 0: the operator has no weights */
    int weight_count;            /* of one channel */
    size_t channel_step, w_step; /* from a channel's first weight to the next channel's; from
                                  * a weight to the next one of the same channel */
} tnas_filters;

static inline tnas_filters tnas_filters_of(const tnas_graph *graph, int op)
{
    const int channel_count = graph->tensors[graph->ops[op].out].c;
    const int weight_count = (int)(tnas_op_weight_count(graph, op) / channel_count);
    const int depthwise = graph->ops[op].kind == TNAS_OP_DWCONV2D;
    return (tnas_filters){
        .channel_count = weight_count > 0 ? channel_count : 0,
        .weight_count = weight_count,
        .channel_step = depthwise ? 1 : (size_t)weight_count,
        .w_step = depthwise ? (size_t)channel_count : 1,
    };
}

/* Index of weight i of a channel. */
static inline size_t tnas_filter_at(const tnas_filters *filters, int channel, int i)
{
    return (size_t)channel * filters->channel_step + (size_t)i * filters->w_step;
}

#endif
