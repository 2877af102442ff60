/* Small random int8 models: every operator, odd channel counts, windows and images that are
 * not square, residual sums. Scales are such that outputs rarely saturate, or a wrong bit would
 * hide behind a clamp. */
#ifndef TNAS_TESTS_RANDOM_MODEL_H
#define TNAS_TESTS_RANDOM_MODEL_H

#include "common/rng.h"
#include "graph/model.h"

/* 3 to 12 operators with random weights and scales; most end in pooling and a fully connected
 * layer. Destroy with tnas_model_destroy. */
tnas_model *random_int8_model(tnas_rng *rng);

/* One operator of any kind that has a kernel, at its extremes: zero points at the ends of int8,
 * channels of one weight, factors from 2^-20 to above 1, strides to 3, pads to the kernel's size.
 */
tnas_model *random_layer_model(tnas_rng *rng);

/* The same for a graph of one operator. */
tnas_model *extreme_model_of(tnas_rng *rng, const tnas_graph *graph);

/* The same with sides and channels from 1 to other limits than 14 and 37. */
tnas_model *random_layer_model_within(tnas_rng *rng, int side_max, int channels_max);

#endif
