/* SPDX-License-Identifier: 0BSD */
/* Kernels for the cluster of GAP8. They give the bytes of the plain C kernels of the same names
 * without _gap8; each is its own source file. The machine is behind tnrt_gap8_port.h, the packed
 * instructions behind tnrt_xpulp.h, the tiles behind tnrt_gap8_walk.h.
 *
 *   X(name)
 * tnrt_conv2d_s8_gap8    convolutions of any kernel size, 1x1 included, and fully connected layers
 * tnrt_dwconv2d_s8_gap8
 * tnrt_add_s8_gap8       the output may lie where either input lies
 * tnrt_avgpool_s8_gap8
 * tnrt_maxpool_s8_gap8 */
#ifndef TNRT_GAP8_KERNELS_H
#define TNRT_GAP8_KERNELS_H

#include "../tnrt_kernels.h"

#define TNRT_GAP8_KERNELS(X)                                                                       \
    X(tnrt_conv2d_s8_gap8)                                                                         \
    X(tnrt_dwconv2d_s8_gap8)                                                                       \
    X(tnrt_add_s8_gap8)                                                                            \
    X(tnrt_avgpool_s8_gap8)                                                                        \
    X(tnrt_maxpool_s8_gap8)

#ifdef __cplusplus
extern "C" {
#endif
#define TNRT_KERNEL_DECLARATION(name) void name(const tnrt_layer *layer, const tnrt_call *call);
TNRT_GAP8_KERNELS(TNRT_KERNEL_DECLARATION)
#undef TNRT_KERNEL_DECLARATION
#ifdef __cplusplus
}
#endif

#endif
