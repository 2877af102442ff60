/* SPDX-License-Identifier: 0BSD */
/* Tiles: how a layer whose tensors lie in L2 is cut into pieces that fit L1, and what the pieces
 * take there. The host chooses the tile (graph/tile.h) and the kernels walk it; both ask here for
 * the bytes.
 *
 * A tile is h x w output pixels of c output channels. In L1 lie, each from a multiple of 16 on:
 *   input    the window of these pixels with all its padding, written out: the kernels know none.
 *            All input channels, or the tile's own where channels do not mix; a second such
 *            buffer for ADD
 *   weights  of the tile's channels, packed in blocks of four (below)
 *   records  {bias, multiplier, shift} of the tile's channels
 *   output   h x w x c
 * twice where there will be a next one, which the DMA moves while the cores compute. */
#ifndef TNRT_GAP8_TILE_H
#define TNRT_GAP8_TILE_H

#include "../tnrt.h"

/* The params of a layer: int32 h, w, c of the tile and flags; then, where the operator has
 * filters, a record for each output channel, up to a multiple of four; ADD: as plain C. */
enum {
    TNRT_GAP8_TILE_H_AT,
    TNRT_GAP8_TILE_W_AT,
    TNRT_GAP8_TILE_C_AT,
    TNRT_GAP8_FLAGS_AT,
    TNRT_GAP8_HEADER_WORDS
};
#define TNRT_GAP8_PIXELS_OUTERMOST                                                                 \
    1                            /* flag: all channels of a tile's pixels, then the next pixels;   \
                                  * without it all pixels of a tile's channels first */
#define TNRT_GAP8_FLAT         2 /* flag: the input is one pixel of all its elements (fc) */
#define TNRT_GAP8_RECORD_WORDS 3 /* bias, multiplier, shift */

/* Weights, in blocks of four output channels with zeros for those that are missing; a word is four
 * int8 that one instruction multiplies.
 *   convolution  [block][kernel row][word of kernel_w * in_c values, zeros behind][4 channels]
 *   depthwise    [block][kernel row][word of kernel_w taps, zeros behind][4 channels] */
static inline int32_t tnrt_gap8_words(int32_t bytes)
{
    return (bytes + 3) / 4;
}

typedef struct tnrt_gap8_shape {
    int32_t in_c, out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w;
    int32_t input_count; /* 2: ADD */
    int32_t channelwise; /* an output channel reads its own input channel alone */
    int32_t has_filters;
} tnrt_gap8_shape;

typedef struct tnrt_gap8_tile {
    int32_t h, w, c; /* c: a multiple of 4, or all channels */
    int32_t flags;
} tnrt_gap8_tile;

/* Bytes of one buffer of each kind, and how many there are. */
typedef struct tnrt_gap8_buffers {
    int64_t in_bytes, weight_bytes, record_bytes, out_bytes;
    int32_t in_copies, weight_copies, out_copies;
    int64_t bytes; /* of all */
} tnrt_gap8_buffers;

/* Words of one kernel row in the packed weights. */
static inline int32_t tnrt_gap8_row_words(const tnrt_gap8_shape *shape)
{
    return tnrt_gap8_words(shape->channelwise ? shape->kernel_w : shape->kernel_w * shape->in_c);
}

/* Packed weights of four output channels. */
static inline int64_t tnrt_gap8_block_bytes(const tnrt_gap8_shape *shape)
{
    return shape->has_filters ? (int64_t)shape->kernel_h * tnrt_gap8_row_words(shape) * 16 : 0;
}

static inline int32_t tnrt_gap8_count(int32_t extent, int32_t tile)
{
    return (extent + tile - 1) / tile;
}

static inline int64_t tnrt_gap8_align(int64_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

/* Kernels read whole words, and depthwise ones whole groups of four taps: so far behind the last
 * byte of a window. */
static inline int64_t tnrt_gap8_overrun(const tnrt_gap8_shape *shape, int32_t pixel_bytes)
{
    const int32_t taps = shape->has_filters && shape->channelwise
                             ? 4 * tnrt_gap8_words(shape->kernel_w) - shape->kernel_w
                             : 0;
    return (int64_t)taps * pixel_bytes + 3;
}

static inline tnrt_gap8_buffers tnrt_gap8_buffers_of(const tnrt_gap8_shape *shape,
                                                     const tnrt_gap8_tile *tile)
{
    const int32_t areas =
        tnrt_gap8_count(shape->out_h, tile->h) * tnrt_gap8_count(shape->out_w, tile->w);
    const int32_t slices = tnrt_gap8_count(shape->out_c, tile->c);
    const int32_t in_c = shape->channelwise ? tile->c : shape->in_c;
    const int64_t in_h = (int64_t)(tile->h - 1) * shape->stride_h + shape->kernel_h;
    const int64_t in_w = (int64_t)(tile->w - 1) * shape->stride_w + shape->kernel_w;
    const int64_t blocks = tnrt_gap8_count(tile->c, 4);
    tnrt_gap8_buffers b;
    b.in_bytes = tnrt_gap8_align(in_h * in_w * in_c + tnrt_gap8_overrun(shape, in_c));
    b.weight_bytes = blocks * tnrt_gap8_block_bytes(shape);
    b.record_bytes = shape->has_filters ? blocks * (4 * TNRT_GAP8_RECORD_WORDS * 4) : 0;
    b.out_bytes = tnrt_gap8_align((int64_t)tile->h * tile->w * tile->c);
    b.in_copies = areas > 1 || (shape->channelwise && slices > 1) ? 2 : 1;
    b.weight_copies = slices > 1 ? 2 : 1;
    b.out_copies = areas > 1 || slices > 1 ? 2 : 1;
    b.bytes = b.in_copies * b.in_bytes * shape->input_count +
              b.weight_copies * (b.weight_bytes + b.record_bytes) + b.out_copies * b.out_bytes;
    return b;
}

#endif
