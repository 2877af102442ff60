/* SPDX-License-Identifier: 0BSD */
/* What means have in common: a window without padding that is summed channel by channel. */
#ifndef TNRT_MEAN_H
#define TNRT_MEAN_H

#include "tnrt.h"

/* Sum of one channel over the window whose first pixel's channel is at `in`. */
static inline int32_t tnrt_window_sum(const tnrt_layer *layer, const int8_t *in,
                                      int32_t in_row_stride)
{
    int32_t sum = 0;
    for (int32_t ky = 0; ky < layer->kernel_h; ky++)
        for (int32_t kx = 0; kx < layer->kernel_w; kx++)
            sum += in[ky * in_row_stride + kx * layer->in_c];
    return sum;
}

#endif
