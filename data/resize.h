/* Images in another size. Whole numbers only: the same bytes on every machine. */
#ifndef TNAS_DATA_RESIZE_H
#define TNAS_DATA_RESIZE_H

#include <stdint.h>

#include "common/status.h"

/* Longest side of an image before and after resizing. */
enum { TNAS_RESIZE_SIDE_MAX = 16384 };

typedef struct tnas_image_size {
    int h, w, c;
} tnas_image_size;

/* AREA      the mean of what an output pixel covers, edge pixels in proportion: for shrinking
 * BILINEAR  of the four neighbours of its centre ((i + 0.5) * from / to - 0.5, clamped to the
 *           image), without regard to how much it covers: for enlarging
 * Both round to nearest, halves up. */
typedef enum tnas_resize_method { TNAS_RESIZE_AREA, TNAS_RESIZE_BILINEAR } tnas_resize_method;

/* "area" or "bilinear". */
tnas_resize_method tnas_resize_method_parse(const char *text);

/* A resizer of one pair of sizes with equal c, made once and used for many images. */
typedef struct tnas_resizer tnas_resizer;

tnas_status tnas_resizer_create(const tnas_image_size *from, const tnas_image_size *to,
                                tnas_resize_method method, tnas_resizer **out);
void tnas_resizer_destroy(tnas_resizer *resizer);

/* in [from.h, from.w, c], out [to.h, to.w, c]; not the same. One resizer, one thread. */
void tnas_resizer_run(tnas_resizer *resizer, const uint8_t *in, uint8_t *out);

#endif
