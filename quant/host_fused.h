/* A depthwise convolution and the 1x1 behind it, strip by strip (runtime/tnrt_strip.h). */
#ifndef TNAS_QUANT_HOST_FUSED_H
#define TNAS_QUANT_HOST_FUSED_H

#include "quant/host_depthwise.h"
#include "quant/host_product.h"
#include "runtime/tnrt_strip.h"

static void host_dwconv2d_1x1(const tnrt_layer *layer, const tnrt_call *call)
{
    tnrt_run_strips(layer, call, host_dwconv2d, host_conv2d);
}

/* The two use what is behind the strip in turn. */
static size_t host_dwconv2d_1x1_scratch(const tnrt_layer *layer)
{
    const size_t first = host_dwconv2d_scratch(layer), second = host_conv2d_scratch(layer + 1);
    const int rows = TNRT_STRIP_ROWS(layer->out_h, layer->out_w);
    return TNRT_STRIP_BYTES(rows, layer->out_w * layer->out_c) + (first > second ? first : second) +
           TNAS_HOST_BEHIND;
}

#endif
