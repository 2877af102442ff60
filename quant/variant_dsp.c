/* The variant for cores with the DSP extension: how its kernels want their constants. */
#include "quant/pack_dsp.h"
#include "quant/pack_dsp_depthwise.h"
#include "quant/variant.h"
#include "runtime/dsp/tnrt_dsp_kernels.h"

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL) TNRT_DSP_KERNELS(KERNEL)
#undef KERNEL
};

static tnas_status pack(const tnas_model *model, int op, int kernel, int8_t *weights,
                        int32_t *params)
{
    tnrt_kernel *const function = kernels[kernel];
    if (function == tnrt_conv2d_s8_dsp)
        return tnas_pack_conv_dsp(model, op, weights, params);
    if (function == tnrt_conv2d_s8_dsp_w16)
        return tnas_pack_conv_w16_dsp(model, op, weights, params);
    if (function == tnrt_fc_s8_dsp)
        return tnas_pack_fc_dsp(model, op, weights, params);
    if (function == tnrt_dwconv2d_s8_dsp || function == tnrt_dwconv2d_3x3_s8_dsp ||
        function == tnrt_dwconv2d_5x5_s8_dsp || function == tnrt_dwconv2d_7x7_s8_dsp)
        return tnas_pack_depthwise_dsp(model, op, weights, params);
    if (function == tnrt_add_s8_dsp) {
        tnas_pack_add_dsp(model, op, params);
        return TNAS_OK;
    }
    return tnas_variant_c.pack(model, op, kernel, weights, params);
}

const tnas_variant tnas_variant_dsp = {
    .target = &tnas_target_tinynas_dsp,
    .kernels = kernels,
    .pack = pack,
    .folder = "dsp",
};
