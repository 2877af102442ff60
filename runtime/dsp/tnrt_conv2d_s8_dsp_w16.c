/* SPDX-License-Identifier: 0BSD */
/* tnrt_conv2d_s8_dsp with weights of int16: faster, for twice the flash. */
#include "tnrt_conv2d_dsp.h"
#include "tnrt_dsp_kernels.h"

void tnrt_conv2d_s8_dsp_w16(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_conv2d_dsp(layer, call, 2);
}
