/* SPDX-License-Identifier: 0BSD */
/* The deployment runtime: a const table of layers that tnrt_invoke walks.
 *
 * Nothing here allocates, keeps state or prints. The caller owns the arena; every tensor
 * and scratch buffer is a fixed offset in it, decided by the planner on the host. The host
 * builds the same table in memory and runs it with the same kernels, so a reported int8
 * accuracy is the device's.
 *
 * Tensors are int8, NHWC with N = 1, real = scale * (q - zero_point). Arithmetic is that of
 * TensorFlow Lite's int8 reference kernels, to the bit: 32-bit accumulators, doubling high
 * multiply with rounding, then a rounding shift (double rounding), saturation. */
#ifndef TNRT_H
#define TNRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tnrt_layer tnrt_layer;

/* Where one call of a kernel works. A kernel computes out_h x out_w output pixels from a
 * window of its input; rows may lie further apart than they are long, and the pads say how
 * far the window reaches over the input's edge. For a whole layer these are the layer's own
 * figures; a patch or a tile is the same kernel with other ones. */
typedef struct tnrt_call {
    const int8_t *in;  /* first input pixel of the window */
    const int8_t *in2; /* second input, where the operator has one */
    int8_t *out;
    void *scratch; /* as many bytes as the host's planner reserved, aligned like the arena */
    int32_t in_row_stride, in2_row_stride, out_row_stride; /* bytes from a row to the next */
    int32_t in_h, in_w;                                    /* pixels that exist in the window */
    int32_t out_h, out_w;                                  /* pixels to compute */
    int32_t pad_top, pad_left; /* rows and columns before the first existing pixel; what lies
                                * beyond in_h and in_w on the other side follows from these */
} tnrt_call;

/* A catalogue entry. Preconditions are the host's business: a kernel cannot fail. */
typedef void tnrt_kernel(const tnrt_layer *layer, const tnrt_call *call);

/* One row of the table, for one operator. In flash; 3 pointers, then fixed-width fields without
 * holes. A kernel that computes two operators finds the second in the row behind its own; its
 * call's `out` is then the second's. */
struct tnrt_layer {
    tnrt_kernel *kernel;            /* NULL: the kernel of the row before computes this one too */
    const int8_t *weights;          /* packed as the kernel wants them; NULL when it has none */
    const int32_t *params;          /* what else the kernel needs, packed as it wants; or NULL */
    uint32_t in, in2, out, scratch; /* arena offsets, bytes */
    int16_t in_h, in_w, in_c;
    int16_t out_h, out_w, out_c;
    uint8_t kernel_h, kernel_w, stride_h, stride_w;
    uint8_t pad_top, pad_left;
    int8_t in_zero, in2_zero, out_zero; /* zero points; in2: of channel constants, too */
    int8_t act_min, act_max;            /* fused activation, as quantised output values */
    int8_t reserved;
};

/* Bytes of a row on a machine whose pointers have pointer_bytes. */
#define TNRT_LAYER_BYTES(pointer_bytes) (3u * (pointer_bytes) + 40u)

typedef struct tnrt_model {
    const tnrt_layer *layers;
    uint32_t layer_count;
    uint32_t arena_bytes;
    uint32_t input, output; /* arena offsets */
    uint32_t input_bytes, output_bytes;
} tnrt_model;

/* Alignment of the arena and of everything in it. */
#define TNRT_ARENA_ALIGN 16u

/* Runs the table. The input lies at arena + model->input, the output will lie at
 * arena + model->output. */
void tnrt_invoke(const tnrt_model *model, void *arena);

#ifdef __cplusplus
}
#endif
#endif
