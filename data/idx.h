/* IDX, the format of MNIST and its descendants: a big-endian header, then the values.
 *
 *   byte  0  0
 *         2  type of a value; 0x08, unsigned byte, is the only one images and labels use
 *         3  number of dimensions: 1 labels, 3 grey images, 4 images with channels
 *         4  one 32-bit size per dimension: count, then h, w, c
 *
 * Files may be packed (data/packed.h). Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST
 * database of handwritten digits". */
#ifndef TNAS_DATA_IDX_H
#define TNAS_DATA_IDX_H

#include <stdint.h>

#include "data/packed.h"

typedef enum tnas_idx_kind { TNAS_IDX_IMAGES, TNAS_IDX_LABELS } tnas_idx_kind;

typedef struct tnas_idx_shape {
    int count;
    int h, w, c; /* 1, 1, 1 for labels */
} tnas_idx_shape;

/* A file on its way from front to back. */
typedef struct tnas_idx_reader {
    tnas_packed *file; /* borrowed */
    tnas_idx_shape shape;
    size_t header_bytes, used_bytes; /* of the values */
} tnas_idx_reader;

/* Reads the header. Fails (TNAS_ERR_INPUT) on another magic, a cut header, or a size that is 0
 * or beyond the limits in data/idx.c. */
tnas_status tnas_idx_start(tnas_packed *file, tnas_idx_kind kind, tnas_idx_reader *out);
/* The next label, or image [h, w, c]; at most shape.count times. */
tnas_status tnas_idx_next(tnas_idx_reader *reader, uint8_t *out);
/* Fails when bytes follow the values. */
tnas_status tnas_idx_end(tnas_idx_reader *reader);

/* Writes an unpacked file: images of 3 dimensions when c is 1, else 4. */
tnas_status tnas_idx_save(const char *path, tnas_idx_kind kind, const tnas_idx_shape *shape,
                          const uint8_t *values);

#endif
