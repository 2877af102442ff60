/* Scores of networks that nobody has trained, from weights at initialisation.
 *
 * synflow: with absolute weights, without batch norm and activation, on an image of ones, the sum
 *   of weight * d(sum of outputs)/d(weight) over all weights (Tanaka et al., NeurIPS 2020; as a
 *   score of networks Abdelfattah et al., ICLR 2021). Scaling every weight by t and deriving by t
 *   gives the same sum from two forward passes. Its logarithm is returned.
 * naswot: log |det K|, K[i][j] = number of activations whose sign images i and j share (Mellor et
 *   al., "Neural architecture search without training", ICML 2021), batch norm with the
 *   statistics of a batch. */
#ifndef TNAS_TOOLS_RECIPES_ZERO_COST_H
#define TNAS_TOOLS_RECIPES_ZERO_COST_H

#include "tools/recipes/search_lab.h"

typedef struct zero_cost {
    double synflow, naswot;
} zero_cost;

/* fresh: a supernet of the lab's space as it was initialised. */
tnas_status zero_cost_score(search_lab *lab, const tnas_supernet *fresh, const tnas_arch *arch,
                            zero_cost *out);

#endif
