/* How the DSP extension's depthwise and add kernels want their constants. */
#ifndef TNAS_QUANT_PACK_DSP_DEPTHWISE_H
#define TNAS_QUANT_PACK_DSP_DEPTHWISE_H

#include "graph/model.h"

/* weights [channels][k][k], params [channels] records. Fails like tnas_pack_channel. */
tnas_status tnas_pack_depthwise_dsp(const tnas_model *model, int op, int8_t *weights,
                                    int32_t *params);

/* params [7]. */
void tnas_pack_add_dsp(const tnas_model *model, int op, int32_t *params);

#endif
