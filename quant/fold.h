/* Batch-norm folding: BN(conv(x) + bias) becomes one convolution with bias.
 *   g = bn_scale / sqrt(bn_var + TNAS_BN_EPSILON)
 *   weight' = weight * g,  bias' = (bias - bn_mean) * g + bn_shift */
#ifndef TNAS_QUANT_FOLD_H
#define TNAS_QUANT_FOLD_H

#include "graph/model.h"

/* In place: afterwards no operator has batch norm (its bn arrays are NULL). Operators without
 * batch norm keep their weights, so folding twice is folding once. */
void tnas_model_fold(tnas_model *model);

#endif
