/* SPDX-License-Identifier: 0BSD */
/* Kernels for cores with the vector extension of Armv8.1-M (MVE): Cortex-M55, M85. They give the
 * bytes of the plain C kernels of the same names without _mve, from the same weights and params;
 * each is its own source file.
 *
 *   X(name)
 * tnrt_conv2d_s8_mve       scratch: kernel_h * kernel_w * in_c bytes */
#ifndef TNRT_MVE_KERNELS_H
#define TNRT_MVE_KERNELS_H

#include "../tnrt_kernels.h"

#define TNRT_MVE_KERNELS(X)                                                                        \
    X(tnrt_conv2d_s8_mve)                                                                          \
    X(tnrt_conv2d_1x1_s8_mve)                                                                      \
    X(tnrt_dwconv2d_s8_mve)                                                                        \
    X(tnrt_fc_s8_mve)                                                                              \
    X(tnrt_add_s8_mve)                                                                             \
    X(tnrt_avgpool_s8_mve)                                                                         \
    X(tnrt_maxpool_s8_mve)

#ifdef __cplusplus
extern "C" {
#endif
#define TNRT_KERNEL_DECLARATION(name) void name(const tnrt_layer *layer, const tnrt_call *call);
TNRT_MVE_KERNELS(TNRT_KERNEL_DECLARATION)
#undef TNRT_KERNEL_DECLARATION
#ifdef __cplusplus
}
#endif

#endif
