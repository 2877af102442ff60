/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer on the whole, contiguous input. */
#include "tnrt_mve_dot.h"
#include "tnrt_mve_kernels.h"

void tnrt_fc_s8_mve(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_mve_outputs(layer, call->in, (int32_t)layer->in_h * layer->in_w * layer->in_c, call->out);
}
