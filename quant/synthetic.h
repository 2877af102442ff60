/* An int8 model with random constants for a graph: for firmware that measures time, which does not
 * depend on values, where nobody has trained the network. */
#ifndef TNAS_QUANT_SYNTHETIC_H
#define TNAS_QUANT_SYNTHETIC_H

#include "graph/model.h"

/* Weights are uniform, scales such that outputs use their range without saturating much. Same
 * graph and seed, same model. Release with tnas_model_destroy. */
tnas_status tnas_synthetic_model(const tnas_graph *graph, uint64_t seed, tnas_model **out);

#endif
