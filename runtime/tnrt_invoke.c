/* SPDX-License-Identifier: 0BSD */
/* One call per kernel, over the whole layer. */
#include "tnrt.h"

/* Rows are copied by host and exporter, and priced by size: their layout is a contract. */
typedef char
    tnrt_layer_has_no_holes[sizeof(tnrt_layer) == TNRT_LAYER_BYTES(sizeof(void *)) ? 1 : -1];

void tnrt_invoke(const tnrt_model *model, void *arena)
{
    int8_t *const base = (int8_t *)arena;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const tnrt_layer *const layer = &model->layers[i];
        /* Only CONCAT has more channels than its first input; the rest are the second's. */
        const int32_t joined_c = layer->out_c - layer->in_c;
        tnrt_call call;
        if (layer->kernel == NULL)
            continue;
        call.in = base + layer->in;
        call.in2 = base + layer->in2;
        call.out = base + layer->out;
        call.scratch = base + layer->scratch;
        call.in_row_stride = layer->in_w * layer->in_c;
        call.in2_row_stride = layer->in_w * (joined_c != 0 ? joined_c : layer->in_c);
        call.out_row_stride = layer->out_w * layer->out_c;
        call.in_h = layer->in_h;
        call.in_w = layer->in_w;
        call.out_h = layer->out_h;
        call.out_w = layer->out_w;
        call.pad_top = layer->pad_top;
        call.pad_left = layer->pad_left;
        layer->kernel(layer, &call);
    }
}
