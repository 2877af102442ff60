/* SPDX-License-Identifier: 0BSD */
#include "tnrt_conv2d_dsp.h"
#include "tnrt_dsp_kernels.h"

void tnrt_conv2d_s8_dsp(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_conv2d_dsp(layer, call, 1);
}
