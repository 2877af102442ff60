/* SPDX-License-Identifier: 0BSD */
/* Kernels for cores with the DSP extension of Armv7E-M and Armv8-M: Cortex-M4, M7, M33. They give
 * the bytes of the plain C kernels of the same names without _dsp; each is its own source file.
 *
 *   X(name)
 * tnrt_conv2d_s8_dsp   any kernel size, stride and padding; scratch, weights: tnrt_conv_dsp.h
 * tnrt_conv2d_s8_dsp_w16  the same with weights of int16
 * tnrt_fc_s8_dsp       fully connected, or a convolution whose one window is the whole input
 * tnrt_dwconv2d_*_s8_dsp      depthwise of that size, or of any
 * tnrt_dwconv2d_*1x1_s8_dsp   the same and the 1x1 of the next row, a few rows at a time */
#ifndef TNRT_DSP_KERNELS_H
#define TNRT_DSP_KERNELS_H

#include "../tnrt_kernels.h"

#define TNRT_DSP_KERNELS(X)                                                                        \
    X(tnrt_conv2d_s8_dsp)                                                                          \
    X(tnrt_conv2d_s8_dsp_w16)                                                                      \
    X(tnrt_fc_s8_dsp)                                                                              \
    X(tnrt_add_s8_dsp)                                                                             \
    X(tnrt_avgpool_s8_dsp)                                                                         \
    X(tnrt_maxpool_s8_dsp)                                                                         \
    X(tnrt_dwconv2d_s8_dsp)                                                                        \
    X(tnrt_dwconv2d_3x3_s8_dsp)                                                                    \
    X(tnrt_dwconv2d_5x5_s8_dsp)                                                                    \
    X(tnrt_dwconv2d_7x7_s8_dsp)                                                                    \
    X(tnrt_dwconv2d_1x1_s8_dsp)                                                                    \
    X(tnrt_dwconv2d_3x3_1x1_s8_dsp)                                                                \
    X(tnrt_dwconv2d_5x5_1x1_s8_dsp)                                                                \
    X(tnrt_dwconv2d_7x7_1x1_s8_dsp)

#ifdef __cplusplus
extern "C" {
#endif
#define TNRT_KERNEL_DECLARATION(name) void name(const tnrt_layer *layer, const tnrt_call *call);
TNRT_DSP_KERNELS(TNRT_KERNEL_DECLARATION)
#undef TNRT_KERNEL_DECLARATION
#ifdef __cplusplus
}
#endif

#endif
