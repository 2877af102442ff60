/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution and the 1x1 convolution behind it. */
#include "../tnrt_strip.h"
#include "tnrt_dsp_kernels.h"

void tnrt_dwconv2d_1x1_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_run_strips(layer, call, tnrt_dwconv2d_s8_dsp, tnrt_conv2d_s8_dsp);
}
