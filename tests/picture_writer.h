/* Writes image files with the libraries that read them. Aborts when it cannot: fuzzers use it
 * too, where there is no test to fail. */
#ifndef TNAS_TESTS_PICTURE_WRITER_H
#define TNAS_TESTS_PICTURE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "common/io.h"

/* pixels [h, w, c] of 8 bits, c 1, 2 (alpha), 3, 4; the bytes are released with tnas_free. */
uint8_t *png_bytes(const uint8_t *pixels, int h, int w, int c, size_t *byte_count);
/* The same with 16 bits, most significant byte first. */
uint8_t *png_bytes_16(const uint8_t *pixels, int h, int w, int c, size_t *byte_count);
/* Indices [h, w] into palette [256, 3]; interlaced when asked. */
uint8_t *png_bytes_palette(const uint8_t *indices, int h, int w, const uint8_t *palette,
                           int interlaced, size_t *byte_count);
/* c 1 or 3. */
uint8_t *jpeg_bytes(const uint8_t *pixels, int h, int w, int c, int quality, size_t *byte_count);

/* Into folder/name, whose folders are made. */
void write_png(const char *folder, const char *name, const uint8_t *pixels, int h, int w, int c);
void write_jpeg(const char *folder, const char *name, const uint8_t *pixels, int h, int w, int c);
void write_bytes(const char *folder, const char *name, const void *bytes, size_t byte_count);

#endif
