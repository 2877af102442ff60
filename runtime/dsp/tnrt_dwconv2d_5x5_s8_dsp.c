/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution 5x5, stride 1 or 2; the output may lie where the input lies. */
#include "tnrt_dsp_kernels.h"
#include "tnrt_dwconv_dsp.h"

void tnrt_dwconv2d_5x5_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_dw_layer(5, layer, call);
}
