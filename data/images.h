/* A block of samples: u8 pixels and labels. Small blocks are memory; large ones are a nameless
 * file (TMPDIR, else /var/tmp), mapped, which the kernel writes out and reads again as it
 * needs the memory, and which goes with the process. */
#ifndef TNAS_DATA_IMAGES_H
#define TNAS_DATA_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* Above this a block is a mapped file. */
#define TNAS_SAMPLES_HEAP_BYTES ((size_t)1 << 30)

typedef struct tnas_images {
    int count;
    uint8_t *pixels;     /* [count, h, w, c] */
    int16_t *labels;     /* [count], 0..class_count-1 */
    size_t mapped_bytes; /* of pixels; 0: memory */
} tnas_images;

/* Room for `capacity` samples, count 0. */
tnas_status tnas_images_init(tnas_images *images, int capacity, size_t image_bytes);
/* A copy of a sample at the end; the room is there. */
void tnas_images_add(tnas_images *images, size_t image_bytes, const uint8_t *pixels, int16_t label);
void tnas_images_deinit(tnas_images *images);

/* Writes a split as two uncompressed IDX files, images.idx and labels.idx, which the
 * exported host runner reads: 3 dimensions when c is 1, else 4. The folder exists; labels
 * above 255 are refused (TNAS_ERR_INPUT). */
tnas_status tnas_images_save_idx(const tnas_images *images, int h, int w, int c,
                                 const char *folder);

#endif
