/* .npy, the array files of NumPy: a text header, then the values.
 *
 *   byte 0  0x93 "NUMPY", major and minor version
 *        8  length of the header: 2 bytes in version 1, 4 in 2 and 3, little-endian
 *           {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }
 *
 * Values are whole numbers of 1 to 8 bytes, truth values, or floats of 4 and 8 bytes, in either
 * byte order; the last axis is the fastest. Source: NumPy Enhancement Proposal 1. */
#ifndef TNAS_DATA_NPY_H
#define TNAS_DATA_NPY_H

#include "data/packed.h"

enum { TNAS_NPY_DIMS_MAX = 4 };

typedef struct tnas_npy_header {
    char kind;       /* 'u', 'i', 'f', 'b' */
    int value_bytes; /* 1, 2, 4, 8 */
    bool is_big_endian;
    int dim_count;
    int dims[TNAS_NPY_DIMS_MAX]; /* >= 1, the others 1 */
    size_t header_bytes;
} tnas_npy_header;

/* Reads and checks the header of a file at its start. TNAS_ERR_INPUT. */
tnas_status tnas_npy_read_header(tnas_packed *file, tnas_npy_header *out);

/* Values of one entry along the first axis. */
size_t tnas_npy_item_values(const tnas_npy_header *header);

/* The i-th of values as they stand in the file. */
double tnas_npy_value(const tnas_npy_header *header, const uint8_t *values, size_t i);

/* Reads entry `item` of the first axis, the next one, as it stands in the file; fails when the
 * file ends. After the last one tnas_npy_end fails when bytes follow. */
tnas_status tnas_npy_next(tnas_packed *file, const tnas_npy_header *header, int item, uint8_t *out);
tnas_status tnas_npy_end(tnas_packed *file);

#endif
