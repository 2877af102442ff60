/* The training kernels of one instruction set. The Makefile compiles this file once for each,
 * with TNAS_ISA as its name; every copy exports one table and nothing else. */
#include "nn/kernels.h"

#include "nn/kernels_channel.h"
#include "nn/kernels_outer.h"
#include "nn/kernels_product.h"
#include "nn/kernels_window.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define TEXT_(a)    #a
#define TEXT(a)     TEXT_(a)

extern const tnas_kernels JOIN(tnas_kernels_, TNAS_ISA);

const tnas_kernels JOIN(tnas_kernels_, TNAS_ISA) = {
    .isa = TEXT(TNAS_ISA),
    .activate = activate,
    .activate_add = activate_add,
    .moments = moments,
    .gradient_sums = gradient_sums,
    .gradient = gradient,
    .window = window,
    .window_gradient = window_gradient,
    .multiply = multiply,
    .multiply_transposed = multiply_transposed,
};
