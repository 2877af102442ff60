/* SPDX-License-Identifier: 0BSD */
/* The kernel catalogue. Every entry is its own source file (runtime/<name>.c), so that the
 * linker keeps what a table names and nothing else.
 *
 *   X(name)
 * tnrt_conv2d_s8       any kernel size, stride and padding; weights OHWI
 * tnrt_conv2d_1x1_s8   1x1, stride 1, no padding; weights OI
 * tnrt_dwconv2d_s8     depthwise, any kernel size, stride and padding; weights HWC
 * tnrt_fc_s8           fully connected; weights OI, one multiplier per output channel
 * tnrt_add_s8          elementwise sum of two tensors of one shape, each with its own scale;
 *                      the output may lie where either input lies
 * tnrt_avgpool_s8      average over a window, same scale in and out, rounds half away from 0
 * tnrt_maxpool_s8      maximum over a window */
#ifndef TNRT_KERNELS_H
#define TNRT_KERNELS_H

#include "tnrt.h"

/* ADD brings its inputs to twice the larger input scale, with so many bits behind the point. */
#define TNRT_ADD_EXTRA_BITS 20

#define TNRT_KERNELS(X)                                                                            \
    X(tnrt_conv2d_s8)                                                                              \
    X(tnrt_conv2d_1x1_s8)                                                                          \
    X(tnrt_dwconv2d_s8)                                                                            \
    X(tnrt_fc_s8)                                                                                  \
    X(tnrt_add_s8)                                                                                 \
    X(tnrt_avgpool_s8)                                                                             \
    X(tnrt_maxpool_s8)

#ifdef __cplusplus
extern "C" {
#endif
#define TNRT_KERNEL_DECLARATION(name) void name(const tnrt_layer *layer, const tnrt_call *call);
TNRT_KERNELS(TNRT_KERNEL_DECLARATION)
#undef TNRT_KERNEL_DECLARATION
#ifdef __cplusplus
}
#endif

#endif
