#include "nn/pass.h"

#include <string.h>

#include "nn/weight.h"

typedef struct operator_passes {
    void (*forward)(tnas_pass *pass, int op);
    void (*backward)(tnas_pass *pass, int op);
} operator_passes;

static const operator_passes passes[TNAS_OP_KIND_COUNT] = {
    [TNAS_OP_CONV2D] = {tnas_conv_forward, tnas_conv_backward},
    [TNAS_OP_DWCONV2D] = {tnas_depthwise_forward, tnas_depthwise_backward},
    [TNAS_OP_FC] = {tnas_conv_forward, tnas_conv_backward},
    [TNAS_OP_ADD] = {tnas_add_forward, tnas_add_backward},
    [TNAS_OP_AVGPOOL] = {tnas_pooling_forward, tnas_pooling_backward},
    [TNAS_OP_MAXPOOL] = {tnas_pooling_forward, tnas_pooling_backward},
    [TNAS_OP_MEAN] = {tnas_pooling_forward, tnas_pooling_backward},
    [TNAS_OP_MEAN_KEPT] = {tnas_pooling_forward, tnas_pooling_backward},
};

void tnas_pass_load(tnas_pass *pass, const uint8_t *images)
{
    const tnas_tensor *const in = &pass->net->graph.tensors[0];
    const size_t pixels = (size_t)in->h * (size_t)in->w, channels = (size_t)in->c;
    const size_t image_bytes = pixels * channels;
    memset(pass->has_gradient, 0, sizeof pass->has_gradient);
    memset(pass->gradient_seen, 0, sizeof pass->gradient_seen);
    memset(pass->gradient_settled, 0, sizeof pass->gradient_settled);
    for (size_t c = 0; c < channels; c++) {
        float *to = tnas_pass_data(pass, 0) + c * pass->layout->stride[0];
        for (int block = 0; block < pass->layout->blocks; block++) {
            const int first = block * TNAS_LANES, left = pass->layout->images - first;
            const uint8_t *from = images + (size_t)first * image_bytes + c;
            for (size_t p = 0; p < pixels; p++, from += channels, to += TNAS_LANES)
                for (int lane = 0; lane < TNAS_LANES; lane++)
                    to[lane] = lane < left
                                   ? ((float)from[(size_t)lane * image_bytes] - 128.0f) / 128.0f
                                   : 0.0f;
        }
    }
}

void tnas_pass_forward_op(tnas_pass *pass, int op)
{
    passes[pass->net->graph.ops[op].kind].forward(pass, op);
    tnas_pass_quantize(pass, op);
}

void tnas_pass_logits(const tnas_pass *pass, float *logits)
{
    const tnas_map map = tnas_pass_map(pass, tnas_graph_output(&pass->net->graph));
    const size_t classes = (size_t)map.shape.c;
    for (int32_t c = 0; c < map.shape.c; c++) {
        const tnas_affine affine = tnas_map_affine(&map, c);
        const float *const from = map.data + (size_t)c * map.stride;
        for (size_t i = 0; i < (size_t)pass->layout->images; i++) {
            const float z = affine.scale * from[i] + affine.shift;
            const float low = affine.activation != TNAS_ACT_NONE && z < 0.0f ? 0.0f : z;
            const bool above = affine.activation == TNAS_ACT_RELU6 && low > 6.0f;
            logits[i * classes + (size_t)c] = above ? 6.0f : low;
        }
    }
}

void tnas_pass_backward(tnas_pass *pass)
{
    const tnas_graph *const graph = &pass->net->graph;
    pass->has_gradient[tnas_graph_output(graph)] = true;
    for (int op = graph->op_count - 1; op >= (pass->shares_stem ? 1 : 0); op--)
        if (pass->has_gradient[graph->ops[op].out]) {
            tnas_pass_undo_quantize(pass, op);
            passes[graph->ops[op].kind].backward(pass, op);
        }
}

void tnas_pass_reuse_stem(tnas_pass *pass)
{
    memset(pass->has_gradient, 0, sizeof pass->has_gradient);
    memset(pass->gradient_seen, 0, sizeof pass->gradient_seen);
    memset(pass->gradient_settled, 0, sizeof pass->gradient_settled);
    pass->has_gradient[1] = true;
}

void tnas_pass_backward_stem(tnas_pass *pass)
{
    passes[pass->net->graph.ops[0].kind].backward(pass, 0);
}

tnas_map tnas_pass_map(const tnas_pass *pass, int tensor)
{
    const int producer = tensor - 1;
    tnas_map map = {.data = tnas_pass_data(pass, tensor),
                    .stride = pass->layout->stride[tensor],
                    .activation = TNAS_ACT_NONE,
                    .shape = pass->net->graph.tensors[tensor]};
    if (producer < 0 || tnas_pass_quantizes(pass, tensor))
        return map;
    map.activation = pass->net->graph.ops[producer].activation;
    if (pass->net->views[producer].slot != TNAS_NONE) {
        const tnas_channels channels = tnas_pass_channels(pass, producer);
        map.scale = channels.scale;
        map.shift = channels.shift;
    }
    return map;
}

