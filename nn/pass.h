/* A pass: one net's forward, and after it backward, on the images of one shard or batch.
 *
 * A tensor is kept as its operator computed it, before batch norm and activation; whoever
 * reads it applies both on the way (tnas_map). That halves memory and saves a pass over it.
 * Nothing here allocates or fails. */
#ifndef TNAS_NN_PASS_H
#define TNAS_NN_PASS_H

#include "nn/layout.h"

typedef struct tnas_pass {
    const tnas_kernels *kernels;
    const tnas_net *net;
    const tnas_store *store;
    const tnas_layout *layout;
    float *block;               /* [layout->floats] */
    const tnas_bn_stats *stats; /* NULL: batch norm uses the statistics of the pass */
    tnas_bn_stats measured;     /* receives those; mean NULL: nobody wants them */
    bool shares_stem;           /* laid out as TNAS_PASS_TRAIN_SHARED */
    float *grads;               /* [store->value_count], added to; training only */
    tnas_seen_range *seen;      /* [tensors], widened to what grids are applied to; NULL: no */
    bool has_gradient[TNAS_GRAPH_TENSORS_MAX];     /* its dmap holds something */
    bool gradient_seen[TNAS_GRAPH_TENSORS_MAX];    /* its batch norm has seen all of it */
    bool gradient_settled[TNAS_GRAPH_TENSORS_MAX]; /* and it is that of the map by now */
} tnas_pass;

/* Images u8 NHWC, as many as the layout says. */
void tnas_pass_load(tnas_pass *pass, const uint8_t *images);
void tnas_pass_forward_op(tnas_pass *pass, int op);
void tnas_pass_logits(const tnas_pass *pass, float *logits); /* [images, classes] */

/* Whether readers see the tensor on a grid. It then is as its operator computed it no more: data is
 * the tensor, and the gradient passes where it was within the grid. */
bool tnas_pass_quantizes(const tnas_pass *pass, int tensor);
void tnas_pass_quantize(tnas_pass *pass, int op);      /* after the operator's forward */
void tnas_pass_undo_quantize(tnas_pass *pass, int op); /* before its backward */

/* Instead of loading images and forwarding operator 0: a pass before this one did both, and
 * what it left as gradient of that operator's output is added to. */
void tnas_pass_reuse_stem(tnas_pass *pass);

/* The gradient of the output's map must be there (tnas_pass_dmap). A shared stem is left out:
 * after the last pass its operator is carried back alone. */
void tnas_pass_backward(tnas_pass *pass);
void tnas_pass_backward_stem(tnas_pass *pass);

/* How a tensor is read: act(scale[c] * data + shift[c]); without scale both are left out. */
typedef struct tnas_map {
    const float *data; /* [c][block][h][w][TNAS_LANES] */
    size_t stride;     /* floats from channel to channel */
    const float *scale, *shift;
    uint8_t activation;
    tnas_tensor shape;
} tnas_map;

tnas_map tnas_pass_map(const tnas_pass *pass, int tensor);
tnas_affine tnas_map_affine(const tnas_map *map, int32_t channel);

/* Where an operator writes its output, or the gradient of a tensor is. */
float *tnas_pass_data(const tnas_pass *pass, int tensor);
float *tnas_pass_dmap(const tnas_pass *pass, int tensor);

/* Whether an operator's backward must add to the gradient of `tensor` (others wrote it
 * before) instead of setting it; from now on it is there. */
bool tnas_pass_adds_gradient(tnas_pass *pass, int tensor);

/* Whether operator `op` is the last to write the gradient of `tensor`, whose producer has
 * weights. */
bool tnas_pass_completes_gradient(const tnas_pass *pass, int op, int tensor);

/* Carries the gradient of an output without weights back through its activation, in place. */
void tnas_pass_undo_activation(const tnas_pass *pass, int op);

/* Zeroes the padding lanes of `channels` channels, `stride` floats apart. */
void tnas_pass_clear_padding(const tnas_pass *pass, float *data, const tnas_tensor *shape,
                             size_t stride, int32_t channels);
/* The same for one [pixels][TNAS_LANES] of block number `block`. */
void tnas_pass_clear_plane(const tnas_pass *pass, float *plane, size_t pixels, int block);

/* Per channel of an operator with weights, between forward and backward. */
typedef struct tnas_channels {
    float *scale, *shift;      /* as in tnas_map */
    float *mean, *inverse_dev; /* batch norm only; before they are known, mean is the value
                                  around which sums of the map are taken */
    float *slope, *offset;     /* as in tnas_affine_gradient */
    double (*sums)[2];         /* of the map, then of the gradient, as far as seen */
    tnas_lane_sums *lanes;     /* seen since these were closed */
} tnas_channels;

tnas_channels tnas_pass_channels(const tnas_pass *pass, int op);
/* The operator's weights, dense in scratch until the next operator; and their gradient, from
 * [dweight_at] of the block to where it belongs. */
const float *tnas_pass_weight(const tnas_pass *pass, int op);
void tnas_pass_add_weight_gradient(const tnas_pass *pass, int op);
const tnas_slot *tnas_pass_slot(const tnas_pass *pass, int op);

/* Pixels first..first + pixels - 1 of some channels, all blocks through. */
typedef struct tnas_part {
    int32_t channel, channels; /* the first, and how many */
    size_t first, pixels;
} tnas_part;

tnas_part tnas_pass_channel(const tnas_pass *pass, int tensor, int32_t channel); /* all of one */

/* Batch norm takes its sums where a map or its gradient is written, part by part, while the part
 * is in the cache.
 *
 * Forward: shows a part of the operator's output; after all parts of a channel were shown,
 * tnas_norm_forward makes its affine. */
void tnas_norm_see_map(const tnas_pass *pass, int op, tnas_part part);
void tnas_norm_forward(const tnas_pass *pass, int op, int32_t channel);

/* Backward: the operator that completes the gradient of `tensor` (tnas_pass_completes_gradient)
 * either shows its parts to the tensor's batch norm, or a whole channel, which the second one
 * then also carries back to the map, in place. */
void tnas_norm_see_gradient(const tnas_pass *pass, int tensor, tnas_part part);
void tnas_norm_settle_gradient(tnas_pass *pass, int tensor, int32_t channel);
/* Adds d(scale), d(shift) of a channel to the gradients, unless that was done when it settled,
 * and returns what carries the gradient of the channel's output back to its map. */
tnas_affine_gradient tnas_norm_backward(const tnas_pass *pass, int op, int32_t channel);
/* The same thing again. */
tnas_affine_gradient tnas_norm_gradient(const tnas_pass *pass, int op, int32_t channel);

/* Operators. A backward reads the gradient of the output, adds that of the weights and sets
 * or adds that of the inputs, but never that of the graph's input. */
void tnas_conv_forward(tnas_pass *pass, int op); /* CONV2D, FC */
void tnas_conv_backward(tnas_pass *pass, int op);
void tnas_depthwise_forward(tnas_pass *pass, int op);
void tnas_depthwise_backward(tnas_pass *pass, int op);
void tnas_add_forward(tnas_pass *pass, int op);
void tnas_add_backward(tnas_pass *pass, int op);
void tnas_pooling_forward(tnas_pass *pass, int op); /* AVGPOOL, MAXPOOL, means */
void tnas_pooling_backward(tnas_pass *pass, int op);

#endif
