/* A slice: the weights of a slot that one view uses, as runs of neighbouring values in the
 * store. Gathered, they are the dense array [out_c, in_c, kernel_h, kernel_w] of the
 * operator ([out_c, in_c] for fc). */
#ifndef TNAS_NN_SLICE_H
#define TNAS_NN_SLICE_H

#include "nn/net.h"

typedef struct tnas_slice {
    size_t at;         /* first value in the store */
    size_t counts[3];  /* runs along out_c, in_c, kernel_h */
    size_t strides[3]; /* values to the next of each */
    size_t run;        /* values of a run */
} tnas_slice;

tnas_slice tnas_slice_of(const tnas_net *net, const tnas_store *store, int op);

void tnas_slice_gather(const tnas_slice *slice, const float *values, float *dense);
void tnas_slice_scatter(const tnas_slice *slice, const float *dense, float *values);
void tnas_slice_scatter_add(const tnas_slice *slice, const float *dense, float *values);

#endif