tnas_affine tnas_map_affine(const tnas_map *map, int32_t channel)
{
    if (map->scale == NULL)
        return (tnas_affine){1.0f, 0.0f, map->activation};
    return (tnas_affine){map->scale[channel], map->shift[channel], map->activation};
}

float *tnas_pass_data(const tnas_pass *pass, int tensor)
{
    return pass->block + pass->layout->map_at[tensor];
}

float *tnas_pass_dmap(const tnas_pass *pass, int tensor)
{
    return pass->block + pass->layout->dmap_at[tensor];
}

bool tnas_pass_adds_gradient(tnas_pass *pass, int tensor)
{
    const bool there = pass->has_gradient[tensor];
    pass->has_gradient[tensor] = true;
    return there;
}

bool tnas_pass_completes_gradient(const tnas_pass *pass, int op, int tensor)
{
    if (tensor == 1 && pass->shares_stem)
        return false; /* other nets may add to it */
    if (tnas_pass_quantizes(pass, tensor))
        return false; /* the grid's edges come first */
    /* Backward runs from the last operator to the first. */
    for (int before = 0; before < op; before++) {
        const tnas_op *const o = &pass->net->graph.ops[before];
        if (o->in[0] == tensor || o->in[1] == tensor)
            return false;
    }
    return tensor > 0 && pass->net->views[tensor - 1].slot != TNAS_NONE;
}

tnas_part tnas_pass_channel(const tnas_pass *pass, int tensor, int32_t channel)
{
    const tnas_tensor *const shape = &pass->net->graph.tensors[tensor];
    return (tnas_part){channel, 1, 0, tnas_layout_pixels(pass->layout, shape)};
}

void tnas_pass_undo_activation(const tnas_pass *pass, int op)
{
    const tnas_map map = tnas_pass_map(pass, pass->net->graph.ops[op].out);
    if (map.activation == TNAS_ACT_NONE)
        return;
    const tnas_affine_gradient undo = {.affine = tnas_map_affine(&map, 0)};
    const tnas_grid grid = {.rows = 1,
                            .cols = (int32_t)tnas_layout_pixels(pass->layout, &map.shape),
                            .out_pixel = TNAS_LANES,
                            .in_pixel = TNAS_LANES};
    for (int32_t c = 0; c < map.shape.c; c++) {
        const size_t at = (size_t)c * map.stride;
        float *const dout = tnas_pass_dmap(pass, pass->net->graph.ops[op].out) + at;
        pass->kernels->gradient(dout, dout, map.data + at, &grid, &undo);
    }
}

void tnas_pass_clear_plane(const tnas_pass *pass, float *plane, size_t pixels, int block)
{
    const int real = pass->layout->images - block * TNAS_LANES;
    if (real >= TNAS_LANES)
        return;
    for (size_t p = 0; p < pixels; p++)
        memset(plane + p * TNAS_LANES + real, 0, (size_t)(TNAS_LANES - real) * sizeof(float));
}

void tnas_pass_clear_padding(const tnas_pass *pass, float *data, const tnas_tensor *shape,
                             size_t stride, int32_t channels)
{
    const size_t pixels = (size_t)shape->h * (size_t)shape->w;
    const int last = pass->layout->blocks - 1; /* the only block that can have padding */
    for (int32_t c = 0; c < channels; c++)
        tnas_pass_clear_plane(pass, data + (size_t)c * stride + (size_t)last * pixels * TNAS_LANES,
                              pixels, last);
}

tnas_channels tnas_pass_channels(const tnas_pass *pass, int op)
{
    const size_t count = (size_t)pass->net->views[op].out_prefix;
    const size_t step = (count + TNAS_LANES - 1) / TNAS_LANES * TNAS_LANES;
    float *const at = pass->block + pass->layout->channels_at[op];
    return (tnas_channels){.scale = at,
                           .shift = at + step,
                           .mean = at + 2 * step,
                           .inverse_dev = at + 3 * step,
                           .slope = at + 4 * step,
                           .offset = at + 5 * step,
                           .sums = (double(*)[2])(void *)(at + 6 * step),
                           .lanes = (tnas_lane_sums *)(void *)(at + 10 * step)};
}

const float *tnas_pass_weight(const tnas_pass *pass, int op)
{
    const tnas_layout *const layout = pass->layout;
    float *const weight = pass->block + layout->weight_at;
    tnas_weight_gather(pass->net, pass->store, op, pass->store->values,
                       pass->block + layout->transform_at, weight);
    return weight;
}

void tnas_pass_add_weight_gradient(const tnas_pass *pass, int op)
{
    const tnas_layout *const layout = pass->layout;
    tnas_weight_add_gradient(pass->net, pass->store, op, pass->store->values,
                             pass->block + layout->dweight_at, pass->block + layout->transform_at,
                             pass->grads);
}

const tnas_slot *tnas_pass_slot(const tnas_pass *pass, int op)
{
    return &pass->store->slots[pass->net->views[op].slot];
}
