/* The weight store: parameters by slot, shared by every network that views it.
 *
 * A slot belongs to one convolution, depthwise convolution or fully connected layer at its
 * largest shape. Its values lie in one float array for the whole store, so that gradients,
 * momentum and averages are arrays of the same length:
 *   CONV2D    weight [out_c, in_c, kernel_h, kernel_w], BN scale [out_c], BN shift [out_c]
 *   DWCONV2D  weight [out_c, kernel_h, kernel_w],       BN scale [out_c], BN shift [out_c]
 *   FC        weight [out_c, in_c],                     bias [out_c]
 * and behind them, for each smaller window that is learned from the one before (nn/weight.h), a
 * matrix [window_h * window_w, window_h * window_w].
 * in_c of FC counts input elements in [c, h, w] order, so that a prefix of channels is a prefix
 * of them. Without batch norm a convolution has no scale and its shift is a bias.
 * The order is private to nn; weights cross the border as float models. */
#ifndef TNAS_NN_STORE_H
#define TNAS_NN_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"
#include "graph/model.h"

#define TNAS_SLOT_WINDOWS_MAX 7

typedef struct tnas_slot_window {
    uint8_t h, w;
} tnas_slot_window;

typedef struct tnas_slot {
    uint8_t kind;        /* tnas_op_kind */
    int32_t out_c, in_c; /* DWCONV2D: in_c = 1 */
    uint8_t kernel_h, kernel_w;
    /* Smaller windows with a matrix each, descending, each the centre of the one before. */
    uint8_t window_count;
    tnas_slot_window windows[TNAS_SLOT_WINDOWS_MAX];
    size_t weight_at, weight_count;       /* in values */
    size_t scale_at, shift_at;            /* BN scale and shift [out_c]; or the bias */
    size_t transform_at, transform_count; /* the matrices */
    bool batch_norm;
} tnas_slot;

typedef struct tnas_store {
    int slot_count;
    tnas_slot *slots;
    size_t value_count;
    float *values;
} tnas_store;

/* Slots' kind, shape and windows are given, the rest is laid out here. Values are zero. */
tnas_status tnas_store_create(const tnas_slot *shapes, int slot_count, tnas_store **out);
void tnas_store_destroy(tnas_store *store);

/* He-normal weights (fan-out of convolutions, fan-in of fc), BN scale 1, shift and bias 0, matrices
 * identity. */
void tnas_store_init_random(tnas_store *store, uint64_t seed);

/* 1 for values that weight decay applies to (weights and matrices, as the authors of the latter do
 * it), 0 for BN and biases. [value_count] */
void tnas_store_decay_mask(const tnas_store *store, float *mask);

#endif
