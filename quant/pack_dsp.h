/* What the packers of the DSP kernels share (quant/pack_dsp_*.c, quant/variant_dsp.c). */
#ifndef TNAS_QUANT_PACK_DSP_H
#define TNAS_QUANT_PACK_DSP_H

#include <stdbool.h>

#include "graph/model.h"

/* The params of an operator with filters, [TNRT_PARAM_WORDS_DSP(channels)]: whether the layer is
 * fast, and its channels' records (runtime/dsp/tnrt_requant_dsp.h). may_be_fast false: the kernel
 * has reasons of its own against it. Fails like tnas_pack_channel. */
tnas_status tnas_pack_channels_dsp(const tnas_model *model, int op, bool may_be_fast,
                                   int32_t *params);

/* One function per family of kernels: the constants of an operator, as tnas_variant.pack. */
tnas_status tnas_pack_conv_dsp(const tnas_model *model, int op, int8_t *weights, int32_t *params);
tnas_status tnas_pack_conv_w16_dsp(const tnas_model *model, int op, int8_t *weights,
                                   int32_t *params);
tnas_status tnas_pack_fc_dsp(const tnas_model *model, int op, int8_t *weights, int32_t *params);

#endif
