/* The layout: where everything of one net lies in a block of floats while a number of images
 * passes through it.
 *
 * A map is a tensor for all images of a pass: [c][block][h][w][TNAS_LANES], a block being 16
 * images. Lanes beyond the last image are padding, kept zero, and never counted. What lives
 * at different times shares memory: in evaluation a map lives until its last reader, in
 * training until its gradient is done. */
#ifndef TNAS_NN_LAYOUT_H
#define TNAS_NN_LAYOUT_H

#include "nn/kernels.h"
#include "nn/net.h"

typedef enum tnas_pass_kind {
    TNAS_PASS_EVALUATE,
    TNAS_PASS_TRAIN,
    /* Training one of several nets that begin alike: the input, the first operator's output, its
     * gradient and channels lie at the same place for all and are never overwritten. */
    TNAS_PASS_TRAIN_SHARED
} tnas_pass_kind;

/* What a convolution multiplies: columns [depth, output pixels] gathered from its input. Fully
 * connected is the convolution whose window is the whole map. */
typedef struct tnas_conv_shape {
    tnas_tensor in, out; /* those of a pointwise one as a single column of pixels */
    int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    int32_t depth;     /* in_c * kernel_h * kernel_w */
    bool pointwise;    /* the columns are the input's channels */
    int32_t tile_rows; /* output rows whose columns are gathered at a time */
} tnas_conv_shape;

tnas_conv_shape tnas_conv_shape_of(const tnas_graph *graph, int op);

/* Floats of a channel in tnas_channels (nn/pass.h): six values, two doubles and their lanes. */
enum { TNAS_CHANNEL_FLOATS = 10 + 2 * TNAS_LANES };

/* All offsets count floats and are multiples of TNAS_LANES. */
typedef struct tnas_layout {
    int images, blocks;
    size_t stride[TNAS_GRAPH_TENSORS_MAX]; /* from channel to channel of a map */
    size_t map_at[TNAS_GRAPH_TENSORS_MAX];
    size_t dmap_at[TNAS_GRAPH_TENSORS_MAX];   /* gradient of the tensor; training only */
    size_t channels_at[TNAS_GRAPH_OPS_MAX];   /* see tnas_channels; operators with weights */
    size_t inside_at[TNAS_GRAPH_TENSORS_MAX]; /* a bit a value, of grids; training only */
    /* Scratch of one operator at a time. */
    size_t weight_at, dweight_at, transform_at;
    size_t columns_at, dcolumns_at;
    size_t panels_at;           /* scratch of a product */
    size_t plane_at, dplane_at; /* one channel of one block, padded */
    size_t floats;              /* of the whole block */
} tnas_layout;

/* For `images` images at a time. */
void tnas_layout_build(const tnas_net *net, int images, tnas_pass_kind kind, tnas_layout *out);

/* How far apart rows of that many floats are best put, for channels and columns alike. */
size_t tnas_row_stride(size_t floats);

/* Pixels of TNAS_LANES floats in one channel of a map. */
size_t tnas_layout_pixels(const tnas_layout *layout, const tnas_tensor *tensor);

#endif
