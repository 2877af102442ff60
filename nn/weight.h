/* The weights of an operator as its view sees them: the dense array [out_c, in_c, kernel_h,
 * kernel_w] of the operator ([out_c, in_c] for fc), and the way back for its gradient.
 *
 * With TNAS_KERNEL_CROP that is a slice of the slot (nn/slice.h). With TNAS_KERNEL_TRANSFORM every
 * smaller window is made from the one before by a learned matrix, one per slot and step down,
 * shared by all channels:
 *
 *   w3 = M(5 to 3) * crop(w5),  w5 = M(7 to 5) * crop(w7)     crops flattened row by row
 *
 * Cai et al., "Once-for-All", ICLR 2020, section 3.3. */
#ifndef TNAS_NN_WEIGHT_H
#define TNAS_NN_WEIGHT_H

#include "nn/net.h"

/* `scratch` has net->transform_floats floats and may be NULL where that is 0. `values` are the
 * store's or others in its order. */
void tnas_weight_gather(const tnas_net *net, const tnas_store *store, int op, const float *values,
                        float *scratch, float *dense);

/* Adds the gradient `dense` of the operator's weights to that of the slot's, and to that of the
 * matrices it went through. */
void tnas_weight_add_gradient(const tnas_net *net, const tnas_store *store, int op,
                              const float *values, const float *dense, float *scratch,
                              float *grads);

/* Floats that a filter of the slot takes on its way down; 0 without smaller windows. */
size_t tnas_weight_scratch_floats(const tnas_slot *slot);

#endif
