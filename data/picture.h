/* JPEG (libjpeg-turbo) and PNG (libpng) files, decoded to u8.
 *
 * JPEG    the accurate integer transform; grey is the luminance of the file; CMYK is refused, as
 *         are damaged and cut files; EXIF orientation is not applied
 * PNG     palettes, 1 to 16 bits and interlacing; 16 bits are rounded to 8; alpha is over black;
 *         gamma and colour profiles are not applied
 * Grey of colour is (299 R + 587 G + 114 B + 500) / 1000. */
#ifndef TNAS_DATA_PICTURE_H
#define TNAS_DATA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* Beyond these a file is a bomb or a mistake. */
enum { TNAS_PICTURE_SIDE_MAX = 16384, TNAS_PICTURE_BYTES_MAX = 64 * 1024 * 1024 };
#define TNAS_PICTURE_PIXELS_MAX ((size_t)64 * 1024 * 1024)

typedef struct tnas_picture_header {
    int h, w;
    bool is_grey; /* the file has no colour */
} tnas_picture_header;

/* `name` is what messages call the file. Of a file's first bytes; *needs_more when they are too
 * few (a JPEG may have long comments), and the file has to be shown whole. Fails
 * (TNAS_ERR_INPUT) on other files, empty ones, damaged headers and sizes beyond the limits. */
tnas_status tnas_picture_read_header(const uint8_t *bytes, size_t byte_count, bool is_whole,
                                     const char *name, tnas_picture_header *out, bool *needs_more);

/* Decodes a whole file of the size in `header` into pixels [h, w, c], c 1 or 3. */
tnas_status tnas_picture_decode(const uint8_t *bytes, size_t byte_count, const char *name,
                                const tnas_picture_header *header, int c, uint8_t *pixels);

#endif
