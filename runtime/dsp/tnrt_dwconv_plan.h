/* SPDX-License-Identifier: 0BSD */
/* How a depthwise kernel of fixed size cuts a layer into bands, and the scratch that takes: asked
 * by the planner on the host and by the kernel. */
#ifndef TNRT_DWCONV_PLAN_H
#define TNRT_DWCONV_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* A row of planes is made of chunks: 4 pixels of 4 channels, as int16. */
#define TNRT_DW_CHUNK_WORDS 8

/* First word in a chunk of the group's channel 0..3. */
#define TNRT_DW_SLOT(channel) ((channel) % 2 * 4 + (channel) / 2 * 2)

/* The low byte of a channel's record: its scale, whether it has a nudge, and whether it must be
 * requantised in full. */
#define TNRT_DW_SCALE_MASK 15
#define TNRT_DW_NUDGE      16
#define TNRT_DW_SLOW       128

/* What a band may take, unless a single output row needs more. */
#define TNRT_DW_BAND_BYTES 2560

typedef struct tnrt_dw_plan {
    int32_t row_words; /* of the planes: 4 channels of a row, pads included */
    int32_t band_h;    /* output rows at a time */
    int32_t rows;      /* of the planes, for one band */
} tnrt_dw_plan;

static inline tnrt_dw_plan tnrt_dw_plan_of(int32_t k, int32_t stride, int32_t in_w,
                                           int32_t pad_left, int32_t out_h, int32_t out_w)
{
    /* What is stored, and what passes of four outputs read. */
    const int32_t stored = pad_left + in_w;
    const int32_t read = ((out_w + 3) / 4 * 4 - 1) * stride + k;
    tnrt_dw_plan plan;
    plan.row_words = ((stored > read ? stored : read) + 3) / 4 * TNRT_DW_CHUNK_WORDS;
    plan.band_h =
        (TNRT_DW_BAND_BYTES / ((int32_t)sizeof(uint32_t) * plan.row_words) - k) / stride + 1;
    if (plan.band_h < 1)
        plan.band_h = 1;
    if (plan.band_h > out_h)
        plan.band_h = out_h;
    plan.rows = (plan.band_h - 1) * stride + k;
    return plan;
}

static inline size_t tnrt_dw_plan_bytes(const tnrt_dw_plan *plan)
{
    return (size_t)plan->rows * (size_t)plan->row_words * sizeof(uint32_t);
}

#endif
