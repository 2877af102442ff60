/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution and the 1x1 convolution behind it. */
#include "tnrt_kernels.h"
#include "tnrt_strip.h"

void tnrt_dwconv2d_1x1_s8(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_run_strips(layer, call, tnrt_dwconv2d_s8, tnrt_conv2d_1x1_s8);
}
