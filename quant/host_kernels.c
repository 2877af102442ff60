/* The host's int8 kernels of one instruction set. The Makefile compiles this file once for each,
 * with TNAS_ISA as its name; every copy exports one table and nothing else. */
#include "quant/host_kernels.h"

#include "quant/host_elementwise.h"
#include "quant/host_fused.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define TEXT_(a)    #a
#define TEXT(a)     TEXT_(a)

static const tnas_host_kernel kernels[] = {
    {tnrt_conv2d_s8, host_conv2d, host_conv2d_scratch},
    {tnrt_conv2d_1x1_s8, host_conv2d, host_conv2d_scratch},
    {tnrt_dwconv2d_s8, host_dwconv2d, host_dwconv2d_scratch},
    {tnrt_dwconv2d_1x1_s8, host_dwconv2d_1x1, host_dwconv2d_1x1_scratch},
    {tnrt_fc_s8, host_fc, host_fc_scratch},
    {tnrt_add_s8, host_add, no_scratch},
    {tnrt_avgpool_s8, host_avgpool, no_scratch},
    {tnrt_maxpool_s8, host_maxpool, no_scratch},
};

extern const tnas_host_kernels JOIN(tnas_host_kernels_, TNAS_ISA);

const tnas_host_kernels JOIN(tnas_host_kernels_, TNAS_ISA) = {
    .isa = TEXT(TNAS_ISA),
    .kernels = kernels,
    .count = sizeof kernels / sizeof kernels[0],
};
