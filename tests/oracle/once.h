/* ruy's rounding in our layer tables.
 *
 * The library's convolutions (not the depthwise ones) and fully connected operators end in ruy's
 * (acc * multiplier + half) >> shift, rounded once; its other kernels, its reference kernels and
 * ours round twice. With plain C++ kernels of ruy (environment RUY_PATHS=1) every byte of the
 * library is equal to a table that rounds like it, so whatever differs from ours differs by that
 * rounding and by nothing else. */
#ifndef TNAS_TESTS_ORACLE_ONCE_H
#define TNAS_TESTS_ORACLE_ONCE_H

#include "quant/image.h"

/* Gives the rows with plain C convolutions and fully connected layers kernels that round once. */
void round_once(tnas_image *image);

#endif
