/* SPDX-License-Identifier: 0BSD */
/* How the depthwise kernels cut a layer into bands, and the scratch that takes: asked by the
 * planner on the host and by the kernels. */
#ifndef TNRT_DWCONV_PLAN_H
#define TNRT_DWCONV_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* A row of planes is made of chunks: 4 pixels of 4 channels, as int16. */
#define TNRT_DW_CHUNK_WORDS 8

/* First word in a chunk of the group's channel 0..3. */
#define TNRT_DW_SLOT(channel) ((channel) % 2 * 4 + (channel) / 2 * 2)

/* What a channel's record says instead of a nudge when the channel is requantised in full. */
#define TNRT_DW_SLOW 31

/* What a band may take, unless a single output row needs more. */
#define TNRT_DW_BAND_BYTES 2560

typedef struct tnrt_dw_plan {
    int32_t row_words; /* of the planes: 4 channels of a row, pads included */
    int32_t band_h;    /* output rows at a time */
    int32_t rows;      /* of the planes, for one band */
} tnrt_dw_plan;

typedef struct tnrt_dw_shape {
    int32_t kernel_h, kernel_w, stride_h, stride_w;
    int32_t in_w, pad_left, out_h, out_w;
} tnrt_dw_shape;

static inline tnrt_dw_plan tnrt_dw_plan_of(const tnrt_dw_shape *shape)
{
    /* What is stored, and what passes of four outputs read. */
    const int32_t stored = shape->pad_left + shape->in_w;
    const int32_t read = ((shape->out_w + 3) / 4 * 4 - 1) * shape->stride_w + shape->kernel_w;
    tnrt_dw_plan plan;
    int32_t rows_max;
    plan.row_words = ((stored > read ? stored : read) + 3) / 4 * TNRT_DW_CHUNK_WORDS;
    rows_max = TNRT_DW_BAND_BYTES / ((int32_t)sizeof(uint32_t) * plan.row_words);
    plan.band_h = 1;
    if (rows_max > shape->kernel_h)
        plan.band_h = (rows_max - shape->kernel_h) / shape->stride_h + 1;
    if (plan.band_h > shape->out_h)
        plan.band_h = shape->out_h;
    plan.rows = (plan.band_h - 1) * shape->stride_h + shape->kernel_h;
    return plan;
}

static inline size_t tnrt_dw_plan_bytes(const tnrt_dw_plan *plan)
{
    return (size_t)plan->rows * (size_t)plan->row_words * sizeof(uint32_t);
}

/* The kernel for any size: chunks of a kernel row behind up to three zeros, words of a channel's
 * weights. */
#define TNRT_DW_ROW_CHUNKS(kernel_w)          (((kernel_w) + 6) / 4)
#define TNRT_DW_ANY_WORDS(kernel_h, kernel_w) (4 * 2 * (kernel_h)*TNRT_DW_ROW_CHUNKS(kernel_w))

/* It takes no larger kernels. */
#define TNRT_DW_ANY_WORDS_MAX 1024

#endif
