/* SPDX-License-Identifier: 0BSD */
/* The kernel catalogue. Every entry is its own source file (runtime/<name>.c), so that the
 * linker keeps what a table names and nothing else.
 *
 *   X(name)
 * tnrt_conv2d_s8        any kernel size, stride and padding; weights OHWI
 * tnrt_conv2d_1x1_s8    1x1, stride 1, no padding; weights OI
 * tnrt_dwconv2d_s8      depthwise, any kernel size, stride and padding; weights HWC
 * tnrt_dwconv2d_1x1_s8  this one, and the 1x1 of the next row, a few rows at a time
 * tnrt_fc_s8            fully connected; weights OI, one multiplier per output channel
 * tnrt_add_s8           elementwise sum of two tensors of one shape, each with its own scale; the
 *                       output may lie where either input lies
 * tnrt_avgpool_s8       average over a window, same scale in and out, rounds half away from 0
 * tnrt_maxpool_s8       maximum over a window
 * tnrt_mean_s8          average over a window without padding, to any scale, rounded as its
 *                       numbers say
 * tnrt_mean_kept_s8     the same, rounded as MEAN that keeps the dimensions
 * tnrt_mul_s8           elementwise product; the output may lie where either input lies
 * tnrt_mul_channels_s8  product with one number per channel, a constant or a tensor of one pixel;
 *                       may write over its (first) input, as the three below
 * tnrt_add_channels_s8  sum with one constant per channel
 * tnrt_table_s8         any function of one element: logistic, activations of their own
 * tnrt_softmax_s8       softmax over the channels of each pixel
 * tnrt_concat_s8        the channels of two tensors of one scale
 * tnrt_pad_s8           zeros around an image */
#ifndef TNRT_KERNELS_H
#define TNRT_KERNELS_H

#include "tnrt.h"

/* ADD brings its inputs to twice the larger input scale, with so many bits behind the point. */
#define TNRT_ADD_EXTRA_BITS 20

#define TNRT_KERNELS(X)                                                                            \
    X(tnrt_conv2d_s8)                                                                              \
    X(tnrt_conv2d_1x1_s8)                                                                          \
    X(tnrt_dwconv2d_s8)                                                                            \
    X(tnrt_dwconv2d_1x1_s8)                                                                        \
    X(tnrt_fc_s8)                                                                                  \
    X(tnrt_add_s8)                                                                                 \
    X(tnrt_avgpool_s8)                                                                             \
    X(tnrt_maxpool_s8)                                                                             \
    X(tnrt_mean_s8)                                                                                \
    X(tnrt_mean_kept_s8)                                                                           \
    X(tnrt_mul_s8)                                                                                 \
    X(tnrt_mul_channels_s8)                                                                        \
    X(tnrt_add_channels_s8)                                                                        \
    X(tnrt_table_s8)                                                                               \
    X(tnrt_softmax_s8)                                                                             \
    X(tnrt_concat_s8)                                                                              \
    X(tnrt_pad_s8)

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
