/* Batch-norm folding: conv(x) * g + s becomes one convolution with bias.
 *   g = bn_scale / sqrt(bn_var + TNAS_BN_EPSILON),  bias = bn_shift - bn_mean * g */
#ifndef TNAS_QUANT_FOLD_H
#define TNAS_QUANT_FOLD_H

#include "graph/model.h"

/* In place; operators without batch norm keep their weights. */
void tnas_model_fold(tnas_model *model);

#endif
