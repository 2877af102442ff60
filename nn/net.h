/* A network to train: a graph and, for each operator with weights, a view of a store.
 *
 * A view uses the first out_prefix output and in_prefix input channels of its slot, and the
 * centre of its kernel where the graph's is smaller, as it is or transformed (nn/weight.h). A fixed
 * network is identity views over a store of its own, so that hand designs train with the same code
 * as supernets. */
#ifndef TNAS_NN_NET_H
#define TNAS_NN_NET_H

#include "graph/graph.h"
#include "nn/store.h"

typedef enum tnas_kernel_source {
    TNAS_KERNEL_CROP,     /* a smaller kernel is the centre of the slot's */
    TNAS_KERNEL_TRANSFORM /* made from it by the slot's matrices */
} tnas_kernel_source;

typedef struct tnas_view {
    int16_t slot; /* TNAS_NONE: the operator has no weights */
    int32_t out_prefix;
    int32_t in_prefix; /* DWCONV2D: 1; FC: input elements */
    tnas_kernel_source kernel;
} tnas_view;

/* The grid of values that a tensor has on the device, as floats: z becomes
 * step * min(max(round(z / step), low), high), the activation included.
 *
 * Rounding is the kernels'. Sums of products are rounded twice, first to a channel's fraction, a
 * power of two, and then with halves away from 0, so that a little less than a half may be rounded
 * up. Averages of a tensor on the same grid have many halves, which go away from `zero`, the
 * device's 0. Elsewhere halves are rare and go to the even number. */
typedef struct tnas_grid_step {
    float step;             /* 0: the tensor stays as it is computed */
    float low, high;        /* whole numbers, at most 255 apart */
    const float *fractions; /* [c]: 64 for a 64th; NULL: rounded once */
    bool average;
    float zero; /* whole number */
} tnas_grid_step;

/* Fake quantisation of a net's tensors; the input's grid is not used. */
typedef struct tnas_grids {
    tnas_grid_step tensors[TNAS_GRAPH_TENSORS_MAX];
} tnas_grids;

/* Smallest and largest value of a tensor; min > max: nothing was seen. */
typedef struct tnas_seen_range {
    float min, max;
} tnas_seen_range;

typedef struct tnas_net {
    tnas_graph graph;
    tnas_view views[TNAS_GRAPH_OPS_MAX];
    /* Where an operator's batch-norm channels start among all of the net's. */
    int32_t bn_at[TNAS_GRAPH_OPS_MAX];
    int32_t bn_channels;     /* of the whole net */
    size_t transform_floats; /* scratch of the largest operator that is transformed; 0: none is */
    /* What evaluation and training round tensors to; borrowed, may change between calls; NULL:
     * nothing. Such a net has its batch norm folded into its weights. */
    const tnas_grids *grids;
} tnas_net;

/* Checks graph and views, and lays out the batch-norm channels. The graph must end in 1x1xclasses,
 * prefixes must equal the graph's channels, a kernel must have the slot's centre, and where it is
 * transformed be one of the slot's windows. */
tnas_status tnas_net_build(const tnas_graph *graph, const tnas_view *views, const tnas_store *store,
                           tnas_net *out);

/* A store with one slot of exact size per operator, batch norm after every convolution, and
 * identity views on it. */
tnas_status tnas_net_build_fixed(const tnas_graph *graph, tnas_net *net, tnas_store **store);

/* The same with batch norm where batch_norm [op_count] says so, which fc cannot have. */
tnas_status tnas_net_build_normed(const tnas_graph *graph, const bool *batch_norm, tnas_net *net,
                                  tnas_store **store);

/* Batch-norm statistics of one network: [bn_channels] each. */
typedef struct tnas_bn_stats {
    float *mean, *var;
} tnas_bn_stats;

tnas_status tnas_bn_stats_init(const tnas_net *net, tnas_bn_stats *out);
void tnas_bn_stats_deinit(tnas_bn_stats *stats);

/* The network as a float model in exchange layout (graph/model.h). */
tnas_status tnas_net_to_model(const tnas_net *net, const tnas_store *store,
                              const tnas_bn_stats *stats, tnas_model **out);
/* The reverse for a float model: a store of its own, with batch norm where the model has it, and
 * the statistics. */
tnas_status tnas_net_from_model(const tnas_model *model, tnas_net *net, tnas_store **store,
                                tnas_bn_stats *stats);
/* The weights of a float model of the same graph into the store of a net without batch norm, made
 * by tnas_net_from_model of a folded model. */
void tnas_net_take_weights(const tnas_net *net, const tnas_model *model, tnas_store *store);
/* And back. */
void tnas_net_give_weights(const tnas_net *net, const tnas_store *store, tnas_model *model);

/* Copies a network's slice of one store into another store under another net of the same
 * graph: extraction of a sub-network, or the reverse. Kernels are transformed on the way; the
 * target's must not have to be. */
tnas_status tnas_net_copy(const tnas_net *from, const tnas_store *from_store, const tnas_net *to,
                          tnas_store *to_store);

#endif
