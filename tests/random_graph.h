/* Random valid graphs for property tests. */
#ifndef TNAS_TESTS_RANDOM_GRAPH_H
#define TNAS_TESTS_RANDOM_GRAPH_H

#include "common/rng.h"
#include "graph/graph.h"

/* A stem, stages of inverted bottlenecks with residual sums where shapes allow, pooling,
 * classifier: what search spaces decode. */
void random_mbconv_graph(tnas_rng *rng, tnas_graph *out);

/* Residual blocks of two convolutions, with projected shortcuts on either side of them. */
void random_resblock_graph(tnas_rng *rng, tnas_graph *out);

/* op_count operators of all kinds that our runtime has; any of them reads any earlier tensor. */
void random_branched_graph(tnas_rng *rng, int op_count, tnas_graph *out);

/* Each returns the new tensor. graph_append_conv: any operator with a window, SAME padding. */
int graph_append_conv(tnas_graph *graph, tnas_op_kind kind, int in, int kernel, int stride,
                      int32_t out_c, tnas_activation activation);
int graph_append_add(tnas_graph *graph, int in, int in2);
int graph_append_global_pool(tnas_graph *graph, tnas_op_kind kind, int in);
int graph_append_fc(tnas_graph *graph, int in, int32_t out_c);

#endif
